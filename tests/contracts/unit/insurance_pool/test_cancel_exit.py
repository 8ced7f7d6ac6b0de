import pytest

WINDOW = 3 * 86_400


@pytest.mark.parametrize("wait", ["waiting", "matured", "lapsed"])
def test_gives_the_shares_back(wait, pool, shareholder, request_exit, sender, at, event):
    shares = pool.balanceOf(shareholder.address)
    matures_at = request_exit(shareholder, shares - 3)
    at(matures_at + {"waiting": -1, "matured": 0, "lapsed": WINDOW}[wait])
    tx = pool.cancelExit(sender(shareholder))
    assert tx.return_value == shares - 3
    given_back = {"owner": shareholder.address, "shares": shares - 3}
    assert event(tx, "ExitCancelled") == given_back
    assert pool.balanceOf(shareholder.address) == shares
    assert pool.balanceOf(pool) == 0
    assert tuple(pool.exitOf(shareholder.address)) == (0, 0)
    assert pool.maxRedeem(shareholder.address) == 0


def test_gives_back_only_the_callers_own(pool, shareholder, keys, request_exit, sender):
    request_exit(keys.insurer, 100)
    request_exit(shareholder, 7)
    pool.cancelExit(sender(shareholder))
    assert pool.exitOf(keys.insurer.address)[0] == 100
    assert pool.balanceOf(pool) == 100


def test_reverts_given_nothing_is_on_its_way_out(pool, shareholder, matured, sender, reverts, keys):
    with reverts(pool, "InsurancePool_NoShares", keys.insurer.address):
        pool.cancelExit(sender(keys.insurer))
    owner = shareholder.address
    pool.redeem(pool.maxRedeem(owner), owner, owner, sender(shareholder))
    with reverts(pool, "InsurancePool_NoShares", owner):
        pool.cancelExit(sender(shareholder))
