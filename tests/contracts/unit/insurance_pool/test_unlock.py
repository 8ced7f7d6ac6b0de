DOLLAR = 10**6


def test_returns_the_premium_as_if_nothing_had_been(
    pool, lock, underwriter, keys, books, event, dollar
):
    payee = keys.buyer.address
    assets, money, before = pool.totalAssets(), dollar.balanceOf(payee), books()
    lock(1_000 * DOLLAR, 3 * DOLLAR)
    tx = pool.unlock(1_000 * DOLLAR, 3 * DOLLAR, payee, underwriter)
    released = {"freed": 1_000 * DOLLAR, "premium": 3 * DOLLAR}
    assert event(tx, "CollateralReleased") == released
    assert event(tx, "PremiumReturned") == {"payee": payee, "amount": 3 * DOLLAR}
    assert dollar.balanceOf(payee) == money + 3 * DOLLAR
    assert (books(), pool.totalAssets()) == (before, assets)


def test_a_premium_that_cannot_be_pushed_is_held_for_its_payee(
    other_pool, BlockingTokenMock, keys, underwriter, operator, books
):
    token, pool = other_pool(BlockingTokenMock)
    token.mint(pool, 3 * DOLLAR, operator)
    pool.lock(0, 3 * DOLLAR, underwriter)
    token.setBlocked(keys.buyer.address, True, operator)
    pool.unlock(0, 3 * DOLLAR, keys.buyer.address, underwriter)
    assert pool.deferredOf(keys.buyer.address) == 3 * DOLLAR
    assert books(pool).liabilities == 3 * DOLLAR
    assert pool.totalAssets() == 0


def test_reverts_when_caller_is_not_the_insurance(pool, keys, sender, reverts):
    for key in (keys.insurer, keys.operator, keys.stranger):
        with reverts(pool, "InsurancePool_NotUnderwriter", key.address):
            pool.unlock(0, 0, key.address, sender(key))
