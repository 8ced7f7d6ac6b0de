"""Rules of a revocation, however it is submitted and whether the grant or it came first."""

from itertools import permutations

import pytest
from brownie import ZERO_ADDRESS
from brownie.exceptions import VirtualMachineError

from entrepot.core.roles import Function, Refusal

NOTHING = (0, ZERO_ADDRESS, 0, 0, 0, 0, 0, False, False)


@pytest.fixture(params=["revoke_directly", "revoke_by_sig"])
def revoke(request):
    """Both ways of revoking."""
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("revoker", range(5))
def test_the_key_itself_and_any_key_above_it_revoke_it(
    chain_of_keys, revoke, event, record_of, revoker
):
    key = chain_of_keys[4]
    tx = revoke(key, chain_of_keys[revoker])
    assert event(tx, "KeyRevoked") == {
        "key": key.address,
        "revoker": chain_of_keys[revoker].address,
    }
    assert record_of(key).is_revoked


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_everything_under_a_revoked_key_is_cut_off_and_nothing_above_it(
    registry, chain_of_keys, ids, revoke, refuses, depth
):
    revoke(chain_of_keys[depth], chain_of_keys[0])
    for key in chain_of_keys[:depth]:
        assert registry.authorize(key.address, Function.SELL) == ids.seller
    for key in chain_of_keys[depth:]:
        refuses(key, Function.SELL, Refusal.REVOKED_KEY)


def test_a_key_under_a_revoked_one_can_be_revoked_too(chain_of_keys, revoke, record_of):
    revoke(chain_of_keys[1], chain_of_keys[0])
    revoke(chain_of_keys[4], chain_of_keys[0])
    assert record_of(chain_of_keys[4]).is_revoked
    assert not record_of(chain_of_keys[3]).is_revoked


def test_a_key_that_is_revoked_or_expired_revokes_what_it_granted(
    chain_of_keys, revoke, revoke_by_sig, record_of
):
    revoke_by_sig(chain_of_keys[1], chain_of_keys[0])
    revoke(chain_of_keys[3], chain_of_keys[1])
    assert record_of(chain_of_keys[3]).is_revoked


def test_reverts_when_the_key_is_a_root(registry, keys, ids, heirs, move_root, revoke, reverts):
    move_root(ids.seller, heirs[0])
    for key in (keys.seller, heirs[0]):
        with reverts(registry, "ParticipantRegistry_RootNotRevocable", key.address):
            revoke(key, heirs[0])


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


@pytest.mark.parametrize("who", ["itself", "a root", "a key"])
def test_withdraws_grants_of_an_address_that_has_none(
    registry, chain_of_keys, keys, staff, revoke, event, record_of, refuses, who
):
    revoker = {"itself": staff[4], "a root": keys.buyer, "a key": chain_of_keys[2]}[who]
    tx = revoke(staff[4], revoker)
    named = {"key": staff[4].address, "revoker": revoker.address}
    assert event(tx, "GrantWithdrawn") == named
    assert registry.isWithdrawn(staff[4].address, revoker.address) is True
    assert registry.isWithdrawn(staff[4].address, chain_of_keys[1].address) is False
    assert record_of(staff[4]) == NOTHING
    refuses(staff[4], Function.SELL, Refusal.UNKNOWN_KEY)


def test_reverts_when_the_caller_withdrew_before(registry, keys, staff, revoke, reverts):
    for revoker in (keys.seller, keys.buyer, staff[0]):
        revoke(staff[0], revoker)
    for revoker in (keys.seller, keys.buyer, staff[0]):
        with reverts(registry, "ParticipantRegistry_AlreadyRevoked", staff[0].address):
            revoke(staff[0], revoker)


def test_reverts_when_a_stranger_withdraws_grants_of_another(
    registry, keys, staff, revoke, reverts
):
    with reverts(registry, "ParticipantRegistry_UnknownKey", keys.stranger.address):
        revoke(staff[0], keys.stranger)
    revoke(keys.stranger, keys.stranger)
    with reverts(registry, "ParticipantRegistry_UnknownKey", keys.stranger.address):
        revoke(staff[0], keys.stranger)


