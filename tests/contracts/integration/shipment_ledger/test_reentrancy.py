"""A token that calls back in the midst of a payment finds that all is decided."""

from dataclasses import astuple

import pytest
from eth_utils import keccak

from entrepot.core.messages import Delivery

NOTE = b"\x0e" * 32
PRICE = 10**6


@pytest.fixture
def token(ReentrantTokenMock, escrow, keys, sender, operator):
    """A listed token that re-enters once armed; the buyer holds the price."""
    token = ReentrantTokenMock.deploy(operator)
    escrow.listToken(token, operator)
    token.mint(keys.buyer.address, PRICE, operator)
    token.approve(escrow, PRICE, sender(keys.buyer))
    return token


@pytest.fixture
def delivery(keys, domains, shipment_of):
    """Arguments of an order's delivery at that sequence."""

    def of(order, sequence):
        message = Delivery(shipment_of(order), sequence, evidence=NOTE)
        signature = keys.consignee.address, message.sign(keys.consignee, domains.ledger)
        return astuple(order), NOTE, signature, []

    return of


@pytest.mark.parametrize(
    ("function", "error"), [("deliver", "AlreadyDelivered"), ("create", "ShipmentKnown")]
)
def test_a_payment_does_not_re_enter_the_ledger(
    function, error, token, delivery, make_order, open_order, ship, deliver, ledger, escrow,
    shipment_of, keys, operator, event,
):  # fmt: skip
    # Parties that are rated already leave the token more of the shortcut's gas.
    first = make_order()
    open_order(first)
    ship(first)
    deliver(first)
    order = make_order(token=token.address, amount=PRICE)
    open_order(order)
    ship(order)
    arguments = delivery(order, 2)
    again = arguments if function == "deliver" else arguments[:1]
    token.arm(ledger, getattr(ledger, function).encode_input(*again), operator)

    tx = ledger.deliver(*arguments, operator)

    attempt = event(tx, "Reentered")
    selector = keccak(f"ShipmentLedger_{error}(bytes32)".encode())[:4]
    assert (attempt["isDone"], attempt["result"]) == (False, selector + shipment_of(order))
    assert len(tx.events["ShipmentDelivered"]) == 1
    assert token.balanceOf(keys.seller.address) == PRICE
    assert token.balanceOf(escrow) == 0


def test_goods_delivered_in_the_midst_of_opening_are_paid_once(
    token, delivery, make_order, open_order, ledger, escrow, keys, operator, event
):
    order = make_order(token=token.address, amount=PRICE)
    token.arm(ledger, ledger.create.encode_input(astuple(order)), operator)
    token.arm(ledger, ledger.deliver.encode_input(*delivery(order, 1)), operator)

    tx = open_order(order)

    assert [attempt["isDone"] for attempt in tx.events["Reentered"]] == [True, True]
    assert event(tx, "ShortcutFailed")["listener"] == escrow.address
    assert token.balanceOf(escrow) == PRICE
    escrow.settle(astuple(order), operator)
    assert token.balanceOf(keys.seller.address) == PRICE
    assert token.balanceOf(escrow) == 0
