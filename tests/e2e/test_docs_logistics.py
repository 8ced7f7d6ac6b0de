"""docs/logistics.md: its files and commands work as they stand, and what it tells comes out."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_abi.abi import encode

from entrepot.core.readings import leaf
from entrepot.core.signing import keccak
from entrepot.services import devnets, series_file
from tests.e2e.test_docs_authority import lines, shell

PAGE = (Path(__file__).parents[2] / "docs" / "logistics.md").read_text("utf-8")
FILES = dict(re.findall(r"^```yaml\n# (\S+)\n(.*?)^```$", PAGE, re.M | re.S))
BLOCKS = [lines(block) for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.M | re.S)]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    yield tmp_path
    devnets.down(tmp_path / ".entrepot")


def test_the_walk_ends_as_the_page_says(folder: Path) -> None:
    *walk, last = BLOCKS
    printed = {line: shell(folder, line) for block in walk for line in block}
    (policy,) = (out for line, out in printed.items() if line.startswith("entrepot policy show"))
    assert "fired: exposure:watch0:>3600s:40%" in policy
    assert "amount 7000.00" in policy
    assert "valid: True" in printed["entrepot device verify proof.json"]
    assert "Rotterdam" in (folder / "trajectory.svg").read_text()
    *before, down = last
    told = {line: shell(folder, line) for line in before}
    findings = json.loads((folder / "evidence.json").read_text())["findings"]
    assert [(each["cause"], each["answers"], each["up_to"]) for each in findings] == [
        ("excursion", 34, "4000.00"), ("damage", 34, "4000.00")
    ]  # fmt: skip
    assert told["entrepot shipment verify-liability evidence.json"].endswith("Nothing differs.\n")
    paid = json.loads(shell(folder, "entrepot policy show cover.json --json"))["payments"]
    assert [each["amount"] for each in paid] == ["7000.00", "4000.00"]
    assert "recovered 4000.00" in told["entrepot bond subrogate cover.json"]
    assert "held: 1000.00" in told["entrepot bond show 34"]
    shell(folder, down)


def test_the_series_and_the_leaf_are_as_the_page_says(tmp_path: Path) -> None:
    (text,) = re.findall(r"^```csv\n(.*?)^```$", PAGE, re.M | re.S)
    (tmp_path / "series.csv").write_text(text)
    series = series_file.load(tmp_path / "series.csv")
    assert series.interval == 300
    assert [values for _, values in series.readings] == [(510, 5420), (530, 5400)]
    shipment, device = b"\x11" * 32, "0x" + "22" * 20
    packed = encode(
        ["bytes32", "address", "uint256", "uint256", "int256[]"], [shipment, device, 3, 1, [-510]]
    )
    assert leaf(shipment, device, 3, 1, [-510]) == keccak(keccak(packed))
