from dataclasses import astuple

import pytest

from entrepot.core.messages import Clauses


@pytest.fixture(autouse=True)
def without_approval(dollar, escrow, keys, sender):
    """The buyer has approved nothing."""
    dollar.approve(escrow, 0, sender(keys.buyer))


@pytest.fixture
def open_with_permit(escrow, sign, operator):
    """Opens an order, by default a plain one, with a permit; gives the transaction."""

    def open_(order, permit, clauses=None, **options):
        terms = astuple(order), astuple(clauses or Clauses())
        return escrow.openWithPermit(*terms, *sign(order), permit, {**operator, **options})

    return open_


def test_opens_without_approval(
    open_with_permit, make_order, permit, escrow, dollar, keys, order_id, event
):
    order = make_order()
    before = dollar.balanceOf(keys.buyer.address)

    tx = open_with_permit(order, permit(keys.buyer, order.amount))

    assert event(tx, "OrderOpened")["orderId"] == order_id(order)
    assert escrow.isOpen(order_id(order))
    assert dollar.balanceOf(keys.buyer.address) == before - order.amount
    assert dollar.balanceOf(escrow) == order.amount
    assert dollar.allowance(keys.buyer.address, escrow) == 0


def test_opens_with_clauses(
    open_with_permit, make_order, make_clauses, permit, escrow, keys, order_id, event
):
    clauses = make_clauses()
    order = make_order(clauses=clauses.struct_hash())
    tx = open_with_permit(order, permit(keys.buyer, order.amount), clauses)
    assert escrow.isOpen(order_id(order))
    assert event(tx, "OrderClauses")["clauses"] == astuple(clauses)


def test_reverts_when_the_clauses_are_not_those_that_were_signed(
    open_with_permit, make_order, make_clauses, permit, escrow, keys, reverts
):
    order, clauses = make_order(), make_clauses()
    hashes = clauses.struct_hash(), order.clauses
    with reverts(escrow, "TradeEscrow_ClausesMismatch", *hashes):
        open_with_permit(order, permit(keys.buyer, order.amount), clauses)


def test_opens_given_permit_was_used_by_somebody_else(
    open_with_permit, make_order, permit, escrow, dollar, keys, sender, order_id
):
    order = make_order()
    signed = permit(keys.buyer, order.amount)
    dollar.permit(keys.buyer.address, escrow, *signed, sender(keys.stranger))

    open_with_permit(order, signed)

    assert escrow.isOpen(order_id(order))
    assert dollar.balanceOf(escrow) == order.amount


def test_opens_given_token_knows_no_permit(
    open_with_permit, make_order, permit, escrow, list_token, SilentTokenMock, keys, order_id
):
    token = list_token(SilentTokenMock)
    order = make_order(token=token.address)

    open_with_permit(order, permit(keys.buyer, order.amount))

    assert escrow.isOpen(order_id(order))
    assert token.balanceOf(escrow) == order.amount


def test_reverts_when_permit_is_short(
    open_with_permit, make_order, permit, escrow, dollar, keys, reverts
):
    order = make_order()
    allowed = order.amount - 1
    with reverts(dollar, "ERC20InsufficientAllowance", escrow.address, allowed, order.amount):
        open_with_permit(order, permit(keys.buyer, allowed))


def test_reverts_when_token_has_no_code(
    open_with_permit, make_order, permit, escrow, keys, reverts
):
    order = make_order(token=keys.stranger.address)
    with reverts(escrow, "TradeEscrow_TokenNotListed", order.token):
        open_with_permit(order, permit(keys.buyer, order.amount))


def test_does_not_call_an_unlisted_token(
    open_with_permit, make_order, permit, escrow, HostileListenerMock, keys, operator, reverts
):
    burner_of_all_gas = HostileListenerMock.deploy(True, 0, operator)
    order = make_order(token=burner_of_all_gas.address)
    with reverts(escrow, "TradeEscrow_TokenNotListed", order.token):
        open_with_permit(order, permit(keys.buyer, order.amount), gas_limit=150_000)


def test_reverts_given_opening_is_paused(
    open_with_permit, make_order, permit, escrow, keys, operator, reverts
):
    escrow.pauseOpening(True, operator)
    order = make_order()
    with reverts(escrow, "TradeEscrow_OpeningPaused"):
        open_with_permit(order, permit(keys.buyer, order.amount))
