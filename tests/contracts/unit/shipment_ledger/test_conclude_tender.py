import pytest


def test_the_consignees_silence_accepts_from_the_tender_on(
    tendered, conclude, ids, dollar, shipment_of, facts_of, event, at
):
    shipped_at, tendered_at = facts_of(tendered)[3:5]
    before = dollar.balanceOf(tendered.seller)
    at(tendered_at + tendered.acceptance_window + 1)

    tx = conclude(tendered)

    shipment = shipment_of(tendered)
    facts = (5, 4, ids.carrier, shipped_at, tendered_at, 0, tendered_at, tx.timestamp)
    assert facts_of(tendered) == facts
    assert event(tx, "TenderConcluded") == {"shipmentId": shipment, "isUpheld": True}
    assert event(tx, "ShipmentDelivered") == {
        "shipmentId": shipment,
        "deliveredAt": tendered_at,
        "evidence": b"\0" * 32,
    }
    assert event(tx, "ShipmentSnapshot") == {"shipmentId": shipment, "facts": facts}
    assert dollar.balanceOf(tendered.seller) == before + tendered.amount


@pytest.fixture(params=[True, False], ids=["uphold", "reject"])
def undecided(request, make_order, open_order, ship, tender, dispute):
    """A disputed order with either default."""
    order = make_order(uphold_by_default=request.param)
    open_order(order)
    ship(order)
    tender(order)
    dispute(order)
    return order


def test_the_arbiters_silence_leaves_it_to_the_default(
    undecided, conclude, ids, dollar, shipment_of, facts_of, event, at
):
    shipped_at, tendered_at, disputed_at = facts_of(undecided)[3:6]
    before = dollar.balanceOf(undecided.seller)
    at(disputed_at + undecided.arbitration_period + 1)

    tx = conclude(undecided)

    upheld = undecided.uphold_by_default
    times = (tendered_at, disputed_at, tendered_at) if upheld else (0, 0, 0)
    facts = (5 if upheld else 2, 5, ids.carrier, shipped_at, *times, tx.timestamp)
    shipment = shipment_of(undecided)
    assert facts_of(undecided) == facts
    assert event(tx, "TenderConcluded") == {"shipmentId": shipment, "isUpheld": upheld}
    assert event(tx, "ShipmentSnapshot") == {"shipmentId": shipment, "facts": facts}
    assert dollar.balanceOf(undecided.seller) == before + upheld * undecided.amount


def test_reverts_in_the_last_second_of_the_window(
    tendered, conclude, ledger, facts_of, at, reverts
):
    closes_at = facts_of(tendered)[4] + tendered.acceptance_window
    at(closes_at)
    with reverts(ledger, "ShipmentLedger_WindowOpen", closes_at, closes_at):
        conclude(tendered)


def test_reverts_in_the_last_second_of_the_arbitration(
    undecided, conclude, ledger, facts_of, at, reverts
):
    closes_at = facts_of(undecided)[5] + undecided.arbitration_period
    at(closes_at)
    with reverts(ledger, "ShipmentLedger_WindowOpen", closes_at, closes_at):
        conclude(undecided)


@pytest.mark.parametrize(
    ("stage", "error"),
    [
        ("opened", "ShipmentLedger_ShipmentUnknown"),
        ("created", "ShipmentLedger_NotTendered"),
        ("shipped", "ShipmentLedger_NotTendered"),
        ("delivered", "ShipmentLedger_AlreadyDelivered"),
    ],
)
def test_reverts_given_there_is_nothing_to_conclude(
    stage, error, request, conclude, ledger, shipment_of, reverts
):
    order = request.getfixturevalue(stage)
    with reverts(ledger, error, shipment_of(order)):
        conclude(order)
