from dataclasses import astuple, replace

import pytest
from eth_utils import keccak

from entrepot.core.messages import Order


def test_gives_custody_to_the_seller_whoever_creates(
    opened, ledger, keys, ids, sender, order_id, shipment_of, facts_of, event
):
    tx = ledger.create(astuple(opened), sender(keys.stranger))

    facts = (1, 1, ids.seller, 0, 0, 0, 0, tx.timestamp)
    assert facts_of(opened) == facts
    assert event(tx, "ShipmentCreated") == {
        "shipmentId": shipment_of(opened),
        "orderId": order_id(opened),
        "sellerId": ids.seller,
    }
    assert event(tx, "ShipmentSnapshot") == {"shipmentId": shipment_of(opened), "facts": facts}


def test_reverts_given_the_shipment_exists(created, ledger, operator, shipment_of, reverts):
    with reverts(ledger, "ShipmentLedger_ShipmentKnown", shipment_of(created)):
        ledger.create(astuple(created), operator)


def test_reverts_given_the_order_is_not_open(ledger, make_order, operator, order_id, reverts):
    order = make_order()
    with reverts(ledger, "ShipmentLedger_OrderNotOpen", order_id(order)):
        ledger.create(astuple(order), operator)


def test_reverts_given_the_order_has_ended(opened, ledger, escrow, at, operator, order_id, reverts):
    at(opened.refund_after + 1)
    escrow.refund(astuple(opened), operator)
    with reverts(ledger, "ShipmentLedger_OrderNotOpen", order_id(opened)):
        ledger.create(astuple(opened), operator)


@pytest.mark.parametrize(
    "change", [{"seller_id": 9}, {"carrier_id": 9}, {"consignee_id": 0}, {"refund_after": 2**39}]
)
def test_reverts_when_the_terms_are_not_those_signed(
    change, opened, ledger, keys, sender, order_id, reverts
):
    forged = replace(opened, **change)
    with reverts(ledger, "ShipmentLedger_OrderNotOpen", order_id(forged)):
        ledger.create(astuple(forged), sender(keys.stranger))


def test_reverts_when_the_order_names_another_source(
    ledger, escrow, make_order, open_order, operator, reverts
):
    order = make_order(source=escrow.address)
    open_order(order)
    with reverts(ledger, "ShipmentLedger_WrongSource", escrow.address, ledger.address):
        ledger.create(astuple(order), operator)


@pytest.mark.parametrize("word", [i for i in range(20) if i != 9])
def test_a_word_with_dirty_bits_is_no_open_order(word, opened, ledger, domains, operator, reverts):
    data = bytearray(bytes.fromhex(ledger.create.encode_input(astuple(opened))[2:]))
    data[4 + 32 * word] ^= 0x80
    struct_hash = keccak(Order.typehash + data[4:])
    digest = keccak(b"\x19\x01" + domains.escrow + struct_hash)
    with reverts(ledger, "ShipmentLedger_OrderNotOpen", digest):
        operator["from"].transfer(ledger, data="0x" + data.hex())
