"""Orders whose facts a test tells as it likes, and tokens that behave as it likes."""

from dataclasses import astuple, dataclass
from types import SimpleNamespace
from typing import ClassVar

import pytest
from brownie import Contract

from entrepot.core.credit import TradeOutcome
from entrepot.core.messages import Clauses, Consent, Message, Offer, contract_domain

DOLLAR = 10**6
RELEASED_BY_CUSTOMS = 3
KEPT, LATE, LOST, BROKEN, UPHELD = TradeOutcome


@dataclass(frozen=True, slots=True)
class Permit(Message):
    """An allowance by signature (ERC-2612)."""

    SOLIDITY: ClassVar[str] = (
        "address owner,address spender,uint256 value,uint256 nonce,uint256 deadline"
    )
    owner: str
    spender: str
    value: int
    nonce: int
    deadline: int


@pytest.fixture(scope="session")
def other_source(ShipmentSourceMock, operator):
    """A source of facts that is not the one by which orders are rated."""
    return ShipmentSourceMock.deploy(operator)


@pytest.fixture(scope="session")
def source(world, ShipmentSourceMock):
    """The source by which orders are rated, which says what `tell` tells it."""
    address, abi = world.ledger.address, ShipmentSourceMock.abi
    return Contract.from_abi("ShipmentSourceMock", address, abi, persist=False)


@pytest.fixture(autouse=True)
def puppet(isolation, source, other_source, web3):
    """Puts a source that says what it is told in the ledger's place, for the test."""
    code = web3.eth.get_code(other_source.address)
    answer = web3.provider.make_request("anvil_setCode", [source.address, "0x" + code.hex()])
    assert "error" not in answer, answer


@pytest.fixture(scope="session")
def tell(source, operator):
    """Sets the facts of every shipment; what is not named has not happened."""

    def say(*, shipped_at=0, tendered_at=0, disputed_at=0, delivered_at=0, as_of):
        times = shipped_at, tendered_at, disputed_at, delivered_at
        source.tell((0, 0, 0, *times, as_of), operator)

    return say


@pytest.fixture(scope="session")
def tell_customs(source, operator):
    """Sets what customs decided of every shipment, duty in the order's token."""

    def say(state, *, released_at=0, refused_at=0, final_at=0, duty=0, as_of):
        source.tellCustoms((state, 1, released_at, refused_at, final_at, duty, as_of), operator)

    return say


@pytest.fixture
def opened(source, make_order, open_order):
    """A plain open order that reads its facts from `source`."""
    order = make_order(source=source.address)
    open_order(order)
    return order


@pytest.fixture(scope="session")
def open_deal(source, make_order, open_order):
    """Opens an order with these clauses that reads its facts from `source`."""

    def open_(clauses, *, value=0, **changes):
        order = make_order(source=source.address, clauses=clauses.struct_hash(), **changes)
        open_order(order, clauses, value=value)
        return order

    return open_


@pytest.fixture
def deal(open_deal, make_clauses):
    """An open order with everything agreed, and its clauses."""
    clauses = make_clauses()
    return open_deal(clauses), clauses


@pytest.fixture(scope="session")
def fulfil(tell, tell_customs):
    """Tells that an order's goods were shipped, cleared and delivered, all by deliver-by."""

    def do(order, duty=0):
        delivered = order.deliver_by
        tell(shipped_at=order.ship_by, delivered_at=delivered, as_of=delivered)
        tell_customs(RELEASED_BY_CUSTOMS, released_at=delivered, duty=duty, as_of=delivered)

    return do


@pytest.fixture(scope="session")
def record_of(world, order_id, plain):
    """Record of an order: state, opened at, ended at, weight."""
    return lambda order: plain(world.escrow.recordOf(order_id(order)))


@pytest.fixture(scope="session")
def sign(domains, key_of):
    """Signatures of buyer and seller over a message, by default the order itself."""

    def both(order, message=None):
        message = message or order
        return [message.sign(key_of(side), domains.escrow) for side in (order.buyer, order.seller)]

    return both


@pytest.fixture(scope="session")
def agree(world, order_id, domains, key_of, operator):
    """Ends an order by the consent of those who sign; gives the transaction.

    By default both sides sign, the seller's share is 0, and a stranger to the order sends.
    """

    def end(order, clauses=None, *, share=0, until=2**40 - 1, signers="both", options=None):
        consent = Consent(order_id(order), share, until)
        sides = {"buyer": order.buyer, "seller": order.seller}
        signatures = [
            consent.sign(key_of(side), domains.escrow) if signers in (name, "both") else b""
            for name, side in sides.items()
        ]
        terms = astuple(order), astuple(clauses or Clauses())
        return world.escrow.agree(*terms, share, until, *signatures, options or operator)

    return end


@pytest.fixture(scope="session")
def sell_note(world, domains, chain, keys, ids, order_id, key_of, operator):
    """Sells the seller's claim on an order to the bank; gives the transaction."""
    domain = contract_domain("Entrepot ReceivableNote", chain.id, world.notes.address)

    def sell(order, paid=0):
        terms = ids.bank, DOLLAR, 0, paid, 2**40 - 1, b"\0" * 32
        offer = Offer(order_id(order), keys.bank.address, *terms)
        signatures = [offer.sign(key, domain) for key in (keys.bank, key_of(order.seller))]
        return world.notes.sell(astuple(order), astuple(offer), *signatures, operator)

    return sell


