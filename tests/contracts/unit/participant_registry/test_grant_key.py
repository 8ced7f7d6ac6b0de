"""Rules of a grant, however it is submitted."""

from dataclasses import astuple, replace

import pytest
from brownie import ZERO_ADDRESS

from entrepot.core.roles import Function, mask

DAY = 86_400
ALL_FUNCTIONS = mask(*Function)
FOREVER = 2**40 - 1
UNKNOWN_KEY, REVOKED_KEY, EXPIRED_KEY = range(3)


@pytest.fixture(params=["grant_directly", "grant_by_sig"])
def grant(request):
    """Both ways of granting."""
    return request.getfixturevalue(request.param)


def test_a_root_grants_a_key_of_its_participant(
    registry, keys, ids, staff, grant, now, event, plain
):
    functions, expiry = mask(Function.SELL), now() + DAY
    tx = grant(keys.seller, staff[0], functions=functions, level=7, expiry=expiry)

    assert event(tx, "KeyGranted") == {
        "key": staff[0].address,
        "granter": keys.seller.address,
        "participantId": ids.seller,
        "functions": functions,
        "level": 7,
        "expiry": expiry,
    }
    record = (ids.seller, ZERO_ADDRESS, functions, 7, expiry, False, False)
    assert plain(registry.keyOf(staff[0].address)) == record
    assert registry.authorize(staff[0].address, Function.SELL) == ids.seller


def test_a_key_grants_a_key_under_it(registry, keys, ids, staff, grant, grant_by_sig, event):
    grant_by_sig(keys.seller, staff[0], level=1)
    tx = grant(staff[0], staff[1], functions=mask(Function.SELL), level=2)

    granted = event(tx, "KeyGranted")
    assert (granted["granter"], granted["participantId"]) == (staff[0].address, ids.seller)
    assert tuple(registry.keyOf(staff[1].address))[:2] == (0, staff[0].address)
    assert registry.authorize(staff[1].address, Function.SELL) == ids.seller


def test_a_root_grants_all_it_has(registry, keys, ids, staff, grant):
    grant(keys.seller, staff[0], functions=ALL_FUNCTIONS, level=1, expiry=FOREVER)
    assert registry.authorize(staff[0].address, Function.SELL) == ids.seller


def test_a_key_is_good_in_the_second_of_its_expiry(registry, keys, staff, grant, now, at):
    moment = now() + DAY
    at(moment)
    grant(keys.seller, staff[0], expiry=moment)
    assert registry.keyOf(staff[0].address)[4] == moment


def test_reverts_when_it_expired_before_it_began(registry, keys, staff, grant, now, at, reverts):
    moment = now() + DAY
    at(moment)
    with reverts(registry, "ParticipantRegistry_ExpiryPassed", moment - 1, moment):
        grant(keys.seller, staff[0], expiry=moment - 1)


def test_reverts_when_no_function_is_granted(registry, keys, staff, grant, reverts):
    with reverts(registry, "ParticipantRegistry_NoFunctions", staff[0].address):
        grant(keys.seller, staff[0], functions=0)


@pytest.mark.parametrize("functions", [mask(Function.SELL, Function.BUY), mask(Function.LABEL)])
def test_reverts_when_a_key_widens_its_functions(
    registry, keys, staff, grant, grant_by_sig, reverts, functions
):
    own = mask(Function.SELL, Function.HANDOVER)
    grant_by_sig(keys.seller, staff[0], functions=own)
    with reverts(registry, "ParticipantRegistry_FunctionsExceedGranter", functions, own):
        grant(staff[0], staff[1], functions=functions, level=2)


@pytest.mark.parametrize("functions", [1 << len(Function), 1 << 31])
def test_reverts_when_a_root_grants_an_unknown_function(
    registry, keys, staff, grant, reverts, functions
):
    excess = (functions, ALL_FUNCTIONS)
    with reverts(registry, "ParticipantRegistry_FunctionsExceedGranter", *excess):
        grant(keys.seller, staff[0], functions=functions)


@pytest.mark.parametrize("level", [0, 4, 5])
def test_reverts_when_a_key_grants_its_own_level_or_above(
    registry, keys, staff, grant, grant_by_sig, reverts, level
):
    grant_by_sig(keys.seller, staff[0], level=5)
    with reverts(registry, "ParticipantRegistry_LevelNotBelowGranter", level, 5):
        grant(staff[0], staff[1], level=level)


