import pytest

EPOCH = 30 * 86_400


@pytest.mark.parametrize("second", [0, 1, EPOCH - 1])
def test_matures_when_the_epoch_after_the_next_begins(
    second, pool, shareholder, sender, at, now, event
):
    start = (now() // EPOCH + 1) * EPOCH
    shares = pool.balanceOf(shareholder.address)
    at(start + second)
    tx = pool.requestExit(shares - 5, sender(shareholder))
    matures_at = start + 2 * EPOCH
    assert pool.EPOCH() == EPOCH
    assert tx.return_value == matures_at
    assert event(tx, "ExitRequested") == {
        "owner": shareholder.address,
        "shares": shares - 5,
        "maturesAt": matures_at,
    }
    assert event(tx, "Transfer") == {
        "from": shareholder.address,
        "to": pool.address,
        "value": shares - 5,
    }
    assert tuple(pool.exitOf(shareholder.address)) == (shares - 5, matures_at)
    assert pool.balanceOf(shareholder.address) == 5


def test_a_further_request_starts_the_wait_of_all_again(pool, shareholder, request_exit, at):
    first = request_exit(shareholder, 10)
    at(first)
    second = request_exit(shareholder, 7)
    assert second == first + 2 * EPOCH
    assert tuple(pool.exitOf(shareholder.address)) == (17, second)
    assert pool.maxRedeem(shareholder.address) == 0


def test_shares_on_their_way_out_still_bear_losses(
    pool, shareholder, request_exit, lock, underwriter, keys, at
):
    lock(1_600 * 10**6)
    at(request_exit(shareholder), mine=True)
    pool.release(1_600 * 10**6, 0, 0, keys.buyer.address, 1_600 * 10**6, underwriter)
    # 1,100 of the loss are the shareholders', who hold 5,500.
    assert 0 <= 800 * 10**6 - pool.maxWithdraw(shareholder.address) <= 1


def test_reverts_when_no_shares(pool, shareholder, sender, reverts):
    with reverts(pool, "InsurancePool_NoShares", shareholder.address):
        pool.requestExit(0, sender(shareholder))


def test_reverts_when_more_than_the_caller_has(pool, shareholder, sender, reverts):
    shares = pool.balanceOf(shareholder.address)
    short = shareholder.address, shares, shares + 1
    with reverts(pool, "ERC20InsufficientBalance", *short):
        pool.requestExit(shares + 1, sender(shareholder))
