"""Folders that hold a deployment and its chain: a run's output, or a devnet's workspace."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from entrepot.errors import AlreadyComplete, RpcError, WorkspaceError
from entrepot.network import deployments, devnet
from entrepot.network.deployments import Deployment
from entrepot.network.devnet import Devnet
from entrepot.network.node import DevNode, Node
from entrepot.storage.files import exclusive, read_json, write_bytes, write_json

_RUN = "run.json"
_SUMMARY = "summary.json"
_DEPLOYMENT = "deployment.json"
_PARTICIPANTS = "participants.json"
_NODE = "node.json"
_REPORT = "report.html"
_AUDIT = "audit.json"
_CHAIN = "chain.json.gz"
_ATTESTORS = "attestors.json"


class Workspace:
    """Such a folder.

    A run writes `run.json`, what was asked for, first and `summary.json` last, so a folder with the
    one and without the other holds a run that was interrupted.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def run(self, asked: dict[str, Any]) -> Iterator[None]:
        """Holds the folder for one run.

        What a killed one left in it is removed first; one that fails leaves nothing.

        `AlreadyComplete` where a run has finished in it, `WorkspaceError` where it holds something
        else.
        """
        if self.folder.exists() and not self.folder.is_dir():
            raise WorkspaceError(f"{self.folder} is a file; give a folder with --out.")
        visible = self.folder.exists() and any(
            not path.name.startswith(".") for path in self.folder.iterdir()
        )
        if visible and not (self.folder / _RUN).exists():
            raise WorkspaceError(
                f"{self.folder} holds files of something else; give an empty folder with --out."
            )
        with exclusive(self.folder):
            if (self.folder / _SUMMARY).exists():
                raise AlreadyComplete(
                    f"{self.folder} holds a finished run; audit it, or give another --out."
                )
            left = devnet.find(self.folder)
            if left is not None:
                left.stop()
            self.forget()
            write_json(self.folder / _RUN, asked)
            try:
                yield
            except BaseException:
                self.forget()
                (self.folder / _RUN).unlink(missing_ok=True)
                raise

    def require_no_run(self) -> None:
        """`WorkspaceError` where a run is kept here, which a devnet would take the place of."""
        if (self.folder / _RUN).exists():
            raise WorkspaceError(f"{self.folder} holds a run; give another --workspace.")

    def forget(self) -> None:
        """Removes the deployment, the attestors trusted for it, and the saved chain, if any."""
        for name in (
            _DEPLOYMENT, _PARTICIPANTS, _NODE, _CHAIN, _REPORT, _AUDIT, _ATTESTORS,
        ):  # fmt: skip
            (self.folder / name).unlink(missing_ok=True)

    def keep(self, deployment: Deployment, names: dict[int, str], rpc: str | None = None) -> None:
        """Keeps what was deployed, who takes part and, where the node is not ours, where it
        answers.
        """
        kept = {str(number): name for number, name in names.items()}
        write_json(self.folder / _PARTICIPANTS, kept)
        if rpc is not None:
            write_json(self.folder / _NODE, {"rpc": rpc})
        deployment.save(self.folder / _DEPLOYMENT)

    def dump(self, node: DevNode) -> None:
        """Keeps the devnet's whole state, logs and blocks included."""
        write_bytes(self.folder / _CHAIN, node.dump_state())

    def summary(self) -> dict[str, Any] | None:
        """What the run said of itself; None where no run has finished here."""
        path = self.folder / _SUMMARY
        return dict(read_json(path)) if path.exists() else None

    def keep_audit(self, report: dict[str, Any]) -> None:
        """Keeps the result of an audit."""
        write_json(self.folder / _AUDIT, report)

    def finish(self, summary: dict[str, Any], page: str) -> None:
        """Ends the run: a page for people, then the summary."""
        write_bytes(self.folder / _REPORT, page.encode())
        write_json(self.folder / _SUMMARY, summary)

    @property
    def attestors(self) -> Path:
        """File of the attestors that are trusted for the deployment."""
        return self.folder / _ATTESTORS

    @property
    def has_deployment(self) -> bool:
        """Whether something was deployed from here."""
        return (self.folder / _DEPLOYMENT).exists()

    def deployment(self) -> Deployment:
        """What was deployed; `WorkspaceError` where nothing was."""
        if not self.has_deployment:
            raise WorkspaceError(
                f"{self.folder} holds no deployment; `entrepot deploy` first, or name a run's "
                "folder."
            )
        return deployments.load(self.folder / _DEPLOYMENT)

    @contextmanager
    def node(self, rpc: str | None = None) -> Iterator[Node]:
        """The chain: at `rpc`, at the devnet that runs here, where it was deployed, or revived from
        its saved state.
        """
        running = devnet.find(self.folder)
        if rpc is not None:
            yield Node(rpc)
        elif (self.folder / _NODE).exists():
            yield Node(read_json(self.folder / _NODE)["rpc"])
        elif running is not None:
            yield running.node
        elif (self.folder / _CHAIN).exists():
            with self._revived() as revived:
                yield revived.node
        elif (self.folder / _SUMMARY).exists():
            raise WorkspaceError(f"The saved chain of {self.folder} is missing.")
        elif (self.folder / _RUN).exists():
            raise WorkspaceError(f"The run in {self.folder} was interrupted; start it again.")
        else:
            raise WorkspaceError(
                f"{self.folder} holds no chain; `entrepot devnet up` first, or name a run's folder."
            )

    @contextmanager
    def live_node(self, rpc: str | None = None) -> Iterator[Node]:
        """The chain, to send to; `WorkspaceError` where there is a saved one only."""
        is_kept = rpc is not None or (self.folder / _NODE).exists()
        if not is_kept and devnet.find(self.folder) is None and (self.folder / _CHAIN).exists():
            raise WorkspaceError(
                f"{self.folder} holds a finished run, whose chain is read only; give a --workspace "
                "with a devnet, or --rpc."
            )
        with self.node(rpc) as node:
            yield node

    def saved(self) -> bytes:
        """The saved chain; `WorkspaceError` where there is none."""
        try:
            return (self.folder / _CHAIN).read_bytes()
        except OSError as failure:
            raise WorkspaceError(f"{self.folder} holds no saved chain.") from failure

    @contextmanager
    def _revived(self) -> Iterator[Devnet]:
        chain_id = self.deployment().chain_id
        with (
            tempfile.TemporaryDirectory(prefix="entrepot-") as name,
            devnet.running(Path(name), chain_id=chain_id) as revived,
        ):
            try:
                revived.node.load_state(self.saved())
            except RpcError as failure:
                raise WorkspaceError(
                    f"The saved chain in {self.folder} is damaged; run it again with another --out."
                ) from failure
            yield revived


@contextmanager
def side_devnet(folder: Path, timestamp: int | None = None) -> Iterator[Devnet]:
    """A devnet in a folder of its own, which goes with it."""
    with exclusive(folder):
        try:
            with devnet.running(folder, timestamp=timestamp) as found:
                yield found
        finally:
            shutil.rmtree(folder, ignore_errors=True)
