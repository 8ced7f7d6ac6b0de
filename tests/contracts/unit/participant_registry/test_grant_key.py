"""Rules of a grant, however it is submitted."""

from dataclasses import astuple, replace

import pytest
from brownie import ZERO_ADDRESS

from entrepot.core.roles import Function, Refusal, mask

DAY = 86_400
ALL_FUNCTIONS = mask(*Function)
FOREVER = 2**40 - 1


@pytest.fixture(params=["grant_directly", "grant_by_sig"])
def grant(request):
    """Both ways of granting."""
    return request.getfixturevalue(request.param)


def test_a_root_grants_a_key_of_its_participant(
    registry, keys, ids, staff, grant, now, event, record_of
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
    record = (ids.seller, ZERO_ADDRESS, 0, 0, functions, 7, expiry, False, False)
    assert record_of(staff[0]) == record
    assert registry.authorize(staff[0].address, Function.SELL) == ids.seller


def test_a_key_grants_a_key_under_it(
    registry, keys, ids, staff, grant, grant_by_sig, event, record_of
):
    grant_by_sig(keys.seller, staff[0], level=1)
    tx = grant(staff[0], staff[1], functions=mask(Function.SELL), level=2)

    granted = event(tx, "KeyGranted")
    assert (granted["granter"], granted["participantId"]) == (staff[0].address, ids.seller)
    record = record_of(staff[1])
    assert (record.participant_id, record.parent) == (0, staff[0].address)
    assert registry.authorize(staff[1].address, Function.SELL) == ids.seller


def test_a_root_grants_all_it_has(registry, keys, ids, staff, grant):
    grant(keys.seller, staff[0], functions=ALL_FUNCTIONS, level=1, expiry=FOREVER)
    assert registry.authorize(staff[0].address, Function.SELL) == ids.seller


def test_a_grant_that_comes_after_its_expiry_is_recorded_and_good_for_nothing(
    keys, staff, grant, now, at, record_of, refuses
):
    moment = now() + DAY
    at(moment)
    grant(keys.seller, staff[0], expiry=moment - 1)
    assert record_of(staff[0]).expiry == moment - 1
    refuses(staff[0], Function.SELL, Refusal.EXPIRED_KEY)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_grant_under_a_revoked_key_is_recorded_and_good_for_nothing(
    chain_of_keys, staff, grant, revoke_by_sig, record_of, refuses, depth
):
    revoke_by_sig(chain_of_keys[depth], chain_of_keys[0])
    grant(chain_of_keys[3], staff[4], level=9)
    record = record_of(staff[4])
    assert (record.parent, record.is_revoked) == (chain_of_keys[3].address, False)
    refuses(staff[4], Function.SELL, Refusal.REVOKED_KEY)


def test_a_grant_by_an_expired_key_is_recorded_and_good_for_nothing(
    keys, staff, grant, grant_by_sig, now, at, record_of, refuses
):
    expiry = now() + DAY
    grant_by_sig(keys.seller, staff[0], expiry=expiry)
    at(expiry + 1)
    grant(staff[0], staff[1], level=2, expiry=expiry)
    assert record_of(staff[1]).parent == staff[0].address
    refuses(staff[1], Function.SELL, Refusal.EXPIRED_KEY)


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


@pytest.mark.parametrize("is_withdrawn", [False, True])
def test_reverts_given_the_granter_is_unknown(
    registry, keys, staff, grant, revoke_by_sig, reverts, is_withdrawn
):
    if is_withdrawn:
        revoke_by_sig(keys.stranger, keys.seller)
    with reverts(registry, "ParticipantRegistry_UnknownKey", keys.stranger.address):
        grant(keys.stranger, staff[0])


def test_reverts_when_a_key_grants_itself(registry, keys, staff, grant, grant_by_sig, reverts):
    with reverts(registry, "ParticipantRegistry_UnknownKey", staff[0].address):
        grant(staff[0], staff[0])
    grant_by_sig(keys.seller, staff[0])
    with reverts(registry, "ParticipantRegistry_LevelNotBelowGranter", 1, 1):
        grant(staff[0], staff[0])


@pytest.mark.parametrize("is_revoked", [False, True])
def test_passes_over_a_grant_that_stands(
    keys, staff, grant, grant_by_sig, revoke_by_sig, record_of, is_revoked
):
    grant_by_sig(keys.seller, staff[0])
    grant_by_sig(staff[0], staff[1], level=2)
    if is_revoked:
        revoke_by_sig(staff[0], keys.seller)
        revoke_by_sig(staff[1], staff[0])
    before = record_of(staff[0]), record_of(staff[1])
    assert not grant(keys.seller, staff[0]).events
    assert not grant(staff[0], staff[1], level=2).events
    assert (record_of(staff[0]), record_of(staff[1])) == before


@pytest.mark.parametrize("is_revoked", [False, True])
def test_asks_no_acceptance_of_a_grant_that_stands(
    registry, keys, staff, make_grant, grant_by_sig, revoke_by_sig, sender, is_revoked
):
    grant_by_sig(keys.seller, staff[0])
    if is_revoked:
        revoke_by_sig(staff[0], keys.seller)
    offer = make_grant(keys.seller, staff[0])
    assert not registry.grantKey(astuple(offer), b"", sender(keys.seller)).events


def test_passes_over_a_grant_whose_key_was_kept_by_a_later_root(
    registry, keys, ids, staff, heirs, grant, grant_by_sig, move_root, record_of
):
    grant_by_sig(keys.seller, staff[0])
    move_root(ids.seller, heirs[0], [staff[0]])
    before = record_of(staff[0])
    assert not grant(keys.seller, staff[0]).events
    assert record_of(staff[0]) == before
    assert registry.authorize(staff[0].address, Function.SELL) == ids.seller


OTHER_TERMS = {
    "granter": lambda grant, keys, key: grant(keys.buyer, key),
    "functions": lambda grant, keys, key: grant(keys.seller, key, functions=mask(Function.SELL)),
    "level": lambda grant, keys, key: grant(keys.seller, key, level=2),
    "expiry": lambda grant, keys, key: grant(keys.seller, key, expiry=FOREVER),
}


@pytest.mark.parametrize("change", OTHER_TERMS)
def test_a_key_that_accepts_other_terms_ends_itself(
    keys, staff, grant, grant_by_sig, event, record_of, refuses, change
):
    grant_by_sig(keys.seller, staff[0])
    before = record_of(staff[0])
    tx = OTHER_TERMS[change](grant, keys, staff[0])
    assert event(tx, "KeyRevoked") == {"key": staff[0].address, "revoker": staff[0].address}
    assert "KeyGranted" not in tx.events
    assert record_of(staff[0]) == before._replace(is_revoked=True)
    refuses(staff[0], Function.SELL, Refusal.REVOKED_KEY)
    assert not OTHER_TERMS[change](grant, keys, staff[0]).events


def test_a_later_root_that_grants_the_same_terms_ends_the_key(
    keys, ids, staff, heirs, grant, grant_by_sig, move_root, record_of
):
    grant_by_sig(keys.seller, staff[0])
    move_root(ids.seller, heirs[0], [staff[0]])
    grant(heirs[0], staff[0])
    assert record_of(staff[0]).is_revoked


def test_a_key_under_another_that_accepts_its_roots_grant_ends_itself(
    keys, staff, grant, grant_by_sig, record_of
):
    grant_by_sig(keys.seller, staff[0])
    grant_by_sig(staff[0], staff[1], level=2)
    grant(keys.seller, staff[1], level=2)
    record = record_of(staff[1])
    assert (record.parent, record.is_revoked) == (staff[0].address, True)


def test_nobody_ends_a_key_without_its_second_acceptance(
    registry, keys, staff, make_grant, grant_by_sig, spoiled, sender, record_of, reverts
):
    grant_by_sig(keys.seller, staff[0])
    offer = make_grant(keys.buyer, staff[0])
    with reverts(registry, "ParticipantRegistry_InvalidSignature", staff[0].address):
        registry.grantKey(astuple(offer), spoiled(staff[0], offer), sender(keys.buyer))
    assert not record_of(staff[0]).is_revoked


@pytest.mark.parametrize("root", ["buyer", "seller", "heir"])
def test_reverts_given_the_key_is_a_root(
    registry, keys, ids, heirs, move_root, grant, reverts, root
):
    move_root(ids.carrier, heirs[0])
    key = heirs[0] if root == "heir" else getattr(keys, root)
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
