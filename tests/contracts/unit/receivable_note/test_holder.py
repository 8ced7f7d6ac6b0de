"""From the sale on, the note's holder is the seller's side: it is paid, its consent is asked."""

from dataclasses import astuple

import pytest

from entrepot.core.messages import Clauses, Consent

DAY = 86_400
DOLLAR = 10**6
MILESTONES = Clauses(on_shipped=2_000, on_delivered=3_000)
PLAIN = Clauses()


@pytest.fixture
def balances(dollar, keys):
    """Balances of the seller, the first bank, the note's later holder, and the buyer."""
    parties = keys.seller, keys.bank, keys.insurer, keys.buyer
    return lambda: [int(dollar.balanceOf(key.address)) for key in parties]


@pytest.fixture
def pass_on(notes, keys, sender, order_id):
    """Passes the bank's note to the later holder; gives the transaction."""

    def go(order, who=keys.bank):
        note = int.from_bytes(order_id(order))
        return notes.transferFrom(keys.bank.address, keys.insurer.address, note, sender(who))

    return go


def test_the_holder_receives_what_the_seller_would_have(
    ending, place, make_offer, sell, pass_on, end, keys, balances
):
    order = place(ending.clauses)
    sell(order, make_offer(order))
    pass_on(order)
    before = balances()
    end(order, ending.how, holder=keys.insurer)
    price = order.amount * ending.share // 10_000
    gained = [b - a for a, b in zip(before, balances(), strict=True)]
    assert gained == [0, 0, price, order.amount - price]


def test_milestones_before_the_sale_are_the_sellers_and_those_after_it_the_holders(
    place, make_offer, sell, tell, escrow, pass_on, balances, operator
):
    order = place(MILESTONES)
    terms = astuple(order), astuple(MILESTONES)
    before = balances()
    tell(shipped_at=order.ship_by, as_of=order.ship_by)
    escrow.advance(*terms, operator)
    sell(order, make_offer(order, paid=1, advance=700 * DOLLAR, bond=0))
    pass_on(order)
    tell(shipped_at=order.ship_by, delivered_at=order.deliver_by, as_of=order.deliver_by)
    escrow.advance(*terms, operator)
    assert [b - a for a, b in zip(before, balances(), strict=True)] == [
        900 * DOLLAR, -700 * DOLLAR, 300 * DOLLAR, 0,
    ]  # fmt: skip
    escrow.conclude(*terms, operator)
    assert balances()[2] == before[2] + 800 * DOLLAR


@pytest.mark.parametrize("share", [0, 1, 9_999])
@pytest.mark.parametrize("who", ["seller", "bank", "buyer"])
def test_nobody_consents_in_the_holders_place(
    who, share, sold, pass_on, agree, escrow, keys, reverts
):
    """Neither the seller, nor a bank that sold the note on, nor the buyer."""
    pass_on(sold)
    buyer = keys.buyer if share else None
    # Who is not the holder concedes nothing: it then takes the buyer too.
    missing = keys.insurer if share or who == "buyer" else keys.buyer
    with reverts(escrow, "TradeEscrow_InvalidSignature", missing.address):
        agree(sold, share, buyer=buyer, seller=getattr(keys, who))
    agree(sold, share, buyer=buyer, seller=keys.insurer)


@pytest.mark.parametrize("share", [0, 5_000])
@pytest.mark.parametrize("who", ["seller", "bank", "buyer"])
def test_sending_is_no_consent_of_the_holder(
    who, share, sold, pass_on, escrow, domains, keys, order_id, now, sender, reverts
):
    pass_on(sold)
    until = now() + DAY
    buyer = Consent(order_id(sold), share, until).sign(keys.buyer, domains.escrow)
    with reverts(escrow, "TradeEscrow_InvalidSignature", keys.insurer.address):
        escrow.agree(
            astuple(sold), astuple(PLAIN), share, until, buyer, b"", sender(getattr(keys, who))
        )


def test_what_the_seller_consented_to_before_the_sale_is_void_after_it(
    opened, make_offer, sell, agree, escrow, domains, keys, order_id, now, operator, reverts
):
    until = now() + DAY
    consent = Consent(order_id(opened), 0, until)
    signed = [consent.sign(side, domains.escrow) for side in (keys.buyer, keys.seller)]
    sell(opened, make_offer(opened))
    terms = astuple(opened), astuple(PLAIN), 0, until
    with reverts(escrow, "TradeEscrow_InvalidSignature", keys.bank.address):
        escrow.agree(*terms, *signed, operator)


def test_only_the_holder_and_who_it_approves_pass_the_note_on(
    sold, pass_on, notes, keys, sender, order_id, reverts
):
    note = int.from_bytes(order_id(sold))
    for key in (keys.seller, keys.buyer, keys.operator, keys.stranger):
        with reverts(notes, "ERC721InsufficientApproval", key.address, note):
            pass_on(sold, key)
    notes.approve(keys.stranger.address, note, sender(keys.bank))
    pass_on(sold, keys.stranger)
    assert notes.holderOf(order_id(sold)) == keys.insurer.address
