import pytest

NOTE = b"\x0e" * 32
GOODS, QUARANTINE = 0, 1
PASSED, FAILED = 1, 2
DOLLAR = 10**6


def test_releases_goods_with_their_duty(shipment, do, facts_of, event):
    do(shipment, "declare", "inspect", "assess")
    tx = do(shipment, "release")
    assert event(tx, "GoodsReleased") == {"shipmentId": shipment.shipment, "duty": 30 * DOLLAR}
    facts = facts_of(shipment)
    assert (facts.released_at, facts.refused_at, facts.final_at) == (tx.timestamp, 0, 0)
    assert facts.duty == 30 * DOLLAR


def test_without_inspector_no_inspection_is_needed(place, do, facts_of, state):
    shipment = place(inspector_id=0)
    do(shipment, "declare", "assess", "release")
    assert facts_of(shipment).state == state.RELEASED


def test_reverts_given_duty_is_not_assessed(shipment, do, customs, reverts):
    do(shipment, "declare", "inspect")
    with reverts(customs, "CustomsDesk_NotAssessed", shipment.shipment):
        do(shipment, "release")


def test_a_release_on_its_way_does_not_meet_another_declaration(
    place, do, declare, customs, keys, sender, facts_of, reverts
):
    """A declarant who sees assessment and release coming slips no other goods under them."""
    shipment = place(inspector_id=0)
    do(shipment, "declare")
    expected = facts_of(shipment).sequence + 1
    declare(shipment, hs_code=b"930100\0\0\0\0")
    do(shipment, "assess")
    changed = shipment.shipment, expected + 1, expected
    with reverts(customs, "CustomsDesk_CaseChanged", *changed):
        customs.release(shipment.shipment, expected, sender(keys.customs))


@pytest.mark.parametrize("quarantine", [0, PASSED])
def test_reverts_given_the_inspector_did_not_inspect_the_goods(
    quarantine, shipment, do, customs, keys, sender, reverts
):
    do(shipment, "declare", "assess")
    if quarantine:
        customs.inspect(shipment.shipment, QUARANTINE, quarantine, NOTE, sender(keys.inspector))
    with reverts(customs, "CustomsDesk_InspectionMissing", shipment.shipment):
        do(shipment, "release")


@pytest.mark.parametrize("inspection", [GOODS, QUARANTINE])
@pytest.mark.parametrize("with_inspector", [True, False])
def test_reverts_given_an_inspection_failed_until_another_passes(
    inspection, with_inspector, place, do, customs, keys, ids, sender, reverts
):
    shipment = place(inspector_id=ids.inspector if with_inspector else 0)
    inspector = sender(keys.inspector if with_inspector else keys.customs)
    do(shipment, "declare", "assess")
    customs.inspect(shipment.shipment, GOODS, PASSED, NOTE, inspector)
    customs.inspect(shipment.shipment, inspection, FAILED, NOTE, inspector)
    with reverts(customs, "CustomsDesk_InspectionFailed", shipment.shipment, inspection):
        do(shipment, "release")
    customs.inspect(shipment.shipment, inspection, PASSED, NOTE, inspector)
    do(shipment, "release")
