"""A line of the seller's, and a batch of four items."""

from dataclasses import dataclass, replace

import pytest

from entrepot.core.keys import Wallet
from entrepot.core.labels import code, gtin_of, leaf
from entrepot.core.messages import Activation, Registration
from entrepot.core.roles import Role, mask
from entrepot.core.signing import keccak

GTIN = gtin_of("0461234500001")
LOT = code("L-2026.07_a~")


@dataclass(frozen=True)
class Items:
    """Items of a batch, with the tree over their leaves (OpenZeppelin's: pairs sorted)."""

    keys: list
    entries: list
    root: bytes
    proofs: list


def _pair(a, b):
    return keccak(min(a, b) + max(a, b))


@pytest.fixture(scope="session")
def gtin():
    """The line's GTIN-14."""
    return GTIN


@pytest.fixture(scope="session")
def lot():
    """The batch's lot."""
    return LOT


@pytest.fixture(scope="session")
def plant():
    """Four items of the batch with these numbers, and their tree."""

    def grow(*indices):
        wallet = Wallet()
        keys = [wallet.key(200 + i) for i in range(4)]
        entries = [(code(f"S{i}"), keys[i].address, indices[i]) for i in range(4)]
        leaves = [
            leaf(GTIN, LOT, serial, key.raw_address, index)
            for key, (serial, _, index) in zip(keys, entries, strict=True)
        ]
        left, right = _pair(*leaves[:2]), _pair(*leaves[2:])
        proofs = [[leaves[i ^ 1], right if i < 2 else left] for i in range(4)]
        return Items(keys, entries, _pair(left, right), proofs)

    return grow


@pytest.fixture(scope="session")
def items(plant):
    """Four items and their tree."""
    return plant(0, 1, 2, 3)


@pytest.fixture(scope="session")
def batch(items):
    """The batch of these items."""
    return (items.root, 4, 4_102_444_800)


@pytest.fixture(scope="session")
def producer(sender, keys):
    """Options that send from the line's producer."""
    return sender(keys.seller)


@pytest.fixture
def rival(register, keys, sender):
    """Options that send from another producer, with id 77."""
    register(Registration(77, mask(Role.PRODUCER), keys.stranger.address), keys.stranger)
    return sender(keys.stranger)


@pytest.fixture
def line(labels, gtin, producer):
    """Registers the line; gives its GTIN."""
    labels.registerLine(gtin, keccak(b"product"), producer)
    return gtin


@pytest.fixture
def committed(labels, line, lot, batch, producer):
    """Commits the batch; gives GTIN and lot."""
    labels.commitBatch(line, lot, batch, producer)
    return line, lot


@pytest.fixture(scope="session")
def sign_activation(domains):
    """The signature of an item's key for an activator, over what the message is changed to."""

    def sign(key, serial, activator, /, **changes):
        message = Activation(GTIN, LOT, serial, activator.address)
        return replace(message, **changes).sign(key, domains.labels)

    return sign


@pytest.fixture(scope="session")
def activate(world, items, batch, keys, sender, sign_activation):
    """Activates an item of the batch with its own key; gives the transaction."""

    def go(number, activator=keys.consumer):
        serial = items.entries[number][0]
        signature = sign_activation(items.keys[number], serial, activator)
        shown = items.entries[number], items.proofs[number]
        return world.labels.activate(GTIN, LOT, batch, *shown, signature, sender(activator))

    return go
