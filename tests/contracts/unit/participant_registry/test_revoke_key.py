"""Rules of a revocation, however it is submitted."""

import pytest

from entrepot.core.roles import Function

REVOKED_KEY = 1


@pytest.fixture(params=["directly", "by signature"])
def revoke(request, registry, sender, revoke_by_sig):
    """Both ways of revoking."""
    if request.param == "by signature":
        return revoke_by_sig
    return lambda key, revoker: registry.revokeKey(key.address, sender(revoker))


@pytest.mark.parametrize("revoker", range(5))
def test_the_key_itself_and_any_key_above_it_revoke_it(
    registry, chain_of_keys, revoke, event, revoker
):
    key = chain_of_keys[4]
    tx = revoke(key, chain_of_keys[revoker])
    assert event(tx, "KeyRevoked") == {
        "key": key.address,
        "revoker": chain_of_keys[revoker].address,
    }
    assert registry.keyOf(key.address)[-1] is True


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_everything_under_a_revoked_key_is_cut_off_and_nothing_above_it(
    registry, chain_of_keys, ids, revoke, reverts, depth
):
    revoke(chain_of_keys[depth], chain_of_keys[0])
    for key in chain_of_keys[:depth]:
        assert registry.authorize(key.address, Function.SELL) == ids.seller
    for key in chain_of_keys[depth:]:
        refusal = (key.address, Function.SELL, REVOKED_KEY)
        with reverts(registry, "ParticipantRegistry_NotAuthorized", *refusal):
            registry.authorize(key.address, Function.SELL)


def test_a_key_under_a_revoked_one_can_be_revoked_too(registry, chain_of_keys, revoke):
    revoke(chain_of_keys[1], chain_of_keys[0])
    revoke(chain_of_keys[4], chain_of_keys[0])
    assert registry.keyOf(chain_of_keys[4].address)[-1] is True
    assert registry.keyOf(chain_of_keys[3].address)[-1] is False


def test_reverts_given_the_key_is_unknown(registry, keys, revoke, reverts):
    with reverts(registry, "ParticipantRegistry_UnknownKey", keys.stranger.address):
        revoke(keys.stranger, keys.stranger)


def test_reverts_when_the_key_is_a_root(registry, keys, revoke, reverts):
    with reverts(registry, "ParticipantRegistry_RootNotRevocable", keys.seller.address):
        revoke(keys.seller, keys.seller)


def test_reverts_given_the_key_is_revoked(registry, chain_of_keys, revoke, reverts):
    revoke(chain_of_keys[1], chain_of_keys[0])
    with reverts(registry, "ParticipantRegistry_AlreadyRevoked", chain_of_keys[1].address):
        revoke(chain_of_keys[1], chain_of_keys[0])


@pytest.mark.parametrize("revoker", ["child", "sibling", "other root", "governance", "stranger"])
def test_reverts_when_the_revoker_is_not_above_the_key(
    registry, chain_of_keys, keys, staff, grant_by_sig, revoke, reverts, revoker
):
    grant_by_sig(keys.seller, staff[4])
    key = chain_of_keys[1]
    who = {
        "child": chain_of_keys[2],
        "sibling": staff[4],
        "other root": keys.buyer,
        "governance": keys.operator,
        "stranger": keys.stranger,
    }[revoker]
    with reverts(registry, "ParticipantRegistry_NotAncestor", key.address, who.address):
        revoke(key, who)


def test_reverts_when_the_revoker_is_the_participants_id_taken_for_an_address(
    registry, chain_of_keys, ids, sender, reverts
):
    impostor = f"0x{ids.seller:040x}"
    parties = (chain_of_keys[1].address, impostor)
    with reverts(registry, "ParticipantRegistry_NotAncestor", *parties):
        registry.revokeKey(chain_of_keys[1].address, sender(impostor))
