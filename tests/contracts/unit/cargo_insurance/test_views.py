from dataclasses import astuple


def test_ids_are_those_of_the_package_and_of_eth_account(
    insurance, domains, make_order, make_quote, typed_digest
):
    assert bytes(insurance.domainSeparator()) == domains.insurance
    quote = make_quote(make_order(), maximum=2**128 - 1, valid_until=2**40 - 1)
    expected = quote.digest(domains.insurance)
    assert bytes(insurance.policyIdOf(astuple(quote))) == expected
    assert expected == typed_digest(quote, "CargoInsurance", insurance)


def test_what_was_never_bought_is_all_zero(insurance, keys, opened, make_quote, record_of):
    quote = make_quote(opened)
    assert record_of(quote) == (0, 0, 0, 0)
    assert insurance.coveredOf(quote.order_id) == 0
    assert not insurance.isPoolListed(keys.stranger.address)


def test_it_knows_its_contracts_and_chain(
    insurance, registry, escrow, credit, manager, domains, chain
):
    assert insurance.REGISTRY() == registry
    assert insurance.ESCROW() == escrow
    assert insurance.CREDIT() == credit
    assert insurance.authority() == manager
    assert insurance.CHAIN_ID() == chain.id
    assert bytes(insurance.ORDER_DOMAIN()) == domains.escrow
