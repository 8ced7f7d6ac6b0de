import pytest

DAY = 86_400
NOTE = b"\x0e" * 32


@pytest.mark.parametrize("who", ["seller", "broker"])
def test_the_declarant_appeals_and_the_period_starts_again(
    who, shipment, declare, do, acts, keys, ids, facts_of, event, at
):
    declare(shipment, getattr(keys, who))
    do(shipment, "refuse")
    refused = facts_of(shipment)
    at(refused.final_at - 1)
    tx = acts["appeal"].do(shipment, getattr(keys, who))
    assert event(tx, "RefusalAppealed") == {
        "shipmentId": shipment.shipment,
        "declarantId": getattr(ids, who),
        "grounds": NOTE,
        "finalAt": refused.final_at - 1 + DAY,
    }
    facts = facts_of(shipment)
    assert (facts.refused_at, facts.final_at) == (refused.refused_at, refused.final_at - 1 + DAY)
    assert facts.duty == refused.duty


@pytest.mark.parametrize("who", ["seller", "broker"])
def test_who_did_not_declare_does_not_appeal(
    who, shipment, declare, do, acts, customs, keys, ids, reverts
):
    other = "broker" if who == "seller" else "seller"
    declare(shipment, getattr(keys, other))
    do(shipment, "refuse")
    refused = getattr(keys, who).address, getattr(ids, who), getattr(ids, other)
    with reverts(customs, "CustomsDesk_NotActingFor", *refused):
        acts["appeal"].do(shipment, getattr(keys, who))


def test_final_at_is_the_last_second_to_appeal(shipment, do, customs, facts_of, state, at, reverts):
    do(shipment, "declare", "refuse")
    final_at = facts_of(shipment).final_at
    at(final_at)
    do(shipment, "appeal")
    assert facts_of(shipment).state == state.APPEALED


@pytest.mark.parametrize("period", [0, 1, DAY])
def test_a_second_later_the_refusal_stands(period, place, do, customs, facts_of, at, reverts):
    shipment = place(appeal_period=period)
    do(shipment, "declare", "refuse")
    final_at = facts_of(shipment).final_at
    at(final_at + 1)
    with reverts(customs, "CustomsDesk_RefusalFinal", shipment.shipment, final_at):
        do(shipment, "appeal")


def test_nobody_appeals_twice_against_one_refusal(shipment, do, customs, facts_of, reverts):
    """Not even in what was left of the first period."""
    do(shipment, "declare", "refuse", "appeal", "reject")
    final_at = facts_of(shipment).final_at
    with reverts(customs, "CustomsDesk_RefusalFinal", shipment.shipment, final_at):
        do(shipment, "appeal")
