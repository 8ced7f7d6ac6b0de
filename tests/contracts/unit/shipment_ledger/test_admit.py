from dataclasses import astuple

import pytest

from entrepot.core.roles import Function, Refusal

NOTE = b"\x0e" * 32
DAMAGE = 5


@pytest.fixture(scope="session")
def admit(world, keys, sender):
    """Admits shares lost and damaged as the carrier; gives the transaction."""

    def go(order, lost, damaged, quotes=(), by=keys.carrier):
        policies = [astuple(quote) for quote in quotes]
        return world.ledger.admit(astuple(order), (lost, damaged), NOTE, policies, sender(by))

    return go


def test_the_custodian_admits_what_happens_to_the_goods(
    shipped, admit, ids, shipment_of, cargo_of, event
):
    tx = admit(shipped, 0, 10_000)

    shipment, time = shipment_of(shipped), tx.timestamp
    cargo = (bytes(32), 0, 10_000, 0, time, time)
    assert cargo_of(shipped) == cargo
    assert event(tx, "CargoSnapshot") == {"shipmentId": shipment, "facts": cargo}
    assert event(tx, "DamageRecorded") == {
        "shipmentId": shipment,
        "byId": ids.carrier,
        "lostBps": 0,
        "damagedBps": 10_000,
        "occurredAt": time,
        "evidence": NOTE,
    }


def test_shares_grow_and_only_what_grows_gets_a_new_time(shipped, admit, cargo_of, at):
    first = admit(shipped, 100, 0).timestamp
    at(first + 100)
    second = admit(shipped, 100, 200).timestamp
    assert cargo_of(shipped)[1:5] == (100, 200, first, second)
    at(second + 100)
    third = admit(shipped, 300, 200).timestamp
    assert cargo_of(shipped)[1:5] == (300, 200, third, second)


def test_nobody_takes_goods_over_who_signed_before_it_was_admitted(
    shipped, admit, pass_on, sign_handover, ledger, keys, ids, reverts
):
    both = keys.carrier, keys.second_carrier
    way = {"from_id": ids.carrier, "to_id": ids.second_carrier}
    signed = [sign_handover(shipped, key, **way) for key in both]
    admit(shipped, 1, 0)
    with reverts(ledger, "ShipmentLedger_InvalidSignature", keys.carrier.address):
        pass_on(shipped, ids.second_carrier, *signed)


@pytest.mark.parametrize("shares", [(200, 100), (199, 100), (200, 99), (199, 9_000), (9_000, 99)])
def test_reverts_when_the_shares_do_not_grow(shares, shipped, admit, ledger, reverts):
    admit(shipped, 200, 100)
    with reverts(ledger, "ShipmentLedger_SharesNotGrown", 200, 100):
        admit(shipped, *shares)


@pytest.mark.parametrize("shares", [(0, 0), (10_001, 0), (5_000, 5_001), (2**16 - 1, 1)])
def test_reverts_when_the_shares_are_none_or_more_than_all(shares, shipped, admit, ledger, reverts):
    with reverts(ledger, "ShipmentLedger_InvalidShares", *shares):
        admit(shipped, *shares)


def test_after_the_goods_left_its_hands_it_is_of_its_last_second(
    shipped, tender, deliver, admit, facts_of, cargo_of, at, now
):
    tender(shipped)
    tendered_at = facts_of(shipped)[4]
    at(now() + 100)
    admit(shipped, 1, 0)
    assert cargo_of(shipped)[3] == tendered_at
    at(now() + 100)
    deliver(shipped)
    at(now() + 100)
    admit(shipped, 1, 1)
    assert cargo_of(shipped)[3:5] == (tendered_at, tendered_at)


def test_after_a_receipt_it_is_of_its_second(delivered, admit, facts_of, cargo_of, at, now):
    at(now() + 1_000)
    admit(delivered, 0, 1)
    assert cargo_of(delivered)[4] == facts_of(delivered)[6]


def test_pays_policies_at_once_also_before_the_delivery(
    opened, make_quote, peril, insure, ship, admit, event
):
    quote = make_quote(opened, perils=peril(DAMAGE, 1_500, 100))
    insure(opened, quote)
    ship(opened)
    assert "ClaimPaid" not in admit(opened, 0, 99).events
    tx = admit(opened, 0, 100, [quote])
    assert event(tx, "ClaimPaid")["amount"] == opened.amount * 15 // 100
    assert "ShortcutFailed" not in tx.events


def test_a_policy_that_cannot_be_claimed_harms_nothing(
    shipped, make_quote, admit, insurance, shipment_of, cargo_of, event
):
    tx = admit(shipped, 1, 0, [make_quote(shipped)])
    failed = {"shipmentId": shipment_of(shipped), "listener": insurance.address}
    assert event(tx, "ShortcutFailed") == failed
    assert cargo_of(shipped)[1] == 1


def test_reverts_when_caller_is_not_the_custodian(
    shipped, hand_over, admit, ledger, registry, keys, ids, reverts
):
    hand_over(shipped, keys.carrier, keys.second_carrier)
    refused = keys.carrier.address, ids.carrier, ids.second_carrier
    with reverts(ledger, "ShipmentLedger_NotActingFor", *refused):
        admit(shipped, 1, 0)
    refused = keys.consignee.address, Function.HANDOVER, Refusal.ROLE_MISSING
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refused):
        admit(shipped, 1, 0, by=keys.consignee)


@pytest.mark.parametrize(
    ("stage", "error"),
    [("opened", "ShipmentLedger_ShipmentUnknown"), ("created", "ShipmentLedger_NotShipped")],
)
def test_reverts_given_nothing_is_on_the_way(
    stage, error, request, admit, ledger, keys, shipment_of, reverts
):
    order = request.getfixturevalue(stage)
    with reverts(ledger, error, shipment_of(order)):
        admit(order, 1, 0, by=keys.seller)
