def test_unlists_a_pool_for_new_cover(
    insurance, pool, opened, make_quote, insure, operator, event, reverts
):
    assert event(insurance.unlistPool(pool, operator), "PoolUnlisted") == {"pool": pool.address}
    assert not insurance.isPoolListed(pool)
    with reverts(insurance, "CargoInsurance_PoolNotListed", pool.address):
        insure(opened, make_quote(opened))


def test_reverts_given_pool_is_not_listed(insurance, keys, operator, reverts):
    with reverts(insurance, "CargoInsurance_PoolNotListed", keys.stranger.address):
        insurance.unlistPool(keys.stranger.address, operator)


def test_reverts_when_caller_is_not_governance(insurance, pool, keys, sender, reverts):
    with reverts(insurance, "AccessManagedUnauthorized", keys.insurer.address):
        insurance.unlistPool(pool, sender(keys.insurer))
