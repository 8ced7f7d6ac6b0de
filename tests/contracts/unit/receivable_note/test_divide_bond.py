"""The bond follows the order: what did not come to the seller's side goes to the note's holder,
unless the holder consented to it.
"""

from dataclasses import astuple

import pytest

from entrepot.core.messages import ZERO_ADDRESS, Clauses

DAY = 86_400
DOLLAR = 10**6
# Delivered and accepted, with a day to contest.
INSPECTED = Clauses(conditions=1 << 2 | 1 << 3, inspection_window=DAY)
# A bond that no share divides evenly.
ODD = 99_999_989


def test_bond_is_divided_by_the_share_in_which_the_order_ended(
    ending, asset, place, make_offer, sell, end, notes, keys, sender, order_id, event
):
    order = place(ending.clauses, token=asset.token)
    sell(order, make_offer(order, bond=ODD))
    end(order, ending.how)
    holders = keys.bank.address, keys.seller.address, notes
    before = [asset.balance(who) for who in holders]

    tx = notes.divideBond(astuple(order), sender(keys.stranger))

    is_consented = ending.how in ("concede", "agree")
    to_seller = ODD if is_consented else ODD * ending.share // 10_000
    assert event(tx, "BondDivided") == {
        "orderId": order_id(order),
        "holder": keys.bank.address,
        "toHolder": ODD - to_seller,
        "toSeller": to_seller,
    }
    gained = [asset.balance(who) - b for who, b in zip(holders, before, strict=True)]
    assert gained == [ODD - to_seller, to_seller, -ODD]
    assert asset.balance(notes) == notes.bondOf(order_id(order)) == 0


def test_bond_is_divided_once(
    sold, end, notes, dollar, order_id, operator, place, make_offer, sell, reverts
):
    """Another order's bond, in the same token, stays where it is."""
    other = place()
    sell(other, make_offer(other))
    end(sold, "settle")
    notes.divideBond(astuple(sold), operator)
    with reverts(notes, "ReceivableNote_NoBond", order_id(sold)):
        notes.divideBond(astuple(sold), operator)
    assert dollar.balanceOf(notes) == notes.bondOf(order_id(other)) == 100 * DOLLAR


def test_reverts_given_the_order_is_open(sold, notes, order_id, tell, operator, reverts):
    tell(delivered_at=sold.deliver_by, as_of=sold.deliver_by)
    with reverts(notes, "ReceivableNote_OrderOpen", order_id(sold)):
        notes.divideBond(astuple(sold), operator)


@pytest.mark.parametrize("case", ["never opened", "never sold", "sold without bond"])
def test_reverts_given_there_is_no_bond(
    case, make_order, source, place, make_offer, sell, end, notes, order_id, operator, reverts
):
    order = make_order(source=source.address) if case == "never opened" else place()
    if case == "sold without bond":
        sell(order, make_offer(order, bond=0))
    if case != "never opened":
        end(order, "settle")
    with reverts(notes, "ReceivableNote_NoBond", order_id(order)):
        notes.divideBond(astuple(order), operator)


def test_the_holders_part_goes_to_who_holds_the_note_at_the_time(
    sold, end, notes, dollar, keys, sender, order_id, operator
):
    end(sold, "refund")
    note = int.from_bytes(order_id(sold))
    notes.transferFrom(keys.bank.address, keys.insurer.address, note, sender(keys.bank))
    before = dollar.balanceOf(keys.insurer.address)
    notes.divideBond(astuple(sold), operator)
    assert dollar.balanceOf(keys.insurer.address) == before + 100 * DOLLAR


@pytest.mark.parametrize("refusing", ["bank", "seller"])
def test_a_payee_who_cannot_be_paid_blocks_nobody(
    refusing, BlockingTokenMock, escrow, notes, keys, sender, operator, make_order, source,
    open_order, make_offer, sell, end, order_id, event,
):  # fmt: skip
    token = BlockingTokenMock.deploy(operator)
    escrow.listToken(token, operator)
    for key, spender in ((keys.buyer, escrow), (keys.bank, notes)):
        token.mint(key.address, 1_000 * DOLLAR, operator)
        token.approve(spender, 2**256 - 1, sender(key))
    order = make_order(token=token.address, source=source.address)
    open_order(order)
    sell(order, make_offer(order))
    end(order, "settle" if refusing == "seller" else "refund")
    blocked = getattr(keys, refusing).address
    token.setBlocked(blocked, True, operator)

    tx = notes.divideBond(astuple(order), operator)

    waiting = {"token": token.address, "payee": blocked, "amount": 100 * DOLLAR}
    assert event(tx, "PaymentDeferred") == waiting
    assert notes.withdrawable(token, blocked) == token.balanceOf(notes) == 100 * DOLLAR
    assert notes.bondOf(order_id(order)) == 0


def test_a_contract_that_refuses_coin_is_deferred_and_the_other_side_paid(
    wallet_of, staff_key, place, make_offer, sell, notes, escrow, keys, sender, operator, order_id,
    accounts, event, end,
):  # fmt: skip
    escrow.listToken(ZERO_ADDRESS, operator)
    order = place(INSPECTED, token=ZERO_ADDRESS)
    sell(order, make_offer(order))
    wallet = wallet_of(staff_key)
    note = int.from_bytes(order_id(order))
    notes.transferFrom(keys.bank.address, wallet.address, note, sender(keys.bank))
    end(order, "arbitrate")
    seller = accounts.at(keys.seller.address, force=True)
    before = seller.balance()

    tx = notes.divideBond(astuple(order), operator)

    to_seller = 100 * DOLLAR * 7_001 // 10_000
    to_holder = 100 * DOLLAR - to_seller
    waiting = {"token": ZERO_ADDRESS, "payee": wallet.address, "amount": to_holder}
    assert event(tx, "PaymentDeferred") == waiting
    assert seller.balance() == before + to_seller
    assert notes.balance() == to_holder
