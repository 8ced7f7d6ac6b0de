"""A licence that the regulator vouches for, and ways to issue and to revoke it."""

from collections import namedtuple
from dataclasses import astuple

import pytest

from entrepot.core.messages import Qualification, QualificationRevocation
from entrepot.core.signing import keccak

DAY = 86_400

Record = namedtuple("Record", "issued_at revoked_at valid_from expiry")


@pytest.fixture
def licence(ids, now):
    """A broker's licence of the seller, good from now for a year."""
    start = now()
    return Qualification(
        issuer_id=ids.regulator,
        holder_id=ids.seller,
        valid_from=start,
        expiry=start + 365 * DAY,
        kind=b"customs-broker".ljust(32, b"\0"),
        commitment=keccak(b"document"),
        salt=keccak(b"salt"),
    )


@pytest.fixture(scope="session")
def qualify_by_sig(qualification_registry, keys, domains, operator):
    """Issues with a key's signature; gives the transaction."""

    def go(qualification, key=keys.regulator):
        signature = qualification.sign(key, domains.deployment)
        terms = astuple(qualification)
        return qualification_registry.qualify(terms, key.address, signature, operator)

    return go


@pytest.fixture(scope="session")
def qualify_directly(qualification_registry, keys, sender):
    """Issues from a key's own account; gives the transaction."""
    return lambda qualification, key=keys.regulator: qualification_registry.qualify(
        astuple(qualification), key.address, b"", sender(key)
    )


@pytest.fixture(scope="session")
def revoke_by_sig(qualification_registry, keys, domains, operator):
    """Revokes with a key's signature; gives the transaction."""

    def go(qualification, key=keys.regulator):
        revocation = QualificationRevocation(qualification.digest(domains.deployment))
        signature = revocation.sign(key, domains.deployment)
        terms = astuple(qualification), key.address, signature
        return qualification_registry.revokeQualification(*terms, operator)

    return go


@pytest.fixture(scope="session")
def revoke_directly(qualification_registry, keys, sender):
    """Revokes from a key's own account; gives the transaction."""
    return lambda qualification, key=keys.regulator: qualification_registry.revokeQualification(
        astuple(qualification), key.address, b"", sender(key)
    )


@pytest.fixture(scope="session")
def id_of(domains):
    """Id of a qualification."""
    return lambda qualification: qualification.digest(domains.deployment)


@pytest.fixture(scope="session")
def record_of(qualification_registry, id_of, plain):
    """A qualification as it is kept."""
    return lambda qualification: Record(
        *plain(qualification_registry.qualificationOf(id_of(qualification)))
    )


@pytest.fixture(scope="session")
def is_qualified(qualification_registry, id_of):
    """Whether a qualification is good now."""
    return lambda qualification: qualification_registry.isQualified(id_of(qualification))
