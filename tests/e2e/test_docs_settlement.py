"""docs/settlement.md: its files and commands work as they stand, and what it tells comes out."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from entrepot.services import devnets
from tests.e2e.test_docs_authority import DAY, lines, shell

PAGE = (Path(__file__).parents[2] / "docs" / "settlement.md").read_text("utf-8")
FILES = dict(re.findall(r"^```yaml\n# (\S+)\n(.*?)^```$", PAGE, re.M | re.S))
BLOCKS = [lines(block) for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.M | re.S)]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    yield tmp_path
    devnets.down(tmp_path / ".entrepot")


def test_the_walk_ends_as_the_page_says(folder: Path) -> None:
    *before, conclusion, contest = BLOCKS
    printed = [shell(folder, line) for block in before for line in block]
    assert "purpose shipped" in printed[15]
    assert "outcome: pending" in printed[-1]
    running = devnets.find(folder / ".entrepot")
    assert running is not None
    running.node.mine(running.node.time() + 3 * DAY + 1)
    for line in conclusion:
        shell(folder, line)
    paid = json.loads(shell(folder, "entrepot order show order.yaml --json"))["payments"]
    assert {each["purpose"]: each["amount"] for each in paid} == {
        "shipped": "3440.00",
        "cleared": "1720.00",
        "duty": "1200.00",
        "payee": "800.00",
        "price": "12840.00",
    }
    note = json.loads(shell(folder, "entrepot note show order.yaml --json"))
    bank = note["bank"]["account"]
    assert {each["payee"] for each in paid if each["purpose"] in ("cleared", "price")} == {bank}
    assert (note["bond_to_holder"], note["bond_to_seller"]) == ("0.00", "1000.00")
    *steps, shown, risk, down = contest
    for line in steps:
        shell(folder, line)
    ended = json.loads(shell(folder, f"{shown} --json"))
    assert (ended["state"], ended["seller_share"]) == ("agreed", "70%")
    assert [each["amount"] for each in ended["payments"]] == ["3500.00", "1500.00"]
    assert shell(folder, risk) == "Nothing is suspect.\n"
    shell(folder, down)
