"""What all ways to end an order have in common."""

from dataclasses import astuple

import pytest
from eth_utils import keccak

from entrepot.core.messages import Clauses, Consent, Order

STATES = {"settle": 2, "refund": 3, "agree": 4, "conclude": 2, "arbitrate": 5}
PLAIN_CLAUSES = astuple(Clauses())


@pytest.mark.parametrize("second", STATES)
@pytest.mark.parametrize("first", STATES)
def test_an_order_ends_once(
    first, second, opened, end, escrow, dollar, make_order, open_order, order_id, reverts
):
    other = make_order()
    open_order(other)
    end(opened, first)
    with reverts(escrow, "TradeEscrow_OrderNotOpen", order_id(opened), STATES[first]):
        end(opened, second)
    assert dollar.balanceOf(escrow) == other.amount


@pytest.mark.parametrize("how", STATES)
def test_reverts_given_the_order_was_never_opened(
    how, end, escrow, make_order, order_id, source, reverts
):
    order = make_order(source=source.address)
    with reverts(escrow, "TradeEscrow_OrderNotOpen", order_id(order), 0):
        end(order, how)


@pytest.mark.parametrize("how", ["settle", "refund", "conclude", "advance", "agree"])
def test_a_word_with_dirty_bits_is_no_open_order(
    how, opened, escrow, order_id, tell, sign, domains, operator, reverts
):
    tell(delivered_at=opened.deliver_by, as_of=opened.deliver_by)
    consent = Consent(order_id(opened), 0, 2**40 - 1)
    others = {
        "conclude": (PLAIN_CLAUSES,),
        "advance": (PLAIN_CLAUSES,),
        "agree": (PLAIN_CLAUSES, 0, consent.until, *sign(opened, consent)),
    }.get(how, ())
    data = bytes.fromhex(getattr(escrow, how).encode_input(astuple(opened), *others)[2:])
    size = 32 * len(astuple(opened))
    for start in range(4, 4 + size, 32):
        dirty = bytearray(data)
        dirty[start] ^= 0x80
        struct_hash = keccak(Order.typehash + dirty[4 : 4 + size])
        digest = keccak(b"\x19\x01" + domains.escrow + struct_hash)
        with reverts(escrow, "TradeEscrow_OrderNotOpen", digest, 0):
            operator["from"].transfer(escrow, data="0x" + dirty.hex())


@pytest.mark.parametrize(
    ("how", "payee"),
    [
        ("settle", "seller"),
        ("conclude", "seller"),
        ("refund", "buyer"),
        ("agree", "buyer"),
        ("arbitrate", "buyer"),
    ],
)
def test_governance_and_its_pauses_stop_no_payment(
    how, payee, opened, end, escrow, manager, dollar, operator
):
    before = dollar.balanceOf(getattr(opened, payee))
    escrow.pauseOpening(True, operator)
    escrow.unlistToken(dollar, operator)
    manager.setTargetClosed(escrow, True, operator)
    end(opened, how)
    assert dollar.balanceOf(getattr(opened, payee)) == before + opened.amount


@pytest.mark.parametrize("how", ["settle", "refund", "conclude", "agree"])
def test_what_another_source_says_moves_the_money_and_rates_nobody(
    how, other_source, escrow, make_order, open_order, agree, keys, record_of, operator, sender
):
    """Anybody can invent a source, and its parties can have it say what they like."""
    order = make_order(source=other_source.address)
    open_order(order)
    delivered = order.refund_after + 1 if how == "refund" else order.deliver_by
    other_source.tell((5, 1, 1, order.ship_by, 0, 0, delivered, delivered), operator)
    if how == "agree":
        tx = agree(order, signers=None, options=sender(keys.seller))
    elif how == "conclude":
        tx = escrow.conclude(astuple(order), PLAIN_CLAUSES, operator)
    else:
        tx = getattr(escrow, how)(astuple(order), operator)
    assert record_of(order)[0] == {"agree": 3}.get(how, STATES[how])
    assert "TradeRated" not in tx.events
