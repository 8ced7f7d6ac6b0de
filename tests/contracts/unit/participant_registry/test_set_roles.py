import pytest

from entrepot.core.roles import Function, Refusal, Role, mask


def test_replaces_the_roles(registry, ids, keys, operator, event, participant_of):
    roles = mask(Role.ARBITER)
    tx = registry.setRoles(ids.seller, roles, 7, operator)
    assert event(tx, "RolesChanged") == {"id": ids.seller, "roles": roles, "nonce": 7}
    assert participant_of(ids.seller) == (keys.seller.address, roles, 0, 7)


def test_a_role_taken_away_cuts_off_its_functions_at_once(
    registry, ids, keys, staff, grant_by_sig, operator, refuses
):
    grant_by_sig(keys.seller, staff[0])
    registry.setRoles(ids.seller, mask(Role.BUYER), 1, operator)
    for key in (keys.seller, staff[0]):
        refuses(key, Function.SELL, Refusal.ROLE_MISSING)
    registry.setRoles(ids.seller, mask(Role.SELLER), 2, operator)
    assert registry.authorize(staff[0].address, Function.SELL) == ids.seller


@pytest.mark.parametrize("nonce", [0, 4, 5])
def test_reverts_when_the_nonce_does_not_grow(registry, ids, operator, reverts, nonce):
    registry.setRoles(ids.seller, mask(Role.SELLER), 5, operator)
    with reverts(registry, "ParticipantRegistry_OldNonce", ids.seller, nonce, 5):
        registry.setRoles(ids.seller, mask(Role.BUYER), nonce, operator)


def test_reverts_when_the_first_nonce_is_zero(registry, ids, operator, reverts):
    with reverts(registry, "ParticipantRegistry_OldNonce", ids.seller, 0, 0):
        registry.setRoles(ids.seller, mask(Role.BUYER), 0, operator)


def test_nonces_of_participants_are_their_own(registry, ids, operator, participant_of):
    registry.setRoles(ids.seller, mask(Role.SELLER), 5, operator)
    registry.setRoles(ids.buyer, mask(Role.BUYER), 1, operator)
    assert participant_of(ids.buyer).roles_nonce == 1


def test_reverts_given_the_participant_is_unknown(registry, operator, reverts):
    with reverts(registry, "ParticipantRegistry_UnknownParticipant", 99):
        registry.setRoles(99, 1, 1, operator)


@pytest.mark.parametrize("roles", [1 << len(Role), 1 << 31])
def test_reverts_when_a_role_is_unknown(registry, ids, operator, reverts, roles):
    with reverts(registry, "ParticipantRegistry_UnknownRoles", roles):
        registry.setRoles(ids.seller, roles, 1, operator)


def test_reverts_when_caller_is_not_governance(registry, ids, keys, sender, reverts):
    with reverts(registry, "AccessManagedUnauthorized", keys.seller.address):
        registry.setRoles(ids.seller, mask(*Role), 1, sender(keys.seller))
