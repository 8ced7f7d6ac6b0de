from dataclasses import astuple

import pytest

from entrepot.core.messages import Clauses
from entrepot.core.roles import Function, Refusal

NOTE = b"\x0e" * 32
DAY = 86_400


@pytest.fixture(scope="session")
def submit(world, sender, keys):
    """Submits a delivery with this signature as a stranger; gives the transaction."""
    return lambda order, signature: world.ledger.deliver(
        astuple(order), NOTE, signature, [], sender(keys.stranger)
    )


def test_records_the_delivery_and_pays_the_seller(
    shipped, submit, sign_delivery, keys, ids, dollar, shipment_of, facts_of, event, at
):
    shipped_at = facts_of(shipped)[3]
    before = dollar.balanceOf(shipped.seller)
    signature = sign_delivery(shipped, keys.consignee)
    at(shipped.deliver_by)

    tx = submit(shipped, signature)

    now = tx.timestamp
    facts = (5, 3, ids.carrier, shipped_at, 0, 0, now, now)
    assert facts_of(shipped) == facts
    assert event(tx, "ShipmentDelivered") == {
        "shipmentId": shipment_of(shipped),
        "deliveredAt": shipped.deliver_by,
        "evidence": NOTE,
    }
    assert event(tx, "ShipmentSnapshot") == {"shipmentId": shipment_of(shipped), "facts": facts}
    assert event(tx, "OrderReleased")["amount"] == shipped.amount
    assert "ShortcutFailed" not in tx.events
    assert dollar.balanceOf(shipped.seller) == before + shipped.amount


def test_facts_come_before_money(shipped, deliver):
    tx = deliver(shipped)
    names = list(tx.events.keys())
    assert names.index("ShipmentSnapshot") < names.index("OrderReleased")


@pytest.mark.parametrize(("seconds", "outcome"), [(0, "OrderReleased"), (1, "OrderRefunded")])
def test_refund_after_is_the_last_second_that_pays_the_seller(
    seconds, outcome, shipped, submit, sign_delivery, keys, at, event
):
    signature = sign_delivery(shipped, keys.consignee)
    at(shipped.refund_after + seconds)
    tx = submit(shipped, signature)
    assert event(tx, outcome)["amount"] == shipped.amount
    assert "ShortcutFailed" not in tx.events


def test_receipt_of_goods_that_nobody_shipped_counts(created, deliver, facts_of, event, ids):
    tx = deliver(created)
    assert facts_of(created) == (5, 2, ids.seller, 0, 0, 0, tx.timestamp, tx.timestamp)
    assert event(tx, "OrderReleased")["payee"] == created.seller


@pytest.mark.parametrize("stage", ["tendered", "disputed"])
def test_a_signature_concedes_the_tender_and_counts_from_it(
    stage, request, deliver, facts_of, at, event
):
    order = request.getfixturevalue(stage)
    tendered_at, disputed_at = facts_of(order)[4:6]
    at(order.refund_after + DAY)
    tx = deliver(order)
    assert facts_of(order)[4:7] == (tendered_at, disputed_at, tendered_at)
    assert event(tx, "ShipmentDelivered")["deliveredAt"] == tendered_at
    assert event(tx, "OrderReleased")["amount"] == order.amount


def test_facts_outlive_the_order(shipped, escrow, deliver, dollar, facts_of, at, operator):
    at(shipped.refund_after + 1)
    escrow.refund(astuple(shipped), operator)
    before = dollar.balanceOf(shipped.seller)
    tx = deliver(shipped)
    assert facts_of(shipped)[0] == 5
    assert not {"ShortcutFailed", "OrderReleased", "OrderRefunded"} & set(tx.events.keys())
    assert dollar.balanceOf(shipped.seller) == before


def test_an_order_with_clauses_is_left_to_be_concluded(
    make_order, open_order, ship, deliver, escrow, order_id, facts_of
):
    clauses = Clauses(on_delivered=10_000)
    order = make_order(clauses=clauses.struct_hash())
    open_order(order, clauses)
    ship(order)
    tx = deliver(order)
    assert facts_of(order)[0] == 5
    assert set(tx.events.keys()) == {"ShipmentDelivered", "ShipmentSnapshot"}
    assert escrow.isOpen(order_id(order))


def test_without_consignee_the_buyer_itself_receives(
    make_order, open_order, ship, keys, submit, sign_delivery, ledger, event, reverts
):
    order = make_order(buyer=keys.consumer.address, buyer_id=0, consignee_id=0)
    open_order(order)
    ship(order)
    for other in (keys.consignee, keys.seller, keys.carrier, keys.stranger):
        with reverts(ledger, "ShipmentLedger_NotConsignee", other.address, order.buyer):
            submit(order, sign_delivery(order, other))
    tx = submit(order, sign_delivery(order, keys.consumer))
    assert event(tx, "OrderReleased")["payee"] == order.seller


