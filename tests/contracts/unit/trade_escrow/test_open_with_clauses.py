from dataclasses import astuple, replace

import pytest

from entrepot.core.messages import PLAIN, ZERO_ADDRESS, Clauses

DAY = 86_400
DOLLAR = 10**6


@pytest.fixture
def make_deal(make_order, make_clauses):
    """An order over 1,000 dollars and its clauses."""

    def make(**changes):
        clauses = make_clauses(**changes)
        return make_order(clauses=clauses.struct_hash()), clauses

    return make


def test_collects_the_price_and_tells_the_clauses(
    escrow, dollar, make_deal, open_order, order_id, record_of, plain, event
):
    order, clauses = make_deal()
    before = dollar.balanceOf(order.buyer)

    tx = open_order(order, clauses)

    assert dollar.balanceOf(order.buyer) == before - order.amount
    assert dollar.balanceOf(escrow) == order.amount
    assert record_of(order) == (1, tx.timestamp, 0, 10)
    assert plain(escrow.progressOf(order_id(order))) == (0, 0, 0, False)
    assert event(tx, "OrderOpened")["order"] == astuple(order)
    assert event(tx, "OrderClauses") == {"orderId": order_id(order), "clauses": astuple(clauses)}


def test_opens_a_plain_order_without_telling_its_clauses(escrow, make_order, open_order, order_id):
    order = make_order()
    tx = open_order(order, Clauses())
    assert escrow.isOpen(order_id(order))
    assert "OrderClauses" not in tx.events


def test_reverts_when_the_clauses_are_not_those_that_were_signed(
    escrow, make_deal, open_order, reverts
):
    order, clauses = make_deal()
    others = replace(clauses, on_shipped=clauses.on_shipped + 1)
    hashes = others.struct_hash(), order.clauses
    with reverts(escrow, "TradeEscrow_ClausesMismatch", *hashes):
        open_order(order, others)


def test_reverts_when_an_order_with_clauses_is_opened_without_them(
    escrow, make_deal, open_order, reverts
):
    order, _ = make_deal()
    with reverts(escrow, "TradeEscrow_ClausesMismatch", PLAIN, order.clauses):
        open_order(order)


def test_reverts_when_clauses_could_not_be_carried_out(settlement, make_deal, open_order, reverts):
    with reverts(settlement, "Settlement_NoTreasury"):
        open_order(*make_deal(treasury=ZERO_ADDRESS))


def test_reverts_given_the_order_is_open(escrow, make_deal, open_order, order_id, reverts):
    order, clauses = make_deal()
    open_order(order, clauses)
    with reverts(escrow, "TradeEscrow_OrderKnown", order_id(order)):
        open_order(order, clauses)


@pytest.fixture
def make_priced(make_deal, dollar, now):
    """A deal over 800 units of a listed token at 1.25 dollars each, for a day."""

    def make(**changes):
        price = {
            "price_token": dollar.address, "price": 800 * DOLLAR, "rate": 125 * 10**16,
            "rate_until": now() + DAY,
        }  # fmt: skip
        return make_deal(**price | changes)

    return make


def test_opens_at_the_rate_until_its_last_second(escrow, make_priced, open_order, order_id, at):
    order, clauses = make_priced()
    at(clauses.rate_until)
    open_order(order, clauses)
    assert escrow.isOpen(order_id(order))


def test_reverts_a_second_after_the_rate_expired(escrow, make_priced, open_order, at, reverts):
    order, clauses = make_priced()
    at(clauses.rate_until + 1)
    expected = clauses.rate_until, clauses.rate_until + 1
    with reverts(escrow, "TradeEscrow_DeadlinePassed", *expected):
        open_order(order, clauses)


def test_an_expired_rate_without_a_price_is_none(escrow, make_priced, open_order, order_id):
    order, clauses = make_priced(price=0, rate_until=0)
    open_order(order, clauses)
    assert escrow.isOpen(order_id(order))


def test_reverts_when_the_amount_is_not_the_price_at_the_rate(
    settlement, make_priced, open_order, reverts
):
    order, clauses = make_priced(price=800 * DOLLAR + 1)
    with reverts(settlement, "Settlement_PriceMismatch", order.amount + 2, order.amount):
        open_order(order, clauses)


def test_reverts_when_the_price_is_in_a_token_that_is_not_listed(
    escrow, make_priced, open_order, reverts, operator, order_id
):
    order, clauses = make_priced(price_token=ZERO_ADDRESS)
    with reverts(escrow, "TradeEscrow_TokenNotListed", ZERO_ADDRESS):
        open_order(order, clauses)
    escrow.listToken(ZERO_ADDRESS, operator)
    open_order(order, clauses)
    assert escrow.isOpen(order_id(order))
