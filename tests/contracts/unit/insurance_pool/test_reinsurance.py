"""A pool that bears 100 dollars of each policy and cedes the rest."""

import pytest

from entrepot.core.signing import contract_address

DOLLAR = 10**6
RETENTION = 100 * DOLLAR
NONE = "0x" + "0" * 40


def lock(reinsured, underwriter, operator, maximum, premium=0):
    reinsured.token.mint(reinsured.pool, premium, operator)
    return reinsured.pool.lock(maximum, premium, underwriter)


@pytest.mark.parametrize(
    ("maximum", "own", "own_premium"),
    [
        (RETENTION - 1, RETENTION - 1, 7_000_001),
        (RETENTION, RETENTION, 7_000_001),
        (RETENTION + 1, RETENTION, 7_000_001),
        (4 * RETENTION, RETENTION, 1_750_001),
    ],
)
def test_cedes_what_is_above_the_retention_with_its_part_of_the_premium(
    maximum, own, own_premium, reinsured, underwriter, operator, books, keys
):
    premium, (token, pool, back) = 7_000_001, vars(reinsured).values()
    lock(reinsured, underwriter, operator, maximum, premium)
    assert (books(pool).locked, books(pool).liabilities) == (own, own_premium)
    ceded = maximum - own, premium - own_premium
    assert (books(back).locked, books(back).liabilities) == ceded
    assert token.balanceOf(back) == 1_000 * DOLLAR + ceded[1]
    assert pool.totalAssets() == back.totalAssets() == 1_000 * DOLLAR
    pool.release(maximum, 0, premium, keys.buyer.address, 0, underwriter)
    assert books(pool).locked == books(back).locked == 0
    assert (books(pool).unvested, books(back).unvested) == (own_premium, ceded[1])


@pytest.mark.parametrize(
    "parts",
    [
        (0, 0, 0),
        (40, 60, 0),
        (40, 60, 300),
        (30, 170, 50),
        (100, 0, 300),
        (399, 1, 0),
        (0, 0, 400),
    ],
)
def test_pays_the_first_money_and_the_reinsurer_what_goes_beyond(
    parts, reinsured, underwriter, operator, books, keys
):
    maximum, payee = 4 * RETENTION, keys.buyer.address
    token, pool, back = vars(reinsured).values()
    lock(reinsured, underwriter, operator, maximum)
    paid = 0
    for part in parts[:-1]:
        pool.pay(maximum, paid, payee, part * DOLLAR, underwriter)
        paid += part * DOLLAR
        assert books(pool).locked == RETENTION - min(paid, RETENTION)
        assert books(back).locked == maximum - max(paid, RETENTION)
    pool.release(maximum, paid, 0, payee, parts[-1] * DOLLAR, underwriter)
    total = sum(parts) * DOLLAR
    assert token.balanceOf(payee) == total
    assert token.balanceOf(pool) == 1_000 * DOLLAR - min(total, RETENTION)
    assert token.balanceOf(back) == 1_000 * DOLLAR - max(total - RETENTION, 0)
    assert books(pool).locked == books(back).locked == 0


def test_each_pool_holds_what_it_could_not_push(
    reinsured, underwriter, operator, keys, sender, books
):
    token, pool, back = vars(reinsured).values()
    maximum, payee = 4 * RETENTION, keys.buyer
    lock(reinsured, underwriter, operator, maximum)
    token.setBlocked(payee.address, True, operator)
    pool.release(maximum, 0, 0, payee.address, 250 * DOLLAR, underwriter)
    for each, owed in ((pool, 100 * DOLLAR), (back, 150 * DOLLAR)):
        assert books(each).liabilities == each.deferredOf(payee.address) == owed
        each.withdrawDeferred(keys.seller.address, sender(payee))
    assert token.balanceOf(keys.seller.address) == 250 * DOLLAR


def test_a_void_policy_brings_back_the_ceded_premium(reinsured, underwriter, operator, keys, books):
    token, pool, back = vars(reinsured).values()
    before = books(pool), books(back)
    lock(reinsured, underwriter, operator, 3 * RETENTION, 10_000_001)
    pool.unlock(3 * RETENTION, 10_000_001, keys.buyer.address, underwriter)
    assert token.balanceOf(keys.buyer.address) == 10_000_001
    assert token.balanceOf(pool) == token.balanceOf(back) == 1_000 * DOLLAR
    assert (books(pool), books(back)) == before


