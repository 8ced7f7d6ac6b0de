from dataclasses import astuple

import pytest

from entrepot.core.roles import Function, Refusal, Role, mask

NOTE = b"\x0e" * 32


def test_the_first_handover_ships_the_goods(
    created, hand_over, agreed, terms, keys, ids, shipment_of, facts_of, event
):
    tx = hand_over(created, keys.seller, keys.carrier, **agreed)

    facts = (2, 2, ids.carrier, tx.timestamp, 0, 0, 0, tx.timestamp)
    assert facts_of(created) == facts
    assert event(tx, "CustodyTransferred") == {
        "shipmentId": shipment_of(created),
        "fromId": ids.seller,
        "toId": ids.carrier,
        "sequence": 1,
        "terms": terms(ids.carrier),
    }
    assert event(tx, "ShipmentSnapshot") == {"shipmentId": shipment_of(created), "facts": facts}


@pytest.mark.parametrize("first", [{}, {"due_by": 2**40 - 1}, {"liability": 1}])
def test_keeps_a_hash_over_the_legs_that_agreed_something(
    first, created, hand_over, chain_of, keys, ids, shipment_of, cargo_of, event
):
    due_by, liability = first.get("due_by", 0), first.get("liability", 0)
    tx = hand_over(created, keys.seller, keys.carrier, **first)
    legs = [(ids.carrier, tx.timestamp, due_by, liability)] if first else []
    assert ("CargoSnapshot" in tx.events) == bool(first)
    assert cargo_of(created) == (chain_of(*legs), 0, 0, 0, 0, tx.timestamp)

    tx = hand_over(created, keys.carrier, keys.warehouse)
    legs.append((ids.warehouse, tx.timestamp, 0, 0))
    tx = hand_over(created, keys.warehouse, keys.second_carrier, due_by=7, liability=2**128 - 1)
    legs.append((ids.second_carrier, tx.timestamp, 7, 2**128 - 1))
    cargo = (chain_of(*legs), 0, 0, 0, 0, tx.timestamp)
    assert cargo_of(created) == cargo
    assert event(tx, "CargoSnapshot") == {"shipmentId": shipment_of(created), "facts": cargo}


def test_later_handovers_go_to_whoever_signs_and_ship_nothing_anew(
    shipped, hand_over, keys, ids, facts_of, at, now
):
    shipped_at = facts_of(shipped)[3]
    at(now() + 1_000)
    tx = hand_over(shipped, keys.carrier, keys.warehouse)
    assert facts_of(shipped) == (2, 3, ids.warehouse, shipped_at, 0, 0, 0, tx.timestamp)
    hand_over(shipped, keys.warehouse, keys.second_carrier)
    assert facts_of(shipped)[:4] == (2, 4, ids.second_carrier, shipped_at)


def test_goods_may_go_back_to_the_seller(shipped, hand_over, keys, ids, facts_of):
    hand_over(shipped, keys.carrier, keys.seller)
    assert facts_of(shipped)[:3] == (2, 3, ids.seller)


def test_a_seller_may_carry_itself(
    make_order, open_order, ledger, operator, keys, ids, hand_over, facts_of
):
    order = make_order(carrier_id=ids.seller)
    open_order(order)
    ledger.create(astuple(order), operator)
    tx = hand_over(order, keys.seller, keys.seller)
    assert facts_of(order)[:4] == (2, 2, ids.seller, tx.timestamp)


def test_reverts_when_first_taken_by_another_than_the_carrier(
    created, hand_over, ledger, keys, ids, reverts
):
    with reverts(ledger, "ShipmentLedger_NotCarrier", ids.second_carrier, ids.carrier):
        hand_over(created, keys.seller, keys.second_carrier)


def test_reverts_when_the_consignee_takes_custody_instead_of_receiving(
    make_order, open_order, ship, hand_over, sign_delivery, ledger, keys, ids, operator, facts_of,
    reverts,
):  # fmt: skip
    order = make_order(consignee_id=ids.warehouse)
    open_order(order)
    ship(order)
    with reverts(ledger, "ShipmentLedger_ReceiverIsConsignee", ids.warehouse):
        hand_over(order, keys.carrier, keys.warehouse)
    receipt = sign_delivery(order, keys.warehouse)
    ledger.deliver(astuple(order), NOTE, receipt, [], operator)
    assert facts_of(order)[0] == 5


