"""The benchmark of labels runs, and printing is as fast as it has to be."""

import importlib.util
from pathlib import Path

import pytest

FILE = Path(__file__).parents[2] / "benchmarks" / "labels.py"


def test_labels_are_printed_at_300_per_cpu_second(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.spec_from_file_location("benchmark_labels", FILE)
    assert spec is not None
    assert spec.loader is not None
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    monkeypatch.setattr(benchmark, "SECONDS", 0.05)
    monkeypatch.setattr(benchmark, "TURNS", 3)
    found = benchmark.measure(5_000, 1_000)
    assert found["print"]["labels_per_cpu_second"] >= 300
    assert 0.5 < found["tree"]["to_keccak"] < 1.1
    assert 0.3 < found["commission"]["to_limit"] < 1.1