def test_without_consignee_a_contract_receives_by_its_owner(
    make_order, escrow, dollar, domains, keys, SmartWallet, ship, submit, sign_delivery, sender,
    operator, event,
):  # fmt: skip
    wallet = SmartWallet.deploy(keys.stranger.address, operator)
    order = make_order(buyer=wallet.address, buyer_id=0, consignee_id=0)
    dollar.mint(wallet, order.amount, operator)
    dollar.approve(escrow, order.amount, sender(wallet))
    signatures = [order.sign(k, domains.escrow) for k in (keys.stranger, keys.seller)]
    escrow.open(astuple(order), *signatures, operator)
    ship(order)
    _, signature = sign_delivery(order, keys.stranger)
    tx = submit(order, (wallet.address, signature))
    assert event(tx, "OrderReleased")["payee"] == order.seller


def test_with_consignee_the_buyer_does_not_receive(
    shipped, submit, sign_delivery, ledger, keys, ids, reverts
):
    with reverts(
        ledger, "ShipmentLedger_NotActingFor", keys.buyer.address, ids.buyer, ids.consignee
    ):
        submit(shipped, sign_delivery(shipped, keys.buyer))


def test_reverts_when_a_stranger_signs(shipped, submit, sign_delivery, registry, keys, reverts):
    stranger = keys.stranger
    refused = stranger.address, Function.RECEIVE, Refusal.UNKNOWN_KEY
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refused):
        submit(shipped, sign_delivery(shipped, stranger))


def test_reverts_when_a_stranger_signs_in_the_consignees_name(
    shipped, submit, sign_delivery, ledger, keys, reverts
):
    _, signature = sign_delivery(shipped, keys.stranger)
    with reverts(ledger, "ShipmentLedger_InvalidSignature", keys.consignee.address):
        submit(shipped, (keys.consignee.address, signature))


def test_reverts_when_key_may_do_other_things(
    shipped, submit, sign_delivery, grant, staff_key, registry, keys, reverts
):
    grant(keys.consignee, staff_key, Function.BUY)
    refused = staff_key.address, Function.RECEIVE, Refusal.FUNCTION_NOT_GRANTED
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refused):
        submit(shipped, sign_delivery(shipped, staff_key))


def test_accepts_a_key_that_may_receive(
    shipped, submit, sign_delivery, grant, staff_key, keys, facts_of
):
    grant(keys.consignee, staff_key, Function.RECEIVE)
    submit(shipped, sign_delivery(shipped, staff_key))
    assert facts_of(shipped)[0] == 5


def test_reverts_given_the_key_was_revoked(
    shipped, submit, sign_delivery, grant, staff_key, registry, keys, sender, reverts
):
    grant(keys.consignee, staff_key, Function.RECEIVE)
    signature = sign_delivery(shipped, staff_key)
    registry.revokeKey(staff_key.address, sender(keys.consignee))
    refused = staff_key.address, Function.RECEIVE, Refusal.REVOKED_KEY
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refused):
        submit(shipped, signature)


def test_reverts_given_the_key_has_expired(
    shipped, submit, sign_delivery, grant, staff_key, registry, keys, at, now, reverts
):
    expiry = now() + DAY
    grant(keys.consignee, staff_key, Function.RECEIVE, expiry)
    signature = sign_delivery(shipped, staff_key)
    refused = staff_key.address, Function.RECEIVE, Refusal.EXPIRED_KEY
    at(expiry + 1)
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refused):
        submit(shipped, signature)


@pytest.mark.parametrize(
    "change", [{"shipment_id": b"\1" * 32}, {"sequence": 1}, {"evidence": b"\1" * 32}]
)
def test_reverts_when_something_else_was_signed(
    change, shipped, submit, sign_delivery, ledger, keys, reverts
):
    with reverts(ledger, "ShipmentLedger_InvalidSignature", keys.consignee.address):
        submit(shipped, sign_delivery(shipped, keys.consignee, **change))


def test_a_signature_ends_with_the_next_change(
    shipped, submit, sign_delivery, tender, ledger, keys, reverts
):
    signature = sign_delivery(shipped, keys.consignee)
    tender(shipped)
    with reverts(ledger, "ShipmentLedger_InvalidSignature", keys.consignee.address):
        submit(shipped, signature)


def test_reverts_given_it_was_delivered(
    shipped, submit, sign_delivery, ledger, keys, shipment_of, reverts
):
    signature = sign_delivery(shipped, keys.consignee)
    submit(shipped, signature)
    with reverts(ledger, "ShipmentLedger_AlreadyDelivered", shipment_of(shipped)):
        submit(shipped, signature)


def test_reverts_given_no_shipment(
    opened, submit, sign_delivery, ledger, keys, shipment_of, reverts
):
    with reverts(ledger, "ShipmentLedger_ShipmentUnknown", shipment_of(opened)):
        submit(opened, sign_delivery(opened, keys.consignee))
