from dataclasses import astuple

import pytest

from entrepot.core.credit import TradeOutcome
from entrepot.core.messages import Clauses, Consent
from entrepot.core.roles import Function

DOLLAR = 10**6
WHOLE = 10_000
PLAIN_CLAUSES = astuple(Clauses())
OPEN, RELEASED, REFUNDED, AGREED = range(1, 5)
KEPT, LATE, LOST, BROKEN, UPHELD = TradeOutcome

# Who signs, who sends, the seller's share, whether the goods were delivered in time and late, or
# lost on the way, or never shipped; then the state and the rating, or the side whose consent is
# missing.
CONSENTS = [
    # The seller alone gives everything up, whatever happened, but has to send that itself: a
    # signature for both must not turn into a concession, which is rated.
    (None, "seller", 0, None, REFUNDED, BROKEN),
    (None, "seller", 0, LOST, REFUNDED, LOST),
    (None, "seller", 0, KEPT, REFUNDED, LOST),
    ("seller", "seller", 0, None, REFUNDED, BROKEN),
    ("seller", "operator", 0, None, "buyer", None),
    ("seller", "operator", 1, None, "buyer", None),
    (None, "seller", 1, None, "buyer", None),
    (None, "seller", WHOLE, KEPT, "buyer", None),
    # The buyer alone pays everything; it is acceptance once the goods are there.
    ("buyer", "operator", WHOLE, None, AGREED, None),
    (None, "buyer", WHOLE, None, AGREED, None),
    ("buyer", "operator", WHOLE, KEPT, RELEASED, KEPT),
    (None, "buyer", WHOLE, KEPT, RELEASED, KEPT),
    (None, "buyer", WHOLE, LATE, RELEASED, LATE),
    ("buyer", "operator", WHOLE - 1, KEPT, "seller", None),
    # The buyer never refunds herself, be the goods there or not.
    (None, "buyer", 0, None, "seller", None),
    (None, "buyer", 0, KEPT, "seller", None),
    ("buyer", "buyer", 0, KEPT, "seller", None),
    ("buyer", "operator", 0, KEPT, "seller", None),
    # Both agree on anything.
    ("both", "operator", 0, None, AGREED, None),
    ("both", "operator", 0, KEPT, AGREED, None),
    ("both", "operator", 3_333, KEPT, AGREED, None),
    ("both", "operator", WHOLE, None, AGREED, None),
    ("both", "operator", WHOLE, KEPT, RELEASED, KEPT),
    ("buyer", "seller", 3_333, None, AGREED, None),
    ("buyer", "seller", 0, None, AGREED, None),
    ("seller", "buyer", 3_333, None, AGREED, None),
    ("seller", "buyer", 0, None, AGREED, None),
    # Nobody else agrees on anything.
    (None, "operator", 0, None, "buyer", None),
    (None, "operator", WHOLE, KEPT, "buyer", None),
    (None, "arbiter", 0, None, "buyer", None),
]


@pytest.mark.parametrize(("signers", "who", "share", "delivered", "end", "rating"), CONSENTS)
def test_ends_an_order_as_those_may_who_consent(
    signers, who, share, delivered, end, rating, opened, agree, escrow, dollar, keys, sender,
    tell, order_id, record_of, plain, event, reverts,
):  # fmt: skip
    late = delivered is LATE
    if delivered is not None:
        there = 0 if delivered is LOST else opened.deliver_by + late
        tell(shipped_at=opened.ship_by + late, delivered_at=there, as_of=opened.deliver_by + 1)
    options = sender(getattr(keys, who))
    if end in ("buyer", "seller"):
        with reverts(escrow, "TradeEscrow_InvalidSignature", getattr(opened, end)):
            agree(opened, share=share, signers=signers, options=options)
        return
    before = [dollar.balanceOf(side) for side in (opened.seller, opened.buyer)]
    opened_at, to_seller = record_of(opened)[1], opened.amount * share // WHOLE

    tx = agree(opened, share=share, signers=signers, options=options)

    to_buyer = opened.amount - to_seller
    after = [dollar.balanceOf(side) for side in (opened.seller, opened.buyer)]
    assert after == [before[0] + to_seller, before[1] + to_buyer]
    assert dollar.balanceOf(escrow) == 0
    assert record_of(opened) == (end, opened_at, tx.timestamp, 10)
    assert plain(escrow.progressOf(order_id(opened)))[1] == share
    name, told = {
        RELEASED: ("OrderReleased", {"payee": opened.seller, "amount": to_seller}),
        REFUNDED: ("OrderRefunded", {"payee": opened.buyer, "amount": to_buyer}),
        AGREED: (
            "OrderAgreed",
            {"sellerShare": share, "toSeller": to_seller, "toBuyer": to_buyer},
        ),
    }[end]
    assert event(tx, name) == {"orderId": order_id(opened), **told}
    if rating is None:
        assert "TradeRated" not in tx.events
    else:
        assert event(tx, "TradeRated")["outcome"] == rating


