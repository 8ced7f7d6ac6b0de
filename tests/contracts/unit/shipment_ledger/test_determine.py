from dataclasses import astuple

import pytest

from entrepot.core.roles import Function, Refusal

NOTE = b"\x0e" * 32
LOSS = 4


@pytest.fixture(scope="session")
def determine(world, keys, sender):
    """Determines shares lost and damaged and when, as the arbiter; gives the transaction."""

    def go(order, lost, damaged, time, quotes=(), by=keys.arbiter):
        policies = [astuple(quote) for quote in quotes]
        found = (lost, damaged), time, NOTE, policies
        return world.ledger.determine(astuple(order), *found, sender(by))

    return go


def test_the_arbiter_says_what_happened_and_when(
    shipped, hand_over, determine, keys, ids, shipment_of, facts_of, cargo_of, event
):
    hand_over(shipped, keys.carrier, keys.warehouse)
    custody, shipped_at = cargo_of(shipped)[0], facts_of(shipped)[3]

    tx = determine(shipped, 400, 300, shipped_at)

    shipment = shipment_of(shipped)
    cargo = (custody, 400, 300, shipped_at, shipped_at, tx.timestamp)
    assert cargo_of(shipped) == cargo
    assert event(tx, "CargoSnapshot") == {"shipmentId": shipment, "facts": cargo}
    assert event(tx, "DamageRecorded") == {
        "shipmentId": shipment,
        "byId": ids.arbiter,
        "lostBps": 400,
        "damagedBps": 300,
        "occurredAt": shipped_at,
        "evidence": NOTE,
    }


@pytest.mark.parametrize("stage", ["shipped", "tendered", "disputed", "delivered"])
def test_it_is_of_a_second_from_shipping_to_the_last_of_the_custodian(
    stage, request, determine, ledger, facts_of, cargo_of, now, at, reverts
):
    order = request.getfixturevalue(stage)
    shipped_at, tendered_at, _, delivered_at = facts_of(order)[3:7]
    over, start = delivered_at or tendered_at, now() + 100
    at(start)
    with reverts(ledger, "ShipmentLedger_NotOnTheWay", shipped_at - 1, shipped_at, over or start):
        determine(order, 1, 0, shipped_at - 1)
    at(start + 1)
    until = over or start + 1
    with reverts(ledger, "ShipmentLedger_NotOnTheWay", until + 1, shipped_at, until):
        determine(order, 1, 0, until + 1)
    at(start + 2)
    determine(order, 1, 0, over or start + 2)
    assert cargo_of(order)[3] == (over or start + 2)
    determine(order, 2, 0, shipped_at)
    assert cargo_of(order)[3] == shipped_at


@pytest.mark.parametrize("stage", ["created", "received"])
def test_reverts_given_the_goods_were_never_on_the_way(
    stage, created, deliver, determine, ledger, facts_of, now, at, reverts
):
    if stage == "received":
        deliver(created)
    time = now() + 1
    until = facts_of(created)[6] or time
    at(time)
    with reverts(ledger, "ShipmentLedger_NotOnTheWay", until, 0, until):
        determine(created, 1, 0, until)


def test_only_grows_what_the_custodian_admitted(
    shipped, determine, ledger, keys, sender, facts_of, cargo_of, reverts
):
    policies = []
    admitted = ledger.admit(astuple(shipped), (500, 0), NOTE, policies, sender(keys.carrier))
    shipped_at = facts_of(shipped)[3]
    for shares in ((500, 0), (499, 100)):
        with reverts(ledger, "ShipmentLedger_SharesNotGrown", 500, 0):
            determine(shipped, *shares, shipped_at)
    determine(shipped, 500, 1, shipped_at)
    assert cargo_of(shipped)[1:5] == (500, 1, admitted.timestamp, shipped_at)


@pytest.mark.parametrize("shares", [(0, 0), (10_000, 1)])
def test_reverts_when_the_shares_are_none_or_more_than_all(
    shares, shipped, determine, ledger, facts_of, reverts
):
    with reverts(ledger, "ShipmentLedger_InvalidShares", *shares):
        determine(shipped, *shares, facts_of(shipped)[3])


def test_pays_policies_at_once(opened, make_quote, peril, insure, ship, determine, facts_of, event):
    quote = make_quote(opened, perils=peril(LOSS, 2_000, 5_000))
    insure(opened, quote)
    ship(opened)
    tx = determine(opened, 5_000, 0, facts_of(opened)[3], [quote])
    assert event(tx, "ClaimPaid")["amount"] == opened.amount // 5


@pytest.mark.parametrize("caller", ["carrier", "consignee", "seller"])
def test_reverts_when_caller_is_no_arbiter(
    caller, shipped, determine, registry, keys, facts_of, reverts
):
    key = getattr(keys, caller)
    refused = key.address, Function.ARBITRATE, Refusal.ROLE_MISSING
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refused):
        determine(shipped, 1, 0, facts_of(shipped)[3], by=key)


@pytest.mark.parametrize("arbiter_id", [0, 1])
def test_reverts_when_the_order_names_another_arbiter_or_none(
    arbiter_id, make_order, open_order, ship, determine, ledger, keys, ids, facts_of, reverts
):
    order = make_order(arbiter_id=arbiter_id)
    open_order(order)
    ship(order)
    refused = keys.arbiter.address, ids.arbiter, arbiter_id
    with reverts(ledger, "ShipmentLedger_NotActingFor", *refused):
        determine(order, 1, 0, facts_of(order)[3])


def test_reverts_given_no_shipment(opened, determine, ledger, shipment_of, now, reverts):
    with reverts(ledger, "ShipmentLedger_ShipmentUnknown", shipment_of(opened)):
        determine(opened, 1, 0, now())
