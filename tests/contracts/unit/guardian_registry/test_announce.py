from dataclasses import astuple, replace

import pytest

from entrepot.core.messages import RootMove

NOTHING = b"\0" * 32


def test_announces_a_move_for_after_the_delay(
    guarded, make_move, announce, recall, digest_of, ids, event, plain
):
    move = make_move(kept=(guarded.guardians[0],), nonce=5)
    tx = announce(move)
    ready_at = tx.timestamp + guarded.delay
    named = event(tx, "MoveAnnounced")
    assert (named["id"], named["move"]) == (ids.seller, digest_of(move))
    assert (named["readyAt"], named["isOverride"]) == (ready_at, False)
    assert plain(named["terms"]) == astuple(move)
    assert recall() == (digest_of(move), 5, ready_at, False)


@pytest.mark.parametrize(("signers", "overrides"), [(2, False), (3, False), (4, True), (5, True)])
def test_overrides_where_enough_guardians_sign(
    guarded, make_move, announce, recall, signers, overrides
):
    announce(make_move(), signers)
    assert recall().is_override is overrides


@pytest.mark.parametrize("signers", [0, 1])
def test_reverts_when_too_few_guardians_sign(
    guardian_registry, guarded, make_move, announce, reverts, signers
):
    some = [] if signers == 0 else signers
    with reverts(guardian_registry, "GuardianRegistry_TooFewGuardians", signers, 2):
        announce(make_move(), some)


def test_reverts_given_there_are_no_guardians(
    guardian_registry, make_set, make_move, announce, ids, reverts
):
    for participant in (ids.seller, 99):
        some = make_set(id=participant)
        with reverts(guardian_registry, "GuardianRegistry_NoGuardians", participant):
            announce(make_move(some), guardian_set=some)


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": 2},
        {"threshold": 1},
        {"override_threshold": 3},
        {"delay": 86_400},
        {"guardians": ()},
    ],
)
def test_reverts_when_the_set_is_not_in_force(
    guardian_registry, guarded, make_move, announce, digest_of, ids, reverts, change
):
    other = replace(guarded, **change)
    sets = ids.seller, digest_of(other), digest_of(guarded)
    with reverts(guardian_registry, "GuardianRegistry_NotTheSet", *sets):
        announce(make_move(other), guardian_set=other)


def test_reverts_when_the_set_is_another_participants(
    guardian_registry, guarded, make_set, set_by_sig, make_move, announce, digest_of, keys, ids,
    reverts,
):  # fmt: skip
    theirs = make_set(id=ids.buyer)
    set_by_sig(theirs, keys.buyer)
    sets = ids.seller, digest_of(theirs), digest_of(guarded)
    with reverts(guardian_registry, "GuardianRegistry_NotTheSet", *sets):
        announce(make_move(theirs, id=ids.seller), guardian_set=theirs)


def test_guardians_act_until_others_take_their_place(
    guarded, make_set, set_by_sig, make_move, announce, recall, at
):
    starts = set_by_sig(make_set(nonce=2, threshold=1)).timestamp + guarded.delay
    at(starts - 1)
    announce(make_move())
    assert recall().ready_at == starts - 1 + guarded.delay


def test_guardians_act_no_longer_once_others_took_their_place(
    guardian_registry, guarded, make_set, set_by_sig, make_move, announce, recall, digest_of, ids,
    at, reverts,
):  # fmt: skip
    others = make_set(nonce=2, threshold=1)
    at(set_by_sig(others).timestamp + guarded.delay)
    sets = ids.seller, digest_of(guarded), digest_of(others)
    with reverts(guardian_registry, "GuardianRegistry_NotTheSet", *sets):
        announce(make_move())
    announce(make_move(others), 1, guardian_set=others)
    assert recall().is_override is False


def test_what_guardians_signed_as_one_set_is_worth_nothing_under_another(
    guardian_registry, guarded, make_set, set_by_sig, make_move, announce, cancel, digest_of, ids,
    at, reverts,
):  # fmt: skip
    """Else anyone would bring a cancelled move again, as soon as a new set needs fewer."""
    move = make_move()
    announce(move, 3)
    cancel()
    others = make_set(nonce=2, threshold=1, override_threshold=3)
    at(set_by_sig(others).timestamp + guarded.delay)
    sets = ids.seller, digest_of(guarded), digest_of(others)
    with reverts(guardian_registry, "GuardianRegistry_NotTheSet", *sets):
        announce(move, 3, guardian_set=others)


def test_drops_a_set_that_is_on_its_way(
    guarded, make_set, set_by_sig, make_move, announce, guarding, digest_of, at
):
    starts = set_by_sig(make_set(nonce=2)).timestamp + guarded.delay
    announce(make_move())
    in_force = (digest_of(guarded), NOTHING, 1, guarded.delay, 0, 0)
    assert guarding() == in_force
    at(starts, mine=True)
    assert guarding() == in_force


@pytest.mark.parametrize("epoch", [1, 2**32 - 1])
def test_reverts_when_the_epoch_is_not_the_roots(
    guardian_registry, guarded, make_move, announce, ids, reverts, epoch
):
    with reverts(guardian_registry, "GuardianRegistry_WrongEpoch", ids.seller, epoch, 0):
        announce(make_move(epoch=epoch))


