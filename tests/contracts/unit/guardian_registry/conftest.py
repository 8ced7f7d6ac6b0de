"""Guardians of the seller, and ways to set them, to announce, to cancel and to execute."""

from collections import namedtuple
from dataclasses import astuple

import pytest

from entrepot.core.keys import Wallet
from entrepot.core.messages import GuardianSet, MoveCancellation, RootMove

DAY = 86_400
DELAY = 3 * DAY
THRESHOLD, OVERRIDE = 2, 4

Guarding = namedtuple("Guarding", "set next_set nonce delay next_delay next_from")
Recall = namedtuple("Recall", "move nonce ready_at is_override")


@pytest.fixture(scope="session")
def guardians():
    """Keys of the seller's guardians, in ascending order."""
    wallet = Wallet()
    return sorted((wallet.key(300 + i) for i in range(5)), key=lambda key: key.raw_address)


@pytest.fixture(scope="session")
def make_set(ids, guardians):
    """A set of the seller: two of five move, four override, after three days."""

    def make(accounts=guardians, **changes):
        terms = {
            "id": ids.seller,
            "nonce": 1,
            "threshold": THRESHOLD,
            "override_threshold": OVERRIDE,
            "delay": DELAY,
            "guardians": tuple(account.address for account in accounts),
            **changes,
        }
        return GuardianSet(**terms)

    return make


@pytest.fixture(scope="session")
def set_by_sig(guardian_registry, keys, domains, operator):
    """Sets guardians with the root's signature; gives the transaction."""

    def go(guardian_set, root=keys.seller):
        signature = guardian_set.sign(root, domains.deployment)
        return guardian_registry.setGuardians(astuple(guardian_set), signature, operator)

    return go


@pytest.fixture(scope="session")
def set_directly(guardian_registry, keys, sender):
    """Sets guardians from the root's own account; gives the transaction."""
    return lambda guardian_set, root=keys.seller: guardian_registry.setGuardians(
        astuple(guardian_set), b"", sender(root)
    )


@pytest.fixture
def guarded(make_set, set_by_sig):
    """The seller's guardians in force."""
    guardian_set = make_set()
    set_by_sig(guardian_set)
    return guardian_set


@pytest.fixture(scope="session")
def make_move(make_set, heirs, domains):
    """A move of the seller's root to the first heir, by the guardians of `make_set` if by no
    others.
    """

    def make(guardian_set=None, new_root=heirs[0], **changes):
        guardian_set = guardian_set or make_set()
        terms = {
            "id": guardian_set.id,
            "epoch": 0,
            "set": guardian_set.digest(domains.deployment),
            "nonce": 1,
            "new_root": new_root.address,
            "kept": (),
            **changes,
        }
        return RootMove(**terms)

    return make


@pytest.fixture(scope="session")
def announce(guardian_registry, make_set, heirs, guardians, domains, operator):
    """Announces a move that its new root accepts and these guardians sign, or as many of the usual
    ones; gives the transaction.
    """
    accounts = {heir.address: heir for heir in heirs}

    def go(move, signers=THRESHOLD, *, guardian_set=None, new_root=None):
        guardian_set = guardian_set or make_set()
        if isinstance(signers, int):
            signers = guardians[-signers:]
        by_address = {signer.address: signer for signer in signers}
        signatures = [
            move.sign(by_address[guardian], domains.deployment) if guardian in by_address else b""
            for guardian in guardian_set.guardians
        ]
        acceptance = move.sign(new_root or accounts[move.new_root], domains.deployment)
        terms = astuple(move), astuple(guardian_set)
        return guardian_registry.announce(*terms, acceptance, signatures, operator)

    return go


@pytest.fixture(scope="session")
def cancel(guardian_registry, make_set, keys, ids, domains, operator):
    """Cancels with the root's signature; gives the transaction."""

    def go(root=keys.seller, epoch=0, guardian_set=None):
        digest = (guardian_set or make_set()).digest(domains.deployment)
        message = MoveCancellation(ids.seller, epoch, digest)
        signature = message.sign(root, domains.deployment)
        return guardian_registry.cancel(ids.seller, signature, operator)

    return go


@pytest.fixture(scope="session")
def execute(guardian_registry, keys, sender):
    """Executes a move from a stranger's account; gives the transaction."""
    return lambda move: guardian_registry.execute(astuple(move), sender(keys.stranger))


@pytest.fixture(scope="session")
def guarding(guardian_registry, ids, plain):
    """The seller's guardians as they are kept."""
    return lambda: Guarding(*plain(guardian_registry.guardingOf(ids.seller)))


@pytest.fixture(scope="session")
def recall(guardian_registry, ids, plain):
    """The seller's announced move as it is kept."""
    return lambda: Recall(*plain(guardian_registry.recallOf(ids.seller)))


@pytest.fixture(scope="session")
def digest_of(domains):
    """Digest of a message of the deployment."""
    return lambda message: message.digest(domains.deployment)
