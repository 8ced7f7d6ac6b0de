def test_it_knows_its_contracts(bonds, registry, insurance, source, domains):
    assert bonds.REGISTRY() == registry
    assert bonds.INSURANCE() == insurance
    assert bonds.SOURCE() == source
    assert bytes(bonds.ORDER_DOMAIN()) == domains.escrow
    assert bonds.NOTICE() == 60 * 86_400


def test_what_was_never_given_is_all_zero(bonds, ids, dollar, opened, shipment_of, plain):
    assert plain(bonds.bondOf(ids.carrier, dollar)) == (0, 0, 0)
    assert bonds.recoveredOf(b"\x01" * 32) == 0
    assert bonds.answeredOf(shipment_of(opened), 0) == 0
