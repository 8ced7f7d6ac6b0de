"""Rules of a set of guardians, however it is submitted."""

from dataclasses import astuple, replace

import pytest
from brownie import ZERO_ADDRESS

from entrepot.core.messages import Registration
from entrepot.core.roles import Function, Role, mask
from entrepot.core.signing import checksum_address

DAY = 86_400
NOTHING = b"\0" * 32
LEAST, MOST = DAY, 30 * DAY


@pytest.fixture(params=["set_directly", "set_by_sig"])
def set_guardians(request):
    """Both ways of setting guardians."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def crowd():
    """Addresses for guardians, in ascending order."""
    return tuple(checksum_address(number.to_bytes(20)) for number in range(1, 34))


def test_the_first_guardians_come_at_once(
    set_guardians, make_set, ids, guarding, digest_of, event, plain
):
    guardian_set = make_set()
    tx = set_guardians(guardian_set)
    named = event(tx, "GuardiansSet")
    assert (named["id"], named["set"]) == (ids.seller, digest_of(guardian_set))
    assert named["from"] == tx.timestamp
    assert plain(named["terms"]) == astuple(guardian_set)
    kept = (digest_of(guardian_set), NOTHING, 1, guardian_set.delay, 0, 0)
    assert guarding() == kept


def test_others_take_their_place_after_the_delay_of_those_in_force(
    guarded, set_guardians, make_set, guarding, digest_of, event, at
):
    others = make_set(nonce=9, delay=LEAST)
    tx = set_guardians(others)
    starts = tx.timestamp + guarded.delay
    assert event(tx, "GuardiansSet")["from"] == starts
    waiting = (digest_of(guarded), digest_of(others), 9, guarded.delay, LEAST, starts)
    assert guarding() == waiting
    at(starts - 1, mine=True)
    assert guarding() == waiting
    at(starts, mine=True)
    assert guarding() == (digest_of(others), NOTHING, 9, LEAST, 0, 0)


def test_a_set_on_its_way_gives_way_to_a_later_one_that_waits_anew(
    guarded, set_guardians, make_set, guarding, digest_of, at
):
    first, second = make_set(nonce=2, delay=LEAST), make_set(nonce=3, threshold=1)
    starts = set_guardians(first).timestamp + guarded.delay
    at(starts - 1)
    tx = set_guardians(second)
    assert tx.timestamp == starts - 1
    kept = guarding()
    assert (kept.set, kept.next_set) == (digest_of(guarded), digest_of(second))
    assert kept.next_from == starts - 1 + guarded.delay


def test_the_delay_is_that_of_the_set_that_came_into_force(
    guarded, set_guardians, make_set, guarding, at
):
    starts = set_guardians(make_set(nonce=2, delay=LEAST)).timestamp + guarded.delay
    at(starts)
    tx = set_guardians(make_set(nonce=3))
    assert guarding().next_from == tx.timestamp + LEAST


@pytest.mark.parametrize("nonce", [0, 4, 5])
def test_reverts_when_the_nonce_does_not_grow(
    guardian_registry, set_guardians, make_set, ids, reverts, nonce
):
    set_guardians(make_set(nonce=5))
    with reverts(guardian_registry, "GuardianRegistry_OldNonce", ids.seller, nonce, 5):
        set_guardians(make_set(nonce=nonce))


def test_reverts_when_the_nonce_is_that_of_the_set_on_its_way(
    guardian_registry, guarded, set_guardians, make_set, ids, reverts
):
    set_guardians(make_set(nonce=7))
    with reverts(guardian_registry, "GuardianRegistry_OldNonce", ids.seller, 7, 7):
        set_guardians(make_set(nonce=7, threshold=1))


def test_reverts_when_the_first_nonce_is_zero(
    guardian_registry, set_guardians, make_set, ids, reverts
):
    with reverts(guardian_registry, "GuardianRegistry_OldNonce", ids.seller, 0, 0):
        set_guardians(make_set(nonce=0))


@pytest.mark.parametrize(
    ("threshold", "override", "count"), [(1, 2, 2), (1, 5, 5), (4, 5, 5), (31, 32, 32)]
)
def test_thresholds_lie_within_the_guardians(
    set_guardians, make_set, crowd, guarding, digest_of, threshold, override, count
):
    some = make_set(threshold=threshold, override_threshold=override, guardians=crowd[:count])
    set_guardians(some)
    assert guarding().set == digest_of(some)


@pytest.mark.parametrize(
    ("threshold", "override", "count"),
    [(0, 1, 5), (0, 0, 0), (1, 1, 5), (3, 2, 5), (2, 6, 5), (1, 2, 1), (5, 5, 5), (1, 2, 0)],
)
def test_reverts_when_thresholds_make_no_sense(
    guardian_registry, set_guardians, make_set, crowd, reverts, threshold, override, count
):
    wrong = (threshold, override, count)
    with reverts(guardian_registry, "GuardianRegistry_BadThresholds", *wrong):
        set_guardians(
            make_set(threshold=threshold, override_threshold=override, guardians=crowd[:count])
        )


def test_reverts_when_there_are_more_than_32(
    guardian_registry, set_guardians, make_set, crowd, reverts
):
    with reverts(guardian_registry, "GuardianRegistry_TooManyGuardians", 33, 32):
        set_guardians(make_set(guardians=crowd))


@pytest.mark.parametrize("delay", [LEAST, MOST])
def test_the_delay_is_one_to_thirty_days(set_guardians, make_set, guarding, delay):
    set_guardians(make_set(delay=delay))
    assert guarding().delay == delay


@pytest.mark.parametrize("delay", [0, LEAST - 1, MOST + 1, 2**32 - 1])
def test_reverts_when_the_delay_is_too_short_or_too_long(
    guardian_registry, set_guardians, make_set, reverts, delay
):
    with reverts(guardian_registry, "GuardianRegistry_BadDelay", delay, LEAST, MOST):
        set_guardians(make_set(delay=delay))


def test_reverts_when_guardians_do_not_ascend(
    guardian_registry, set_guardians, make_set, crowd, reverts
):
    a, b, c, d = crowd[:4]
    for wrong, pair in (
        ((a, c, b, d), (c, b)),
        ((a, b, b, d), (b, b)),
        ((ZERO_ADDRESS, a, b, c), (ZERO_ADDRESS, ZERO_ADDRESS)),
        ((a, b, c, d, a), (d, a)),
    ):
        with reverts(guardian_registry, "GuardianRegistry_NotAscending", *pair):
            set_guardians(make_set(guardians=wrong))


@pytest.mark.parametrize("signers", [2, 4])
def test_reverts_given_a_move_is_on_its_way(
    guardian_registry, guarded, set_guardians, make_set, make_move, announce, recall, ids, at,
    reverts, signers,
):  # fmt: skip
    announce(make_move(), signers)
    for moment in (None, recall().ready_at):
        if moment:
            at(moment)
        with reverts(guardian_registry, "GuardianRegistry_MoveOnItsWay", ids.seller):
            set_guardians(make_set(nonce=2))


def test_a_root_sets_guardians_after_it_cancelled(
    guarded, set_guardians, make_set, make_move, announce, cancel, guarding, digest_of
):
    announce(make_move())
    cancel()
    others = make_set(nonce=2)
    set_guardians(others)
    assert guarding().next_set == digest_of(others)


def test_a_set_that_was_dropped_uses_up_no_nonce(
    guarded, set_guardians, make_set, make_move, announce, execute, recall, heirs, guarding,
    digest_of, at,
):  # fmt: skip
    """Else a thief's request with the last of all nonces would outlive the thief."""
    set_guardians(make_set(nonce=2**32 - 1))
    move = make_move()
    announce(move, 4)
    at(recall().ready_at)
    execute(move)
    others = make_set(nonce=2)
    set_guardians(others, heirs[0])
    assert guarding().next_set == digest_of(others)


