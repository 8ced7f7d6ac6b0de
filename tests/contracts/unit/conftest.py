"""What the tests of several contracts share: staff keys, and digests by another library."""

from dataclasses import astuple

import pytest
from eth_account.messages import encode_typed_data
from eth_utils import keccak

from entrepot.core.keys import Wallet
from entrepot.core.messages import KeyGrant
from entrepot.core.roles import mask


@pytest.fixture(scope="session")
def staff_key():
    """A key that nobody has granted anything."""
    return Wallet().key(40)


@pytest.fixture(scope="session")
def grant(world, domains, sender):
    """Grants a key one function of its root until a time."""

    def give(root, key, function, expiry=2**40 - 1):
        message = KeyGrant(root.address, key.address, mask(function), 1, expiry)
        acceptance = message.sign(key, domains.deployment)
        world.registry.grantKey(astuple(message), acceptance, sender(root))

    return give


@pytest.fixture(scope="session")
def typed_digest(chain):
    """EIP-712 digest of a message in a contract's domain, as eth-account computes it."""

    def digest(message, name, contract):
        members = [member.split(" ") for member in message.SOLIDITY.split(",")]
        names = [name for _, name in members]
        signable = encode_typed_data(
            {
                "name": f"Entrepot {name}",
                "version": "1",
                "chainId": chain.id,
                "verifyingContract": contract.address,
            },
            {type(message).__name__: [{"type": t, "name": n} for t, n in members]},
            dict(zip(names, astuple(message), strict=True)),
        )
        return keccak(b"\x19" + signable.version + signable.header + signable.body)

    return digest
