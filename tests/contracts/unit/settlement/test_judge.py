"""What is to become of an order, by facts, conditions, windows and defaults."""

from dataclasses import astuple
from itertools import product
from types import SimpleNamespace

import pytest

DAY = 86_400
STALL = 30 * DAY
IN_TRANSIT, TENDERED, DISPUTED = 2, 3, 4
PENDING, EARNED, FAILED = range(3)
NONE, DECLARED, HELD, RELEASED, REFUSED, APPEALED = range(6)
SHIPPED, CLEARED, DELIVERED, ACCEPTED = 1, 2, 4, 8

# What is told of the shipment (shipped, tendered, delivered, as of), and what it says of the
# conditions shipped and delivered. Unshipped goods fail every order.
FACTS = [
    ("-", "-", "-", "S", PENDING, PENDING),
    ("-", "-", "-", "S+1", "unshipped", "unshipped"),
    ("-", "-", "-", "R+1", "unshipped", "unshipped"),
    ("S", "-", "-", "S+1", EARNED, PENDING),
    ("S+1", "-", "-", "S+1", EARNED, PENDING),
    ("R", "-", "-", "R", EARNED, PENDING),
    ("R+1", "-", "-", "R+1", FAILED, FAILED),
    ("S", "-", "-", "R", EARNED, PENDING),
    ("S", "-", "-", "R+1", EARNED, FAILED),
    ("S", "R", "-", "R+9", EARNED, PENDING),
    ("S", "R+1", "-", "R+9", EARNED, FAILED),
    ("S", "-", "D", "D", EARNED, EARNED),
    ("S", "R", "R", "R+9", EARNED, EARNED),
    ("S", "-", "R+1", "R+1", EARNED, FAILED),
    ("-", "-", "D", "R+9", EARNED, EARNED),
    ("-", "-", "R+1", "R+1", FAILED, FAILED),
]
# What is told of customs (state, released, refusal final, as of), what it says of the condition
# cleared, and whether customs has yet to decide for good.
CUSTOMS = [
    (NONE, "-", "-", "R", PENDING, False),
    (NONE, "-", "-", "R+1", FAILED, False),
    (DECLARED, "-", "-", "R", PENDING, True),
    (DECLARED, "-", "-", "R+1", FAILED, True),
    (HELD, "-", "-", "R", PENDING, True),
    (HELD, "-", "-", "R+1", FAILED, True),
    (RELEASED, "S", "-", "S", EARNED, False),
    (RELEASED, "R", "-", "R+9", EARNED, False),
    (RELEASED, "R+1", "-", "R+1", FAILED, False),
    (REFUSED, "-", "D", "D", PENDING, True),
    (REFUSED, "-", "D", "D+1", FAILED, False),
    (REFUSED, "-", "R+9", "R+1", FAILED, True),
    (APPEALED, "-", "D", "D", PENDING, True),
    (APPEALED, "-", "D", "D+1", FAILED, False),
]
MASKS = [mask for mask in range(1, 16) if not mask & ACCEPTED or mask & DELIVERED]


def _all_of(outcomes):
    """One that failed fails all; one that is pending keeps all waiting."""
    if FAILED in outcomes:
        return FAILED
    return PENDING if PENDING in outcomes else EARNED


@pytest.fixture(scope="session")
def judge(settlement):
    """The verdict on a case now, by name."""
    names = "facts", "outcome", "is_contestable", "is_stalled", "is_customs_pending"

    def of(order, clauses, case):
        verdict = settlement.judge(astuple(order), astuple(clauses), case)
        return SimpleNamespace(**dict(zip(names, verdict, strict=True)))

    return of


@pytest.fixture(scope="session")
def parties(make_clauses):
    """Clauses with these conditions, and customs if they ask for it."""

    def of(conditions, window=0, **changes):
        customs = {} if conditions & CLEARED else {"customs_id": 0}
        return make_clauses(conditions=conditions, inspection_window=window, **customs, **changes)

    return of


@pytest.fixture(scope="session")
def told(make_case, moment):
    """A case with facts and customs as the tables name them."""

    def of(order, facts=("-",) * 4, customs=(NONE, "-", "-", "-"), **others):
        shipped, tendered, delivered, as_of = (moment(order, name) for name in facts)
        released, final, customs_as_of = (moment(order, name) for name in customs[1:])
        return make_case(
            shipped_at=shipped, tendered_at=tendered, delivered_at=delivered, as_of=as_of,
            customs=customs[0], released_at=released, final_at=final, customs_as_of=customs_as_of,
            **others,
        )  # fmt: skip

    return of


@pytest.mark.parametrize("row", FACTS, ids=lambda row: " ".join(row[:4]))
def test_all_conditions_must_be_met_and_one_that_failed_fails_all(
    row, judge, parties, told, make_order
):
    facts, (shipped, delivered) = row[:4], row[4:]
    order = make_order()
    for customs, conditions in product(CUSTOMS, MASKS):
        expected = FAILED
        if shipped != "unshipped":
            by_condition = {SHIPPED: shipped, CLEARED: customs[4], DELIVERED: delivered}
            expected = _all_of([by_condition[c] for c in by_condition if conditions & c])
        verdict = judge(order, parties(conditions), told(order, facts, customs[:4]))
        waits = expected == EARNED and conditions & ACCEPTED
        found = verdict.facts, verdict.outcome, verdict.is_contestable, verdict.is_customs_pending
        assert found == (expected, PENDING if waits else expected, bool(waits), customs[5]), (
            customs,
            conditions,
        )


