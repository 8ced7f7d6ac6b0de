"""A shipment that devices watch, and batches of readings that they sign."""

from dataclasses import astuple, replace
from enum import IntEnum

import pytest
from eth_abi import encode

from entrepot.core.messages import Extreme, Readings, Watch
from entrepot.core.signing import keccak

TEMPERATURE, HUMIDITY, SHOCK = range(3)
ROOT = b"\x0a" * 32
MINUTE = 60
DAY = 86_400


class Arrival(IntEnum):
    """`Arrival` of `ISensorLog.sol`."""

    IN_ORDER = 0
    LATE = 1
    REPEATED = 2
    OVERLAPPING = 3


@pytest.fixture(scope="session")
def arrival():
    """How readings arrive, by name."""
    return Arrival


@pytest.fixture(scope="session")
def extremes():
    """Extremes of temperature and humidity, the latter 50 % unless told."""
    return lambda low, high=None, humidity=(5_000, 5_000): (
        Extreme(HUMIDITY, *humidity),
        Extreme(TEMPERATURE, low, low if high is None else high),
    )


@pytest.fixture(scope="session")
def watches(keys):
    """The plan: 2 to 8 degrees and at most 60 % by one device, 0 to 30 degrees by another."""
    first, second = keys.device.address, keys.second_device.address
    return [
        Watch(first, TEMPERATURE, 200, 800),
        Watch(second, TEMPERATURE, 0, 3_000),
        Watch(first, HUMIDITY, 0, 6_000),
    ]


@pytest.fixture(scope="session")
def plan_hash():
    """Hash of watches as the ledger keeps it."""
    types = ["(address,uint8,int32,int32)[]"]
    return lambda watches: keccak(encode(types, [[astuple(watch) for watch in watches]]))


@pytest.fixture
def opened(make_order, open_order):
    """An open order without shipment."""
    order = make_order()
    open_order(order)
    return order


@pytest.fixture
def loaded(opened, ledger, watches, keys, sender, operator):
    """An order with its plan, whose goods are still with the seller."""
    ledger.create(astuple(opened), operator)
    ledger.load(astuple(opened), [], [astuple(w) for w in watches], sender(keys.seller))
    return opened


@pytest.fixture
def shipped(loaded, hand_over, keys, at):
    """An order whose goods are on the way since ship-by, a day ago."""
    at(loaded.ship_by)
    hand_over(loaded, keys.seller, keys.carrier)
    at(loaded.ship_by + DAY, mine=True)
    return loaded


@pytest.fixture(scope="session")
def batch(shipment_of, extremes, keys):
    """Ten readings, one a minute, from `start` seconds after ship-by; in the middle of all bands
    unless told.
    """

    def make(order, number, start=0, **changes):
        readings = Readings(
            shipment_id=shipment_of(order),
            device=keys.device.address,
            number=number,
            started_at=order.ship_by + start,
            interval=MINUTE,
            count=10,
            root=ROOT,
            extremes=extremes(500),
        )
        return replace(readings, **changes)

    return make


@pytest.fixture(scope="session")
def bring(world, watches, domains, key_of, sender, keys):
    """Brings readings as a stranger, signed by their device or by another signer; gives the
    transaction.
    """

    def record(readings, signer=None, plan=None, domain=None):
        signer = signer or key_of(readings.device)
        signature = readings.sign(signer, domain or domains.sensors)
        plan = [astuple(watch) for watch in (watches if plan is None else plan)]
        return world.sensors.record(astuple(readings), plan, signature, sender(keys.stranger))

    return record


@pytest.fixture(scope="session")
def seen(world, shipment_of, plain):
    """What a watch saw: breached at, exposure, longest, longest at, extreme."""
    return lambda order, watch=0: plain(world.sensors.watchOf(shipment_of(order), watch))[:-1]


@pytest.fixture(scope="session")
def device_of(world, shipment_of, keys, plain):
    """A device's record on a shipment: number, end, seen."""
    return lambda order, device=keys.device.address: plain(
        world.sensors.deviceOf(shipment_of(order), device)
    )
