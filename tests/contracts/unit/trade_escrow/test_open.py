from dataclasses import astuple, replace

import pytest
from brownie.exceptions import VirtualMachineError
from eth_utils import keccak

from entrepot.core.messages import Order
from entrepot.core.roles import Function, Refusal

DOLLAR = 10**6
DAY = 86_400
MAXIMUM_PERIOD = 180 * DAY


@pytest.fixture
def open_signed(escrow, domains, operator):
    """Opens an order with the signatures of these keys; gives the transaction."""

    def open_(order, buyer, seller):
        signatures = [order.sign(key, domains.escrow) for key in (buyer, seller)]
        return escrow.open(astuple(order), *signatures, operator)

    return open_


def test_collects_the_price_and_records_the_order(
    escrow, dollar, ids, make_order, open_order, order_id, record_of, event
):
    order = make_order()
    before = dollar.balanceOf(order.buyer)

    tx = open_order(order)

    assert dollar.balanceOf(order.buyer) == before - order.amount
    assert dollar.balanceOf(escrow) == order.amount
    assert record_of(order) == (1, tx.timestamp, 0, 10)
    assert escrow.isOpen(order_id(order))
    assert event(tx, "OrderOpened") == {
        "orderId": order_id(order),
        "buyerId": ids.buyer,
        "sellerId": ids.seller,
        "weight": 10,
        "order": astuple(order),
    }


@pytest.mark.parametrize(
    ("amount", "weight"),
    [(1, 1), (DOLLAR - 1, 1), (DOLLAR, 2), (3 * DOLLAR - 1, 2), (3 * DOLLAR, 3)],
)
def test_weighs_whole_dollars_by_their_logarithm(amount, weight, make_order, open_order, record_of):
    order = make_order(amount=amount)
    open_order(order)
    assert record_of(order)[3] == weight


def test_opens_for_a_consumer_without_registration(
    escrow, dollar, keys, make_order, open_order, order_id, event
):
    order = make_order(buyer=keys.consumer.address, buyer_id=0, consignee_id=0)
    before = dollar.balanceOf(keys.consumer.address)

    tx = open_order(order)

    assert escrow.isOpen(order_id(order))
    assert event(tx, "OrderOpened")["buyerId"] == 0
    assert dollar.balanceOf(keys.consumer.address) == before - order.amount


def test_opens_for_a_contract_that_signs_by_its_owner(
    escrow, dollar, keys, make_order, open_signed, order_id, SmartWallet, sender, operator
):
    wallet = SmartWallet.deploy(keys.stranger.address, operator)
    order = make_order(buyer=wallet.address, buyer_id=0, consignee_id=0)
    dollar.mint(wallet, order.amount, operator)
    dollar.approve(escrow, order.amount, sender(wallet))

    open_signed(order, keys.stranger, keys.seller)

    assert escrow.isOpen(order_id(order))
    assert dollar.balanceOf(wallet) == 0


def test_reverts_when_contract_does_not_accept_the_signature(
    escrow, keys, make_order, open_signed, SmartWallet, operator, reverts
):
    wallet = SmartWallet.deploy(keys.stranger.address, operator)
    order = make_order(buyer=wallet.address, buyer_id=0)
    with reverts(escrow, "TradeEscrow_InvalidSignature", wallet.address):
        open_signed(order, keys.buyer, keys.seller)


def test_opens_in_the_second_of_open_by(escrow, make_order, open_order, order_id, at):
    order = make_order()
    at(order.open_by)
    open_order(order)
    assert escrow.isOpen(order_id(order))


def test_reverts_a_second_after_open_by(escrow, make_order, open_order, at, reverts):
    order = make_order()
    at(order.open_by + 1)
    with reverts(escrow, "TradeEscrow_DeadlinePassed", order.open_by, order.open_by + 1):
        open_order(order)


def test_reverts_when_it_may_open_after_it_must_ship(escrow, make_order, open_order, reverts):
    order = make_order()
    order = replace(order, open_by=order.ship_by + 1)
    with reverts(escrow, "TradeEscrow_DeadlinesDisordered", order.open_by, order.ship_by):
        open_order(order)


def test_opens_given_deadlines_of_delivery_lie_behind(
    escrow, make_order, open_order, order_id, now
):
    order = make_order(deliver_by=now() - 2, refund_after=now() - 2)
    open_order(order)
    assert escrow.isOpen(order_id(order))


