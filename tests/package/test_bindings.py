"""The typed contracts are those of the artifacts."""

import sys

import pytest

from tests.package.test_totals import ROOT


def test_bindings_are_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import bindings

    assert bindings.TARGET.read_text("utf-8") == bindings.text(), "run `make bindings`"
    monkeypatch.delitem(sys.modules, "bindings")
