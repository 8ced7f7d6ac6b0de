def test_takes_assets_for_exact_shares_in_the_pools_favour(pool, dollar, keys, sender, operator):
    dollar.mint(pool, 7, operator)
    key = keys.consumer
    dollar.approve(pool, 2**256 - 1, sender(key))
    supply, assets = pool.totalSupply(), pool.totalAssets()
    shares = 10**12 + 1
    expected = -(-shares * (assets + 1) // (supply + 10**6))
    assert pool.previewMint(shares) == expected
    tx = pool.mint(shares, key.address, sender(key))
    assert tx.return_value == expected
    assert pool.balanceOf(key.address) == shares
    assert pool.totalAssets() == assets + expected
