from dataclasses import astuple


def test_pays_the_buyer_exactly_when_unshipped_or_undelivered(
    case, escrow, dollar, order_id, record_of, event, sender, keys, reverts
):
    order, stranger = case.order, sender(keys.stranger)
    if case.outcome != "refund":
        expected = order_id(order), case.as_of, order.refund_after
        with reverts(escrow, "TradeEscrow_NotRefundable", *expected):
            escrow.refund(astuple(order), stranger)
        return
    before, opened_at = dollar.balanceOf(order.buyer), record_of(order)[1]

    tx = escrow.refund(astuple(order), stranger)

    assert dollar.balanceOf(order.buyer) == before + order.amount
    assert dollar.balanceOf(escrow) == 0
    assert record_of(order) == (3, opened_at, tx.timestamp, 10)
    assert not escrow.isOpen(order_id(order))
    assert event(tx, "OrderRefunded") == {
        "orderId": order_id(order),
        "payee": order.buyer,
        "amount": order.amount,
    }
    assert event(tx, "TradeRated") == {
        "orderId": order_id(order),
        "sellerId": order.seller_id,
        "buyerId": order.buyer_id,
        "weight": 10,
        "outcome": case.rating,
    }


def test_waits_for_facts_however_late_it_is(opened, escrow, order_id, tell, at, operator, reverts):
    known_to = opened.refund_after
    tell(shipped_at=opened.ship_by, as_of=known_to)
    at(opened.refund_after + 10**6)
    with reverts(
        escrow, "TradeEscrow_NotRefundable", order_id(opened), known_to, opened.refund_after
    ):
        escrow.refund(astuple(opened), operator)
