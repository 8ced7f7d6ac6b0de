import pytest

DOLLAR = 10**6


@pytest.mark.parametrize(
    ("amount", "own"), [(1, 1), (500 * DOLLAR, 500 * DOLLAR), (900 * DOLLAR, 500 * DOLLAR)]
)
def test_pays_a_part_and_keeps_the_rest_locked(
    amount, own, pool, lock, underwriter, keys, books, event, dollar
):
    lock(1_000 * DOLLAR, 3 * DOLLAR)
    assets, payee = pool.totalAssets(), keys.buyer.address
    money = dollar.balanceOf(payee)
    tx = pool.pay(1_000 * DOLLAR, 0, payee, amount, underwriter)
    assert event(tx, "PayoutMade") == {"payee": payee, "amount": amount, "fromFirstLoss": own}
    assert "CollateralReleased" not in tx.events
    assert dollar.balanceOf(payee) == money + amount
    assert books().locked == 1_000 * DOLLAR - amount
    assert books().liabilities == 3 * DOLLAR
    assert books().first_loss == 500 * DOLLAR - own
    assert pool.totalAssets() == assets - (amount - own)


def test_what_cannot_be_pushed_is_held_for_its_payee(
    other_pool, BlockingTokenMock, keys, sender, underwriter, operator, books, event
):
    token, pool = other_pool(BlockingTokenMock)
    pool.deposit(100 * DOLLAR, keys.consumer.address, sender(keys.consumer))
    pool.lock(70 * DOLLAR, 0, underwriter)
    token.setBlocked(keys.buyer.address, True, operator)
    tx = pool.pay(70 * DOLLAR, 0, keys.buyer.address, 30 * DOLLAR, underwriter)
    deferred = {"payee": keys.buyer.address, "amount": 30 * DOLLAR}
    assert event(tx, "PaymentDeferred") == deferred
    assert (books(pool).locked, books(pool).liabilities) == (40 * DOLLAR, 30 * DOLLAR)
    assert pool.totalAssets() == 70 * DOLLAR


def test_reverts_when_more_than_the_maximum_would_be_paid(pool, lock, underwriter, keys, reverts):
    lock(1_000)
    with reverts(pool, "InsurancePool_OverMaximum", 1_000, 1_001):
        pool.pay(1_000, 999, keys.buyer.address, 2, underwriter)


def test_reverts_when_caller_is_not_the_insurance(pool, keys, sender, reverts):
    for key in (keys.insurer, keys.operator, keys.stranger):
        with reverts(pool, "InsurancePool_NotUnderwriter", key.address):
            pool.pay(1, 0, key.address, 1, sender(key))
