"""docs/credentials.md: its files and commands work as they stand."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from entrepot.core.credentials import ATTRIBUTES
from entrepot.services import devnets
from tests.e2e.test_docs_authority import lines, shell

PAGE = (Path(__file__).parents[2] / "docs" / "credentials.md").read_text("utf-8")
FILES = dict(re.findall(r"^```yaml\n# (\S+)\n(.*?)^```$", PAGE, re.M | re.S))
COMMANDS = [
    line for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.M | re.S) for line in lines(block)
]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    yield tmp_path
    devnets.down(tmp_path / ".entrepot")


def test_the_walk_ends_as_the_page_says(folder: Path) -> None:
    printed = {line: shell(folder, line) for line in COMMANDS}
    (checked,) = (out for line, out in printed.items() if "credential check" in line)
    assert "valid: True" in checked
    assert "proven: grade B or better, at least 1 settled order, as of block 1" in checked
    assert "not proven: who it is" in checked
    (asked,) = (out for line, out in printed.items() if "credential request" in line)
    assert "definitions: 1" in asked


def test_the_table_names_every_attribute() -> None:
    assert tuple(re.findall(r"^\| `(\w+)` \|", PAGE, re.M)) == ATTRIBUTES