# Which conditions are asked, when each was met, and which of them was the last.
LAST_MET = [
    (DELIVERED, ("S", "-", "D", "D"), (NONE, "-", "-", "-"), "D"),
    (SHIPPED | DELIVERED, ("D+9", "-", "D", "D"), (NONE, "-", "-", "-"), "D+9"),
    (CLEARED | DELIVERED, ("S", "-", "D", "D"), (RELEASED, "D+7", "-", "D+7"), "D+7"),
    (CLEARED | DELIVERED, ("S", "-", "D", "D"), (RELEASED, "D-7", "-", "D"), "D"),
    # A release that is no condition does not open the window anew.
    (DELIVERED, ("S", "-", "D", "D"), (RELEASED, "D+7", "-", "D+7"), "D"),
]


@pytest.mark.parametrize(("conditions", "facts", "customs", "last"), LAST_MET)
@pytest.mark.parametrize("window", [0, 3])
def test_silence_accepts_once_the_inspection_window_is_over(
    conditions, facts, customs, last, window, judge, parties, told, moment, make_order, at
):
    order = make_order()
    clauses, case = parties(conditions | ACCEPTED, window), told(order, facts, customs)
    for second in range(-1, window + 3):
        at(moment(order, last) + second, mine=True)
        verdict = judge(order, clauses, case)
        is_open = second <= window
        assert verdict.is_contestable == is_open
        assert verdict.outcome == (PENDING if is_open else EARNED)
        assert verdict.facts == EARNED


@pytest.mark.parametrize("uphold", [True, False])
@pytest.mark.parametrize("period", [0, 7 * DAY])
def test_a_contest_waits_for_the_arbiter_then_ends_by_default(
    uphold, period, judge, parties, told, make_order, at
):
    order = make_order(uphold_by_default=uphold, arbitration_period=period)
    contested_at = order.deliver_by + 1
    case = told(order, ("S", "-", "D", "D"), contested_at=contested_at)
    clauses = parties(DELIVERED | ACCEPTED, DAY)
    default = EARNED if uphold else FAILED
    for second, outcome in ((0, PENDING), (1, default), (DAY, default)):
        at(contested_at + period + second, mine=True)
        verdict = judge(order, clauses, case)
        assert (verdict.outcome, verdict.facts) == (outcome, EARNED)
        assert not verdict.is_contestable


@pytest.mark.parametrize("uphold", [True, False])
@pytest.mark.parametrize(
    ("changes", "behind"),
    [({}, "R"), ({"ship_by": 90 * DAY}, "S")],
    ids=["refund-after is last", "ship-by is last"],
)
@pytest.mark.parametrize("state", [TENDERED, DISPUTED])
def test_what_is_open_ends_30_days_after_the_last_deadline(
    state, uphold, changes, behind, judge, parties, make_case, moment, make_order, now, at
):
    changes = {name: now() + seconds for name, seconds in changes.items()}
    order = make_order(uphold_by_default=uphold, **changes)
    clauses = parties(DELIVERED | ACCEPTED, 5 * DAY)
    last = moment(order, behind) + order.acceptance_window + order.arbitration_period + 5 * DAY
    tendered = {"shipped_at": 1, "tendered_at": order.refund_after}
    silent = make_case(state=state, **tendered, as_of=last)
    speaking = make_case(state=state, **tendered, as_of=last + 1)
    default = EARNED if uphold else FAILED
    # A tender that is neither disputed nor concluded stands, if the source says so to the end.
    undisputed = EARNED if state == TENDERED else default
    for second, is_stalled, of_silent, of_speaking in (
        (0, False, PENDING, PENDING),
        (1, True, PENDING, PENDING),
        (STALL, True, PENDING, PENDING),
        (STALL + 1, True, default, undisputed),
    ):
        at(last + second, mine=True)
        verdict = judge(order, clauses, silent)
        assert (verdict.is_stalled, verdict.outcome) == (is_stalled, of_silent)
        verdict = judge(order, clauses, speaking)
        assert (verdict.is_stalled, verdict.outcome) == (False, of_speaking)


def test_customs_that_fall_silent_stall_an_order_that_asks_for_them(
    judge, parties, make_case, make_order, at
):
    order = make_order()
    last = order.refund_after + order.acceptance_window + order.arbitration_period
    case = make_case(
        shipped_at=order.ship_by, tendered_at=order.ship_by, as_of=last + 1,
        state=TENDERED, customs=DECLARED, customs_as_of=order.refund_after,
    )  # fmt: skip
    at(last + STALL + 1, mine=True)
    for conditions, is_stalled, outcome in (
        (CLEARED | DELIVERED, True, FAILED),
        (DELIVERED, False, EARNED),
    ):
        verdict = judge(order, parties(conditions), case)
        assert (verdict.is_stalled, verdict.outcome) == (is_stalled, outcome)


# What a source said before it fell silent for ever, and what it decides all the same.
SAID = [
    (("S", "-", "D", "D"), EARNED),
    (("S", "-", "R+1", "R+1"), FAILED),
    (("-", "-", "-", "S+1"), FAILED),
]


@pytest.mark.parametrize(("facts", "outcome"), SAID)
def test_a_source_that_falls_silent_changes_nothing_that_it_had_decided(
    facts, outcome, judge, parties, told, make_order, at
):
    order = make_order(uphold_by_default=outcome == FAILED)
    last = order.refund_after + order.acceptance_window + order.arbitration_period
    for second in (1, STALL + 1):
        at(last + second, mine=True)
        verdict = judge(order, parties(DELIVERED), told(order, facts))
        assert (verdict.outcome, verdict.is_stalled) == (outcome, False)
