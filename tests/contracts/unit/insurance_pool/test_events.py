"""Who has nothing but the events knows the pool's books, exits, deferred payments and shares."""

from collections import Counter

DOLLAR = 10**6
NOBODY = "0x" + "0" * 40


def rebuild(logs):
    """Books, exits, deferred payments and shares as the events and their times add up to."""
    books, exits, matures, deferred, shares = Counter(), Counter(), {}, Counter(), Counter()
    for at, log in logs:
        name, args = log.name, dict(log)
        if name == "CollateralLocked":
            books.update(locked=args["maximum"], liabilities=args["premium"])
        elif name == "CollateralReleased":
            books.update(locked=-args["freed"], liabilities=-args["premium"])
        elif name == "PayoutMade":
            books.update(locked=-args["amount"], first_loss=-args["fromFirstLoss"])
        elif name == "ReserveMoved":
            books.update(reserved=args["current"] - args["previous"])
        elif name == "VestingChanged":
            books["unvested"], books["vests_in"] = args["unvested"], args["vestsIn"]
            books["vested_at"] = at
        elif name == "FirstLossDeposited":
            books.update(first_loss=args["amount"])
        elif name == "FirstLossWithdrawn":
            books.update(first_loss=-args["amount"])
        elif name in ("PaymentDeferred", "PaymentWithdrawn"):
            amount = args["amount"] if name == "PaymentDeferred" else -args["amount"]
            deferred[args["payee"]] += amount
            books.update(liabilities=amount)
        elif name == "ExitRequested":
            exits[args["owner"]] += args["shares"]
            matures[args["owner"]] = args["maturesAt"]
        elif name in ("ExitCancelled", "Withdraw"):
            exits[args["owner"]] -= args["shares"]
        elif name == "Transfer":
            shares[args["from"]] -= args["value"]
            shares[args["to"]] += args["value"]
    return books, exits, matures, deferred, shares


def test_events_add_up_to_the_state(
    other_pool, BlockingTokenMock, keys, sender, underwriter, operator, at, books, history
):
    token, pool = other_pool(BlockingTokenMock, 1_234)
    known = len(history)
    owner, other, payee = keys.consumer, keys.stranger, keys.buyer.address
    pool.depositFirstLoss(40 * DOLLAR, sender(keys.insurer))
    pool.withdrawFirstLoss(10 * DOLLAR, keys.insurer.address, sender(keys.insurer))
    for key in (owner, other):
        pool.deposit(300 * DOLLAR, key.address, sender(key))
    for maximum, premium in ((50, 1), (60, 2), (70, 3), (20, 4)):
        token.mint(pool, premium * DOLLAR, operator)
        pool.lock(maximum * DOLLAR, premium * DOLLAR, underwriter)
    pool.requestExit(100, sender(owner))
    matures_at = pool.requestExit(10**14, sender(owner)).return_value
    pool.requestExit(777, sender(other))
    at(matures_at)
    pool.withdraw(3 * DOLLAR, owner.address, owner.address, sender(owner))
    pool.redeem(10**12, other.address, owner.address, sender(owner))
    pool.cancelExit(sender(other))
    pool.release(50 * DOLLAR, 0, DOLLAR, payee, 50 * DOLLAR, underwriter)
    token.setBlocked(payee, True, operator)
    pool.release(60 * DOLLAR, 0, 2 * DOLLAR, payee, 5 * DOLLAR, underwriter)
    pool.unlock(70 * DOLLAR, 3 * DOLLAR, payee, underwriter)
    pool.recover(7 * DOLLAR, sender(other))
    pool.reserve(0, 0, 0, 11 * DOLLAR, underwriter)
    pool.reserve(0, 11 * DOLLAR, 0, 5 * DOLLAR, underwriter)
    pool.pay(20 * DOLLAR, 0, keys.seller.address, 6 * DOLLAR, underwriter)
    pool.withdrawDeferred(keys.seller.address, sender(keys.buyer))
    token.mint(pool, 6 * DOLLAR, operator)
    pool.lock(30 * DOLLAR, 6 * DOLLAR, underwriter)
    pool.unlock(30 * DOLLAR, 6 * DOLLAR, payee, underwriter)

    sent = (history[i] for i in range(known, len(history)))
    logs = ((tx.timestamp, log) for tx in sent for log in tx.events if log.address == pool.address)
    found, exits, matures, deferred, shares = rebuild(logs)

    assert vars(books(pool)) == dict(found)
    assert (found["locked"], found["reserved"]) == (14 * DOLLAR, 5 * DOLLAR)
    assert found["unvested"] > 7 * DOLLAR
    assert deferred[payee] == pool.deferredOf(payee) == 6 * DOLLAR
    for key in (owner, other):
        kept, matures_at = pool.exitOf(key.address)
        assert exits[key.address] == kept
        assert matures_at in (0, matures[key.address])
        assert shares[key.address] == pool.balanceOf(key.address)
    assert exits[owner.address] > 0
    assert shares[pool.address] == pool.balanceOf(pool) == exits[owner.address]
    assert -shares[NOBODY] == pool.totalSupply()
