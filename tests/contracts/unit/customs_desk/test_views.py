def test_what_was_never_declared_is_all_zero_and_known_to_be(customs, shipment, now, at, plain):
    later = now() + 1_000
    at(later, mine=True)
    assert plain(customs.factsOf(shipment.shipment)) == (*[0] * 6, later)
    assert plain(customs.caseOf(shipment.shipment)) == (*[0] * 5, False, 0, 0)


def test_it_knows_its_registry_ledger_and_order_domain(customs, registry, ledger, domains):
    assert customs.REGISTRY() == registry
    assert customs.LEDGER() == ledger
    assert bytes(customs.ORDER_DOMAIN()) == domains.escrow
