from dataclasses import astuple, replace

import pytest

from entrepot.core.messages import Registration
from entrepot.core.roles import Function, Role, mask


def test_a_contract_root_grants_with_its_owners_signature(
    registry, keys, staff, wallet_of, make_grant, domains, operator
):
    wallet = wallet_of(keys.stranger)
    registration = Registration(77, mask(Role.SELLER), wallet.address)
    acceptance = registration.sign(keys.stranger, domains.deployment)
    registry.register(astuple(registration), acceptance, operator)

    offer = make_grant(wallet, staff[0])
    acceptance, signature = (offer.sign(k, domains.deployment) for k in (staff[0], keys.stranger))
    registry.grantKeyBySig(astuple(offer), acceptance, signature, operator)
    assert registry.authorize(staff[0].address, Function.SELL) == 77


def test_a_contract_account_becomes_a_key(
    registry, keys, ids, staff, wallet_of, make_grant, domains, operator
):
    wallet = wallet_of(staff[0])
    offer = make_grant(keys.seller, wallet)
    acceptance, signature = (offer.sign(k, domains.deployment) for k in (staff[0], keys.seller))
    registry.grantKeyBySig(astuple(offer), acceptance, signature, operator)
    assert registry.authorize(wallet, Function.SELL) == ids.seller


def test_digest_is_that_of_the_package(registry, keys, staff, make_grant, domains):
    offer = make_grant(keys.seller, staff[0])
    assert bytes(registry.keyGrantDigest(astuple(offer))) == offer.digest(domains.deployment)


def test_reverts_when_the_granter_did_not_sign(
    registry, keys, staff, make_grant, domains, spoiled, operator, reverts
):
    offer = make_grant(keys.seller, staff[0])
    acceptance = offer.sign(staff[0], domains.deployment)
    with reverts(registry, "ParticipantRegistry_InvalidSignature", keys.seller.address):
        registry.grantKeyBySig(astuple(offer), acceptance, spoiled(keys.seller, offer), operator)


def test_reverts_when_the_keys_acceptance_stands_for_the_granters_signature(
    registry, keys, staff, make_grant, domains, operator, reverts
):
    offer = make_grant(keys.seller, staff[0])
    acceptance = offer.sign(staff[0], domains.deployment)
    with reverts(registry, "ParticipantRegistry_InvalidSignature", keys.seller.address):
        registry.grantKeyBySig(astuple(offer), acceptance, acceptance, operator)


def test_reverts_when_a_stranger_squats_on_an_address(
    registry, keys, staff, make_grant, domains, operator, reverts
):
    offer = make_grant(keys.buyer, staff[0])
    signature = offer.sign(keys.buyer, domains.deployment)
    with reverts(registry, "ParticipantRegistry_InvalidSignature", staff[0].address):
        registry.grantKeyBySig(astuple(offer), signature, signature, operator)


@pytest.mark.parametrize("field", ["functions", "level", "expiry"])
def test_reverts_when_granter_and_key_signed_different_terms(
    registry, keys, staff, make_grant, domains, operator, reverts, field
):
    offer = make_grant(keys.seller, staff[0])
    wider = replace(offer, **{field: getattr(offer, field) + 1})
    acceptance = wider.sign(staff[0], domains.deployment)
    signature = offer.sign(keys.seller, domains.deployment)
    with reverts(registry, "ParticipantRegistry_InvalidSignature", keys.seller.address):
        registry.grantKeyBySig(astuple(wider), acceptance, signature, operator)


def test_reverts_when_a_grant_is_submitted_again(registry, keys, staff, grant_by_sig, reverts):
    grant_by_sig(keys.seller, staff[0])
    with reverts(registry, "ParticipantRegistry_AddressTaken", staff[0].address):
        grant_by_sig(keys.seller, staff[0])