@pytest.fixture
def list_token(world, keys, sender, operator):
    """Deploys a token, lists it, and gives the buyer 1,000 and the escrow its allowance."""

    def add(Token):
        token = Token.deploy(operator)
        world.escrow.listToken(token, operator)
        token.mint(keys.buyer.address, 1_000 * DOLLAR, operator)
        token.approve(world.escrow, 2**256 - 1, sender(keys.buyer))
        return token

    return add


@pytest.fixture(scope="session")
def permit(world, chain):
    """The escrow's permit for an amount of the test dollar, as `openWithPermit` takes it."""

    def allow(key, value, deadline=2**48):
        token = world.dollar
        nonce = token.nonces(key.address)
        message = Permit(key.address, world.escrow.address, value, nonce, deadline)
        signature = message.sign(key, contract_domain(token.name(), chain.id, token.address))
        return value, deadline, signature[64], signature[:32], signature[32:64]

    return allow


# What is told (shipped, tendered, disputed, delivered, as of), whom it pays, and how it rates the
# trade. S is ship-by, D deliver-by, R refund-after, with seconds beyond.
OUTCOMES = [
    # Not shipped: known to be so only after ship-by.
    ("-", "-", "-", "-", "S", None, None),
    ("-", "-", "-", "-", "S+1", "refund", BROKEN),
    ("S", "-", "-", "-", "S+1", None, None),
    ("S+1", "-", "-", "-", "S+1", None, None),
    # Not delivered: known to be so only after refund-after.
    ("S", "-", "-", "-", "R", None, None),
    ("S", "-", "-", "-", "R+1", "refund", LOST),
    ("S+1", "-", "-", "-", "R+1", "refund", LOST),
    # A tender by refund-after holds the refund back; a later one does not.
    ("S", "R", "-", "-", "R+9", None, None),
    ("S", "R", "R", "-", "R+9", None, None),
    ("S", "R+1", "-", "-", "R+9", "refund", LOST),
    # No seller loses a dispute over a tender that came too late, be it pending or upheld.
    ("S", "R+1", "R+2", "-", "R+9", "refund", LOST),
    ("S", "R+1", "R+2", "R+1", "R+9", "refund", LOST),
    # Delivered: by refund-after the seller is paid, whenever that becomes known.
    ("S", "-", "-", "D", "D", "settle", KEPT),
    ("S+1", "-", "-", "D", "D", "settle", KEPT),
    ("-", "-", "-", "D", "R+9", "settle", KEPT),
    ("S", "-", "-", "R+1", "R+1", "refund", LOST),
    ("-", "-", "-", "R+1", "R+1", "refund", BROKEN),
    # Late is the seller's only if it shipped late.
    ("S", "-", "-", "D+1", "D+1", "settle", KEPT),
    ("S", "R", "-", "R", "R+9", "settle", KEPT),
    ("S+1", "-", "-", "D+1", "D+1", "settle", LATE),
    ("S+1", "R", "-", "R", "R+9", "settle", LATE),
    ("-", "-", "-", "D+1", "D+1", "settle", LATE),
    # A dispute that the arbiter did not follow is the buyer's failure, be the goods late or not.
    ("S", "D", "D", "D", "R+9", "settle", UPHELD),
    ("S+1", "D+1", "D+1", "D+1", "R+9", "settle", UPHELD),
]


@pytest.fixture(params=OUTCOMES, ids=lambda row: " ".join(row[:5]))
def case(request, opened, tell):
    """An open order with told facts: its delivery, up to when it is known, and what follows."""
    *names, outcome, rating = request.param
    starts = {"S": opened.ship_by, "D": opened.deliver_by, "R": opened.refund_after}
    shipped, tendered, disputed, delivered, as_of = (
        0 if name == "-" else starts[name[0]] + int(name[1:] or 0) for name in names
    )
    tell(
        shipped_at=shipped,
        tendered_at=tendered,
        disputed_at=disputed,
        delivered_at=delivered,
        as_of=as_of,
    )
    return SimpleNamespace(
        order=opened, delivered_at=delivered, as_of=as_of, outcome=outcome, rating=rating
    )


@pytest.fixture(scope="session")
def end(world, agree, tell, keys, sender, at, operator):
    """Ends a plain order in one of the ways that there are, having told facts that allow it."""
    plain = astuple(Clauses())

    def do(order, how):
        terms = astuple(order)
        if how == "agree":
            return agree(order)
        if how == "arbitrate":
            tell(shipped_at=order.ship_by, as_of=order.refund_after)
            at(order.refund_after + order.acceptance_window + order.arbitration_period + 1)
            return world.escrow.arbitrate(terms, plain, 0, sender(keys.arbiter))
        delivered = order.refund_after + 1 if how == "refund" else order.deliver_by
        tell(delivered_at=delivered, as_of=delivered)
        if how == "conclude":
            return world.escrow.conclude(terms, plain, operator)
        return getattr(world.escrow, how)(terms, operator)

    return do
