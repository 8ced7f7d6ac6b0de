from dataclasses import astuple, fields, replace

import pytest

from entrepot.core.messages import Quote

NOBODY = "0x" + "5a" * 20


def test_ids_are_those_of_the_package_and_of_eth_account(
    insurance, domains, keys, make_order, make_quote, typed_digest
):
    assert bytes(insurance.domainSeparator()) == domains.insurance
    quote = make_quote(
        make_order(), beneficiary=keys.bank.address, maximum=2**128 - 1, deductible_bps=50,
        perils=2**256 - 1, plan=b"\x77" * 32, reporting_period=2**32 - 1, valid_until=2**40 - 1,
    )  # fmt: skip
    expected = quote.digest(domains.insurance)
    assert bytes(insurance.policyIdOf(astuple(quote))) == expected
    assert expected == typed_digest(quote, "CargoInsurance", insurance)


MEMBERS = [spec.name for spec in fields(Quote)]


@pytest.mark.parametrize("member", MEMBERS)
def test_every_member_of_a_quote_is_signed(member, insurance, domains, make_order, make_quote):
    quote = make_quote(make_order())
    value = getattr(quote, member)
    if isinstance(value, int):
        changed = value ^ 1
    else:
        changed = NOBODY if isinstance(value, str) else bytes(b ^ 1 for b in value)
    other = replace(quote, **{member: changed})
    policy_id = bytes(insurance.policyIdOf(astuple(other)))
    assert policy_id == other.digest(domains.insurance)
    assert policy_id != bytes(insurance.policyIdOf(astuple(quote)))


def test_what_was_never_bought_is_all_zero(insurance, keys, opened, make_quote, record_of):
    quote = make_quote(opened)
    assert record_of(quote) == (0, 0, 0, 0, 0, 0, 0)
    assert insurance.coveredOf(quote.order_id) == 0
    assert not insurance.isPoolListed(keys.stranger.address)


def test_it_knows_its_contracts_and_chain(
    insurance, registry, escrow, credit, notes, manager, domains, chain
):
    assert insurance.REGISTRY() == registry
    assert insurance.ESCROW() == escrow
    assert insurance.CREDIT() == credit
    assert insurance.NOTES() == notes
    assert insurance.authority() == manager
    assert insurance.CHAIN_ID() == chain.id
    assert bytes(insurance.ORDER_DOMAIN()) == domains.escrow
