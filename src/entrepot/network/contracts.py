"""Contracts by their ABI: calls encoded, results, events and errors decoded, types parsed once."""

from collections import ChainMap
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, is_dataclass
from functools import cached_property
from typing import Any

from eth_abi.abi import decode as abi_decode
from eth_abi.codec import ABICodec
from eth_abi.exceptions import DecodingError
from eth_abi.registry import registry

from entrepot.core.signing import checksum_address, keccak
from entrepot.network.artifacts import Artifact, load
from entrepot.network.node import Node, Request

_codec = ABICodec(registry)
_PANIC = bytes.fromhex("4e487b71")
_REASON = bytes.fromhex("08c379a0")


@dataclass(frozen=True, slots=True)
class Event:
    """A decoded log. `args` by name; a struct is a dict, an address is checksummed text; of an
    indexed value that is no word there is only its hash.

    `timestamp` is the block's, seconds UTC; 0 where the node's logs do not carry it.
    """

    name: str
    address: str
    args: dict[str, Any]
    block: int
    timestamp: int
    transaction: str
    log_index: int


@dataclass(frozen=True, slots=True)
class _Function:
    selector: bytes
    encoder: Any
    inputs: list[dict[str, Any]]
    outputs: list[dict[str, Any]]
    output_types: list[str]


@dataclass(frozen=True, slots=True)
class _EventType:
    name: str
    indexed: list[dict[str, Any]]
    plain: list[dict[str, Any]]
    plain_types: list[str]


class Abi:
    """What an artifact's ABI says, parsed when first used."""

    def __init__(self, entries: list[dict[str, Any]]) -> None:
        self._entries = entries

    @cached_property
    def functions(self) -> dict[str, _Function]:
        """Functions by name. The contracts overload none that is called from here."""
        return {
            entry["name"]: _Function(
                selector=keccak(_signature(entry).encode())[:4],
                encoder=_encoder(entry["inputs"]),
                inputs=entry["inputs"],
                outputs=entry["outputs"],
                output_types=[_type(output) for output in entry["outputs"]],
            )
            for entry in self._entries
            if entry["type"] == "function"
        }

    @cached_property
    def events(self) -> dict[bytes, _EventType]:
        """Events by topic."""
        found = {}
        for entry in self._entries:
            if entry["type"] == "event":
                plain = [i for i in entry["inputs"] if not i["indexed"]]
                found[keccak(_signature(entry).encode())] = _EventType(
                    name=entry["name"],
                    indexed=[i for i in entry["inputs"] if i["indexed"]],
                    plain=plain,
                    plain_types=[_type(i) for i in plain],
                )
        return found

    @cached_property
    def errors(self) -> dict[bytes, dict[str, Any]]:
        """Custom errors by selector."""
        return {
            keccak(_signature(entry).encode())[:4]: entry
            for entry in self._entries
            if entry["type"] == "error"
        }

    def encode(self, function: str, *args: Any) -> bytes:
        """Call data of a function; structs may be dataclasses or sequences in the ABI's order."""
        found = self.functions[function]
        encoded: bytes = found.encoder(tuple(_plain(arg) for arg in args))
        return found.selector + encoded

    def encode_constructor(self, *args: Any) -> bytes:
        """Encoded arguments of the constructor."""
        inputs: list[dict[str, Any]] = next(
            (e["inputs"] for e in self._entries if e["type"] == "constructor"), []
        )
        encoded: bytes = _codec.encode([_type(i) for i in inputs], [_plain(arg) for arg in args])
        return encoded

    def decode_result(self, function: str, data: bytes) -> Any:
        """Result of a function: one value, or a tuple of several; a struct is a dict."""
        found = self.functions[function]
        values = abi_decode(found.output_types, data)
        named = [_named(o, v) for o, v in zip(found.outputs, values, strict=True)]
        return named[0] if len(named) == 1 else tuple(named)

    def decode_call(self, data: bytes) -> tuple[str, dict[str, Any]] | None:
        """Name and arguments of the call that data makes; None where the ABI does not know it."""
        for name, found in self.functions.items():
            if found.selector == data[:4]:
                values = abi_decode([_type(i) for i in found.inputs], data[4:])
                pairs = zip(found.inputs, values, strict=True)
                return name, {spec["name"]: _named(spec, value) for spec, value in pairs}
        return None

    def topic(self, event: str) -> str:
        """Topic of an event, in hex."""
        (topic,) = (topic for topic, found in self.events.items() if found.name == event)
        return "0x" + topic.hex()

    def decode_log(self, log: dict[str, Any]) -> Event | None:
        """The event of a log, or None where the ABI does not know it."""
        topics = log["topics"]
        found = self.events.get(bytes.fromhex(topics[0][2:])) if topics else None
        if found is None:
            return None
        args: dict[str, Any] = {}
        for spec, topic in zip(found.indexed, topics[1:], strict=True):
            args[spec["name"]] = _indexed(spec, bytes.fromhex(topic[2:]))
        values = abi_decode(found.plain_types, bytes.fromhex(log["data"][2:]))
        for spec, value in zip(found.plain, values, strict=True):
            args[spec["name"]] = _named(spec, value)
        return Event(
            name=found.name,
            address=checksum_address(bytes.fromhex(log["address"][2:])),
            args=args,
            block=int(log["blockNumber"], 16),
            timestamp=int(log.get("blockTimestamp") or "0x0", 16),
            transaction=log["transactionHash"],
            log_index=int(log["logIndex"], 16),
        )


