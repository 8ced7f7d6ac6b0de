"""Trust bundles: read from a chain, signed by attestors, kept in files, trusted by pins."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from entrepot.core.labels import text_of
from entrepot.core.signing import Key
from entrepot.core.trust_bundle import (
    HORIZON_SECONDS,
    MAX_BYTES,
    Attestors,
    Bundle,
    Producer,
    SignedBundle,
)
from entrepot.core.verdicts import Anchor
from entrepot.errors import InputError, WorkspaceError
from entrepot.network.bindings import LabelRegistry
from entrepot.network.contracts import Event
from entrepot.services import events
from entrepot.services.label_keys import whole_history
from entrepot.services.office import Office
from entrepot.services.signers import KeyRing
from entrepot.services.spelling import AddressText
from entrepot.storage.files import read_json, write_bytes, write_json

ATTESTORS, THRESHOLD = 5, 3
"""How many public keys attest a devnet, and how many must."""
_ATTESTOR_KEYS = 3_000_000


class _AttestorsFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["entrepot attestors"]
    deployment: Annotated[str, Field(pattern="^0x[0-9a-f]{64}$")]
    threshold: Annotated[int, Field(strict=True)]
    accounts: list[AddressText]


@dataclass(frozen=True, slots=True)
class Made:
    """A bundle in a file; `signatures` of pinned attestors, of which there must be `threshold`."""

    bundle: Bundle
    size_bytes: int
    signatures: int
    threshold: int


def taken(office: Office, block: int | None = None) -> Bundle:
    """A snapshot of the chain at the end of a block, the latest where none is named."""
    number = office.node.block_number() if block is None else block
    at = office.node.call("eth_getBlockByNumber", hex(number), False)
    if at is None:
        raise InputError(f"{office.node.url} has no block {number} yet.")
    taken_at = int(at["timestamp"], 16)
    labels = office.bind(LabelRegistry)
    lines, batches, recalls = (
        events.of(office, labels, name, last=number)
        for name in ("LineRegistered", "BatchCommitted", "BatchRecalled")
    )
    keys = whole_history(office, number).keys_of_all()
    owned: dict[int, list[int]] = {}
    for line in lines:
        owned.setdefault(line.args["producerId"], []).append(line.args["gtin"])
    horizon = taken_at + HORIZON_SECONDS
    ending = {
        owner
        for owner in owned
        if any(key.until is not None and key.until <= horizon for key in keys[owner])
    }
    return Bundle(
        deployment=office.salt,
        chain_id=office.deployment.chain_id,
        registry=labels.address,
        block=number,
        block_hash=bytes.fromhex(at["hash"][2:]),
        taken_at=taken_at,
        producers=tuple(
            Producer(owner, tuple(sorted(gtins)), tuple(sorted(keys[owner])))
            for owner, gtins in sorted(owned.items())
        ),
        recalled=tuple(sorted((each.args["gtin"], lot_of(each)) for each in recalls)),
        anchors=tuple(
            sorted(anchor_of(each) for each in batches if each.args["producerId"] in ending)
        ),
    )


def make(office: Office, path: Path, pins: Path, keys: Sequence[Key]) -> Made:
    """Takes a snapshot, signs it with keys and writes it into a file.

    `InputError` where no key signs it, or one is no attestor's.
    """
    return _written(office, path, pins, SignedBundle(taken(office).content()), keys)


def cosign(office: Office, path: Path, pins: Path, keys: Sequence[Key]) -> Made:
    """Adds signatures to the bundle in a file, if the chain says the same here.

    `InputError` where it does not.
    """
    signed = load(path)
    try:
        found = Bundle.parse(signed.content)
    except ValueError as failure:
        raise InputError(f"{path} cannot be signed: {failure}.") from None
    if taken(office, found.block).content() != signed.content:
        raise InputError(f"{path} does not say what this chain says of block {found.block}.")
    return _written(office, path, pins, signed, keys)


def load(path: Path) -> SignedBundle:
    """The bundle of a file; `InputError` where there is none."""
    try:
        return SignedBundle.parse(_read(path))
    except ValueError as failure:
        raise InputError(f"{path} cannot be used: {failure}.") from None


def opened(path: Path, pins: Path) -> Bundle:
    """The bundle of a file, if the pinned attestors have signed it.

    `ValueError` says why it cannot be trusted; `InputError` where there is no such file.
    """
    attestors = pinned(pins)
    return SignedBundle.parse(_read(path)).opened(attestors)


def pinned(path: Path) -> Attestors:
    """The attestors of a file; `InputError` for another, `WorkspaceError` where there is none."""
    if not path.is_file():
        raise WorkspaceError(
            f"{path} is missing: it says which attestors are trusted; give such a file with "
            "--attestors."
        )
    try:
        kept = _AttestorsFile.model_validate(read_json(path))
        return Attestors(bytes.fromhex(kept.deployment[2:]), kept.threshold, tuple(kept.accounts))
    except ValidationError as failure:
        error = failure.errors(include_url=False, include_input=False)[0]
        clause = error["msg"].removeprefix("Value error, ").rstrip(".")
        where = ".".join(str(part) for part in error["loc"])
        raise InputError(f"{path} is wrong: `{where}`: {clause}.") from None
    except ValueError as failure:
        raise InputError(f"{path} is wrong: {failure}.") from None


def pin(path: Path, attestors: Attestors) -> None:
    """Keeps whom to trust."""
    write_json(
        path,
        {
            "kind": "entrepot attestors",
            "deployment": "0x" + attestors.deployment.hex(),
            "threshold": attestors.threshold,
            "accounts": list(attestors.accounts),
        },
    )


def devnet_attestors(office: Office, ring: KeyRing, pins: Path) -> list[Key]:
    """The public keys that attest a devnet, as many as must; pinned where nobody is."""
    keys = [ring.key(f"devnet:{_ATTESTOR_KEYS + i}") for i in range(ATTESTORS)]
    if not pins.exists():
        pin(pins, Attestors(office.salt, THRESHOLD, tuple(key.address for key in keys)))
    return keys[:THRESHOLD]


def anchor_of(event: Event) -> Anchor:
    """The batch that a `BatchCommitted` anchored."""
    args = event.args
    return Anchor(args["gtin"], lot_of(event), event.timestamp, args["batch"]["expiresAt"])


def lot_of(event: Event) -> str:
    """The lot that an event names."""
    return text_of(event.args["lot"])


def _written(
    office: Office, path: Path, pins: Path, signed: SignedBundle, keys: Iterable[Key]
) -> Made:
    attestors = pinned(pins)
    if attestors.deployment != office.salt:
        raise InputError(f"{pins} names the attestors of another deployment.")
    for key in keys:
        if key.address not in attestors.accounts:
            raise InputError(f"{key.address} is none of the attestors of {pins}.")
    made = signed.signed_by(keys, office.salt)
    data = made.encoded()
    if len(data) > MAX_BYTES:
        raise InputError(f"The bundle has {len(data):,} bytes, and at most {MAX_BYTES:,} are read.")
    write_bytes(path, data)
    count = len(made.signers(office.salt).intersection(attestors.accounts))
    return Made(Bundle.parse(made.content), len(data), count, attestors.threshold)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as failure:
        reason = (failure.strerror or str(failure)).lower()
        raise InputError(f"Cannot read the bundle {path}: {reason}.") from failure
