from dataclasses import astuple

import pytest

DOLLAR = 10**6


@pytest.fixture
def blocking(BlockingTokenMock, escrow, notes, keys, sender, operator):
    """A listed token that can block accounts; buyer and bank hold it."""
    token = BlockingTokenMock.deploy(operator)
    escrow.listToken(token, operator)
    for key, spender in ((keys.buyer, escrow), (keys.bank, notes)):
        token.mint(key.address, 5_000 * DOLLAR, operator)
        token.approve(spender, 2**256 - 1, sender(key))
    return token


@pytest.fixture
def defer(blocking, place, make_offer, sell, end, notes, keys, operator):
    """Lets a bond of 100 dollars of a released order wait for the seller, who is blocked."""

    def go():
        blocking.setBlocked(keys.seller.address, False, operator)
        order = place(token=blocking.address)
        sell(order, make_offer(order))
        blocking.setBlocked(keys.seller.address, True, operator)
        end(order, "settle")
        notes.divideBond(astuple(order), operator)

    return go


def test_sends_what_waits_to_another_address_once(
    defer, blocking, notes, keys, sender, event, reverts
):
    defer()
    defer()
    seller, other = sender(keys.seller), keys.warehouse.address

    tx = notes.withdraw(blocking, other, seller)

    assert event(tx, "PaymentWithdrawn") == {
        "token": blocking.address,
        "payee": keys.seller.address,
        "to": other,
        "amount": 200 * DOLLAR,
    }
    assert tx.return_value == blocking.balanceOf(other) == 200 * DOLLAR
    assert blocking.balanceOf(notes) == notes.withdrawable(blocking, keys.seller.address) == 0
    with reverts(notes, "ReceivableNote_NothingToWithdraw", blocking.address, keys.seller.address):
        notes.withdraw(blocking, other, seller)


def test_keeps_what_waits_given_the_receiver_is_blocked_too(
    defer, blocking, notes, keys, sender, reverts
):
    defer()
    seller = keys.seller.address
    with reverts(blocking, "BlockingTokenMock_Blocked", seller):
        notes.withdraw(blocking, seller, sender(keys.seller))
    assert notes.withdrawable(blocking, seller) == 100 * DOLLAR


def test_reverts_when_nothing_waits_for_the_caller_in_that_token(
    defer, blocking, sold, notes, dollar, keys, sender, reverts
):
    """A bond in dollars lies in the contract, but is nobody's to withdraw."""
    defer()
    for key, token in ((keys.bank, blocking), (keys.stranger, blocking), (keys.seller, dollar)):
        with reverts(notes, "ReceivableNote_NothingToWithdraw", token.address, key.address):
            notes.withdraw(token, key.address, sender(key))
    assert dollar.balanceOf(notes) == 100 * DOLLAR
