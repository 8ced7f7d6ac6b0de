import pytest

DOLLAR = 10**6


def test_locks_and_takes_the_premium_over(lock, pool, books, event):
    assets = pool.totalAssets()
    tx = lock(100 * DOLLAR, 3 * DOLLAR)
    assert event(tx, "CollateralLocked") == {"maximum": 100 * DOLLAR, "premium": 3 * DOLLAR}
    assert (books().locked, books().liabilities) == (100 * DOLLAR, 3 * DOLLAR)
    assert pool.totalAssets() == assets


def test_reverts_when_it_would_promise_more_than_it_holds(lock, pool, reverts):
    lock(4_999 * DOLLAR, 10 * DOLLAR)
    short = 5_000 * DOLLAR + 1, 5_000 * DOLLAR
    with reverts(pool, "InsurancePool_CapitalShort", *short):
        lock(DOLLAR + 1, 10 * DOLLAR)
    lock(DOLLAR, 10 * DOLLAR)


def test_reverts_when_caller_is_not_the_insurance(pool, keys, sender, reverts):
    for key in (keys.insurer, keys.operator, keys.stranger):
        with reverts(pool, "InsurancePool_NotUnderwriter", key.address):
            pool.lock(0, 0, sender(key))


@pytest.mark.parametrize(("maximum", "premium"), [(2**128, 0), (0, 2**128)])
def test_reverts_when_the_books_cannot_hold_it(maximum, premium, pool, underwriter, reverts):
    with reverts(pool, "SafeCastOverflowedUintDowncast", 128, maximum or premium):
        pool.lock(maximum, premium, underwriter)
