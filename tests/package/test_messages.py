"""Every message's digest is EIP-712's, as eth-account computes it from the struct's Solidity."""

from dataclasses import fields, replace
from typing import Any

import pytest
from eth_account.messages import encode_typed_data
from eth_utils import keccak
from hypothesis import given
from hypothesis import strategies as st

from entrepot.core import messages
from entrepot.core.credentials import RatingChallenge, RatingCredentialRequest
from entrepot.core.messages import KeyRevocation, Message, contract_domain, deployment_domain
from entrepot.core.seals import SealedKey
from entrepot.core.signing import Key, recover
from entrepot.core.trust_bundle import TrustBundle
from entrepot.network.artifacts import load
from tests.package.strategies import MESSAGES, addresses, keys, words

KINDS = [*MESSAGES, SealedKey, TrustBundle, RatingCredentialRequest, RatingChallenge]


def members(kind: type[Message]) -> list[tuple[str, str]]:
    return [tuple(member.split(" ")) for member in kind.SOLIDITY.split(",")]


def values_of(kind: str) -> st.SearchStrategy[Any]:
    if kind.endswith("[]"):
        return st.lists(values_of(kind[:-2]), max_size=3).map(tuple)
    if hasattr(messages, kind):
        return drawn(getattr(messages, kind))
    if kind.startswith("uint"):
        return st.integers(0, 2 ** int(kind[4:]) - 1)
    if kind.startswith("int"):
        most = 2 ** (int(kind[3:]) - 1)
        return st.integers(-most, most - 1)
    if kind.startswith("bytes") and kind != "bytes":
        size = int(kind[5:])
        return st.binary(min_size=size, max_size=size)
    return {"address": addresses, "bool": st.booleans(), "bytes": st.binary(max_size=600)}[kind]


def drawn(kind: type[Message]) -> st.SearchStrategy[Message]:
    pairs = zip(fields(kind), members(kind), strict=True)  # type: ignore[arg-type]
    return st.builds(kind, **{spec.name: values_of(solidity) for spec, (solidity, _) in pairs})


def spelt(value: Any) -> Any:
    """A message as eth-account takes it: by the members' names in Solidity."""
    if isinstance(value, Message):
        pairs = zip(members(type(value)), fields(value), strict=True)  # type: ignore[arg-type]
        return {name: spelt(getattr(value, spec.name)) for (_, name), spec in pairs}
    return [spelt(item) for item in value] if isinstance(value, tuple) else value


def held(message: Message) -> Message:
    """The message as a contract has it: a struct in it that is no list by its hash."""
    hashes = {
        spec.name: value.struct_hash()
        for spec in fields(message)  # type: ignore[arg-type]
        if isinstance(value := getattr(message, spec.name), Message)
    }
    return replace(message, **hashes)  # type: ignore[type-var]


def encoded_hash(message: Message, domain: dict[str, Any]) -> bytes:
    kinds = [type(message)]
    while kinds[-1].NESTED:
        kinds.append(kinds[-1].NESTED)
    signable = encode_typed_data(
        domain_data=domain,
        message_types={
            each.__name__: [{"name": name, "type": solidity} for solidity, name in members(each)]
            for each in kinds
        },
        message_data=spelt(message),
    )
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_digest_is_eip_712s(kind: type[Message], data: st.DataObject) -> None:
    message = data.draw(drawn(kind))
    chain_id, contract = data.draw(st.integers(0, 2**256 - 1)), data.draw(addresses)
    name = data.draw(st.text(max_size=20))
    domain = {"name": name, "version": "1", "chainId": chain_id, "verifyingContract": contract}
    digest = held(message).digest(contract_domain(name, chain_id, contract))
    assert digest == encoded_hash(message, domain)
    salt = data.draw(words)
    domain = {"name": "Entrepot", "version": "1", "salt": salt}
    assert held(message).digest(deployment_domain(salt)) == encoded_hash(message, domain)


@pytest.mark.parametrize("kind", KINDS)
def test_fields_stand_in_the_order_of_the_struct(kind: type[Message]) -> None:
    def snake(name: str) -> str:
        return "".join("_" + c.lower() if c.isupper() else c for c in name)

    assert [spec.name for spec in fields(kind)] == [snake(name) for _, name in members(kind)]


@pytest.mark.parametrize(
    ("kind", "contract"), [(messages.Order, "TradeEscrow"), (messages.Quote, "CargoInsurance")]
)
def test_solidity_is_the_struct_of_the_abi(kind: type[Message], contract: str) -> None:
    def structs(entries: list[dict[str, Any]]) -> dict[str, list[tuple[str, str]]]:
        found = {}
        for entry in entries:
            parts = entry.get("components", [])
            if parts:
                name = entry["internalType"].removeprefix("struct ")
                found[name] = [(part["type"], part["name"]) for part in parts]
            found |= structs(parts) | structs(entry.get("inputs", []))
        return found

    by_hash = [("bytes32", n) if hasattr(messages, k) else (k, n) for k, n in members(kind)]
    assert structs(load(contract).abi)[kind.__name__] == by_hash


@given(keys, words)
def test_signature_recovers_the_signer(key: Key, salt: bytes) -> None:
    domain = deployment_domain(salt)
    message = KeyRevocation(key.address)
    assert recover(message.digest(domain), message.sign(key, domain)) == key.address


def test_digest_raises_when_a_word_is_short() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        messages.QualificationRevocation(b"short").digest(deployment_domain(bytes(32)))


@given(words, addresses)
def test_shipment_id_is_hash_of_order_and_source(order_id: bytes, source: str) -> None:
    padded = bytes(12) + bytes.fromhex(source[2:])
    assert messages.shipment_id(order_id, source) == keccak(order_id + padded)
