from dataclasses import astuple, replace

import pytest

from entrepot.core.messages import KeyGrants, Registration
from entrepot.core.roles import Function, Role, mask


@pytest.fixture
def offers(keys, staff, make_grant):
    """Grants by the seller's root to three keys."""
    return [make_grant(keys.seller, key, level=7 + i) for i, key in enumerate(staff[:3])]


@pytest.fixture
def bring(registry, keys, staff, domains, operator):
    """Grants what the seller's root signed; gives the transaction."""

    def go(offers, *, acceptances=None, granter=None, signature=None):
        granter = granter or keys.seller
        if acceptances is None:
            pairs = zip(offers, staff, strict=False)
            acceptances = [offer.sign(key, domains.deployment) for offer, key in pairs]
        if signature is None:
            signature = KeyGrants(tuple(offers)).sign(granter, domains.deployment)
        terms = [astuple(offer) for offer in offers]
        return registry.grantKeys(terms, acceptances, granter.address, signature, operator)

    return go


def test_grants_every_key_of_the_batch(registry, bring, offers, staff, ids):
    tx = bring(offers)
    granted = [(found["key"], found["level"]) for found in tx.events["KeyGranted"]]
    assert granted == [(offer.key, offer.level) for offer in offers]
    for key in staff[:3]:
        assert registry.authorize(key.address, Function.SELL) == ids.seller


def test_grants_none_when_one_is_refused(registry, bring, offers, staff, record_of, reverts):
    offers[2] = replace(offers[2], level=0)
    with reverts(registry, "ParticipantRegistry_LevelNotBelowGranter", 0, 0):
        bring(offers)
    assert record_of(staff[0]).functions == 0


def test_passes_over_what_was_brought_before(bring, offers, grant_by_sig, keys, staff):
    grant_by_sig(keys.seller, staff[1], level=offers[1].level)
    tx = bring(offers)
    assert [found["key"] for found in tx.events["KeyGranted"]] == [offers[0].key, offers[2].key]
    assert not bring(offers).events


def test_a_contract_root_grants_with_its_owners_signature(
    registry, register, keys, staff, wallet_of, grant_by_sig
):
    wallet = wallet_of(keys.stranger)
    register(Registration(77, mask(Role.SELLER), wallet.address), keys.stranger)
    grant_by_sig(wallet, staff[0])
    assert registry.authorize(staff[0].address, Function.SELL) == 77


def test_a_contract_account_becomes_a_key(registry, keys, ids, staff, wallet_of, grant_by_sig):
    wallet = wallet_of(staff[0])
    grant_by_sig(keys.seller, wallet)
    assert registry.authorize(wallet.address, Function.SELL) == ids.seller


def test_digests_are_those_of_the_package(registry, offers, domains):
    digest = registry.keyGrantDigest(astuple(offers[0]))
    assert bytes(digest) == offers[0].digest(domains.deployment)
    for count in range(4):
        digest = registry.keyGrantsDigest([astuple(offer) for offer in offers[:count]])
        assert bytes(digest) == KeyGrants(tuple(offers[:count])).digest(domains.deployment)


@pytest.mark.parametrize("count", [0, 2, 4])
def test_reverts_when_the_lengths_differ(registry, bring, offers, reverts, count):
    with reverts(registry, "ParticipantRegistry_LengthMismatch", 3, count):
        bring(offers, acceptances=[b""] * count)


def test_reverts_when_another_granter_stands_among_them(
    registry, bring, offers, keys, domains, staff, reverts
):
    offers[1] = replace(offers[1], granter=keys.buyer.address)
    parties = keys.seller.address, keys.buyer.address
    with reverts(registry, "ParticipantRegistry_NotGranter", *parties):
        bring(offers)


def test_reverts_when_the_granter_did_not_sign(registry, keys, bring, offers, spoiled, reverts):
    signature = spoiled(keys.seller, KeyGrants(tuple(offers)))
    with reverts(registry, "ParticipantRegistry_InvalidSignature", keys.seller.address):
        bring(offers, signature=signature)


@pytest.mark.parametrize(
    "signed",
    [
        lambda a, b, c: (a, b),
        lambda a, b, c: (b, a, c),
        lambda a, b, c: (replace(a, functions=a.functions | 1), b, c),
        lambda a, b, c: (a, replace(b, level=1), c),
        lambda a, b, c: (a, b, replace(c, expiry=c.expiry - 1)),
    ],
)
def test_reverts_when_the_granter_signed_another_batch(
    registry, keys, bring, offers, domains, reverts, signed
):
    signature = KeyGrants(signed(*offers)).sign(keys.seller, domains.deployment)
    with reverts(registry, "ParticipantRegistry_InvalidSignature", keys.seller.address):
        bring(offers, signature=signature)


def test_reverts_when_a_grant_is_signed_alone_and_not_as_a_batch(
    registry, keys, bring, offers, domains, reverts
):
    signature = offers[0].sign(keys.seller, domains.deployment)
    with reverts(registry, "ParticipantRegistry_InvalidSignature", keys.seller.address):
        bring(offers[:1], signature=signature)


def test_reverts_when_the_keys_acceptance_stands_for_the_granters_signature(
    registry, keys, staff, bring, offers, domains, reverts
):
    signature = KeyGrants(tuple(offers)).sign(staff[0], domains.deployment)
    with reverts(registry, "ParticipantRegistry_InvalidSignature", keys.seller.address):
        bring(offers, signature=signature)


def test_reverts_when_a_stranger_squats_on_an_address(
    registry, keys, staff, bring, make_grant, domains, reverts
):
    offer = make_grant(keys.buyer, staff[0])
    acceptance = offer.sign(keys.buyer, domains.deployment)
    with reverts(registry, "ParticipantRegistry_InvalidSignature", staff[0].address):
        bring([offer], granter=keys.buyer, acceptances=[acceptance])


def test_reverts_when_acceptances_are_exchanged(registry, staff, bring, offers, domains, reverts):
    a, b, c = (
        offer.sign(key, domains.deployment) for offer, key in zip(offers, staff, strict=False)
    )
    with reverts(registry, "ParticipantRegistry_InvalidSignature", staff[0].address):
        bring(offers, acceptances=[b, a, c])
