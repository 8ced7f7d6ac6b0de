"""Devices: enrolled by their keys, their readings signed in batches, brought to the chain, proven.

A batch is a file of its own as soon as it is closed, and holds no secret. Anyone brings it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from entrepot.core import readings as batching
from entrepot.core.exposures import Arrival, ended_at
from entrepot.core.messages import Readings, Watch, contract_domain, deployment_domain
from entrepot.core.metrics import UNITS, Metric, metric_named, reading_of, reading_text
from entrepot.core.p256 import P256Key
from entrepot.core.readings import Batch, Reading
from entrepot.core.roles import Function, mask
from entrepot.core.signing import Key, checksum_address, keccak
from entrepot.errors import InputError, KeystoreError, WorkspaceError
from entrepot.network.artifacts import load as load_artifact
from entrepot.network.bindings import SensorLog
from entrepot.network.contracts import Abi, Call
from entrepot.network.node import Node
from entrepot.services import custody, grants, orders, sensors
from entrepot.services.authority import Authority
from entrepot.services.grants import Grants
from entrepot.services.office import Acting, Office
from entrepot.services.orders import Done, Known
from entrepot.services.spelling import AddressText, MomentText, moment, reads, wrong_file
from entrepot.storage.files import create_json, create_private, read_json, write_json

_CREATOR = "0x4e59b44847b379578588920cA78FbF26c0B4956C"
"""Deploys code at an address that follows from it, on most chains and on Anvil."""
_SALT = bytes(32)
_WORD = Field(pattern="^0x[0-9a-f]{64}$")
_ELEMENT = "SecureElement"


@dataclass(frozen=True, slots=True)
class Signer:
    """A device: its account, and how it signs a digest."""

    account: str
    sign: Callable[[bytes], bytes]


def _metric(text: str) -> Metric:
    try:
        return metric_named(text)
    except ValueError as failure:
        raise InputError(f"{failure}.") from None


class _Header(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    version: Literal[1]
    chain: Annotated[int, Field(ge=1)]
    sensors: AddressText
    order: Annotated[str, _WORD]
    shipment: Annotated[str, _WORD]
    device: AddressText
    number: Annotated[int, Field(ge=1, lt=2**32)]
    metrics: Annotated[list[Annotated[Metric, reads(_metric)]], Field(min_length=1)]
    root: Annotated[str, _WORD]


class BatchFile(_Header):
    """A signed batch as its file spells it; readings are decimal texts in people's units."""

    kind: Literal["entrepot readings"]
    started_at: MomentText
    interval: Annotated[int, Field(ge=1, lt=2**32)]
    readings: Annotated[list[list[str]], Field(min_length=1)]
    signature: Annotated[str, Field(pattern="^0x(?:[0-9a-f]{2})+$")]


class ProofFile(_Header):
    """The proof of one reading as its file spells it."""

    kind: Literal["entrepot reading proof"]
    index: Annotated[int, Field(ge=0, lt=2**32)]
    at: MomentText
    reading: list[str]
    siblings: list[Annotated[str, _WORD]]


@dataclass(frozen=True, slots=True)
class SignedBatch:
    """A batch with its device's signature, for one deployment."""

    order: str
    batch: Batch
    signature: bytes

    @property
    def readings(self) -> Readings:
        """What is signed."""
        return self.batch.readings

    @property
    def metrics(self) -> list[Metric]:
        """What was measured."""
        return [Metric(each.metric) for each in self.readings.extremes]

    def header(self, office: Office) -> dict[str, Any]:
        """What a file of the batch or of one of its readings begins with."""
        readings = self.readings
        return {
            "version": 1,
            "chain": office.deployment.chain_id,
            "sensors": office.bind(SensorLog).address,
            "order": self.order,
            "shipment": "0x" + readings.shipment_id.hex(),
            "device": readings.device,
            "number": readings.number,
            "metrics": [metric.name.lower() for metric in self.metrics],
            "root": "0x" + readings.root.hex(),
        }

    def told(self, index: int) -> list[str]:
        """A reading of the batch in people's units."""
        pairs = zip(self.metrics, self.batch.values[index], strict=True)
        return [reading_text(metric, value) for metric, value in pairs]


