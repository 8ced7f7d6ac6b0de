"""The worked example of `docs/credit-model.md`, computed again."""

import re
from fractions import Fraction
from pathlib import Path

from entrepot.core.credit import (
    HALF_LIFE,
    POINT,
    Evidence,
    Grade,
    Outcome,
    decay,
    grade_of,
    rate,
    seller_evidence,
    weight_of,
)
from entrepot.core.money import TOKEN_DECIMALS, cents, parse, units_of_cents

TEXT = (Path(__file__).parents[2] / "docs" / "credit-model.md").read_text("utf-8")
OUTCOMES = {
    "on time": Outcome.DELIVERED_ON_TIME,
    "late": Outcome.DELIVERED_LATE,
    "refunded": Outcome.NOT_DELIVERED,
}


def rows(heading: str) -> list[list[str]]:
    """Cells of the first table under a heading, without its header."""
    section = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = re.findall(r"^\|(.+)\|$", section, re.M)
    return [[cell.strip().replace(",", "") for cell in line.split("|")] for line in lines[2:]]


def test_worked_example_is_what_the_package_computes() -> None:
    evidence = Evidence()
    found = []
    for day, amount, buyer, ending, *_ in rows("Worked example"):
        now = int(Fraction(day) * 86_400)
        weight = repeats = "–"
        if ending in OUTCOMES:
            weight = weight_of(units_of_cents(cents(parse(amount))), TOKEN_DECIMALS)
            sketches = list(evidence.sketches)
            evidence.add(int(buyer), *seller_evidence(weight, OUTCOMES[ending]), now)
            repeats = sketches.count(evidence.sketches[0])
        good, bad = evidence.at(now)
        rating = rate(good, bad)
        found.append(
            [day, amount, buyer, ending, str(weight), str(repeats)]
            + [f"{side / POINT:g}" for side in (good, bad)]
            + [str(rating.score), str(rating.confidence), rating.grade.name]
        )
    assert found == rows("Worked example")


def test_grades_begin_where_the_table_says() -> None:
    header, _, starts = re.findall(r"^\|(.+)\|$", TEXT.split("\n## Rating\n")[1], re.M)[:3]
    names = [cell.strip() for cell in header.split("|")][1:-1]
    scores = [int(cell.strip().replace(",", "")) for cell in starts.split("|")[1:-1]]
    assert [grade.name for grade in reversed(Grade)][:-1] == names
    assert [grade_of(score).name for score in scores] == names
    assert [grade_of(score - 1).name for score in scores[:-1]] == names[1:]


def test_line_between_halvings_stays_as_near_as_stated() -> None:
    (percent,) = re.findall(r"stays within ([0-9.]+) % of the exponential", TEXT)
    gaps = [
        decay(10**12, HALF_LIFE * step // 1000) / (10**12 * 2 ** (-step / 1000)) - 1
        for step in range(1001)
    ]
    assert float(percent) / 100 - 0.002 < max(gaps) < float(percent) / 100
    assert min(gaps) > -1e-9
