import pytest

DOLLAR = 10**6


@pytest.fixture
def waiting(other_pool, BlockingTokenMock, keys, sender, underwriter, operator):
    """A pool that holds 70 dollars for the buyer, who is blocked, and 30 for shareholders."""
    token, pool = other_pool(BlockingTokenMock)
    pool.deposit(100 * DOLLAR, keys.consumer.address, sender(keys.consumer))
    pool.lock(70 * DOLLAR, 0, underwriter)
    token.setBlocked(keys.buyer.address, True, operator)
    pool.release(70 * DOLLAR, 0, 0, keys.buyer.address, 70 * DOLLAR, underwriter)
    return token, pool


def test_goes_where_the_payee_says(waiting, keys, sender, event, books):
    token, pool = waiting
    to = keys.seller.address
    tx = pool.withdrawDeferred(to, sender(keys.buyer))
    assert tx.return_value == 70 * DOLLAR
    withdrawn = {"payee": keys.buyer.address, "to": to, "amount": 70 * DOLLAR}
    assert event(tx, "PaymentWithdrawn") == withdrawn
    assert token.balanceOf(to) == 70 * DOLLAR
    assert pool.deferredOf(keys.buyer.address) == 0
    assert books(pool).liabilities == 0
    assert pool.totalAssets() == 30 * DOLLAR


def test_shareholders_cannot_take_it(waiting, keys, sender, at, reverts):
    _, pool = waiting
    owner = keys.consumer.address
    at(pool.requestExit(pool.balanceOf(owner), sender(keys.consumer)).return_value, mine=True)
    pool.redeem(pool.maxRedeem(owner), owner, owner, sender(keys.consumer))
    pool.withdrawDeferred(keys.seller.address, sender(keys.buyer))


def test_reverts_given_nothing_waits(waiting, keys, sender, reverts):
    _, pool = waiting
    with reverts(pool, "InsurancePool_NothingToWithdraw", keys.stranger.address):
        pool.withdrawDeferred(keys.stranger.address, sender(keys.stranger))
    pool.withdrawDeferred(keys.seller.address, sender(keys.buyer))
    with reverts(pool, "InsurancePool_NothingToWithdraw", keys.buyer.address):
        pool.withdrawDeferred(keys.seller.address, sender(keys.buyer))


def test_still_waits_when_it_fails(waiting, keys, sender, reverts):
    token, pool = waiting
    blocked = keys.buyer.address
    with reverts(token, "BlockingTokenMock_Blocked", blocked):
        pool.withdrawDeferred(blocked, sender(keys.buyer))
    assert pool.deferredOf(blocked) == 70 * DOLLAR
