import pytest

from entrepot.core.keys import Wallet
from entrepot.core.signing import keccak

STRANGERS = [Wallet().key(900 + i) for i in range(2)]


@pytest.fixture
def change(council, as_council):
    """Changes the members as the council decides; gives the transaction."""

    def go(added, removed, threshold, signers=None):
        lists = [[each.raw_address for each in accounts] for accounts in (added, removed)]
        data = council.changeMembers.encode_input(*lists, threshold)
        return as_council(council, data, *([signers] if signers else []))

    return go


@pytest.fixture
def decide(as_council, council, call):
    """Expects that these accounts are enough, and all but one of them are not."""

    def go(accounts, reverts):
        with reverts(council, "Council_InvalidSignature"):
            as_council(*call, accounts[1:])
        as_council(*call, accounts)

    return go


def _members(council):
    return {bytes(member) for member in council.getSigners(0, 100)}


@pytest.mark.parametrize(
    ("added", "removed", "threshold"), [(2, 0, 5), (2, 0, 3), (0, 2, 3), (1, 1, 3), (0, 0, 5)]
)
def test_replaces_members_and_threshold(
    council, change, decide, members, reverts, added, removed, threshold
):
    change(STRANGERS[:added], members[:removed], threshold)
    now = [*members[removed:], *STRANGERS[:added]]
    assert _members(council) == {member.raw_address for member in now}
    assert council.threshold() == threshold
    decide(now[:threshold], reverts)


def test_lowers_members_and_threshold_together(council, change, decide, members, reverts):
    change([], members[:4], 1)
    assert _members(council) == {members[4].raw_address}
    decide([members[4]], reverts)


def test_replaces_all_members_at_once(council, change, decide, members, call, as_council, reverts):
    change(STRANGERS, members, 2)
    decide(STRANGERS, reverts)
    with reverts(council, "Council_InvalidSignature"):
        as_council(*call, members)


@pytest.mark.parametrize("who", ["stranger", "operator", "member", "timelock"])
def test_reverts_when_another_than_the_council_calls(
    council, timelock, keys, members, sender, reverts, who
):
    caller = {"member": members[0], "timelock": timelock}.get(who) or getattr(keys, who)
    with reverts(council, "Council_NotItself", caller.address):
        council.changeMembers([], [], 1, sender(caller))


def test_reverts_when_nobody_would_be_needed(council, change, reverts):
    with reverts(council, "MultiSignerERC7913ZeroThreshold"):
        change([], [], 0)


@pytest.mark.parametrize(("removed", "threshold", "left"), [(0, 6, 5), (3, 3, 2), (5, 1, 0)])
def test_reverts_when_there_would_be_too_few(
    council, change, members, reverts, removed, threshold, left
):
    with reverts(council, "MultiSignerERC7913UnreachableThreshold", left, threshold):
        change([], members[:removed], threshold)


def test_reverts_when_it_names_a_member_as_new_or_a_stranger_as_old(
    council, change, members, reverts
):
    member, stranger = members[0].raw_address, STRANGERS[0].raw_address
    with reverts(council, "MultiSignerERC7913AlreadyExists", member):
        change([members[0]], [], 3)
    with reverts(council, "MultiSignerERC7913NonexistentSigner", stranger):
        change([], [STRANGERS[0]], 3)


def test_reverts_when_a_member_is_no_account(council, as_council, reverts):
    short = keccak(b"short")[:19]
    data = council.changeMembers.encode_input([short], [], 3)
    with reverts(council, "MultiSignerERC7913InvalidSigner", short):
        as_council(council, data)


def test_what_members_signed_counts_only_while_they_are_members(
    council, change, call, as_council, members, reverts
):
    change([STRANGERS[0]], [members[0]], 3)
    with reverts(council, "Council_InvalidSignature"):
        as_council(*call, members[:3])
