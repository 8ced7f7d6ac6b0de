"""Orders in the chain's native coin, and payees that misbehave when it comes."""

from dataclasses import astuple

import pytest
from eth_utils import keccak

from entrepot.core.messages import ZERO_ADDRESS, Clauses, Consent, Payee

COIN = 10**18
PRICE = 5 * COIN
PLAIN_CLAUSES = astuple(Clauses())
TAKE, REFUSE, BURN = range(3)
REFUSED = keccak(b"ReentrancyGuardReentrantCall()")[:4]


@pytest.fixture(autouse=True)
def listed(escrow, operator):
    """Native coin is listed."""
    escrow.listToken(ZERO_ADDRESS, operator)


@pytest.fixture
def make_coin_order(make_order, source):
    """Builds plain orders over 5 coins."""
    return lambda **changes: make_order(
        token=ZERO_ADDRESS, amount=PRICE, source=source.address, **changes
    )


@pytest.fixture
def open_coin(escrow, sign, operator):
    """Opens a plain order, sending this much coin; gives the transaction."""

    def open_(order, value=PRICE):
        return escrow.open(astuple(order), *sign(order), {**operator, "value": value})

    return open_


def test_coin_is_listed_with_18_decimals(escrow, plain):
    assert plain(escrow.listingOf(ZERO_ADDRESS)) == (True, 18)


def test_whoever_submits_sends_exactly_the_price(
    escrow, make_coin_order, open_coin, record_of, operator
):
    order, before = make_coin_order(), operator["from"].balance()
    open_coin(order)
    assert escrow.balance() == PRICE
    assert operator["from"].balance() == before - PRICE
    assert record_of(order)[3] == 3  # 5 coins: the logarithm of 6 in whole bits


@pytest.mark.parametrize("value", [0, PRICE - 1, PRICE + 1])
def test_reverts_when_another_value_is_sent(value, escrow, make_coin_order, open_coin, reverts):
    with reverts(escrow, "TradeEscrow_UnexpectedValue", PRICE, value):
        open_coin(make_coin_order(), value)


@pytest.mark.parametrize("value", [0, PRICE - 1, PRICE + 1])
def test_reverts_when_another_value_is_sent_with_clauses(
    value, escrow, make_coin_order, open_order, reverts
):
    with reverts(escrow, "TradeEscrow_UnexpectedValue", PRICE, value):
        open_order(make_coin_order(), Clauses(), value=value)


def test_reverts_when_value_comes_with_a_token(escrow, make_order, open_coin, open_order, reverts):
    with reverts(escrow, "TradeEscrow_UnexpectedValue", 0, 1):
        open_coin(make_order(), 1)
    with reverts(escrow, "TradeEscrow_UnexpectedValue", 0, 1):
        open_order(make_order(), Clauses(), value=1)


def test_no_permit_stands_in_for_coin(escrow, make_coin_order, sign, operator, reverts):
    order, nothing = make_coin_order(), (0, 0, 0, b"\0" * 32, b"\0" * 32)
    with reverts(escrow, "TradeEscrow_UnexpectedValue", PRICE, 0):
        escrow.openWithPermit(astuple(order), PLAIN_CLAUSES, *sign(order), nothing, operator)


@pytest.mark.parametrize(
    ("how", "payee"),
    [("settle", "seller"), ("refund", "buyer"), ("agree", "buyer"), ("conclude", "seller")],
)
def test_is_paid_out_exactly(how, payee, escrow, make_coin_order, open_coin, end, accounts):
    order = make_coin_order()
    open_coin(order)
    account = accounts.at(getattr(order, payee), force=True)
    before = account.balance()
    tx = end(order, how)
    assert account.balance() == before + PRICE
    assert escrow.balance() == 0
    assert "PaymentDeferred" not in tx.events


@pytest.fixture
def payee(CoinPayeeMock, operator):
    """A contract that takes coin as it is told to."""
    return CoinPayeeMock.deploy(operator)


