"""Sealed keys as files, and what owners, agents and guardians do with them.

A file holds one record, in JSON, and no secret. `docs/keys.md` says who can do what.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from coincurve import PublicKey
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from entrepot.core import seals
from entrepot.core.seals import Record, SealedKey
from entrepot.core.signing import Key
from entrepot.errors import InputError, SealError
from entrepot.services import keystores
from entrepot.storage.files import create_json, read_json

_KIND: Literal["entrepot sealed key"] = "entrepot sealed key"
_VERSION = 1
_HEX = re.compile("0x((?:[0-9a-f]{2})*)")


def _unhex(value: Any) -> bytes:
    found = _HEX.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise PydanticCustomError("hex", "It is not 0x and pairs of the digits 0-9a-f")
    return bytes.fromhex(found[1])


Hex = Annotated[
    bytes,
    BeforeValidator(_unhex),
    PlainSerializer(lambda value: f"0x{value.hex()}", when_used="json"),
]


class RecordFile(BaseModel):
    """A record as its file spells it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    kind: Literal["entrepot sealed key"]
    version: Annotated[int, Field(ge=_VERSION, le=_VERSION)]
    deployment: Hex
    account: Annotated[str, Field(pattern="^0x[0-9a-fA-F]{40}$")]
    user: int
    identity: Hex
    recipient: Hex
    share: int
    threshold: int
    count: int
    origin: Hex
    c1: Hex
    c2: Hex
    signature: Hex

    @classmethod
    def of(cls, record: Record) -> "RecordFile":
        """The file of a record."""
        return cls.model_construct(
            kind=_KIND,
            version=_VERSION,
            deployment=record.deployment,
            **asdict(record.sealed),
            signature=record.signature,
        )

    def record(self) -> Record:
        """The record, of which nothing is known yet but its spelling."""
        members = self.model_dump(exclude={"kind", "version", "deployment", "signature"})
        return Record(self.deployment, SealedKey(**members), self.signature)


def load(path: Path) -> Record:
    """The record in a file, not yet verified; `SealError` where there is something else."""
    content = read_json(path)
    try:
        return RecordFile.model_validate(content).record()
    except ValidationError as failure:
        error = failure.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in error["loc"]) or "the file"
        clause = error["msg"][0].lower() + error["msg"][1:]
        raise SealError(f"{path} is no sealed key: `{key}`: {clause}.") from None


def keep(path: Path, record: Record) -> None:
    """Writes a record into a new file; `WorkspaceError` where there is one already."""
    content = RecordFile.of(record).model_dump(mode="json")
    create_json(path, content)


def public_key(text: str) -> bytes:
    """The 33 bytes of a public key in hexadecimal; `InputError`, without the text, for others."""
    try:
        key = _unhex(text)
        if len(key) != 33:
            raise ValueError
        PublicKey(key)
    except ValueError:
        raise InputError(
            "A public key is 0x02 or 0x03 and 64 digits 0-9a-f; `entrepot keys public` shows one."
        ) from None
    return key


def seal_whole(
    folder: Path, seed: bytes, key: Key, *, user: int, agents: Sequence[bytes], deployment: bytes
) -> dict[Path, Record]:
    """Seals a seed to each agent, signed by `key`, in new files `agent-1.json` and so on.

    Agents are public keys of 33 bytes, `user` a participant, `deployment` a salt; `InputError`
    where one of them cannot be.
    """
    with _asked():
        records = [
            seals.seal_whole(seed, key, user=user, agent=agent, deployment=deployment)
            for agent in agents
        ]
    return _keep_all(
        {folder / f"agent-{number}.json": record for number, record in enumerate(records, 1)}
    )


def seal_shares(
    folder: Path,
    seed: bytes,
    key: Key,
    *,
    user: int,
    guardians: Sequence[bytes],
    threshold: int,
    deployment: bytes,
) -> dict[Path, Record]:
    """Splits a seed and seals a share to each guardian, in new files `share-1-of-3.json` and so on.

    `threshold` shares give the seed back. Otherwise like `seal_whole`.
    """
    with _asked():
        records = seals.seal_shares(
            seed, key, user=user, guardians=guardians, threshold=threshold, deployment=deployment
        )
    return _keep_all(
        {
            folder / f"share-{number}-of-{len(records)}.json": record
            for number, record in enumerate(records, 1)
        }
    )


def verify(path: Path, deployment: bytes, origin: Path | None = None) -> Record:
    """The record in a file; `SealError` unless it holds, and was passed on from `origin` if given.

    It takes no secret.
    """
    record = load(path)
    with _held(path):
        seals.verify(record, deployment)
    if origin is not None:
        source = verify(origin, deployment)
        with _held(path):
            seals.verify_origin(record, source)
    return record


def pass_on(path: Path, key: Key, recipient: bytes, deployment: bytes, out: Path) -> Record:
    """Opens a record in memory and seals its secret to another public key, in a new file.

    `SealError` where the record does not hold or `key` is not its recipient.
    """
    record = load(path)
    with _held(path):
        passed = seals.pass_on(record, key, recipient, deployment)
    keep(out, passed)
    return passed


def recall(paths: Sequence[Path], key: Key, deployment: bytes, out: Path, password: str) -> bytes:
    """Opens records sealed to `key` and keeps the seed that they give in a new keystore.

    Returns its identity, 20 bytes. `SealError` where a record does not hold or they give no seed;
    nothing is written then, and no file is ever overwritten.
    """
    opened = []
    for path in paths:
        record = load(path)
        with _held(path):
            opened.append(seals.open_record(record, key, deployment))
    try:
        seed = seals.combine(opened)
    except ValueError as failure:
        raise SealError(f"The sealed keys give no key: {failure}.") from None
    keystores.keep_seed(out, seed, password)
    return seals.identity_of(seed)


def _keep_all(records: dict[Path, Record]) -> dict[Path, Record]:
    """Writes all records or none."""
    kept: list[Path] = []
    try:
        for path, record in records.items():
            keep(path, record)
            kept.append(path)
    except BaseException:
        for path in kept:
            path.unlink()
        raise
    return records


@contextmanager
def _held(path: Path) -> Iterator[None]:
    try:
        yield
    except ValueError as failure:
        raise SealError(f"The sealed key {path} does not hold: {failure}.") from None


@contextmanager
def _asked() -> Iterator[None]:
    try:
        yield
    except ValueError as failure:
        raise InputError(f"The key cannot be sealed: {failure}.") from None
