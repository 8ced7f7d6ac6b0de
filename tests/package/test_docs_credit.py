"""What `docs/credit-model.md` says of the arithmetic, computed again."""

import math
import re
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from entrepot.core.credit import (
    HALF_LIFE,
    POINT,
    SEVERITY,
    Evidence,
    Finding,
    Grade,
    LegOutcome,
    TradeOutcome,
    grade_of,
    left,
    of_broker,
    of_buyer,
    of_carrier,
    of_insurer,
    of_seller,
    outcome_of,
    rate,
    weight_of,
)
from entrepot.core.money import TOKEN_DECIMALS, cents, parse, units_of_cents

TEXT = (Path(__file__).parents[2] / "docs" / "credit-model.md").read_text("utf-8")
ENDINGS = {
    "on time": TradeOutcome.KEPT,
    "late": TradeOutcome.LATE,
    "lost on the way": TradeOutcome.LOST,
    "never shipped": TradeOutcome.BROKEN,
    "dispute won": TradeOutcome.UPHELD,
}
WEIGHT = 10
WORDS = {
    "kept": Finding(WEIGHT * POINT),
    "half": Finding(WEIGHT * POINT // 2, WEIGHT * POINT // 2),
    "failed": Finding(bad=WEIGHT * POINT),
    "broken": Finding(broken=SEVERITY * WEIGHT * POINT),
}
TERMS = {"ship_by": 10, "deliver_by": 20}


def tables(heading: str) -> list[list[list[str]]]:
    """Cells of the tables under a heading, without their headers."""
    section = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    found = re.findall(r"((?:^\|.+\|$\n)+)", section, re.M)
    return [
        [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
        for table in found
    ]


EVIDENCE, BY_TRADE, BY_JOURNEY = tables("What is evidence")


def seller(*, is_earned: bool, is_contested: bool = False, **times: int) -> Finding:
    """What an order with these facts says of its seller."""
    facts = {"shipped_at": 0, "disputed_at": 0, "delivered_at": 0} | times
    outcome = outcome_of(**TERMS, **facts, is_earned=is_earned, is_contested=is_contested)
    return of_seller(WEIGHT, outcome)


def test_words_of_the_evidence_are_worth_what_the_table_says() -> None:
    worth = {"0": 0, "w": WEIGHT * POINT, "w / 2": WEIGHT * POINT // 2, "4 w": 4 * WEIGHT * POINT}
    divided = {"2^r": False, "r + 1": True}
    assert [row[0] for row in EVIDENCE] == list(WORDS)
    for word, good, bad, divisor in EVIDENCE:
        finding = WORDS[word]
        assert finding.good == worth[good], word
        assert finding.broken + finding.bad == worth[bad], word
        assert (finding.broken != 0) == divided[divisor], word


@pytest.mark.parametrize("repeats", range(9))
def test_repetition_divides_as_the_table_says(repeats: int) -> None:
    for word, finding in WORDS.items():
        evidence = Evidence()
        for counterparty in [7] * repeats + list(range(20, 28 - repeats)):
            evidence.add(counterparty, Finding(), 0)
        evidence.add(7, finding, 0)
        assert evidence.good == finding.good >> repeats, word
        assert evidence.bad == (finding.bad >> repeats) + finding.broken // (repeats + 1), word


def test_orders_are_evidence_as_the_table_says() -> None:
    on_time, late = {"shipped_at": 9, "delivered_at": 20}, {"shipped_at": 11, "delivered_at": 21}
    found = [
        [seller(is_earned=True, **on_time), seller(is_earned=True, shipped_at=10, delivered_at=99)],
        [seller(is_earned=True, **late), seller(is_earned=True, delivered_at=21)],
        [seller(is_earned=False, shipped_at=9)],
        [
            seller(is_earned=False),
            seller(is_earned=False, is_contested=True, **on_time),
        ],
        [of_buyer(WEIGHT, outcome) for outcome in TradeOutcome if outcome < TradeOutcome.UPHELD],
        [of_buyer(WEIGHT, TradeOutcome.UPHELD)],
        [of_insurer(WEIGHT)],
    ]
    assert len(found) == len(BY_TRADE)
    for row, findings in zip(BY_TRADE, found, strict=True):
        assert findings == [WORDS[row[2]]] * len(findings), row


def test_journeys_are_evidence_as_the_table_says() -> None:
    found = [
        of_carrier(WEIGHT, LegOutcome.KEPT, 0),
        of_carrier(WEIGHT, LegOutcome.LATE, 0),
        of_carrier(WEIGHT, LegOutcome.EXCURSION, 0),
        None,
        of_carrier(WEIGHT, LegOutcome.KEPT, 10_000),
        of_broker(WEIGHT, is_refused=False),
        of_broker(WEIGHT, is_refused=True),
    ]
    for row, finding in zip(BY_JOURNEY, found, strict=True):
        assert finding is None or finding == WORDS[row[2]], row


@given(st.sampled_from(LegOutcome), st.integers(0, 10_000), st.integers(0, 200))
def test_loss_takes_its_share_of_the_rest(outcome: LegOutcome, loss: int, weight: int) -> None:
    whole, found = of_carrier(weight, outcome, 0), of_carrier(weight, outcome, loss)
    kept = Fraction(10_000 - loss, 10_000)
    assert 0 <= whole.good * kept - found.good < 2
    assert 0 <= whole.bad * kept - found.bad < 2
    assert 0 <= Fraction(SEVERITY * weight * POINT * loss, 10_000) - found.broken < 1


def test_leg_of_the_example_is_what_the_package_computes() -> None:
    good, bad, broken = (
        Fraction(number)
        for number in re.findall(
            r"late and lost a tenth .* ([0-9.]+) good and ([0-9.]+) bad .* ([0-9.]+) of a breach",
            " ".join(TEXT.split()),
        )[0]
    )
    found = of_carrier(WEIGHT, LegOutcome.LATE, 1_000)
    assert found == Finding(*(int(each * POINT) for each in (good, bad, broken)))


def test_worked_example_is_what_the_package_computes() -> None:
    (expected,) = tables("Worked example")
    evidence = Evidence()
    found = []
    for day, amount, buyer, ending, *_ in expected:
        now = int(Fraction(day) * 86_400)
        weight = repeats = "–"
        if ending in ENDINGS:
            units = units_of_cents(cents(parse(amount.replace(",", ""))))
            points = weight_of(units, TOKEN_DECIMALS)
            weight, repeats = str(points), str(evidence.repeats(int(buyer)))
            evidence.add(int(buyer), of_seller(points, ENDINGS[ending]), now)
        good, bad = evidence.at(now)
        rating = rate(good, bad)
        found.append(
            [day, amount, buyer, ending, weight, repeats]
            + [f"{side / POINT:.3f}" for side in (good, bad)]
            + [f"{rating.score:,}", f"{rating.confidence:,}", rating.grade.name]
        )
    assert found == expected
    assert {row[3] for row in expected} == {*ENDINGS, "nothing"}


def test_grades_begin_where_the_table_says() -> None:
    header, _, starts = re.findall(r"^\|(.+)\|$", TEXT.split("\n## Rating\n")[1], re.M)[:3]
    names = [cell.strip() for cell in header.split("|")][1:-1]
    scores = [int(cell.strip().replace(",", "")) for cell in starts.split("|")[1:-1]]
    assert [grade.name for grade in reversed(Grade)][:-1] == names
    assert [grade_of(score).name for score in scores] == names
    assert [grade_of(score - 1).name for score in scores[:-1]] == names[1:]


def test_series_is_above_the_exponential_by_at_most_what_is_stated() -> None:
    (percent,) = re.findall(r"above the exponential by at most ([0-9.]+) %", TEXT)
    times = [*range(0, HALF_LIFE, HALF_LIFE // 999), HALF_LIFE - 1, HALF_LIFE]
    gaps = [left(time) / 2 ** (64 - time / HALF_LIFE) - 1 for time in times]
    assert 0.9 * float(percent) / 100 < max(gaps) <= float(percent) / 100
    assert min(gaps) > -1e-12


@given(st.integers(0, 38 * HALF_LIFE))
@example(HALF_LIFE - 1)
def test_share_that_is_left_falls_with_every_second(elapsed: int) -> None:
    assert left(elapsed + 1) < left(elapsed)


@given(st.integers(38 * HALF_LIFE, 66 * HALF_LIFE))
@example(64 * HALF_LIFE - 1)
def test_share_that_is_left_never_rises(elapsed: int) -> None:
    assert left(elapsed + 1) <= left(elapsed)


def test_evidence_that_is_touched_every_minute_halves_in_the_same_year() -> None:
    whole = 1_000 * POINT
    touched = Evidence(good=whole)
    for now in range(60, HALF_LIFE + 1, 60):
        touched.good, touched.updated_at = touched.at(now)[0], now
    rounded = HALF_LIFE // 60
    assert abs(touched.good - whole // 2) <= rounded + whole // 2 * 31e-6
    assert math.isclose(touched.good, whole / 2, rel_tol=1e-3)
