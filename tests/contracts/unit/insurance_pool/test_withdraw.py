DOLLAR = 10**6


def test_burns_shares_for_exact_assets_in_the_pools_favour(
    pool, matured, sender, dollar, operator, event
):
    dollar.mint(pool, 7, operator)
    owner, shares = matured.address, pool.exitOf(matured.address)[0]
    supply, assets = pool.totalSupply(), pool.totalAssets()
    burnt = -(-(100 * DOLLAR) * (supply + 10**6) // (assets + 1))
    money = dollar.balanceOf(owner)
    tx = pool.withdraw(100 * DOLLAR, owner, owner, sender(matured))
    assert tx.return_value == burnt
    assert dollar.balanceOf(owner) == money + 100 * DOLLAR
    assert pool.exitOf(owner)[0] == shares - burnt
    assert (event(tx, "Withdraw")["assets"], event(tx, "Withdraw")["shares"]) == (
        100 * DOLLAR,
        burnt,
    )


def test_all_that_is_withdrawable_can_be_withdrawn(pool, matured, sender, dollar, operator):
    dollar.mint(pool, 1_234_567, operator)
    owner = matured.address
    most = pool.maxWithdraw(owner)
    assert most > 1_000 * DOLLAR
    pool.withdraw(most, owner, owner, sender(matured))
    assert pool.maxWithdraw(owner) <= 1


def test_reverts_when_beyond_the_matured_shares(pool, matured, sender, reverts):
    owner, most = matured.address, pool.maxWithdraw(matured.address)
    with reverts(pool, "ERC4626ExceededMaxWithdraw", owner, most + 1, most):
        pool.withdraw(most + 1, owner, owner, sender(matured))