def new_key(path: Path, password: str) -> P256Key:
    """A new P-256 key in an encrypted PEM file; never in place of another."""
    if path.exists():
        raise WorkspaceError(f"{path} exists already and is left as it is.")
    key = P256Key.new()
    create_private(path, key.pem(password))
    return key


def open_key(path: Path, password: str) -> P256Key:
    """The key in such a file; `KeystoreError` where it or its password is wrong."""
    try:
        return P256Key.from_pem(path.read_text("ascii"), password)
    except OSError as failure:
        raise InputError(f"{path} cannot be read: {failure.strerror}.") from failure
    except (ValueError, IndexError, TypeError):
        raise KeystoreError(
            f"{path} is no encrypted P-256 key in PEM, or its password is another."
        ) from None


def element_of(point: tuple[bytes, bytes]) -> str:
    """The account of a device with a public key on P-256, on every chain."""
    inner = b"\xff" + bytes.fromhex(_CREATOR[2:]) + _SALT + keccak(_element_code(point))
    return checksum_address(keccak(inner)[12:])


def deploy_element(office: Office, acting: Acting, point: tuple[bytes, bytes]) -> Done:
    """Puts the account of a P-256 device on the chain; by anyone."""
    account = element_of(point)
    if office.node.is_contract(account):
        return Done(account, "deployed before; nothing was sent")
    if not office.node.is_contract(_CREATOR):
        raise InputError(f"{office.node.url} lacks the usual deployer of code at {_CREATOR}.")
    call = Call(bytes.fromhex(_CREATOR[2:]), _SALT + _element_code(point), f"create {_ELEMENT}")
    return Done(account, "deployed", office.send(call, acting))


def signer_of(office: Office, key: Key | P256Key) -> Signer:
    """The device of a key; `InputError` where a P-256 key has no account on the chain yet."""
    if isinstance(key, Key):
        return Signer(key.address, key.sign)
    account = element_of(key.point)
    if not office.node.is_contract(account):
        raise InputError(f"{account} is not there yet: `entrepot device secure-element` makes it.")
    return Signer(account, key.sign)


def enrolment(office: Office, granter: Key, device: Signer, level: int, expiry: int) -> Grants:
    """The grant by which a participant's key lets a device measure, signed by both."""
    message = grants.drafted(
        office.salt, granter.address, [(device.account, level)], mask(Function.MEASURE), expiry
    )
    grants.check(Authority(office), message)
    (grant,) = message.grants
    acceptance = device.sign(grant.digest(deployment_domain(office.salt)))
    return replace(message, acceptances=(acceptance,)).sign(granter)


def require_watching(office: Office, known: Known, device: str, metrics: Sequence[Metric]) -> None:
    """`InputError` where a device does not watch over an order's goods, or its series lacks what it
    is to watch.
    """
    custody.require_shipped(office, known)
    own = [each for each in sensors.watches_of(office, known) if each.device == device]
    if not own:
        raise InputError(f"{device} does not watch over the goods of order {known.hex}.")
    for watch in own:
        if watch.metric not in metrics:
            name = Metric(watch.metric).name.lower()
            raise InputError(f"The series has no {name}, which {device} is to watch.")


def signed_batches(
    office: Office, known: Known, device: Signer, metrics: Sequence[Metric], interval: int,
    series: Sequence[Reading], folder: Path, *, maximum: int,
    pace: Callable[[Reading], None] | None = None,
) -> Iterator[SignedBatch]:  # fmt: skip
    """Cuts a series into batches, signs each and keeps it in a file before the next one begins.

    It goes on behind what the folder holds of it already. `pace` is called before each reading is
    taken.
    """
    kept = batches_in(office, folder) if folder.is_dir() else []
    shipment = custody.id_of(known)
    for each in kept:
        if (each.readings.shipment_id, each.readings.device) != (shipment, device.account):
            raise InputError(f"{folder} has readings of another device or order: give another.")
    last = kept[-1].readings if kept else None
    since = ended_at(last) if last else 0
    left = [each for each in series if each[0] >= since]
    domain = domain_of(office)
    for batch in batching.batches(
        shipment, device.account, _paced(left, pace), metrics, sensors.watches_of(office, known),
        interval=interval, maximum=maximum, first=last.number + 1 if last else 1,
    ):  # fmt: skip
        signed = SignedBatch(known.hex, batch, device.sign(batch.readings.digest(domain)))
        write_json(folder / _name(batch.readings.number), _batch_json(office, signed))
        yield signed


