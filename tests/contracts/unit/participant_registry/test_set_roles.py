import pytest

from entrepot.core.roles import Function, Role, mask

ROLE_MISSING = 4


def test_replaces_the_roles(registry, ids, keys, operator, event, plain):
    roles = mask(Role.ARBITER)
    tx = registry.setRoles(ids.seller, roles, operator)
    assert event(tx, "RolesChanged") == {"id": ids.seller, "roles": roles}
    assert plain(registry.participantOf(ids.seller)) == (keys.seller.address, roles)


def test_a_role_taken_away_cuts_off_its_functions_at_once(
    registry, ids, keys, staff, grant_by_sig, operator, reverts
):
    grant_by_sig(keys.seller, staff[0])
    registry.setRoles(ids.seller, mask(Role.BUYER), operator)
    for key in (keys.seller, staff[0]):
        refusal = (key.address, Function.SELL, ROLE_MISSING)
        with reverts(registry, "ParticipantRegistry_NotAuthorized", *refusal):
            registry.authorize(key.address, Function.SELL)
    registry.setRoles(ids.seller, mask(Role.SELLER), operator)
    assert registry.authorize(staff[0].address, Function.SELL) == ids.seller


def test_reverts_given_the_participant_is_unknown(registry, operator, reverts):
    with reverts(registry, "ParticipantRegistry_UnknownParticipant", 99):
        registry.setRoles(99, 1, operator)


@pytest.mark.parametrize("roles", [1 << len(Role), 1 << 31])
def test_reverts_when_a_role_is_unknown(registry, ids, operator, reverts, roles):
    with reverts(registry, "ParticipantRegistry_UnknownRoles", roles):
        registry.setRoles(ids.seller, roles, operator)


def test_reverts_when_caller_is_not_governance(registry, ids, keys, sender, reverts):
    with reverts(registry, "AccessManagedUnauthorized", keys.seller.address):
        registry.setRoles(ids.seller, mask(*Role), sender(keys.seller))
