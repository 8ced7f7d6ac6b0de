"""Delays of legs. `test_custodian_at.py` has what both views refuse."""

from dataclasses import astuple

import pytest

DAY = 86_400

# Days after ship-by; goods are due on day 20 and refunded after day 50. Each leg is the custodian,
# since when, and its own deadline. Then the delivery, or up to when there is none; then who is how
# many days late: the seller, then each leg.
JOURNEYS = {
    "nobody": ([("carrier", -1, None)], 19, True, [0, 0]),
    "the last second": ([("carrier", 0, None)], 20, True, [0, 0]),
    "one carrier": ([("carrier", -1, None)], 23, True, [0, 3]),
    "the seller, then the carrier": ([("carrier", 2, None)], 23, True, [2, 1]),
    "the seller alone": ([("carrier", 4, None)], 23, True, [4, 0]),
    "each by its own deadline": (
        [("carrier", -1, 5), ("warehouse", 7, 8), ("second_carrier", 12, None)],
        25,
        True,
        [0, 2, 2, 1],
    ),
    "a warehouse stay that is agreed": (
        [("carrier", -1, 5), ("warehouse", 5, 18), ("second_carrier", 18, None)],
        22,
        True,
        [0, 0, 0, 2],
    ),
    "one that catches up": (
        [("carrier", -1, 5), ("warehouse", 9, 12), ("second_carrier", 13, None)],
        24,
        True,
        [0, 4, 0, 3],
    ),
    "one that catches up all of it": (
        [("carrier", -1, 5), ("second_carrier", 8, None)],
        20,
        True,
        [0, 3, 0],
    ),
    "all deadlines kept, so the order's carrier": (
        [("carrier", -1, 22), ("second_carrier", 22, 30)],
        24,
        True,
        [0, 4, 0],
    ),
    "so far": ([("carrier", -1, None), ("warehouse", 15, 16)], 22, False, [0, 0, 6]),
    "no longer than refund-after": ([("carrier", -1, None)], 60, False, [0, 30]),
    "delivered after refund-after": ([("carrier", -1, None)], 60, True, [0, 30]),
    "custody that passes after refund-after": (
        [("carrier", -1, None), ("second_carrier", 55, 56)],
        70,
        False,
        [0, 30, 0],
    ),
    "goods that were never shipped": ([], 3, False, [3]),
    "goods that were received without a carrier": ([], 3, True, [3]),
}


@pytest.fixture(scope="session")
def delays_of(ledger):
    """Seconds late of the seller and of each leg."""
    return lambda order, legs: list(map(int, ledger.delaysOf(astuple(order), legs)))


@pytest.mark.parametrize("who", JOURNEYS)
def test_late_is(who, journey, deliver, delays_of, at):
    route, end, is_delivered, late = JOURNEYS[who]
    legs = [(name, since * DAY, due and due * DAY, 0) for name, since, due in route]
    order, legs = journey(*legs)
    if is_delivered:
        at(order.ship_by + end * DAY)
        deliver(order)
        at(order.ship_by + 80 * DAY, mine=True)
    else:
        at(order.ship_by + end * DAY, mine=True)

    assert delays_of(order, legs) == [days * DAY for days in late]


def test_a_tender_that_stands_ends_the_delay_when_it_was_made(
    journey, tender, conclude, delays_of, now, at
):
    order, legs = journey(("carrier", 0, None, 0))
    at(order.deliver_by + 7)
    tender(order)
    at(now() + order.acceptance_window + 1, mine=True)
    running = order.acceptance_window + 8
    assert delays_of(order, legs) == [0, running]
    conclude(order)
    assert delays_of(order, legs) == [0, 7]
