NOTE = b"\x0e" * 32


def test_holds_with_a_reason_and_what_was_found_and_assessed_stays(
    shipment, do, facts_of, case_of, event
):
    do(shipment, "declare", "inspect", "assess")
    before, case = facts_of(shipment), case_of(shipment)
    tx = do(shipment, "hold")
    assert event(tx, "GoodsHeld") == {"shipmentId": shipment.shipment, "reason": NOTE}
    assert facts_of(shipment).duty == before.duty
    assert case_of(shipment) == case


def test_goods_held_are_inspected_assessed_and_released(shipment, do, facts_of, state):
    do(shipment, "declare", "hold", "inspect", "assess")
    assert facts_of(shipment).state == state.HELD
    do(shipment, "release")
    assert facts_of(shipment).state == state.RELEASED
