"""The arithmetic of ratings: what `docs` and contracts promise of it."""

from fractions import Fraction
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from entrepot.core.credit import (
    HALF_LIFE,
    POINT,
    RATED_ROLES,
    CreditRecord,
    Evidence,
    Finding,
    Grade,
    Rating,
    grade_of,
    left,
    rate,
    weight_of,
)
from entrepot.core.roles import Role

LARGEST = 2**46 - 1
evidences = st.integers(0, LARGEST)
findings = st.builds(Finding, *[st.integers(0, 2**40 - 1)] * 3)
seconds = st.integers(0, 70 * HALF_LIFE)


@given(st.integers(0, 80))
@example(63)
@example(64)
def test_evidence_halves_every_year(years: int) -> None:
    assert left(years * HALF_LIFE) == (2**64 >> years if years <= 63 else 0)


@given(seconds, seconds)
def test_evidence_never_grows_with_time(first: int, second: int) -> None:
    early, late = sorted((first, second))
    assert 0 <= left(late) <= left(early) <= 2**64


@given(seconds, seconds)
def test_forgetting_in_two_steps_is_forgetting_in_one(first: int, second: int) -> None:
    together, apart = left(first + second), Fraction(left(first) * left(second), 2**64)
    assert abs(together - apart) <= together * Fraction(62, 10**6) + 2


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


def test_repeating_a_counterparty_earns_half_each_time_and_is_forgiven_slower() -> None:
    evidence, earned, lost = Evidence(), [], []
    for _ in range(10):
        before = evidence.good, evidence.bad
        evidence.add(5, Finding(good=1024, broken=2520), 0)
        earned.append(evidence.good - before[0])
        lost.append(evidence.bad - before[1])
    assert earned == [1024, 512, 256, 128, 64, 32, 16, 8, 4, 4]
    assert lost == [2520, 1260, 840, 630, 504, 420, 360, 315, 280, 280]


def test_counterparty_is_forgotten_after_eight_others() -> None:
    evidence = Evidence()
    for counterparty in range(9):
        evidence.add(counterparty, Finding(100), 0)
    before = evidence.good
    evidence.add(0, Finding(100), 0)
    assert evidence.good - before == 100


@given(st.lists(st.tuples(st.integers(0, 2**64 - 1), findings), max_size=20), seconds)
def test_wash_trades_earn_no_more_than_trades_with_many(
    trades: list[tuple[int, Finding]], now: int
) -> None:
    washed, honest = Evidence(), Evidence()
    for i, (counterparty, finding) in enumerate(trades):
        washed.add(counterparty, finding, now)
        honest.add(i, finding, now)
    assert washed.good <= honest.good
    assert washed.bad <= honest.bad


@given(evidences, evidences, findings, seconds)
def test_new_evidence_joins_what_is_left_of_the_old(
    good: int, bad: int, found: Finding, elapsed: int
) -> None:
    evidence = Evidence(good, bad, 7)
    faded = evidence.at(7 + elapsed)
    evidence.add(1, found, 7 + elapsed)
    assert evidence.at(7 + elapsed) == (
        min(faded[0] + found.good, LARGEST),
        min(faded[1] + found.bad + found.broken, LARGEST),
    )


pauses = st.one_of(st.integers(0, 3), st.integers(0, 3 * HALF_LIFE))
points = st.builds(Finding, *[st.integers(0, 60 * POINT)] * 3)
endings = st.tuples(st.sampled_from(RATED_ROLES), st.integers(0, 3), points, pauses)


LOST_AND_REGAINED = [
    (Role.SELLER, 1, Finding(48 * POINT), 5),
    (Role.SELLER, 2, Finding(25 * POINT), HALF_LIFE),
    (Role.SELLER, 3, Finding(POINT), 10),
]


@given(st.lists(endings, max_size=12), st.lists(pauses, max_size=4), st.randoms())
@example(LOST_AND_REGAINED, [], Random(0))
def test_grade_at_a_time_is_what_the_rating_was(
    trades: list[tuple[Role, int, Finding, int]], later: list[int], random: Random
) -> None:
    record, now, shown = CreditRecord(), 0, list[tuple[int, Rating]]()
    for role, counterparty, finding, pause in trades:
        moments = sorted({now, now + pause - 1, *(now + random.randint(0, pause) for _ in "abc")})
        shown += [(t, record.rating(t)) for t in moments if now <= t < now + pause]
        now += pause
        record.add(role, counterparty, finding, now)
    shown += [(now + pause, record.rating(now + pause)) for pause in later]
    assert [record.grade_at(t) for t, _ in shown] == [rating.grade for _, rating in shown]
    assert record.grade_at(-1) == Grade.NR
    assert record.total().at == (now if trades else 0)


@given(st.lists(endings, min_size=1, max_size=12))
def test_history_has_a_checkpoint_only_where_a_grade_changed(
    trades: list[tuple[Role, int, Finding, int]],
) -> None:
    record, now, changes = CreditRecord(), 0, 0
    for role, counterparty, finding, pause in trades:
        before = record.total()
        old, faded = (before.rating(time).grade for time in (before.at, now + pause))
        now += pause
        record.add(role, counterparty, finding, now)
        grade = record.rating(now).grade
        changes += (faded != old) + (grade != old or faded != old)
    times = [time for time, _ in record.checkpoints()]
    assert times == sorted(set(times))
    assert len(times) <= changes
    assert (not times) == (changes == 0)


@given(st.lists(endings, min_size=1, max_size=12), st.integers(0, HALF_LIFE))
def test_rating_over_all_roles_is_as_sure_as_the_surest_of_them(
    trades: list[tuple[Role, int, Finding, int]], pause: int
) -> None:
    record, now = CreditRecord(), 0
    for role, counterparty, finding, wait in trades:
        now += wait
        record.add(role, counterparty, finding, now)
    whole = record.rating(now + pause)
    parts = [record.rating_in(role, now + pause) for role in record.by_role]
    assert max(part.confidence for part in parts) <= whole.confidence + 2
    if len(parts) == 1:
        assert parts == [whole]
