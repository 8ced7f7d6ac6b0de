from dataclasses import astuple, replace

import pytest

DAY = 86_400
LEGS = [
    ("carrier", -DAY, None, 0),
    ("warehouse", 3 * DAY, 6 * DAY, 10**6),
    ("second_carrier", 5 * DAY, None, 10**8),
]


@pytest.mark.parametrize("consignee", ["consignee", None])
def test_each_answers_from_the_second_in_which_it_takes_the_goods(
    consignee, journey, deliver, ledger, ids, at
):
    order, legs = journey(*LEGS, consignee_id=ids.consignee if consignee else 0)
    delivered_at = order.ship_by + 9 * DAY
    at(delivered_at)
    deliver(order)
    answering = [
        (1, ids.seller),
        (order.ship_by - DAY - 1, ids.seller),
        (order.ship_by - DAY, ids.carrier),
        (order.ship_by + 3 * DAY - 1, ids.carrier),
        (order.ship_by + 3 * DAY, ids.warehouse),
        (order.ship_by + 5 * DAY - 1, ids.warehouse),
        (order.ship_by + 5 * DAY, ids.second_carrier),
        (delivered_at, ids.second_carrier),
        (delivered_at + 1, ids.consignee if consignee else ids.buyer),
    ]
    for time, who in answering:
        assert ledger.custodianAt(astuple(order), legs, time) == who


def test_the_last_custodian_answers_until_the_goods_are_delivered(journey, ledger, ids):
    order, legs = journey(*LEGS)
    assert ledger.custodianAt(astuple(order), legs, 2**40 - 1) == ids.second_carrier


def test_the_seller_answers_for_goods_that_nobody_shipped(created, deliver, ledger, ids):
    assert ledger.custodianAt(astuple(created), [], 2**40 - 1) == ids.seller
    received_at = deliver(created).timestamp
    assert ledger.custodianAt(astuple(created), [], received_at) == ids.seller
    assert ledger.custodianAt(astuple(created), [], received_at + 1) == ids.consignee


@pytest.fixture(scope="session", params=["custodianAt", "delaysOf"])
def view(request, ledger):
    """Either view over legs."""
    more = {"custodianAt": (2**32,), "delaysOf": ()}[request.param]
    function = getattr(ledger, request.param)
    return lambda order, legs: function(astuple(order), legs, *more)


# Journeys whose first leg is plain, so known from the order alone, and whose is not.
PLAIN, OWN = LEGS, [("carrier", -DAY, 2 * DAY, 10**6), *LEGS[1:]]


@pytest.mark.parametrize("route", [PLAIN, OWN], ids=["plain first leg", "first leg of its own"])
@pytest.mark.parametrize("leg", range(3))
@pytest.mark.parametrize("member", range(4))
def test_reverts_when_a_leg_is_forged(
    route, leg, member, journey, view, ledger, shipment_of, reverts
):
    order, legs = journey(*route)
    forged = [list(each) for each in legs]
    forged[leg][member] += 1
    with reverts(ledger, "ShipmentLedger_CustodyMismatch", shipment_of(order)):
        view(order, forged)
    view(order, legs)


@pytest.mark.parametrize("route", [PLAIN, OWN], ids=["plain first leg", "first leg of its own"])
@pytest.mark.parametrize(
    "order_of",
    [(), (0,), (0, 1), (1, 2), (0, 2), (0, 2, 1), (1, 0, 2), (0, 1, 2, 2), (0, 0, 1, 2)],
    ids=str,
)
def test_reverts_when_legs_are_left_out_moved_or_repeated(
    route, order_of, journey, view, ledger, shipment_of, reverts
):
    order, legs = journey(*route)
    with reverts(ledger, "ShipmentLedger_CustodyMismatch", shipment_of(order)):
        view(order, [legs[i] for i in order_of])


def test_reverts_when_a_first_leg_of_its_own_is_said_to_be_plain(
    journey, view, ledger, shipment_of, reverts
):
    order, (first,) = journey(OWN[0])
    with reverts(ledger, "ShipmentLedger_CustodyMismatch", shipment_of(order)):
        view(order, [(*first[:2], 0, 0)])


def test_reverts_when_there_are_legs_before_the_goods_ship(
    created, view, ledger, ids, now, shipment_of, reverts
):
    with reverts(ledger, "ShipmentLedger_CustodyMismatch", shipment_of(created)):
        view(created, [(ids.carrier, now(), 0, 0)])


def test_reverts_given_no_shipment(created, view, ledger, shipment_of, reverts):
    forged = replace(created, carrier_id=9)
    with reverts(ledger, "ShipmentLedger_ShipmentUnknown", shipment_of(forged)):
        view(forged, [])
