"""Signatures and transactions against eth-account, which is slower and widely used."""

import pytest
import rlp
from eth_account import Account
from eth_account._utils.signing import to_eth_v
from eth_keys.datatypes import Signature
from eth_utils import keccak as reference_keccak
from eth_utils import to_checksum_address
from hypothesis import example, given
from hypothesis import strategies as st

from entrepot.core.signing import (
    Fees,
    Key,
    checksum_address,
    contract_address,
    keccak,
    recover,
    sign_transaction,
)
from tests.package.strategies import ORDER, keys, words

KEY = Key.from_secret(b"\x01" * 32)
DIGEST = keccak(b"digest")
uints = st.integers(0, 2**64 - 1)


@given(
    keys,
    st.fixed_dictionaries(
        {
            "chain_id": st.integers(1, 2**53 - 40),
            "nonce": uints,
            "gas": uints,
            "to": st.one_of(st.just(b""), st.binary(min_size=20, max_size=20)),
            "data": st.binary(max_size=300),
            "value_wei": st.integers(0, 2**128 - 1),
        }
    ),
    st.builds(Fees, uints, uints),
)
@example(KEY, {"chain_id": 1, "nonce": 0, "gas": 0, "to": b"", "data": b"\0" * 70_000}, Fees(0))
@example(KEY, {"chain_id": 1, "nonce": 127, "gas": 128, "to": b"", "data": b"\x7f"}, Fees(255, 256))
@example(KEY, {"chain_id": 1, "nonce": 1, "gas": 1, "to": b"\xff" * 20, "data": b"\x80"}, Fees(1))
@example(KEY, {"chain_id": 1, "nonce": 1, "gas": 1, "to": b"", "data": b"a" * 55}, Fees(1))
@example(KEY, {"chain_id": 1, "nonce": 1, "gas": 1, "to": b"", "data": b"a" * 56}, Fees(1))
def test_transaction_is_eth_accounts_byte_for_byte(key: Key, call: dict, fees: Fees) -> None:
    raw, digest = sign_transaction(key, fees=fees, **call)
    reference = Account.from_key(key.private.secret).sign_transaction(
        {
            "type": 2,
            "chainId": call["chain_id"],
            "nonce": call["nonce"],
            "maxFeePerGas": fees.max_fee_wei,
            "maxPriorityFeePerGas": fees.priority_fee_wei,
            "gas": call["gas"],
            "to": call["to"],
            "value": call.get("value_wei", 0),
            "data": call["data"],
        }
    )
    assert raw == reference.raw_transaction
    assert digest == reference.hash


@given(keys, words)
def test_signature_is_eth_accounts_and_recovers_the_signer(key: Key, digest: bytes) -> None:
    signature = key.sign(digest)
    account = Account.from_key(key.private.secret)
    assert signature == account.unsafe_sign_hash(digest).signature
    assert account.address == key.address == recover(digest, signature)


@given(keys, words)
def test_recover_refuses_the_malleable_twin(key: Key, digest: bytes) -> None:
    signature = key.sign(digest)
    s = int.from_bytes(signature[32:64])
    twin = signature[:32] + (ORDER - s).to_bytes(32) + bytes([55 - signature[64]])
    v = to_eth_v(twin[64] - 27)
    vrs = (v - 27, int.from_bytes(twin[:32]), int.from_bytes(twin[32:64]))
    public = Signature(vrs=vrs).recover_public_key_from_msg_hash(digest)
    assert public.to_checksum_address() == key.address
    with pytest.raises(ValueError, match="upper half"):
        recover(digest, twin)


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        bytes(64),
        bytes(66),
        KEY.sign(DIGEST)[:64] + b"\x00",
        KEY.sign(DIGEST)[:64] + b"\x1d",
        bytes(64) + b"\x1b",
        bytes(32) + KEY.sign(DIGEST)[32:],
        KEY.sign(DIGEST)[:32] + bytes(32) + b"\x1b",
        ORDER.to_bytes(32) + KEY.sign(DIGEST)[32:],
    ],
)
def test_recover_raises_when_signature_is_junk(signature: bytes) -> None:
    with pytest.raises(ValueError, match="signature"):
        recover(DIGEST, signature)


@pytest.mark.parametrize("secret", [bytes(32), ORDER.to_bytes(32), b"\xff" * 32])
def test_no_key_outside_the_order_of_the_curve(secret: bytes) -> None:
    with pytest.raises(ValueError, match="scalar"):
        Key.from_secret(secret)


@given(st.binary(min_size=20, max_size=20), uints)
@example(b"\0" * 20, 0)
@example(b"\0" * 20, 127)
@example(b"\0" * 20, 128)
def test_contract_address_is_hash_of_rlp(sender: bytes, nonce: int) -> None:
    assert contract_address(sender, nonce) == reference_keccak(rlp.encode([sender, nonce]))[12:]


@given(st.binary(min_size=20, max_size=20))
def test_checksum_address_is_eip_55(raw: bytes) -> None:
    assert checksum_address(raw) == to_checksum_address(raw)


@given(keys)
def test_secret_is_in_no_representation(key: Key) -> None:
    assert {repr(key), str(key), f"{key}"} == {f"Key({key.address})"}
