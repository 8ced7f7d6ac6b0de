from dataclasses import astuple

import pytest

from entrepot.core.messages import Payee

DOLLAR = 10**6
SHIPPED, CLEARED, DELIVERED, DUTY = range(4)
RELEASED_STATE, REFUSED_STATE = 3, 4


@pytest.fixture
def reach(deal, tell, tell_customs):
    """Lets the facts come about up to a step; gives what is due then, in dollars."""
    order, _ = deal
    shipped, delivered, released = order.ship_by, order.deliver_by, order.deliver_by - 1
    duty = {"released_at": released, "duty": 60 * DOLLAR, "as_of": released}
    steps = {
        "shipped": ({SHIPPED: 140}, lambda: tell(shipped_at=shipped, as_of=shipped)),
        "cleared": ({CLEARED: 70, DUTY: 60}, lambda: tell_customs(RELEASED_STATE, **duty)),
        "delivered": (
            {DELIVERED: 210},
            lambda: tell(shipped_at=shipped, delivered_at=delivered, as_of=delivered),
        ),
    }

    def go(name):
        due, happen = steps[name]
        happen()
        return due

    return go


STEPS = ["shipped", "cleared", "delivered"]


@pytest.fixture
def advance(deal, escrow, keys, sender):
    """Advances the order as a stranger; gives the transaction."""
    terms = tuple(map(astuple, deal))
    return lambda: escrow.advance(*terms, sender(keys.stranger))


def test_pays_each_step_when_it_is_reached_and_once(
    deal, escrow, dollar, reach, advance, record_of, order_id, plain, reverts
):
    order, clauses = deal
    paid, sent = 0, 0
    before = {who: dollar.balanceOf(who) for who in (order.seller, clauses.treasury)}
    for step in STEPS:
        due = reach(step)
        tx = advance()
        assert [(e["purpose"], e["payee"], e["amount"]) for e in tx.events["OrderPaid"]] == [
            (p, clauses.treasury if p == DUTY else order.seller, amount * DOLLAR)
            for p, amount in due.items()
        ]
        paid |= sum(1 << purpose for purpose in due)
        sent += sum(due.values()) * DOLLAR
        assert plain(escrow.progressOf(order_id(order))) == (0, 0, paid, False)
        assert record_of(order)[0] == 1
        assert dollar.balanceOf(escrow) == order.amount - sent
        with reverts(escrow, "TradeEscrow_NothingDue", order_id(order)):
            advance()
    assert dollar.balanceOf(order.seller) == before[order.seller] + 420 * DOLLAR
    assert dollar.balanceOf(clauses.treasury) == before[clauses.treasury] + 60 * DOLLAR


@pytest.mark.parametrize("moments", [(), ("shipped",), ("cleared",), ("shipped", "delivered")])
def test_everyone_ends_with_the_same_whenever_it_was_advanced(
    moments, deal, escrow, dollar, keys, reach, advance, operator, at
):
    order, clauses = deal
    names = "seller", "treasury", "platform", "carrier", "buyer"
    before = {name: dollar.balanceOf(getattr(keys, name).address) for name in names}
    for step in STEPS:
        reach(step)
        if step in moments:
            advance()
    at(order.deliver_by + clauses.inspection_window + 1)
    escrow.conclude(*map(astuple, deal), operator)
    gained = [dollar.balanceOf(getattr(keys, name).address) - before[name] for name in names]
    assert gained == [amount * DOLLAR for amount in (740, 60, 50, 150, 0)]
    assert dollar.balanceOf(escrow) == 0


def test_what_was_advanced_is_not_refunded_and_not_paid_twice(
    deal, escrow, dollar, tell, reach, advance, operator
):
    order, _ = deal
    reach("shipped")
    advance()
    before = {who: dollar.balanceOf(who) for who in (order.buyer, order.seller)}
    tell(shipped_at=order.ship_by, as_of=order.refund_after + 1)

    escrow.conclude(*map(astuple, deal), operator)

    assert dollar.balanceOf(order.buyer) == before[order.buyer] + 860 * DOLLAR
    assert dollar.balanceOf(order.seller) == before[order.seller]


