from dataclasses import astuple

import pytest

from entrepot.core.messages import ZERO_ADDRESS


def test_digests_are_those_of_the_package_and_of_eth_account(
    notes, domains, make_order, make_offer, typed_digest
):
    assert bytes(notes.domainSeparator()) == domains.notes
    terms = {"advance": 2**128 - 1, "bond": 2**128 - 2, "paid": 255, "valid_until": 2**40 - 1}
    offer = make_offer(make_order(), bank_id=2**64 - 1, **terms)
    expected = offer.digest(domains.notes)
    assert bytes(notes.offerDigest(astuple(offer))) == expected
    assert expected == typed_digest(offer, "ReceivableNote", notes)


def test_what_was_never_sold_is_all_zero(notes, dollar, keys, opened, order_id, reverts):
    assert notes.holderOf(order_id(opened)) == ZERO_ADDRESS
    assert notes.bondOf(order_id(opened)) == 0
    assert notes.withdrawable(dollar, keys.seller.address) == 0
    note = int.from_bytes(order_id(opened))
    with reverts(notes, "ERC721NonexistentToken", note):
        notes.ownerOf(note)


def test_it_knows_its_contracts_and_chain(notes, registry, escrow, domains, chain):
    assert notes.REGISTRY() == registry
    assert notes.ESCROW() == escrow
    assert notes.CHAIN_ID() == chain.id
    assert bytes(notes.ORDER_DOMAIN()) == domains.escrow
    assert escrow.NOTES() == notes


@pytest.mark.parametrize("who", ["seller", "bank", "operator"])
def test_nobody_marks_an_order_without_selling_its_note(who, opened, escrow, keys, sender, reverts):
    key = getattr(keys, who)
    with reverts(escrow, "TradeEscrow_NotNotes", key.address):
        escrow.markNoted(astuple(opened), 0, sender(key))