def test_opens_with_the_longest_periods(escrow, make_order, open_order, order_id):
    order = make_order(acceptance_window=MAXIMUM_PERIOD, arbitration_period=MAXIMUM_PERIOD)
    open_order(order)
    assert escrow.isOpen(order_id(order))


@pytest.mark.parametrize("name", ["acceptance_window", "arbitration_period"])
def test_reverts_when_period_is_too_long(name, escrow, make_order, open_order, reverts):
    order = make_order(**{name: MAXIMUM_PERIOD + 1})
    with reverts(escrow, "TradeEscrow_PeriodTooLong", MAXIMUM_PERIOD + 1, MAXIMUM_PERIOD):
        open_order(order)


def test_reverts_when_refund_comes_before_lateness(escrow, make_order, open_order, reverts):
    order = make_order()
    order = replace(order, refund_after=order.deliver_by - 1)
    with reverts(escrow, "TradeEscrow_DeadlinesDisordered", order.deliver_by, order.refund_after):
        open_order(order)


def test_reverts_when_amount_is_zero(escrow, make_order, open_order, reverts):
    with reverts(escrow, "TradeEscrow_ZeroAmount"):
        open_order(make_order(amount=0))


def test_reverts_when_source_has_no_code(escrow, keys, make_order, open_order, reverts):
    order = make_order(source=keys.stranger.address)
    with reverts(escrow, "TradeEscrow_SourceWithoutCode", order.source):
        open_order(order)


def test_reverts_when_token_is_not_listed(
    escrow, make_order, open_order, TestDollar, operator, reverts
):
    order = make_order(token=TestDollar.deploy(operator).address)
    with reverts(escrow, "TradeEscrow_TokenNotListed", order.token):
        open_order(order)


def test_reverts_given_opening_is_paused(escrow, make_order, open_order, operator, reverts):
    escrow.pauseOpening(True, operator)
    with reverts(escrow, "TradeEscrow_OpeningPaused"):
        open_order(make_order())


def test_reverts_given_the_chain_was_forked(
    escrow, make_order, sign, chain, web3, operator, reverts
):
    order = make_order()
    web3.provider.make_request("anvil_setChainId", [chain.id + 1])
    try:
        with reverts(escrow, "TradeEscrow_WrongChain", chain.id, chain.id + 1):
            escrow.open.call(astuple(order), *sign(order), operator)
    finally:
        web3.provider.make_request("anvil_setChainId", [chain.id])


@pytest.mark.parametrize("side", ["buyer", "seller"])
def test_reverts_when_somebody_else_signed(side, escrow, keys, make_order, open_signed, reverts):
    order = make_order()
    signers = {"buyer": keys.buyer, "seller": keys.seller, side: keys.stranger}
    with reverts(escrow, "TradeEscrow_InvalidSignature", getattr(order, side)):
        open_signed(order, **signers)


@pytest.mark.parametrize("side", ["buyer", "seller"])
@pytest.mark.parametrize("change", [{"amount": 1}, {"salt": b"\xff" * 32}, {"consignee_id": 0}])
def test_reverts_when_a_side_signed_other_terms(
    side, change, escrow, domains, key_of, make_order, operator, reverts
):
    order = make_order()
    signatures = [
        (replace(order, **change) if name == side else order).sign(
            key_of(getattr(order, name)), domains.escrow
        )
        for name in ("buyer", "seller")
    ]
    with reverts(escrow, "TradeEscrow_InvalidSignature", getattr(order, side)):
        escrow.open(astuple(order), *signatures, operator)


def test_reverts_when_signed_for_another_escrow(
    escrow, domains, key_of, make_order, operator, reverts
):
    order = make_order()
    signatures = [order.sign(key_of(k), domains.ledger) for k in (order.buyer, order.seller)]
    with reverts(escrow, "TradeEscrow_InvalidSignature", order.buyer):
        escrow.open(astuple(order), *signatures, operator)


def test_reverts_when_seller_acts_for_another(escrow, ids, make_order, open_order, reverts):
    order = make_order(seller_id=ids.carrier)
    with reverts(escrow, "TradeEscrow_NotActingFor", order.seller, ids.seller, ids.carrier):
        open_order(order)


