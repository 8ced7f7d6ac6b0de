import pytest


@pytest.mark.parametrize("start", ["DECLARED", "HELD", "RELEASED", "REFUSED", "APPEALED"])
def test_proves_with_the_present_time_that_nothing_has_happened(
    start, shipment, state, bring, do, facts_of, event, at, now
):
    bring(shipment, state[start])
    before, later = facts_of(shipment), now() + 1_000
    at(later)
    tx = do(shipment, "reemit")
    before.as_of = later
    snapshot = {"shipmentId": shipment.shipment, "facts": tuple(vars(before).values())}
    assert event(tx, "CustomsSnapshot") == snapshot
    assert facts_of(shipment) == before


def test_reverts_given_nothing_is_declared(shipment, do, customs, reverts):
    with reverts(customs, "CustomsDesk_WrongState", shipment.shipment, 0):
        do(shipment, "reemit")
