from dataclasses import astuple

import pytest

from entrepot.core.roles import Function, Refusal

NOTE = b"\x0e" * 32


def test_opens_the_arbitration_period(tendered, dispute, keys, ids, shipment_of, facts_of, event):
    shipped_at, tendered_at = facts_of(tendered)[3:5]

    tx = dispute(tendered)

    now = tx.timestamp
    facts = (4, 4, ids.carrier, shipped_at, tendered_at, now, 0, now)
    assert facts_of(tendered) == facts
    assert event(tx, "TenderDisputed") == {
        "shipmentId": shipment_of(tendered),
        "by": keys.consignee.address,
        "evidence": NOTE,
    }
    assert event(tx, "ShipmentSnapshot") == {"shipmentId": shipment_of(tendered), "facts": facts}


def test_the_window_includes_its_last_second(tendered, dispute, facts_of, at):
    at(facts_of(tendered)[4] + tendered.acceptance_window)
    dispute(tendered)
    assert facts_of(tendered)[0] == 4


def test_reverts_a_second_after_the_window(tendered, dispute, ledger, facts_of, at, reverts):
    closed_at = facts_of(tendered)[4] + tendered.acceptance_window
    at(closed_at + 1)
    with reverts(ledger, "ShipmentLedger_WindowClosed", closed_at, closed_at + 1):
        dispute(tendered)


@pytest.mark.parametrize(
    ("stage", "error"),
    [
        ("opened", "ShipmentLedger_ShipmentUnknown"),
        ("created", "ShipmentLedger_NotTendered"),
        ("shipped", "ShipmentLedger_NotTendered"),
        ("disputed", "ShipmentLedger_NotTendered"),
        ("delivered", "ShipmentLedger_AlreadyDelivered"),
    ],
)
def test_reverts_given_there_is_nothing_to_dispute(
    stage, error, request, dispute, ledger, shipment_of, reverts
):
    order = request.getfixturevalue(stage)
    with reverts(ledger, error, shipment_of(order)):
        dispute(order)


@pytest.mark.parametrize("caller", ["carrier", "arbiter", "seller"])
def test_reverts_when_caller_may_not_receive(
    caller, tendered, ledger, registry, keys, sender, reverts
):
    key = getattr(keys, caller)
    refused = key.address, Function.RECEIVE, Refusal.ROLE_MISSING
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refused):
        ledger.dispute(astuple(tendered), NOTE, sender(key))


def test_reverts_when_caller_receives_for_another(tendered, ledger, keys, ids, sender, reverts):
    refused = keys.buyer.address, ids.buyer, ids.consignee
    with reverts(ledger, "ShipmentLedger_NotActingFor", *refused):
        ledger.dispute(astuple(tendered), NOTE, sender(keys.buyer))


def test_without_consignee_only_the_buyer_disputes(
    make_order, open_order, ship, tender, ledger, keys, sender, facts_of, reverts
):
    order = make_order(buyer=keys.consumer.address, buyer_id=0, consignee_id=0)
    open_order(order)
    ship(order)
    tender(order)
    refused = keys.consignee.address, order.buyer
    with reverts(ledger, "ShipmentLedger_NotConsignee", *refused):
        ledger.dispute(astuple(order), NOTE, sender(keys.consignee))
    ledger.dispute(astuple(order), NOTE, sender(keys.consumer))
    assert facts_of(order)[0] == 4
