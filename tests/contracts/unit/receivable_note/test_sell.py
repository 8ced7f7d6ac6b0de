from dataclasses import astuple, replace

import pytest

from entrepot.core.keys import Wallet
from entrepot.core.messages import ZERO_ADDRESS, Clauses, contract_domain
from entrepot.core.roles import Function, Refusal

DAY = 86_400
DOLLAR = 10**6
MILESTONE = Clauses(on_shipped=2_000)
INSPECTED = Clauses(conditions=1 << 2 | 1 << 3, inspection_window=DAY)


@pytest.fixture
def state_of(notes, escrow, order_id, plain):
    """All that a sale changes, for parties that hold the order's money in dollars."""

    def state(order, balance, *holders):
        note = order_id(order)
        return (
            notes.holderOf(note),
            notes.bondOf(note),
            plain(escrow.progressOf(note)),
            [int(balance(holder)) for holder in (notes, escrow, *holders)],
        )

    return state


@pytest.mark.parametrize("tenths", [0, 1, 9])
def test_note_and_advance_change_hands_at_once_whoever_submits(
    tenths, asset, place, make_offer, sell, notes, escrow, domains, keys, ids, sender, order_id,
    event, plain, accounts,
):  # fmt: skip
    order = place(token=asset.token)
    bond = order.amount * tenths // 10
    offer = make_offer(order, bond=bond)
    note = order_id(order)
    submitter = sender(keys.stranger)
    if asset.token == ZERO_ADDRESS:
        accounts[0].transfer(keys.stranger.address, offer.advance)
    payer = keys.stranger if asset.token == ZERO_ADDRESS else keys.bank
    holders = payer.address, keys.seller.address, notes
    before = [asset.balance(who) for who in holders]

    tx = sell(order, offer, **submitter)

    gained = [asset.balance(who) - b for who, b in zip(holders, before, strict=True)]
    assert gained == [-offer.advance, offer.advance - bond, bond]
    assert notes.holderOf(note) == notes.ownerOf(int.from_bytes(note)) == keys.bank.address
    assert notes.bondOf(note) == bond
    assert plain(escrow.progressOf(note)) == (0, 0, 0, True)
    assert event(tx, "OrderNoted") == {"orderId": note}
    assert event(tx, "NoteSold") == {
        "orderId": note,
        "seller": keys.seller.address,
        "bank": keys.bank.address,
        "bankId": ids.bank,
        "advance": offer.advance,
        "bond": bond,
        "offerId": offer.digest(domains.notes),
    }


@pytest.mark.parametrize("side", ["bank", "seller"])
def test_a_contract_account_sells_or_buys_by_its_owner(
    side, wallet_of, grant, staff_key, keys, world, domains, make_order, source, make_offer, sell,
    order_id, sender, operator,
):  # fmt: skip
    account = wallet_of(staff_key)
    grant(getattr(keys, side), account, Function.FINANCE if side == "bank" else Function.SELL)
    seller = account if side == "seller" else keys.seller
    bank = account if side == "bank" else keys.bank
    world.dollar.mint(bank.address, 900 * DOLLAR, operator)
    world.dollar.approve(world.notes, 900 * DOLLAR, sender(bank))
    order = make_order(source=source.address, seller=seller.address)
    signed = [order.sign(signer, domains.escrow) for signer in (keys.buyer, seller)]
    world.escrow.open(astuple(order), *signed, operator)
    before = world.dollar.balanceOf(seller.address)

    sell(order, make_offer(order, bank=bank.address), bank=bank, seller=seller)

    assert world.notes.holderOf(order_id(order)) == bank.address
    assert world.dollar.balanceOf(seller.address) == before + 800 * DOLLAR


@pytest.mark.parametrize("lack", ["allowance", "money"])
def test_nothing_changes_given_the_bank_cannot_pay(
    lack, opened, make_offer, sell, notes, dollar, keys, sender, state_of, reverts
):
    offer = make_offer(opened)
    bank = keys.bank.address
    needed = offer.advance - offer.bond
    if lack == "allowance":
        dollar.approve(notes, needed - 1, sender(keys.bank))
        error = "ERC20InsufficientAllowance", notes.address, needed - 1, needed
    else:
        dollar.transfer(keys.stranger.address, dollar.balanceOf(bank), sender(keys.bank))
        error = "ERC20InsufficientBalance", bank, 0, needed
    before = state_of(opened, dollar.balanceOf, keys.seller.address, bank)
    with reverts(dollar, *error):
        sell(opened, offer)
    assert state_of(opened, dollar.balanceOf, keys.seller.address, bank) == before
    assert before[:3] == (ZERO_ADDRESS, 0, (0, 0, 0, False))


