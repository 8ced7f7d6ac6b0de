from dataclasses import astuple


def test_pays_the_seller_exactly_when_delivered_in_time(
    case, escrow, dollar, order_id, record_of, event, sender, keys, reverts
):
    order, stranger = case.order, sender(keys.stranger)
    if case.outcome != "settle":
        expected = order_id(order), case.delivered_at, order.refund_after
        with reverts(escrow, "TradeEscrow_NotDelivered", *expected):
            escrow.settle(astuple(order), stranger)
        return
    before, opened_at = dollar.balanceOf(order.seller), record_of(order)[1]

    tx = escrow.settle(astuple(order), stranger)

    assert dollar.balanceOf(order.seller) == before + order.amount
    assert dollar.balanceOf(escrow) == 0
    assert record_of(order) == (2, opened_at, tx.timestamp, 10)
    assert not escrow.isOpen(order_id(order))
    assert event(tx, "OrderReleased") == {
        "orderId": order_id(order),
        "payee": order.seller,
        "amount": order.amount,
    }
    assert event(tx, "TradeRated") == {
        "orderId": order_id(order),
        "sellerId": order.seller_id,
        "buyerId": order.buyer_id,
        "weight": 10,
        "outcome": case.rating,
    }


def test_pays_the_exact_amount_of_each_of_several_orders(
    escrow, dollar, keys, source, make_order, open_order, end
):
    first = make_order(source=source.address, amount=1)
    second = make_order(source=source.address, amount=2**40 - 1)
    dollar.mint(keys.buyer.address, second.amount, {"from": keys.operator.address})
    for order in (first, second):
        open_order(order)
    before = dollar.balanceOf(keys.seller.address)

    end(first, "settle")
    assert dollar.balanceOf(keys.seller.address) == before + 1
    assert dollar.balanceOf(escrow) == second.amount
    end(second, "settle")
    assert dollar.balanceOf(keys.seller.address) == before + 2**40


def test_pays_whoever_holds_the_note(opened, sell_note, end, dollar, keys, event):
    sell_note(opened)
    bank, before = keys.bank.address, dollar.balanceOf(keys.bank.address)
    assert event(end(opened, "settle"), "OrderReleased")["payee"] == bank
    assert dollar.balanceOf(bank) == before + opened.amount
