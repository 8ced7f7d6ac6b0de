import pytest
from brownie import ZERO_ADDRESS

from entrepot.core.roles import Function, Refusal, Role, mask

ALL_FUNCTIONS = mask(*Function)
FOREVER = 2**40 - 1


def test_replaces_the_root_and_nothing_else(
    registry, keys, ids, heirs, move_root, event, participant_of, record_of
):
    tx = move_root(ids.seller, heirs[0])
    assert event(tx, "RootMoved") == {
        "id": ids.seller,
        "newRoot": heirs[0].address,
        "oldRoot": keys.seller.address,
        "epoch": 1,
        "kept": (),
    }
    roles = mask(Role.PRODUCER, Role.SELLER)
    assert participant_of(ids.seller) == (heirs[0].address, roles, 1, 0)
    root = (ids.seller, ZERO_ADDRESS, 1, 1, ALL_FUNCTIONS, 0, FOREVER, True, False)
    assert record_of(heirs[0]) == root
    assert record_of(keys.seller) == (*root[:2], 0, 0, *root[4:])
    assert registry.authorize(heirs[0].address, Function.SELL) == ids.seller


def test_cuts_off_the_old_root_and_every_key_that_is_not_kept(
    registry, keys, ids, chain_of_keys, staff, heirs, grant_by_sig, move_root, record_of, refuses
):
    grant_by_sig(keys.seller, staff[4])
    tx = move_root(ids.seller, heirs[0], [staff[4]])
    assert tx.events["RootMoved"]["kept"] == (staff[4].address,)
    for key in chain_of_keys:
        refuses(key, Function.SELL, Refusal.RECALLED_KEY)
    assert registry.authorize(staff[4].address, Function.SELL) == ids.seller
    assert (record_of(staff[4]).born, record_of(staff[4]).epoch) == (0, 1)
    assert (record_of(staff[0]).born, record_of(staff[0]).epoch) == (0, 0)


def test_keeps_what_is_under_a_kept_key(registry, ids, chain_of_keys, heirs, move_root, refuses):
    move_root(ids.seller, heirs[0], [chain_of_keys[1]])
    refuses(chain_of_keys[0], Function.SELL, Refusal.RECALLED_KEY)
    for key in chain_of_keys[1:]:
        assert registry.authorize(key.address, Function.SELL) == ids.seller


def test_a_kept_key_grants_on(registry, keys, ids, staff, heirs, grant_by_sig, move_root):
    grant_by_sig(keys.seller, staff[0])
    move_root(ids.seller, heirs[0], [staff[0]])
    grant_by_sig(staff[0], staff[1], level=2)
    assert registry.authorize(staff[1].address, Function.SELL) == ids.seller


def test_a_kept_key_that_was_revoked_stays_so(
    keys, ids, staff, heirs, grant_by_sig, revoke_by_sig, move_root, refuses
):
    grant_by_sig(keys.seller, staff[0])
    revoke_by_sig(staff[0], keys.seller)
    move_root(ids.seller, heirs[0], [staff[0]])
    refuses(staff[0], Function.SELL, Refusal.REVOKED_KEY)


def test_what_the_old_root_grants_later_is_recorded_and_good_for_nothing(
    keys, ids, staff, heirs, grant_by_sig, grant_directly, move_root, record_of, refuses
):
    move_root(ids.seller, heirs[0])
    grant_by_sig(keys.seller, staff[0])
    grant_directly(keys.seller, staff[1])
    grant_by_sig(staff[0], staff[2], level=2)
    for key in staff[:2]:
        record = record_of(key)
        assert (record.participant_id, record.born, record.epoch) == (ids.seller, 0, 0)
    for key in staff[:3]:
        refuses(key, Function.SELL, Refusal.RECALLED_KEY)


def test_a_cut_key_is_kept_by_no_later_root(
    keys, ids, staff, heirs, grant_by_sig, move_root, refuses
):
    grant_by_sig(keys.seller, staff[0])
    move_root(ids.seller, heirs[0])
    move_root(ids.seller, heirs[1], [staff[0]])
    refuses(staff[0], Function.SELL, Refusal.RECALLED_KEY)


