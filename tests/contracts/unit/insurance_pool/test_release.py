import pytest

DOLLAR = 10**6


@pytest.mark.parametrize(
    ("payout", "own"),
    [
        (1, 1),
        (500 * DOLLAR, 500 * DOLLAR),
        (500 * DOLLAR + 1, 500 * DOLLAR),
        (900 * DOLLAR, 500 * DOLLAR),
    ],
)
def test_pays_out_of_first_loss_first(
    payout, own, pool, lock, underwriter, keys, books, event, dollar
):
    lock(1_000 * DOLLAR, 3 * DOLLAR)
    lock(1 * DOLLAR, 5 * DOLLAR)
    assets, money = pool.totalAssets(), dollar.balanceOf(keys.buyer.address)
    payee = keys.buyer.address
    tx = pool.release(1_000 * DOLLAR, 0, 3 * DOLLAR, payee, payout, underwriter)
    released = {"freed": 1_000 * DOLLAR - payout, "premium": 3 * DOLLAR}
    assert event(tx, "CollateralReleased") == released
    paid = {"payee": payee, "amount": payout, "fromFirstLoss": own}
    assert event(tx, "PayoutMade") == paid
    assert dollar.balanceOf(payee) == money + payout
    assert vars(books()) == {
        "locked": DOLLAR,
        "liabilities": 5 * DOLLAR,
        "first_loss": 500 * DOLLAR - own,
        "unvested": 3 * DOLLAR,
        "vested_at": tx.timestamp,
        "vests_in": 30 * 86_400,
        "reserved": 0,
    }
    assert pool.totalAssets() == assets - (payout - own)


def test_frees_what_was_not_paid_before(pool, lock, underwriter, keys, books, event):
    lock(1_000 * DOLLAR, 3 * DOLLAR)
    payee = keys.buyer.address
    pool.pay(1_000 * DOLLAR, 0, payee, 300 * DOLLAR, underwriter)
    tx = pool.release(1_000 * DOLLAR, 300 * DOLLAR, 3 * DOLLAR, payee, 100 * DOLLAR, underwriter)
    assert event(tx, "CollateralReleased")["freed"] == 600 * DOLLAR
    assert (books().locked, books().first_loss) == (0, 100 * DOLLAR)


def test_reverts_when_more_than_the_maximum_would_be_paid(pool, lock, underwriter, keys, reverts):
    lock(1_000)
    with reverts(pool, "InsurancePool_OverMaximum", 1_000, 1_001):
        pool.release(1_000, 999, 0, keys.buyer.address, 2, underwriter)


def test_a_loss_beyond_the_shares_takes_what_has_not_vested(
    other_pool, BlockingTokenMock, keys, sender, underwriter, operator, books, event
):
    token, pool = other_pool(BlockingTokenMock)
    pool.deposit(100 * DOLLAR, keys.consumer.address, sender(keys.consumer))
    token.approve(pool, 2**256 - 1, sender(keys.stranger))
    pool.recover(50 * DOLLAR, sender(keys.stranger))
    pool.lock(140 * DOLLAR, 0, underwriter)
    tx = pool.release(140 * DOLLAR, 0, 0, keys.buyer.address, 140 * DOLLAR, underwriter)
    assert books(pool).unvested == event(tx, "VestingChanged")["unvested"] == 10 * DOLLAR
    assert books(pool).vested_at == tx.timestamp
    # Who comes now does not pay for what was lost before.
    pool.deposit(100 * DOLLAR, keys.stranger.address, sender(keys.stranger))
    assert pool.maxRedeem(keys.stranger.address) == 0
    assert pool.convertToAssets(pool.balanceOf(keys.stranger.address)) >= 99 * DOLLAR


def test_without_payout_the_premium_is_earned(pool, lock, underwriter, keys, books):
    lock(1_000 * DOLLAR, 3 * DOLLAR)
    assets = pool.totalAssets()
    tx = pool.release(1_000 * DOLLAR, 0, 3 * DOLLAR, keys.buyer.address, 0, underwriter)
    assert "PayoutMade" not in tx.events
    assert (books().locked, books().liabilities, books().unvested) == (0, 0, 3 * DOLLAR)
    assert pool.totalAssets() == assets


def test_what_cannot_be_pushed_is_held_for_its_payee(
    other_pool, BlockingTokenMock, keys, sender, underwriter, operator, books, event
):
    token, pool = other_pool(BlockingTokenMock)
    pool.deposit(100 * DOLLAR, keys.consumer.address, sender(keys.consumer))
    pool.lock(70 * DOLLAR, 0, underwriter)
    token.setBlocked(keys.buyer.address, True, operator)
    tx = pool.release(70 * DOLLAR, 0, 0, keys.buyer.address, 70 * DOLLAR, underwriter)
    deferred = {"payee": keys.buyer.address, "amount": 70 * DOLLAR}
    assert event(tx, "PaymentDeferred") == deferred
    assert pool.deferredOf(keys.buyer.address) == 70 * DOLLAR
    assert (books(pool).locked, books(pool).liabilities) == (0, 70 * DOLLAR)
    assert pool.totalAssets() == 30 * DOLLAR


def test_reverts_when_caller_is_not_the_insurance(pool, keys, sender, reverts):
    for key in (keys.insurer, keys.operator, keys.stranger):
        with reverts(pool, "InsurancePool_NotUnderwriter", key.address):
            pool.release(0, 0, 0, key.address, 1, sender(key))