def test_reverts_when_the_buyer_takes_custody_of_what_it_is_to_receive(
    make_order, open_order, ship, hand_over, ledger, registry, keys, ids, operator, reverts
):
    registry.setRoles(ids.buyer, mask(Role.BUYER, Role.WAREHOUSE), 1, operator)
    order = make_order(consignee_id=0)
    open_order(order)
    ship(order)
    with reverts(ledger, "ShipmentLedger_ReceiverIsConsignee", ids.buyer):
        hand_over(order, keys.carrier, keys.buyer)


def test_reverts_when_the_carrier_is_the_consignee(
    make_order, open_order, hand_over, ledger, keys, ids, operator, reverts
):
    order = make_order(carrier_id=ids.warehouse, consignee_id=ids.warehouse)
    open_order(order)
    ledger.create(astuple(order), operator)
    with reverts(ledger, "ShipmentLedger_ReceiverIsConsignee", ids.warehouse):
        hand_over(order, keys.seller, keys.warehouse)


def test_reverts_when_custodian_takes_from_itself(shipped, hand_over, ledger, keys, ids, reverts):
    with reverts(ledger, "ShipmentLedger_SameCustodian", ids.carrier):
        hand_over(shipped, keys.carrier, keys.carrier)


@pytest.mark.parametrize("stage", ["tendered", "disputed"])
def test_reverts_given_a_tender_is_pending(
    stage, request, hand_over, ledger, keys, shipment_of, reverts
):
    order = request.getfixturevalue(stage)
    with reverts(ledger, "ShipmentLedger_TenderPending", shipment_of(order)):
        hand_over(order, keys.carrier, keys.warehouse)


def test_reverts_given_it_was_delivered(delivered, hand_over, ledger, keys, shipment_of, reverts):
    with reverts(ledger, "ShipmentLedger_AlreadyDelivered", shipment_of(delivered)):
        hand_over(delivered, keys.carrier, keys.warehouse)


def test_reverts_given_no_shipment(opened, hand_over, ledger, keys, shipment_of, reverts):
    with reverts(ledger, "ShipmentLedger_ShipmentUnknown", shipment_of(opened)):
        hand_over(opened, keys.seller, keys.carrier)


# What may be agreed otherwise than it was signed.
OTHERWISE = {
    "due_by": 2**40 - 2,
    "liability": 700 * 10**6 + 1,
    "location": b"DEHAN".ljust(13, b"\0"),
    "seal": b"SEAL-0043".ljust(16, b"\0"),
    "condition": b"\1" * 32,
}


@pytest.mark.parametrize("side", ["giver", "receiver"])
@pytest.mark.parametrize("change", ["shipment_id", "sequence", "from_id", "to_id", *OTHERWISE])
def test_reverts_when_something_else_was_signed(
    change, side, created, pass_on, sign_handover, ledger, keys, ids, reverts
):
    wrong = {"shipment_id": b"\1" * 32, **OTHERWISE}.get(change, 0)
    signed = {"giver": sign_handover(created, keys.seller)}
    signed["receiver"] = sign_handover(created, keys.carrier)
    signer = keys.seller if side == "giver" else keys.carrier
    signed[side] = sign_handover(created, signer, **{change: wrong})
    with reverts(ledger, "ShipmentLedger_InvalidSignature", signer.address):
        pass_on(created, ids.carrier, **signed)


