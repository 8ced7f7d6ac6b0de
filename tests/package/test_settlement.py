"""The rules of settlement. `tests/invariants/SettlementVectors.t.sol` shows that the contract has
the same ones.
"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.core.messages import ZERO_ADDRESS, Clauses, Order, Payee
from entrepot.core.settlement import (
    ALL_DUES,
    DUTY_ALONE,
    STALL,
    WHOLE,
    Case,
    Condition,
    Customs,
    CustomsState,
    Facts,
    Outcome,
    Payment,
    Purpose,
    divide,
    dues_of,
    judge,
)

BUYER, SELLER, TREASURY, FREIGHT = (f"0x{i:040x}" for i in range(1, 5))
PLAIN = Order(
    ZERO_ADDRESS, 1_000, BUYER, SELLER, 1, 2, 3, 4, 5, ZERO_ADDRESS,
    open_by=0, ship_by=10, deliver_by=20, refund_after=30, acceptance_window=5,
    arbitration_period=5, uphold_by_default=True, goods=bytes(32), salt=bytes(32),
)  # fmt: skip
ALL = Clauses(
    conditions=0b1111,
    inspection_window=4,
    on_shipped=2_000,
    on_cleared=1_000,
    on_delivered=500,
    customs_id=6,
    treasury=TREASURY,
    duty_cap=100,
    payees=(Payee(FREIGHT, 200),),
)
LATE = PLAIN.refund_after + 14  # last second of the last deadline, with all clauses
times = st.one_of(st.just(0), st.integers(1, 40))
small = st.integers(0, 40)


@st.composite
def orders(draw: st.DrawFn) -> tuple[Order, Clauses]:
    """An order with clauses that the escrow takes."""
    amount = draw(st.integers(1, 2**128 - 1))
    shares = sorted(draw(st.tuples(*[st.integers(0, WHOLE)] * 3)))
    clauses = Clauses(
        conditions=draw(st.integers(1, 15)),
        inspection_window=draw(small),
        on_shipped=shares[0],
        on_cleared=shares[1] - shares[0],
        on_delivered=shares[2] - shares[1],
        customs_id=draw(st.integers(0, 1)),
        treasury=TREASURY,
        duty_cap=draw(st.integers(0, min(amount, 2**88 - 1))),
        payees=tuple(
            Payee(FREIGHT, cap) for cap in draw(st.lists(st.integers(0, 2**128 - 1), max_size=8))
        ),
    )
    order = replace(PLAIN, amount=amount, ship_by=draw(small), refund_after=draw(small))
    return order, clauses


facts = st.builds(Facts, times, times, times, st.integers(0, 80), st.booleans())
customs = st.builds(
    Customs, st.sampled_from(CustomsState), times, times, st.integers(0, 2**90), st.integers(0, 80)
)
cases = st.builds(Case, facts, customs, seller_side=st.just(SELLER))


@given(orders(), st.lists(cases, max_size=4), cases, st.integers(0, WHOLE), st.booleans())
def test_all_that_was_funded_is_paid_and_no_more(
    terms: tuple[Order, Clauses], before: list[Case], last: Case, share: int, is_agreed: bool
) -> None:
    """Whatever a source says, and though it says something else each time."""
    order, clauses = terms
    paid = duty = 0
    made: list[Payment] = []
    for case in before:
        payments, mask = dues_of(order, clauses, replace(case, paid=paid, duty_paid=duty))
        made += payments
        duty += sum(each.amount for each in payments if each.purpose is Purpose.DUTY)
        assert paid & mask == 0
        paid |= mask
    wanted = DUTY_ALONE if is_agreed else ALL_DUES
    payments, mask = divide(order, clauses, replace(last, paid=paid, duty_paid=duty), wanted, share)
    made += payments
    assert paid & mask == 0
    assert mask & ~wanted == 0
    assert sum(each.amount for each in made) == order.amount
    assert all(each.amount > 0 for each in made)
    to_treasury = sum(each.amount for each in made if each.purpose is Purpose.DUTY)
    assert to_treasury <= clauses.duty_cap
    to_payees = [each.amount for each in made if each.purpose is Purpose.PAYEE]
    assert sum(to_payees) <= sum(payee.cap for payee in clauses.payees)


@given(orders(), cases, small, st.integers(0, 200))
def test_every_order_can_be_ended_after_the_last_deadline(
    terms: tuple[Order, Clauses], case: Case, contested_at: int, later: int
) -> None:
    """Be it that the source knows all, or that it is silent."""
    order, clauses = terms
    periods = order.acceptance_window + order.arbitration_period + clauses.inspection_window
    last = max(order.ship_by, order.refund_after, contested_at) + periods + STALL
    now = last + 1 + later
    for as_of in (0, now):
        known = replace(
            case,
            facts=replace(case.facts, as_of=as_of),
            customs=replace(case.customs, as_of=as_of),
            contested_at=contested_at,
        )
        assert judge(order, clauses, known, now).outcome is not Outcome.PENDING


SHIPPED = Facts(shipped_at=9, as_of=25)
ARRIVED = replace(SHIPPED, delivered_at=20)
CLEARED = Customs(CustomsState.RELEASED, released_at=22, duty=120, as_of=25)
OPEN_TENDER = Facts(shipped_at=9, tendered_at=30, as_of=LATE + STALL + 1, is_tendered=True)
CLEARED_LATE = replace(CLEARED, as_of=LATE + STALL + 1)
REFUSED = Customs(CustomsState.REFUSED, final_at=24, duty=60, as_of=25)


@pytest.mark.parametrize(
    ("facts", "customs", "contested_at", "now", "outcome"),
    [
        (Facts(as_of=10), CLEARED, 0, 10, Outcome.PENDING),
        (Facts(as_of=11), CLEARED, 0, 11, Outcome.FAILED),
        (SHIPPED, CLEARED, 0, 25, Outcome.PENDING),
        (ARRIVED, Customs(as_of=25), 0, 25, Outcome.PENDING),
        (ARRIVED, Customs(as_of=31), 0, 31, Outcome.FAILED),
        (ARRIVED, CLEARED, 0, 26, Outcome.PENDING),
        (ARRIVED, CLEARED, 0, 27, Outcome.EARNED),
        (ARRIVED, replace(CLEARED, released_at=31), 0, 40, Outcome.FAILED),
        (replace(SHIPPED, delivered_at=31), CLEARED, 0, 40, Outcome.FAILED),
        (ARRIVED, replace(REFUSED, as_of=24), 0, 24, Outcome.PENDING),
        (ARRIVED, REFUSED, 0, 25, Outcome.FAILED),
        (ARRIVED, CLEARED, 24, 29, Outcome.PENDING),
        (ARRIVED, CLEARED, 24, 30, Outcome.EARNED),
        (replace(SHIPPED, tendered_at=30, as_of=40), CLEARED, 0, 40, Outcome.PENDING),
        (SHIPPED, CLEARED, 0, LATE + STALL, Outcome.PENDING),
        (SHIPPED, CLEARED, 0, LATE + STALL + 1, Outcome.EARNED),
        (OPEN_TENDER, CLEARED_LATE, 0, LATE + STALL, Outcome.PENDING),
        (OPEN_TENDER, CLEARED_LATE, 0, LATE + STALL + 1, Outcome.EARNED),
        (
            replace(OPEN_TENDER, is_tendered=False), CLEARED_LATE, 0, LATE + STALL + 1,
            Outcome.FAILED,
        ),
    ],
    ids=[
        "may still ship", "not shipped in time", "on its way", "not cleared yet",
        "not cleared in time", "may still be contested", "silence accepts", "cleared too late",
        "delivered too late", "may still appeal", "refused for good", "with the arbiter",
        "the arbiter let it lapse", "tendered in time", "silent, may still speak",
        "silent for good", "tendered, may still be concluded", "tendered and left",
        "disputed and left",
    ],
)  # fmt: skip
def test_order_is_judged(
    facts: Facts, customs: Customs, contested_at: int, now: int, outcome: Outcome
) -> None:
    case = Case(facts, customs, contested_at, seller_side=SELLER)
    order = replace(PLAIN, uphold_by_default=not facts.tendered_at)
    assert judge(order, ALL, case, now).outcome is outcome


def test_payments_go_out_in_the_agreed_order() -> None:
    """Milestones are shares of what is beside the caps of duty and payees."""
    case = Case(ARRIVED, CLEARED, seller_side=SELLER)
    payments, mask = divide(PLAIN, ALL, case, ALL_DUES, WHOLE)
    assert payments == [
        Payment(Purpose.SHIPPED, SELLER, 140),
        Payment(Purpose.CLEARED, SELLER, 70),
        Payment(Purpose.DELIVERED, SELLER, 35),
        Payment(Purpose.DUTY, TREASURY, 100),
        Payment(Purpose.PAYEE, FREIGHT, 200),
        Payment(Purpose.PRICE, SELLER, 455),
    ]
    assert mask == ALL_DUES


def test_consent_divides_what_is_left_after_duty_alone() -> None:
    case = Case(ARRIVED, CLEARED, paid=1 << Condition.SHIPPED, seller_side=SELLER)
    payments, mask = divide(PLAIN, ALL, case, DUTY_ALONE, WHOLE // 4)
    assert payments == [
        Payment(Purpose.DUTY, TREASURY, 100),
        Payment(Purpose.PAYEE, FREIGHT, 190),
        Payment(Purpose.REFUND, BUYER, 570),
    ]
    assert mask == DUTY_ALONE


def test_duty_that_was_paid_stays_what_it_was() -> None:
    """Though the source should say another one later."""
    case = Case(ARRIVED, CLEARED, paid=ALL_DUES, duty_paid=40, seller_side=SELLER)
    payments, _ = divide(PLAIN, ALL, case, ALL_DUES, 0)
    assert payments == [Payment(Purpose.REFUND, BUYER, 1_000 - 140 - 70 - 35 - 40)]
