from dataclasses import astuple

import pytest

from entrepot.core.roles import Function, Refusal


def test_an_upheld_tender_is_a_delivery_at_its_time(
    disputed, rule, ids, dollar, shipment_of, facts_of, event
):
    shipped_at, tendered_at, disputed_at = facts_of(disputed)[3:6]
    before = dollar.balanceOf(disputed.seller)

    tx = rule(disputed, True)

    facts = (
        5, 5, ids.carrier, shipped_at, tendered_at, disputed_at, tendered_at, tx.timestamp,
    )  # fmt: skip
    shipment = shipment_of(disputed)
    assert facts_of(disputed) == facts
    assert event(tx, "TenderRuled") == {
        "shipmentId": shipment,
        "arbiterId": ids.arbiter,
        "isUpheld": True,
    }
    assert event(tx, "ShipmentDelivered") == {
        "shipmentId": shipment,
        "deliveredAt": tendered_at,
        "evidence": b"\0" * 32,
    }
    assert event(tx, "ShipmentSnapshot") == {"shipmentId": shipment, "facts": facts}
    assert dollar.balanceOf(disputed.seller) == before + disputed.amount


def test_a_rejected_tender_leaves_the_goods_in_transit(
    disputed, rule, hand_over, keys, ids, shipment_of, facts_of, event
):
    shipped_at = facts_of(disputed)[3]

    tx = rule(disputed, False)

    facts = (2, 5, ids.carrier, shipped_at, 0, 0, 0, tx.timestamp)
    assert facts_of(disputed) == facts
    assert event(tx, "TenderRuled")["isUpheld"] is False
    assert event(tx, "ShipmentSnapshot") == {"shipmentId": shipment_of(disputed), "facts": facts}
    assert "ShipmentDelivered" not in tx.events
    hand_over(disputed, keys.carrier, keys.warehouse)


def test_a_tender_may_follow_a_rejected_one(disputed, rule, tender, facts_of):
    rule(disputed, False)
    tx = tender(disputed)
    assert facts_of(disputed)[4] == tx.timestamp


def test_the_period_includes_its_last_second(disputed, rule, facts_of, at):
    at(facts_of(disputed)[5] + disputed.arbitration_period)
    rule(disputed, True)
    assert facts_of(disputed)[0] == 5


def test_reverts_a_second_after_the_period(disputed, rule, ledger, facts_of, at, reverts):
    closed_at = facts_of(disputed)[5] + disputed.arbitration_period
    at(closed_at + 1)
    with reverts(ledger, "ShipmentLedger_WindowClosed", closed_at, closed_at + 1):
        rule(disputed, True)


@pytest.mark.parametrize("caller", ["carrier", "consignee", "seller", "buyer"])
def test_reverts_when_caller_is_no_arbiter(
    caller, disputed, ledger, registry, keys, sender, reverts
):
    key = getattr(keys, caller)
    refused = key.address, Function.ARBITRATE, Refusal.ROLE_MISSING
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refused):
        ledger.rule(astuple(disputed), True, [], sender(key))


@pytest.mark.parametrize("arbiter_id", [0, 1])
def test_reverts_when_the_order_names_another_arbiter_or_none(
    arbiter_id, make_order, open_order, ship, tender, dispute, rule, ledger, keys, ids, reverts
):
    order = make_order(arbiter_id=arbiter_id)
    open_order(order)
    ship(order)
    tender(order)
    dispute(order)
    refused = keys.arbiter.address, ids.arbiter, arbiter_id
    with reverts(ledger, "ShipmentLedger_NotActingFor", *refused):
        rule(order, True)


@pytest.mark.parametrize(
    ("stage", "error"),
    [
        ("opened", "ShipmentLedger_ShipmentUnknown"),
        ("shipped", "ShipmentLedger_NotDisputed"),
        ("tendered", "ShipmentLedger_NotDisputed"),
        ("delivered", "ShipmentLedger_AlreadyDelivered"),
    ],
)
def test_reverts_given_there_is_nothing_to_rule_on(
    stage, error, request, rule, ledger, shipment_of, reverts
):
    order = request.getfixturevalue(stage)
    with reverts(ledger, error, shipment_of(order)):
        rule(order, True)