@pytest.mark.parametrize(
    ("previous", "current"), [(0, 60), (60, 250), (250, 300), (300, 150), (150, 20), (20, 0)]
)
def test_passes_on_what_is_reserved_above_the_retention(
    previous, current, reinsured, underwriter, operator, books
):
    _, pool, back = vars(reinsured).values()
    lock(reinsured, underwriter, operator, 4 * RETENTION)
    pool.reserve(0, 0, 0, previous * DOLLAR, underwriter)
    pool.reserve(0, previous * DOLLAR, 0, current * DOLLAR, underwriter)
    assert books(pool).reserved == min(current, 100) * DOLLAR
    assert books(back).reserved == max(current - 100, 0) * DOLLAR
    assert pool.totalAssets() == 1_000 * DOLLAR - books(pool).reserved
    assert back.totalAssets() == 1_000 * DOLLAR - books(back).reserved


@pytest.mark.parametrize(
    ("paid", "expected", "own", "ceded"),
    [(30, 80, 50, 0), (30, 250, 70, 150), (100, 250, 0, 150), (180, 250, 0, 70)],
)
def test_reserves_of_what_was_paid_in_part_only_what_is_left_of_the_retention(
    paid, expected, own, ceded, reinsured, underwriter, operator, keys, books
):
    _, pool, back = vars(reinsured).values()
    lock(reinsured, underwriter, operator, 4 * RETENTION)
    pool.reserve(0, 0, 0, expected * DOLLAR, underwriter)
    pool.reserve(0, expected * DOLLAR, paid * DOLLAR, expected * DOLLAR, underwriter)
    pool.pay(4 * RETENTION, 0, keys.buyer.address, paid * DOLLAR, underwriter)
    assert (books(pool).reserved, books(back).reserved) == (own * DOLLAR, ceded * DOLLAR)
    pool.reserve(*([paid * DOLLAR, expected * DOLLAR] + [paid * DOLLAR] * 2), underwriter)
    assert books(pool).reserved == books(back).reserved == 0


def test_reverts_when_the_reinsurer_is_short_of_capital(reinsured, underwriter, operator, reverts):
    lock(reinsured, underwriter, operator, 1_100 * DOLLAR)
    short = 1_000 * DOLLAR + 1, 1_000 * DOLLAR
    with reverts(reinsured.back, "InsurancePool_CapitalShort", *short):
        lock(reinsured, underwriter, operator, RETENTION + 1)
    lock(reinsured, underwriter, operator, RETENTION)


def test_a_ceded_premium_does_not_stand_for_the_pools_own_part(
    reinsured, underwriter, operator, reverts
):
    lock(reinsured, underwriter, operator, RETENTION, 400 * DOLLAR)
    for _ in range(9):
        lock(reinsured, underwriter, operator, RETENTION)
    short = 1_100 * DOLLAR, 1_000 * DOLLAR
    with reverts(reinsured.pool, "InsurancePool_CapitalShort", *short):
        lock(reinsured, underwriter, operator, 2 * RETENTION, 50 * DOLLAR)


def test_only_the_ceding_pool_locks_and_pays(reinsured, keys, sender, underwriter, reverts):
    for options in (underwriter, sender(keys.insurer)):
        with reverts(reinsured.back, "InsurancePool_NotUnderwriter", options["from"].address):
            reinsured.back.lock(0, 0, options)


def test_it_knows_its_reinsurer(reinsured, pool):
    assert reinsured.pool.REINSURER() == reinsured.back
    assert reinsured.pool.RETENTION() == RETENTION
    assert pool.REINSURER() == NONE
    assert pool.RETENTION() == 2**256 - 1


@pytest.mark.parametrize("spoil", ["underwriter", "asset"])
def test_reverts_when_it_would_cede_to_a_pool_that_is_not_its_own(
    spoil, InsurancePool, BlockingTokenMock, world, ids, reinsured, operator, pool, reverts
):
    token, deployer = BlockingTokenMock.deploy(operator), operator["from"]
    ahead = contract_address(bytes.fromhex(deployer.address[2:]), deployer.nonce + 1)
    underwriter = world.insurance if spoil == "underwriter" else ahead
    asset = token if spoil == "asset" else reinsured.token
    back = InsurancePool.deploy(
        asset, world.registry, underwriter, ids.insurer, 0, NONE, 0, "B", "B", operator
    )
    with reverts(pool, "InsurancePool_NotReinsurer", back.address):
        InsurancePool.deploy(
            reinsured.token, world.registry, world.insurance, ids.insurer, 0, back, 1, "F", "F",
            operator,
        )  # fmt: skip