def test_reverts_when_a_root_grants_its_own_level(registry, keys, staff, grant, reverts):
    with reverts(registry, "ParticipantRegistry_LevelNotBelowGranter", 0, 0):
        grant(keys.seller, staff[0], level=0)


def test_reverts_when_a_key_outlives_its_granter(
    registry, keys, staff, grant, grant_by_sig, now, reverts
):
    expiry = now() + DAY
    grant_by_sig(keys.seller, staff[0], expiry=expiry)
    excess = (expiry + 1, expiry)
    with reverts(registry, "ParticipantRegistry_ExpiryExceedsGranter", *excess):
        grant(staff[0], staff[1], level=2, expiry=expiry + 1)


def test_reverts_given_the_granter_is_unknown(registry, keys, staff, grant, reverts):
    refusal = (keys.stranger.address, UNKNOWN_KEY)
    with reverts(registry, "ParticipantRegistry_GranterNotValid", *refusal):
        grant(keys.stranger, staff[0])


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_reverts_given_the_granter_or_a_key_above_it_is_revoked(
    registry, chain_of_keys, staff, grant, revoke_by_sig, reverts, depth
):
    revoke_by_sig(chain_of_keys[depth], chain_of_keys[0])
    granter = chain_of_keys[3]
    refusal = (granter.address, REVOKED_KEY)
    with reverts(registry, "ParticipantRegistry_GranterNotValid", *refusal):
        grant(granter, staff[4], level=9)


def test_reverts_given_the_granter_is_expired(
    registry, keys, staff, grant, grant_by_sig, now, at, reverts
):
    expiry = now() + DAY
    grant_by_sig(keys.seller, staff[0], expiry=expiry)
    at(expiry + 1)
    refusal = (staff[0].address, EXPIRED_KEY)
    with reverts(registry, "ParticipantRegistry_GranterNotValid", *refusal):
        grant(staff[0], staff[1], level=2, expiry=expiry)


@pytest.mark.parametrize("is_revoked", [False, True])
def test_reverts_given_the_key_was_granted_before(
    registry, keys, staff, grant, grant_by_sig, revoke_by_sig, reverts, is_revoked
):
    grant_by_sig(keys.seller, staff[0])
    if is_revoked:
        revoke_by_sig(staff[0], keys.seller)
    with reverts(registry, "ParticipantRegistry_AddressTaken", staff[0].address):
        grant(keys.buyer, staff[0])


@pytest.mark.parametrize("root", ["buyer", "seller"])
def test_reverts_given_the_key_is_a_root(registry, keys, grant, reverts, root):
    key = getattr(keys, root)
    with reverts(registry, "ParticipantRegistry_AddressTaken", key.address):
        grant(keys.seller, key)


def test_reverts_when_the_key_did_not_accept(
    registry, keys, staff, make_grant, spoiled, sender, reverts
):
    offer = make_grant(keys.seller, staff[0])
    with reverts(registry, "ParticipantRegistry_InvalidSignature", staff[0].address):
        registry.grantKey(astuple(offer), spoiled(staff[0], offer), sender(keys.seller))


@pytest.mark.parametrize("field", ["granter", "functions", "level", "expiry"])
def test_reverts_when_the_key_accepted_other_terms(
    registry, keys, staff, make_grant, domains, sender, reverts, field
):
    offer = make_grant(keys.seller, staff[0])
    other = {
        "granter": keys.buyer.address,
        "functions": offer.functions | mask(Function.BUY),
        "level": offer.level + 1,
        "expiry": offer.expiry + 1,
    }
    acceptance = replace(offer, **{field: other[field]}).sign(staff[0], domains.deployment)
    with reverts(registry, "ParticipantRegistry_InvalidSignature", staff[0].address):
        registry.grantKey(astuple(offer), acceptance, sender(keys.seller))


def test_reverts_when_caller_is_not_the_granter(
    registry, keys, staff, make_grant, domains, sender, reverts
):
    offer = make_grant(keys.seller, staff[0])
    acceptance = offer.sign(staff[0], domains.deployment)
    parties = (staff[0].address, keys.seller.address)
    with reverts(registry, "ParticipantRegistry_NotGranter", *parties):
        registry.grantKey(astuple(offer), acceptance, sender(staff[0]))
