from dataclasses import astuple, replace

import pytest
from brownie import ZERO_ADDRESS

from entrepot.core.roles import Role, mask


@pytest.fixture
def batch(newcomer, keys, staff, domains):
    """Two registrations and their acceptances."""
    second = replace(newcomer, id=78, roles=mask(Role.BANK), root=staff[0].address)
    pairs = [(newcomer, keys.stranger), (second, staff[0])]
    acceptances = [registration.sign(key, domains.deployment) for registration, key in pairs]
    return [newcomer, second], acceptances


def test_registers_every_participant(registry, batch, operator, plain):
    registrations, acceptances = batch
    tx = registry.multiRegister([astuple(r) for r in registrations], acceptances, operator)

    registered = [dict(found) for found in tx.events["ParticipantRegistered"]]
    assert registered == [{"id": r.id, "root": r.root, "roles": r.roles} for r in registrations]
    for registration in registrations:
        assert plain(registry.participantOf(registration.id)) == (
            registration.root,
            registration.roles,
        )


def test_registers_none_when_one_is_refused(registry, batch, operator, reverts, plain):
    registrations, acceptances = batch
    acceptances[1] = acceptances[0]
    with reverts(registry, "ParticipantRegistry_InvalidSignature", registrations[1].root):
        registry.multiRegister([astuple(r) for r in registrations], acceptances, operator)
    assert plain(registry.participantOf(registrations[0].id)) == (ZERO_ADDRESS, 0)


@pytest.mark.parametrize("kept", [0, 1])
def test_reverts_when_the_lengths_differ(registry, batch, operator, reverts, kept):
    registrations, acceptances = batch
    with reverts(registry, "ParticipantRegistry_LengthMismatch", 2, kept):
        registry.multiRegister([astuple(r) for r in registrations], acceptances[:kept], operator)


def test_reverts_when_caller_is_not_governance(registry, keys, sender, reverts):
    with reverts(registry, "AccessManagedUnauthorized", keys.stranger.address):
        registry.multiRegister([], [], sender(keys.stranger))
