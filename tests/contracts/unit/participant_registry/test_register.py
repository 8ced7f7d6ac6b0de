from dataclasses import astuple, replace

import pytest
from brownie import ZERO_ADDRESS

from entrepot.core.messages import Registrations
from entrepot.core.roles import Function, Role, mask

ALL_FUNCTIONS = mask(*Function)
FOREVER = 2**40 - 1
STEWARD = 1


@pytest.fixture
def batch(newcomer, keys, staff, domains):
    """Two registrations and their acceptances."""
    second = replace(newcomer, id=78, roles=mask(Role.BANK), root=staff[0].address)
    pairs = [(newcomer, keys.stranger), (second, staff[0])]
    acceptances = [registration.sign(key, domains.deployment) for registration, key in pairs]
    return [newcomer, second], acceptances


@pytest.fixture
def bring(registry, keys, domains, sender):
    """Registers a batch with a governor's signature, sent by a stranger; gives the transaction."""

    def go(batch, governor, signature=None):
        registrations, acceptances = batch
        if signature is None:
            signature = Registrations(tuple(registrations)).sign(governor, domains.deployment)
        terms = [astuple(registration) for registration in registrations]
        stranger = sender(keys.consumer)
        return registry.register(terms, acceptances, governor.address, signature, stranger)

    return go


@pytest.fixture
def appoint(registry, manager, operator):
    """Lets an account register, after a delay in seconds."""

    def go(account, delay=0):
        selector = registry.signatures["register"]
        manager.setTargetFunctionRole(registry, [selector], STEWARD, operator)
        manager.grantRole(STEWARD, account.address, delay, operator)

    return go


def test_registers_every_participant_and_its_root(
    registry, batch, keys, staff, operator, participant_of, record_of
):
    registrations, acceptances = batch
    terms = [astuple(registration) for registration in registrations]
    tx = registry.register(terms, acceptances, keys.operator.address, b"", operator)

    registered = [dict(found) for found in tx.events["ParticipantRegistered"]]
    assert registered == [{"id": r.id, "root": r.root, "roles": r.roles} for r in registrations]
    for registration, key in zip(registrations, (keys.stranger, staff[0]), strict=True):
        assert participant_of(registration.id) == (registration.root, registration.roles, 0, 0)
        root = (registration.id, ZERO_ADDRESS, 0, 0, ALL_FUNCTIONS, 0, FOREVER, True, False)
        assert record_of(key) == root
    assert registry.authorize(keys.stranger.address, Function.SELL) == registrations[0].id


def test_registers_none_when_one_is_refused(bring, batch, keys, reverts, registry, participant_of):
    registrations, acceptances = batch
    spoilt = registrations, [acceptances[0], acceptances[0]]
    with reverts(registry, "ParticipantRegistry_InvalidSignature", registrations[1].root):
        bring(spoilt, keys.operator)
    assert participant_of(registrations[0].id) == (ZERO_ADDRESS, 0, 0, 0)


def test_registers_a_contract_account_with_its_owners_signature(
    registry, newcomer, register, keys, wallet_of
):
    wallet = wallet_of(keys.stranger)
    register(replace(newcomer, root=wallet.address), keys.stranger)
    assert registry.authorize(wallet.address, Function.SELL) == newcomer.id


def test_registers_all_roles(newcomer, register, keys, participant_of):
    register(replace(newcomer, roles=mask(*Role)), keys.stranger)
    assert participant_of(newcomer.id).roles == mask(*Role)


def test_digests_are_those_of_the_package(registry, batch, newcomer, domains):
    assert bytes(registry.domainSeparator()) == domains.deployment
    digest = registry.registrationDigest(astuple(newcomer))
    assert bytes(digest) == newcomer.digest(domains.deployment)
    for registrations in ([], batch[0][:1], batch[0]):
        digest = registry.registrationsDigest([astuple(each) for each in registrations])
        assert bytes(digest) == Registrations(tuple(registrations)).digest(domains.deployment)