def test_a_key_lasts_as_long_as_every_root_keeps_it(
    registry, keys, ids, staff, heirs, grant_by_sig, move_root, record_of, refuses
):
    grant_by_sig(keys.seller, staff[0])
    move_root(ids.seller, heirs[0], [staff[0]])
    grant_by_sig(heirs[0], staff[1])
    move_root(ids.seller, heirs[1], [staff[0], staff[1]])
    for key, born in ((staff[0], 0), (staff[1], 1)):
        assert registry.authorize(key.address, Function.SELL) == ids.seller
        assert (record_of(key).born, record_of(key).epoch) == (born, 2)
    move_root(ids.seller, heirs[2], [staff[1]])
    refuses(staff[0], Function.SELL, Refusal.RECALLED_KEY)
    assert registry.authorize(staff[1].address, Function.SELL) == ids.seller


@pytest.mark.parametrize(
    "which", ["old root", "new root", "under a key", "of another", "another root", "twice"]
)
def test_passes_over_a_kept_address_that_is_no_key_of_the_old_root(
    registry, keys, ids, staff, heirs, chain_of_keys, grant_by_sig, move_root, record_of, which
):  # fmt: skip
    grant_by_sig(keys.buyer, staff[4])
    kept = {
        "old root": keys.seller,
        "new root": heirs[0],
        "under a key": chain_of_keys[2],
        "of another": staff[4],
        "another root": keys.buyer,
        "twice": chain_of_keys[1],
    }[which]
    before = record_of(kept)
    move_root(ids.seller, heirs[0], [chain_of_keys[1], kept])
    assert record_of(kept) == before or which in ("new root", "twice")
    assert record_of(chain_of_keys[1]).epoch == record_of(heirs[0]).epoch == 1
    assert registry.authorize(heirs[0].address, Function.SELL) == ids.seller


@pytest.mark.parametrize("is_withdrawn", [False, True])
def test_reverts_given_a_kept_key_that_nobody_granted_yet(
    registry, keys, ids, staff, heirs, grant_by_sig, revoke_by_sig, move_root, record_of,
    reverts, is_withdrawn,
):  # fmt: skip
    if is_withdrawn:
        revoke_by_sig(staff[4], keys.seller)
    with reverts(registry, "ParticipantRegistry_NotKept", staff[4].address, ids.seller):
        move_root(ids.seller, heirs[0], [staff[4]])
    grant_by_sig(keys.seller, staff[4])
    move_root(ids.seller, heirs[0], [staff[4]])
    assert record_of(staff[4]).epoch == 1


@pytest.mark.parametrize("who", ["seller", "operator", "stranger"])
def test_reverts_when_caller_is_not_the_guardians_contract(
    registry, guardian_registry, keys, ids, heirs, sender, reverts, who
):
    assert registry.GUARDIANS() == guardian_registry.address
    caller = getattr(keys, who)
    with reverts(registry, "ParticipantRegistry_NotGuardians", caller.address):
        registry.moveRoot(ids.seller, heirs[0].address, [], sender(caller))


def test_reverts_when_the_new_root_is_zero(registry, guardian_registry, ids, sender, reverts):
    with reverts(registry, "ParticipantRegistry_ZeroRoot", ids.seller):
        registry.moveRoot(ids.seller, ZERO_ADDRESS, [], sender(guardian_registry))


@pytest.mark.parametrize("which", ["itself", "another root", "former root", "key", "revoked key"])
def test_reverts_given_the_new_root_is_known(
    registry, keys, ids, staff, heirs, grant_by_sig, revoke_by_sig, move_root, reverts, which
):
    grant_by_sig(keys.seller, staff[0])
    grant_by_sig(keys.seller, staff[1])
    revoke_by_sig(staff[1], keys.seller)
    move_root(ids.seller, heirs[0])
    new_root = {
        "itself": heirs[0],
        "another root": keys.buyer,
        "former root": keys.seller,
        "key": staff[0],
        "revoked key": staff[1],
    }[which]
    with reverts(registry, "ParticipantRegistry_AddressTaken", new_root.address):
        move_root(ids.seller, new_root)


def test_moves_to_an_address_for_which_grants_were_withdrawn(
    registry, keys, ids, heirs, revoke_by_sig, move_root
):
    for revoker in (heirs[0], keys.seller):
        revoke_by_sig(heirs[0], revoker)
    move_root(ids.seller, heirs[0])
    assert registry.authorize(heirs[0].address, Function.SELL) == ids.seller
