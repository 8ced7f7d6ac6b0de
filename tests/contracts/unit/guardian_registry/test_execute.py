import pytest

from entrepot.core.roles import Function, Refusal

NOTHING = b"\0" * 32


@pytest.mark.parametrize("signers", [2, 4])
def test_moves_the_root_from_the_second_that_was_announced(
    registry, guardian_registry, guarded, make_move, announce, execute, recall, keys, ids, heirs,
    digest_of, event, at, reverts, signers,
):  # fmt: skip
    move = make_move()
    announce(move, signers)
    ready_at = recall().ready_at
    at(ready_at - 1)
    with reverts(guardian_registry, "GuardianRegistry_TooEarly", ids.seller, ready_at):
        execute(move)
    at(ready_at)
    tx = execute(move)
    assert event(tx, "MoveExecuted") == {"id": ids.seller, "move": digest_of(move)}
    moved = event(tx, "RootMoved")
    assert (moved["oldRoot"], moved["newRoot"]) == (keys.seller.address, heirs[0].address)
    assert recall() == (NOTHING, 0, 0, False)
    assert registry.authorize(heirs[0].address, Function.SELL) == ids.seller
    refused = keys.seller.address, Function.SELL, Refusal.RECALLED_KEY
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refused):
        registry.authorize(keys.seller.address, Function.SELL)


def test_keeps_the_keys_that_the_move_names(
    registry, guarded, make_move, announce, execute, recall, grant, keys, ids, staff, at, reverts
):
    for key in staff[:2]:
        grant(keys.seller, key, Function.SELL)
    move = make_move(kept=(staff[0].address,))
    announce(move)
    at(recall().ready_at)
    execute(move)
    assert registry.authorize(staff[0].address, Function.SELL) == ids.seller
    refused = staff[1].address, Function.SELL, Refusal.RECALLED_KEY
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refused):
        registry.authorize(staff[1].address, Function.SELL)


def test_guardians_stay_and_move_the_new_root_too(
    registry, guarded, make_move, announce, execute, recall, guarding, ids, heirs, digest_of, at
):
    for epoch, heir in enumerate(heirs):
        move = make_move(epoch=epoch, new_root=heir)
        announce(move)
        at(recall().ready_at)
        execute(move)
    assert guarding().set == digest_of(guarded)
    participant = registry.participantOf(ids.seller)
    assert (participant[0], participant[2]) == (heirs[2].address, 3)


def test_reverts_given_the_move_was_not_announced(
    guardian_registry, guarded, make_move, announce, execute, recall, heirs, ids, digest_of, at,
    reverts,
):  # fmt: skip
    moves = [make_move(nonce=nonce) for nonce in (1, 2, 3)]

    def is_unknown(move):
        unknown = ids.seller, digest_of(move)
        with reverts(guardian_registry, "GuardianRegistry_NotAnnounced", *unknown):
            execute(move)

    is_unknown(moves[0])
    announce(moves[0])
    announce(moves[1])
    at(recall().ready_at)
    is_unknown(moves[0])
    is_unknown(moves[2])
    execute(moves[1])
    is_unknown(moves[1])


def test_a_move_that_cannot_be_made_gives_way_to_another(
    registry, guarded, make_move, announce, execute, recall, keys, ids, staff, heirs, at, reverts
):
    taken = make_move(new_root=keys.buyer)
    announce(taken, new_root=keys.buyer)
    at(recall().ready_at)
    with reverts(registry, "ParticipantRegistry_AddressTaken", keys.buyer.address):
        execute(taken)
    unknown = make_move(nonce=2, kept=(staff[0].address,))
    announce(unknown)
    at(recall().ready_at)
    with reverts(registry, "ParticipantRegistry_NotKept", staff[0].address, ids.seller):
        execute(unknown)
    move = make_move(nonce=3)
    announce(move)
    at(recall().ready_at)
    execute(move)
    assert registry.participantOf(ids.seller)[0] == heirs[0].address


def test_a_thief_with_the_root_stops_no_move_by_what_it_does_to_the_kept_keys(
    registry, guarded, make_move, announce, execute, recall, grant, keys, ids, staff, heirs, sender,
    at,
):  # fmt: skip
    grant(keys.seller, staff[0], Function.SELL)
    move = make_move(kept=(staff[0].address,))
    announce(move)
    registry.revokeKey(staff[0].address, sender(keys.seller))
    at(recall().ready_at)
    execute(move)
    assert registry.keyOf(staff[0].address)[-1] is True
    assert registry.participantOf(ids.seller)[0] == heirs[0].address