def test_reverts_when_a_move_is_announced_again_after_its_execution(
    guardian_registry, guarded, make_move, announce, execute, recall, ids, at, reverts
):
    move = make_move()
    announce(move)
    at(recall().ready_at)
    execute(move)
    with reverts(guardian_registry, "GuardianRegistry_WrongEpoch", ids.seller, 0, 1):
        announce(move, 5)


def test_reverts_when_the_new_root_did_not_accept(
    guardian_registry, guarded, guardians, heirs, make_move, domains, spoiled, operator, reverts
):
    move = make_move()
    signatures = [move.sign(guardian, domains.deployment) for guardian in guardians]
    with reverts(guardian_registry, "GuardianRegistry_InvalidSignature", heirs[0].address):
        guardian_registry.announce(
            astuple(move), astuple(guarded), spoiled(heirs[0], move), signatures, operator
        )


@pytest.fixture
def bring(guardian_registry, guarded, heirs, domains, operator):
    """Announces a move that its new root accepts, with these signatures."""

    def go(move, signatures):
        acceptance = move.sign(heirs[0], domains.deployment)
        terms = astuple(move), astuple(guarded)
        return guardian_registry.announce(*terms, acceptance, signatures, operator)

    return go


@pytest.mark.parametrize("count", [0, 4, 6])
def test_reverts_when_there_is_not_one_signature_for_each_guardian(
    guardian_registry, bring, make_move, guardians, domains, reverts, count
):
    move = make_move()
    signatures = [move.sign(each, domains.deployment) for each in (*guardians, guardians[0])]
    with reverts(guardian_registry, "GuardianRegistry_LengthMismatch", 5, count):
        bring(move, signatures[:count])


def test_reverts_when_a_guardians_signature_is_no_good(
    guardian_registry, bring, make_move, guardians, domains, spoiled, reverts
):
    """A place left empty is that of a guardian who did not sign."""
    move = make_move()
    signatures = [move.sign(guardian, domains.deployment) for guardian in guardians[:2]]
    bad = spoiled(guardians[2], move)
    refusal = ("InvalidSignature", guardians[2].address) if bad else ("TooFewGuardians", 1, 2)
    with reverts(guardian_registry, f"GuardianRegistry_{refusal[0]}", *refusal[1:]):
        bring(move, [signatures[0], b"", bad, b"", b""])


def test_a_guardian_counts_once_and_in_its_own_place(
    guardian_registry, bring, make_move, guardians, domains, reverts
):
    move = make_move()
    signature = move.sign(guardians[0], domains.deployment)
    with reverts(guardian_registry, "GuardianRegistry_InvalidSignature", guardians[1].address):
        bring(move, [signature, signature, b"", b"", b""])


