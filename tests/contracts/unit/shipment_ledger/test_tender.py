from dataclasses import astuple

import pytest

from entrepot.core.roles import Function, Refusal

NOTE = b"\x0e" * 32


def test_opens_the_acceptance_window(shipped, tender, ids, shipment_of, facts_of, event):
    shipped_at = facts_of(shipped)[3]

    tx = tender(shipped)

    facts = (3, 3, ids.carrier, shipped_at, tx.timestamp, 0, 0, tx.timestamp)
    assert facts_of(shipped) == facts
    assert event(tx, "ShipmentTendered") == {
        "shipmentId": shipment_of(shipped),
        "custodianId": ids.carrier,
        "evidence": NOTE,
    }
    assert event(tx, "ShipmentSnapshot") == {"shipmentId": shipment_of(shipped), "facts": facts}


def test_reverts_when_caller_is_not_the_custodian(
    shipped, ledger, hand_over, tender, keys, ids, sender, reverts
):
    hand_over(shipped, keys.carrier, keys.second_carrier)
    with reverts(
        ledger,
        "ShipmentLedger_NotActingFor",
        keys.carrier.address,
        ids.carrier,
        ids.second_carrier,
    ):
        tender(shipped)
    ledger.tender(astuple(shipped), NOTE, sender(keys.second_carrier))


def test_reverts_when_the_custodians_key_may_do_other_things(
    ledger,
    hand_over,
    make_order,
    open_order,
    grant,
    staff_key,
    keys,
    ids,
    sender,
    registry,
    reverts,
):
    order = make_order(carrier_id=ids.warehouse)
    open_order(order)
    ledger.create(astuple(order), sender(keys.operator))
    hand_over(order, keys.seller, keys.warehouse)
    grant(keys.warehouse, staff_key, Function.RECEIVE)
    refused = staff_key.address, Function.HANDOVER, Refusal.FUNCTION_NOT_GRANTED
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refused):
        ledger.tender(astuple(order), NOTE, sender(staff_key))


def test_reverts_given_the_goods_were_not_shipped(
    created, ledger, keys, sender, shipment_of, reverts
):
    with reverts(ledger, "ShipmentLedger_NotShipped", shipment_of(created)):
        ledger.tender(astuple(created), NOTE, sender(keys.seller))


@pytest.mark.parametrize(
    ("stage", "error"),
    [
        ("opened", "ShipmentLedger_ShipmentUnknown"),
        ("tendered", "ShipmentLedger_TenderPending"),
        ("disputed", "ShipmentLedger_TenderPending"),
        ("delivered", "ShipmentLedger_AlreadyDelivered"),
    ],
)
def test_reverts_given_there_is_nothing_to_tender(
    stage, error, request, tender, ledger, shipment_of, reverts
):
    order = request.getfixturevalue(stage)
    with reverts(ledger, error, shipment_of(order)):
        tender(order)
