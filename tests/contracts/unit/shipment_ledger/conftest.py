"""Shipments at every stage, and signatures that a test may get wrong."""

from dataclasses import astuple, replace

import pytest
from eth_abi import encode

from entrepot.core.messages import Delivery, Handover, Watch
from entrepot.core.signing import keccak

NOTE = b"\x0e" * 32
# What a first handover agrees, each member of it unlike what it is by default.
TERMS = {
    "due_by": 2**40 - 1,
    "liability": 700 * 10**6,
    "location": b"DEHAM".ljust(13, b"\0"),
    "seal": b"SEAL-0042".ljust(16, b"\0"),
    "condition": NOTE,
}


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
def cargo_of(world, shipment_of, plain):
    """What became of an order's goods: custody, shares lost and damaged, when, as of."""
    return lambda order: plain(world.ledger.cargoOf(shipment_of(order)))


@pytest.fixture(scope="session")
def agreed():
    """What a first handover agrees."""
    return TERMS


@pytest.fixture(scope="session")
def terms():
    """Terms of a first handover, or what they are changed to, as the ledger is given them."""
    return lambda to_id, **changes: (to_id, *(TERMS | changes).values())


@pytest.fixture(scope="session")
def chain_of():
    """Hash chain over legs, all of which agreed something or are not the first."""

    def extend(*legs):
        chain = bytes(32)
        for leg in legs:
            types = ["bytes32", "(uint64,uint40,uint40,uint128)"]
            chain = keccak(encode(types, [chain, leg]))
        return chain

    return extend


@pytest.fixture
def journey(make_order, open_order, ledger, hand_over, keys, ids, operator, at):
    """Takes an order's goods over legs `(custodian, since, due by, liability)`.

    Times are seconds after ship-by, `None` for no deadline. Gives the order and its legs.
    """

    def travel(*legs, **changes):
        order = make_order(**changes)
        open_order(order)
        ledger.create(astuple(order), operator)
        giver, taken = keys.seller, []
        for name, since, due_by, liability in legs:
            deadline = 0 if due_by is None else order.ship_by + due_by
            at(order.ship_by + since)
            receiver = getattr(keys, name)
            hand_over(order, giver, receiver, due_by=deadline, liability=liability)
            taken.append((getattr(ids, name), order.ship_by + since, deadline, liability))
            giver = receiver
        return order, taken

    return travel


@pytest.fixture(scope="session")
def watch(keys):
    """A watch over temperatures from 2 to 8 degrees, or what it is changed to."""
    return lambda **changes: replace(Watch(keys.device.address, 0, 200, 800), **changes)


@pytest.fixture(scope="session")
def peril():
    """A peril of a quote, in place."""
    return lambda kind, bps, threshold=0: kind | bps << 16 | threshold << 32


@pytest.fixture(scope="session")
def sign_handover(domains, shipment_of, facts_of, ids):
    """A key's signature over the first handover, or over what it is changed to."""

    def sign(order, key, **changes):
        sequence = facts_of(order)[1]
        message = Handover(shipment_of(order), sequence, ids.seller, ids.carrier, **TERMS)
        return key.address, replace(message, **changes).sign(key, domains.ledger)

    return sign


@pytest.fixture(scope="session")
def pass_on(world, terms, operator):
    """Submits a handover with these signatures; gives the transaction."""

    def submit(order, to_id, giver, receiver, **changes):
        agreed = terms(to_id, **changes)
        return world.ledger.handOver(astuple(order), agreed, giver, receiver, operator)

    return submit


@pytest.fixture(scope="session")
def sign_delivery(domains, shipment_of, facts_of):
    """A key's signature over the delivery, or over what it is changed to."""

    def sign(order, key, **changes):
        message = Delivery(shipment_of(order), facts_of(order)[1], evidence=NOTE)
        return key.address, replace(message, **changes).sign(key, domains.ledger)

    return sign
