from dataclasses import astuple, replace

import pytest

from entrepot.core.messages import Clauses

EVIDENCE = b"\x0e" * 32


@pytest.fixture
def contest(escrow, keys, sender):
    """Contests as the buyer, or as another; gives the transaction."""

    def go(order, clauses, who="buyer"):
        terms = astuple(order), astuple(clauses)
        return escrow.contest(*terms, EVIDENCE, sender(getattr(keys, who)))

    return go


@pytest.mark.parametrize("second", ["first", "last"])
def test_contests_within_the_inspection_window(
    second, deal, fulfil, contest, escrow, order_id, plain, event, at
):
    order, clauses = deal
    fulfil(order)
    at(order.deliver_by + (clauses.inspection_window if second == "last" else 0))

    tx = contest(order, clauses)

    assert event(tx, "OrderContested") == {"orderId": order_id(order), "evidence": EVIDENCE}
    assert plain(escrow.progressOf(order_id(order))) == (tx.timestamp, 0, 0, False)
    assert escrow.isOpen(order_id(order))


def test_reverts_a_second_after_the_window(deal, fulfil, contest, escrow, order_id, at, reverts):
    order, clauses = deal
    fulfil(order)
    at(order.deliver_by + clauses.inspection_window + 1)
    with reverts(escrow, "TradeEscrow_NotContestable", order_id(order)):
        contest(order, clauses)


def test_reverts_given_the_goods_are_not_there(deal, tell, contest, escrow, order_id, reverts):
    order, clauses = deal
    for as_of in (order.ship_by, order.refund_after + 1):
        tell(shipped_at=order.ship_by, as_of=as_of)
        with reverts(escrow, "TradeEscrow_NotContestable", order_id(order)):
            contest(order, clauses)


def test_reverts_when_no_inspection_was_agreed(opened, tell, contest, escrow, order_id, reverts):
    tell(delivered_at=opened.deliver_by, as_of=opened.deliver_by)
    with reverts(escrow, "TradeEscrow_NotContestable", order_id(opened)):
        contest(opened, Clauses())


def test_reverts_given_it_was_contested(deal, fulfil, contest, escrow, order_id, at, reverts):
    order, clauses = deal
    fulfil(order)
    at(order.deliver_by)
    contest(order, clauses)
    with reverts(escrow, "TradeEscrow_NotContestable", order_id(order)):
        contest(order, clauses)


@pytest.mark.parametrize("who", ["seller", "consignee", "arbiter", "operator"])
def test_reverts_when_caller_is_not_the_buyer(
    who, deal, fulfil, contest, escrow, keys, at, reverts
):
    order, clauses = deal
    fulfil(order)
    at(order.deliver_by)
    with reverts(escrow, "TradeEscrow_NotBuyer", getattr(keys, who).address, order.buyer):
        contest(order, clauses, who)


def test_reverts_when_the_clauses_are_not_the_orders(deal, fulfil, contest, escrow, at, reverts):
    order, clauses = deal
    fulfil(order)
    longer = replace(clauses, inspection_window=2 * clauses.inspection_window)
    at(order.deliver_by + clauses.inspection_window + 1)
    hashes = longer.struct_hash(), order.clauses
    with reverts(escrow, "TradeEscrow_ClausesMismatch", *hashes):
        contest(order, longer)


def test_reverts_given_the_order_has_ended(
    deal, fulfil, contest, agree, escrow, order_id, at, reverts
):
    order, clauses = deal
    fulfil(order)
    at(order.deliver_by)
    agree(order, clauses)
    with reverts(escrow, "TradeEscrow_OrderNotOpen", order_id(order), 4):
        contest(order, clauses)
