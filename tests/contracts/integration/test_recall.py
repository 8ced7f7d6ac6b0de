"""A thief with a participant's root against its guardians, to the end."""

from dataclasses import astuple
from types import SimpleNamespace

import pytest

from entrepot.core.keys import Wallet
from entrepot.core.messages import GuardianSet, KeyGrant, RootMove
from entrepot.core.roles import Function, Refusal, Role, mask

DAY = 86_400
DELAY = 3 * DAY
LAST_NONCE = 2**32 - 1
FOREVER = 2**40 - 1


@pytest.fixture(scope="session")
def people():
    """Three guardians in ascending order, a clerk of the seller, its next root, and a thief's."""
    wallet = Wallet()
    trio = sorted((wallet.key(300 + i) for i in range(3)), key=lambda key: key.raw_address)
    return SimpleNamespace(
        guardians=trio, clerk=wallet.key(310), heir=wallet.key(311), accomplices=wallet.key(312)
    )


@pytest.fixture
def grant(world, domains, sender):
    """Grants a key to sell from a root's own account."""

    def give(root, key):
        offer = KeyGrant(root.address, key.address, mask(Function.SELL), 1, FOREVER)
        acceptance = offer.sign(key, domains.deployment)
        world.registry.grantKey(astuple(offer), acceptance, sender(root))

    return give


@pytest.fixture
def announce(world, people, domains, operator):
    """Announces a move that these guardians sign, and the new root accepts; gives its time."""

    def go(move, guardian_set, signers):
        signatures = [
            move.sign(each, domains.deployment) if each in signers else b""
            for each in people.guardians
        ]
        acceptance = move.sign(people.heir, domains.deployment)
        terms = astuple(move), astuple(guardian_set), acceptance, signatures
        tx = world.guardian_registry.announce(*terms, operator)
        return tx.events["MoveAnnounced"]["readyAt"]

    return go


def test_a_thief_with_the_root_loses_it_and_the_participant_nothing_else(
    world, keys, ids, people, domains, make_order, open_order, ship, deliver, grant, announce,
    sender, operator, plain, now, at, reverts,
):  # fmt: skip
    registry, guardians = world.registry, world.guardian_registry
    thief, two = keys.seller, people.guardians[:2]
    order = make_order()
    open_order(order)
    ship(order)
    deliver(order)
    evidence = plain(world.credit.evidenceOf(ids.seller, Role.SELLER))
    assert evidence[0] > 0
    grant(keys.seller, people.clerk)

    addresses = tuple(each.address for each in people.guardians)
    honest = GuardianSet(ids.seller, 1, 2, 3, DELAY, addresses)
    guardians.setGuardians(astuple(honest), b"", sender(keys.seller))
    name = honest.digest(domains.deployment)

    # The thief asks for guardians of its own; the old ones answer in the last second.
    friends = sorted(range(320, 323), key=lambda i: Wallet().key(i).raw_address)
    friends = tuple(Wallet().key(i).address for i in friends)
    theirs = GuardianSet(ids.seller, LAST_NONCE, 1, 2, DAY, friends)
    request = astuple(theirs), b"", sender(thief)
    starts = guardians.setGuardians(*request).timestamp + DELAY
    at(starts - 1)
    kept = (people.clerk.address,)
    first = RootMove(ids.seller, 0, name, 1, people.heir.address, kept)
    ready_at = announce(first, honest, two)
    assert ready_at == starts - 1 + DELAY
    with reverts(guardians, "GuardianRegistry_MoveOnItsWay", ids.seller):
        guardians.setGuardians(*request)

    # It cancels, and asks again; two guardians are not enough any more, three are.
    guardians.cancel(ids.seller, b"", sender(thief))
    guardians.setGuardians(*request)
    second = RootMove(ids.seller, 0, name, 2, people.heir.address, kept)
    with reverts(guardians, "GuardianRegistry_Cancelled", ids.seller):
        announce(second, honest, two)
    at(now() + DELAY - 1)
    assert announce(second, honest, people.guardians) == ready_at
    with reverts(guardians, "GuardianRegistry_CancelledBefore", ids.seller):
        guardians.cancel(ids.seller, b"", sender(thief))
    with reverts(guardians, "GuardianRegistry_MoveOnItsWay", ids.seller):
        guardians.setGuardians(*request)
    at(max(ready_at, now() + 1))
    guardians.execute(astuple(second), operator)

    # The thief is out, with whatever it grants; the participant goes on.
    grant(thief, people.accomplices)
    for key in (thief, people.accomplices):
        refused = key.address, Function.SELL, Refusal.RECALLED_KEY
        with reverts(registry, "ParticipantRegistry_NotAuthorized", *refused):
            registry.authorize(key.address, Function.SELL)
    for call in (
        lambda: guardians.setGuardians(*request),
        lambda: guardians.cancel(ids.seller, b"", sender(thief)),
        lambda: guardians.anchorSeal(ids.seller, b"\1" * 32, b"", sender(thief)),
    ):
        with reverts(guardians, "GuardianRegistry_InvalidSignature", people.heir.address):
            call()
    for key in (people.heir, people.clerk):
        assert registry.authorize(key.address, Function.SELL) == ids.seller
    assert plain(world.credit.evidenceOf(ids.seller, Role.SELLER)) == evidence
    successors = GuardianSet(ids.seller, 2, 1, 2, DAY, addresses)
    guardians.setGuardians(astuple(successors), b"", sender(people.heir))
    assert plain(guardians.guardingOf(ids.seller))[1] == successors.digest(domains.deployment)
