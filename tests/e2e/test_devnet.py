"""Devnets and deployments of a workspace."""

import json
import os
import signal
from pathlib import Path

import pytest

from entrepot.network import devnet
from tests.e2e.conftest import Entrepot, assert_one_sentence


def test_devnet_goes_up_once_and_down_once(tmp_path: Path, entrepot: Entrepot) -> None:
    here = ("--workspace", tmp_path)
    assert entrepot(*here, "devnet", "status").returncode == 1
    first = json.loads(entrepot(*here, "devnet", "up", "--json").stdout)
    try:
        again = json.loads(entrepot(*here, "devnet", "up", "--json").stdout)
        assert again == first
        status = entrepot(*here, "devnet", "status", "--json")
        assert status.returncode == 0
        assert json.loads(status.stdout) == first
    finally:
        assert entrepot(*here, "devnet", "down").returncode == 0
    assert json.loads(entrepot(*here, "devnet", "status", "--json").stdout) == {"running": False}
    assert entrepot(*here, "devnet", "down").returncode == 0


def test_deploys_once_on_the_workspace_devnet(tmp_path: Path, entrepot: Entrepot) -> None:
    here = ("--workspace", tmp_path)
    try:
        first = entrepot(*here, "deploy", "--json")
        assert first.returncode == 0, first.stderr
        assert entrepot(*here, "deploy", "--json").stdout == first.stdout
        block = json.loads(entrepot(*here, "devnet", "status", "--json").stdout)["block"]
        assert block == 3
        audited = entrepot(*here, "audit", "--json")
        assert audited.returncode == 0, audited.stdout
        shown = json.loads(entrepot(*here, "rating", "show", 1, "--json").stdout)
        assert (shown["roles"], shown["grade"]) == (["insurer"], "NR")
    finally:
        entrepot(*here, "devnet", "down")


def test_devnet_that_crashed_is_replaced(tmp_path: Path, entrepot: Entrepot) -> None:
    here = ("--workspace", tmp_path)
    assert entrepot(*here, "deploy").returncode == 0
    running = devnet.find(tmp_path)
    assert running is not None
    os.kill(running.pid, signal.SIGKILL)
    assert entrepot(*here, "devnet", "status").returncode == 1
    assert "no chain" in assert_one_sentence(entrepot(*here, "rating", "show", 1), 1)
    try:
        assert entrepot(*here, "deploy").returncode == 0
    finally:
        entrepot(*here, "devnet", "down")


@pytest.mark.parametrize("command", [("devnet", "up"), ("deploy",)])
def test_a_run_is_not_replaced_by_a_devnet(
    tmp_path: Path, entrepot: Entrepot, command: tuple[str, ...]
) -> None:
    (tmp_path / "run.json").write_text("{}")
    (tmp_path / "chain.json.gz").write_bytes(b"kept")
    try:
        done = entrepot("--workspace", tmp_path, *command)
        assert "holds a run" in assert_one_sentence(done, 1)
    finally:
        entrepot("--workspace", tmp_path, "devnet", "down")
    assert (tmp_path / "chain.json.gz").read_bytes() == b"kept"


def test_busy_port_is_one_sentence(tmp_path: Path, entrepot: Entrepot) -> None:
    with devnet.running(tmp_path / "first") as running:
        done = entrepot("--workspace", tmp_path / "second", "devnet", "up", "--port", running.port)
        assert f"Port {running.port} is in use" in assert_one_sentence(done, 1)


def test_file_of_a_strangers_process_stops_nobody(tmp_path: Path, entrepot: Entrepot) -> None:
    """A stale file names a process id that somebody else has by now: ours."""
    stale = {"folder": str(tmp_path), "pid": os.getpid(), "port": 1}
    (tmp_path / "devnet.json").write_text(json.dumps(stale))
    assert entrepot("--workspace", tmp_path, "devnet", "down").returncode == 0
    assert not (tmp_path / "devnet.json").exists()


def test_devnet_that_is_interrupted_while_it_starts_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []

    def interrupted(found: devnet.Devnet, *_: object) -> None:
        started.append(found.pid)
        raise KeyboardInterrupt

    monkeypatch.setattr(devnet, "_await", interrupted)
    with pytest.raises(KeyboardInterrupt):
        devnet.start(tmp_path)
    assert not Path(f"/proc/{started[0]}").exists()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("port", [0, 70_000, -5, devnet.BROWNIE_PORT])
def test_port_that_cannot_be_used(tmp_path: Path, entrepot: Entrepot, port: int) -> None:
    done = entrepot("--workspace", tmp_path, "devnet", "up", f"--port={port}")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert entrepot("--workspace", tmp_path, "devnet", "status").returncode == 1
