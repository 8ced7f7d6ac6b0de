import pytest

from entrepot.core.messages import Registration, SealAnchor
from entrepot.core.roles import Function, Role, mask
from entrepot.core.signing import keccak

RECORD = keccak(b"record of a sealed key")


@pytest.fixture
def anchor(guardian_registry, ids, keys, domains, operator):
    """Keeps a record with the root's signature; gives the transaction."""

    def go(root=keys.seller, participant=ids.seller, record=RECORD):
        signature = SealAnchor(participant, record).sign(root, domains.deployment)
        return guardian_registry.anchorSeal(participant, record, signature, operator)

    return go


def test_keeps_the_time_of_a_record(guardian_registry, anchor, ids, event):
    assert guardian_registry.sealedAt(ids.seller, RECORD) == 0
    tx = anchor()
    assert event(tx, "SealAnchored") == {"id": ids.seller, "record": RECORD}
    assert guardian_registry.sealedAt(ids.seller, RECORD) == tx.timestamp
    assert guardian_registry.sealedAt(ids.buyer, RECORD) == 0


def test_the_root_anchors_from_its_own_account(guardian_registry, ids, keys, sender):
    tx = guardian_registry.anchorSeal(ids.seller, RECORD, b"", sender(keys.seller))
    assert guardian_registry.sealedAt(ids.seller, RECORD) == tx.timestamp


def test_participants_anchor_the_same_record_each(guardian_registry, anchor, keys, ids):
    anchor()
    tx = anchor(keys.buyer, ids.buyer)
    assert guardian_registry.sealedAt(ids.buyer, RECORD) == tx.timestamp


def test_a_contract_root_anchors_with_its_owners_signature(
    guardian_registry, register, anchor, keys, wallet_of
):
    wallet = wallet_of(keys.stranger)
    register(Registration(77, mask(Role.SELLER), wallet.address), keys.stranger)
    tx = anchor(wallet, 77)
    assert guardian_registry.sealedAt(77, RECORD) == tx.timestamp


def test_reverts_given_the_record_is_kept(guardian_registry, anchor, ids, reverts):
    anchor()
    with reverts(guardian_registry, "GuardianRegistry_AnchoredBefore", ids.seller, RECORD):
        anchor()


def test_reverts_given_the_participant_is_unknown(guardian_registry, anchor, keys, reverts):
    with reverts(guardian_registry, "GuardianRegistry_UnknownParticipant", 99):
        anchor(keys.seller, 99)


def test_reverts_when_the_root_did_not_sign(
    guardian_registry, ids, keys, spoiled, operator, reverts
):
    signature = spoiled(keys.seller, SealAnchor(ids.seller, RECORD))
    with reverts(guardian_registry, "GuardianRegistry_InvalidSignature", keys.seller.address):
        guardian_registry.anchorSeal(ids.seller, RECORD, signature, operator)


@pytest.mark.parametrize("signed", [SealAnchor(3, RECORD), SealAnchor(2, b"\0" * 32)])
def test_reverts_when_the_root_signed_another_record(
    guardian_registry, ids, keys, domains, operator, reverts, signed
):
    signature = signed.sign(keys.seller, domains.deployment)
    with reverts(guardian_registry, "GuardianRegistry_InvalidSignature", keys.seller.address):
        guardian_registry.anchorSeal(ids.seller, RECORD, signature, operator)


@pytest.mark.parametrize("who", ["former root", "key"])
def test_reverts_when_another_than_the_root_anchors(
    guardian_registry, anchor, grant, keys, ids, staff, heirs, move_root, reverts, who
):
    grant(keys.seller, staff[0], Function.SELL)
    move_root(ids.seller, heirs[0], staff[:1])
    impostor = keys.seller if who == "former root" else staff[0]
    with reverts(guardian_registry, "GuardianRegistry_InvalidSignature", heirs[0].address):
        anchor(impostor)


def test_digest_is_that_of_the_package(guardian_registry, ids, domains):
    digest = guardian_registry.sealAnchorDigest(ids.seller, RECORD)
    assert bytes(digest) == SealAnchor(ids.seller, RECORD).digest(domains.deployment)
