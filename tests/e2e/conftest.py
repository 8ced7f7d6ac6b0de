"""The command as people run it, on real devnets."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from entrepot.network import devnet
from entrepot.network.devnet import Devnet

if TYPE_CHECKING:
    from tests.e2e.trade_scenes import Market

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "data" / "sample_shipments.csv"
SCMS = ROOT.parent / "shared" / "data" / "scms_shipments.csv"
COMMAND = Path(sys.executable).with_name("entrepot")

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Entrepot = Run


@pytest.fixture(scope="session")
def entrepot() -> Entrepot:
    """Runs the command from the repository's root."""

    def run(*arguments: object) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [COMMAND, *map(str, arguments)],
            cwd=ROOT,
            env={**os.environ, "COLUMNS": "120"},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    return run


@pytest.fixture
def keys() -> Run:
    """Runs `entrepot keys …` with a text as its stdin."""

    def run(*arguments: object, stdin: str = "") -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [COMMAND, "keys", *map(str, arguments)],
            input=stdin, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    return run


@pytest.fixture(scope="session")
def sample_run(tmp_path_factory: pytest.TempPathFactory, entrepot: Entrepot) -> Path:
    """The folder of a replay of the sample."""
    out = tmp_path_factory.mktemp("runs") / "sample"
    done = entrepot("replay", SAMPLE, "--topology", "single", "--out", out)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture
def anvil(tmp_path: Path) -> Iterator[Devnet]:
    """A devnet that is none of the command's own."""
    with devnet.running(tmp_path / "anvil", timestamp=1_700_000_000) as running:
        yield running


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Market"]:
    """Parties on a devnet, who trade by commands."""
    from tests.e2e.trade_scenes import START, Market

    folder = tmp_path_factory.mktemp("market")
    with devnet.running(folder / "chain", timestamp=START) as chain:
        yield Market.opened(folder, chain)


def assert_one_sentence(done: "subprocess.CompletedProcess[str]", code: int) -> str:
    """The sentence on stderr, which is all there is."""
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stdout == ""
    (sentence,) = done.stderr.strip().splitlines()
    assert sentence.startswith("entrepot: ")
    assert sentence.endswith((".", "?"))
    return sentence
