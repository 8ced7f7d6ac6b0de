"""What a producer keeps of a batch, in a folder of its own.

| file | holds |
|---|---|
| `batch.json` | what the batch is and where it was committed; written last |
| `serials.bin` | 20 bytes for each item, padded with zeros |
| `leaves.bin` | 32 bytes for each item: the leaves of the tree |
| `tree.bin` | 32 bytes for each node above the leaves, level by level, the root last |
| `signatures.bin` | 64 bytes for each item: the signature of its label |

The secret from which the one-time keys follow stands in `batch.json`, sealed (ECIES) to the key
that signs the labels. While a batch is made there is `draft.json` instead, and `*.part`.
"""

import mmap
import re
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from entrepot.core import merkle
from entrepot.core.digital_link import DigitalLink, last_second_of
from entrepot.core.labels import code, text_of
from entrepot.core.signing import Key, keccak
from entrepot.errors import InputError, SealError, WorkspaceError
from entrepot.network.bindings import Batch
from entrepot.storage.files import read_json

BATCH, DRAFT = "batch.json", "draft.json"
SERIALS, LEAVES, TREE, SIGNATURES = "serials.bin", "leaves.bin", "tree.bin", "signatures.bin"
SERIAL_BYTES, SIGNATURE_BYTES = 20, 64
_MOST = 5_000_000
_BINDING_BYTES = 32
_SERIAL = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,20}")

_Word = Annotated[str, Field(pattern="^0x[0-9a-f]{64}$")]
_Address = Annotated[str, Field(pattern="^0x[0-9a-fA-F]{40}$")]


class BatchFile(BaseModel):
    """`batch.json`, and as `draft.json` without the last three. `serials`: SHA-256 of that file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["entrepot batch"] = "entrepot batch"
    version: Literal[1] = 1
    gtin: Annotated[str, Field(pattern="^[0-9]{14}$")]
    lot: Annotated[str, Field(pattern="^[A-Za-z0-9._-]{1,20}$")]
    expires: date | None
    size: Annotated[int, Field(ge=1, le=_MOST)]
    serials: _Word
    deployment: _Word
    chain_id: int
    registry: _Address
    signer: _Address
    secret: Annotated[str, Field(pattern="^0x[0-9a-f]+$")]
    root: _Word | None = None
    transaction: _Word | None = None
    block: int | None = None

    @property
    def salt(self) -> bytes:
        """The deployment's salt, 32 bytes."""
        return bytes.fromhex(self.deployment[2:])

    @property
    def lot_code(self) -> bytes:
        """The lot as the contract takes it."""
        return code(self.lot)

    def on_chain(self) -> Batch:
        """What is committed; of a draft, with a root of zeros."""
        root = bytes.fromhex(self.root[2:]) if self.root else bytes(merkle.NODE)
        return Batch(root, self.size, last_second_of(self.expires))