def test_reverts_when_buyer_acts_for_another(escrow, ids, make_order, open_order, reverts):
    order = make_order(buyer_id=ids.consignee)
    with reverts(escrow, "TradeEscrow_NotActingFor", order.buyer, ids.buyer, ids.consignee):
        open_order(order)


def test_reverts_when_buyer_named_as_participant_is_none(
    registry, keys, make_order, open_order, reverts
):
    order = make_order(buyer=keys.consumer.address)
    with reverts(
        registry,
        "ParticipantRegistry_NotAuthorized",
        order.buyer,
        Function.BUY,
        Refusal.UNKNOWN_KEY,
    ):
        open_order(order)


def test_opens_with_a_key_that_may_sell(
    escrow, keys, staff_key, grant, make_order, open_signed, order_id
):
    grant(keys.seller, staff_key, Function.SELL)
    order = make_order(seller=staff_key.address)
    open_signed(order, keys.buyer, staff_key)
    assert escrow.isOpen(order_id(order))


def test_reverts_when_key_may_do_other_things(
    registry, keys, staff_key, grant, make_order, open_signed, reverts
):
    grant(keys.seller, staff_key, Function.HANDOVER)
    order = make_order(seller=staff_key.address)
    with reverts(
        registry,
        "ParticipantRegistry_NotAuthorized",
        staff_key.address,
        Function.SELL,
        Refusal.FUNCTION_NOT_GRANTED,
    ):
        open_signed(order, keys.buyer, staff_key)


def test_reverts_given_key_has_expired(
    registry, keys, staff_key, grant, make_order, open_signed, now, at, reverts
):
    expiry = now() + DAY
    grant(keys.seller, staff_key, Function.SELL, expiry)
    order = make_order(seller=staff_key.address)
    at(expiry + 1)
    with reverts(
        registry,
        "ParticipantRegistry_NotAuthorized",
        staff_key.address,
        Function.SELL,
        Refusal.EXPIRED_KEY,
    ):
        open_signed(order, keys.buyer, staff_key)


def test_reverts_when_participant_is_no_seller(
    registry, keys, ids, make_order, open_order, reverts
):
    order = make_order(seller=keys.arbiter.address, seller_id=ids.arbiter)
    with reverts(
        registry,
        "ParticipantRegistry_NotAuthorized",
        order.seller,
        Function.SELL,
        Refusal.ROLE_MISSING,
    ):
        open_order(order)


def test_reverts_given_the_order_is_open(escrow, make_order, open_order, order_id, reverts):
    order = make_order()
    open_order(order)
    with reverts(escrow, "TradeEscrow_OrderKnown", order_id(order)):
        open_order(order)


def test_reverts_given_the_order_has_ended(
    escrow, make_order, open_order, agree, order_id, reverts
):
    order = make_order()
    open_order(order)
    agree(order)
    with reverts(escrow, "TradeEscrow_OrderKnown", order_id(order)):
        open_order(order)


def test_reverts_when_allowance_is_short(
    escrow, dollar, keys, sender, make_order, open_order, reverts
):
    order = make_order()
    dollar.approve(escrow, order.amount - 1, sender(keys.buyer))
    with reverts(
        dollar, "ERC20InsufficientAllowance", escrow.address, order.amount - 1, order.amount
    ):
        open_order(order)


# Fields by their word in the calldata, with bits that their types do not have.
DIRTY = {"token": (0, 160), "carrier_id": (6, 64), "arbiter_id": (8, 64), "ship_by": (10, 40)}


@pytest.mark.parametrize("field", DIRTY)
def test_reverts_when_both_signed_a_word_with_dirty_bits(
    field, escrow, domains, keys, make_order, operator
):
    order = make_order()
    word, width = DIRTY[field]
    words = bytearray(bytes.fromhex(escrow.orderIdOf.encode_input(astuple(order))[10:]))
    words[32 * word + 31 - width // 8] |= 1
    digest = keccak(b"\x19\x01" + domains.escrow + keccak(Order.typehash + words))
    data = bytearray(
        bytes.fromhex(
            escrow.open.encode_input(
                astuple(order), keys.buyer.sign(digest), keys.seller.sign(digest)
            )[2:]
        )
    )
    data[4 : 4 + len(words)] = words

    with pytest.raises(VirtualMachineError):
        operator["from"].transfer(escrow, data="0x" + data.hex())
    assert not escrow.isOpen(digest)
