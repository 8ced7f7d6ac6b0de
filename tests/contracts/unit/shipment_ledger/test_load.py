from dataclasses import astuple, replace

import pytest

from entrepot.core.labels import code, gtin_of
from entrepot.core.roles import Function, Refusal

LOT, GTIN = code("L-1"), gtin_of("0461234500001")
CARGO = (LOT, GTIN, 10, 5)
LAST = 2**32 - 1


@pytest.fixture(scope="session")
def load(world, keys, sender):
    """Declares cargo as the seller; gives the transaction."""
    return lambda order, *cargo: world.ledger.load(astuple(order), cargo, sender(keys.seller))


def test_declares_what_the_shipment_carries(
    created, load, ids, shipment_of, facts_of, event, plain
):
    other = (code("L-2"), GTIN, 0, LAST)

    tx = load(created, CARGO, other)

    declared = [plain(tuple(found.values())) for found in tx.events["ShipmentLoaded"]]
    shipment = shipment_of(created)
    assert declared == [(shipment, GTIN, LOT, 10, 5), (shipment, GTIN, code("L-2"), 0, LAST)]
    facts = (1, 2, ids.seller, 0, 0, 0, 0, tx.timestamp)
    assert facts_of(created) == facts
    assert event(tx, "ShipmentSnapshot") == {"shipmentId": shipment, "facts": facts}


def test_a_key_of_the_seller_that_may_hand_over_loads(
    created, ledger, grant, staff_key, keys, sender, registry, reverts
):
    grant(keys.seller, staff_key, Function.HANDOVER)
    ledger.load(astuple(created), [CARGO], sender(staff_key))
    with reverts(
        registry,
        "ParticipantRegistry_NotAuthorized",
        keys.stranger.address,
        Function.HANDOVER,
        Refusal.UNKNOWN_KEY,
    ):
        ledger.load(astuple(created), [CARGO], sender(keys.stranger))


def test_nobody_attests_cargo_that_was_declared_after_it_signed(
    created, load, ledger, sign_handover, keys, ids, operator, reverts
):
    giver, receiver = (sign_handover(created, key) for key in (keys.seller, keys.carrier))
    load(created, CARGO)
    giver = sign_handover(created, keys.seller)
    with reverts(ledger, "ShipmentLedger_InvalidSignature", keys.carrier.address):
        ledger.handOver(astuple(created), ids.carrier, b"\x0e" * 32, giver, receiver, operator)


def test_reverts_when_caller_acts_for_another(created, ledger, keys, ids, sender, reverts):
    refused = keys.carrier.address, ids.carrier, ids.seller
    with reverts(ledger, "ShipmentLedger_NotActingFor", *refused):
        ledger.load(astuple(created), [CARGO], sender(keys.carrier))


@pytest.mark.parametrize(
    "change",
    [
        {2: 0, 3: 0},
        {2: LAST, 3: 1},
        {2: 1, 3: LAST},
        {1: GTIN + 1},
        {0: b"\x1b[2J".ljust(20, b"\0")},
        {0: bytes(20)},
    ],
    ids=["no item", "past the end", "overflow", "check digit", "characters", "no lot"],
)
def test_reverts_when_no_batch_has_such_items(change, created, load, ledger, reverts):
    lot, gtin, first, count = cargo = [change.get(i, CARGO[i]) for i in range(4)]
    with reverts(ledger, "ShipmentLedger_InvalidCargo", gtin, lot, first, count):
        load(created, CARGO, cargo)


@pytest.mark.parametrize(
    ("stage", "error"),
    [
        ("opened", "ShipmentLedger_ShipmentUnknown"),
        ("shipped", "ShipmentLedger_AlreadyShipped"),
        ("tendered", "ShipmentLedger_AlreadyShipped"),
        ("disputed", "ShipmentLedger_AlreadyShipped"),
        ("delivered", "ShipmentLedger_AlreadyDelivered"),
    ],
)
def test_reverts_unless_the_goods_are_yet_to_be_shipped(
    stage, error, request, load, ledger, shipment_of, reverts
):
    order = request.getfixturevalue(stage)
    with reverts(ledger, error, shipment_of(order)):
        load(order, CARGO)


def test_reverts_given_the_goods_came_back_to_the_seller(
    shipped, load, hand_over, ledger, keys, shipment_of, reverts
):
    hand_over(shipped, keys.carrier, keys.seller)
    with reverts(ledger, "ShipmentLedger_AlreadyShipped", shipment_of(shipped)):
        load(shipped, CARGO)


def test_reverts_when_the_terms_are_not_those_signed(created, load, ledger, shipment_of, reverts):
    forged = replace(created, carrier_id=9)
    with reverts(ledger, "ShipmentLedger_ShipmentUnknown", shipment_of(forged)):
        load(forged, CARGO)
