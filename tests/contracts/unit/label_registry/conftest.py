"""A line of the seller's, and a batch of four items."""

from dataclasses import dataclass

import pytest

from entrepot.core.keys import Wallet
from entrepot.core.labels import code, gtin_of, leaf
from entrepot.core.messages import Registration
from entrepot.core.roles import Role, mask
from entrepot.core.signing import keccak

GTIN = gtin_of("0461234500001")
LOT = code("L-2026.07_a~")


@dataclass(frozen=True)
class Items:
    """Items of a batch, with the tree over their leaves (OpenZeppelin's: pairs sorted)."""

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
def items():
    """Four items and their tree."""
    wallet = Wallet()
    entries = [(code(f"S{i}"), wallet.key(200 + i).address) for i in range(4)]
    leaves = [leaf(GTIN, LOT, *entry) for entry in entries]
    left, right = _pair(*leaves[:2]), _pair(*leaves[2:])
    proofs = [[leaves[i ^ 1], right if i < 2 else left] for i in range(4)]
    return Items(entries, _pair(left, right), proofs)


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
