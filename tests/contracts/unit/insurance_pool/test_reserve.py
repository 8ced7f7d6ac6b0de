import pytest

DOLLAR = 10**6


@pytest.mark.parametrize(
    ("reserved", "uncovered"),
    [(1, 0), (500 * DOLLAR, 0), (500 * DOLLAR + 1, 1), (1_600 * DOLLAR, 1_100 * DOLLAR)],
)
def test_lowers_the_price_by_what_first_loss_does_not_cover(
    reserved, uncovered, pool, lock, underwriter, books, event
):
    lock(1_600 * DOLLAR)
    assets = pool.totalAssets()
    tx = pool.reserve(0, 0, 0, reserved, underwriter)
    assert event(tx, "ReserveMoved") == {"previous": 0, "current": reserved}
    assert (books().reserved, books().first_loss) == (reserved, 500 * DOLLAR)
    assert pool.totalAssets() == assets - uncovered
    pool.reserve(0, reserved, 0, 0, underwriter)
    assert (books().reserved, pool.totalAssets()) == (0, assets)


@pytest.mark.parametrize("is_first", [True, False], ids=["before", "after"])
def test_a_loss_that_was_reserved_does_not_lower_the_price_again(
    is_first, pool, lock, underwriter, keys
):
    lock(1_600 * DOLLAR)
    pool.reserve(0, 0, 0, 1_500 * DOLLAR, underwriter)
    assets, payee = pool.totalAssets(), keys.buyer.address

    def move(*dollars):
        pool.reserve(*(each * DOLLAR for each in dollars), underwriter)

    if is_first:
        move(0, 1_500, 700, 1_500)
    pool.pay(1_600 * DOLLAR, 0, payee, 700 * DOLLAR, underwriter)
    if not is_first:
        move(0, 1_500, 700, 1_500)
    assert pool.totalAssets() == assets
    move(700, 1_500, 1_500, 1_500)
    pool.release(1_600 * DOLLAR, 700 * DOLLAR, 0, payee, 800 * DOLLAR, underwriter)
    assert pool.totalAssets() == assets


def test_whoever_leaves_bears_its_share(pool, matured, lock, underwriter, sender, dollar):
    lock(1_600 * DOLLAR)
    owner = matured.address
    money = dollar.balanceOf(owner)
    pool.reserve(0, 0, 0, 1_600 * DOLLAR, underwriter)
    pool.redeem(pool.maxRedeem(owner), owner, owner, sender(matured))
    # 1,100 of the loss are the shareholders', who hold 5,500; 1,000 of it are the owner's.
    assert 0 <= money + 800 * DOLLAR - dollar.balanceOf(owner) <= 1


@pytest.mark.parametrize("verb", ["deposit", "mint"])
def test_nobody_gains_by_a_reserve_that_is_lifted(
    verb, pool, shareholder, lock, underwriter, keys, sender, dollar, operator
):
    lock(3_000 * DOLLAR)
    worth = pool.convertToAssets(pool.balanceOf(shareholder.address))
    pool.reserve(0, 0, 0, 3_000 * DOLLAR, underwriter)
    comer = keys.stranger
    dollar.mint(comer.address, 5_000 * DOLLAR, operator)
    dollar.approve(pool, 2**256 - 1, sender(comer))
    shares = pool.previewDeposit(5_000 * DOLLAR)
    amount = 5_000 * DOLLAR if verb == "deposit" else shares
    getattr(pool, verb)(amount, comer.address, sender(comer))
    assert pool.balanceOf(comer.address) == shares
    pool.reserve(0, 3_000 * DOLLAR, 0, 0, underwriter)
    assert pool.convertToAssets(shares) <= 5_000 * DOLLAR
    assert pool.convertToAssets(pool.balanceOf(shareholder.address)) >= worth


def test_counts_up_to_what_is_locked(pool, lock, underwriter, books):
    lock(700 * DOLLAR)
    assets = pool.totalAssets()
    pool.reserve(0, 0, 0, 10**9 * DOLLAR, underwriter)
    assert pool.totalAssets() == assets - 200 * DOLLAR
    pool.unlock(700 * DOLLAR, 0, pool, underwriter)
    assert pool.totalAssets() == assets


def test_reverts_when_caller_is_not_the_insurance(pool, keys, sender, reverts):
    for key in (keys.insurer, keys.operator, keys.stranger):
        with reverts(pool, "InsurancePool_NotUnderwriter", key.address):
            pool.reserve(0, 0, 0, 0, sender(key))