@pytest.mark.parametrize("kind", ["key", "contract", "council"])
def test_anyone_brings_what_a_governor_signed(
    registry, bring, batch, appoint, keys, wallet_of, council_account, kind
):
    governor = {"key": keys.stranger, "council": council_account}.get(kind)
    governor = governor or wallet_of(keys.stranger)
    appoint(governor)
    bring(batch, governor)
    assert registry.authorize(keys.stranger.address, Function.SELL) == batch[0][0].id


def test_a_governor_that_must_wait_registers_through_the_manager(
    registry, manager, batch, appoint, keys, sender, now, at, reverts
):
    registrations, acceptances = batch
    terms = [astuple(registration) for registration in registrations]
    appoint(keys.stranger, delay=3600)
    governor = keys.stranger.address
    with reverts(registry, "ParticipantRegistry_NotGovernance", governor):
        registry.register(terms, acceptances, governor, b"", sender(keys.stranger))
    with reverts(registry, "ParticipantRegistry_NotGovernance", manager.address):
        registry.register(terms, acceptances, manager, b"", sender(keys.stranger))

    call = registry.register.encode_input(terms, acceptances, manager, b"")
    manager.schedule(registry, call, 0, sender(keys.stranger))
    at(now() + 3600)
    manager.execute(registry, call, sender(keys.stranger))
    assert registry.authorize(keys.stranger.address, Function.SELL) == registrations[0].id


@pytest.mark.parametrize("who", ["stranger", "seller", "council"])
def test_reverts_when_the_governor_may_not_register(
    registry, bring, batch, keys, council_account, reverts, who
):
    governor = council_account if who == "council" else getattr(keys, who)
    with reverts(registry, "ParticipantRegistry_NotGovernance", governor.address):
        bring(batch, governor)


def test_reverts_given_governance_closed_the_registry(
    registry, manager, bring, batch, keys, operator, reverts
):
    manager.setTargetClosed(registry, True, operator)
    with reverts(registry, "ParticipantRegistry_NotGovernance", keys.operator.address):
        bring(batch, keys.operator)


def test_reverts_when_the_governors_signature_is_no_good(
    registry, bring, batch, keys, spoiled, reverts
):
    signature = spoiled(keys.operator, Registrations(tuple(batch[0])))
    with reverts(registry, "ParticipantRegistry_InvalidSignature", keys.operator.address):
        bring(batch, keys.operator, signature)


@pytest.mark.parametrize(
    "signed",
    [
        lambda first, second: (first,),
        lambda first, second: (second, first),
        lambda first, second: (replace(first, roles=0), second),
        lambda first, second: (first, replace(second, id=79)),
        lambda first, second: (first, second, second),
    ],
)
def test_reverts_when_the_governor_signed_another_batch(
    registry, bring, batch, keys, domains, reverts, signed
):
    signature = Registrations(signed(*batch[0])).sign(keys.operator, domains.deployment)
    with reverts(registry, "ParticipantRegistry_InvalidSignature", keys.operator.address):
        bring(batch, keys.operator, signature)


@pytest.mark.parametrize("kept", [0, 1])
def test_reverts_when_the_lengths_differ(registry, batch, bring, keys, reverts, kept):
    registrations, acceptances = batch
    with reverts(registry, "ParticipantRegistry_LengthMismatch", 2, kept):
        bring((registrations, acceptances[:kept]), keys.operator)


def test_passes_over_who_is_registered(bring, batch, newcomer, register, keys, record_of, staff):
    register(newcomer, keys.stranger)
    tx = bring(batch, keys.operator)
    (registered,) = tx.events["ParticipantRegistered"]
    assert registered["root"] == staff[0].address
    assert "ParticipantRegistered" not in bring(batch, keys.operator).events
    assert record_of(keys.stranger).participant_id == newcomer.id


def test_passes_over_who_was_registered_before_its_root_moved_and_its_roles_changed(
    registry, bring, batch, keys, heirs, move_root, operator, participant_of
):
    bring(batch, keys.operator)
    registry.setRoles(77, mask(Role.BANK), 1, operator)
    move_root(77, heirs[0])
    tx = bring(batch, keys.operator)
    assert not tx.events
    assert participant_of(77) == (heirs[0].address, mask(Role.BANK), 1, 1)


