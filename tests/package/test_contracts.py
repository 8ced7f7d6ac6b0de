"""Encoding and decoding by the ABI, against eth-abi and web3 over every shipped artifact."""

import json
from collections import Counter
from dataclasses import dataclass, make_dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils import keccak
from eth_utils.abi import abi_to_signature, collapse_if_tuple
from hypothesis import given, settings
from hypothesis import strategies as st
from web3 import Web3

from entrepot.core.signing import checksum_address
from entrepot.network import artifacts
from entrepot.network.contracts import Abi, Contract, describe_error, shown
from entrepot.network.node import Node
from tests.package.strategies import addresses

FOLDER = Path(artifacts.__file__).parents[1] / "artifacts"
NAMES = json.loads((FOLDER / "build.json").read_text())["contracts"]
ABIS = {name: artifacts.load(name).abi for name in NAMES}
NOT_TEXT = encode(["bytes"], [b"\xff"]).hex()
few = settings(max_examples=5)
ADDRESS = checksum_address(b"\x22" * 20)


def entries(kind: str) -> list[Any]:
    return [
        pytest.param(name, entry, id=f"{name}-{entry['name']}")
        for name, abi in ABIS.items()
        for entry in abi
        if entry["type"] == kind and (kind != "function" or entry["name"] not in overloads(abi))
    ]


def overloads(abi: list[dict[str, Any]]) -> set[str]:
    names = Counter(entry["name"] for entry in abi if entry["type"] == "function")
    return {name for name, count in names.items() if count > 1}


def values_of(spec: dict[str, Any]) -> st.SearchStrategy[Any]:
    kind: str = spec["type"]
    if kind.endswith("[]"):
        return st.lists(values_of({**spec, "type": kind[:-2]}), max_size=3)
    if kind == "tuple":
        return st.tuples(*(values_of(part) for part in spec["components"]))
    if kind.startswith("uint"):
        return st.integers(0, 2 ** int(kind[4:]) - 1)
    if kind.startswith("int"):
        bound = 2 ** (int(kind[3:]) - 1)
        return st.integers(-bound, bound - 1)
    if kind.startswith("bytes") and kind != "bytes":
        size = int(kind[5:])
        return st.binary(min_size=size, max_size=size)
    return {
        "address": addresses,
        "bool": st.booleans(),
        "bytes": st.binary(max_size=70),
        "string": st.text(max_size=40),
    }[kind]


def named(spec: dict[str, Any], value: Any) -> Any:
    """How a decoded value is given: structs as dicts by name, lists as lists."""
    kind: str = spec["type"]
    if kind.endswith("[]"):
        return [named({**spec, "type": kind[:-2]}, item) for item in value]
    if kind == "tuple":
        parts = spec["components"]
        return {part["name"]: named(part, v) for part, v in zip(parts, value, strict=True)}
    return value


def all_named(specs: list[dict[str, Any]], values: tuple[Any, ...]) -> list[Any]:
    return [named(spec, value) for spec, value in zip(specs, values, strict=True)]


def types_of(specs: list[dict[str, Any]]) -> list[str]:
    return [collapse_if_tuple(spec) for spec in specs]


def is_hashed(spec: dict[str, Any]) -> bool:
    """Whether a log holds only the hash of a value."""
    return bool(spec["indexed"] and spec["type"] in ("bytes", "string"))


def topic(spec: dict[str, Any], value: Any) -> bytes:
    return keccak(value) if is_hashed(spec) else encode([spec["type"]], [value])


@cache
def web3_contract(name: str) -> Any:
    return Web3().eth.contract(abi=ABIS[name])


def drawn(data: st.DataObject, specs: list[dict[str, Any]]) -> tuple[Any, ...]:
    return tuple(data.draw(values_of(spec)) for spec in specs)


@pytest.mark.parametrize(("name", "entry"), entries("function"))
@few
@given(data=st.data())
def test_calls_are_web3s_and_results_come_back(
    name: str, entry: dict[str, Any], data: st.DataObject
) -> None:
    abi = Abi(ABIS[name])
    args = drawn(data, entry["inputs"])
    reference = web3_contract(name).encode_abi(abi_to_signature(entry), args)
    assert "0x" + abi.encode(entry["name"], *args).hex() == reference

    outputs = entry["outputs"]
    values = drawn(data, outputs)
    result = abi.decode_result(entry["name"], encode(types_of(outputs), values))
    expected = all_named(outputs, values)
    assert result == (expected[0] if len(expected) == 1 else tuple(expected))


@pytest.mark.parametrize(("name", "entry"), entries("event"))
@few
@given(data=st.data())
def test_logs_are_decoded_as_web3_does(
    name: str, entry: dict[str, Any], data: st.DataObject
) -> None:
    inputs = entry["inputs"]
    values = drawn(data, inputs)
    pairs = list(zip(inputs, values, strict=True))
    plain = [(spec, value) for spec, value in pairs if not spec["indexed"]]
    log = {
        "address": ADDRESS.lower(),
        "topics": [
            "0x" + keccak(text=abi_to_signature(entry)).hex(),
            *("0x" + topic(spec, value).hex() for spec, value in pairs if spec["indexed"]),
        ],
        "data": "0x" + encode(types_of([s for s, _ in plain]), [v for _, v in plain]).hex(),
        "blockNumber": "0x10",
        "transactionHash": "0x" + "ab" * 32,
        "logIndex": "0x3",
    }
    event = Abi(ABIS[name]).decode_log(log)
    assert event is not None
    assert (event.name, event.address) == (entry["name"], ADDRESS)
    assert (event.block, event.log_index, event.transaction) == (16, 3, "0x" + "ab" * 32)
    assert event.args == {
        spec["name"]: topic(spec, value) if is_hashed(spec) else named(spec, value)
        for spec, value in pairs
    }