class BatchFolder:
    """A batch that was commissioned; items are numbered from 0."""

    def __init__(self, folder: Path) -> None:
        if not (folder / BATCH).exists() and (folder / DRAFT).exists():
            raise WorkspaceError(
                f"The batch in {folder} is not finished: give the same `label commission` again."
            )
        self.folder = folder
        self.file = load(folder / BATCH)

    def serial(self, index: int) -> bytes:
        """Serial of an item, 20 bytes."""
        return self._read(SERIALS, index, SERIAL_BYTES)

    def index_of(self, serial: str) -> int:
        """Number of the item with a serial; `InputError` where the batch has none."""
        found = self.find(serial)
        if found is None:
            raise InputError(f"Lot {self.file.lot} of {self.file.gtin} has no serial {serial}.")
        return found

    def find(self, serial: str) -> int | None:
        """The same; None where the batch has none."""
        try:
            wanted = code(serial)
        except ValueError as failure:
            raise InputError(f"{failure}.") from None
        path = self.folder / SERIALS
        try:
            with (
                path.open("rb") as file,
                mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as found,
            ):
                at = found.find(wanted)
                while at >= 0 and at % SERIAL_BYTES:
                    at = found.find(wanted, at + 1)
        except (OSError, ValueError) as failure:  # an empty file cannot be mapped
            raise WorkspaceError(f"{path} cannot be read: restore it from a copy.") from failure
        return at // SERIAL_BYTES if at >= 0 else None

    def leaf(self, index: int) -> bytes:
        """Leaf of an item, 32 bytes."""
        return self._read(LEAVES, index, merkle.NODE)

    def proof(self, index: int) -> list[bytes]:
        """Merkle proof of an item."""
        return merkle.proof(self.file.size, index, self._node)

    def label(self, index: int) -> DigitalLink:
        """Label of an item."""
        return DigitalLink(
            gtin=int(self.file.gtin),
            lot=self.file.lot,
            serial=text_of(self.serial(index)),
            expiry=self.file.expires,
            signature=self._read(SIGNATURES, index, SIGNATURE_BYTES),
        )

    def secret(self, key: Key) -> bytes:
        """The batch's secret, by the key that signed its labels; `SealError` for another."""
        return opened(self.file, key)

    @cached_property
    def _starts(self) -> list[int]:
        """Nodes in `tree.bin` ahead of each level from the first above the leaves on."""
        starts = [0]
        for width in merkle.widths(self.file.size)[1:]:
            starts.append(starts[-1] + width)
        return starts

    def _node(self, level: int, place: int) -> bytes:
        if level == 0:
            return self.leaf(place)
        return self._read(TREE, self._starts[level - 1] + place, merkle.NODE)

    def _read(self, name: str, place: int, size: int) -> bytes:
        path = self.folder / name
        try:
            with path.open("rb") as file:
                file.seek(place * size)
                found = file.read(size)
        except OSError as failure:
            raise WorkspaceError(f"{path} cannot be read: {failure.strerror}.") from None
        if len(found) != size:
            raise WorkspaceError(f"{path} is shorter than its batch: restore it from a copy.")
        return found


def load(path: Path) -> BatchFile:
    """The batch in a file; `WorkspaceError` where there is something else."""
    content = read_json(path)
    try:
        return BatchFile.model_validate(content)
    except ValidationError as failure:
        error = failure.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in error["loc"]) or "the file"
        raise WorkspaceError(f"{path} is no batch: `{key}`: {error['msg'].lower()}.") from None


def is_printable(text: str) -> bool:
    """Whether a label can carry the lot or serial: in a GS1 code, and as a part of a URI."""
    return _SERIAL.fullmatch(text) is not None


def sealed(secret: bytes, key: Key, binding: bytes) -> str:
    """A batch's secret, which the key alone opens, in hexadecimal."""
    from ecies import encrypt

    return "0x" + encrypt(key.public, binding + secret).hex()


def opened(file: BatchFile, key: Key) -> bytes:
    """The secret of a batch; `SealError` where the key is another, or it was sealed for another."""
    from ecies import decrypt

    if key.address != file.signer:
        raise SealError(
            f"The batch's secret opens with the key of {file.signer}: say it with --as, "
            f"this one is that of {key.address}."
        )
    try:
        plain = decrypt(key.private.secret, bytes.fromhex(file.secret[2:]))
    except ValueError:
        raise SealError("The batch's secret is damaged: restore the folder from a copy.") from None
    if plain[:_BINDING_BYTES] != binding_of(file.salt, int(file.gtin), file.lot_code):
        raise SealError("The batch's secret is that of another batch.")
    return plain[_BINDING_BYTES:]


def binding_of(deployment: bytes, gtin: int, lot: bytes) -> bytes:
    """What stands ahead of a batch's secret, so that it opens in no other batch."""
    return keccak(b"Entrepot batch secret" + deployment + gtin.to_bytes(8) + lot)
