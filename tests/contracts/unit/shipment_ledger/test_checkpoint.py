import pytest

from entrepot.core.roles import Function, Refusal

HERE = b"NLRTM".ljust(13, b"\0")
NOTE = b"\x0e" * 32


@pytest.mark.parametrize(
    ("stage", "custodian"), [("created", "seller"), ("shipped", "carrier"), ("tendered", "carrier")]
)
def test_the_custodian_says_where_the_goods_are_and_no_fact_changes(
    stage, custodian, request, ledger, keys, ids, sender, shipment_of, facts_of, cargo_of, event
):
    order = request.getfixturevalue(stage)
    shipment, facts, cargo = shipment_of(order), facts_of(order)[:-1], cargo_of(order)[:-1]

    tx = ledger.checkpoint(shipment, HERE, NOTE, sender(getattr(keys, custodian)))

    assert list(tx.events.keys()) == ["CheckpointPassed"]
    assert event(tx, "CheckpointPassed") == {
        "shipmentId": shipment,
        "custodianId": getattr(ids, custodian),
        "location": HERE,
        "evidence": NOTE,
    }
    assert (facts_of(order)[:-1], cargo_of(order)[:-1]) == (facts, cargo)


def test_reverts_when_caller_is_not_the_custodian_any_more(
    shipped, hand_over, ledger, keys, ids, sender, shipment_of, reverts
):
    hand_over(shipped, keys.carrier, keys.warehouse)
    refused = keys.carrier.address, ids.carrier, ids.warehouse
    with reverts(ledger, "ShipmentLedger_NotActingFor", *refused):
        ledger.checkpoint(shipment_of(shipped), HERE, NOTE, sender(keys.carrier))


def test_reverts_when_a_device_of_the_custodian_calls(
    shipped, ledger, registry, keys, sender, shipment_of, reverts
):
    refused = keys.device.address, Function.HANDOVER, Refusal.FUNCTION_NOT_GRANTED
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refused):
        ledger.checkpoint(shipment_of(shipped), HERE, NOTE, sender(keys.device))


@pytest.mark.parametrize(
    ("stage", "error"),
    [
        ("opened", "ShipmentLedger_ShipmentUnknown"),
        ("delivered", "ShipmentLedger_AlreadyDelivered"),
    ],
)
def test_reverts_unless_somebody_has_custody(
    stage, error, request, ledger, keys, sender, shipment_of, reverts
):
    shipment = shipment_of(request.getfixturevalue(stage))
    with reverts(ledger, error, shipment):
        ledger.checkpoint(shipment, HERE, NOTE, sender(keys.carrier))
