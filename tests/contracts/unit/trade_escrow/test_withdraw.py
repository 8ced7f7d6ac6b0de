import pytest


@pytest.fixture
def blocking(list_token, BlockingTokenMock):
    """A listed token that can block accounts."""
    return list_token(BlockingTokenMock)


@pytest.fixture
def deferred(blocking, source, make_order, open_order, end, operator):
    """An order whose seller was blocked when it was settled, and that settlement."""
    order = make_order(token=blocking.address, source=source.address, amount=700)
    open_order(order)
    blocking.setBlocked(order.seller, True, operator)
    return order, end(order, "settle")


def test_a_blocked_payees_money_waits(deferred, escrow, blocking, record_of, event):
    order, tx = deferred
    waiting = {"token": blocking.address, "payee": order.seller, "amount": order.amount}
    assert event(tx, "PaymentDeferred") == waiting
    assert event(tx, "OrderReleased")["amount"] == order.amount
    assert record_of(order)[0] == 2
    assert escrow.withdrawable(blocking, order.seller) == order.amount
    assert blocking.balanceOf(escrow) == order.amount


def test_sends_what_waits_to_another_address_once(
    deferred, escrow, blocking, keys, sender, event, reverts
):
    order, _ = deferred
    seller, other = sender(keys.seller), keys.warehouse.address

    tx = escrow.withdraw(blocking, other, seller)

    assert event(tx, "PaymentWithdrawn") == {
        "token": blocking.address,
        "payee": order.seller,
        "to": other,
        "amount": order.amount,
    }
    assert blocking.balanceOf(other) == order.amount
    assert blocking.balanceOf(escrow) == 0
    assert escrow.withdrawable(blocking, order.seller) == 0
    with reverts(escrow, "TradeEscrow_NothingToWithdraw", blocking.address, order.seller):
        escrow.withdraw(blocking, other, seller)


def test_keeps_what_waits_given_the_receiver_is_blocked_too(
    deferred, escrow, blocking, keys, sender, reverts
):
    order, _ = deferred
    refused = blocking.address, order.seller, order.amount
    with reverts(escrow, "TradeEscrow_PaymentRefused", *refused):
        escrow.withdraw(blocking, order.seller, sender(keys.seller))
    assert escrow.withdrawable(blocking, order.seller) == order.amount


def test_adds_up_what_was_deferred(
    deferred, escrow, blocking, source, make_order, open_order, end, keys, sender
):
    first, _ = deferred
    second = make_order(token=blocking.address, source=source.address, amount=42)
    open_order(second)
    end(second, "settle")
    escrow.withdraw(blocking, keys.warehouse.address, sender(keys.seller))
    assert blocking.balanceOf(keys.warehouse.address) == first.amount + second.amount


def test_others_are_paid_given_somebody_was_deferred(
    deferred, escrow, blocking, source, make_order, open_order, end
):
    first, _ = deferred
    other = make_order(token=blocking.address, source=source.address, amount=42)
    open_order(other)
    before = blocking.balanceOf(other.buyer)
    end(other, "refund")
    assert blocking.balanceOf(other.buyer) == before + other.amount
    assert blocking.balanceOf(escrow) == first.amount


def test_reverts_when_nothing_waits_for_the_caller(
    deferred, escrow, blocking, dollar, keys, sender, reverts
):
    stranger = keys.stranger.address
    with reverts(escrow, "TradeEscrow_NothingToWithdraw", blocking.address, stranger):
        escrow.withdraw(blocking, stranger, sender(keys.stranger))
    with reverts(escrow, "TradeEscrow_NothingToWithdraw", dollar.address, keys.seller.address):
        escrow.withdraw(dollar, stranger, sender(keys.seller))


def test_governance_stops_no_withdrawal(
    deferred, escrow, manager, blocking, keys, sender, operator
):
    escrow.pauseOpening(True, operator)
    escrow.unlistToken(blocking, operator)
    manager.setTargetClosed(escrow, True, operator)
    tx = escrow.withdraw(blocking, keys.warehouse.address, sender(keys.seller))
    assert tx.return_value == 700


def test_a_blocked_buyers_refund_waits_too(
    escrow, blocking, source, make_order, open_order, end, operator, event
):
    order = make_order(token=blocking.address, source=source.address, amount=9)
    open_order(order)
    blocking.setBlocked(order.buyer, True, operator)
    waiting = {"token": blocking.address, "payee": order.buyer, "amount": 9}
    assert event(end(order, "refund"), "PaymentDeferred") == waiting
    assert escrow.withdrawable(blocking, order.buyer) == 9
