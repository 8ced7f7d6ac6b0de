"""Rules of a qualification, however it is submitted."""

from dataclasses import astuple, replace

import pytest

from entrepot.core.messages import KeyGrant, Registration
from entrepot.core.roles import Function, Refusal, Role, mask

DAY = 86_400


@pytest.fixture(params=["qualify_directly", "qualify_by_sig"])
def qualify(request):
    """Both ways of issuing."""
    return request.getfixturevalue(request.param)


def test_records_what_the_issuer_vouches_for(
    qualification_registry, registry, licence, qualify, record_of, is_qualified, id_of, ids, event,
    plain,
):  # fmt: skip
    assert is_qualified(licence) is False
    tx = qualify(licence)
    named = event(tx, "Qualified")
    assert named["qualificationId"] == id_of(licence)
    assert (named["holderId"], named["issuerId"]) == (ids.seller, ids.regulator)
    assert plain(named["terms"]) == astuple(licence)
    assert record_of(licence) == (tx.timestamp, 0, licence.valid_from, licence.expiry)
    assert is_qualified(licence) is True
    assert qualification_registry.REGISTRY() == registry.address


def test_is_good_from_its_first_second_to_its_last(licence, qualify, is_qualified, now, at):
    start = now() + DAY
    later = replace(licence, valid_from=start, expiry=start + DAY)
    qualify(later)
    for moment, is_good in (
        (start - 1, False),
        (start, True),
        (start + DAY, True),
        (start + DAY + 1, False),
    ):
        at(moment, mine=True)
        assert is_qualified(later) is is_good


def test_may_be_good_for_one_second_and_issued_after_its_end(
    licence, qualify, record_of, is_qualified
):
    past = replace(licence, valid_from=7, expiry=7)
    qualify(past)
    assert (record_of(past).valid_from, record_of(past).expiry) == (7, 7)
    assert is_qualified(past) is False


def test_reverts_when_it_ends_before_it_begins(
    qualification_registry, licence, qualify, now, reverts
):
    start = now()
    wrong = replace(licence, valid_from=start, expiry=start - 1)
    times = start, start - 1
    with reverts(qualification_registry, "QualificationRegistry_BadTimes", *times):
        qualify(wrong)


@pytest.mark.parametrize("holder", [0, 99])
def test_reverts_given_the_holder_is_unknown(
    qualification_registry, licence, qualify, reverts, holder
):
    with reverts(qualification_registry, "QualificationRegistry_UnknownHolder", holder):
        qualify(replace(licence, holder_id=holder))


def test_reverts_when_it_is_issued_again(
    qualification_registry, licence, qualify, id_of, grant, keys, staff, reverts
):
    qualify(licence)
    grant(keys.regulator, staff[0], Function.CERTIFY)
    for key in (keys.regulator, staff[0]):
        with reverts(qualification_registry, "QualificationRegistry_IssuedBefore", id_of(licence)):
            qualify(licence, key)


def test_differs_by_its_salt(licence, qualify, is_qualified):
    other = replace(licence, salt=b"\1" * 32)
    qualify(licence)
    assert is_qualified(other) is False
    qualify(other)
    assert is_qualified(other) is True


def test_a_granted_key_issues_until_it_expires(
    registry, licence, qualify, is_qualified, grant, keys, staff, now, at, reverts
):
    expiry = now() + DAY
    grant(keys.regulator, staff[0], Function.CERTIFY, expiry)
    at(expiry)
    qualify(licence, staff[0])
    assert is_qualified(licence) is True
    other = replace(licence, salt=b"\1" * 32)
    at(expiry + 1)
    refused = staff[0].address, Function.CERTIFY, Refusal.EXPIRED_KEY
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refused):
        qualify(other, staff[0])


def test_outlasts_the_key_that_issued_it(
    registry, licence, qualify, is_qualified, grant, keys, staff, sender
):
    grant(keys.regulator, staff[0], Function.CERTIFY)
    qualify(licence, staff[0])
    registry.revokeKey(staff[0].address, sender(keys.regulator))
    assert is_qualified(licence) is True


def test_reverts_given_the_key_was_revoked(
    registry, licence, qualify, grant, keys, staff, sender, reverts
):
    grant(keys.regulator, staff[0], Function.CERTIFY)
    registry.revokeKey(staff[0].address, sender(keys.regulator))
    refused = staff[0].address, Function.CERTIFY, Refusal.REVOKED_KEY
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refused):
        qualify(licence, staff[0])


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("stranger", Refusal.UNKNOWN_KEY),
        ("seller", Refusal.ROLE_MISSING),
        ("operator", Refusal.UNKNOWN_KEY),
    ],
)
def test_reverts_when_the_key_may_not_certify(
    registry, licence, qualify, keys, reverts, who, refusal
):
    key = getattr(keys, who)
    refused = key.address, Function.CERTIFY, refusal
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refused):
        qualify(licence, key)


def test_reverts_when_the_key_has_another_function(
    registry, licence, qualify, grant, keys, staff, reverts
):
    grant(keys.regulator, staff[0], Function.ARBITRATE)
    refused = staff[0].address, Function.CERTIFY, Refusal.FUNCTION_NOT_GRANTED
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refused):
        qualify(licence, staff[0])


def test_reverts_when_the_key_certifies_for_another(
    qualification_registry, register, licence, qualify, keys, ids, reverts
):
    register(Registration(77, mask(Role.INSPECTOR), keys.stranger.address), keys.stranger)
    parties = 77, ids.regulator
    with reverts(qualification_registry, "QualificationRegistry_NotIssuer", *parties):
        qualify(licence, keys.stranger)


def test_a_contract_account_issues_with_its_owners_signature(
    registry, licence, qualify_by_sig, is_qualified, wallet_of, keys, domains, sender
):
    wallet = wallet_of(keys.stranger)
    parties = keys.regulator.address, wallet.address
    offer = KeyGrant(*parties, mask(Function.CERTIFY), 1, 2**40 - 1)
    acceptance = offer.sign(wallet, domains.deployment)
    registry.grantKey(astuple(offer), acceptance, sender(keys.regulator))
    qualify_by_sig(licence, wallet)
    assert is_qualified(licence) is True


def test_reverts_when_the_key_did_not_sign(
    qualification_registry, licence, keys, spoiled, operator, reverts
):
    key = keys.regulator.address
    signature = spoiled(keys.regulator, licence)
    with reverts(qualification_registry, "QualificationRegistry_InvalidSignature", key):
        qualification_registry.qualify(astuple(licence), key, signature, operator)


CHANGES = {
    "issuer": {"issuer_id": 3},
    "holder": {"holder_id": 3},
    "start": {"valid_from": 1},
    "expiry": {"expiry": 2**40 - 1},
    "kind": {"kind": b"dentist".ljust(32, b"\0")},
    "commitment": {"commitment": b"\1" * 32},
    "salt": {"salt": b"\1" * 32},
}


@pytest.mark.parametrize("change", CHANGES)
def test_reverts_when_the_key_signed_another(
    qualification_registry, licence, keys, domains, operator, reverts, change
):
    signature = replace(licence, **CHANGES[change]).sign(keys.regulator, domains.deployment)
    key = keys.regulator.address
    with reverts(qualification_registry, "QualificationRegistry_InvalidSignature", key):
        qualification_registry.qualify(astuple(licence), key, signature, operator)


def test_its_id_is_the_digest_that_the_package_gives(qualification_registry, licence, id_of):
    assert bytes(qualification_registry.qualificationIdOf(astuple(licence))) == id_of(licence)
