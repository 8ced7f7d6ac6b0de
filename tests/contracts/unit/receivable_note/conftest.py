"""Claims that are sold, in dollars and in native coin, and every way in which their orders end."""

from dataclasses import astuple, replace
from types import SimpleNamespace

import pytest

from entrepot.core.messages import ZERO_ADDRESS, Clauses, Offer

DAY = 86_400
DOLLAR = 10**6
PLAIN = Clauses()
# Delivered and accepted, with a day to contest.
INSPECTED = Clauses(conditions=1 << 2 | 1 << 3, inspection_window=DAY)
# How an order ends: its clauses, and the share of what is left that the seller's side receives.
ENDS = {
    "settle": (PLAIN, 10_000),
    "refund": (PLAIN, 0),
    "conclude": (INSPECTED, 10_000),
    "fail": (INSPECTED, 0),
    "accept": (INSPECTED, 10_000),
    "concede": (INSPECTED, 0),
    "agree": (INSPECTED, 3_333),
    "arbitrate": (INSPECTED, 7_001),
}


@pytest.fixture(scope="session")
def source(world, ShipmentSourceMock, operator):
    """A source of facts that says what `tell` tells it."""
    return ShipmentSourceMock.deploy(operator)


@pytest.fixture(scope="session")
def tell(source, operator):
    """Sets the facts of every shipment; what is not named has not happened."""

    def say(*, shipped_at=0, delivered_at=0, as_of):
        source.tell((0, 0, 0, shipped_at, 0, 0, delivered_at, as_of), operator)

    return say


@pytest.fixture(params=["dollar", "native coin"])
def asset(request, world, accounts, operator):
    """What is paid in: its address, and an account's balance of it."""
    if request.param == "dollar":
        return SimpleNamespace(token=world.dollar.address, balance=world.dollar.balanceOf)
    world.escrow.listToken(ZERO_ADDRESS, operator)
    return SimpleNamespace(
        token=ZERO_ADDRESS, balance=lambda who: accounts.at(str(who), force=True).balance()
    )


@pytest.fixture(scope="session")
def place(source, make_order, open_order):
    """Opens an order with clauses that reads its facts from `source`; gives it."""

    def go(clauses=PLAIN, **changes):
        order = make_order(source=source.address, clauses=clauses.struct_hash(), **changes)
        open_order(order, clauses)
        return order

    return go


@pytest.fixture
def opened(place):
    """An open order of 1,000 dollars."""
    return place()


@pytest.fixture(scope="session")
def make_offer(keys, ids, order_id, now):
    """Builds the bank's offer: nine tenths of the price at once, one of these as a bond."""

    def make(order, **changes):
        offer = Offer(
            order_id=order_id(order),
            bank=keys.bank.address,
            bank_id=ids.bank,
            advance=order.amount * 9 // 10,
            bond=order.amount // 10,
            paid=0,
            valid_until=now() + DAY,
            salt=b"\x05" * 32,
        )
        return replace(offer, **changes)

    return make


@pytest.fixture(scope="session")
def sell(world, domains, key_of, operator):
    """Sells the claim on an order, with the signatures of the right or of other accounts."""

    def go(order, offer, *, bank=None, seller=None, **options):
        signers = bank or key_of(offer.bank), seller or key_of(order.seller)
        signed = [offer.sign(signer, domains.notes) for signer in signers]
        if order.token == ZERO_ADDRESS:
            options = {"value": offer.advance, **options}
        return world.notes.sell(astuple(order), astuple(offer), *signed, {**operator, **options})

    return go


@pytest.fixture
def sold(opened, make_offer, sell):
    """An open order of 1,000 dollars whose claim the bank holds, for 900 of which 100 are bond."""
    sell(opened, make_offer(opened))
    return opened


@pytest.fixture(params=ENDS)
def ending(request):
    """A way in which an order ends: its name, the order's clauses, and the seller's share."""
    return SimpleNamespace(
        how=request.param, clauses=ENDS[request.param][0], share=ENDS[request.param][1]
    )


@pytest.fixture(scope="session")
def end(world, keys, tell, agree, at, sender, operator):
    """Ends an order in a way of `ENDS`, with the consent of the note's holder; gives that."""

    def go(order, how, holder=None):
        clauses, share = ENDS[how]
        terms = astuple(order), astuple(clauses)
        holder = holder or keys.bank
        delivered = how in ("settle", "conclude", "accept", "arbitrate")
        if delivered:
            tell(delivered_at=order.deliver_by, as_of=order.deliver_by)
        elif how in ("refund", "fail"):
            tell(as_of=order.ship_by + 1)
        if how in ("settle", "refund"):
            return getattr(world.escrow, how)(terms[0], operator)
        if how in ("conclude", "fail"):
            at(order.deliver_by + DAY + 1)
            return world.escrow.conclude(*terms, operator)
        if how == "arbitrate":
            world.escrow.contest(*terms, b"\0" * 32, sender(keys.buyer))
            return world.escrow.arbitrate(*terms, share, sender(keys.arbiter))
        buyer = None if how == "concede" else keys.buyer
        return agree(order, share, clauses, buyer=buyer, seller=None if how == "accept" else holder)

    return go
