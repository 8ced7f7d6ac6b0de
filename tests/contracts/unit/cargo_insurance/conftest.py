"""Orders whose facts a test tells as it likes, and policies on them.

A shipment's watches, its goods and its customs are told apart from its times.
"""

from dataclasses import astuple
from enum import IntEnum
from types import SimpleNamespace

import pytest

from entrepot.services.deploy import NO_COMMISSION, NO_REINSURER

DAY = 86_400
DOLLAR = 10**6
BOOKS = ["locked", "liabilities", "first_loss", "unvested", "vested_at", "vests_in", "reserved"]
PLAN = b"\x77" * 32


class Policy(IntEnum):
    """`PolicyState` of `ICargoInsurance.sol`."""

    NONE = 0
    ACTIVE = 1
    PAID = 2
    EXPIRED = 3
    VOID = 4


@pytest.fixture(scope="session")
def state():
    """States of a policy, by name."""
    return Policy


@pytest.fixture(scope="session")
def source(world, ShipmentSourceMock, operator):
    """A source of facts that says what `tell` tells it."""
    return ShipmentSourceMock.deploy(operator)


@pytest.fixture(scope="session")
def tell(source, operator):
    """Sets the facts of every shipment; what is not named has not happened."""

    def say(*, shipped_at=0, tendered_at=0, delivered_at=0, as_of):
        source.tell((0, 0, 0, shipped_at, tendered_at, 0, delivered_at, as_of), operator)

    return say


@pytest.fixture(scope="session")
def tell_watch(source, operator):
    """Sets what a watch of every shipment saw, under a plan."""

    def say(watch, *, breached_at=0, exposure=0, longest=0, longest_at=0, plan=PLAN):
        source.tellWatch(plan, watch, (breached_at, exposure, longest, longest_at, 0, 0), operator)

    return say


@pytest.fixture(scope="session")
def tell_cargo(source, operator):
    """Sets which shares of all goods are lost and damaged, in basis points."""

    def say(*, lost=0, damaged=0):
        source.tellCargo((bytes(32), lost, damaged, bool(lost), bool(damaged), 0), operator)

    return say


@pytest.fixture(scope="session")
def tell_customs(source, operator):
    """Sets where the customs of every shipment stand."""

    def say(customs, *, final_at=0, as_of):
        source.tellCustoms((customs, 1, 0, 1, final_at, 0, as_of), operator)

    return say


@pytest.fixture
def opened(source, tell, make_order, open_order):
    """An open order that reads its facts from `source`."""
    order = make_order(source=source.address)
    open_order(order)
    return order


@pytest.fixture(scope="session")
def policy_id(domains):
    """Id of a quote's policy."""
    return lambda quote: quote.digest(domains.insurance)


@pytest.fixture(scope="session")
def record_of(world, policy_id):
    """Record of a policy: state, incepted at, ended at, weight, fired, gross, reserved."""
    return lambda quote: tuple(map(int, world.insurance.recordOf(policy_id(quote))))


@pytest.fixture(scope="session")
def insure_signed(world, keys, domains, key_of, operator):
    """Buys cover with signatures of any keys, by default the right ones."""

    def buy(order, quote, holder=None, underwriter=None, signer=None):
        underwriter = underwriter or keys.insurer
        by_holder = quote.sign(holder or key_of(quote.holder), domains.insurance)
        by_insurer = quote.sign(signer or underwriter, domains.insurance)
        return world.insurance.insure(
            astuple(order), astuple(quote), by_holder, underwriter.address, by_insurer, operator
        )

    return buy


@pytest.fixture
def insured(opened, make_quote, insure):
    """The open order's policy."""
    quote = make_quote(opened)
    insure(opened, quote)
    return quote


@pytest.fixture(scope="session")
def claim(world, operator):
    """Claims a policy; gives the transaction."""
    return lambda order, quote: world.insurance.claim(astuple(order), astuple(quote), operator)


@pytest.fixture(scope="session")
def books(world):
    """The pool's books by name."""

    def read():
        return SimpleNamespace(**dict(zip(BOOKS, map(int, world.pool.books()), strict=True)))

    return read


@pytest.fixture
def list_pool(world, ids, keys, sender, operator, InsurancePool):
    """Lists the insurer's pool in a new token with 100 dollars; buyer's money and allowances."""

    def add(Token):
        token = Token.deploy(operator)
        pool = InsurancePool.deploy(
            token, world.registry, world.insurance, ids.insurer, NO_COMMISSION, NO_REINSURER, 0,
            "Other", "OTH", operator,
        )  # fmt: skip
        world.escrow.listToken(token, operator)
        world.insurance.listPool(pool, operator)
        for key, spenders in (
            (keys.buyer, (world.escrow, world.insurance)),
            (keys.insurer, (pool,)),
        ):
            token.mint(key.address, 1_000 * DOLLAR, operator)
            for spender in spenders:
                token.approve(spender, 2**256 - 1, sender(key))
        return token, pool

    return add
