"""The arithmetic of ratings: what `docs` and contracts promise of it."""

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

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

evidences = st.integers(0, 2**64 - 1)
seconds = st.integers(0, 70 * HALF_LIFE)


@given(evidences, st.integers(0, 80))
@example(2**64 - 1, 63)
@example(2**64 - 1, 64)
def test_evidence_halves_every_year(evidence: int, years: int) -> None:
    assert decay(evidence, years * HALF_LIFE) == evidence >> years


@given(evidences, seconds, seconds)
def test_evidence_never_grows_with_time(evidence: int, first: int, second: int) -> None:
    early, late = sorted((first, second))
    assert 0 <= decay(evidence, late) <= decay(evidence, early) <= evidence


@given(evidences, st.integers(0, HALF_LIFE - 1))
def test_decay_is_linear_within_a_year(evidence: int, elapsed: int) -> None:
    exact = evidence * (1 - Fraction(elapsed, 2 * HALF_LIFE))
    assert exact <= decay(evidence, elapsed) < exact + 1


@pytest.mark.parametrize(
    ("dollars", "weight"),
    [(0, 1), (1, 2), (2, 2), (3, 3), (6, 3), (7, 4), (1_000, 10), (1_023, 11), (1_000_000, 20)],
)
def test_weight_counts_the_doublings_of_an_amount(dollars: int, weight: int) -> None:
    assert weight_of(dollars * 10**6, 6) == weight
    assert weight_of(dollars * 10**18 + 10**18 - 1, 18) == weight


@given(evidences, evidences)
def test_score_and_confidence_stay_in_range(good: int, bad: int) -> None:
    rating = rate(good, bad)
    assert 0 <= rating.score < 10_000
    assert 0 <= rating.confidence < 10_000


@given(evidences, evidences, evidences)
def test_good_evidence_never_lowers_a_score_nor_bad_raises_it(good: int, bad: int, n: int) -> None:
    assert rate(good + n, bad).score >= rate(good, bad).score >= rate(good, bad + n).score


def test_newcomer_is_not_rated_and_stands_in_the_middle() -> None:
    newcomer = rate(0, 0)
    assert (newcomer.grade, newcomer.score, newcomer.confidence) == (Grade.NR, 5_000, 0)


@pytest.mark.parametrize(
    ("score", "grade"),
    [
        (0, Grade.D),
        (1_999, Grade.D),
        (2_000, Grade.C),
        (3_000, Grade.CC),
        (4_000, Grade.CCC),
        (5_000, Grade.B),
        (6_000, Grade.BB),
        (7_000, Grade.BBB),
        (8_000, Grade.A),
        (8_999, Grade.A),
        (9_000, Grade.AA),
        (9_499, Grade.AA),
        (9_500, Grade.AAA),
        (10_000, Grade.AAA),
    ],
)
def test_grades_begin_at_their_scores(score: int, grade: Grade) -> None:
    assert grade_of(score) is grade


def test_outcomes_give_a_seller_their_evidence() -> None:
    assert seller_evidence(10, Outcome.DELIVERED_ON_TIME) == (10 * POINT, 0)
    assert seller_evidence(10, Outcome.DELIVERED_LATE) == (5 * POINT, 5 * POINT)
    assert seller_evidence(10, Outcome.NOT_DELIVERED) == (0, 10 * POINT)


def test_repeating_a_counterparty_earns_half_each_time() -> None:
    evidence, earned = Evidence(updated_at=1), []
    for _ in range(10):
        before = evidence.good
        evidence.add(counterparty=5, good=1024, bad=0, now=1)
        earned.append(evidence.good - before)
    assert earned == [1024, 512, 256, 128, 64, 32, 16, 8, 4, 4]


def test_counterparty_is_forgotten_after_eight_others() -> None:
    evidence = Evidence()
    for counterparty in range(9):
        evidence.add(counterparty, 100, 0, now=0)
    before = evidence.good
    evidence.add(0, 100, 0, now=0)
    assert evidence.good - before == 100


@given(st.lists(st.tuples(st.integers(0, 2**64 - 1), evidences, evidences), max_size=20), seconds)
def test_wash_trades_earn_no_more_than_trades_with_many(
    trades: list[tuple[int, int, int]], now: int
) -> None:
    washed, honest = Evidence(), Evidence()
    for i, (counterparty, good, bad) in enumerate(trades):
        washed.add(counterparty, good, bad, now)
        honest.add(i, good, bad, now)
    assert washed.at(now)[0] <= honest.at(now)[0]
    assert washed.good < 2**64 > washed.bad


@given(evidences, evidences, seconds)
def test_new_evidence_joins_what_is_left_of_the_old(old: int, new: int, elapsed: int) -> None:
    evidence = Evidence(good=old, bad=old, updated_at=7)
    evidence.add(1, new, 0, 7 + elapsed)
    assert evidence.at(7 + elapsed) == (
        min(decay(old, elapsed) + new, 2**64 - 1),
        decay(old, elapsed),
    )
