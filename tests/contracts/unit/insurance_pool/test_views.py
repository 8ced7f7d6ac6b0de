DOLLAR = 10**6


def test_it_knows_its_insurer_and_its_insurance(pool, insurance, registry, dollar, ids):
    assert pool.INSURER_ID() == ids.insurer
    assert pool.UNDERWRITER() == insurance
    assert pool.REGISTRY() == registry
    assert pool.asset() == dollar
    assert pool.decimals() == 12


def test_an_empty_pool_is_all_zero(other_pool, BlockingTokenMock, keys):
    _, pool = other_pool(BlockingTokenMock)
    owner = keys.consumer.address
    assert tuple(pool.books()) == (0,) * 7
    assert tuple(pool.exitOf(owner)) == (0, 0)
    assert pool.deferredOf(owner) == pool.totalAssets() == 0
    assert pool.maxWithdraw(owner) == pool.maxRedeem(owner) == 0
