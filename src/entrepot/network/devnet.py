"""Local devnets: Anvil, started and stopped by its own process id.

A devnet leaves `devnet.json` in its folder while it runs. What a crash leaves behind is told from a
running devnet by the process's own command line, so a stale file never stops a stranger's process.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from entrepot.errors import DevnetError, InputError, NodeError, WorkspaceError
from entrepot.network.node import DevNode
from entrepot.storage.files import read_json, write_json

BROWNIE_PORT = 8545
CHAIN_ID = 31_337
_LOG = "devnet.log"
_READY_SECONDS = 60.0
_STOP_SECONDS = 10.0
# Gas is free and blocks hold whatever is sent, so that a replay needs no faucet and no fee market.
# History of state is not kept: logs, receipts and blocks are, and they are what an audit reads.
_FLAGS = (
    "--host=127.0.0.1",
    "--quiet",
    "--hardfork=cancun",
    "--order=fifo",
    "--gas-limit=1000000000000",
    "--block-base-fee-per-gas=0",
    "--disable-min-priority-fee",
    "--disable-pool-balance-checks",
    "--no-request-size-limit",
    "--prune-history",
)


@dataclass(frozen=True, slots=True)
class Devnet:
    """A running devnet."""

    folder: Path
    pid: int
    port: int

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def node(self) -> DevNode:
        """A door to it."""
        return DevNode(self.url)

    @property
    def is_running(self) -> bool:
        """Whether the process with this id is still this devnet."""
        command = _command_line(self.pid)
        return "anvil" in command and f"--port={self.port}" in command

    @property
    def peak_memory_mb(self) -> int:
        """Most memory that it has held so far, in MiB; 0 where the system does not tell."""
        return peak_memory_mb(self.pid)

    def stop(self) -> None:
        """Ends the process and its file; nothing happens where it is gone already."""
        if self.is_running:
            os.kill(self.pid, signal.SIGTERM)
            if not _wait(lambda: not self.is_running, _STOP_SECONDS):
                os.kill(self.pid, signal.SIGKILL)
                if not _wait(lambda: not self.is_running, _STOP_SECONDS):
                    raise DevnetError(f"Anvil (process {self.pid}) does not stop.")
        _file(self.folder).unlink(missing_ok=True)


def peak_memory_mb(pid: int) -> int:
    """Most memory that a process has held so far, in MiB; 0 where the system does not tell.

    `ru_maxrss` is not it: a process inherits that from the one that started it.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"^VmHWM:\s*(\d+) kB", status, re.MULTILINE)
    return int(found[1]) // 1024 if found else 0


def start(
    folder: Path,
    *,
    port: int | None = None,
    timestamp: int | None = None,
    chain_id: int = CHAIN_ID,
) -> Devnet:
    """Starts a devnet in `folder` and waits until it answers.

    `timestamp`: time of the first block, seconds UTC. A devnet that runs in the folder already is
    an error; one that crashed is cleaned up.
    """
    running = find(folder)
    if running is not None:
        raise DevnetError(f"A devnet runs in {folder} already, at {running.url}; stop it first.")
    chosen = _free_port() if port is None else port
    if chosen == BROWNIE_PORT:
        raise InputError(
            f"Port {chosen} is Brownie's, which reverts what it finds; choose another."
        )
    if not _is_free(chosen):
        raise DevnetError(f"Port {chosen} is in use; choose another.")
    command = [str(_binary()), *_FLAGS, f"--port={chosen}", f"--chain-id={chain_id}"]
    if timestamp is not None:
        command.append(f"--timestamp={timestamp}")
    folder.mkdir(parents=True, exist_ok=True)
    log_path = folder / _LOG
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    devnet = Devnet(folder, process.pid, chosen)
    try:
        write_json(_file(folder), {**asdict(devnet), "folder": str(folder)})
        _await(devnet, process, log_path)
    except BaseException:
        process.kill()
        process.wait()
        for left in (_file(folder), log_path):
            left.unlink(missing_ok=True)
        raise
    return devnet


def _await(devnet: Devnet, process: "subprocess.Popen[bytes]", log_path: Path) -> None:
    """Returns once the devnet answers; `DevnetError` where it ends or stays silent."""

    def is_ready() -> bool:
        if process.poll() is not None:
            return True
        try:
            devnet.node.chain_id()
        except NodeError:
            return False
        return True

    is_up = _wait(is_ready, _READY_SECONDS)
    if not is_up or process.poll() is not None:
        lines = log_path.read_text("utf-8", "replace").strip().splitlines()
        raise DevnetError(f"Anvil did not start: {lines[-1] if lines else 'no answer'}")


def find(folder: Path) -> Devnet | None:
    """The devnet that runs in a folder; what a crashed one left is removed."""
    try:
        kept = read_json(_file(folder))
        devnet = Devnet(folder, int(kept["pid"]), int(kept["port"]))
    except (WorkspaceError, KeyError, TypeError, ValueError):
        return None
    if devnet.is_running:
        return devnet
    _file(folder).unlink(missing_ok=True)
    return None


@contextmanager
def running(
    folder: Path, *, timestamp: int | None = None, chain_id: int = CHAIN_ID
) -> Iterator[Devnet]:
    """A devnet for as long as the context lasts.

    One that an interrupted run left in the folder is stopped first.
    """
    left = find(folder)
    if left is not None:
        left.stop()
    devnet = start(folder, timestamp=timestamp, chain_id=chain_id)
    try:
        yield devnet
    finally:
        devnet.stop()
        (folder / _LOG).unlink(missing_ok=True)


def _file(folder: Path) -> Path:
    return folder / "devnet.json"


def _binary() -> Path:
    named = os.environ.get("ENTREPOT_ANVIL")
    if named:
        if not os.access(named, os.X_OK):
            raise DevnetError(f"ENTREPOT_ANVIL names {named}, which cannot be run.")
        return Path(named)
    here = Path(__file__).resolve()
    for base in (Path.cwd(), *Path.cwd().parents, *here.parents):
        # The npm package's own command is a script around this program; the process id would be
        # the script's.
        for found in sorted((base / "node_modules" / "@foundry-rs").glob("anvil-*/bin/anvil")):
            return found
    on_path = shutil.which("anvil")
    if on_path is None:
        raise DevnetError("Anvil is not installed; run `make setup` or set ENTREPOT_ANVIL to it.")
    return Path(on_path)


def _command_line(pid: int) -> str:
    """Of a process; empty where it has ended."""
    with suppress(ChildProcessError):
        if os.waitpid(pid, os.WNOHANG)[0]:
            return ""
    kept = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self").exists():
        try:
            return kept.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    done = subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return done.stdout


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _free_port() -> int:
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        # Brownie attaches to whatever listens there, and reverts it.
        if port != BROWNIE_PORT:
            return port


def _wait(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
