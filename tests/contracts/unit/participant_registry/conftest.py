"""Records of keys and participants, and ways to grant and revoke."""

from collections import namedtuple
from dataclasses import astuple
from itertools import pairwise

import pytest

from entrepot.core.messages import KeyGrant, KeyGrants, KeyRevocation, Registration
from entrepot.core.roles import Function, Role, mask

EXPIRY = 4_102_444_800  # in the year 2100

KeyRecord = namedtuple(
    "KeyRecord", "participant_id parent born epoch functions level expiry is_root is_revoked"
)
Participant = namedtuple("Participant", "root roles epoch roles_nonce")


@pytest.fixture(scope="session")
def newcomer(keys):
    """A registration that its root, the stranger, would accept."""
    return Registration(id=77, roles=mask(Role.SELLER), root=keys.stranger.address)


@pytest.fixture(scope="session")
def record_of(registry, plain):
    """An account's record."""
    return lambda account: KeyRecord(*plain(registry.keyOf(account.address)))


@pytest.fixture(scope="session")
def participant_of(registry, plain):
    """A participant."""
    return lambda participant: Participant(*plain(registry.participantOf(participant)))


@pytest.fixture(scope="session")
def refuses(registry, reverts):
    """Expects that a key is refused a function for a reason."""

    def expect(key, fn, refusal):
        with reverts(registry, "ParticipantRegistry_NotAuthorized", key.address, fn, refusal):
            registry.authorize(key.address, fn)

    return expect


@pytest.fixture(scope="session")
def make_grant():
    """A grant between two accounts: to sell and to hand over, level 1, for decades."""

    def make(granter, key, **changes):
        terms = {
            "functions": mask(Function.SELL, Function.HANDOVER),
            "level": 1,
            "expiry": EXPIRY,
            **changes,
        }
        return KeyGrant(granter=granter.address, key=key.address, **terms)

    return make


@pytest.fixture(scope="session")
def grant_by_sig(registry, make_grant, domains, operator):
    """Grants with the signatures of granter and key; gives the transaction."""

    def grant(granter, key, **changes):
        offer = make_grant(granter, key, **changes)
        acceptance = offer.sign(key, domains.deployment)
        signature = KeyGrants((offer,)).sign(granter, domains.deployment)
        signed = [acceptance], granter.address, signature
        return registry.grantKeys([astuple(offer)], *signed, operator)

    return grant


@pytest.fixture(scope="session")
def grant_directly(registry, make_grant, domains, sender):
    """Grants from the granter's own account; gives the transaction."""

    def grant(granter, key, **changes):
        offer = make_grant(granter, key, **changes)
        acceptance = offer.sign(key, domains.deployment)
        return registry.grantKey(astuple(offer), acceptance, sender(granter))

    return grant


@pytest.fixture
def chain_of_keys(keys, staff, grant_by_sig):
    """The seller's root and four keys, each granted by the one before it."""
    line = [keys.seller, *staff[:4]]
    for level, (granter, key) in enumerate(pairwise(line), start=1):
        grant_by_sig(granter, key, level=level)
    return line


@pytest.fixture(scope="session")
def revoke_by_sig(registry, domains, operator):
    """Revokes with the revoker's signature; gives the transaction."""

    def revoke(key, revoker):
        signature = KeyRevocation(key.address).sign(revoker, domains.deployment)
        return registry.revokeKeyBySig(key.address, revoker.address, signature, operator)

    return revoke


@pytest.fixture(scope="session")
def revoke_directly(registry, sender):
    """Revokes from the revoker's own account; gives the transaction."""
    return lambda key, revoker: registry.revokeKey(key.address, sender(revoker))
