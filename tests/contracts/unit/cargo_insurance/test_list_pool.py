import pytest

from entrepot.services.deploy import NO_COMMISSION, NO_REINSURER


@pytest.fixture
def stray(dollar, registry, keys, operator, InsurancePool):
    """A pool that another contract underwrites."""
    terms = 1, NO_COMMISSION, NO_REINSURER, 0
    return InsurancePool.deploy(dollar, registry, keys.stranger.address, *terms, "S", "S", operator)


def test_lists_a_pool(insurance, dollar, registry, operator, InsurancePool, event):
    terms = 1, NO_COMMISSION, NO_REINSURER, 0
    pool = InsurancePool.deploy(dollar, registry, insurance, *terms, "P", "P", operator)
    assert not insurance.isPoolListed(pool)
    assert event(insurance.listPool(pool, operator), "PoolListed") == {"pool": pool.address}
    assert insurance.isPoolListed(pool)


def test_reverts_when_another_contract_underwrites(insurance, stray, keys, operator, reverts):
    other = stray.address, keys.stranger.address
    with reverts(insurance, "CargoInsurance_PoolNotUnderwrittenHere", *other):
        insurance.listPool(stray, operator)


def test_reverts_when_caller_is_not_governance(insurance, pool, keys, sender, reverts):
    for key in (keys.insurer, keys.stranger):
        with reverts(insurance, "AccessManagedUnauthorized", key.address):
            insurance.listPool(pool, sender(key))
