"""What is due before an order ends: milestones that were reached, and duty."""

from dataclasses import astuple

import pytest

from entrepot.core.messages import Payee

DOLLAR = 10**6
SHIPPED, CLEARED, DELIVERED, DUTY = range(4)
RELEASED, REFUSED, APPEALED = 3, 4, 5
SOMEBODY = "0x" + "01" * 20


@pytest.fixture(scope="session")
def dues_of(settlement, plain):
    """What is due, as pairs of purpose and amount; the mask must say the same."""

    def ask(order, clauses, case):
        payments, mask = plain(settlement.duesOf(astuple(order), astuple(clauses), case))
        assert mask == sum(1 << purpose for purpose, _, _ in payments)
        for purpose, payee, _ in payments:
            assert payee == (clauses.treasury if purpose == DUTY else case[2])
        return [(purpose, amount) for purpose, _, amount in payments]

    return ask


@pytest.fixture(scope="session")
def all_due(make_case):
    """A case in which everything is due: cleared for 60 dollars and delivered in time."""

    def of(order, **changes):
        told = {
            "shipped_at": order.ship_by, "delivered_at": order.refund_after,
            "customs": RELEASED, "released_at": order.refund_after, "duty": 60 * DOLLAR,
        }  # fmt: skip
        return make_case(**told | changes)

    return of


ALL = [
    (SHIPPED, 140 * DOLLAR),
    (CLEARED, 70 * DOLLAR),
    (DELIVERED, 210 * DOLLAR),
    (DUTY, 60 * DOLLAR),
]


@pytest.mark.parametrize("paid", range(16))
def test_each_is_due_until_it_is_paid(paid, dues_of, all_due, make_order, make_clauses):
    order = make_order()
    due = dues_of(order, make_clauses(), all_due(order, paid=paid))
    assert due == [(purpose, amount) for purpose, amount in ALL if not paid >> purpose & 1]


# What has happened otherwise than in `all_due`, in seconds after refund-after where it is a time,
# and which milestones and how much duty are due then.
REACHED = [
    ({"delivered_at": None}, {SHIPPED, CLEARED}, 60),
    ({"delivered_at": 1}, {SHIPPED, CLEARED}, 60),
    ({"shipped_at": None}, {SHIPPED, CLEARED, DELIVERED}, 60),
    ({"shipped_at": None, "delivered_at": None}, {CLEARED}, 60),
    ({"shipped_at": 0}, {SHIPPED, CLEARED, DELIVERED}, 60),
    ({"shipped_at": 1}, {CLEARED, DELIVERED}, 60),
    ({"released_at": 1}, {SHIPPED, DELIVERED}, 60),
    ({"customs": 0, "released_at": None}, {SHIPPED, DELIVERED}, 0),
    ({"customs": 1, "released_at": None}, {SHIPPED, DELIVERED}, 0),
    ({"customs": 2, "released_at": None}, {SHIPPED, DELIVERED}, 0),
    (
        {"customs": REFUSED, "released_at": None, "final_at": 5, "customs_as_of": 5},
        {SHIPPED, DELIVERED},
        0,
    ),
    (
        {"customs": REFUSED, "released_at": None, "final_at": 5, "customs_as_of": 6},
        {SHIPPED, DELIVERED},
        60,
    ),
    (
        {"customs": APPEALED, "released_at": None, "final_at": 5, "customs_as_of": 5},
        {SHIPPED, DELIVERED},
        0,
    ),
    (
        {"customs": APPEALED, "released_at": None, "final_at": 5, "customs_as_of": 6},
        {SHIPPED, DELIVERED},
        60,
    ),
    ({"duty": 0}, {SHIPPED, CLEARED, DELIVERED}, 0),
    ({"duty": 100 * DOLLAR}, {SHIPPED, CLEARED, DELIVERED}, 100),
    ({"duty": 100 * DOLLAR + 1}, {SHIPPED, CLEARED, DELIVERED}, 100),
    ({"duty": 2**128 - 1}, {SHIPPED, CLEARED, DELIVERED}, 100),
]


@pytest.mark.parametrize(("changes", "milestones", "duty"), REACHED)
@pytest.mark.parametrize("conditions", [0b0010, 0b1111])
def test_a_milestone_is_due_once_its_fact_is_there_in_time(
    changes, milestones, duty, conditions, dues_of, all_due, make_order, make_clauses
):
    order = make_order()
    facts = dict(changes)
    for name, seconds in changes.items():
        if name.endswith(("_at", "_as_of")):
            facts[name] = 0 if seconds is None else order.refund_after + seconds
    clauses = make_clauses(conditions=conditions)

    due = dues_of(order, clauses, all_due(order, **facts))

    expected = [(purpose, amount) for purpose, amount in ALL[:DUTY] if purpose in milestones]
    assert due == expected + ([(DUTY, duty * DOLLAR)] if duty else [])


def test_a_plain_order_owes_nothing_before_its_end(dues_of, all_due, make_order, make_clauses):
    order = make_order()
    clauses = make_clauses(on_shipped=0, on_cleared=0, on_delivered=0, duty_cap=0, payees=())
    assert dues_of(order, clauses, all_due(order)) == []


# Amount, cap of the duty, cap of the one payee, and what a share of a third and of the rest give.
PARTS = [
    (10_000, 0, 0, 3_333, 6_667),
    (10_001, 0, 0, 3_333, 6_667),
    (3, 0, 0, 0, 2),
    (2, 0, 0, 0, 1),
    (10_000, 1, 1, 3_332, 6_665),
    (10_000, 9_999, 0, 0, 0),
    (10_000, 9_998, 0, 0, 1),
    (10_000, 0, 10_000, 0, 0),
    (10_000, 5_000, 5_000, 0, 0),
    (10_000, 10_000, 2**128 - 1, 0, 0),
    (2**128 - 1, 0, 0, (2**128 - 1) * 3_333 // 10_000, (2**128 - 1) * 6_667 // 10_000),
]


@pytest.mark.parametrize(("amount", "duty_cap", "cap", "third", "rest"), PARTS)
def test_milestones_share_what_is_left_beside_the_caps_rounded_down(
    amount, duty_cap, cap, third, rest, dues_of, all_due, make_order, make_clauses
):
    order = make_order(amount=amount)
    clauses = make_clauses(
        on_shipped=3_333, on_cleared=0, on_delivered=6_667, duty_cap=duty_cap,
        payees=(Payee(SOMEBODY, cap),),
    )  # fmt: skip
    due = dues_of(order, clauses, all_due(order, duty=0))
    assert due == [(p, sum_) for p, sum_ in ((SHIPPED, third), (DELIVERED, rest)) if sum_]
