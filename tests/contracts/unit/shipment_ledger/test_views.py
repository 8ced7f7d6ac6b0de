from dataclasses import astuple, replace

from entrepot.core.messages import Delivery, Handover


def test_digests_are_those_of_the_package_and_of_eth_account(ledger, domains, typed_digest):
    assert bytes(ledger.domainSeparator()) == domains.ledger
    handover = Handover(b"\xfe" * 32, 2**24 - 1, 2**64 - 1, 7, b"\x0e" * 32)
    assert (
        bytes(ledger.handoverDigest(astuple(handover)))
        == handover.digest(domains.ledger)
        == typed_digest(handover, "ShipmentLedger", ledger)
    )
    delivery = Delivery(b"\xfe" * 32, 2**24 - 1, b"\x0e" * 32)
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
    assert plain(ledger.factsOf(shipment_of(make_order()))) == (*[0] * 7, later)


def test_it_knows_its_registry_and_listeners(ledger, registry, escrow, insurance, domains):
    assert ledger.REGISTRY() == registry
    assert ledger.ESCROW() == escrow
    assert ledger.INSURANCE() == insurance
    assert bytes(ledger.ORDER_DOMAIN()) == domains.escrow
