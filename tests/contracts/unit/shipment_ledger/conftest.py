"""Shipments at every stage, and signatures that a test may get wrong."""

from dataclasses import astuple, replace

import pytest

from entrepot.core.messages import Delivery, Handover

NOTE = b"\x0e" * 32


@pytest.fixture
def opened(make_order, open_order):
    """An open order without shipment."""
    order = make_order()
    open_order(order)
    return order


@pytest.fixture
def created(opened, ledger, operator):
    """An order whose goods are still with the seller."""
    ledger.create(astuple(opened), operator)
    return opened


@pytest.fixture
def shipped(created, hand_over, keys):
    """An order whose goods are with the carrier."""
    hand_over(created, keys.seller, keys.carrier)
    return created


@pytest.fixture
def tendered(shipped, tender):
    """An order whose carrier has tendered."""
    tender(shipped)
    return shipped


@pytest.fixture
def disputed(tendered, dispute):
    """An order whose consignee has disputed the tender."""
    dispute(tendered)
    return tendered


@pytest.fixture
def delivered(shipped, deliver):
    """An order whose goods the consignee has received."""
    deliver(shipped)
    return shipped


@pytest.fixture(scope="session")
def tender(world, keys, sender):
    """Tenders as the carrier; gives the transaction."""
    return lambda order: world.ledger.tender(astuple(order), NOTE, sender(keys.carrier))


@pytest.fixture(scope="session")
def dispute(world, keys, sender):
    """Disputes as the consignee; gives the transaction."""
    return lambda order: world.ledger.dispute(astuple(order), NOTE, sender(keys.consignee))


@pytest.fixture(scope="session")
def rule(world, keys, sender):
    """Rules as the arbiter; gives the transaction."""
    return lambda order, is_upheld: world.ledger.rule(
        astuple(order), is_upheld, [], sender(keys.arbiter)
    )


@pytest.fixture(scope="session")
def conclude(world, keys, sender):
    """Concludes a tender as a stranger; gives the transaction."""
    return lambda order: world.ledger.concludeTender(astuple(order), [], sender(keys.stranger))


@pytest.fixture(scope="session")
def facts_of(world, shipment_of, plain):
    """Facts of an order's shipment: state, sequence, custodian, the four times, as of."""
    return lambda order: plain(world.ledger.factsOf(shipment_of(order)))


@pytest.fixture(scope="session")
def sign_handover(domains, shipment_of, facts_of, ids):
    """A key's signature over the first handover, or over what it is changed to."""

    def sign(order, key, **changes):
        sequence = facts_of(order)[1]
        message = Handover(shipment_of(order), sequence, ids.seller, ids.carrier, NOTE)
        return key.address, replace(message, **changes).sign(key, domains.ledger)

    return sign


@pytest.fixture(scope="session")
def sign_delivery(domains, shipment_of, facts_of):
    """A key's signature over the delivery, or over what it is changed to."""

    def sign(order, key, **changes):
        message = Delivery(shipment_of(order), facts_of(order)[1], NOTE)
        return key.address, replace(message, **changes).sign(key, domains.ledger)

    return sign
