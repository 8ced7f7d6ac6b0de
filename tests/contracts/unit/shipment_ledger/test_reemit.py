import pytest


@pytest.mark.parametrize("stage", ["created", "shipped", "tendered", "disputed", "delivered"])
def test_emits_the_same_facts_as_of_now(
    stage, request, ledger, keys, sender, shipment_of, facts_of, cargo_of, event, at, now
):
    order = request.getfixturevalue(stage)
    *kept, _ = facts_of(order)
    *became, _ = cargo_of(order)
    later = now() + 1_000
    at(later)

    tx = ledger.reemit(shipment_of(order), sender(keys.stranger))

    assert set(tx.events.keys()) == {"ShipmentSnapshot", "CargoSnapshot"}
    assert event(tx, "ShipmentSnapshot") == {
        "shipmentId": shipment_of(order),
        "facts": (*kept, later),
    }
    assert event(tx, "CargoSnapshot") == {
        "shipmentId": shipment_of(order),
        "facts": (*became, later),
    }
    assert facts_of(order) == (*kept, later)


def test_reverts_given_no_shipment(opened, ledger, operator, shipment_of, reverts):
    with reverts(ledger, "ShipmentLedger_ShipmentUnknown", shipment_of(opened)):
        ledger.reemit(shipment_of(opened), operator)
