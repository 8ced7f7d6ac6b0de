import pytest

from entrepot.core.roles import Function, Refusal, Role, mask

DAY = 86_400

CARRIED_BY = {
    Function.BUY: {Role.BUYER, Role.PLATFORM},
    Function.SELL: {Role.PRODUCER, Role.SELLER, Role.PLATFORM},
    Function.LABEL: {Role.PRODUCER},
    Function.HANDOVER: {Role.PRODUCER, Role.SELLER, Role.CARRIER, Role.WAREHOUSE},
    Function.RECEIVE: {Role.BUYER, Role.WAREHOUSE, Role.PLATFORM},
    Function.UNDERWRITE: {Role.INSURER},
    Function.ARBITRATE: {Role.ARBITER},
    Function.CERTIFY: {
        Role.REGULATOR,
        Role.CUSTOMS_AUTHORITY,
        Role.INSPECTOR,
        Role.RATING_AGENCY,
    },
    Function.DECLARE: {Role.PRODUCER, Role.SELLER, Role.CUSTOMS_BROKER},
    Function.INSPECT: {Role.INSPECTOR, Role.CUSTOMS_AUTHORITY},
    Function.CLEAR: {Role.CUSTOMS_AUTHORITY},
    Function.FINANCE: {Role.BANK},
    Function.MEASURE: {
        Role.PRODUCER,
        Role.SELLER,
        Role.CARRIER,
        Role.WAREHOUSE,
        Role.INSPECTOR,
    },
}


@pytest.mark.parametrize("role", Role)
def test_a_role_carries_its_functions_and_no_other(registry, keys, ids, operator, refuses, role):
    registry.setRoles(ids.seller, mask(role), 1, operator)
    for fn in Function:
        if role in CARRIED_BY[fn]:
            assert registry.authorize(keys.seller.address, fn) == ids.seller
        else:
            refuses(keys.seller, fn, Refusal.ROLE_MISSING)


def test_refuses_an_unknown_key(keys, refuses):
    refuses(keys.stranger, Function.SELL, Refusal.UNKNOWN_KEY)


def test_refuses_an_address_that_is_known_for_withdrawn_grants_only(
    keys, staff, revoke_by_sig, refuses
):
    revoke_by_sig(staff[0], keys.seller)
    refuses(staff[0], Function.SELL, Refusal.UNKNOWN_KEY)


def test_refuses_a_function_that_was_not_granted(keys, staff, grant_by_sig, refuses):
    grant_by_sig(keys.seller, staff[0], functions=mask(Function.SELL))
    refuses(staff[0], Function.HANDOVER, Refusal.FUNCTION_NOT_GRANTED)


def test_refuses_a_granted_function_that_no_role_carries(keys, staff, grant_by_sig, refuses):
    grant_by_sig(keys.seller, staff[0], functions=mask(Function.ARBITRATE))
    refuses(staff[0], Function.ARBITRATE, Refusal.ROLE_MISSING)


def test_names_the_first_reason_there_is(
    keys, ids, registry, staff, heirs, grant_by_sig, revoke_by_sig, move_root, operator, now, at,
    refuses,
):  # fmt: skip
    expiry = now() + DAY
    functions = mask(Function.SELL)
    grant_by_sig(keys.seller, staff[0], functions=functions, expiry=expiry)

    registry.setRoles(ids.seller, 0, 1, operator)
    refuses(staff[0], Function.SELL, Refusal.ROLE_MISSING)
    refuses(staff[0], Function.HANDOVER, Refusal.FUNCTION_NOT_GRANTED)
    move_root(ids.seller, heirs[0])
    refuses(staff[0], Function.HANDOVER, Refusal.RECALLED_KEY)
    at(expiry + 1, mine=True)
    refuses(staff[0], Function.HANDOVER, Refusal.EXPIRED_KEY)
    revoke_by_sig(staff[0], keys.seller)
    refuses(staff[0], Function.HANDOVER, Refusal.REVOKED_KEY)


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
        refuses(key, Function.SELL, Refusal.EXPIRED_KEY)
    assert registry.authorize(keys.seller.address, Function.SELL) == ids.seller