def batches_in(office: Office, folder: Path) -> list[SignedBatch]:
    """Every batch in a folder, in order; `InputError` says which file is wrong."""
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}: `entrepot device run --out` makes it.")
    return [_load(office, path) for path in sorted(folder.glob("[0-9]*.json"))]


def submit(
    office: Office, acting: Acting, batches: Sequence[SignedBatch]
) -> Iterator[tuple[SignedBatch, Done]]:
    """Brings batches to the chain, those passed over that it has; by anyone. It stops at one whose
    time has not come.

    Policies on the order are claimed along with each.
    """
    for order in dict.fromkeys(each.order for each in batches):
        known = orders.find(office, order)
        watches = sensors.watches_of(office, known)
        arrived = {
            (each.args["device"], each.args["number"]): each.args["root"]
            for each in sensors.readings_of(office, known)
            if Arrival(each.args["arrival"]).is_counted
        }
        log = office.bind(SensorLog)
        for signed in (each for each in batches if each.order == order):
            readings = signed.readings
            root = arrived.get((readings.device, readings.number))
            if root is not None:
                same = "before" if root == readings.root else "before with other readings"
                yield signed, Done(order, f"arrived {same}; nothing was sent")
                continue
            if ended_at(readings) > _clock(office.node):
                status = f"its time has not come, {moment(ended_at(readings))}; nothing was sent"
                yield signed, Done(order, status, is_pending=True)
                break
            is_outside = any(_is_outside(readings, watch) for watch in watches)
            claims = custody.claimed_by(office, known) if is_outside else []
            given = readings, watches, signed.signature
            if claims:
                call = log.record_and_claim(*given, known.terms.order, claims)
                call = custody.with_shortcuts(call, len(claims))
            else:
                call = log.record(*given)
            yield signed, Done(order, "arrived", office.send(call, acting))


def prove(office: Office, folder: Path, number: int, index: int) -> dict[str, Any]:
    """The proof of reading `index`, counted from 0, of a folder's batch `number`."""
    path = folder / _name(number)
    if not path.is_file():
        raise InputError(f"{folder} has no batch {number}.")
    signed = _load(office, path)
    readings = signed.readings
    try:
        siblings = batching.prove(signed.batch, index)
    except IndexError:
        raise InputError(
            f"Batch {number} has readings 0 to {readings.count - 1}, and no {index}."
        ) from None
    return {
        "kind": "entrepot reading proof",
        **signed.header(office),
        "index": index,
        "at": moment(readings.started_at + index * readings.interval),
        "reading": signed.told(index),
        "siblings": ["0x" + each.hex() for each in siblings],
    }


def keep_proof(path: Path, proof: dict[str, Any]) -> None:
    """Writes a proof into a new file; `WorkspaceError` where there is one already."""
    create_json(path, proof)


def verify(office: Office, path: Path) -> dict[str, Any]:
    """Whether the reading in a proof's file is one that its device signed and the chain has.

    `valid` is the answer, `reason` what speaks against it.
    """
    try:
        found = ProofFile.model_validate(read_json(path))
    except ValidationError as failure:
        raise wrong_file(path, failure) from None
    _require_here(office, path, found)
    values = _values(path, found.metrics, found.reading)
    told = {
        metric.name.lower(): f"{text} {UNITS[metric]}"
        for metric, text in zip(found.metrics, found.reading, strict=True)
    }
    known = orders.find(office, found.order)
    arrived = [
        each
        for each in sensors.readings_of(office, known)
        if (each.args["device"], each.args["number"]) == (found.device, found.number)
        and Arrival(each.args["arrival"]).is_counted
    ]
    answer = {
        "order": found.order, "device": found.device, "number": found.number, "index": found.index,
        "at": moment(found.at), **told,
    }  # fmt: skip
    if not arrived or "0x" + custody.id_of(known).hex() != found.shipment:
        return {**answer, "valid": False, "reason": "the chain has no such batch of this device"}
    readings = sensors.readings_of_event(arrived[0])
    reason = None
    if [each.metric for each in readings.extremes] != found.metrics:
        reason = "the batch measured something else"
    elif found.at != readings.started_at + found.index * readings.interval:
        reason = "a reading of that number is of another time"
    else:
        siblings = [bytes.fromhex(each[2:]) for each in found.siblings]
        if not batching.verify(readings, found.index, values, siblings):
            reason = "it does not lead to the root that the device signed"
    return {
        **answer, "valid": reason is None, "reason": reason, "block": arrived[0].block,
        "transaction": arrived[0].transaction,
    }  # fmt: skip


