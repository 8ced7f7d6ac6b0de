"""Product lines and their batches: registered, and commissioned in steps that can be repeated.

A commission leaves whole files only. What a killed one had made is gone on with: serials, draft,
labels as far as they are recorded, tree, and the one transaction, which is looked for on the chain
before it is sent.
"""

import csv
import hashlib
import os
import re
import secrets
import signal
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, Any

from biip import ParseError
from biip.gtin import Gtin

from entrepot.core import merkle
from entrepot.core.digital_link import DigitalLink, last_second_of
from entrepot.core.items import SECRET_BYTES, ItemMaker
from entrepot.core.signing import Key, keccak
from entrepot.errors import InputError, TransactionReverted, WorkspaceError
from entrepot.network.bindings import LabelRegistry
from entrepot.network.contracts import topic_of
from entrepot.network.sender import Receipt
from entrepot.services.batch_folder import (
    BATCH,
    DRAFT,
    LEAVES,
    SERIAL_BYTES,
    SERIALS,
    SIGNATURE_BYTES,
    SIGNATURES,
    TREE,
    BatchFile,
    binding_of,
    is_printable,
    load,
    opened,
    sealed,
)
from entrepot.services.deploy import producer_key_name
from entrepot.services.office import Acting, Office
from entrepot.services.progress import Progress
from entrepot.storage.files import exclusive, read_json, write_json

