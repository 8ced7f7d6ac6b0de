"""Simulated trades, end to end."""

import json
from pathlib import Path

from tests.e2e.conftest import Entrepot, assert_one_sentence


def test_every_course_of_a_trade_settles_and_audits(tmp_path: Path, entrepot: Entrepot) -> None:
    out = tmp_path / "run"
    done = entrepot("simulate", "--orders", 400, "--seed", 7, "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["orders"] == 400
    assert min(summary[name] for name in ("released", "refunded", "cancelled", "claims")) > 0
    assert summary["released"] + summary["refunded"] + summary["cancelled"] == 400
    assert {"tender", "dispute", "rule", "concludeTender", "agree"} <= set(summary["gas_by_action"])
    assert entrepot("audit", "--out", out).returncode == 0


def test_seed_decides_everything(tmp_path: Path, entrepot: Entrepot) -> None:
    def money(seed: int, out: str) -> dict[str, int]:
        done = entrepot(
            "simulate", "--orders", 30, "--seed", seed, "--out", tmp_path / out, "--json"
        )
        found: dict[str, int] = json.loads(done.stdout)["money"]
        return found

    first = money(3, "a")
    assert money(3, "b") == first
    assert money(4, "c") != first


def test_refuses_no_orders(tmp_path: Path, entrepot: Entrepot) -> None:
    done = entrepot("simulate", "--orders", 0, "--seed", 1, "--out", tmp_path / "run")
    assert "1 to 100,000 orders" in assert_one_sentence(done, 2)