def test_reverts_when_id_is_zero(registry, newcomer, register, keys, reverts):
    with reverts(registry, "ParticipantRegistry_ZeroId"):
        register(replace(newcomer, id=0), keys.stranger)


def test_registers_the_largest_id(registry, newcomer, register, keys):
    register(replace(newcomer, id=2**64 - 1), keys.stranger)
    assert registry.authorize(keys.stranger.address, Function.SELL) == 2**64 - 1


def test_reverts_when_root_is_zero(registry, newcomer, register, keys, reverts):
    with reverts(registry, "ParticipantRegistry_ZeroRoot", newcomer.id):
        register(replace(newcomer, root=ZERO_ADDRESS), keys.stranger)


@pytest.mark.parametrize("roles", [1 << len(Role), 1 << 31, mask(*Role) + 1])
def test_reverts_when_a_role_is_unknown(registry, newcomer, register, keys, reverts, roles):
    with reverts(registry, "ParticipantRegistry_UnknownRoles", roles):
        register(replace(newcomer, roles=roles), keys.stranger)


def test_reverts_given_the_id_is_taken(registry, newcomer, register, keys, ids, reverts):
    for root in (keys.stranger, keys.buyer):
        with reverts(registry, "ParticipantRegistry_IdTaken", ids.seller):
            register(replace(newcomer, id=ids.seller, root=root.address), root)


def test_reverts_when_a_later_root_is_registered_as_the_first(
    registry, newcomer, register, ids, heirs, move_root, reverts
):
    move_root(ids.seller, heirs[0])
    with reverts(registry, "ParticipantRegistry_IdTaken", ids.seller):
        register(replace(newcomer, id=ids.seller, root=heirs[0].address), heirs[0])


def test_reverts_given_the_root_is_a_root(
    registry, newcomer, register, keys, ids, heirs, move_root, reverts
):
    move_root(ids.seller, heirs[0])
    for root in (keys.seller, heirs[0], keys.buyer):
        with reverts(registry, "ParticipantRegistry_AddressTaken", root.address):
            register(replace(newcomer, root=root.address), root)


@pytest.mark.parametrize("is_revoked", [False, True])
def test_reverts_given_the_root_is_a_key(
    registry, newcomer, register, keys, staff, grant_by_sig, revoke_by_sig, reverts, is_revoked
):
    grant_by_sig(keys.seller, staff[0])
    if is_revoked:
        revoke_by_sig(staff[0], staff[0])
    with reverts(registry, "ParticipantRegistry_AddressTaken", staff[0].address):
        register(replace(newcomer, root=staff[0].address), staff[0])


def test_registers_an_address_for_which_grants_were_withdrawn(
    registry, newcomer, register, keys, revoke_by_sig
):
    for revoker in (keys.stranger, keys.seller):
        revoke_by_sig(keys.stranger, revoker)
    register(newcomer, keys.stranger)
    assert registry.authorize(keys.stranger.address, Function.SELL) == newcomer.id


def test_reverts_when_the_acceptance_is_no_good(
    registry, newcomer, keys, spoiled, operator, reverts
):
    acceptances = [spoiled(keys.stranger, newcomer)]
    with reverts(registry, "ParticipantRegistry_InvalidSignature", newcomer.root):
        governor = keys.operator.address
        registry.register([astuple(newcomer)], acceptances, governor, b"", operator)


@pytest.mark.parametrize("change", [{"id": 78}, {"roles": mask(Role.SELLER, Role.ARBITER)}])
def test_reverts_when_the_acceptance_is_for_other_terms(
    registry, newcomer, keys, domains, bring, reverts, change
):
    acceptance = newcomer.sign(keys.stranger, domains.deployment)
    with reverts(registry, "ParticipantRegistry_InvalidSignature", newcomer.root):
        bring(([replace(newcomer, **change)], [acceptance]), keys.operator)


def test_reverts_when_a_contract_account_did_not_sign(
    registry, newcomer, register, keys, wallet_of, reverts
):
    wallet = wallet_of(keys.stranger)
    with reverts(registry, "ParticipantRegistry_InvalidSignature", wallet.address):
        register(replace(newcomer, root=wallet.address), keys.consumer)