def test_a_participants_guardians_are_its_own(
    guardian_registry, guarded, set_guardians, make_set, keys, ids, plain, digest_of
):
    theirs = make_set(id=ids.buyer)
    set_guardians(theirs, keys.buyer)
    assert plain(guardian_registry.guardingOf(ids.buyer))[0] == digest_of(theirs)
    assert plain(guardian_registry.guardingOf(ids.seller))[0] == digest_of(guarded)


def test_a_contract_root_sets_guardians_with_its_owners_signature(
    guardian_registry, register, keys, wallet_of, make_set, set_by_sig, plain, digest_of
):
    wallet = wallet_of(keys.stranger)
    register(Registration(77, mask(Role.SELLER), wallet.address), keys.stranger)
    some = make_set(id=77)
    set_by_sig(some, wallet)
    assert plain(guardian_registry.guardingOf(77))[0] == digest_of(some)


def test_digest_is_that_of_the_package(guardian_registry, make_set, digest_of):
    for some in (make_set(), make_set(guardians=())):
        assert bytes(guardian_registry.guardianSetDigest(astuple(some))) == digest_of(some)


def test_reverts_given_the_participant_is_unknown(
    guardian_registry, set_guardians, make_set, reverts
):
    with reverts(guardian_registry, "GuardianRegistry_UnknownParticipant", 99):
        set_guardians(make_set(id=99))


def test_reverts_when_the_root_did_not_sign(
    guardian_registry, make_set, keys, spoiled, operator, reverts
):
    some = make_set()
    with reverts(guardian_registry, "GuardianRegistry_InvalidSignature", keys.seller.address):
        signature = spoiled(keys.seller, some)
        guardian_registry.setGuardians(astuple(some), signature, operator)


CHANGES = {
    "id": lambda some, ids: replace(some, id=ids.buyer),
    "nonce": lambda some, ids: replace(some, nonce=2),
    "threshold": lambda some, ids: replace(some, threshold=1),
    "override": lambda some, ids: replace(some, override_threshold=5),
    "delay": lambda some, ids: replace(some, delay=LEAST),
    "guardians": lambda some, ids: replace(some, guardians=some.guardians[1:]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_reverts_when_the_root_signed_another_set(
    guardian_registry, make_set, keys, ids, domains, operator, reverts, change
):
    some = make_set()
    signature = CHANGES[change](some, ids).sign(keys.seller, domains.deployment)
    with reverts(guardian_registry, "GuardianRegistry_InvalidSignature", keys.seller.address):
        guardian_registry.setGuardians(astuple(some), signature, operator)


@pytest.mark.parametrize("who", ["former root", "key", "guardian", "another root", "governance"])
def test_reverts_when_another_than_the_root_sets(
    guardian_registry, set_guardians, make_set, guarded, make_move, announce, execute, recall,
    keys, staff, heirs, guardians, grant, at, reverts, who,
):  # fmt: skip
    grant(keys.seller, staff[0], Function.SELL)
    root = keys.seller
    if who == "former root":
        announce(make_move())
        at(recall().ready_at)
        execute(make_move())
        root = heirs[0]
    impostor = {
        "former root": keys.seller,
        "key": staff[0],
        "guardian": guardians[0],
        "another root": keys.buyer,
        "governance": keys.operator,
    }[who]
    with reverts(guardian_registry, "GuardianRegistry_InvalidSignature", root.address):
        set_guardians(make_set(nonce=2), impostor)
