"""Orders whose facts a test tells as it likes, and policies on them."""

from dataclasses import astuple
from enum import IntEnum
from types import SimpleNamespace

import pytest

DAY = 86_400
BOOKS = ["locked", "liabilities", "first_loss", "unvested", "vested_at", "vests_in", "reserved"]


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


@pytest.fixture
def opened(rated_source, make_order, open_order):
    """An open order whose facts are told."""
    order = make_order(source=rated_source.address)
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
def books(world):
    """The pool's books by name."""

    def read():
        return SimpleNamespace(**dict(zip(BOOKS, map(int, world.pool.books()), strict=True)))

    return read
