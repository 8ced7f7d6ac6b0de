from dataclasses import astuple

import pytest
from eth_utils import keccak

from entrepot.core.messages import Clauses, Consent

DOLLAR = 10**6
REFUSED = keccak(b"ReentrancyGuardReentrantCall()")[:4]
PLAIN_CLAUSES = astuple(Clauses())
ENDS = ["settle", "refund", "agree", "conclude", "arbitrate"]
PAYING_THE_SELLER = ["settle", "conclude"]
FUNCTIONS = 12


def test_a_fee_on_the_way_in_is_refused(
    list_token, FeeTokenMock, escrow, make_order, open_order, reverts
):
    token = list_token(FeeTokenMock)
    order = make_order(token=token.address, amount=1_000 * DOLLAR)
    with reverts(escrow, "TradeEscrow_AmountNotExact", 1_000 * DOLLAR, 990 * DOLLAR):
        open_order(order)


def test_a_rebasing_token_that_rounds_is_refused(
    list_token, RebasingTokenMock, escrow, make_order, open_order, operator, reverts
):
    token = list_token(RebasingTokenMock)
    token.rebase(11 * 10**17, operator)
    order = make_order(token=token.address, amount=DOLLAR)
    with reverts(escrow, "TradeEscrow_AmountNotExact", DOLLAR, DOLLAR - 1):
        open_order(order)


@pytest.mark.parametrize("how", ENDS)
def test_a_token_that_returns_nothing_is_paid_out_exactly(
    how, list_token, SilentTokenMock, escrow, source, make_order, open_order, end
):
    token = list_token(SilentTokenMock)
    order = make_order(token=token.address, source=source.address, amount=DOLLAR)
    before = token.balanceOf(order.buyer)
    open_order(order)
    assert token.balanceOf(escrow) == DOLLAR
    assert token.balanceOf(order.buyer) == before - DOLLAR

    tx = end(order, how)

    assert "PaymentDeferred" not in tx.events
    assert token.balanceOf(escrow) == 0
    assert token.balanceOf(order.seller) == (DOLLAR if how in PAYING_THE_SELLER else 0)
    assert token.balanceOf(order.buyer) == before - token.balanceOf(order.seller)


@pytest.fixture
def reentrant(list_token, ReentrantTokenMock):
    """A listed token that re-enters once armed."""
    return list_token(ReentrantTokenMock)


@pytest.fixture
def victim(reentrant, source, make_order, open_order):
    """Somebody's open order of 5 dollars in that token, which every attempt is after."""
    order = make_order(token=reentrant.address, source=source.address, amount=5 * DOLLAR)
    open_order(order)
    return order


@pytest.fixture
def arm(reentrant, victim, escrow, source, make_order, sign, order_id, operator, keys):
    """Arms the token with calls of the escrow: of each function, or of the one of a number."""
    other = make_order(token=reentrant.address, source=source.address, amount=1)
    consent = Consent(order_id(victim), 0, 2**40 - 1)
    deal, terms = (astuple(other), *sign(other)), (astuple(victim), PLAIN_CLAUSES)
    calls = (
        escrow.open.encode_input(*deal),
        escrow.openWithClauses.encode_input(deal[0], PLAIN_CLAUSES, *deal[1:]),
        escrow.openWithPermit.encode_input(
            deal[0], PLAIN_CLAUSES, *deal[1:], (0, 0, 0, b"\0" * 32, b"\0" * 32)
        ),
        escrow.settle.encode_input(terms[0]),
        escrow.refund.encode_input(terms[0]),
        escrow.conclude.encode_input(*terms),
        escrow.concludeMany.encode_input(terms[:1], terms[1:]),
        escrow.advance.encode_input(*terms),
        escrow.agree.encode_input(*terms, 0, consent.until, *sign(victim, consent)),
        escrow.contest.encode_input(*terms, b"\0" * 32),
        escrow.arbitrate.encode_input(*terms, 0),
        escrow.withdraw.encode_input(reentrant, keys.stranger.address),
    )

    def load(numbers=range(FUNCTIONS)):
        assert len(calls) == FUNCTIONS
        for number in numbers:
            reentrant.arm(escrow, calls[number], operator)
        return len(numbers)

    return load


def _check_all_refused(tx, attempts):
    results = [(e["isDone"], bytes(e["result"])) for e in tx.events["Reentered"]]
    assert results == [(False, REFUSED)] * attempts


# One at a time: what a token may burn while it pays is not enough for more.
@pytest.mark.parametrize("number", range(FUNCTIONS))
@pytest.mark.parametrize("how", ENDS)
def test_nothing_is_re_entered_while_an_order_ends(
    how, number, arm, victim, reentrant, escrow, source, make_order, open_order, end
):
    order = make_order(token=reentrant.address, source=source.address, amount=DOLLAR)
    open_order(order)
    payee = order.seller if how in PAYING_THE_SELLER else order.buyer
    before = reentrant.balanceOf(payee)
    attempts = arm([number])

    _check_all_refused(end(order, how), attempts)

    assert reentrant.balanceOf(payee) == before + DOLLAR
    assert reentrant.balanceOf(escrow) == victim.amount


def test_nothing_is_re_entered_while_an_order_opens(
    arm, victim, reentrant, escrow, source, make_order, open_order, tell, end
):
    tell(delivered_at=victim.deliver_by, as_of=victim.deliver_by)
    order = make_order(token=reentrant.address, source=source.address, amount=DOLLAR)
    attempts = arm()

    _check_all_refused(open_order(order), attempts)

    assert reentrant.balanceOf(escrow) == victim.amount + DOLLAR
    end(victim, "settle")
    assert reentrant.balanceOf(victim.seller) == victim.amount


def test_nothing_is_re_entered_during_a_withdrawal(
    arm, victim, reentrant, escrow, source, make_order, open_order, end, keys, sender, operator
):
    order = make_order(token=reentrant.address, source=source.address, amount=DOLLAR)
    open_order(order)
    reentrant.setBlocked(order.seller, True, operator)
    end(order, "settle")
    attempts = arm()

    tx = escrow.withdraw(reentrant, keys.warehouse.address, sender(keys.seller))

    _check_all_refused(tx, attempts)
    assert reentrant.balanceOf(keys.warehouse.address) == DOLLAR
    assert reentrant.balanceOf(escrow) == victim.amount
