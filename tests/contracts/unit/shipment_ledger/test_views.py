from dataclasses import astuple, replace

from entrepot.core.messages import Clauses, Delivery, Handover


def test_digests_are_those_of_the_package_and_of_eth_account(ledger, agreed, domains, typed_digest):
    assert bytes(ledger.domainSeparator()) == domains.ledger
    handover = Handover(b"\xfe" * 32, 2**24 - 1, 2**64 - 1, 7, **agreed)
    assert (
        bytes(ledger.handoverDigest(astuple(handover)))
        == handover.digest(domains.ledger)
        == typed_digest(handover, "ShipmentLedger", ledger)
    )
    delivery = Delivery(
        b"\xfe" * 32, 2**24 - 1, lost_bps=7, damaged_bps=2**16 - 1, evidence=b"\x0e" * 32
    )
    assert (
        bytes(ledger.deliveryDigest(astuple(delivery)))
        == delivery.digest(domains.ledger)
        == typed_digest(delivery, "ShipmentLedger", ledger)
    )


def test_the_shipments_id_follows_from_the_order(ledger, make_order, shipment_of):
    order = make_order()
    assert bytes(ledger.shipmentIdOf(astuple(order))) == shipment_of(order)


def test_reverts_when_the_order_names_another_source(ledger, escrow, make_order, reverts):
    order = replace(make_order(), source=escrow.address)
    with reverts(ledger, "ShipmentLedger_WrongSource", escrow.address, ledger.address):
        ledger.shipmentIdOf(astuple(order))


def test_an_unknown_shipment_is_known_not_to_have_happened(
    ledger, make_order, shipment_of, at, now, plain
):
    later = now() + 1_000
    at(later, mine=True)
    shipment = shipment_of(make_order())
    assert plain(ledger.factsOf(shipment)) == (*[0] * 7, later)
    assert plain(ledger.cargoOf(shipment)) == (bytes(32), *[0] * 4, later)
    assert plain(ledger.watchOf(shipment, 255)) == (*[0] * 5, later)
    assert ledger.declarantOf(shipment) == 0
    assert bytes(ledger.planOf(shipment)) == bytes(32)


def test_customs_facts_are_those_of_its_desk(
    ledger, customs, ids, make_order, open_order, ship, shipment_of, keys, sender, at, plain
):
    clauses = Clauses(conditions=1 << 1, customs_id=ids.customs)
    order = make_order(clauses=clauses.struct_hash())
    open_order(order, clauses)
    ship(order)
    shipment = shipment_of(order)
    at(order.ship_by, mine=True)
    assert plain(ledger.customsOf(shipment)) == (*[0] * 6, order.ship_by)
    goods = b"080510".ljust(10, b"\0"), b"ES", b"DE", 1, b"\0" * 32
    at(order.ship_by + 1)
    customs.declare(astuple(order), astuple(clauses), goods, sender(keys.seller))
    at(order.ship_by + 2, mine=True)
    facts = plain(ledger.customsOf(shipment))
    assert facts == plain(customs.factsOf(shipment)) == (1, 1, 0, 0, 0, 0, order.ship_by + 2)


def test_the_declarant_is_who_declared_last(
    ledger, customs, ids, make_order, open_order, ship, shipment_of, keys, sender
):
    clauses = Clauses(conditions=1 << 1, customs_id=ids.customs, broker_id=ids.broker)
    order = make_order(clauses=clauses.struct_hash())
    open_order(order, clauses)
    ship(order)
    goods = b"080510".ljust(10, b"\0"), b"ES", b"DE", 1, b"\0" * 32
    assert ledger.declarantOf(shipment_of(order)) == 0
    for who in ("seller", "broker", "seller"):
        terms = astuple(order), astuple(clauses), goods
        customs.declare(*terms, sender(getattr(keys, who)))
        assert ledger.declarantOf(shipment_of(order)) == getattr(ids, who)
    assert ledger.declarantOf(b"\x01" * 32) == 0


def test_it_knows_its_registry_listeners_customs_and_sensors(
    ledger, registry, escrow, insurance, customs, sensors, domains
):
    assert ledger.REGISTRY() == registry
    assert ledger.ESCROW() == escrow
    assert ledger.INSURANCE() == insurance
    assert ledger.CUSTOMS() == customs
    assert ledger.SENSORS() == sensors
    assert bytes(ledger.ORDER_DOMAIN()) == domains.escrow
