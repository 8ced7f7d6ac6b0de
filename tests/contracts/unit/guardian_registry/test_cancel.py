import pytest

from entrepot.core.messages import MoveCancellation, Registration
from entrepot.core.roles import Role, mask

NOTHING = b"\0" * 32


@pytest.fixture(params=["directly", "by signature"])
def withdraw(request, guardian_registry, ids, keys, sender, cancel):
    """Both ways in which the seller's first root cancels under its first guardians."""
    if request.param == "by signature":
        return cancel
    return lambda: guardian_registry.cancel(ids.seller, b"", sender(keys.seller))


def test_ends_the_announced_move(
    guardian_registry, guarded, make_move, announce, withdraw, recall, ids, digest_of, event
):
    move = make_move(nonce=5)
    ready_at = announce(move, 3).timestamp + guarded.delay
    assert guardian_registry.hasCancelled(ids.seller) is False
    assert event(withdraw(), "MoveCancelled") == {
        "id": ids.seller,
        "epoch": 0,
        "set": digest_of(guarded),
        "move": digest_of(move),
    }
    assert recall() == (NOTHING, 5, ready_at, False)
    assert guardian_registry.hasCancelled(ids.seller) is True


def test_ends_no_move_that_overrides(
    registry, guarded, make_move, announce, withdraw, execute, recall, heirs, ids, event, at
):
    move = make_move()
    announce(move, 4)
    before = recall()
    assert event(withdraw(), "MoveCancelled")["move"] == NOTHING
    assert recall() == before
    at(before.ready_at)
    execute(move)
    assert registry.participantOf(ids.seller)[0] == heirs[0].address


def test_cancels_in_advance(guardian_registry, guarded, withdraw, recall, ids, digest_of, event):
    named = event(withdraw(), "MoveCancelled")
    assert (named["set"], named["move"]) == (digest_of(guarded), NOTHING)
    assert recall() == (NOTHING, 0, 0, False)
    assert guardian_registry.hasCancelled(ids.seller) is True


def test_cancels_until_the_move_is_executed(
    guardian_registry, guarded, make_move, announce, withdraw, execute, recall, ids, digest_of, at,
    reverts,
):  # fmt: skip
    move = make_move()
    announce(move)
    at(recall().ready_at + 1)
    withdraw()
    with reverts(guardian_registry, "GuardianRegistry_NotAnnounced", ids.seller, digest_of(move)):
        execute(move)


@pytest.mark.parametrize("signers", [0, 2, 4])
def test_reverts_when_the_root_cancels_twice(
    guardian_registry, guarded, make_move, announce, withdraw, ids, reverts, signers
):
    if signers:
        announce(make_move(nonce=1), signers)
    withdraw()
    with reverts(guardian_registry, "GuardianRegistry_CancelledBefore", ids.seller):
        withdraw()
    announce(make_move(nonce=2), 4)
    with reverts(guardian_registry, "GuardianRegistry_CancelledBefore", ids.seller):
        withdraw()


def test_a_root_cancels_once_for_each_set_of_guardians(
    guardian_registry, guarded, make_set, set_by_sig, make_move, announce, cancel, ids, at, reverts
):
    cancel()
    others = make_set(nonce=2)
    starts = set_by_sig(others).timestamp + guarded.delay
    at(starts - 1, mine=True)
    assert guardian_registry.hasCancelled(ids.seller) is True
    at(starts, mine=True)
    assert guardian_registry.hasCancelled(ids.seller) is False
    announce(make_move(others), guardian_set=others)
    cancel(guardian_set=others)
    assert guardian_registry.hasCancelled(ids.seller) is True
    with reverts(guardian_registry, "GuardianRegistry_CancelledBefore", ids.seller):
        cancel(guardian_set=others)


def test_each_root_cancels_once(
    guardian_registry, guarded, make_move, announce, execute, cancel, recall, heirs, ids, at
):
    cancel()
    announce(make_move(), 4)
    at(recall().ready_at)
    execute(make_move())
    assert guardian_registry.hasCancelled(ids.seller) is False
    announce(make_move(epoch=1, new_root=heirs[1]))
    cancel(heirs[0], epoch=1)
    assert recall().move == NOTHING
    assert guardian_registry.hasCancelled(ids.seller) is True


