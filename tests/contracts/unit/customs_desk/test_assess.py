import pytest

DOLLAR = 10**6
CAP = 50 * DOLLAR


@pytest.mark.parametrize("duty", [0, 1, CAP])
def test_assesses_a_duty_up_to_the_cap(
    duty, shipment, do, customs, keys, sender, facts_of, case_of, event
):
    do(shipment, "declare")
    tx = customs.assess(shipment.shipment, duty, sender(keys.customs))
    assert event(tx, "DutyAssessed") == {"shipmentId": shipment.shipment, "duty": duty}
    assert facts_of(shipment).duty == duty
    assert case_of(shipment)[0] is True


def test_assesses_again(shipment, do, customs, keys, sender, facts_of):
    do(shipment, "declare")
    for duty in (CAP, 1):
        customs.assess(shipment.shipment, duty, sender(keys.customs))
        assert facts_of(shipment).duty == duty


@pytest.mark.parametrize("cap", [CAP, 0])
def test_reverts_when_duty_is_above_the_cap(cap, place, do, customs, keys, sender, reverts):
    shipment = place(duty_cap=cap)
    do(shipment, "declare")
    with reverts(customs, "CustomsDesk_DutyAboveCap", cap + 1, cap):
        customs.assess(shipment.shipment, cap + 1, sender(keys.customs))
