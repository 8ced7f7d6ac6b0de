"""Which clauses can be carried out."""

from dataclasses import astuple

import pytest

from entrepot.core.messages import ZERO_ADDRESS, Payee

DAY = 86_400
DOLLAR = 10**6
LONGEST = 180 * DAY
SOMEBODY = "0x" + "01" * 20
SHIPPED, CLEARED, DELIVERED, ACCEPTED = 1, 2, 4, 8


@pytest.fixture(scope="session")
def require(settlement):
    """Asks whether an order's clauses can be carried out."""
    return lambda order, clauses: settlement.requireClauses(astuple(order), astuple(clauses))


@pytest.mark.parametrize("accepted", [0, ACCEPTED])
@pytest.mark.parametrize("delivered", [0, DELIVERED])
@pytest.mark.parametrize("cleared", [0, CLEARED])
@pytest.mark.parametrize("shipped", [0, SHIPPED])
@pytest.mark.parametrize("customs_id", [0, 12])
@pytest.mark.parametrize("window", [0, DAY])
def test_conditions_go_with_an_authority_and_a_window(
    shipped, cleared, delivered, accepted, customs_id, window, require, settlement, make_order,
    make_clauses, reverts,
):  # fmt: skip
    conditions = shipped | cleared | delivered | accepted
    clauses = make_clauses(conditions=conditions, customs_id=customs_id, inspection_window=window)
    is_possible = (
        conditions != 0
        and bool(cleared) == bool(customs_id)
        and (not accepted or delivered)
        and (accepted or not window)
    )
    if is_possible:
        require(make_order(), clauses)
    else:
        with reverts(settlement, "Settlement_InvalidConditions", conditions):
            require(make_order(), clauses)


@pytest.mark.parametrize("conditions", [1 << 4, 0b11111, 1 << 7])
def test_reverts_when_a_condition_is_unknown(
    conditions, require, settlement, make_order, make_clauses, reverts
):
    clauses = make_clauses(conditions=conditions | 0b1111)
    with reverts(settlement, "Settlement_InvalidConditions", clauses.conditions):
        require(make_order(), clauses)


# What clauses change of those with everything, for an order of 1,000 dollars, and the refusal.
TABLE = [
    ({"on_shipped": 6_000}, None),
    ({"on_shipped": 6_001}, ("Settlement_SharesTooLarge", 10_001)),
    ({"on_cleared": 5_001}, ("Settlement_SharesTooLarge", 10_001)),
    ({"on_delivered": 7_001}, ("Settlement_SharesTooLarge", 10_001)),
    (
        {"on_shipped": 2**16 - 1, "on_cleared": 2**16 - 1},
        ("Settlement_SharesTooLarge", 2**17 + 2_998),
    ),
    ({"duty_cap": 1_000 * DOLLAR}, None),
    (
        {"duty_cap": 1_000 * DOLLAR + 1},
        ("Settlement_DutyAboveAmount", 1_000 * DOLLAR + 1, 1_000 * DOLLAR),
    ),
    ({"treasury": ZERO_ADDRESS}, ("Settlement_NoTreasury",)),
    ({"treasury": ZERO_ADDRESS, "duty_cap": 0}, None),
    ({"payees": ()}, None),
    ({"payees": (Payee(SOMEBODY, 2**128 - 1),) * 8}, None),
    ({"payees": (Payee(SOMEBODY, 1),) * 9}, ("Settlement_TooManyPayees", 9, 8)),
    ({"payees": (Payee(SOMEBODY, 1), Payee(ZERO_ADDRESS, 1))}, ("Settlement_NoPayee", 1)),
    ({"inspection_window": LONGEST, "appeal_period": LONGEST}, None),
    ({"inspection_window": LONGEST + 1}, ("Settlement_PeriodTooLong", LONGEST + 1, LONGEST)),
    ({"appeal_period": LONGEST + 1}, ("Settlement_PeriodTooLong", LONGEST + 1, LONGEST)),
    # A price of 800 at 1.25, one that is rounded up, and one that is off by a unit either way.
    ({"price": 800 * DOLLAR, "rate": 125 * 10**16}, None),
    ({"price": 3 * 10**9, "rate": 10**18 // 3}, None),
    ({"price": 3 * 10**9 + 1, "rate": 10**18 // 3}, ("Settlement_PriceMismatch", 10**9 + 1, 10**9)),
    ({"price": 10**9 - 1, "rate": 10**18}, ("Settlement_PriceMismatch", 10**9 - 1, 10**9)),
    ({"price": 10**9 + 1, "rate": 10**18}, ("Settlement_PriceMismatch", 10**9 + 1, 10**9)),
    ({"price": 1, "rate": 0}, ("Settlement_PriceMismatch", 0, 10**9)),
    (
        {"price": 2**128 - 1, "rate": 2**128 - 1},
        ("Settlement_PriceMismatch", -(-((2**128 - 1) ** 2) // 10**18), 10**9),
    ),
    ({"price": 0, "rate": 10**18}, None),
]


@pytest.mark.parametrize(("changes", "refusal"), TABLE)
def test_refuses_what_could_not_be_carried_out(
    changes, refusal, require, settlement, make_order, make_clauses, reverts
):
    order, clauses = make_order(), make_clauses(**changes)
    if refusal is None:
        require(order, clauses)
    else:
        name, *arguments = refusal
        with reverts(settlement, name, *arguments):
            require(order, clauses)


def test_reverts_when_duty_may_be_more_than_a_record_notes(
    require, settlement, make_order, make_clauses, reverts
):
    order, most = make_order(amount=2**128 - 1), 2**88 - 1
    require(order, make_clauses(duty_cap=most))
    with reverts(settlement, "Settlement_DutyTooLarge", most + 1, most):
        require(order, make_clauses(duty_cap=most + 1))
