"""Rules of a revocation, however it is submitted."""

from dataclasses import astuple, replace

import pytest

from entrepot.core.messages import QualificationRevocation, Registration
from entrepot.core.roles import Function, Refusal, Role, mask


@pytest.fixture(params=["revoke_directly", "revoke_by_sig"])
def revoke(request):
    """Both ways of revoking."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def issued(licence, qualify_by_sig):
    """The licence, issued."""
    qualify_by_sig(licence)
    return licence


def test_ends_a_qualification_at_once_and_for_ever(
    issued, revoke, record_of, is_qualified, id_of, ids, event
):
    before = record_of(issued)
    tx = revoke(issued)
    assert event(tx, "QualificationRevoked") == {
        "qualificationId": id_of(issued),
        "holderId": ids.seller,
        "issuerId": ids.regulator,
    }
    assert record_of(issued) == before._replace(revoked_at=tx.timestamp)
    assert is_qualified(issued) is False


def test_may_come_before_the_qualification(
    qualification_registry, licence, revoke, qualify_by_sig, record_of, is_qualified, id_of, reverts
):
    revoked_at = revoke(licence).timestamp
    assert record_of(licence) == (0, revoked_at, 0, 0)
    issued_at = qualify_by_sig(licence).timestamp
    assert record_of(licence) == (issued_at, revoked_at, licence.valid_from, licence.expiry)
    assert is_qualified(licence) is False
    with reverts(qualification_registry, "QualificationRegistry_IssuedBefore", id_of(licence)):
        qualify_by_sig(licence)


def test_ends_no_other_qualification(licence, qualify_by_sig, revoke, is_qualified):
    other = replace(licence, salt=b"\1" * 32)
    qualify_by_sig(licence)
    qualify_by_sig(other)
    revoke(licence)
    assert is_qualified(other) is True


def test_any_key_that_certifies_for_the_issuer_revokes(
    issued, revoke, is_qualified, grant, keys, staff
):
    grant(keys.regulator, staff[0], Function.CERTIFY)
    revoke(issued, staff[0])
    assert is_qualified(issued) is False


@pytest.mark.parametrize("is_issued", [False, True])
def test_reverts_when_it_is_revoked_again(
    qualification_registry, licence, qualify_by_sig, revoke, id_of, reverts, is_issued
):
    if is_issued:
        qualify_by_sig(licence)
    revoke(licence)
    with reverts(qualification_registry, "QualificationRegistry_RevokedBefore", id_of(licence)):
        revoke(licence)


@pytest.mark.parametrize(
    ("who", "refusal"), [("stranger", Refusal.UNKNOWN_KEY), ("seller", Refusal.ROLE_MISSING)]
)
def test_reverts_when_the_key_may_not_certify(
    registry, issued, revoke, keys, reverts, who, refusal
):
    key = getattr(keys, who)
    refused = key.address, Function.CERTIFY, refusal
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refused):
        revoke(issued, key)


@pytest.mark.parametrize("is_issued", [False, True])
def test_reverts_when_the_key_certifies_for_another(
    qualification_registry, register, licence, qualify_by_sig, revoke, keys, ids, reverts, is_issued
):
    if is_issued:
        qualify_by_sig(licence)
    register(Registration(77, mask(Role.REGULATOR), keys.stranger.address), keys.stranger)
    with reverts(qualification_registry, "QualificationRegistry_NotIssuer", 77, ids.regulator):
        revoke(licence, keys.stranger)


def test_who_names_itself_as_the_issuer_revokes_another_qualification(
    register, issued, revoke, keys, is_qualified
):
    register(Registration(77, mask(Role.REGULATOR), keys.stranger.address), keys.stranger)
    revoke(replace(issued, issuer_id=77), keys.stranger)
    assert is_qualified(issued) is True


def test_reverts_when_the_key_did_not_sign(
    qualification_registry, issued, keys, id_of, spoiled, operator, reverts
):
    key = keys.regulator.address
    signature = spoiled(keys.regulator, QualificationRevocation(id_of(issued)))
    with reverts(qualification_registry, "QualificationRegistry_InvalidSignature", key):
        qualification_registry.revokeQualification(astuple(issued), key, signature, operator)


def test_reverts_when_the_issuers_signature_over_the_qualification_stands_for_it(
    qualification_registry, issued, keys, domains, operator, reverts
):
    key = keys.regulator.address
    signature = issued.sign(keys.regulator, domains.deployment)
    with reverts(qualification_registry, "QualificationRegistry_InvalidSignature", key):
        qualification_registry.revokeQualification(astuple(issued), key, signature, operator)


def test_digest_is_that_of_the_package(qualification_registry, licence, id_of, domains):
    digest = qualification_registry.qualificationRevocationDigest(id_of(licence))
    assert bytes(digest) == QualificationRevocation(id_of(licence)).digest(domains.deployment)
