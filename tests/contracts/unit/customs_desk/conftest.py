"""Shipments at every stage of their clearance, and every act of the desk by anyone.

The seller declares, the inspector inspects, customs decides.
"""

from dataclasses import astuple, dataclass, replace
from enum import IntEnum
from types import SimpleNamespace

import pytest

from entrepot.core.messages import Clauses
from entrepot.core.roles import Function

DAY = 86_400
DOLLAR = 10**6
PASSED = 1
NOTE = b"\x0e" * 32


class State(IntEnum):
    """`CustomsState` of `IShipmentSource.sol`."""

    NONE = 0
    DECLARED = 1
    HELD = 2
    RELEASED = 3
    REFUSED = 4
    APPEALED = 5


@dataclass(frozen=True)
class Declaration:
    """What is declared: oranges from Spain to Germany."""

    hs_code: bytes = b"08051022\0\0"
    origin: bytes = b"ES"
    destination: bytes = b"DE"
    value: int = 1_000 * DOLLAR
    document: bytes = b"\x0d" * 32


@pytest.fixture(scope="session")
def state():
    """States of a case, by name."""
    return State


@pytest.fixture(scope="session")
def goods():
    """What is declared, with changes."""
    return lambda **changes: replace(Declaration(), **changes)


@pytest.fixture(scope="session")
def clearing(ids, keys):
    """Clauses of an order that customs clears: duty of 50 dollars at most, a day to appeal."""
    return Clauses(
        conditions=1 << 1 | 1 << 2,
        customs_id=ids.customs,
        broker_id=ids.broker,
        inspector_id=ids.inspector,
        treasury=keys.treasury.address,
        duty_cap=50 * DOLLAR,
        appeal_period=DAY,
    )


@pytest.fixture(scope="session")
def place(world, clearing, make_order, open_order, shipment_of, operator):
    """Opens an order with such clauses and creates its shipment; gives all three."""

    def go(**changes):
        clauses = replace(clearing, **changes)
        order = make_order(clauses=clauses.struct_hash())
        open_order(order, clauses)
        world.ledger.create(astuple(order), operator)
        return SimpleNamespace(order=order, clauses=clauses, shipment=shipment_of(order))

    return go


@pytest.fixture
def shipment(place):
    """A shipment of which nothing is declared."""
    return place()


@pytest.fixture(scope="session")
def declare(world, keys, goods, sender):
    """Declares what `goods` says, by default as the seller; gives the transaction."""

    def go(case, who=keys.seller, **changes):
        terms = astuple(case.order), astuple(case.clauses), astuple(goods(**changes))
        return world.customs.declare(*terms, sender(who))

    return go


@pytest.fixture(scope="session")
def acts(world, keys, declare, sender):
    """Every act on a case by name: its function, who may do it, and how a key does it."""
    desk = world.customs

    def act(fn, name, who, *arguments):
        method = getattr(desk, name)
        return SimpleNamespace(
            fn=fn, who=who, do=lambda case, key: method(case.shipment, *arguments, sender(key))
        )

    def release(case, key):
        sequence = desk.factsOf(case.shipment)[1]
        return desk.release(case.shipment, sequence, sender(key))

    inspector, customs = keys.inspector, keys.customs
    return {
        "declare": SimpleNamespace(fn=Function.DECLARE, who=keys.seller, do=declare),
        "inspect": act(Function.INSPECT, "inspect", inspector, 0, PASSED, NOTE),
        "assess": act(Function.CLEAR, "assess", customs, 30 * DOLLAR),
        "release": SimpleNamespace(fn=Function.CLEAR, who=customs, do=release),
        "hold": act(Function.CLEAR, "hold", customs, NOTE),
        "refuse": act(Function.CLEAR, "refuse", customs, NOTE, 20 * DOLLAR),
        "appeal": act(Function.DECLARE, "appeal", keys.seller, NOTE),
        "uphold": act(Function.CLEAR, "decideAppeal", customs, True),
        "reject": act(Function.CLEAR, "decideAppeal", customs, False),
        "reemit": act(None, "reemit", keys.stranger),
    }


PATHS = {
    State.NONE: (),
    State.DECLARED: ("declare", "inspect", "assess"),
    State.HELD: ("declare", "inspect", "assess", "hold"),
    State.RELEASED: ("declare", "inspect", "assess", "release"),
    State.REFUSED: ("declare", "inspect", "assess", "refuse"),
    State.APPEALED: ("declare", "inspect", "assess", "refuse", "appeal"),
}


@pytest.fixture(scope="session")
def do(acts):
    """Does acts on a case, one after the other, each by who may; gives the last transaction."""

    def go(case, *names):
        tx = None
        for name in names:
            tx = acts[name].do(case, acts[name].who)
        return tx

    return go


@pytest.fixture(scope="session")
def bring(do):
    """Brings a case to a state, assessed and inspected; gives the last transaction."""
    return lambda case, target: do(case, *PATHS[target])


@pytest.fixture(scope="session")
def facts_of(world, plain):
    """Facts of a case by name."""
    names = "state", "sequence", "released_at", "refused_at", "final_at", "duty", "as_of"

    def read(case):
        return SimpleNamespace(
            **dict(zip(names, plain(world.customs.factsOf(case.shipment)), strict=True))
        )

    return read


@pytest.fixture(scope="session")
def case_of(world, plain):
    """What the desk keeps beside the facts: assessed, findings of goods and quarantine."""
    return lambda case: plain(world.customs.caseOf(case.shipment))[5:]