@pytest.mark.parametrize("side", ["buyer", "seller"])
@pytest.mark.parametrize(
    "wrong", ["other signer", "other order", "other share", "other time", "the order", "other side"]
)
def test_reverts_when_a_side_signed_something_else(
    side, wrong, opened, escrow, domains, keys, make_order, sign, order_id, operator, reverts
):
    until = 2**40 - 1
    terms = order_id(opened), 5_000, until
    consent, key = Consent(*terms), getattr(keys, side)
    refused = {
        "other signer": consent.sign(keys.stranger, domains.escrow),
        "other order": Consent(order_id(make_order()), 5_000, until).sign(key, domains.escrow),
        "other share": Consent(terms[0], 5_001, until).sign(key, domains.escrow),
        "other time": Consent(terms[0], 5_000, until - 1).sign(key, domains.escrow),
        "the order": opened.sign(key, domains.escrow),
        "other side": sign(opened, consent)[side == "buyer"],
    }[wrong]
    signatures = sign(opened, consent)
    signatures[side == "seller"] = refused
    with reverts(escrow, "TradeEscrow_InvalidSignature", getattr(opened, side)):
        escrow.agree(astuple(opened), PLAIN_CLAUSES, 5_000, until, *signatures, operator)


def test_a_consent_ends_no_other_order(
    opened, escrow, domains, keys, source, make_order, open_order, order_id, sign, operator,
    reverts,
):  # fmt: skip
    other = make_order(source=source.address)
    open_order(other)
    until = 2**40 - 1
    signatures = sign(opened, Consent(order_id(opened), 5_000, until))
    escrow.agree(astuple(opened), PLAIN_CLAUSES, 5_000, until, *signatures, operator)
    with reverts(escrow, "TradeEscrow_InvalidSignature", other.buyer):
        escrow.agree(astuple(other), PLAIN_CLAUSES, 5_000, until, *signatures, operator)


def test_a_consent_is_good_until_its_last_second(
    opened, agree, escrow, record_of, now, at, reverts
):
    until = now() + 100
    at(until + 1)
    with reverts(escrow, "TradeEscrow_ConsentExpired", until, until + 1):
        agree(opened, until=until)
    later = until + 100
    at(later)
    agree(opened, until=later)
    assert record_of(opened)[0] == AGREED


def test_reverts_when_share_is_beyond_the_whole(opened, agree, escrow, reverts):
    with reverts(escrow, "TradeEscrow_ShareTooLarge", WHOLE + 1):
        agree(opened, share=WHOLE + 1)


def test_reverts_when_the_clauses_are_not_the_orders(opened, agree, escrow, make_clauses, reverts):
    clauses = make_clauses()
    hashes = clauses.struct_hash(), opened.clauses
    with reverts(escrow, "TradeEscrow_ClausesMismatch", *hashes):
        agree(opened, clauses)


@pytest.mark.parametrize("share", [0, 5_000, WHOLE])
def test_accepts_contracts_that_sign_by_their_owners(
    share, escrow, dollar, domains, keys, ids, make_order, order_id, wallet_of, grant, sender,
    operator, reverts,
):  # fmt: skip
    buyer, seller = wallet_of(keys.stranger), wallet_of(keys.warehouse)
    dollar.mint(buyer.address, 1_000 * DOLLAR, operator)
    dollar.approve(escrow, 1_000 * DOLLAR, sender(buyer))
    grant(keys.seller, seller, Function.SELL)
    order = make_order(buyer=buyer.address, buyer_id=0, seller=seller.address)
    opening = [order.sign(account, domains.escrow) for account in (buyer, seller)]
    escrow.open(astuple(order), *opening, operator)
    terms = share, 2**40 - 1
    consent = Consent(order_id(order), *terms)
    good = [consent.sign(account, domains.escrow) for account in (buyer, seller)]

    with reverts(escrow, "TradeEscrow_InvalidSignature", order.buyer):
        escrow.agree(astuple(order), PLAIN_CLAUSES, *terms, good[1], good[1], operator)
    escrow.agree(astuple(order), PLAIN_CLAUSES, *terms, *good, operator)

    assert dollar.balanceOf(seller.address) == order.amount * share // WHOLE
    assert dollar.balanceOf(buyer.address) == order.amount - dollar.balanceOf(seller.address)


# Customs' state and the seconds by which its facts reach beyond the end of a refusal's appeal
# period; whether it is decided for good; and the duty that is paid then, in dollars.
DECISIONS = [
    (0, 0, True, 0),
    (1, 9, False, 0),
    (2, 9, False, 0),
    (3, 0, True, 60),
    (4, 0, False, 0),
    (4, 1, True, 60),
    (5, 0, False, 0),
    (5, 1, True, 60),
]