@pytest.mark.parametrize("change", OTHERWISE)
def test_reverts_when_terms_are_submitted_that_neither_signed(
    change, created, pass_on, sign_handover, ledger, keys, ids, reverts
):
    changed = {change: OTHERWISE[change]}
    giver, receiver = (sign_handover(created, key) for key in (keys.seller, keys.carrier))
    with reverts(ledger, "ShipmentLedger_InvalidSignature", keys.seller.address):
        pass_on(created, ids.carrier, giver, receiver, **changed)
    giver = sign_handover(created, keys.seller, **changed)
    with reverts(ledger, "ShipmentLedger_InvalidSignature", keys.carrier.address):
        pass_on(created, ids.carrier, giver, receiver, **changed)
    receiver = sign_handover(created, keys.carrier, **changed)
    pass_on(created, ids.carrier, giver, receiver, **changed)


def test_reverts_when_signatures_are_those_of_another_shipment(
    created, pass_on, sign_handover, make_order, open_order, ledger, operator, keys, ids, reverts
):
    other = make_order()
    open_order(other)
    ledger.create(astuple(other), operator)
    signed = [sign_handover(other, key) for key in (keys.seller, keys.carrier)]
    with reverts(ledger, "ShipmentLedger_InvalidSignature", keys.seller.address):
        pass_on(created, ids.carrier, *signed)
    pass_on(other, ids.carrier, *signed)


def test_a_handover_is_good_once(
    created, pass_on, sign_handover, hand_over, ledger, keys, ids, facts_of, reverts
):
    signed = [sign_handover(created, key) for key in (keys.seller, keys.carrier)]
    pass_on(created, ids.carrier, *signed)
    hand_over(created, keys.carrier, keys.seller)
    assert facts_of(created)[2] == ids.seller
    with reverts(ledger, "ShipmentLedger_InvalidSignature", keys.seller.address):
        pass_on(created, ids.carrier, *signed)


def test_reverts_when_a_stranger_signs_for_the_giver(
    created, pass_on, sign_handover, registry, keys, ids, reverts
):
    stranger = keys.stranger
    signed = sign_handover(created, stranger), sign_handover(created, keys.carrier)
    with reverts(
        registry,
        "ParticipantRegistry_NotAuthorized",
        stranger.address,
        Function.HANDOVER,
        Refusal.UNKNOWN_KEY,
    ):
        pass_on(created, ids.carrier, *signed)


@pytest.mark.parametrize("side", ["giver", "receiver"])
def test_reverts_when_another_participant_signs(
    side, created, pass_on, sign_handover, ledger, keys, ids, reverts
):
    other = keys.second_carrier
    signed = {"giver": sign_handover(created, keys.seller)}
    signed["receiver"] = sign_handover(created, keys.carrier)
    signed[side] = sign_handover(created, other)
    expected = ids.seller if side == "giver" else ids.carrier
    with reverts(
        ledger, "ShipmentLedger_NotActingFor", other.address, ids.second_carrier, expected
    ):
        pass_on(created, ids.carrier, **signed)


def test_accepts_a_key_of_the_carrier_until_it_is_revoked(
    created,
    pass_on,
    sign_handover,
    grant,
    staff_key,
    registry,
    keys,
    ids,
    sender,
    facts_of,
    reverts,
):
    grant(keys.carrier, staff_key, Function.HANDOVER)
    signed = [sign_handover(created, key) for key in (keys.seller, staff_key)]
    pass_on(created, ids.carrier, *signed)
    assert facts_of(created)[2] == ids.carrier

    registry.revokeKey(staff_key.address, sender(keys.carrier))
    back = {"from_id": ids.carrier, "to_id": ids.seller}
    signed = [sign_handover(created, key, **back) for key in (staff_key, keys.seller)]
    with reverts(
        registry,
        "ParticipantRegistry_NotAuthorized",
        staff_key.address,
        Function.HANDOVER,
        Refusal.REVOKED_KEY,
    ):
        pass_on(created, ids.seller, *signed)


def test_reverts_given_the_carrier_lost_its_role(
    created, hand_over, registry, keys, ids, operator, reverts
):
    registry.setRoles(ids.carrier, mask(), 1, operator)
    with reverts(
        registry,
        "ParticipantRegistry_NotAuthorized",
        keys.carrier.address,
        Function.HANDOVER,
        Refusal.ROLE_MISSING,
    ):
        hand_over(created, keys.seller, keys.carrier)