def domain_of(office: Office) -> bytes:
    """Domain in which readings are signed."""
    log = office.bind(SensorLog)
    return contract_domain("Entrepot SensorLog", office.deployment.chain_id, log.address)


def public_point(text: str) -> tuple[bytes, bytes]:
    """A public key on P-256 in hexadecimal: 64 bytes, or 65 that begin with 04."""
    digits = text.removeprefix("0x")
    try:
        raw = bytes.fromhex(digits)
    except ValueError:
        raw = b""
    if len(raw) == 65 and raw[0] == 4:
        raw = raw[1:]
    if len(raw) != 64:
        raise InputError("--public is no P-256 key: 0x and the 128 digits of x and y.")
    return raw[:32], raw[32:]


def _element_code(point: tuple[bytes, bytes]) -> bytes:
    artifact = load_artifact(_ELEMENT)
    return artifact.bytecode + Abi(artifact.abi).encode_constructor(*point)


def _name(number: int) -> str:
    return f"{number:06}.json"


def _is_outside(readings: Readings, watch: Watch) -> bool:
    """Whether readings have one outside the band of a watch, so that a policy may have to pay."""
    return watch.device == readings.device and any(
        each.metric == watch.metric and (each.minimum < watch.low or each.maximum > watch.high)
        for each in readings.extremes
    )


def _paced(series: Sequence[Reading], pace: Callable[[Reading], None] | None) -> Iterator[Reading]:
    for reading in series:
        if pace is not None:
            pace(reading)
        yield reading


def _clock(node: Node) -> int:
    """The time of the next block, as far as the node says it."""
    block = node.call("eth_getBlockByNumber", "pending", False)
    stamp = block.get("timestamp") if isinstance(block, dict) else None
    return max(node.time(), int(stamp, 16) if stamp else 0)


def _batch_json(office: Office, signed: SignedBatch) -> dict[str, Any]:
    readings = signed.readings
    return {
        "kind": "entrepot readings",
        **signed.header(office),
        "started_at": moment(readings.started_at),
        "interval": readings.interval,
        "readings": [signed.told(i) for i in range(readings.count)],
        "signature": "0x" + signed.signature.hex(),
    }


def _load(office: Office, path: Path) -> SignedBatch:
    try:
        found = BatchFile.model_validate(read_json(path))
    except ValidationError as failure:
        raise wrong_file(path, failure) from None
    _require_here(office, path, found)
    series = [
        (found.started_at + i * found.interval, _values(path, found.metrics, reading))
        for i, reading in enumerate(found.readings)
    ]
    batch = batching.batch(
        bytes.fromhex(found.shipment[2:]), found.device, found.number, found.metrics,
        found.interval, series,
    )  # fmt: skip
    if "0x" + batch.readings.root.hex() != found.root:
        raise InputError(f"{path} is wrong: its readings do not lead to its root.")
    return SignedBatch(found.order, batch, bytes.fromhex(found.signature[2:]))


def _values(path: Path, metrics: Sequence[Metric], reading: Sequence[str]) -> tuple[int, ...]:
    try:
        if len(reading) != len(metrics):
            raise ValueError(f"a reading has {len(metrics)} values")
        return tuple(reading_of(m, text) for m, text in zip(metrics, reading, strict=True))
    except ValueError as failure:
        raise InputError(f"{path} is wrong: {failure}.") from None


def _require_here(office: Office, path: Path, found: _Header) -> None:
    chain, log = office.deployment.chain_id, office.bind(SensorLog).address
    if (found.chain, found.sensors) != (chain, log):
        raise InputError(
            f"{path} was made for chain {found.chain}, sensors {found.sensors}: give the "
            "--workspace of its own."
        )