@pytest.fixture
def deal(payee, open_deal, tell):
    """A delivered order of which the contract gets 2 coins and the seller 3, and its clauses."""
    clauses = Clauses(payees=(Payee(payee.address, 2 * COIN),))
    order = open_deal(clauses, token=ZERO_ADDRESS, amount=PRICE, value=PRICE)
    tell(delivered_at=order.deliver_by, as_of=order.deliver_by)
    return astuple(order), astuple(clauses)


@pytest.mark.parametrize("manner", [REFUSE, BURN])
def test_the_coin_of_a_payee_that_does_not_take_it_waits_and_the_others_are_paid(
    manner, payee, deal, escrow, keys, accounts, operator, sender, event
):
    payee.behave(manner, operator)
    seller = accounts.at(keys.seller.address, force=True)
    before = seller.balance()

    tx = escrow.conclude(*deal, operator)

    waiting = {"token": ZERO_ADDRESS, "payee": payee.address, "amount": 2 * COIN}
    assert event(tx, "PaymentDeferred") == waiting
    assert tx.gas_used < 400_000
    assert seller.balance() == before + 3 * COIN
    assert escrow.balance() == escrow.withdrawable(ZERO_ADDRESS, payee) == 2 * COIN

    payee.behave(TAKE, operator)
    escrow.withdraw(ZERO_ADDRESS, payee, sender(payee))
    assert payee.balance() == 2 * COIN
    assert escrow.balance() == escrow.withdrawable(ZERO_ADDRESS, payee) == 0


def test_a_withdrawal_that_is_refused_is_none(payee, deal, escrow, operator, sender, reverts):
    payee.behave(REFUSE, operator)
    escrow.conclude(*deal, operator)
    refused = ZERO_ADDRESS, payee.address, 2 * COIN
    with reverts(escrow, "TradeEscrow_PaymentRefused", *refused):
        escrow.withdraw(ZERO_ADDRESS, payee, sender(payee))
    assert escrow.withdrawable(ZERO_ADDRESS, payee) == 2 * COIN


@pytest.fixture
def victim(make_coin_order, open_coin):
    """Somebody else's open order of 5 coins."""
    order = make_coin_order()
    open_coin(order)
    return order


def _check_all_refused(tx, attempts):
    results = [(e["isDone"], bytes(e["result"])) for e in tx.events["Reentered"]]
    assert results == [(False, REFUSED)] * attempts


def test_a_payee_re_enters_nothing_while_it_is_paid(
    payee, deal, victim, open_deal, escrow, operator
):
    payee.behave(REFUSE, operator)
    escrow.conclude(*deal, operator)
    payee.behave(TAKE, operator)
    payee.arm(escrow, escrow.withdraw.encode_input(ZERO_ADDRESS, payee), operator)
    clauses = Clauses(payees=(Payee(payee.address, COIN),))
    order = open_deal(clauses, token=ZERO_ADDRESS, amount=COIN, value=COIN)

    tx = escrow.conclude(astuple(order), astuple(clauses), operator)

    _check_all_refused(tx, 1)
    assert payee.balance() == COIN
    assert escrow.withdrawable(ZERO_ADDRESS, payee) == 2 * COIN
    assert escrow.balance() == victim.amount + 2 * COIN


def test_a_payee_re_enters_nothing_during_a_withdrawal(
    payee, deal, victim, escrow, sign, order_id, operator, sender
):
    payee.behave(REFUSE, operator)
    escrow.conclude(*deal, operator)
    payee.behave(TAKE, operator)
    terms, consent = (astuple(victim), PLAIN_CLAUSES), Consent(order_id(victim), 0, 2**40 - 1)
    attempts = [
        escrow.withdraw.encode_input(ZERO_ADDRESS, payee),
        escrow.settle.encode_input(terms[0]),
        escrow.conclude.encode_input(*terms),
        escrow.advance.encode_input(*terms),
        escrow.agree.encode_input(*terms, 0, consent.until, *sign(victim, consent)),
    ]
    for data in attempts:
        payee.arm(escrow, data, operator)

    tx = escrow.withdraw(ZERO_ADDRESS, payee, sender(payee))

    _check_all_refused(tx, len(attempts))
    assert payee.balance() == 2 * COIN
    assert escrow.balance() == victim.amount