def describe_error(data: bytes, abis: Iterable[Abi]) -> str:
    """Name and arguments of the error that revert data carries."""
    if not data:
        return "no reason given"
    try:
        return _described(data[:4], data[4:], abis)
    except (DecodingError, UnicodeDecodeError, LookupError):
        return "0x" + data.hex()


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a contract to be sent; `to` is 20 bytes, `value_wei` coin sent with it.

    `spare_gas` is offered beyond the estimate: no estimate sees calls inside that may fail.
    """

    to: bytes
    data: bytes
    function: str
    value_wei: int = 0
    spare_gas: int = 0

    def asked(self, sender: str) -> dict[str, str]:
        """The call from an account, as a node is asked what it would take."""
        return {
            "from": sender, "to": "0x" + self.to.hex(),
            "data": "0x" + self.data.hex(), "value": hex(self.value_wei),
        }  # fmt: skip


class Contract:
    """A contract at an address, read through a node. `bindings` has each with typed functions."""

    def __init__(self, node: Node, address: str, artifact: Artifact) -> None:
        self.node = node
        self.address = address
        self.raw_address = bytes.fromhex(address[2:])
        self.artifact = artifact
        self.abi = Abi(artifact.abi)

    @classmethod
    def at(cls, node: Node, address: str, name: str) -> "Contract":
        """The contract of artifact `name` at `address`."""
        return cls(node, address, load(name))

    def encode(self, function: str, *args: Any) -> bytes:
        """Call data of a function."""
        return self.abi.encode(function, *args)

    def prepare(self, function: str, *args: Any) -> Call:
        """A call of a function, to be sent."""
        return Call(self.raw_address, self.encode(function, *args), function)

    def call(self, function: str, *args: Any, block: int | str = "latest") -> Any:
        """Result of a view."""
        request = self.request(function, *args, block=block)
        return self.result(function, self.node.call(request.method, *request.params))

    def call_many(self, function: str, arguments: Sequence[Sequence[Any]]) -> list[Any]:
        """Results of one view for many arguments, in batches."""
        answers = self.node.batch([self.request(function, *args) for args in arguments])
        return [self.result(function, answer) for answer in answers]

    def request(self, function: str, *args: Any, block: int | str = "latest") -> Request:
        """The request of a view."""
        at = hex(block) if isinstance(block, int) else block
        data = "0x" + self.encode(function, *args).hex()
        return Request("eth_call", ({"to": self.address, "data": data}, at))

    def result(self, function: str, answer: str) -> Any:
        """The decoded answer to a request of `function`."""
        return self.abi.decode_result(function, bytes.fromhex(answer[2:]))


def topic_of(value: int | bytes | str) -> str:
    """An indexed number, up to 32 bytes, or address as a topic, in hex."""
    if isinstance(value, int):
        return "0x" + value.to_bytes(32).hex()
    if isinstance(value, str):
        return "0x" + bytes.fromhex(value[2:]).rjust(32, b"\0").hex()
    return "0x" + value.ljust(32, b"\0").hex()


def _encoder(inputs: list[dict[str, Any]]) -> Any:
    return registry.get_encoder(_tuple_type(inputs)) if inputs else lambda _: b""


def _type(spec: dict[str, Any]) -> str:
    kind: str = spec["type"]
    return _tuple_type(spec["components"]) + kind[5:] if kind.startswith("tuple") else kind


def _tuple_type(specs: Iterable[dict[str, Any]]) -> str:
    return "(" + ",".join(_type(spec) for spec in specs) + ")"


def _signature(entry: dict[str, Any]) -> str:
    return f"{entry['name']}{_tuple_type(entry['inputs'])}"


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return astuple(value)
    if isinstance(value, list | tuple):
        return tuple(_plain(item) for item in value)
    return value


def _named(spec: dict[str, Any], value: Any) -> Any:
    kind = spec["type"]
    if kind.endswith("]"):
        inner = {**spec, "type": kind[: kind.rindex("[")]}
        return [_named(inner, item) for item in value]
    if kind == "tuple":
        pairs = zip(spec["components"], value, strict=True)
        return {part["name"]: _named(part, item) for part, item in pairs}
    if kind == "address":
        return checksum_address(bytes.fromhex(value[2:]))
    return value


def _indexed(spec: dict[str, Any], topic: bytes) -> Any:
    kind = spec["type"]
    if kind in ("bytes", "string") or kind.endswith("]") or kind == "tuple":
        return topic
    return _named(spec, abi_decode([kind], topic)[0])


def _described(selector: bytes, rest: bytes, abis: Iterable[Abi]) -> str:
    if selector == _REASON:
        return repr(abi_decode(["string"], rest)[0])
    if selector == _PANIC:
        return f"Panic(0x{abi_decode(['uint256'], rest)[0]:02x})"
    entry = ChainMap(*(abi.errors for abi in abis))[selector]
    values = abi_decode([_type(i) for i in entry["inputs"]], rest)
    args = (f"{i['name']}={shown(v)}" for i, v in zip(entry["inputs"], values, strict=True))
    return f"{entry['name']}({', '.join(args)})"


def shown(value: object) -> str:
    """A value of the chain for people: bytes in hex, anything else as it prints."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(shown, value))}]"
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)