@pytest.mark.parametrize(("state", "beyond", "is_decided", "duty"), DECISIONS)
@pytest.mark.parametrize(
    ("signers", "who", "share"),
    [(None, "seller", 0), ("buyer", "operator", WHOLE), ("both", "operator", 5_000)],
)
def test_nobody_agrees_customs_out_of_its_duty(
    state, beyond, is_decided, duty, signers, who, share, deal, agree, escrow, dollar, keys,
    sender, tell_customs, order_id, record_of, reverts,
):  # fmt: skip
    (order, clauses), options = deal, sender(getattr(keys, who))
    final = order.ship_by
    told = {"final_at": final, "duty": 60 * DOLLAR, "as_of": final + beyond}
    tell_customs(state, released_at=final if state == 3 else 0, **told)
    if not is_decided:
        with reverts(escrow, "TradeEscrow_CustomsPending", order_id(order)):
            agree(order, clauses, share=share, signers=signers, options=options)
        return
    agree(order, clauses, share=share, signers=signers, options=options)
    assert record_of(order)[0] != OPEN
    assert dollar.balanceOf(clauses.treasury) == duty * DOLLAR
    assert dollar.balanceOf(escrow) == 0


def test_acceptance_pays_everyone_as_silence_would(deal, agree, fulfil, dollar, keys, record_of):
    order, clauses = deal
    fulfil(order, duty=60 * DOLLAR)
    names = "seller", "treasury", "platform", "carrier", "buyer"
    before = [dollar.balanceOf(getattr(keys, name).address) for name in names]

    agree(order, clauses, share=WHOLE, signers="buyer")

    after = [dollar.balanceOf(getattr(keys, name).address) for name in names]
    gained = [b - a for a, b in zip(before, after, strict=True)]
    assert gained == [amount * DOLLAR for amount in (740, 60, 50, 150, 0)]
    assert record_of(order)[0] == RELEASED


def test_acceptance_ends_a_contest(deal, agree, fulfil, escrow, keys, sender, record_of, event, at):
    order, clauses = deal
    fulfil(order)
    at(order.deliver_by)
    escrow.contest(astuple(order), astuple(clauses), b"\0" * 32, sender(keys.buyer))
    tx = agree(order, clauses, share=WHOLE, signers="buyer")
    assert record_of(order)[0] == RELEASED
    assert event(tx, "TradeRated")["outcome"] == UPHELD


def test_a_concession_in_a_contest_is_a_breach(
    deal, agree, fulfil, escrow, keys, sender, record_of, event, at
):
    order, clauses = deal
    fulfil(order)
    at(order.deliver_by)
    escrow.contest(astuple(order), astuple(clauses), b"\0" * 32, sender(keys.buyer))
    tx = agree(order, clauses, signers=None, options=sender(keys.seller))
    assert record_of(order)[0] == REFUNDED
    assert event(tx, "TradeRated")["outcome"] == BROKEN


def test_the_holder_of_the_note_consents_in_the_sellers_place(
    opened, agree, escrow, dollar, keys, sell_note, sender, reverts
):
    sell_note(opened)
    bank = keys.bank.address
    with reverts(escrow, "TradeEscrow_InvalidSignature", bank):
        agree(opened)
    with reverts(escrow, "TradeEscrow_InvalidSignature", opened.buyer):
        agree(opened, signers=None, options=sender(keys.seller))
    with reverts(escrow, "TradeEscrow_InvalidSignature", bank):
        agree(opened, signers="buyer", share=5_000, options=sender(keys.seller))
    before = dollar.balanceOf(bank), dollar.balanceOf(opened.seller)

    agree(opened, signers="buyer", share=5_000, options=sender(keys.bank))

    assert dollar.balanceOf(bank) == before[0] + opened.amount // 2
    assert dollar.balanceOf(opened.seller) == before[1]


def test_the_holder_of_the_note_alone_gives_it_up_and_rates_nobody(
    opened, agree, dollar, keys, sell_note, sender, record_of
):
    sell_note(opened)
    before = dollar.balanceOf(opened.buyer)
    tx = agree(opened, signers=None, options=sender(keys.bank))
    assert record_of(opened)[0] == AGREED
    assert "TradeRated" not in tx.events
    assert dollar.balanceOf(opened.buyer) == before + opened.amount


def test_a_source_that_is_none_does_not_keep_both_from_agreeing(
    make_order, open_order, agree, dollar, record_of
):
    order = make_order(source=dollar.address)
    open_order(order)
    agree(order)
    assert record_of(order)[0] == AGREED
