from dataclasses import astuple

import pytest


@pytest.fixture
def mark(escrow, notes, sender):
    """Marks an order as the contract of notes does; gives the transaction."""
    return lambda order, paid=0: escrow.markNoted(astuple(order), paid, sender(notes))


def test_marks_an_order_for_ever(opened, mark, escrow, order_id, record_of, plain, event):
    before = record_of(opened)
    tx = mark(opened)
    assert bytes(tx.return_value) == order_id(opened)
    assert event(tx, "OrderNoted") == {"orderId": order_id(opened)}
    assert plain(escrow.progressOf(order_id(opened))) == (0, 0, 0, True)
    assert record_of(opened) == before


def test_it_is_still_marked_when_it_has_ended(opened, sell_note, end, escrow, order_id, plain):
    sell_note(opened)
    end(opened, "settle")
    assert plain(escrow.progressOf(order_id(opened)))[3] is True


@pytest.mark.parametrize("who", ["seller", "buyer", "bank", "operator"])
def test_reverts_when_caller_is_not_the_contract_of_notes(
    who, opened, escrow, keys, sender, reverts
):
    key = getattr(keys, who)
    with reverts(escrow, "TradeEscrow_NotNotes", key.address):
        escrow.markNoted(astuple(opened), 0, sender(key))


def test_reverts_given_it_is_marked(opened, mark, escrow, order_id, reverts):
    mark(opened)
    with reverts(escrow, "TradeEscrow_OrderNoted", order_id(opened)):
        mark(opened)


def test_reverts_given_it_was_contested(
    deal, fulfil, mark, escrow, keys, order_id, sender, at, reverts
):
    order, clauses = deal
    fulfil(order)
    at(order.deliver_by)
    escrow.contest(astuple(order), astuple(clauses), b"\0" * 32, sender(keys.buyer))
    with reverts(escrow, "TradeEscrow_OrderContested", order_id(order)):
        mark(order)


def test_reverts_when_something_else_was_paid(
    deal, fulfil, mark, escrow, order_id, plain, operator, reverts
):
    order, clauses = deal
    with reverts(escrow, "TradeEscrow_PaidMismatch", 0, 1):
        mark(order, paid=1)
    fulfil(order)
    escrow.advance(astuple(order), astuple(clauses), operator)
    with reverts(escrow, "TradeEscrow_PaidMismatch", 0b0111, 0):
        mark(order)
    mark(order, paid=0b0111)
    assert plain(escrow.progressOf(order_id(order)))[2:] == (0b0111, True)


@pytest.mark.parametrize(("how", "state"), [("settle", 2), ("refund", 3), ("agree", 4)])
def test_reverts_given_the_order_has_ended(
    how, state, opened, end, mark, escrow, order_id, reverts
):
    end(opened, how)
    with reverts(escrow, "TradeEscrow_OrderNotOpen", order_id(opened), state):
        mark(opened)


def test_reverts_given_the_order_was_never_opened(make_order, mark, escrow, order_id, reverts):
    order = make_order()
    with reverts(escrow, "TradeEscrow_OrderNotOpen", order_id(order), 0):
        mark(order)
