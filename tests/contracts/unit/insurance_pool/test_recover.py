DOLLAR = 10**6


def test_brings_income_by_anyone(pool, dollar, keys, sender, operator, books, event):
    who, assets = keys.stranger, pool.totalAssets()
    dollar.mint(who.address, 9 * DOLLAR, operator)
    dollar.approve(pool, 9 * DOLLAR, sender(who))
    tx = pool.recover(9 * DOLLAR, sender(who))
    assert event(tx, "MoneyRecovered") == {"from": who.address, "amount": 9 * DOLLAR}
    assert dollar.balanceOf(who.address) == 0
    assert (books().unvested, books().vests_in) == (9 * DOLLAR, 30 * 86_400)
    assert books().first_loss == 500 * DOLLAR
    assert pool.totalAssets() == assets


def test_pays_no_commission(other_pool, BlockingTokenMock, keys, sender, books):
    _, pool = other_pool(BlockingTokenMock, 2_000)
    pool.deposit(DOLLAR, keys.consumer.address, sender(keys.consumer))
    pool.recover(5 * DOLLAR, sender(keys.stranger))
    assert (books(pool).first_loss, books(pool).unvested) == (0, 5 * DOLLAR)


def test_reverts_when_not_all_of_it_arrives(other_pool, FeeTokenMock, keys, sender, reverts):
    _, pool = other_pool(FeeTokenMock)
    with reverts(pool, "InsurancePool_AmountNotExact", 100 * DOLLAR, 99 * DOLLAR):
        pool.recover(100 * DOLLAR, sender(keys.consumer))


def test_reverts_when_the_caller_did_not_approve(pool, dollar, keys, sender, reverts):
    short = pool.address, 0, 1
    with reverts(dollar, "ERC20InsufficientAllowance", *short):
        pool.recover(1, sender(keys.stranger))
