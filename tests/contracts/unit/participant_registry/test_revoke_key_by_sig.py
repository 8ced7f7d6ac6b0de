import pytest

from entrepot.core.messages import KeyRevocation, Registration
from entrepot.core.roles import Role, mask


def test_a_contract_root_revokes_with_its_owners_signature(
    register, keys, staff, wallet_of, grant_by_sig, revoke_by_sig, event
):
    wallet = wallet_of(keys.stranger)
    register(Registration(77, mask(Role.SELLER), wallet.address), keys.stranger)
    grant_by_sig(wallet, staff[0])
    tx = revoke_by_sig(staff[0], wallet)
    assert event(tx, "KeyRevoked") == {"key": staff[0].address, "revoker": wallet.address}


def test_digest_is_that_of_the_package(registry, staff, domains):
    digest = registry.keyRevocationDigest(staff[0].address)
    assert bytes(digest) == KeyRevocation(staff[0].address).digest(domains.deployment)


@pytest.mark.parametrize("is_granted", [False, True])
def test_reverts_when_the_revoker_did_not_sign(
    registry, keys, staff, grant_by_sig, spoiled, operator, reverts, is_granted
):
    if is_granted:
        grant_by_sig(keys.seller, staff[0])
    signature = spoiled(keys.seller, KeyRevocation(staff[0].address))
    with reverts(registry, "ParticipantRegistry_InvalidSignature", keys.seller.address):
        registry.revokeKeyBySig(staff[0].address, keys.seller.address, signature, operator)


def test_reverts_when_the_signature_revokes_another_key(
    registry, keys, staff, grant_by_sig, domains, operator, reverts
):
    grant_by_sig(keys.seller, staff[0])
    grant_by_sig(keys.seller, staff[1])
    signature = KeyRevocation(staff[1].address).sign(keys.seller, domains.deployment)
    with reverts(registry, "ParticipantRegistry_InvalidSignature", keys.seller.address):
        registry.revokeKeyBySig(staff[0].address, keys.seller.address, signature, operator)
