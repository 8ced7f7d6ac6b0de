"""The command line's reference is that of the commands."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_reference_is_not_stale() -> None:
    spec = importlib.util.spec_from_file_location("cli_reference", ROOT / "tools/cli_reference.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.PAGE.read_text("utf-8") == tool.page(), "run `make docs`"
