"""Keys of the seller's staff, and ways to grant and to spoil."""

from dataclasses import astuple
from itertools import pairwise

import pytest

from entrepot.core.keys import Wallet
from entrepot.core.messages import KeyGrant, KeyRevocation, Registration, deployment_domain
from entrepot.core.roles import Function, Role, mask
from entrepot.core.signing import keccak

EXPIRY = 4_102_444_800  # in the year 2100
CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@pytest.fixture(scope="session")
def staff():
    """Keys that no participant has been granted yet."""
    wallet = Wallet()
    return [wallet.key(100 + i) for i in range(5)]


@pytest.fixture(scope="session")
def newcomer(keys):
    """A registration that its root, the stranger, would accept."""
    return Registration(id=77, roles=mask(Role.SELLER), root=keys.stranger.address)


@pytest.fixture(scope="session")
def wallet_of(SmartWallet, operator):
    """Deploys a contract account of a key."""
    return lambda owner: SmartWallet.deploy(owner.address, operator)


@pytest.fixture(scope="session")
def make_grant():
    """A grant between two accounts: to sell and to hand over, level 1, for decades."""

    def make(granter, key, **changes):
        terms = {
            "functions": mask(Function.SELL, Function.HANDOVER),
            "level": 1,
            "expiry": EXPIRY,
            **changes,
        }
        return KeyGrant(granter=granter.address, key=key.address, **terms)

    return make


@pytest.fixture(scope="session")
def grant_by_sig(registry, make_grant, domains, operator):
    """Grants with the signatures of granter and key; gives the transaction."""

    def grant(granter, key, **changes):
        offer = make_grant(granter, key, **changes)
        acceptance, signature = (offer.sign(who, domains.deployment) for who in (key, granter))
        return registry.grantKeyBySig(astuple(offer), acceptance, signature, operator)

    return grant


@pytest.fixture(scope="session")
def grant_directly(registry, make_grant, domains, sender):
    """Grants from the granter's own account; gives the transaction."""

    def grant(granter, key, **changes):
        offer = make_grant(granter, key, **changes)
        acceptance = offer.sign(key, domains.deployment)
        return registry.grantKey(astuple(offer), acceptance, sender(granter))

    return grant


@pytest.fixture
def chain_of_keys(keys, staff, grant_by_sig):
    """The seller's root and four keys, each granted by the one before it."""
    line = [keys.seller, *staff[:4]]
    for level, (granter, key) in enumerate(pairwise(line), start=1):
        grant_by_sig(granter, key, level=level)
    return line


@pytest.fixture(scope="session")
def revoke_by_sig(registry, domains, operator):
    """Revokes with the revoker's signature; gives the transaction."""

    def revoke(key, revoker):
        signature = KeyRevocation(key.address).sign(revoker, domains.deployment)
        return registry.revokeKeyBySig(key.address, revoker.address, signature, operator)

    return revoke


def _high_s(key, message, domain):
    signature = message.sign(key, domain)
    s = CURVE_ORDER - int.from_bytes(signature[32:64])
    return signature[:32] + s.to_bytes(32) + bytes((27 + 28 - signature[64],))


SPOILED = {
    "empty": lambda key, message, domain: b"",
    "short": lambda key, message, domain: message.sign(key, domain)[:64],
    "high s": _high_s,
    "other deployment": lambda key, message, domain: message.sign(
        key, deployment_domain(keccak(b"other salt"))
    ),
    "other signer": lambda key, message, domain: message.sign(Wallet().key(999), domain),
}


@pytest.fixture(params=SPOILED)
def spoiled(request, domains):
    """A signature over the message that is no good, in every way that one may try."""
    return lambda key, message: SPOILED[request.param](key, message, domains.deployment)