@pytest.mark.parametrize("revoker", [0, 1, 2, 3, "itself"])
def test_a_grant_is_revoked_as_it_comes_where_those_above_or_the_key_withdrew_it(
    chain_of_keys, staff, grant_by_sig, revoke, event, record_of, refuses, revoker
):
    who = staff[4] if revoker == "itself" else chain_of_keys[revoker]
    revoke(staff[4], who)
    tx = grant_by_sig(chain_of_keys[3], staff[4], level=9)
    named = {"key": staff[4].address, "revoker": who.address}
    assert event(tx, "KeyGranted")["granter"] == chain_of_keys[3].address
    assert event(tx, "KeyRevoked") == named
    record = record_of(staff[4])
    assert (record.parent, record.level, record.is_revoked) == (chain_of_keys[3].address, 9, True)
    refuses(staff[4], Function.SELL, Refusal.REVOKED_KEY)


def test_nobody_else_withdraws_a_grant(
    registry, chain_of_keys, keys, ids, staff, grant_by_sig, revoke, record_of
):
    for outsider in (keys.buyer, chain_of_keys[3], chain_of_keys[4]):
        revoke(staff[4], outsider)
    tx = grant_by_sig(chain_of_keys[2], staff[4], level=9)
    assert "KeyRevoked" not in tx.events
    assert registry.authorize(staff[4].address, Function.SELL) == ids.seller
    revoke(staff[4], chain_of_keys[1])
    assert record_of(staff[4]).is_revoked


@pytest.fixture
def roots(keys, ids, heirs, move_root):
    """Moves the seller's root twice, and keeps these keys; gives all three roots."""

    def move(kept=()):
        for heir in heirs[:2]:
            move_root(ids.seller, heir, kept)
        return [keys.seller, *heirs[:2]]

    return move


@pytest.mark.parametrize("comes_first", ["grant", "revocation"])
@pytest.mark.parametrize("revoker", range(3))
@pytest.mark.parametrize("granter", range(3))
def test_a_root_revokes_the_grants_of_its_own_and_of_older_roots(
    registry, roots, staff, grant_by_sig, revoke, record_of, reverts, granter, revoker, comes_first
):
    line, key = roots(), staff[0]
    is_theirs = revoker >= granter
    if comes_first == "revocation":
        revoke(key, line[revoker])
        grant_by_sig(line[granter], key)
    else:
        grant_by_sig(line[granter], key)
        if is_theirs:
            revoke(key, line[revoker])
        else:
            parties = key.address, line[revoker].address
            with reverts(registry, "ParticipantRegistry_NotAncestor", *parties):
                revoke(key, line[revoker])
    assert record_of(key).is_revoked is is_theirs


@pytest.mark.parametrize("comes_first", ["grant", "revocation"])
@pytest.mark.parametrize("revoker", range(3))
def test_every_root_since_its_grant_revokes_a_kept_key_and_those_under_it(
    roots, keys, staff, grant_by_sig, revoke, record_of, revoker, comes_first
):
    grant_by_sig(keys.seller, staff[0])
    line = roots(kept=[staff[0]])
    if comes_first == "revocation":
        revoke(staff[1], line[revoker])
    grant_by_sig(staff[0], staff[1], level=2)
    if comes_first == "grant":
        revoke(staff[1], line[revoker])
    assert record_of(staff[1]).is_revoked
    revoke(staff[0], line[revoker])
    assert record_of(staff[0]).is_revoked


def test_a_root_of_another_participant_is_nobodys_later_root(
    registry, keys, ids, heirs, staff, move_root, grant_by_sig, revoke, reverts
):
    move_root(ids.buyer, heirs[0])
    grant_by_sig(keys.seller, staff[0])
    with reverts(registry, "ParticipantRegistry_NotAncestor", staff[0].address, heirs[0].address):
        revoke(staff[0], heirs[0])


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_messages_lead_to_one_state_in_whatever_order_they_come(
    keys, staff, grant_by_sig, revoke_by_sig, record_of, order
):
    """A message that is refused is brought again after the others."""
    first, second, third = staff[:3]
    messages = [
        lambda: grant_by_sig(keys.seller, first),
        lambda: grant_by_sig(first, second, level=2),
        lambda: grant_by_sig(second, third, level=3),
        lambda: revoke_by_sig(third, first),
    ]
    waiting = [messages[i] for i in order]
    while waiting:
        refused = []
        for bring in waiting:
            try:
                bring()
            except VirtualMachineError:
                refused.append(bring)
        assert len(refused) < len(waiting)
        waiting = refused
    records = [record_of(key) for key in (first, second, third)]
    assert [record.is_revoked for record in records] == [False, False, True]
    assert [record.parent for record in records[1:]] == [first.address, second.address]
    assert [record.level for record in records] == [1, 2, 3]
