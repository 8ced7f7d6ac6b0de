DOLLAR = 10**6


def test_gives_shares_for_assets(pool, dollar, keys, sender, event):
    key = keys.consumer
    dollar.approve(pool, 2**256 - 1, sender(key))
    supply, assets = pool.totalSupply(), pool.totalAssets()
    expected = 10 * DOLLAR * (supply + 10**6) // (assets + 1)
    tx = pool.deposit(10 * DOLLAR, keys.stranger.address, sender(key))
    assert tx.return_value == expected == pool.balanceOf(keys.stranger.address)
    assert event(tx, "Deposit") == {
        "sender": key.address,
        "owner": keys.stranger.address,
        "assets": 10 * DOLLAR,
        "shares": expected,
    }
    assert pool.totalAssets() == assets + 10 * DOLLAR


def test_reverts_when_not_all_of_it_arrives(other_pool, FeeTokenMock, keys, sender, reverts):
    _, pool = other_pool(FeeTokenMock)
    with reverts(pool, "InsurancePool_AmountNotExact", 100 * DOLLAR, 99 * DOLLAR):
        pool.deposit(100 * DOLLAR, keys.consumer.address, sender(keys.consumer))


def test_a_donation_costs_its_giver_more_than_it_takes_from_others(
    other_pool, BlockingTokenMock, keys, sender
):
    token, pool = other_pool(BlockingTokenMock)
    attacker, victim = keys.stranger, keys.consumer
    pool.deposit(1, attacker.address, sender(attacker))
    token.transfer(pool, 999 * DOLLAR, sender(attacker))
    pool.deposit(500 * DOLLAR, victim.address, sender(victim))
    lost = 500 * DOLLAR - pool.convertToAssets(pool.balanceOf(victim.address))
    spent = 999 * DOLLAR + 1 - pool.convertToAssets(pool.balanceOf(attacker.address))
    assert 0 <= lost < 1_000
    assert spent > 400 * DOLLAR
