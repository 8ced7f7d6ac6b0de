from dataclasses import astuple

import pytest

from entrepot.core.messages import ZERO_ADDRESS
from entrepot.core.roles import Function, Refusal

NOTE = b"\x0e" * 32
NOBODY = (ZERO_ADDRESS, b"")
SHARES = {"lost_bps": 1_000, "damaged_bps": 2_500}
LOSS, DAMAGE = 4, 5


@pytest.fixture(scope="session")
def submit(world, sender, keys):
    """Submits a receipt with a reserve as a stranger; gives the transaction."""

    def go(order, consignee, custodian=NOBODY, quotes=(), shares=(1_000, 2_500)):
        policies = [astuple(quote) for quote in quotes]
        signed = consignee, custodian
        return world.ledger.deliverWithReserve(
            astuple(order), shares, NOTE, *signed, policies, sender(keys.stranger)
        )

    return go


def test_is_a_fact_when_the_custodian_signs_too(
    shipped, submit, sign_delivery, keys, ids, dollar, shipment_of, facts_of, cargo_of, event
):
    before = dollar.balanceOf(shipped.seller)
    signed = [sign_delivery(shipped, key, **SHARES) for key in (keys.consignee, keys.carrier)]

    tx = submit(shipped, *signed)

    shipment, time = shipment_of(shipped), tx.timestamp
    cargo = (bytes(32), 1_000, 2_500, time, time, time)
    assert cargo_of(shipped) == cargo
    assert event(tx, "CargoSnapshot") == {"shipmentId": shipment, "facts": cargo}
    assert event(tx, "DamageRecorded") == {
        "shipmentId": shipment,
        "byId": ids.carrier,
        "lostBps": 1_000,
        "damagedBps": 2_500,
        "occurredAt": time,
        "evidence": NOTE,
    }
    assert event(tx, "ShipmentDelivered")["deliveredAt"] == time
    assert "ReserveMade" not in tx.events
    assert facts_of(shipped)[:3] == (5, 3, ids.carrier)
    assert dollar.balanceOf(shipped.seller) == before + shipped.amount


def test_is_the_consignees_claim_when_it_signs_alone(
    shipped, submit, sign_delivery, keys, shipment_of, facts_of, cargo_of, event
):
    tx = submit(shipped, sign_delivery(shipped, keys.consignee, **SHARES))

    assert event(tx, "ReserveMade") == {
        "shipmentId": shipment_of(shipped),
        "lostBps": 1_000,
        "damagedBps": 2_500,
    }
    assert not {"DamageRecorded", "CargoSnapshot"} & set(tx.events.keys())
    assert cargo_of(shipped) == (bytes(32), 0, 0, 0, 0, tx.timestamp)
    assert facts_of(shipped)[0] == 5


@pytest.mark.parametrize("stage", ["tendered", "disputed"])
def test_after_a_tender_the_damage_is_of_its_time(
    stage, request, submit, sign_delivery, keys, facts_of, cargo_of, at, now
):
    order = request.getfixturevalue(stage)
    tendered_at = facts_of(order)[4]
    at(now() + 100)
    submit(order, *(sign_delivery(order, key, **SHARES) for key in (keys.consignee, keys.carrier)))
    assert facts_of(order)[6] == tendered_at
    assert cargo_of(order)[3:5] == (tendered_at, tendered_at)


@pytest.mark.parametrize("is_accepted", [True, False])
def test_only_a_fact_pays_policies(
    is_accepted, opened, make_quote, peril, insure, ship, submit, sign_delivery, keys, event
):
    perils = peril(LOSS, 1_000, 1_000) | peril(DAMAGE, 500, 2_501) << 64
    quote = make_quote(opened, perils=perils)
    insure(opened, quote)
    ship(opened)
    consignee, carrier = (
        sign_delivery(opened, key, **SHARES) for key in (keys.consignee, keys.carrier)
    )

    tx = submit(opened, consignee, carrier if is_accepted else NOBODY, [quote])

    assert "ShortcutFailed" not in tx.events
    assert event(tx, "ClaimPaid")["amount"] == (opened.amount // 10 if is_accepted else 0)


@pytest.mark.parametrize("shares", [(0, 0), (10_001, 0), (6_000, 4_001), (2**16 - 1, 2**16 - 1)])
@pytest.mark.parametrize("is_accepted", [True, False])
def test_reverts_when_the_shares_are_none_or_more_than_all(
    shares, is_accepted, shipped, submit, sign_delivery, ledger, keys, reverts
):
    signed = dict(zip(("lost_bps", "damaged_bps"), shares, strict=True))
    consignee = sign_delivery(shipped, keys.consignee, **signed)
    custodian = sign_delivery(shipped, keys.carrier, **signed) if is_accepted else NOBODY
    with reverts(ledger, "ShipmentLedger_InvalidShares", *shares):
        submit(shipped, consignee, custodian, shares=shares)


@pytest.mark.parametrize("side", [0, 1], ids=["consignee", "custodian"])
@pytest.mark.parametrize(
    "change",
    [
        {"lost_bps": 1_001},
        {"damaged_bps": 2_499},
        {"lost_bps": 0, "damaged_bps": 0},
        {"sequence": 1},
        {"shipment_id": b"\1" * 32},
        {"evidence": b"\1" * 32},
    ],
    ids=str,
)
def test_reverts_when_something_else_was_signed(
    change, side, shipped, submit, sign_delivery, ledger, keys, reverts
):
    both = keys.consignee, keys.carrier
    signed = [sign_delivery(shipped, key, **SHARES) for key in both]
    signed[side] = sign_delivery(shipped, both[side], **(SHARES | change))
    with reverts(ledger, "ShipmentLedger_InvalidSignature", both[side].address):
        submit(shipped, *signed)


def test_reverts_when_who_had_custody_before_accepts(
    shipped, hand_over, submit, sign_delivery, ledger, keys, ids, reverts
):
    hand_over(shipped, keys.carrier, keys.second_carrier)
    signed = [sign_delivery(shipped, key, **SHARES) for key in (keys.consignee, keys.carrier)]
    refused = keys.carrier.address, ids.carrier, ids.second_carrier
    with reverts(ledger, "ShipmentLedger_NotActingFor", *refused):
        submit(shipped, *signed)


def test_reverts_when_the_custodians_device_accepts(
    shipped, submit, sign_delivery, registry, keys, reverts
):
    signed = [sign_delivery(shipped, key, **SHARES) for key in (keys.consignee, keys.device)]
    refused = keys.device.address, Function.HANDOVER, Refusal.FUNCTION_NOT_GRANTED
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refused):
        submit(shipped, *signed)


def test_reverts_when_another_than_the_consignee_receives(
    shipped, submit, sign_delivery, ledger, keys, ids, reverts
):
    signed = [sign_delivery(shipped, key, **SHARES) for key in (keys.buyer, keys.carrier)]
    refused = keys.buyer.address, ids.buyer, ids.consignee
    with reverts(ledger, "ShipmentLedger_NotActingFor", *refused):
        submit(shipped, *signed)


@pytest.mark.parametrize(
    ("stage", "error"),
    [
        ("opened", "ShipmentLedger_ShipmentUnknown"),
        ("delivered", "ShipmentLedger_AlreadyDelivered"),
    ],
)
def test_reverts_given_there_is_nothing_to_receive(
    stage, error, request, submit, sign_delivery, ledger, keys, shipment_of, reverts
):
    order = request.getfixturevalue(stage)
    with reverts(ledger, error, shipment_of(order)):
        submit(order, sign_delivery(order, keys.consignee, **SHARES))
