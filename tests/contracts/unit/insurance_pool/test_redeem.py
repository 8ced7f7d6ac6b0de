import pytest
from eth_utils import keccak

from entrepot.services.deploy import NO_COMMISSION, NO_REINSURER

DOLLAR = 10**6
WINDOW = 3 * 86_400


def test_matured_shares_leave_at_the_price_of_the_day(
    pool, matured, sender, dollar, operator, event
):
    dollar.mint(pool, 1_100 * DOLLAR, operator)
    owner, shares = matured.address, pool.exitOf(matured.address)[0]
    supply, assets = pool.totalSupply(), pool.totalAssets()
    expected = shares // 2 * (assets + 1) // (supply + 10**6)
    money = dollar.balanceOf(owner)
    tx = pool.redeem(shares // 2, owner, owner, sender(matured))
    assert tx.return_value == expected
    assert expected == pytest.approx(600 * DOLLAR, abs=1)
    assert dollar.balanceOf(owner) == money + expected
    assert pool.totalSupply() == supply - shares // 2
    assert pool.exitOf(owner)[0] == shares - shares // 2
    assert event(tx, "Withdraw") == {
        "sender": owner,
        "receiver": owner,
        "owner": owner,
        "assets": expected,
        "shares": shares // 2,
    }


def test_nothing_is_left_of_a_request_that_was_met(pool, matured, sender):
    owner = matured.address
    pool.redeem(pool.maxRedeem(owner), owner, owner, sender(matured))
    assert tuple(pool.exitOf(owner)) == (0, 0)
    assert pool.balanceOf(pool) == 0


@pytest.mark.parametrize(
    ("wait", "is_open"),
    [(-1, False), (0, True), (WINDOW - 1, True), (WINDOW, False), (9 * WINDOW, False)],
)
def test_the_door_is_open_for_three_days(
    wait, is_open, pool, shareholder, request_exit, at, sender, reverts
):
    owner = shareholder.address
    shares = pool.balanceOf(owner)
    at(request_exit(shareholder) + wait)
    if is_open:
        pool.redeem(shares, owner, owner, sender(shareholder))
    else:
        with reverts(pool, "ERC4626ExceededMaxRedeem", owner, shares, 0):
            pool.redeem(shares, owner, owner, sender(shareholder))


def test_a_lapsed_request_lets_nothing_out(pool, matured, at):
    assert pool.maxRedeem(matured.address) == pool.exitOf(matured.address)[0] > 0
    assert pool.maxWithdraw(matured.address) > 0
    at(pool.exitOf(matured.address)[1] + WINDOW, mine=True)
    assert pool.maxRedeem(matured.address) == pool.maxWithdraw(matured.address) == 0


def test_a_lapsed_request_is_made_again(pool, shareholder, request_exit, at, sender):
    owner = shareholder.address
    at(request_exit(shareholder) + WINDOW)
    pool.cancelExit(sender(shareholder))
    at(request_exit(shareholder), mine=True)
    pool.redeem(pool.maxRedeem(owner), owner, owner, sender(shareholder))
    assert pool.balanceOf(owner) == 0


def test_shares_that_were_not_asked_to_leave_stay(pool, shareholder, sender, reverts):
    owner, shares = shareholder.address, pool.balanceOf(shareholder.address)
    with reverts(pool, "ERC4626ExceededMaxRedeem", owner, shares, 0):
        pool.redeem(shares, owner, owner, sender(shareholder))


def test_locked_capital_stays(pool, matured, lock, sender, reverts, dollar, books):
    # 6,000 held with first loss: all but 400 are locked.
    lock(5_600 * DOLLAR)
    owner = matured.address
    most = pool.maxRedeem(owner)
    assert pool.maxWithdraw(owner) == 400 * DOLLAR
    with reverts(pool, "ERC4626ExceededMaxRedeem", owner, most + 1, most):
        pool.redeem(most + 1, owner, owner, sender(matured))
    pool.redeem(most, owner, owner, sender(matured))
    assert books().locked <= dollar.balanceOf(pool)
    assert pool.maxWithdraw(owner) == 0


def test_first_loss_capital_is_not_the_shareholders(pool, keys, request_exit, at, sender, dollar):
    owner = keys.insurer.address
    at(request_exit(keys.insurer), mine=True)
    pool.redeem(pool.maxRedeem(owner), owner, owner, sender(keys.insurer))
    assert dollar.balanceOf(pool) == 500 * DOLLAR
    assert pool.totalAssets() == 0


def test_income_that_vests_is_first_loss_when_the_last_shares_leave(
    pool, keys, earn, request_exit, at, sender, dollar, books, event
):
    owner = keys.insurer.address
    matures_at = request_exit(keys.insurer)
    at(matures_at - 15 * 86_400)
    earn(6 * DOLLAR)
    start = books().vested_at
    at(matures_at)
    tx = pool.redeem(pool.balanceOf(pool), owner, owner, sender(keys.insurer))
    rest = -(-6 * DOLLAR * (start + 30 * 86_400 - matures_at) // (30 * 86_400))
    assert event(tx, "FirstLossDeposited") == {"from": pool.address, "amount": rest}
    assert (books().first_loss, books().unvested) == (500 * DOLLAR + rest, 0)
    assert dollar.balanceOf(pool) - books().first_loss in (0, 1)


def test_another_redeems_only_with_an_allowance(pool, matured, keys, sender, dollar, reverts):
    owner, friend = matured.address, keys.stranger
    short = friend.address, 0, 100 * 10**6
    with reverts(pool, "ERC20InsufficientAllowance", *short):
        pool.redeem(100 * 10**6, friend.address, owner, sender(friend))
    pool.approve(friend.address, 100 * 10**6, sender(matured))
    pool.redeem(100 * 10**6, friend.address, owner, sender(friend))
    assert dollar.balanceOf(friend.address) == 100
    assert pool.allowance(owner, friend.address) == 0


def test_nobody_takes_anothers_matured_shares(pool, matured, keys, sender, reverts):
    insurer = keys.insurer.address
    with reverts(pool, "ERC4626ExceededMaxRedeem", insurer, 1, 0):
        pool.redeem(1, insurer, insurer, sender(keys.insurer))
    with reverts(pool, "ERC4626ExceededMaxRedeem", pool.address, 1, 0):
        pool.redeem(1, insurer, pool.address, sender(keys.insurer))


def test_a_token_that_re_enters_is_refused_by_every_way_in(
    ReentrantTokenMock, InsurancePool, registry, ids, keys, sender, at, operator
):
    # The token underwrites, so that its calls get as far as the insurance's would.
    token = ReentrantTokenMock.deploy(operator)
    terms = NO_COMMISSION, NO_REINSURER, 0
    pool = InsurancePool.deploy(token, registry, token, ids.insurer, *terms, "P", "P", operator)
    key, owner = keys.consumer, keys.consumer.address
    token.mint(owner, 100 * DOLLAR, operator)
    token.approve(pool, 2**256 - 1, sender(key))
    pool.deposit(100 * DOLLAR, owner, sender(key))
    at(pool.requestExit(50 * DOLLAR * 10**6, sender(key)).return_value)
    calls = (
        pool.deposit.encode_input(0, owner),
        pool.mint.encode_input(0, owner),
        pool.redeem.encode_input(0, owner, token),
        pool.withdraw.encode_input(0, owner, token),
        pool.depositFirstLoss.encode_input(0),
        pool.lock.encode_input(1, 0),
        pool.unlock.encode_input(0, 0, owner),
        pool.pay.encode_input(0, 0, owner, 0),
        pool.release.encode_input(0, 0, 0, owner, 0),
        pool.reserve.encode_input(0, 0, 0, 0),
        pool.recover.encode_input(0),
        pool.withdrawDeferred.encode_input(owner),
        pool.withdrawFirstLoss.encode_input(0, owner),
    )
    for call in calls:
        token.arm(pool, call, operator)
    tx = pool.redeem(DOLLAR, owner, owner, sender(key))
    refused = "0x" + keccak(b"ReentrancyGuardReentrantCall()")[:4].hex()
    answers = [(found["isDone"], str(found["result"])) for found in tx.events["Reentered"]]
    assert answers == [(False, refused)] * len(calls)
