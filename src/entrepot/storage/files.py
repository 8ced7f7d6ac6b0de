"""Files that are whole or not there, and folders that one process uses at a time."""

import fcntl
import glob
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from entrepot.errors import WorkspaceError


def write_bytes(path: Path, data: bytes) -> None:
    """Replaces a file in one step; after a crash it is the old one or the new one.

    `WorkspaceError` where it cannot be written.
    """
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with fresh.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
    except OSError as failure:
        reason = failure.strerror or str(failure)
        raise WorkspaceError(f"{path} cannot be written: {reason}.") from failure


def create_private(path: Path, data: bytes) -> None:
    """Makes a file that only its owner reads, whole or not at all, and never in place of another.

    `WorkspaceError` where there is one already or none can be written.
    """
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.link(fresh, path)
        finally:
            fresh.unlink()
    except OSError as failure:
        if isinstance(failure, FileExistsError) and os.path.lexists(path):
            raise WorkspaceError(f"{path} exists already and is left as it is.") from failure
        reason = failure.strerror or str(failure)
        raise WorkspaceError(f"{path} cannot be written: {reason}.") from failure


def create_json(path: Path, value: Any) -> None:
    """Writes a value into a new file of mode 0600; `WorkspaceError` where there is one already."""
    create_private(path, (json.dumps(value, indent=2) + "\n").encode())


def sweep(folder: Path, name: str = "") -> None:
    """Removes what killed processes left of a file that they were writing, or of any in a folder.

    Another process that is writing there fails.
    """
    for path in folder.glob(f".{glob.escape(name) or '*'}.{'[0-9a-f]' * 8}"):
        path.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Replaces a JSON file in one step."""
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    write_bytes(path, text.encode())


def read_json(path: Path) -> Any:
    """A JSON file's value; `WorkspaceError` where it is missing or damaged."""
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError as failure:
        raise WorkspaceError(f"{path} is missing.") from failure
    except OSError as failure:
        raise WorkspaceError(f"{path} cannot be read: {failure.strerror}.") from failure
    except (ValueError, RecursionError) as failure:
        raise WorkspaceError(f"{path} cannot be read: it is no JSON, or cut off.") from failure


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Holds a folder for this process; `WorkspaceError` while another one holds it.

    The lock dies with its process.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / ".lock", os.O_CREAT | os.O_RDWR, 0o644)
    except OSError as failure:
        raise WorkspaceError(f"{folder} cannot be used: {failure.strerror}.") from failure
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as failure:
        os.close(handle)
        raise WorkspaceError(f"Another process is using {folder}; wait for it.") from failure
    try:
        yield
    finally:
        os.close(handle)
