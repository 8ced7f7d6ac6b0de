"""Decisions are numbered without gaps, have one form, and agree with the settings they explain."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "decisions").glob("*.md"))


def test_numbers_have_no_gap() -> None:
    assert [int(page.name[:4]) for page in PAGES] == list(range(1, len(PAGES) + 1))


def test_every_page_has_one_form() -> None:
    for page in PAGES:
        text = page.read_text("utf-8")
        assert text.startswith(f"# {int(page.name[:4])}. "), page.name
        headings = re.findall(r"^## (.+)$", text, re.M)
        assert headings == ["Context", "Decision", "Consequence"], page.name


def test_optimizer_runs_are_those_of_the_compiler() -> None:
    (page,) = [page for page in PAGES if "code-generator" in page.name]
    named = re.findall(r"([0-9,]+) runs", page.read_text("utf-8"))
    runs = tomllib.loads((ROOT / "foundry.toml").read_text())["profile"]["default"][
        "optimizer_runs"
    ]
    assert {int(number.replace(",", "")) for number in named} == {runs}
