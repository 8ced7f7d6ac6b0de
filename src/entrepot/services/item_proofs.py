"""Proof files: JSON that shows that an item belongs to a batch, which anyone checks on chain."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from entrepot.core.digital_link import DigitalLink
from entrepot.core.labels import code
from entrepot.errors import InputError
from entrepot.network.bindings import Batch, Item
from entrepot.services.spelling import AddressText, wrong_file
from entrepot.storage.files import read_json, write_bytes

_KIND = "entrepot item proof"
_Word = Annotated[str, Field(pattern="^0x[0-9a-f]{64}$")]
_Count = Annotated[int, Field(ge=0, lt=2**32, strict=True)]


@dataclass(frozen=True, slots=True)
class ItemProof:
    """An item of a batch; `proof` has the nodes beside its way to the batch's root."""

    gtin: int
    lot: str
    serial: str
    batch: Batch
    item: Item
    proof: tuple[bytes, ...]

    def require(self, link: DigitalLink) -> None:
        """`InputError` where it is another item's than the label's."""
        if (self.gtin, self.lot, self.serial) != (link.gtin, link.lot, link.serial):
            raise InputError(
                f"The proof is of item {self.serial} of lot {self.lot} of {self.gtin:014}, and"
                f" the label of item {link.serial} of lot {link.lot} of {link.gtin:014}."
            )

    def as_json(self) -> dict[str, Any]:
        """What its file holds."""
        return {
            "kind": _KIND,
            "gtin": f"{self.gtin:014}",
            "lot": self.lot,
            "batch": {
                "root": "0x" + self.batch.root.hex(),
                "size": self.batch.size,
                "expires_at": self.batch.expires_at,
            },
            "item": {"serial": self.serial, "key": self.item.key, "index": self.item.index},
            "proof": ["0x" + node.hex() for node in self.proof],
        }

    def save(self, path: Path) -> None:
        """Writes its file."""
        write_bytes(path, (json.dumps(self.as_json(), indent=2) + "\n").encode())


class _BatchFields(BaseModel):
    model_config = ConfigDict(extra="forbid")

    root: _Word
    size: _Count
    expires_at: Annotated[int, Field(ge=0, lt=2**40, strict=True)]


class _ItemFields(BaseModel):
    model_config = ConfigDict(extra="forbid")

    serial: str
    key: AddressText
    index: _Count


class _ProofFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["entrepot item proof"]
    gtin: Annotated[str, Field(pattern="^[0-9]{14}$")]
    lot: str
    batch: _BatchFields
    item: _ItemFields
    proof: Annotated[list[_Word], Field(max_length=32)]


def load(path: Path) -> ItemProof:
    """The proof in a file; `InputError` says what is wrong with it."""
    if not path.is_file():
        raise InputError(f"There is no proof file {path}.")
    content = read_json(path)
    try:
        kept = _ProofFile.model_validate(content)
        item = Item(code(kept.item.serial), kept.item.key, kept.item.index)
        code(kept.lot)
    except ValidationError as failure:
        raise wrong_file(path, failure) from None
    except ValueError as failure:
        raise InputError(f"{path} is wrong: {failure}.") from None
    root = bytes.fromhex(kept.batch.root[2:])
    return ItemProof(
        gtin=int(kept.gtin),
        lot=kept.lot,
        serial=kept.item.serial,
        batch=Batch(root, kept.batch.size, kept.batch.expires_at),
        item=item,
        proof=tuple(bytes.fromhex(node[2:]) for node in kept.proof),
    )
