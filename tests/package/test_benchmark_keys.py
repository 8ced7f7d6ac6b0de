"""The benchmark of key derivation runs, and derivation is ahead of the peers that it finds."""

import importlib.util
from pathlib import Path

import pytest

FILE = Path(__file__).parents[2] / "benchmarks" / "keys.py"


def test_derivation_is_ahead_of_every_peer(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.spec_from_file_location("benchmark_keys", FILE)
    assert spec is not None
    assert spec.loader is not None
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    monkeypatch.setattr(benchmark, "SECONDS", 0.05)
    monkeypatch.setattr(benchmark, "TURNS", 3)
    found = benchmark.measure()
    assert list(found) == ["child", "watch"]
    for task, figures in found.items():
        assert "bip_utils" in figures["per_cpu_second"], task
        assert figures["ours_to"]["best_peer"] > 1, task
        assert 0.4 < figures["ours_to"]["limit"] < 1.1, task
