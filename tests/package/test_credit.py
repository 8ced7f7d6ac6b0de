"""The arithmetic of ratings: what `docs` and contracts promise of it."""

import math
from fractions import Fraction
from itertools import accumulate

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from entrepot.core.credit import (
    HALF_LIFE,
    POINT,
    RATED_ROLES,
    SEVERITY,
    CreditRecord,
    Evidence,
    Finding,
    Grade,
    LegOutcome,
    Rating,
    Sum,
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
from entrepot.core.roles import Role

ONE = 1 << 64
MOST = 2**46 - 1
points = st.integers(0, MOST)
seconds = st.integers(0, 70 * HALF_LIFE)
weights = st.integers(0, 129)
ids = st.integers(1, 2**64 - 1)
findings = st.one_of(
    st.builds(of_seller, weights, st.sampled_from(TradeOutcome)),
    st.builds(of_buyer, weights, st.sampled_from(TradeOutcome)),
    st.builds(of_carrier, weights, st.sampled_from(LegOutcome), st.integers(0, 10_000)),
    st.builds(of_insurer, weights),
    st.builds(of_broker, weights, st.booleans()),
)
waits = st.one_of(st.just(0), st.integers(0, 90 * 86_400), seconds)
endings = st.lists(
    st.tuples(waits, st.sampled_from(RATED_ROLES), ids, findings), min_size=1, max_size=25
)


@given(points, st.integers(0, 80))
@example(MOST, 63)
@example(MOST, 64)
def test_evidence_halves_every_year(evidence: int, years: int) -> None:
    expected = evidence >> years if years < 64 else 0
    assert Evidence(good=evidence).at(years * HALF_LIFE) == (expected, 0)


@given(seconds, seconds)
def test_evidence_never_grows_with_time(first: int, second: int) -> None:
    early, late = sorted((first, second))
    assert 0 <= left(late) <= left(early) <= ONE


@given(st.integers(0, HALF_LIFE - 2))
def test_something_is_forgotten_in_every_second(elapsed: int) -> None:
    assert left(elapsed + 1) < left(elapsed)


@given(st.integers(0, 20 * HALF_LIFE))
def test_forgetting_is_exponential(elapsed: int) -> None:
    exact = 2.0 ** (64 - elapsed / HALF_LIFE)
    assert -1e-9 <= left(elapsed) / exact - 1 <= 3.1e-5


@given(seconds, seconds)
def test_forgetting_in_two_steps_is_forgetting_once(first: int, second: int) -> None:
    """Within the series' own error: whoever touches evidence often neither gains nor loses."""
    twice, once = left(first) * left(second) >> 64, left(first + second)
    assert abs(twice - once) <= once * Fraction(7, 100_000) + 2


@given(points, st.lists(st.integers(0, HALF_LIFE // 10), min_size=1, max_size=10))
def test_evidence_touched_often_is_evidence_touched_once(good: int, steps: list[int]) -> None:
    """Within the series' own error, and a unit for each time."""
    touched = Evidence(good=good)
    for at in accumulate(steps):
        touched.add(1, Finding(), at)
    once, _ = Evidence(good=good).at(sum(steps))
    error = once * Fraction(4 * len(steps), 100_000)
    assert once - len(steps) - error <= touched.good <= once + error + 1


@pytest.mark.parametrize(
    ("dollars", "weight"),
    [(0, 1), (1, 2), (2, 2), (3, 3), (6, 3), (7, 4), (1_000, 10), (1_023, 11), (1_000_000, 20)],
)
def test_weight_counts_the_doublings_of_an_amount(dollars: int, weight: int) -> None:
    assert weight_of(dollars * 10**6, 6) == weight
    assert weight_of(dollars * 10**18 + 10**18 - 1, 18) == weight


@given(points, points, seconds)
def test_score_and_confidence_stay_in_range(good: int, bad: int, elapsed: int) -> None:
    rating = rate(good, bad, elapsed)
    assert 0 <= rating.score < 10_000
    assert 0 <= rating.confidence < 10_000


@given(points, points, points, seconds)
def test_good_evidence_never_lowers_a_score_nor_bad_raises_it(
    good: int, bad: int, n: int, elapsed: int
) -> None:
    score = rate(good, bad, elapsed).score
    assert rate(good + n, bad, elapsed).score >= score >= rate(good, bad + n, elapsed).score


@given(points, points, seconds, seconds)
def test_a_score_only_ever_drifts_towards_one_half(
    good: int, bad: int, first: int, second: int
) -> None:
    early, late = (rate(good, bad, elapsed) for elapsed in sorted((first, second)))
    assert early.score >= late.score >= 5_000 or early.score <= late.score <= 5_000
    assert late.confidence <= early.confidence


@pytest.mark.parametrize("rating", [rate(0, 0), CreditRecord().rating(9), Sum().rating(9)])
def test_newcomer_is_not_rated_and_stands_in_the_middle(rating: Rating) -> None:
    assert rating == Rating(Grade.NR, 5_000, 0)


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


KEPT = {"ship_by": 10, "deliver_by": 20, "shipped_at": 9, "delivered_at": 20}


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({}, TradeOutcome.KEPT),
        ({"delivered_at": 21}, TradeOutcome.KEPT),
        ({"delivered_at": 21, "shipped_at": 11}, TradeOutcome.LATE),
        ({"delivered_at": 21, "shipped_at": 0}, TradeOutcome.LATE),
        ({"shipped_at": 11}, TradeOutcome.KEPT),
        ({"disputed_at": 21}, TradeOutcome.UPHELD),
        ({"disputed_at": 21, "delivered_at": 0}, TradeOutcome.KEPT),
        ({"is_contested": True}, TradeOutcome.UPHELD),
        ({"is_earned": False}, TradeOutcome.LOST),
        ({"is_earned": False, "shipped_at": 0}, TradeOutcome.BROKEN),
        ({"is_earned": False, "is_contested": True}, TradeOutcome.BROKEN),
        ({"is_earned": False, "disputed_at": 21}, TradeOutcome.LOST),
    ],
)
def test_facts_say_how_a_trade_ended(changed: dict[str, int], outcome: TradeOutcome) -> None:
    known = {**KEPT, "disputed_at": 0, "is_earned": True, "is_contested": False, **changed}
    assert outcome_of(**known) is outcome  # type: ignore[arg-type]


def test_endings_give_their_evidence() -> None:
    whole, half = 10 * POINT, 5 * POINT
    kept, failed, broken = Finding(whole), Finding(bad=whole), Finding(broken=SEVERITY * whole)
    sellers = [of_seller(10, outcome) for outcome in TradeOutcome]
    assert sellers == [kept, Finding(half, half), failed, broken, kept]
    assert [of_buyer(10, outcome) for outcome in TradeOutcome] == [kept, kept, kept, kept, failed]
    carriers = [of_carrier(10, outcome, 0) for outcome in LegOutcome]
    assert carriers == [kept, Finding(half, half), failed]
    assert {of_carrier(10, outcome, 10_000) for outcome in LegOutcome} == {broken}
    assert of_carrier(10, LegOutcome.KEPT, 2_500) == Finding(whole * 3 // 4, 0, whole)
    assert of_insurer(10) == of_broker(10, is_refused=False) == kept
    assert of_broker(10, is_refused=True) == failed


@given(ids, st.integers(0, 2**36))
def test_repeating_a_counterparty_earns_half_each_time(counterparty: int, weight: int) -> None:
    evidence, earned = Evidence(), []
    for _ in range(10):
        before = evidence.good, evidence.bad
        evidence.add(counterparty, Finding(weight, weight), 1)
        earned.append((evidence.good - before[0], evidence.bad - before[1]))
    assert earned == [(weight >> min(i, 8),) * 2 for i in range(10)]


@given(ids, st.integers(0, 2**36))
def test_a_breach_is_divided_by_the_times_and_no_more(counterparty: int, weight: int) -> None:
    evidence, lost = Evidence(), []
    for _ in range(10):
        before = evidence.bad
        evidence.add(counterparty, Finding(broken=weight), 1)
        lost.append(evidence.bad - before)
    assert lost == [weight // (min(i, 8) + 1) for i in range(10)]


def test_counterparty_is_forgotten_after_eight_others() -> None:
    evidence = Evidence()
    for counterparty in range(9):
        evidence.add(counterparty, Finding(100), 0)
    before = evidence.good
    evidence.add(0, Finding(100), 0)
    assert evidence.good - before == 100


@given(st.lists(st.tuples(ids, findings), max_size=20), seconds)
def test_wash_trades_earn_no_more_than_trades_with_many(
    trades: list[tuple[int, Finding]], now: int
) -> None:
    washed, honest = Evidence(), Evidence()
    for i, (counterparty, finding) in enumerate(trades):
        washed.add(counterparty, finding, now)
        honest.add(i, finding, now)
    assert washed.at(now)[0] <= honest.at(now)[0]
    assert washed.count == honest.count == len(trades)


@given(st.data(), st.sets(st.integers(1, 2_000), min_size=1, max_size=8))
def test_trades_of_a_day_with_different_parties_count_in_any_order(
    data: st.DataObject, parties: set[int]
) -> None:
    trades = [(party, data.draw(findings)) for party in sorted(parties)]
    one, other = Evidence(), Evidence()
    for party, finding in trades:
        one.add(party, finding, 5)
    for party, finding in data.draw(st.permutations(trades)):
        other.add(party, finding, 5)
    assert (one.good, one.bad, one.count) == (other.good, other.bad, other.count)


@given(points, ids, findings, seconds)
def test_new_evidence_joins_what_is_left_of_the_old(
    old: int, counterparty: int, new: Finding, elapsed: int
) -> None:
    evidence = Evidence(good=old, bad=old, updated_at=7)
    rest, _ = evidence.at(7 + elapsed)
    evidence.add(counterparty, new, 7 + elapsed)
    assert evidence.good == min(rest + new.good, MOST)
    assert evidence.bad == min(rest + new.bad + new.broken, MOST)


@given(endings, st.data())
def test_the_history_has_the_grade_that_was_shown_at_every_time(
    steps: list[tuple[int, Role, int, Finding]], data: st.DataObject
) -> None:
    """Also between endings, where only forgetting changes it."""
    record, now = CreditRecord(), 1_000
    shown = [(now - 1, Grade.NR)]
    for wait, role, counterparty, finding in steps:
        if wait:
            for at in {now, now + wait - 1, data.draw(st.integers(now, now + wait - 1))}:
                shown.append((at, record.rating(at).grade))
        now += wait
        record.add(role, counterparty, finding, now)
    shown += [(at, record.rating(at).grade) for at in (now, now + HALF_LIFE)]
    assert [record.grade_at(at) for at, _ in shown] == [grade for _, grade in shown]


@given(endings)
def test_a_checkpoint_is_written_only_where_the_grade_changed(
    steps: list[tuple[int, Role, int, Finding]],
) -> None:
    record, now = CreditRecord(), 1_000
    for wait, role, counterparty, finding in steps:
        old, before = record.rating(now).grade, len(record.checkpoints())
        now += wait
        faded = record.rating(now).grade
        record.add(role, counterparty, finding, now)
        is_changed = {old, faded, record.rating(now).grade} != {old}
        assert len(record.checkpoints()) - before <= 2 * is_changed
    times = [at for at, _ in record.checkpoints()]
    assert times == sorted(set(times))


@given(endings)
def test_a_rating_adds_up_the_roles(steps: list[tuple[int, Role, int, Finding]]) -> None:
    record, now = CreditRecord(), 1_000
    for wait, role, counterparty, finding in steps:
        now += wait
        record.add(role, counterparty, finding, now)
    sides = [each.at(now) for each in record.by_role.values()]
    assert record.rating(now) == rate(*map(sum, zip(*sides, strict=True)))
    if len(sides) == 1:
        (role,) = record.by_role
        assert record.rating(now + HALF_LIFE) == record.rating_in(role, now + HALF_LIFE)


@given(st.integers(1, 129), st.integers(1, 200))
def test_one_breach_outweighs_what_a_partner_could_add(weight: int, trades: int) -> None:
    """However often two accomplices trade, a breach of the same size costs them more at once."""
    evidence = Evidence()
    for _ in range(trades):
        evidence.add(1, of_seller(weight, TradeOutcome.KEPT), 0)
    before = evidence.bad
    evidence.add(2, of_seller(weight, TradeOutcome.BROKEN), 0)
    assert evidence.bad - before == 4 * weight * POINT
    most_repeated = 2 * weight * POINT + trades * (weight * POINT >> 8)
    assert evidence.good <= math.ceil(most_repeated)