def test_the_bond_is_not_left_out_given_the_bank_can_pay_the_seller_alone(
    opened, make_offer, sell, notes, dollar, keys, sender, state_of, reverts
):
    offer = make_offer(opened)
    dollar.approve(notes, offer.advance - 1, sender(keys.bank))
    before = state_of(opened, dollar.balanceOf, keys.seller.address, keys.bank.address)
    short = notes.address, offer.bond - 1, offer.bond
    with reverts(dollar, "ERC20InsufficientAllowance", *short):
        sell(opened, offer)
    assert state_of(opened, dollar.balanceOf, keys.seller.address, keys.bank.address) == before
    dollar.approve(notes, offer.advance, sender(keys.bank))
    sell(opened, offer)


def test_nothing_changes_given_the_seller_refuses_the_coin(
    wallet_of, grant, staff_key, keys, world, domains, make_order, source, make_offer, sell,
    accounts, state_of, operator, reverts,
):  # fmt: skip
    wallet = wallet_of(staff_key)
    grant(keys.seller, wallet, Function.SELL)
    world.escrow.listToken(ZERO_ADDRESS, operator)
    order = make_order(token=ZERO_ADDRESS, source=source.address, seller=wallet.address)
    signed = [order.sign(signer, domains.escrow) for signer in (keys.buyer, wallet)]
    world.escrow.open(astuple(order), *signed, {**operator, "value": order.amount})

    def balance(who):
        return accounts.at(str(who), force=True).balance()

    before = state_of(order, balance, operator["from"])
    with reverts(world.notes, "FailedCall"):
        sell(order, make_offer(order), seller=wallet)
    assert state_of(order, balance, operator["from"]) == before


def test_valid_until_is_the_last_second_at_which_an_offer_is_taken(
    place, make_offer, sell, notes, at, order_id, keys, reverts
):
    first, second = place(), place()
    offers = make_offer(first), make_offer(second)
    at(offers[0].valid_until)
    sell(first, offers[0])
    assert notes.holderOf(order_id(first)) == keys.bank.address
    until = offers[1].valid_until
    at(until + 1)
    with reverts(notes, "ReceivableNote_OfferExpired", until, until + 1):
        sell(second, offers[1])


def test_reverts_given_the_chain_was_forked(
    opened, make_offer, notes, keys, domains, chain, web3, operator, reverts
):
    offer = make_offer(opened)
    signed = [offer.sign(key, domains.notes) for key in (keys.bank, keys.seller)]
    web3.provider.make_request("anvil_setChainId", [chain.id + 1])
    try:
        with reverts(notes, "ReceivableNote_WrongChain", chain.id, chain.id + 1):
            notes.sell.call(astuple(opened), astuple(offer), *signed, operator)
    finally:
        web3.provider.make_request("anvil_setChainId", [chain.id])


def test_reverts_when_nothing_is_advanced(opened, make_offer, sell, notes, reverts):
    with reverts(notes, "ReceivableNote_ZeroAdvance"):
        sell(opened, make_offer(opened, advance=0, bond=0))


def test_reverts_when_the_bond_is_more_than_the_advance(opened, make_offer, sell, notes, reverts):
    with reverts(notes, "ReceivableNote_BondAboveAdvance", 901, 900):
        sell(opened, make_offer(opened, advance=900, bond=901))


WRONG = {
    "nothing": lambda offer, key, domains, chain: b"",
    "a stranger's": lambda offer, key, domains, chain: offer.sign(Wallet().key(999), domains.notes),
    "the escrow's domain": lambda offer, key, domains, chain: offer.sign(key, domains.escrow),
    "another chain": lambda offer, key, domains, chain: offer.sign(key, chain),
    "another offer": lambda offer, key, domains, chain: replace(
        offer, advance=offer.advance + 1
    ).sign(key, domains.notes),
}


@pytest.mark.parametrize("side", ["bank", "seller"])
@pytest.mark.parametrize("wrong", WRONG)
def test_reverts_when_a_side_did_not_sign_this_offer(
    side, wrong, opened, make_offer, notes, keys, domains, chain, operator, reverts
):
    offer = make_offer(opened)
    other_chain = contract_domain("Entrepot ReceivableNote", chain.id + 1, notes.address)
    signed = {name: offer.sign(getattr(keys, name), domains.notes) for name in ("bank", "seller")}
    signed[side] = WRONG[wrong](offer, getattr(keys, side), domains, other_chain)
    with reverts(notes, "ReceivableNote_InvalidSignature", getattr(keys, side).address):
        notes.sell(astuple(opened), astuple(offer), *signed.values(), operator)


