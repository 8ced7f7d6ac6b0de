DOLLAR = 10**6


def test_adds_capital_that_is_not_the_shareholders(
    pool, dollar, keys, sender, operator, books, event
):
    dollar.mint(keys.stranger.address, 7 * DOLLAR, operator)
    dollar.approve(pool, 7 * DOLLAR, sender(keys.stranger))
    assets = pool.totalAssets()
    tx = pool.depositFirstLoss(7 * DOLLAR, sender(keys.stranger))
    added = {"from": keys.stranger.address, "amount": 7 * DOLLAR}
    assert event(tx, "FirstLossDeposited") == added
    assert books().first_loss == 507 * DOLLAR
    assert pool.totalAssets() == assets


def test_counts_what_arrives(other_pool, FeeTokenMock, keys, sender, books, event):
    _, pool = other_pool(FeeTokenMock)
    tx = pool.depositFirstLoss(100 * DOLLAR, sender(keys.insurer))
    assert event(tx, "FirstLossDeposited")["amount"] == 99 * DOLLAR
    assert books(pool).first_loss == 99 * DOLLAR