def test_what_was_paid_as_duty_counts_whatever_the_source_says_later(
    deal, escrow, dollar, opened, tell, reach, advance, tell_customs, operator
):
    order, clauses = deal
    reach("cleared")
    advance()
    before = dollar.balanceOf(order.buyer)
    tell_customs(RELEASED_STATE, released_at=order.deliver_by - 1, duty=0, as_of=order.deliver_by)
    tell(as_of=order.ship_by + 1)

    escrow.conclude(*map(astuple, deal), operator)

    assert dollar.balanceOf(order.buyer) == before + order.amount - 130 * DOLLAR
    assert dollar.balanceOf(clauses.treasury) == 60 * DOLLAR
    assert dollar.balanceOf(escrow) == opened.amount


def test_a_refusal_owes_its_duty_once_it_stands(
    deal, escrow, dollar, tell_customs, advance, order_id, reverts
):
    order, clauses = deal
    final = order.ship_by
    refusal = {"refused_at": final - 1, "final_at": final, "duty": 60 * DOLLAR}
    tell_customs(REFUSED_STATE, **refusal, as_of=final)
    with reverts(escrow, "TradeEscrow_NothingDue", order_id(order)):
        advance()
    tell_customs(REFUSED_STATE, **refusal, as_of=final + 1)
    advance()
    assert dollar.balanceOf(clauses.treasury) == 60 * DOLLAR


def test_reverts_given_the_caps_leave_no_part_to_the_seller(
    open_deal, make_clauses, keys, escrow, tell, order_id, operator, reverts
):
    clauses = make_clauses(payees=(Payee(keys.platform.address, 2**128 - 1),))
    order = open_deal(clauses)
    tell(shipped_at=order.ship_by, as_of=order.ship_by)
    with reverts(escrow, "TradeEscrow_NothingDue", order_id(order)):
        escrow.advance(astuple(order), astuple(clauses), operator)


def test_reverts_when_the_clauses_are_not_the_orders(
    deal, escrow, make_clauses, reach, operator, reverts
):
    order, _ = deal
    reach("shipped")
    more = make_clauses(on_shipped=7_000)
    hashes = more.struct_hash(), order.clauses
    with reverts(escrow, "TradeEscrow_ClausesMismatch", *hashes):
        escrow.advance(astuple(order), astuple(more), operator)


def test_reverts_given_the_order_has_ended(deal, escrow, reach, advance, agree, order_id, reverts):
    order, clauses = deal
    reach("shipped")
    agree(order, clauses)
    with reverts(escrow, "TradeEscrow_OrderNotOpen", order_id(order), 4):
        advance()


def test_a_milestone_that_its_payee_blocks_waits(
    list_token, BlockingTokenMock, open_deal, make_clauses, escrow, tell, operator, event
):
    token, clauses = list_token(BlockingTokenMock), make_clauses()
    order = open_deal(clauses, token=token.address)
    token.setBlocked(order.seller, True, operator)
    tell(shipped_at=order.ship_by, as_of=order.ship_by)
    tx = escrow.advance(astuple(order), astuple(clauses), operator)
    waiting = {"token": token.address, "payee": order.seller, "amount": 140 * DOLLAR}
    assert event(tx, "PaymentDeferred") == waiting
    assert escrow.withdrawable(token, order.seller) == 140 * DOLLAR
    assert token.balanceOf(escrow) == order.amount


def test_pays_the_holder_of_the_note(deal, dollar, keys, sell_note, reach, advance):
    order, _ = deal
    sell_note(order)
    before = {who: dollar.balanceOf(who) for who in (keys.bank.address, order.seller)}
    reach("shipped")
    advance()
    assert dollar.balanceOf(keys.bank.address) == before[keys.bank.address] + 140 * DOLLAR
    assert dollar.balanceOf(order.seller) == before[order.seller]