@pytest.mark.parametrize("signer", ["bank", "seller"])
def test_reverts_when_one_side_signed_for_both(
    signer, opened, make_offer, sell, notes, keys, reverts
):
    key = getattr(keys, signer)
    missing = keys.seller if signer == "bank" else keys.bank
    with reverts(notes, "ReceivableNote_InvalidSignature", missing.address):
        sell(opened, make_offer(opened), bank=key, seller=key)


@pytest.mark.parametrize(
    "change",
    [
        {"order_id": b"\1" * 32},
        {"bank_id": 2},
        {"advance": 900 * DOLLAR - 1},
        {"bond": 100 * DOLLAR + 1},
        {"paid": 1},
        {"valid_until": 2**40 - 1},
        {"salt": b"\6" * 32},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_term_is_signed(change, opened, make_offer, notes, keys, domains, operator, reverts):
    offer = make_offer(opened)
    signed = [offer.sign(key, domains.notes) for key in (keys.bank, keys.seller)]
    with reverts(notes, "ReceivableNote_InvalidSignature", keys.bank.address):
        notes.sell(astuple(opened), astuple(replace(offer, **change)), *signed, operator)


def test_reverts_when_the_bank_acts_for_another_participant(
    opened, make_offer, sell, notes, keys, ids, reverts
):
    other = keys.bank.address, ids.bank, ids.insurer
    with reverts(notes, "ReceivableNote_NotActingFor", *other):
        sell(opened, make_offer(opened, bank_id=ids.insurer))


def test_reverts_when_no_bank_buys(opened, make_offer, sell, registry, keys, ids, reverts):
    buyer = make_offer(opened, bank=keys.buyer.address, bank_id=ids.buyer)
    refused = keys.buyer.address, Function.FINANCE, Refusal.ROLE_MISSING
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refused):
        sell(opened, buyer)


def test_reverts_given_the_bank_lost_its_role(
    opened, make_offer, sell, registry, keys, ids, operator, reverts
):
    registry.setRoles(ids.bank, 0, 1, operator)
    refused = keys.bank.address, Function.FINANCE, Refusal.ROLE_MISSING
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refused):
        sell(opened, make_offer(opened))


def test_reverts_when_the_offer_is_for_another_order(
    place, make_offer, sell, notes, escrow, order_id, reverts
):
    order, other = place(), place()
    with reverts(notes, "ReceivableNote_WrongOrder", order_id(other), order_id(order)):
        sell(other, make_offer(order))
    assert escrow.progressOf(order_id(other))[3] is False
    sell(order, make_offer(order))


def test_reverts_when_the_order_is_told_otherwise_than_it_was_opened(
    opened, make_offer, sell, escrow, keys, order_id, reverts
):
    """A thief who names itself as the seller sells an order that nobody opened."""
    forged = replace(opened, seller=keys.stranger.address)
    with reverts(escrow, "TradeEscrow_OrderNotOpen", order_id(forged), 0):
        sell(forged, make_offer(opened))


def test_reverts_given_the_order_was_never_opened(
    source, make_order, make_offer, sell, escrow, order_id, reverts
):
    order = make_order(source=source.address)
    with reverts(escrow, "TradeEscrow_OrderNotOpen", order_id(order), 0):
        sell(order, make_offer(order))


@pytest.mark.parametrize(
    ("share", "state"), [(10_000, 4), (0, 3)], ids=["agreed on", "conceded before the sale"]
)
def test_reverts_given_the_order_has_ended(
    share, state, opened, make_offer, sell, agree, escrow, keys, order_id, reverts
):
    offer = make_offer(opened)
    consenting = {"buyer": keys.buyer} if share else {"seller": keys.seller}
    agree(opened, share, **consenting)
    with reverts(escrow, "TradeEscrow_OrderNotOpen", order_id(opened), state):
        sell(opened, offer)


@pytest.mark.parametrize("since", ["at once", "sold on", "bond divided"])
def test_no_order_is_financed_twice(
    since, sold, make_offer, sell, end, notes, escrow, dollar, registry, keys, ids, grant,
    staff_key, sender, operator, order_id, reverts,
):  # fmt: skip
    """By another bank, on a fresh offer, with its own money."""
    grant(keys.bank, staff_key, Function.FINANCE)
    dollar.mint(staff_key.address, 900 * DOLLAR, operator)
    dollar.approve(notes, 900 * DOLLAR, sender(staff_key))
    second = make_offer(sold, bank=staff_key.address, salt=b"\7" * 32)
    error = "TradeEscrow_OrderNoted", order_id(sold)
    if since == "sold on":
        note = int.from_bytes(order_id(sold))
        notes.transferFrom(keys.bank.address, keys.seller.address, note, sender(keys.bank))
    elif since == "bond divided":
        end(sold, "settle")
        notes.divideBond(astuple(sold), operator)
        error = "TradeEscrow_OrderNotOpen", order_id(sold), 2
    with reverts(escrow, *error):
        sell(sold, second, bank=staff_key)
    assert dollar.balanceOf(staff_key.address) == 900 * DOLLAR