CHANGES = {
    "id": {"id": 3},
    "epoch": {"epoch": 1},
    "nonce": {"nonce": 2},
    "new root": {"new_root": "0x" + "11" * 20},
    "kept": {"kept": ("0x" + "11" * 20,)},
    "set": {"set": b"\1" * 32},
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("who", ["guardian", "new root"])
def test_reverts_when_one_of_them_signed_another_move(
    guardian_registry, guarded, make_move, guardians, heirs, domains, operator, reverts, change,
    who,
):  # fmt: skip
    move = make_move()
    other = replace(move, **CHANGES[change])
    signed = {"guardian": (move, other), "new root": (other, move)}[who]
    acceptance = signed[0].sign(heirs[0], domains.deployment)
    signatures = [signed[1].sign(guardian, domains.deployment) for guardian in guardians]
    signer = {"guardian": guardians[0], "new root": heirs[0]}[who]
    with reverts(guardian_registry, "GuardianRegistry_InvalidSignature", signer.address):
        terms = astuple(move), astuple(guarded)
        guardian_registry.announce(*terms, acceptance, signatures, operator)


def test_guardians_and_new_roots_may_be_contracts(
    registry, guardians, wallet_of, make_set, set_by_sig, make_move, announce, execute, recall,
    keys, ids, staff, council_account, at,
):  # fmt: skip
    accounts = [wallet_of(guardians[0]), wallet_of(guardians[1]), council_account, guardians[2]]
    accounts.sort(key=lambda account: int(account.address, 16))
    some = make_set(accounts, override_threshold=4)
    set_by_sig(some)
    heir = wallet_of(keys.stranger)
    move = make_move(some, heir)
    announce(move, accounts, guardian_set=some, new_root=heir)
    assert recall().is_override is True
    at(recall().ready_at)
    execute(move)
    assert registry.participantOf(ids.seller)[0] == heir.address


def test_digest_is_that_of_the_package(guardian_registry, make_move, guardians, digest_of):
    for kept in ((), tuple(guardian.address for guardian in guardians)):
        move = make_move(kept=kept)
        assert bytes(guardian_registry.rootMoveDigest(astuple(move))) == digest_of(move)
    assert RootMove.type_string().startswith("RootMove(uint64 id,")


@pytest.mark.parametrize("signers", [2, 4])
@pytest.mark.parametrize("nonce", [4, 5])
def test_reverts_when_a_move_of_the_same_weight_has_no_larger_nonce(
    guardian_registry, guarded, make_move, announce, heirs, ids, reverts, signers, nonce
):
    announce(make_move(nonce=5), signers)
    with reverts(guardian_registry, "GuardianRegistry_Outranked", ids.seller, nonce, 5):
        announce(make_move(nonce=nonce, new_root=heirs[1]), signers)


def test_reverts_given_a_move_that_overrides_whatever_the_nonce(
    guardian_registry, guarded, make_move, announce, ids, reverts
):
    announce(make_move(nonce=5), 4)
    with reverts(guardian_registry, "GuardianRegistry_Outranked", ids.seller, 2**32 - 1, 5):
        announce(make_move(nonce=2**32 - 1), 3)


def test_a_move_gives_way_to_one_with_a_larger_nonce_that_waits_anew(
    guarded, make_move, announce, recall, heirs, digest_of, at
):
    ready_at = announce(make_move(nonce=1)).timestamp + guarded.delay
    at(ready_at)
    later = make_move(nonce=2, new_root=heirs[1])
    announce(later)
    assert recall() == (digest_of(later), 2, ready_at + guarded.delay, False)


@pytest.mark.parametrize("nonce", [1, 5, 6])
def test_a_move_gives_way_to_one_that_overrides_and_waits_no_longer(
    guarded, make_move, announce, recall, heirs, digest_of, at, nonce
):
    ready_at = announce(make_move(nonce=5)).timestamp + guarded.delay
    at(ready_at - 1)
    other = make_move(nonce=nonce, new_root=heirs[1])
    announce(other, 4)
    assert recall() == (digest_of(other), nonce, ready_at, True)


def test_a_move_that_overrides_gives_way_to_such_a_one_with_a_larger_nonce(
    guarded, make_move, announce, recall, heirs, digest_of, at
):
    ready_at = announce(make_move(nonce=5), 4).timestamp + guarded.delay
    at(ready_at - 1)
    other = make_move(nonce=6, new_root=heirs[1])
    announce(other, 4)
    assert recall() == (digest_of(other), 6, ready_at, True)


def test_the_same_move_overrides_once_more_guardians_signed_it(
    guarded, make_move, announce, recall
):
    move = make_move()
    ready_at = announce(move, 2).timestamp + guarded.delay
    announce(move, 4)
    assert (recall().ready_at, recall().is_override) == (ready_at, True)


def test_reverts_given_the_root_cancelled(
    guardian_registry, guarded, make_move, announce, cancel, ids, reverts
):
    announce(make_move(nonce=1))
    cancel()
    for nonce in (1, 2):
        with reverts(guardian_registry, "GuardianRegistry_Cancelled", ids.seller):
            announce(make_move(nonce=nonce), 3)


@pytest.mark.parametrize("after", [1, 3 * 86_400 + 7])
def test_a_move_that_overrides_a_cancellation_waits_no_longer_than_the_cancelled_one(
    registry, guarded, make_move, announce, cancel, execute, recall, heirs, ids, at, after
):
    first = announce(make_move(nonce=5))
    ready_at = first.timestamp + guarded.delay
    cancel()
    at(first.timestamp + after)
    other = make_move(nonce=1, new_root=heirs[1])
    tx = announce(other, 4)
    assert tx.events["MoveAnnounced"]["readyAt"] == recall().ready_at == ready_at
    at(max(ready_at, tx.timestamp + 1))
    execute(other)
    assert registry.participantOf(ids.seller)[0] == heirs[1].address


def test_a_move_that_overrides_without_notice_waits_the_full_delay(
    guarded, make_move, announce, recall
):
    ready_at = announce(make_move(), 4).timestamp + guarded.delay
    assert recall().ready_at == ready_at


def test_a_move_that_overrides_a_cancellation_in_advance_waits_the_full_delay(
    guarded, make_move, announce, cancel, recall
):
    cancel()
    ready_at = announce(make_move(), 4).timestamp + guarded.delay
    assert recall().ready_at == ready_at


@pytest.mark.parametrize("cancels_in_advance", [False, True])
def test_a_notice_by_former_guardians_is_none(
    guarded, make_set, set_by_sig, make_move, announce, cancel, recall, at, cancels_in_advance
):
    announce(make_move())
    cancel()
    others = make_set(nonce=2)
    at(set_by_sig(others).timestamp + guarded.delay)
    if cancels_in_advance:
        cancel(guardian_set=others)
    tx = announce(make_move(others), 4, guardian_set=others)
    assert recall().ready_at == tx.timestamp + others.delay


def test_a_cancelled_move_is_no_notice_for_one_that_does_not_override(
    guarded, make_set, set_by_sig, make_move, announce, cancel, recall, at
):
    announce(make_move())
    cancel()
    others = make_set(nonce=2)
    at(set_by_sig(others).timestamp + guarded.delay)
    tx = announce(make_move(others), guardian_set=others)
    assert recall().ready_at == tx.timestamp + others.delay
