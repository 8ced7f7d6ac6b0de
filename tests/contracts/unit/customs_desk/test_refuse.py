import pytest

DAY = 86_400
DOLLAR = 10**6
NOTE = b"\x0e" * 32


@pytest.mark.parametrize("period", [0, DAY, 180 * DAY])
def test_refuses_with_the_duty_that_is_due_all_the_same(period, place, do, facts_of, event):
    shipment = place(appeal_period=period)
    do(shipment, "declare", "assess")
    tx = do(shipment, "refuse")
    assert event(tx, "GoodsRefused") == {
        "shipmentId": shipment.shipment,
        "reason": NOTE,
        "duty": 20 * DOLLAR,
        "finalAt": tx.timestamp + period,
    }
    facts = facts_of(shipment)
    assert (facts.released_at, facts.refused_at) == (0, tx.timestamp)
    assert (facts.final_at, facts.duty) == (tx.timestamp + period, 20 * DOLLAR)


def test_needs_neither_assessment_nor_inspection(shipment, do, facts_of, state):
    do(shipment, "declare", "refuse")
    assert facts_of(shipment).state == state.REFUSED


def test_duty_is_at_most_the_cap(shipment, do, customs, keys, sender, facts_of, reverts):
    do(shipment, "declare")
    cap, authority = 50 * DOLLAR, sender(keys.customs)
    with reverts(customs, "CustomsDesk_DutyAboveCap", cap + 1, cap):
        customs.refuse(shipment.shipment, NOTE, cap + 1, authority)
    customs.refuse(shipment.shipment, NOTE, cap, authority)
    assert facts_of(shipment).duty == cap
