import pytest

DAY = 86_400
DOLLAR = 10**6


def test_upheld_the_goods_are_declared_as_before_and_their_duty_is_open(
    shipment, do, customs, facts_of, case_of, event, reverts
):
    do(shipment, "declare", "inspect", "assess", "refuse", "appeal")
    sequence = facts_of(shipment).sequence
    tx = do(shipment, "uphold")
    assert event(tx, "AppealDecided") == {"shipmentId": shipment.shipment, "isUpheld": True}
    values = 1, sequence + 1, 0, 0, 0, 0, tx.timestamp
    assert tuple(vars(facts_of(shipment)).values()) == values
    assert case_of(shipment) == (False, 1, 0)
    with reverts(customs, "CustomsDesk_NotAssessed", shipment.shipment):
        do(shipment, "release")
    do(shipment, "assess", "release")
    assert facts_of(shipment).duty == 30 * DOLLAR


def test_rejected_the_refusal_stands_at_once(shipment, do, facts_of, event):
    do(shipment, "declare", "refuse", "appeal")
    before = facts_of(shipment)
    tx = do(shipment, "reject")
    assert event(tx, "AppealDecided") == {"shipmentId": shipment.shipment, "isUpheld": False}
    facts = facts_of(shipment)
    assert (facts.refused_at, facts.duty) == (before.refused_at, before.duty)
    assert facts.final_at == tx.timestamp - 1


@pytest.mark.parametrize("decision", ["uphold", "reject"])
def test_final_at_is_the_last_second_to_decide(decision, shipment, do, customs, facts_of, at):
    do(shipment, "declare", "refuse", "appeal")
    before = facts_of(shipment)
    at(before.final_at)
    do(shipment, decision)
    assert facts_of(shipment).sequence == before.sequence + 1


@pytest.mark.parametrize("decision", ["uphold", "reject"])
def test_a_second_later_silence_has_refused(decision, shipment, do, customs, facts_of, at, reverts):
    do(shipment, "declare", "refuse", "appeal")
    final_at = facts_of(shipment).final_at
    at(final_at + 1)
    with reverts(customs, "CustomsDesk_RefusalFinal", shipment.shipment, final_at):
        do(shipment, decision)


def test_goods_that_are_refused_again_may_be_appealed_again(shipment, do, facts_of, state):
    do(shipment, "declare", "refuse", "appeal", "uphold", "refuse", "appeal")
    assert facts_of(shipment).state == state.APPEALED
    assert facts_of(shipment).sequence == 6
