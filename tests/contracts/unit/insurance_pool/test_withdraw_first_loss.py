from entrepot.core.roles import Function, Refusal

DOLLAR = 10**6


def test_goes_where_the_insurer_says(pool, dollar, keys, sender, books, event):
    assets = pool.totalAssets()
    to = keys.stranger.address
    tx = pool.withdrawFirstLoss(499 * DOLLAR, to, sender(keys.insurer))
    assert event(tx, "FirstLossWithdrawn") == {"to": to, "amount": 499 * DOLLAR}
    assert dollar.balanceOf(to) == 499 * DOLLAR
    assert books().first_loss == DOLLAR
    assert pool.totalAssets() == assets


def test_reverts_given_an_active_policy(pool, lock, keys, sender, underwriter, reverts):
    lock(1)
    with reverts(pool, "InsurancePool_CapitalLocked", 1):
        pool.withdrawFirstLoss(0, keys.insurer.address, sender(keys.insurer))
    pool.release(1, 0, 0, keys.buyer.address, 0, underwriter)
    pool.withdrawFirstLoss(1, keys.insurer.address, sender(keys.insurer))


def test_reverts_when_it_would_take_the_shareholders_money(pool, keys, sender, reverts):
    short = 500 * DOLLAR + 1, 500 * DOLLAR
    with reverts(pool, "InsurancePool_FirstLossShort", *short):
        pool.withdrawFirstLoss(500 * DOLLAR + 1, keys.insurer.address, sender(keys.insurer))


def test_reverts_when_caller_is_another_insurer(
    pool, registry, keys, ids, sender, operator, reverts
):
    registry.setRoles(ids.carrier, 2**15 - 1, 1, operator)
    with reverts(pool, "InsurancePool_NotInsurer", ids.carrier, ids.insurer):
        pool.withdrawFirstLoss(1, keys.carrier.address, sender(keys.carrier))


def test_reverts_when_caller_is_no_key_of_an_insurer(pool, registry, keys, sender, reverts):
    refusal = keys.stranger.address, Function.UNDERWRITE, Refusal.UNKNOWN_KEY
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refusal):
        pool.withdrawFirstLoss(1, keys.stranger.address, sender(keys.stranger))