MOST = 5_000_000
"""Items of a batch."""
_PROGRESS = "progress.json"
_CHUNK = 4_096
_WORTH_A_PROCESS = 4
"""Chunks that take longer to make than a process to start."""
_RECORDED = 16
"""Chunks between two records of progress."""
_TREE_CHUNK = 65_536
_BUCKETS = 256
_WAITING = struct.Struct(f"<{SERIAL_BYTES}sQ")
"""A serial of a CSV file and its line, as they wait until all have been read."""
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DIGITS = re.compile("[0-9]{8,14}")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a batch is to be; `serials` gives each item's, 20 bytes, in order; `size` their number
    where it is known.
    """

    gtin: int
    lot: str
    expires: date | None
    serials: Callable[[], Iterator[bytes]]
    size: int | None = None


def gtin_of(text: str) -> int:
    """The GTIN-14 of 8 to 14 digits; `InputError` where they are none."""
    try:
        if _DIGITS.fullmatch(text) is None:
            raise ParseError
        return int(Gtin.parse(text).as_gtin_14())
    except ParseError:
        raise InputError(
            f"{text!r} is no GTIN: it has 8, 12, 13 or 14 digits, of which the last checks the "
            "others."
        ) from None


def day_of(text: str) -> date | None:
    """A day `YYYY-MM-DD`, or None for `never`; `InputError` for anything else."""
    if text == "never":
        return None
    try:
        if _DAY.fullmatch(text) is None:
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{text!r} is no day: write YYYY-MM-DD, or never.") from None


def counted(count: int) -> Callable[[], Iterator[bytes]]:
    """Serials 1 to `count`; `InputError` for too few or too many."""
    _require_size(count)
    return lambda: (str(i).encode().ljust(SERIAL_BYTES, b"\0") for i in range(1, count + 1))


def listed(path: Path) -> Callable[[], Iterator[bytes]]:
    """Serials of a CSV file: its column `serial`, or the only one of a file without a header.

    Reading raises `InputError`, which names the line, for one that is none or stands twice.
    """
    return lambda: _read_csv(path)


def producing(office: Office, acting: Acting) -> Acting:
    """Who acts for a producer and pays: without a name, on a devnet, the demo producer."""
    name = acting.name or (producer_key_name() if office.is_devnet else None)
    return replace(acting, name=name, payer=name)


def register(office: Office, acting: Acting, gtin: int, name: str) -> Receipt:
    """Registers a line, whose product commitment is the keccak-256 of its name."""
    if not name.strip():
        raise InputError("A product has a name: give --name.")
    acting = producing(office, acting)
    acting.key()
    return office.send(
        office.bind(LabelRegistry).register_line(gtin, keccak(name.encode())), acting
    )


def commission(
    office: Office, acting: Acting, folder: Path, asked: Asked, progress: Progress
) -> tuple[BatchFile, bool]:
    """Makes a batch's labels and tree in a folder and commits it, or goes on with what was begun.

    Gives the batch, and whether anything was left to do. `InputError` where it cannot be made,
    `WorkspaceError` where the folder holds something else.
    """
    _check(office, asked)
    acting = producing(office, acting)
    key = acting.key()
    _require_free(folder)
    with exclusive(folder):
        size, digest = _read_serials(folder, asked, progress)
        wanted = BatchFile(
            gtin=f"{asked.gtin:014}", lot=asked.lot, expires=asked.expires,
            size=size, serials=digest, deployment=office.deployment.salt,
            chain_id=office.deployment.chain_id,
            registry=office.bind(LabelRegistry).address, signer=key.address, secret="0x00",
        )  # fmt: skip
        try:
            for name in (BATCH, DRAFT):
                if (folder / name).exists():
                    _require_same(folder, load(folder / name), wanted)
        except WorkspaceError:
            (folder / _part(SERIALS)).unlink()
            raise
        _finish(folder, SERIALS)
        if (folder / BATCH).exists():
            _forget(folder)
            return load(folder / BATCH), False
        draft = _draft(office, folder, wanted, key)
        _make_labels(folder, draft, key, progress)
        draft = draft.model_copy(update={"root": _make_tree(folder, draft.size, progress)})
        progress.stage("Commit", 1)
        transaction, block = _commit(office, acting, draft)
        progress.advance(1)
        done = draft.model_copy(update={"transaction": transaction, "block": block})
        write_json(folder / BATCH, done.model_dump(mode="json"))
        _forget(folder)
        return done, True


def _check(office: Office, asked: Asked) -> None:
    """`InputError` where labels of the batch could not be read, or its line is not registered."""
    if not is_printable(asked.lot):
        raise InputError(_unprintable("lot", asked.lot))
    longest = DigitalLink(asked.gtin, asked.lot, "9" * SERIAL_BYTES, asked.expires, bytes(64))
    try:
        is_readable = DigitalLink.parse(longest.uri()) == longest
    except ValueError as failure:
        raise InputError(f"No label could carry this: {failure}.") from None
    if not is_readable:
        raise InputError(
            f"{asked.expires} is too far away: a GS1 expiry has two digits for the year."
        )
    if asked.expires and last_second_of(asked.expires) < office.node.time():
        raise InputError(f"{asked.expires} is over: look at --expires.")
    if office.bind(LabelRegistry).line_of(asked.gtin).producer_id == 0:
        raise InputError(
            f"{asked.gtin:014} is not registered: `entrepot label register {asked.gtin:014}` first."
        )


def _require_free(folder: Path) -> None:
    """`WorkspaceError` where a folder holds anything that is no batch's."""
    ours = {BATCH, DRAFT, _PROGRESS}
    ours |= {name for each in (SERIALS, LEAVES, TREE, SIGNATURES) for name in (each, _part(each))}
    if folder.exists():
        if not folder.is_dir():
            raise WorkspaceError(f"{folder} is a file: give a folder with --out.")
        visible = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
        if visible - ours:
            raise WorkspaceError(
                f"{folder} holds files of something else: give an empty folder with --out."
            )


def _require_same(folder: Path, found: BatchFile, wanted: BatchFile) -> None:
    """`WorkspaceError` where a folder holds another batch than the one that is asked for."""
    done = {"secret", "root", "transaction", "block"}
    have, want = found.model_dump(exclude=done), wanted.model_dump(exclude=done)
    other = [name for name in want if have[name] != want[name]]
    if other:
        raise WorkspaceError(
            f"{folder} holds a batch with another {', '.join(other)}: give another folder with "
            "--out."
        )


