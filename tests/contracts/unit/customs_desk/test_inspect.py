import pytest

NOTE = b"\x0e" * 32
GOODS, QUARANTINE = 0, 1
PASSED, FAILED = 1, 2


@pytest.mark.parametrize("inspection", [GOODS, QUARANTINE])
@pytest.mark.parametrize("finding", [PASSED, FAILED])
def test_records_a_finding_beside_the_other(
    inspection, finding, shipment, do, declare, customs, keys, ids, sender, case_of, event
):
    declare(shipment)
    inspector = sender(keys.inspector)
    tx = customs.inspect(shipment.shipment, inspection, finding, NOTE, inspector)
    assert event(tx, "GoodsInspected") == {
        "shipmentId": shipment.shipment,
        "inspectorId": ids.inspector,
        "inspection": inspection,
        "finding": finding,
        "evidence": NOTE,
    }
    assert case_of(shipment) == (False, *((finding, 0) if inspection == GOODS else (0, finding)))


def test_the_last_finding_stands(shipment, do, customs, keys, sender, case_of):
    do(shipment, "declare")
    for finding in (PASSED, FAILED, PASSED):
        customs.inspect(shipment.shipment, GOODS, finding, NOTE, sender(keys.inspector))
    assert case_of(shipment) == (False, PASSED, 0)


def test_without_inspector_the_authority_inspects(
    place, do, customs, keys, ids, sender, event, reverts
):
    shipment = place(inspector_id=0)
    do(shipment, "declare")
    terms = shipment.shipment, GOODS, FAILED, NOTE
    other = keys.inspector.address, ids.inspector, ids.customs
    with reverts(customs, "CustomsDesk_NotActingFor", *other):
        customs.inspect(*terms, sender(keys.inspector))
    tx = customs.inspect(*terms, sender(keys.customs))
    assert event(tx, "GoodsInspected")["inspectorId"] == ids.customs


def test_reverts_when_nothing_was_found(shipment, do, customs, keys, sender, reverts):
    do(shipment, "declare")
    with reverts(customs, "CustomsDesk_NoFinding"):
        customs.inspect(shipment.shipment, GOODS, 0, NOTE, sender(keys.inspector))
