"""BIP-32 against its published vectors, eth-account and a second library."""

import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from bip_utils import Bip32Slip10Secp256k1
from eth_account import Account
from hypothesis import example, given
from hypothesis import strategies as st

from entrepot.core import base58
from entrepot.core.keys import (
    HARDENED,
    PUBLIC_DEVNET_WORDS,
    Node,
    PublicNode,
    Wallet,
    path_of,
    root_of,
    root_of_seed,
    steps_of,
)
from tests.package.strategies import ORDER

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "bip32.json").read_text("utf-8"))
NODES = [
    pytest.param(chain["seed"], path, node, id=f"{chain['seed'][:6]} {path}")
    for chain in VECTORS["chains"]
    for path, node in chain["nodes"].items()
]
seeds = st.binary(min_size=16, max_size=64)
plain = st.integers(0, HARDENED - 1)
paths = st.lists(st.integers(0, 2**32 - 1), max_size=5)


@pytest.mark.parametrize(("seed", "path", "expected"), NODES)
def test_vectors_of_bip_32(seed: str, path: str, expected: dict[str, str]) -> None:
    root = root_of_seed(bytes.fromhex(seed))
    node = root if path == "m" else root.descend(path[2:])
    assert node.xprv() == expected["xprv"]
    assert node.public.xpub() == expected["xpub"]
    assert Node.from_xprv(expected["xprv"]) == node
    assert PublicNode.from_xpub(expected["xpub"]) == node.public
    above = [p for p in (path.rpartition("/")[0],) if p and not path.endswith("'")]
    for parent in above:
        public = root.descend(parent[2:]).public if parent != "m" else root.public
        assert public.child(int(path.rpartition("/")[2])).xpub() == expected["xpub"]


@pytest.mark.parametrize("invalid", VECTORS["invalid"], ids=lambda each: each["reason"])
def test_invalid_extended_keys_of_bip_32_are_refused(invalid: dict[str, str]) -> None:
    for parse, kind in ((Node.from_xprv, "xprv"), (PublicNode.from_xpub, "xpub")):
        with pytest.raises(ValueError, match=f"no {kind}") as caught:
            parse(invalid["key"])
        assert invalid["key"][:8] not in str(caught.value)


@given(seeds, paths)
def test_nodes_are_those_of_a_second_library(seed: bytes, path: list[int]) -> None:
    node = root_of_seed(seed).descend(path)
    other: Any = Bip32Slip10Secp256k1.FromSeed(seed)
    for step in path:
        other = other.ChildKey(step)
    assert node.xprv() == other.PrivateKey().ToExtended()
    assert node.public.xpub() == other.PublicKey().ToExtended()
    assert node.public.identifier == other.PublicKey().KeyIdentifier()
    assert Node.from_xprv(node.xprv()) == node


@given(seeds, paths, st.lists(plain, min_size=1, max_size=4))
def test_public_derivation_gives_what_private_does(
    seed: bytes, path: list[int], below: list[int]
) -> None:
    node = root_of_seed(seed).descend(path)
    public = PublicNode.from_xpub(node.public.xpub()).descend(below)
    assert public == node.descend(below).public
    *above, last = below
    watched = node.public.descend(above).addresses(last, 1)
    assert list(watched) == [public.address] == [node.descend(below).key().address]


def test_addresses_are_in_a_row() -> None:
    branch = root_of(PUBLIC_DEVNET_WORDS).descend("44'/60'/0'/0")
    wallet = Wallet()
    expected = [wallet.key(index).address for index in range(5, 12)]
    assert list(branch.public.addresses(5, 7)) == expected


def test_a_hardened_child_of_an_xpub_is_refused() -> None:
    public = root_of(PUBLIC_DEVNET_WORDS).public
    with pytest.raises(ValueError, match="needs the private key"):
        public.child(HARDENED)
    with pytest.raises(ValueError, match="needs the private key"):
        list(public.addresses(HARDENED - 1, 2))


@given(seeds, st.lists(plain, min_size=1, max_size=4))
def test_a_supervised_key_and_its_xpub_reveal_the_branch(seed: bytes, below: list[int]) -> None:
    """The attack: one leaked key and the xpub above it give the branch's own private key."""
    branch = root_of_seed(seed).descend("44'/60'/7'")
    xpub, leaked = branch.public.xpub(), branch.descend(below).secret

    nodes = [PublicNode.from_xpub(xpub)]
    for step in below:
        nodes.append(nodes[-1].child(step))
    secret = int.from_bytes(leaked)
    for above, step in zip(reversed(nodes[:-1]), reversed(below), strict=True):
        tweak = hmac.digest(above.chain_code, above.public + step.to_bytes(4), "sha512")[:32]
        secret = (secret - int.from_bytes(tweak)) % ORDER

    assert secret.to_bytes(32) == branch.secret


@given(seeds, plain)
def test_a_sealed_key_and_its_xpub_do_not(seed: bytes, index: int) -> None:
    """What the attack subtracts is made from the branch's secret, which it does not have."""
    branch = root_of_seed(seed).descend("44'/60'/7'")
    leaked = branch.child(index + HARDENED).secret
    for step in (index, index + HARDENED):
        tweak = hmac.digest(branch.chain_code, branch.public.public + step.to_bytes(4), "sha512")
        guess = (int.from_bytes(leaked) - int.from_bytes(tweak[:32])) % ORDER
        assert guess.to_bytes(32) != branch.secret


@given(st.binary(max_size=80))
@example(b"")
@example(bytes(2) + b"entrepot")
def test_base58_gives_back_what_it_was_given(data: bytes) -> None:
    assert base58.decode(base58.encode(data), len(data)) == data


@given(st.binary(min_size=1, max_size=80), st.data())
def test_base58_notices_one_wrong_letter(data: bytes, draw: st.DataObject) -> None:
    text = base58.encode(data)
    place = draw.draw(st.integers(0, len(text) - 1))
    letter = draw.draw(st.sampled_from("23456789ABCxyz0OIl é"))
    wrong = text[:place] + letter + text[place + 1 :]
    if wrong != text:
        with pytest.raises(ValueError):
            base58.decode(wrong, len(data))


@given(paths)
def test_a_path_spells_its_steps(steps: list[int]) -> None:
    assert path_of(steps).startswith("m")
    if steps:
        assert list(steps_of(path_of(steps)[2:])) == steps


@pytest.mark.parametrize("size", [0, 15, 65])
def test_root_of_seed_raises_when_the_seed_has_another_length(size: int) -> None:
    with pytest.raises(ValueError, match=f"not {size}"):
        root_of_seed(bytes(size))


def test_a_tree_is_255_deep_and_no_deeper() -> None:
    node = Node(secret=(1).to_bytes(32), chain_code=bytes(32), depth=254).child(0)
    assert Node.from_xprv(node.xprv()).depth == 255
    for deepest in (node, node.public):
        with pytest.raises(ValueError, match="255"):
            deepest.child(0)


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
    with pytest.raises(ValueError, match="parts are numbers"):
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
    for node in (parent, parent.public):
        with pytest.raises(ValueError, match="gives no key"):
            node.child(0)


def test_secret_is_in_no_representation() -> None:
    node = root_of(PUBLIC_DEVNET_WORDS)
    key, wallet = node.key(), Wallet()
    held = (node, node.public, wallet, key)
    for text in (*map(repr, held), *map(str, held), repr(held), f"{node} {node.public}"):
        for secret in (node.secret, node.chain_code):
            assert secret.hex() not in text
            assert repr(secret) not in text
        assert node.xprv() not in text
        assert "junk" not in text
