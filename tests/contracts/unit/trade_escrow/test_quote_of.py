"""What is quoted is what is then paid, whatever was agreed and whatever has happened."""

from dataclasses import astuple
from random import Random

import pytest

from entrepot.core.messages import Payee

DAY = 86_400
AMOUNT = 10**9 + 7
PENDING, EARNED, FAILED = range(3)
HOLDERS = "seller", "buyer", "treasury", "platform", "carrier", "inspector"


@pytest.fixture
def draw(open_deal, make_clauses, tell, tell_customs, keys, ids):
    """Opens an order with random clauses and tells random facts, before and after deadlines."""

    def go(random):
        conditions = random.choice([1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15])
        payees = [getattr(keys, name).address for name in HOLDERS[3:]]
        clauses = make_clauses(
            conditions=conditions,
            customs_id=ids.customs if conditions & 2 else 0,
            inspection_window=random.choice([0, 9 * DAY]) if conditions & 8 else 0,
            on_shipped=random.randrange(3_334),
            on_cleared=random.randrange(3_334),
            on_delivered=random.randrange(3_334),
            duty_cap=random.choice([0, 1, AMOUNT // 3, AMOUNT]),
            payees=tuple(
                Payee(who, random.choice([0, 1, AMOUNT // 7, AMOUNT]))
                for who in payees[: random.randrange(4)]
            ),
        )
        order = open_deal(clauses, amount=AMOUNT, uphold_by_default=random.random() < 0.5)

        def moment(*starts):
            return random.choice([0, *(start + random.choice([0, 1]) for start in starts)])

        deadlines = order.ship_by, order.deliver_by, order.refund_after
        facts = {name: moment(*deadlines) for name in ("shipped_at", "delivered_at")}
        tell(**facts, as_of=max(*facts.values(), moment(*deadlines)))
        state = random.randrange(6)
        released = moment(*deadlines) or order.ship_by
        tell_customs(
            state,
            released_at=released if state == 3 else 0,
            final_at=order.deliver_by,
            duty=random.choice([0, 1, AMOUNT // 4, 2 * AMOUNT]),
            as_of=max(released, moment(*deadlines)),
        )
        return order, clauses

    return go


@pytest.mark.parametrize("seed", range(60))
def test_pays_what_was_quoted(
    seed, draw, escrow, dollar, keys, order_id, record_of, plain, operator, at, reverts
):
    random = Random(seed)
    order, clauses = draw(random)
    terms = astuple(order), astuple(clauses)
    holders = [getattr(keys, name).address for name in HOLDERS]
    expected = {who: dollar.balanceOf(who) for who in holders}
    last = order.refund_after + order.acceptance_window + order.arbitration_period
    given_up = last + clauses.inspection_window + 30 * DAY + 1
    moments = order.deliver_by + DAY, order.refund_after + 10 * DAY, given_up
    held = AMOUNT

    for second in moments[random.randrange(2) :]:
        at(second, mine=True)
        outcome, payments = plain(escrow.quoteOf(*terms))
        assert second != given_up or outcome != PENDING, "an order without an end"
        at(second + 1)
        if outcome != PENDING:
            escrow.conclude(*terms, operator)
        elif payments:
            escrow.advance(*terms, operator)
        else:
            with reverts(escrow, "TradeEscrow_NothingDue", order_id(order)):
                escrow.advance(*terms, operator)
            continue
        for _, payee, amount in payments:
            expected[payee] += amount
            held -= amount
        assert {who: dollar.balanceOf(who) for who in holders} == expected
        assert dollar.balanceOf(escrow) == held
        if outcome != PENDING:
            assert held == 0
            assert record_of(order)[0] == (2 if outcome == EARNED else 3)
            break


def test_reverts_given_the_order_is_not_open(deal, agree, escrow, order_id, reverts):
    order, clauses = deal
    agree(order, clauses)
    with reverts(escrow, "TradeEscrow_OrderNotOpen", order_id(order), 4):
        escrow.quoteOf(astuple(order), astuple(clauses))


def test_reverts_when_the_clauses_are_not_the_orders(deal, escrow, make_clauses, reverts):
    order, others = deal[0], make_clauses(payees=())
    with reverts(escrow, "TradeEscrow_ClausesMismatch", others.struct_hash(), order.clauses):
        escrow.quoteOf(astuple(order), astuple(others))