def _read_serials(folder: Path, asked: Asked, progress: Progress) -> tuple[int, str]:
    """Number and SHA-256 of the serials, which are in the part of their file then."""
    progress.stage("Serials", asked.size)
    size, digest = 0, hashlib.sha256()
    with _fresh(folder, SERIALS) as file:
        for chunk in _joined(asked.serials()):
            file.write(chunk)
            digest.update(chunk)
            size += len(chunk) // SERIAL_BYTES
            progress.advance(len(chunk) // SERIAL_BYTES)
        _require_size(size)
    return size, "0x" + digest.hexdigest()


def _draft(office: Office, folder: Path, wanted: BatchFile, key: Key) -> BatchFile:
    """The batch as it was begun; a new one where the contract will take it."""
    if (folder / DRAFT).exists():
        return load(folder / DRAFT)
    gtin, lot = int(wanted.gtin), wanted.lot_code
    labels = office.bind(LabelRegistry)
    if labels.state_of(gtin, lot) != 0:
        raise InputError(
            f"Lot {wanted.lot} of {wanted.gtin} was committed before, from another folder: give "
            "another --lot."
        )
    office.check(labels.commit_batch(gtin, lot, wanted.on_chain()), key)
    for name in (LEAVES, SIGNATURES, TREE, _part(LEAVES), _part(SIGNATURES), _PROGRESS):
        (folder / name).unlink(missing_ok=True)
    secret = secrets.token_bytes(SECRET_BYTES)
    binding = binding_of(wanted.salt, gtin, lot)
    draft = wanted.model_copy(update={"secret": sealed(secret, key, binding)})
    write_json(folder / DRAFT, draft.model_dump(mode="json"))
    return draft


def _make_labels(folder: Path, draft: BatchFile, key: Key, progress: Progress) -> None:
    """Leaves and signatures, from where an interrupted run has recorded that they are kept."""
    names = ((LEAVES, merkle.NODE), (SIGNATURES, SIGNATURE_BYTES))
    if all((folder / name).exists() for name, _ in names):
        return
    for name, _ in names:
        if (folder / name).exists():
            (folder / name).rename(folder / _part(name))
    record = folder / _PROGRESS
    kept = int(read_json(record)["items"]) if record.exists() else 0
    progress.stage("Labels", draft.size)
    progress.advance(kept)
    with (
        (folder / _part(LEAVES)).open("ab") as leaves,
        (folder / _part(SIGNATURES)).open("ab") as signatures,
    ):
        for file, (_, size) in zip((leaves, signatures), names, strict=True):
            if os.fstat(file.fileno()).st_size < kept * size:
                raise WorkspaceError(f"{folder} is damaged: remove it and commission again.")
            file.truncate(kept * size)
        with _labels(folder, draft, key, kept) as chunks:
            for number, (chunk_leaves, chunk_signatures) in enumerate(chunks, 1):
                leaves.write(chunk_leaves)
                signatures.write(chunk_signatures)
                count = len(chunk_leaves) // merkle.NODE
                kept += count
                progress.advance(count)
                if number % _RECORDED == 0 or kept == draft.size:
                    _sync(leaves)
                    _sync(signatures)
                    write_json(record, {"items": kept})
    for name, _ in names:
        _finish(folder, name)


@contextmanager
def _labels(
    folder: Path, draft: BatchFile, key: Key, first: int
) -> Iterator[Iterator[tuple[bytes, bytes]]]:
    """Leaves and signatures of chunks of items from `first` on, in order, made by all CPUs."""
    path = folder / SERIALS
    work = _Work(draft, opened(draft, key), key.private.secret, path, _CHUNK)
    starts = range(first, draft.size, _CHUNK)
    count = min(len(os.sched_getaffinity(0)), len(starts) // _WORTH_A_PROCESS)
    if count < 2:
        yield work.chunks(starts)
        return
    # Not forked, because this process may have threads; what a worker is given comes by a pipe.
    context = get_context("spawn")
    pipes, processes = [], []
    try:
        for number in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(
                target=_worker, args=(theirs, work, starts[number::count]), daemon=True
            )
            process.start()
            theirs.close()
            pipes.append(ours)
            processes.append(process)
        yield _received(pipes, len(starts))
    finally:
        for process in processes:
            process.terminate()
            process.join()


@dataclass(frozen=True, slots=True, repr=False)
class _Work:
    """What a worker needs. Its secrets are in no representation of it."""

    draft: BatchFile
    secret: bytes
    signer: bytes
    path: Path
    chunk: int

    def chunks(self, starts: Iterable[int]) -> Iterator[tuple[bytes, bytes]]:
        draft = self.draft
        maker = ItemMaker(
            self.secret, Key.from_secret(self.signer), draft.salt,
            int(draft.gtin), draft.lot_code, draft.expires,
        )  # fmt: skip
        with self.path.open("rb") as file:
            for start in starts:
                file.seek(start * SERIAL_BYTES)
                yield maker.items(file.read(self.chunk * SERIAL_BYTES), start)


def _worker(pipe: "Connection[Any, Any]", work: _Work, starts: range) -> None:
    """Sends chunks until it is done, or nobody is there any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        for leaves, signatures in work.chunks(starts):
            pipe.send_bytes(leaves)
            pipe.send_bytes(signatures)
    except BrokenPipeError:
        return


def _received(pipes: "list[Connection[Any, Any]]", chunks: int) -> Iterator[tuple[bytes, bytes]]:
    for number in range(chunks):
        pipe = pipes[number % len(pipes)]
        try:
            yield pipe.recv_bytes(), pipe.recv_bytes()
        except EOFError:
            raise WorkspaceError(
                "A process that makes labels was ended: give the same command again."
            ) from None


def _make_tree(folder: Path, size: int, progress: Progress) -> str:
    """Root of the tree, in hexadecimal, whose nodes are in their file then."""
    widths = merkle.widths(size)
    progress.stage("Tree", sum(widths[1:]))
    with (folder / LEAVES).open("rb") as leaves, _fresh(folder, TREE) as tree:
        below: IO[bytes] = leaves
        start = 0
        for level, width in enumerate(widths[:-1]):
            begin = tree.tell()
            for at in range(0, width, _TREE_CHUNK):
                count = min(_TREE_CHUNK, width - at)
                if level == 0:
                    part = below.read(count * merkle.NODE)
                else:
                    tree.flush()
                    part = os.pread(tree.fileno(), count * merkle.NODE, start + at * merkle.NODE)
                nodes = merkle.parents(part)
                tree.write(nodes)
                progress.advance(len(nodes) // merkle.NODE)
            start = begin
    _finish(folder, TREE)
    with (folder / (TREE if size > 1 else LEAVES)).open("rb") as file:
        file.seek(-merkle.NODE, os.SEEK_END)
        return "0x" + file.read().hex()


def _commit(office: Office, acting: Acting, draft: BatchFile) -> tuple[str, int]:
    """Transaction and block that committed the batch, once for all."""
    found = _find(office, draft)
    if found is not None:
        return found
    call = office.bind(LabelRegistry).commit_batch(
        int(draft.gtin), draft.lot_code, draft.on_chain()
    )
    try:
        receipt = office.send(call, acting)
    except TransactionReverted:
        # One that an interrupted run had sent may have been mined meanwhile.
        found = _find(office, draft)
        if found is None:
            raise
        return found
    return receipt.transaction, receipt.block


def _find(office: Office, draft: BatchFile) -> tuple[str, int] | None:
    """Where the batch was committed; `InputError` where its lot was by another."""
    labels = office.bind(LabelRegistry)
    lot = draft.lot_code
    if labels.state_of(int(draft.gtin), lot) == 0:
        return None
    named = topic_of(int(draft.gtin)), topic_of(lot)
    (event,) = office.logs(labels, "BatchCommitted", *named)
    batch = draft.on_chain()
    if event.args["batch"]["root"] != batch.root:
        raise InputError(
            f"Lot {draft.lot} of {draft.gtin} was committed before, with other items: "
            "give another --lot."
        )
    return event.transaction, event.block


def _read_csv(path: Path) -> Iterator[bytes]:
    """Serials of a file; which of them stands twice is told when all have been read.

    Until then they wait in buckets, of which one at a time becomes a table: a table of all of them
    takes four times the room.
    """
    buckets = [bytearray() for _ in range(_BUCKETS)]
    for count, (serial, line) in enumerate(_serials_of(path), 1):
        if count > MOST:
            _require_size(count)
        buckets[hash(serial) % _BUCKETS] += _WAITING.pack(serial, line)
        yield serial
    twice = min(filter(None, map(_first_twice, buckets)), default=None)
    if twice is not None:
        line, serial = twice
        shown = serial.rstrip(b"\0").decode()
        raise InputError(f"{path}, line {line}: {shown} stands twice.")


def _first_twice(bucket: bytearray) -> tuple[int, bytes] | None:
    """First line in a bucket with a serial that stands in an earlier line, too, and the serial."""
    seen: set[bytes] = set()
    for serial, line in _WAITING.iter_unpack(bucket):
        if serial in seen:
            return line, serial
        seen.add(serial)
    return None


def _serials_of(path: Path) -> Iterator[tuple[bytes, int]]:
    """Serials of a file, 20 bytes each, and the lines in which they stand."""
    column: int | None = None
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, strict=True)
            for row in rows:
                if not row:
                    continue
                if column is None:
                    header = [cell.strip().lower() for cell in row]
                    column = header.index("serial") if "serial" in header else 0
                    if "serial" in header:
                        continue
                    if len(row) > 1:
                        raise InputError(f"{path}: none of its columns is called `serial`.")
                serial = row[column].strip() if column < len(row) else ""
                if not is_printable(serial):
                    raise InputError(
                        f"{path}, line {rows.line_num}: {_unprintable('serial', serial)}"
                    )
                yield serial.encode().ljust(SERIAL_BYTES, b"\0"), rows.line_num
    except OSError as failure:
        reason = (failure.strerror or str(failure)).lower()
        raise InputError(f"Cannot read {path}: {reason}.") from failure
    except UnicodeDecodeError as failure:
        raise InputError(f"{path} is not UTF-8 text: save it as UTF-8.") from failure
    except csv.Error as failure:
        raise InputError(f"{path}, line {rows.line_num}: it is no CSV: {failure}.") from failure


def _unprintable(noun: str, text: str) -> str:
    shown = text if len(text) <= 40 else text[:40] + "…"
    return f"{shown!r} is no {noun} for a label: 1 to 20 of A-Z a-z 0-9 - . _, other than . and .."


def _require_size(count: int) -> None:
    if not 1 <= count <= MOST:
        raise InputError(f"A batch has 1 to {MOST:,} items, not {count:,}.")


def _joined(serials: Iterator[bytes]) -> Iterator[bytes]:
    """Serials in strings of many."""
    waiting: list[bytes] = []
    for serial in serials:
        waiting.append(serial)
        if len(waiting) == _TREE_CHUNK:
            yield b"".join(waiting)
            waiting.clear()
    if waiting:
        yield b"".join(waiting)


def _part(name: str) -> str:
    """Name of a file as long as it is not whole."""
    return Path(name).stem + ".part"


@contextmanager
def _fresh(folder: Path, name: str) -> Iterator[IO[bytes]]:
    """The part of a file, begun anew."""
    with (folder / _part(name)).open("w+b") as file:
        yield file
        _sync(file)


def _finish(folder: Path, name: str) -> None:
    """Gives a file that is whole its name."""
    (folder / _part(name)).rename(folder / name)


def _sync(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _forget(folder: Path) -> None:
    """Removes what only an unfinished batch needs."""
    for name in (DRAFT, _PROGRESS):
        (folder / name).unlink(missing_ok=True)
