import pytest

from entrepot.core.roles import Function, Role, mask

DAY = 86_400
UNKNOWN_KEY, REVOKED_KEY, EXPIRED_KEY, FUNCTION_NOT_GRANTED, ROLE_MISSING = range(5)

CARRIED_BY = {
    Function.BUY: {Role.BUYER, Role.PLATFORM},
    Function.SELL: {Role.PRODUCER, Role.SELLER, Role.PLATFORM},
    Function.LABEL: {Role.PRODUCER},
    Function.HANDOVER: {Role.PRODUCER, Role.SELLER, Role.CARRIER, Role.WAREHOUSE},
    Function.RECEIVE: {Role.BUYER, Role.WAREHOUSE, Role.PLATFORM},
    Function.UNDERWRITE: {Role.INSURER},
    Function.ARBITRATE: {Role.ARBITER},
}


@pytest.fixture
def refuses(registry, reverts):
    """Expects that a key is refused a function for a reason."""

    def expect(key, fn, refusal):
        with reverts(registry, "ParticipantRegistry_NotAuthorized", key.address, fn, refusal):
            registry.authorize(key.address, fn)

    return expect


@pytest.mark.parametrize("role", Role)
def test_a_role_carries_its_functions_and_no_other(registry, keys, ids, operator, refuses, role):
    registry.setRoles(ids.seller, mask(role), operator)
    for fn, roles in CARRIED_BY.items():
        if role in roles:
            assert registry.authorize(keys.seller.address, fn) == ids.seller
        else:
            refuses(keys.seller, fn, ROLE_MISSING)


def test_refuses_an_unknown_key(keys, refuses):
    refuses(keys.stranger, Function.SELL, UNKNOWN_KEY)


def test_refuses_a_function_that_was_not_granted(keys, staff, grant_by_sig, refuses):
    grant_by_sig(keys.seller, staff[0], functions=mask(Function.SELL))
    refuses(staff[0], Function.HANDOVER, FUNCTION_NOT_GRANTED)


def test_refuses_a_granted_function_that_no_role_carries(keys, staff, grant_by_sig, refuses):
    grant_by_sig(keys.seller, staff[0], functions=mask(Function.ARBITRATE))
    refuses(staff[0], Function.ARBITRATE, ROLE_MISSING)


def test_refuses_a_revoked_key_before_all_else(
    keys, ids, registry, staff, grant_by_sig, revoke_by_sig, operator, now, at, refuses
):
    expiry = now() + DAY
    grant_by_sig(keys.seller, staff[0], expiry=expiry)
    revoke_by_sig(staff[0], keys.seller)
    registry.setRoles(ids.seller, 0, operator)
    at(expiry + 1, mine=True)
    refuses(staff[0], Function.SELL, REVOKED_KEY)


def test_a_key_and_those_under_it_end_with_its_expiry(
    registry, keys, ids, staff, grant_by_sig, now, at, refuses
):
    expiry = now() + DAY
    grant_by_sig(keys.seller, staff[0], expiry=expiry)
    grant_by_sig(staff[0], staff[1], level=2, expiry=expiry)
    at(expiry, mine=True)
    for key in staff[:2]:
        assert registry.authorize(key.address, Function.SELL) == ids.seller
    at(expiry + 1, mine=True)
    for key in staff[:2]:
        refuses(key, Function.SELL, EXPIRED_KEY)
    assert registry.authorize(keys.seller.address, Function.SELL) == ids.seller
