"""A token that calls back in the midst of a payment (as ERC-777 does) finds that all is decided."""

from dataclasses import astuple

import pytest

from entrepot.core.messages import Clauses
from entrepot.core.signing import keccak

DOLLAR = 10**6
PRICE, ADVANCE, BOND = 10 * DOLLAR, 9 * DOLLAR, DOLLAR
REFUSED = keccak(b"ReentrancyGuardReentrantCall()")[:4]
MILESTONE = Clauses(on_shipped=2_000)


@pytest.fixture
def token(ReentrantTokenMock, escrow, notes, keys, sender, operator):
    """A listed token that re-enters once armed; buyer and bank hold 100."""
    token = ReentrantTokenMock.deploy(operator)
    escrow.listToken(token, operator)
    for key, spender in ((keys.buyer, escrow), (keys.bank, notes)):
        token.mint(key.address, 100 * DOLLAR, operator)
        token.approve(spender, 2**256 - 1, sender(key))
    return token


@pytest.fixture
def claim_on(token, place):
    """Opens an order of 10 in that token; gives it."""
    return lambda *clauses: place(*clauses, token=token.address, amount=PRICE)


@pytest.fixture
def sale(notes, domains, keys, make_offer):
    """The arguments of `sell` for an order's offer."""

    def of(order, **changes):
        offer = make_offer(order, **changes)
        signed = [offer.sign(key, domains.notes) for key in (keys.bank, keys.seller)]
        return astuple(order), astuple(offer), *signed

    return of


@pytest.fixture
def victim(claim_on, sale, notes, end, operator):
    """An order that has ended, with its bond still to be divided."""
    order = claim_on()
    notes.sell(*sale(order), operator)
    end(order, "refund")
    return order


@pytest.fixture
def arm(token, notes, victim, claim_on, sale, keys, operator):
    """Arms the token with a call of each function of the note contract that is sent or paid."""
    calls = (
        notes.sell.encode_input(*sale(claim_on())),
        notes.divideBond.encode_input(astuple(victim)),
        notes.withdraw.encode_input(token, keys.stranger.address),
    )

    def load():
        for data in calls:
            token.arm(notes, data, operator)
        return len(calls)

    return load


def _results(tx):
    return [(e["isDone"], bytes(e["result"])) for e in tx.events["Reentered"]]


def test_nothing_is_re_entered_during_a_sale(arm, victim, claim_on, sale, notes, token, operator):
    arguments = sale(claim_on())
    attempts = arm()
    tx = notes.sell(*arguments, operator)
    assert _results(tx) == [(False, REFUSED)] * attempts
    assert token.balanceOf(notes) == 2 * BOND


def test_nothing_is_re_entered_while_a_bond_is_divided(
    arm, victim, claim_on, sale, end, notes, token, keys, operator
):
    order = claim_on()
    notes.sell(*sale(order), operator)
    end(order, "settle")
    before = token.balanceOf(keys.seller.address)
    attempts = arm()
    tx = notes.divideBond(astuple(order), operator)
    assert _results(tx) == [(False, REFUSED)] * attempts
    assert token.balanceOf(keys.seller.address) == before + BOND
    assert token.balanceOf(notes) == BOND


def test_nothing_is_re_entered_during_a_withdrawal(
    arm, victim, claim_on, sale, end, notes, token, keys, sender, operator
):
    order = claim_on()
    notes.sell(*sale(order), operator)
    end(order, "settle")
    token.setBlocked(keys.seller.address, True, operator)
    notes.divideBond(astuple(order), operator)
    attempts = arm()
    tx = notes.withdraw(token, keys.warehouse.address, sender(keys.seller))
    assert _results(tx) == [(False, REFUSED)] * attempts
    assert token.balanceOf(keys.warehouse.address) == token.balanceOf(notes) == BOND


def test_an_order_that_ends_in_the_midst_of_its_sale_pays_the_bank(
    claim_on, sale, notes, escrow, tell, token, keys, operator
):
    order = claim_on()
    arguments = sale(order)
    tell(delivered_at=order.deliver_by, as_of=order.deliver_by)
    token.arm(escrow, escrow.settle.encode_input(astuple(order)), operator)
    before = token.balanceOf(keys.bank.address)
    tx = notes.sell(*arguments, operator)
    assert [done for done, _ in _results(tx)] == [True]
    assert token.balanceOf(keys.bank.address) == before - ADVANCE + PRICE
    assert token.balanceOf(keys.seller.address) == ADVANCE - BOND
    notes.divideBond(astuple(order), operator)
    assert token.balanceOf(keys.seller.address) == ADVANCE
    assert token.balanceOf(notes) == token.balanceOf(escrow) == 0


def test_a_claim_is_not_sold_in_the_midst_of_its_payment(
    claim_on, sale, notes, escrow, tell, token, operator, order_id
):
    order = claim_on(MILESTONE)
    terms = astuple(order), astuple(MILESTONE)
    unpaid, paid = sale(order), sale(order, paid=1)
    tell(shipped_at=order.ship_by, as_of=order.ship_by)
    token.arm(notes, notes.sell.encode_input(*unpaid), operator)
    (milestone,) = _results(escrow.advance(*terms, operator))
    assert milestone == (
        False, keccak(b"TradeEscrow_PaidMismatch(uint8,uint8)")[:4] + (1).to_bytes(32) + bytes(32)
    )  # fmt: skip
    tell(shipped_at=order.ship_by, delivered_at=order.deliver_by, as_of=order.deliver_by)
    token.arm(notes, notes.sell.encode_input(*paid), operator)
    (_, end) = _results(escrow.conclude(*terms, operator))[-1]
    error = keccak(b"TradeEscrow_OrderNotOpen(bytes32,uint8)")[:4]
    assert end == error + order_id(order) + (2).to_bytes(32)
    assert token.balanceOf(notes) == token.balanceOf(escrow) == 0


def test_a_bond_divided_in_the_midst_of_its_orders_end_is_divided_rightly(
    claim_on, sale, notes, escrow, tell, token, keys, operator
):
    order = claim_on()
    notes.sell(*sale(order), operator)
    tell(as_of=order.ship_by + 1)
    token.arm(notes, notes.divideBond.encode_input(astuple(order)), operator)
    before = token.balanceOf(keys.bank.address)
    tx = escrow.refund(astuple(order), operator)
    assert [done for done, _ in _results(tx)] == [True]
    assert token.balanceOf(keys.bank.address) == before + BOND
    assert token.balanceOf(notes) == token.balanceOf(escrow) == 0
