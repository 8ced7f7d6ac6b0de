from dataclasses import astuple, replace

import pytest
from brownie import ZERO_ADDRESS

from entrepot.core.roles import Function, Role, mask

ALL_FUNCTIONS = mask(*Function)
FOREVER = 2**40 - 1


@pytest.fixture
def register(registry, domains, operator):
    """Registers with the signature of a key; gives the transaction."""

    def go(registration, signer):
        acceptance = registration.sign(signer, domains.deployment)
        return registry.register(astuple(registration), acceptance, operator)

    return go


def test_registers_a_participant_and_its_root(registry, newcomer, register, keys, event, plain):
    tx = register(newcomer, keys.stranger)

    assert event(tx, "ParticipantRegistered") == {
        "id": newcomer.id,
        "root": newcomer.root,
        "roles": newcomer.roles,
    }
    assert plain(registry.participantOf(newcomer.id)) == (newcomer.root, newcomer.roles)
    root = (newcomer.id, ZERO_ADDRESS, ALL_FUNCTIONS, 0, FOREVER, True, False)
    assert plain(registry.keyOf(newcomer.root)) == root
    assert registry.authorize(newcomer.root, Function.SELL) == newcomer.id


def test_registers_a_contract_account_with_its_owners_signature(
    registry, newcomer, register, keys, wallet_of
):
    wallet = wallet_of(keys.stranger)
    register(replace(newcomer, root=wallet.address), keys.stranger)
    assert registry.authorize(wallet, Function.SELL) == newcomer.id


def test_registers_all_roles(registry, newcomer, register, keys):
    register(replace(newcomer, roles=mask(*Role)), keys.stranger)
    assert registry.participantOf(newcomer.id)[1] == mask(*Role)


def test_digest_is_that_of_the_package(registry, newcomer, domains):
    assert bytes(registry.domainSeparator()) == domains.deployment
    digest = registry.registrationDigest(astuple(newcomer))
    assert bytes(digest) == newcomer.digest(domains.deployment)


def test_reverts_when_caller_is_not_governance(registry, newcomer, domains, keys, sender, reverts):
    acceptance = newcomer.sign(keys.stranger, domains.deployment)
    with reverts(registry, "AccessManagedUnauthorized", keys.stranger.address):
        registry.register(astuple(newcomer), acceptance, sender(keys.stranger))


def test_reverts_when_id_is_zero(registry, newcomer, register, keys, reverts):
    with reverts(registry, "ParticipantRegistry_ZeroId"):
        register(replace(newcomer, id=0), keys.stranger)


def test_reverts_when_root_is_zero(registry, newcomer, register, keys, reverts):
    with reverts(registry, "ParticipantRegistry_ZeroRoot", newcomer.id):
        register(replace(newcomer, root=ZERO_ADDRESS), keys.stranger)


@pytest.mark.parametrize("roles", [1 << len(Role), 1 << 31, mask(*Role) + 1])
def test_reverts_when_a_role_is_unknown(registry, newcomer, register, keys, reverts, roles):
    with reverts(registry, "ParticipantRegistry_UnknownRoles", roles):
        register(replace(newcomer, roles=roles), keys.stranger)


def test_reverts_given_the_id_is_taken(registry, newcomer, register, keys, ids, reverts):
    with reverts(registry, "ParticipantRegistry_IdTaken", ids.seller):
        register(replace(newcomer, id=ids.seller), keys.stranger)


def test_reverts_given_the_root_is_a_root(registry, newcomer, register, keys, reverts):
    with reverts(registry, "ParticipantRegistry_AddressTaken", keys.seller.address):
        register(replace(newcomer, root=keys.seller.address), keys.seller)


@pytest.mark.parametrize("is_revoked", [False, True])
def test_reverts_given_the_root_is_a_key(
    registry, newcomer, register, keys, staff, grant_by_sig, revoke_by_sig, reverts, is_revoked
):
    grant_by_sig(keys.seller, staff[0])
    if is_revoked:
        revoke_by_sig(staff[0], staff[0])
    with reverts(registry, "ParticipantRegistry_AddressTaken", staff[0].address):
        register(replace(newcomer, root=staff[0].address), staff[0])


def test_reverts_when_the_acceptance_is_no_good(
    registry, newcomer, keys, spoiled, operator, reverts
):
    with reverts(registry, "ParticipantRegistry_InvalidSignature", newcomer.root):
        registry.register(astuple(newcomer), spoiled(keys.stranger, newcomer), operator)


@pytest.mark.parametrize("change", [{"id": 78}, {"roles": mask(Role.SELLER, Role.ARBITER)}])
def test_reverts_when_the_acceptance_is_for_other_terms(
    registry, newcomer, keys, domains, operator, reverts, change
):
    acceptance = newcomer.sign(keys.stranger, domains.deployment)
    with reverts(registry, "ParticipantRegistry_InvalidSignature", newcomer.root):
        registry.register(astuple(replace(newcomer, **change)), acceptance, operator)


def test_reverts_when_a_contract_account_did_not_sign(
    registry, newcomer, register, keys, wallet_of, reverts
):
    wallet = wallet_of(keys.stranger)
    with reverts(registry, "ParticipantRegistry_InvalidSignature", wallet.address):
        register(replace(newcomer, root=wallet.address), keys.consumer)