def test_reverts_given_there_are_no_guardians(guardian_registry, withdraw, ids, reverts):
    with reverts(guardian_registry, "GuardianRegistry_NoGuardians", ids.seller):
        withdraw()
    assert guardian_registry.hasCancelled(ids.seller) is False


def test_reverts_given_the_participant_is_unknown(guardian_registry, operator, reverts):
    with reverts(guardian_registry, "GuardianRegistry_UnknownParticipant", 99):
        guardian_registry.cancel(99, b"", operator)


def test_reverts_when_the_root_did_not_sign(
    guardian_registry, guarded, keys, ids, digest_of, spoiled, operator, reverts
):
    signature = spoiled(keys.seller, MoveCancellation(ids.seller, 0, digest_of(guarded)))
    with reverts(guardian_registry, "GuardianRegistry_InvalidSignature", keys.seller.address):
        guardian_registry.cancel(ids.seller, signature, operator)


@pytest.mark.parametrize("change", ["id", "epoch", "set"])
def test_reverts_when_the_root_signed_another_cancellation(
    guardian_registry, guarded, keys, ids, digest_of, domains, operator, reverts, change
):
    terms = {"id": ids.seller, "epoch": 0, "set": digest_of(guarded)}
    other = {"id": ids.buyer, "epoch": 1, "set": NOTHING}[change]
    message = MoveCancellation(**{**terms, change: other})
    signature = message.sign(keys.seller, domains.deployment)
    with reverts(guardian_registry, "GuardianRegistry_InvalidSignature", keys.seller.address):
        guardian_registry.cancel(ids.seller, signature, operator)


def test_reverts_when_it_names_guardians_that_are_on_their_way(
    guardian_registry, guarded, make_set, set_by_sig, cancel, keys, ids, at, reverts
):
    others = make_set(nonce=2)
    starts = set_by_sig(others).timestamp + guarded.delay
    at(starts - 1)
    with reverts(guardian_registry, "GuardianRegistry_InvalidSignature", keys.seller.address):
        cancel(guardian_set=others)
    at(starts)
    cancel(guardian_set=others)
    assert guardian_registry.hasCancelled(ids.seller) is True


@pytest.mark.parametrize("who", ["guardian", "stranger", "new root", "governance"])
def test_reverts_when_another_than_the_root_cancels(
    guardian_registry, guarded, make_move, announce, keys, guardians, heirs, ids, sender, reverts,
    who,
):  # fmt: skip
    announce(make_move())
    impostor = {
        "guardian": guardians[0],
        "stranger": keys.stranger,
        "new root": heirs[0],
        "governance": keys.operator,
    }[who]
    with reverts(guardian_registry, "GuardianRegistry_InvalidSignature", keys.seller.address):
        guardian_registry.cancel(ids.seller, b"", sender(impostor))


def test_a_former_root_cancels_nothing(
    guardian_registry, guarded, make_move, announce, execute, cancel, recall, keys, heirs, ids, at,
    sender, reverts,
):  # fmt: skip
    announce(make_move())
    at(recall().ready_at)
    execute(make_move())
    announce(make_move(epoch=1, new_root=heirs[1]))
    for epoch in (0, 1):
        with reverts(guardian_registry, "GuardianRegistry_InvalidSignature", heirs[0].address):
            cancel(keys.seller, epoch=epoch)
    with reverts(guardian_registry, "GuardianRegistry_InvalidSignature", heirs[0].address):
        guardian_registry.cancel(ids.seller, b"", sender(keys.seller))


def test_a_contract_root_cancels_with_its_owners_signature(
    guardian_registry, register, keys, wallet_of, make_set, set_by_sig, domains, digest_of,
    operator,
):  # fmt: skip
    wallet = wallet_of(keys.stranger)
    register(Registration(77, mask(Role.SELLER), wallet.address), keys.stranger)
    some = make_set(id=77)
    set_by_sig(some, wallet)
    signature = MoveCancellation(77, 0, digest_of(some)).sign(wallet, domains.deployment)
    guardian_registry.cancel(77, signature, operator)
    assert guardian_registry.hasCancelled(77) is True


def test_digest_is_that_of_the_package(guardian_registry, guarded, ids, digest_of):
    named = ids.seller, 3, digest_of(guarded)
    digest = guardian_registry.moveCancellationDigest(*named)
    assert bytes(digest) == digest_of(MoveCancellation(*named))
