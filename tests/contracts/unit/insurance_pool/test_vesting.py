"""Income reaches the price of a share evenly over 30 days, and never at once."""

import pytest

DOLLAR = 10**6
DAY = 86_400
VESTING = 30 * DAY


@pytest.mark.parametrize("wait", [0, 1, 7 * DAY, VESTING - 1, VESTING, 2 * VESTING])
def test_an_earned_premium_vests_evenly(wait, pool, earn, at):
    assets = pool.totalAssets()
    start = earn(30 * DOLLAR).timestamp
    assert pool.totalAssets() == assets
    at(start + wait, mine=True) if wait else None
    assert pool.VESTING() == VESTING
    assert pool.totalAssets() == assets + 30 * DOLLAR * min(wait, VESTING) // VESTING


def test_further_income_does_not_move_the_price_and_vests_in_the_mean_time(
    pool, earn, at, books, event
):
    start = earn(30 * DOLLAR).timestamp
    at(start + 20 * DAY, mine=True)
    assets = pool.totalAssets()
    at(start + 20 * DAY + 1)
    second = earn(10 * DOLLAR)
    # The lock's block comes a second before: 10 days and 30 days, each weighs 10 dollars.
    passed = second.timestamp - start
    rest = -(-30 * DOLLAR * (VESTING - passed) // VESTING)
    time = (rest * (VESTING - passed) + 10 * DOLLAR * VESTING) // (rest + 10 * DOLLAR)
    assert time == pytest.approx(20 * DAY, abs=3)
    changed = {"unvested": rest + 10 * DOLLAR, "vestsIn": time}
    assert event(second, "VestingChanged") == changed
    assert (books().vested_at, books().vests_in) == (second.timestamp, time)
    assert 0 <= pool.totalAssets() - assets <= 30 * DOLLAR * (passed - 20 * DAY) // VESTING + 1


def test_dust_does_not_hold_up_what_vests(pool, dollar, keys, earn, at, sender, operator, books):
    start = earn(30 * DOLLAR).timestamp
    dollar.mint(keys.stranger.address, 30, operator)
    dollar.approve(pool, 30, sender(keys.stranger))
    for day in range(1, 30):
        at(start + day * DAY)
        pool.recover(1, sender(keys.stranger))
    assert 0 <= books().vested_at + books().vests_in - (start + VESTING) <= 5


@pytest.mark.parametrize("bps", [0, 1, 1_500, 10_000])
def test_the_insurers_commission_is_first_loss(
    bps, other_pool, BlockingTokenMock, keys, sender, underwriter, operator, books, event
):
    token, pool = other_pool(BlockingTokenMock, bps)
    pool.deposit(100 * DOLLAR, keys.consumer.address, sender(keys.consumer))
    premium = 7_654_321
    commission = premium * bps // 10_000
    token.mint(pool, premium, operator)
    pool.lock(50 * DOLLAR, premium, underwriter)
    tx = pool.release(50 * DOLLAR, 0, premium, keys.buyer.address, 0, underwriter)
    if commission:
        added = {"from": pool.address, "amount": commission}
        assert event(tx, "FirstLossDeposited") == added
    assert pool.COMMISSION_BPS() == bps
    assert (books(pool).first_loss, books(pool).unvested) == (commission, premium - commission)
    assert pool.totalAssets() == 100 * DOLLAR


def test_without_shares_income_is_first_loss(
    other_pool, BlockingTokenMock, keys, sender, underwriter, operator, books
):
    token, pool = other_pool(BlockingTokenMock)
    token.mint(pool, 3 * DOLLAR, operator)
    pool.lock(0, 3 * DOLLAR, underwriter)
    pool.release(0, 0, 3 * DOLLAR, keys.buyer.address, 0, underwriter)
    token.approve(pool, 4 * DOLLAR, sender(keys.stranger))
    pool.recover(4 * DOLLAR, sender(keys.stranger))
    assert (books(pool).first_loss, books(pool).unvested) == (7 * DOLLAR, 0)


def test_what_vests_stands_for_claims_but_does_not_leave(
    pool, earn, matured, lock, underwriter, sender, books, keys
):
    earn(100 * DOLLAR)
    owner = matured.address
    assert pool.maxWithdraw(owner) <= 1_000 * DOLLAR
    assets = pool.totalAssets()
    lock(assets + 600 * DOLLAR - DOLLAR)
    maximum = books().locked
    pool.release(maximum, 0, 0, keys.buyer.address, maximum, underwriter)
    assert (books().first_loss, pool.totalAssets()) == (0, 0)
    assert 0 < books().unvested <= 2 * DOLLAR


def test_reverts_when_the_commission_is_more_than_the_premium(
    InsurancePool, world, ids, operator, pool, reverts
):
    terms = 10_001, "0x" + "0" * 40, 0
    with reverts(pool, "InsurancePool_CommissionAboveWhole", 10_001):
        InsurancePool.deploy(
            world.dollar, world.registry, world.insurance, ids.insurer, *terms, "P", "P", operator
        )
