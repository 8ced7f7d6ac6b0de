"""Bonds over a source that says what a test tells it, and policies that have paid."""

from dataclasses import astuple
from types import SimpleNamespace

import pytest

from entrepot.core.liability import Leg, chain_of

DAY = 86_400
DOLLAR = 10**6
PLAN = b"\x77" * 32


@pytest.fixture(scope="session")
def bonds(world, source, CarrierBond, operator):
    """Bonds that read facts and legs from `source`."""
    return CarrierBond.deploy(world.registry, world.escrow, world.insurance, source, operator)


@pytest.fixture(scope="session")
def bond(world, bonds, ids, operator):
    """Adds dollars to a carrier's bond; gives the transaction."""

    def add(amount, participant=ids.carrier, token=world.dollar):
        token.mint(operator["from"], amount, operator)
        token.approve(bonds, 2**256 - 1, operator)
        return bonds.deposit(participant, token, amount, operator)

    return add


@pytest.fixture(scope="session")
def held(bonds, world, plain):
    """What is held of a participant, what of it is leaving, and from when on."""
    return lambda participant, token=world.dollar: plain(bonds.bondOf(participant, token))


@pytest.fixture
def opened(source, make_order, open_order):
    """An open order that reads its facts from `source`."""
    order = make_order(source=source.address)
    open_order(order)
    return order


@pytest.fixture(scope="session")
def make_leg(ids):
    """Builds a leg of the carrier that answers for 1,000 dollars, or what it is changed to."""

    def make(since, custodian=ids.carrier, due_by=0, liability=1_000 * DOLLAR):
        return Leg(custodian, since, due_by, liability)

    return make


@pytest.fixture(scope="session")
def journey(tell, tell_cargo, tell_watch):
    """Tells a shipment of these legs, and what happened to it, up to a time."""

    def go(*legs, delivered_at=0, as_of, watch=None, **cargo):
        tell(shipped_at=legs[0].since, delivered_at=delivered_at, as_of=as_of)
        tell_cargo(custody=chain_of(legs), **cargo)
        tell_watch(0, **(watch or {}))

    return go


@pytest.fixture
def insured(opened, make_quote, insure, pack):
    """A policy over all of the order's value.

    5 % where it is warm, 5 % where for an hour, 30 % where goods are lost, 4 % where they are
    damaged, and 1 % a day after 3 days late.
    """
    perils = pack(("LEVEL", 500), ("RUN", 500, 3_600), ("LOSS", 3_000, 100), ("DAMAGE", 400, 100))
    quote = make_quote(
        opened, perils=perils, plan=PLAN, cap_bps=10_000, maximum=opened.amount,
        reporting_period=9 * DAY,
    )  # fmt: skip
    insure(opened, quote)
    return quote


@pytest.fixture(scope="session")
def subrogate(bonds, keys, sender):
    """Recovers for a cause, as a stranger; gives the transaction."""

    def go(order, quote, cause, *legs):
        terms = astuple(order), astuple(quote), cause, [astuple(leg) for leg in legs]
        return bonds.subrogate(*terms, sender(keys.stranger))

    return go


@pytest.fixture(scope="session")
def recovered(subrogate):
    """Recovers for a cause; gives the custodian, leg and amount of each recovery."""

    def go(order, quote, cause, *legs):
        found = subrogate(order, quote, cause, *legs).events["ClaimRecovered"]
        return [(one["participantId"], one["leg"], one["amount"]) for one in found]

    return go


@pytest.fixture(scope="session")
def policy_id(domains):
    """Id of a quote's policy."""
    return lambda quote: quote.digest(domains.insurance)


@pytest.fixture(scope="session")
def recovers_nothing(bonds, subrogate, policy_id, reverts):
    """Shows that there is nothing to recover for a cause."""

    def check(order, quote, cause, *legs):
        with reverts(bonds, "CarrierBond_NothingToRecover", policy_id(quote), cause):
            subrogate(order, quote, cause, *legs)

    return check


@pytest.fixture
def paid(opened, insured, bond, journey, make_leg, claim):
    """The policy after it was warm on the carrier's leg, for which 50 dollars were paid."""
    leg = make_leg(opened.ship_by)
    journey(leg, watch={"breached_at": opened.ship_by + DAY}, as_of=opened.ship_by + DAY)
    claim(opened, insured)
    return SimpleNamespace(order=opened, quote=insured, leg=leg)
