"""The scripts on Brownie's own network; Brownie's environment is made by `make test-contracts`."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from entrepot.services.deploy import CONTRACTS
from tests.e2e.conftest import ROOT, SAMPLE
from tests.section9 import totals

BROWNIE = ROOT / ".venv-brownie" / "bin" / "brownie"

pytestmark = pytest.mark.skipif(not BROWNIE.exists(), reason="run `make .make/brownie` first")


def brownie_run(home: Path, *arguments: str) -> str:
    """What a script prints; Brownie keeps its settings in `home`."""
    done = subprocess.run(
        [BROWNIE, "run", *arguments, "--network", "development"],
        cwd=ROOT,
        env={**os.environ, "HOME": str(home), "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_deploys_on_the_development_network(tmp_path: Path) -> None:
    shown = brownie_run(tmp_path, "deploy", "main", str(tmp_path / "workspace"))
    kept = json.loads((tmp_path / "workspace" / "deployment.json").read_text("utf-8"))
    assert set(kept["contracts"]) == set(CONTRACTS)
    assert all(contract["address"] in shown for contract in kept["contracts"].values())


def test_replays_simulates_and_audits_on_the_development_network(tmp_path: Path) -> None:
    out = tmp_path / "replay"
    brownie_run(tmp_path, "replay", "main", str(SAMPLE), str(out))
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    assert summary["released_cents"] == totals(SAMPLE)["released_cents"]
    assert "Nothing differs." in brownie_run(tmp_path, "audit", "main", str(out))
    shown = brownie_run(tmp_path, "simulate", "main", "10", "3", str(tmp_path / "simulation"))
    assert "10 simulated orders, seed 3" in shown