@pytest.mark.parametrize(("name", "entry"), entries("error"))
@few
@given(data=st.data())
def test_errors_are_told_with_their_arguments(
    name: str, entry: dict[str, Any], data: st.DataObject
) -> None:
    values = drawn(data, entry["inputs"])
    selector = keccak(text=abi_to_signature(entry))[:4]
    revert = selector + encode(types_of(entry["inputs"]), values)
    told = describe_error(revert, [Abi([]), Abi(ABIS[name])])
    assert told.startswith(f"{entry['name']}(")
    for spec, value in zip(entry["inputs"], values, strict=True):
        shown = "0x" + value.hex() if isinstance(value, bytes) else str(value)
        assert f"{spec['name']}={shown}".lower() in told.lower()


@pytest.mark.parametrize(
    ("revert", "told"),
    [
        ("", "no reason given"),
        ("08c379a0" + encode(["string"], ["too late"]).hex(), "'too late'"),
        ("4e487b71" + encode(["uint256"], [0x11]).hex(), "Panic(0x11)"),
        ("12345678", "0x12345678"),
        ("12", "0x12"),
        ("08c379a0", "0x08c379a0"),
        ("08c379a0" + "ff" * 64, "0x08c379a0" + "ff" * 64),
        ("08c379a0" + NOT_TEXT, "0x08c379a0" + NOT_TEXT),
        ("4e487b7100", "0x4e487b7100"),
    ],
)
def test_other_revert_data_is_told_too(revert: str, told: str) -> None:
    assert describe_error(bytes.fromhex(revert), [Abi(abi) for abi in ABIS.values()]) == told


def test_no_error_is_lost_when_its_data_is_cut_off() -> None:
    (entry, *_) = (e for e in ABIS["TradeEscrow"] if e["type"] == "error" and e["inputs"])
    cut = keccak(text=abi_to_signature(entry))[:4] + b"\x01"
    assert describe_error(cut, [Abi(ABIS["TradeEscrow"])]) == "0x" + cut.hex()


def test_contracts_overload_nothing_that_is_called() -> None:
    found = set().union(*map(overloads, ABIS.values()))
    assert found == {"safeTransferFrom"}
    for path in FOLDER.parent.rglob("*.py"):
        assert '"safeTransferFrom"' not in path.read_text("utf-8")


def test_values_are_shown_with_bytes_in_hex() -> None:
    assert shown([b"\1\2", (3, ADDRESS)]) == f"[0x0102, [3, {ADDRESS}]]"


def test_structs_may_be_dataclasses() -> None:
    @dataclass
    class Inner:
        a: int
        b: list[str]

    struct = {
        "type": "tuple[]",
        "name": "s",
        "components": [{"type": "uint8", "name": "a"}, {"type": "address[]", "name": "b"}],
    }
    entry = {"type": "function", "name": "f", "inputs": [struct], "outputs": [struct]}
    abi = Abi([entry])
    data = abi.encode("f", [Inner(1, [ADDRESS]), Inner(2, [])])
    assert data[4:] == encode(["(uint8,address[])[]"], [[(1, [ADDRESS]), (2, [])]])
    assert abi.decode_result("f", data[4:]) == [{"a": 1, "b": [ADDRESS]}, {"a": 2, "b": []}]
    outer = make_dataclass("Outer", ["inner"])
    nested = {"type": "tuple", "name": "o", "components": [{**struct, "type": "tuple"}]}
    abi = Abi([{**entry, "inputs": [nested]}])
    data = abi.encode("f", outer(Inner(1, [])))
    assert data[4:] == encode(["((uint8,address[]))"], [((1, []),)])


@pytest.mark.parametrize("name", NAMES)
def test_constructor_arguments_are_web3s(name: str) -> None:
    inputs = next((e["inputs"] for e in ABIS[name] if e["type"] == "constructor"), [])
    example = {
        "address": ADDRESS, "address[]": [ADDRESS], "bytes32": b"\x01" * 32, "bytes[]": [b"\x02"],
        "string": "x", "uint16": 6, "uint64": 7, "uint256": 8,
    }  # fmt: skip
    args = [example[spec["type"]] for spec in inputs]
    artifact = artifacts.load(name)
    contract = Web3().eth.contract(abi=artifact.abi, bytecode=artifact.bytecode)
    data = artifact.bytecode + Abi(artifact.abi).encode_constructor(*args)
    assert contract.constructor(*args).data_in_transaction == "0x" + data.hex()


def test_logs_of_others_are_none() -> None:
    abi = Abi(ABIS["TradeEscrow"])
    assert abi.decode_log({"topics": [], "data": "0x"}) is None
    assert abi.decode_log({"topics": ["0x" + "00" * 32], "data": "0x"}) is None


def test_contract_reads_through_its_node(serve_methods: Any) -> None:
    asked = []

    def eth_call(call: dict[str, str], block: str) -> str:
        asked.append((call["to"], call["data"], block))
        return "0x" + encode(["uint256"], [len(asked)]).hex()

    token = Contract.at(Node(serve_methods({"eth_call": eth_call})), ADDRESS, "TestDollar")
    assert token.call("balanceOf", ADDRESS) == 1
    assert token.call("totalSupply", block=16) == 2
    assert sorted(token.call_many("balanceOf", [(ADDRESS,), (ADDRESS,)])) == [3, 4]
    assert {to for to, _, _ in asked} == {ADDRESS}
    assert [block for _, _, block in asked] == ["latest", "0x10", "latest", "latest"]
    assert asked[1][1] == "0x" + keccak(text="totalSupply()")[:4].hex()
