from dataclasses import astuple

import pytest

from entrepot.core.messages import Clauses

DOLLAR = 10**6
NONE, OPEN, RELEASED, REFUNDED, AGREED = range(5)
WITH_INSPECTION = Clauses(conditions=0b1100, inspection_window=1_000)


@pytest.fixture
def conclude_many(escrow, operator):
    """Concludes orders with their clauses; gives the transaction."""

    def go(*deals):
        orders, clauses = zip(*deals, strict=True) if deals else ((), ())
        terms = [astuple(order) for order in orders], [astuple(one) for one in clauses]
        return escrow.concludeMany(*terms, operator)

    return go


@pytest.fixture
def deals(open_deal, make_order, source, agree, tell, now, at):
    """Orders and their clauses, all told to be delivered by one second, and that second.

    Two are ready, one waits for the end of its inspection, one was delivered too late, one has
    ended, one was never opened.
    """
    delivered = now() + 1_000_000
    late = {"deliver_by": delivered - 1, "refund_after": delivered - 1}
    found = {
        "plain": (open_deal(Clauses()), Clauses()),
        "waiting": (open_deal(WITH_INSPECTION), WITH_INSPECTION),
        "late": (open_deal(Clauses(), **late), Clauses()),
        "ended": (open_deal(Clauses()), Clauses()),
        "unknown": (make_order(source=source.address), Clauses()),
        "in parts": (open_deal(parts := Clauses(on_shipped=1_000)), parts),
    }
    agree(found["ended"][0])
    tell(shipped_at=delivered, delivered_at=delivered, as_of=delivered)
    at(delivered)
    return found


def test_ends_those_that_can_be_and_passes_over_the_others(
    deals, conclude_many, escrow, dollar, record_of, keys
):
    sides = keys.seller.address, keys.buyer.address
    before = [dollar.balanceOf(side) for side in sides]

    tx = conclude_many(*deals.values())

    assert tx.return_value == 3
    assert {name: record_of(order)[0] for name, (order, _) in deals.items()} == {
        "plain": RELEASED, "waiting": OPEN, "late": REFUNDED, "ended": AGREED, "unknown": NONE,
        "in parts": RELEASED,
    }  # fmt: skip
    after = [dollar.balanceOf(side) for side in sides]
    assert after == [before[0] + 2_000 * DOLLAR, before[1] + 1_000 * DOLLAR]
    assert dollar.balanceOf(escrow) == 1_000 * DOLLAR
    assert conclude_many(*deals.values()).return_value == 0


def test_ends_an_order_once_that_is_named_twice(deals, conclude_many, escrow, dollar):
    held = dollar.balanceOf(escrow)
    assert conclude_many(deals["plain"], deals["plain"]).return_value == 1
    assert dollar.balanceOf(escrow) == held - 1_000 * DOLLAR


def test_ends_none_of_none(conclude_many):
    assert conclude_many().return_value == 0


def test_reverts_when_clauses_are_missing(deals, escrow, operator, reverts):
    order, clauses = map(astuple, deals["plain"])
    with reverts(escrow, "TradeEscrow_LengthMismatch", 2, 1):
        escrow.concludeMany([order, order], [clauses], operator)


def test_reverts_when_clauses_are_another_orders(deals, conclude_many, escrow, reverts):
    (order, clauses), (_, others) = deals["plain"], deals["waiting"]
    hashes = others.struct_hash(), order.clauses
    with reverts(escrow, "TradeEscrow_ClausesMismatch", *hashes):
        conclude_many((order, clauses), (order, clauses), (deals["late"][0], others))


def test_a_payee_that_is_blocked_holds_up_nobody(
    deals, conclude_many, list_token, BlockingTokenMock, open_deal, escrow, record_of, operator
):
    token = list_token(BlockingTokenMock)
    blocked = open_deal(Clauses(), token=token.address, amount=DOLLAR)
    token.setBlocked(blocked.seller, True, operator)
    tx = conclude_many((blocked, Clauses()), deals["plain"])
    assert tx.return_value == 2
    assert escrow.withdrawable(token, blocked.seller) == DOLLAR
    assert record_of(deals["plain"][0])[0] == RELEASED