def test_the_same_offer_is_not_taken_again(sold, make_offer, sell, escrow, order_id, reverts):
    with reverts(escrow, "TradeEscrow_OrderNoted", order_id(sold)):
        sell(sold, make_offer(sold))


def test_reverts_given_the_buyer_has_contested(
    place, make_offer, sell, tell, escrow, keys, sender, order_id, reverts
):
    order = place(INSPECTED)
    tell(delivered_at=order.deliver_by, as_of=order.deliver_by)
    escrow.contest(astuple(order), astuple(INSPECTED), b"\0" * 32, sender(keys.buyer))
    with reverts(escrow, "TradeEscrow_OrderContested", order_id(order)):
        sell(order, make_offer(order))


@pytest.mark.parametrize("paid", [0, 1], ids=["offer before the milestone", "offer after it"])
def test_an_offer_knows_what_was_paid(
    paid, place, make_offer, sell, tell, escrow, notes, keys, order_id, operator, reverts
):
    order = place(MILESTONE)
    offers = {mask: make_offer(order, paid=mask) for mask in (0, 1)}
    tell(shipped_at=order.ship_by, as_of=order.ship_by)
    if not paid:
        escrow.advance(astuple(order), astuple(MILESTONE), operator)
    with reverts(escrow, "TradeEscrow_PaidMismatch", 1 - paid, paid):
        sell(order, offers[paid])
    sell(order, offers[1 - paid])
    assert notes.holderOf(order_id(order)) == keys.bank.address


@pytest.mark.parametrize("value", [1, 900 * DOLLAR])
def test_reverts_when_coin_comes_with_a_tokens_offer(
    value, opened, make_offer, sell, notes, reverts
):
    with reverts(notes, "ReceivableNote_UnexpectedValue", 0, value):
        sell(opened, make_offer(opened), value=value)


@pytest.mark.parametrize("more", [-1, 1])
def test_reverts_when_the_coin_is_not_the_advance(
    more, place, make_offer, sell, notes, escrow, operator, reverts
):
    escrow.listToken(ZERO_ADDRESS, operator)
    order = place(token=ZERO_ADDRESS)
    advance = make_offer(order).advance
    with reverts(notes, "ReceivableNote_UnexpectedValue", advance, advance + more):
        sell(order, make_offer(order), value=advance + more)


@pytest.mark.parametrize(
    ("advance", "bond", "lost"),
    [(DOLLAR, 0, "the advance"), (2_100_000, 1_000_000, "the bond")],
    ids=["advance", "bond"],
)
def test_reverts_when_less_arrives_than_was_offered(
    advance, bond, lost, RebasingTokenMock, make_order, source, open_order, make_offer, sell,
    notes, escrow, keys, sender, operator, reverts,
):  # fmt: skip
    token = RebasingTokenMock.deploy(operator)
    escrow.listToken(token, operator)
    for key, spender in ((keys.buyer, escrow), (keys.bank, notes)):
        token.mint(key.address, 1_000 * DOLLAR, operator)
        token.approve(spender, 2**256 - 1, sender(key))
    order = make_order(token=token.address, source=source.address)
    open_order(order)
    token.rebase(11 * 10**17, operator)
    with reverts(notes, "ReceivableNote_AmountNotExact", DOLLAR, DOLLAR - 1):
        sell(order, make_offer(order, advance=advance, bond=bond))


def test_a_token_that_begins_to_take_a_fee_is_refused(
    opened, make_offer, sell, notes, FeeTokenMock, dollar, keys, sender, operator, web3, reverts
):
    """The dollar of an open order gets the code of a token with a fee of one percent."""
    fee = FeeTokenMock.deploy(operator)
    code = web3.eth.get_code(fee.address).hex()
    code = code if code.startswith("0x") else "0x" + code
    web3.provider.make_request("anvil_setCode", [dollar.address, code])
    offer = make_offer(opened)
    net = offer.advance - offer.bond
    with reverts(notes, "ReceivableNote_AmountNotExact", net, net * 99 // 100):
        sell(opened, offer)
