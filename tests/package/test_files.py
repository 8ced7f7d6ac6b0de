"""Whole files and folders for one process."""

import errno
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from entrepot.errors import WorkspaceError
from entrepot.storage import files
from entrepot.storage.files import exclusive, read_json, write_bytes, write_json

HOLD = """
import sys
from pathlib import Path
from entrepot.storage.files import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_json_round_trip(tmp_path: Path) -> None:
    value = {"name": "Côte d’Ivoire", "list": [1, None, True]}
    path = tmp_path / "new" / "folder" / "value.json"
    write_json(path, value)
    assert read_json(path) == value
    assert "Côte" in path.read_text("utf-8")
    assert list(path.parent.iterdir()) == [path]


def test_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    usual, path = tmp_path / "usual", tmp_path / "ours"
    usual.write_bytes(b"")
    write_bytes(path, b"x")
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(usual.stat().st_mode)


@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
def test_failed_write_leaves_the_old_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    path = tmp_path / "file"
    write_bytes(path, b"old")

    def fail(_: int) -> None:
        raise failure

    monkeypatch.setattr(files.os, "fsync", fail)
    expected = WorkspaceError if isinstance(failure, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_killed_process_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_bytes(path, b"old")
    script = (
        "import os, sys; from pathlib import Path; from entrepot.storage import files\n"
        "files.os.fsync = lambda _: os.kill(os.getpid(), 9)\n"
        "files.write_bytes(Path(sys.argv[1]), b'new')"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert done.returncode == -9
    assert path.read_bytes() == b"old"


def test_write_raises_when_folder_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WorkspaceError, match=r"file/below cannot be written: .*\.$"):
        write_bytes(tmp_path / "file" / "below", b"x")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"{} {}", b"[" * 5_000])
def test_damaged_json_is_told_from_missing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "value.json"
    with pytest.raises(WorkspaceError, match=r"value\.json is missing\.$"):
        read_json(path)
    path.write_bytes(content)
    with pytest.raises(WorkspaceError, match=r"value\.json cannot be read: it is no JSON, or cut"):
        read_json(path)
    with pytest.raises(WorkspaceError, match="cannot be read: Is a directory"):
        read_json(tmp_path)


def test_folder_is_held_by_one_process_until_it_dies(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    command = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(WorkspaceError, match="Another process is using"), exclusive(folder):
            pytest.fail("held twice")
        holder.kill()
    with exclusive(folder):
        pass


def test_folder_is_free_again_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), exclusive(tmp_path):
        1 / 0  # noqa: B018
    with exclusive(tmp_path):
        pass


def test_exclusive_raises_when_folder_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(WorkspaceError, match="cannot be used"),
        exclusive(tmp_path / "file" / "below"),
    ):
        pytest.fail("held")
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]
