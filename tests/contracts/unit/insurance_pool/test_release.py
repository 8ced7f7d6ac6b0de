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
    tx = pool.release(1_000 * DOLLAR, 3 * DOLLAR, payee, payout, underwriter)
    released = {"maximum": 1_000 * DOLLAR, "premium": 3 * DOLLAR}
    assert event(tx, "CollateralReleased") == released
    paid = {"payee": payee, "amount": payout, "fromFirstLoss": own}
    assert event(tx, "PayoutMade") == paid
    assert dollar.balanceOf(payee) == money + payout
    assert vars(books()) == {
        "locked": DOLLAR,
        "liabilities": 5 * DOLLAR,
        "first_loss": 500 * DOLLAR - own,
    }
    assert pool.totalAssets() == assets + 3 * DOLLAR - (payout - own)


def test_without_payout_the_premium_is_earned(pool, lock, underwriter, keys, books):
    lock(1_000 * DOLLAR, 3 * DOLLAR)
    assets = pool.totalAssets()
    tx = pool.release(1_000 * DOLLAR, 3 * DOLLAR, keys.buyer.address, 0, underwriter)
    assert "PayoutMade" not in tx.events
    assert (books().locked, books().liabilities) == (0, 0)
    assert pool.totalAssets() == assets + 3 * DOLLAR


def test_what_cannot_be_pushed_is_held_for_its_payee(
    other_pool, BlockingTokenMock, keys, sender, underwriter, operator, books, event
):
    token, pool = other_pool(BlockingTokenMock)
    pool.deposit(100 * DOLLAR, keys.consumer.address, sender(keys.consumer))
    pool.lock(70 * DOLLAR, 0, underwriter)
    token.setBlocked(keys.buyer.address, True, operator)
    tx = pool.release(70 * DOLLAR, 0, keys.buyer.address, 70 * DOLLAR, underwriter)
    deferred = {"payee": keys.buyer.address, "amount": 70 * DOLLAR}
    assert event(tx, "PaymentDeferred") == deferred
    assert pool.deferredOf(keys.buyer.address) == 70 * DOLLAR
    assert (books(pool).locked, books(pool).liabilities) == (0, 70 * DOLLAR)
    assert pool.totalAssets() == 30 * DOLLAR


def test_reverts_when_caller_is_not_the_insurance(pool, keys, sender, reverts):
    for key in (keys.insurer, keys.operator, keys.stranger):
        with reverts(pool, "InsurancePool_NotUnderwriter", key.address):
            pool.release(0, 0, key.address, 1, sender(key))
