"""BIP-32 and BIP-39 against their published vectors and eth-account."""

import hmac
import json
from hashlib import sha256
from pathlib import Path

import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from entrepot.core.keys import HARDENED, PUBLIC_DEVNET_WORDS, Node, Wallet, root_of
from tests.package.strategies import ORDER

VECTORS = Path(__file__).parents[1] / "vectors"
BIP32 = [
    (vector["seed"], path, extended)
    for vector in json.loads((VECTORS / "bip32.json").read_text())
    for path, extended in vector["chains"].items()
]
BIP39 = json.loads((VECTORS / "bip39.json").read_text())
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def node_of(extended: str) -> Node:
    """The node that an `xprv` spells."""
    number = 0
    for letter in extended:
        number = number * 58 + _BASE58.index(letter)
    data, checksum = number.to_bytes(82)[:78], number.to_bytes(82)[78:]
    assert sha256(sha256(data).digest()).digest()[:4] == checksum
    return Node(secret=data[46:], chain_code=data[13:45])


@pytest.mark.parametrize(("seed", "path", "extended"), BIP32)
def test_derivation_gives_the_vectors_of_bip_32(seed: str, path: str, extended: str) -> None:
    digest = hmac.digest(b"Bitcoin seed", bytes.fromhex(seed), "sha512")
    node = Node(digest[:32], digest[32:])
    assert (node if path == "m" else node.descend(path[2:])) == node_of(extended)


@pytest.mark.parametrize("vector", BIP39, ids=lambda vector: vector["words"][:20])
def test_words_give_the_vectors_of_bip_39(vector: dict[str, str]) -> None:
    assert root_of(vector["words"], vector["passphrase"]) == node_of(vector["root"])


def test_words_and_passphrase_count_in_their_normal_form() -> None:
    assert root_of("café", "Zo\u00eb") == root_of("cafe\u0301", "Zoe\u0308")


@pytest.mark.parametrize("index", [0, 1, 9, 1000])
def test_wallet_has_the_keys_of_every_devnet_tool(index: int) -> None:
    Account.enable_unaudited_hdwallet_features()
    path = f"m/44'/60'/0'/0/{index}"
    reference = Account.from_mnemonic(PUBLIC_DEVNET_WORDS, account_path=path)
    wallet = Wallet()
    assert wallet.key(index).address == reference.address
    assert wallet.key(index) is wallet.key(index)


@given(st.lists(st.integers(0, HARDENED - 1), min_size=1, max_size=4))
def test_descending_is_deriving_child_by_child(indices: list[int]) -> None:
    root = root_of(PUBLIC_DEVNET_WORDS)
    node = root
    for index in indices:
        node = node.child(index + HARDENED)
    assert root.descend("/".join(f"{index}'" for index in indices)) == node


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "0/",
        "m",
        "m/0",
        "-1",
        "0''",
        "'",
        "0h",
        "1.0",
        " 1",
        "2147483648",
        "2147483648'",
        "٣",
    ],
)
def test_descend_raises_when_path_is_wrong(path: str) -> None:
    with pytest.raises(ValueError, match="no part of a path"):
        root_of(PUBLIC_DEVNET_WORDS).descend(path)


@pytest.mark.parametrize("index", [-1, 2**32])
def test_child_raises_when_index_is_out_of_range(index: int) -> None:
    with pytest.raises(ValueError, match="index"):
        root_of(PUBLIC_DEVNET_WORDS).child(index)


@pytest.mark.parametrize("tweak", [ORDER, 2**256 - 1, ORDER - 1])
def test_child_raises_when_the_hash_gives_no_key(
    monkeypatch: pytest.MonkeyPatch, tweak: int
) -> None:
    parent = Node(secret=(1).to_bytes(32), chain_code=bytes(32))
    monkeypatch.setattr("entrepot.core.keys.hmac.digest", lambda *_: tweak.to_bytes(32) + bytes(32))
    with pytest.raises(ValueError, match="gives no key"):
        parent.child(0)


def test_secret_is_in_no_representation() -> None:
    node = root_of(PUBLIC_DEVNET_WORDS)
    wallet = Wallet()
    for text in (repr(node), str(node), f"{node}", repr(wallet), repr([node, wallet])):
        assert node.secret.hex() not in text
        assert repr(node.secret) not in text
        assert repr(node.chain_code) not in text
        assert "junk" not in text
