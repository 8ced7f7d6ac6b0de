"""The output folder of a run: what it holds, and whether a run may use it."""

import gzip
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from entrepot.errors import AlreadyComplete, WorkspaceError
from entrepot.network import deployments, devnet
from entrepot.network.deployments import Deployment
from entrepot.network.devnet import Devnet
from entrepot.network.node import DevNode, Node
from entrepot.storage.files import exclusive, read_json, write_bytes, write_json

_RUN = "run.json"
_SUMMARY = "summary.json"
_DEPLOYMENT = "deployment.json"
_PARTICIPANTS = "participants.json"
_CHAIN = "chain.json.gz"


class Workspace:
    """An output folder.

    `run.json` says what was asked for, and is written first; `summary.json` is written last, so a folder with the one
    and without the other holds a run that was interrupted.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def run(self, asked: dict[str, Any]) -> Iterator[None]:
        """Holds the folder for one run; what an interrupted one left in it is removed first.

        `AlreadyComplete` where a run has finished in it, `WorkspaceError` where it holds something else.
        """
        if self.folder.exists() and not self.folder.is_dir():
            raise WorkspaceError(f"{self.folder} is a file; give a folder with --out.")
        is_new = not self.folder.exists() or not any(self.folder.iterdir())
        if not is_new and not (self.folder / _RUN).exists():
            raise WorkspaceError(
                f"{self.folder} holds files of something else; give an empty folder with --out."
            )
        with exclusive(self.folder):
            if (self.folder / _SUMMARY).exists():
                raise AlreadyComplete(
                    f"{self.folder} holds a finished run; audit it, or give another folder with --out."
                )
            left = devnet.find(self.folder)
            if left is not None:
                left.stop()
            for name in (_DEPLOYMENT, _PARTICIPANTS, _CHAIN):
                (self.folder / name).unlink(missing_ok=True)
            write_json(self.folder / _RUN, asked)
            yield

    def keep(self, deployment: Deployment, names: dict[int, str], url: str | None) -> None:
        """Keeps what was deployed, who takes part and, for a devnet that is not ours, where it answers."""
        deployment.save(self.folder / _DEPLOYMENT)
        kept = {"rpc": url, "names": {str(number): name for number, name in names.items()}}
        write_json(self.folder / _PARTICIPANTS, kept)

    def dump(self, node: DevNode) -> None:
        """Keeps the devnet's whole state, logs and blocks included."""
        write_bytes(self.folder / _CHAIN, node.dump_state())

    def finish(self, summary: dict[str, Any]) -> None:
        """Ends the run."""
        write_json(self.folder / _SUMMARY, summary)

    def deployment(self) -> Deployment:
        """What the run deployed; `WorkspaceError` where there is none."""
        if not (self.folder / _DEPLOYMENT).exists():
            raise WorkspaceError(
                f"{self.folder} holds no deployment; run `entrepot replay … --out {self.folder}` first."
            )
        return deployments.load(self.folder / _DEPLOYMENT)

    def names(self) -> dict[int, str]:
        """Names of the participants by id."""
        kept = read_json(self.folder / _PARTICIPANTS)
        return {int(number): name for number, name in kept["names"].items()}

    @contextmanager
    def node(self, url: str | None = None) -> Iterator[Node]:
        """The chain of the run: at `url`, at the devnet that it was made on, or revived from its saved state."""
        url = url or read_json(self.folder / _PARTICIPANTS)["rpc"]
        if url is not None:
            yield Node(url)
            return
        if not (self.folder / _CHAIN).exists():
            raise WorkspaceError(
                f"The run in {self.folder} was interrupted before its chain was saved; start it again."
            )
        with self._revived() as revived:
            yield revived.node

    @contextmanager
    def _revived(self) -> Iterator[Devnet]:
        with tempfile.TemporaryDirectory(prefix="entrepot-") as name:
            folder = Path(name)
            state = folder / "state.json"
            try:
                with gzip.open(self.folder / _CHAIN) as packed, state.open("wb") as plain:
                    shutil.copyfileobj(packed, plain)
            except (OSError, EOFError) as failure:
                raise WorkspaceError(
                    f"The saved chain in {self.folder} is damaged; run it again in another folder."
                ) from failure
            with devnet.running(folder, state=state) as revived:
                yield revived
