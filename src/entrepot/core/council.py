"""Signatures of a council: M of its N members, in one."""

from collections.abc import Sequence

from eth_abi.abi import encode

from entrepot.core.signing import Key, keccak


def council_signature(members: Sequence[Key], digest: bytes) -> bytes:
    """The council's signature over a 32-byte digest, from members that are enough (ERC-7913)."""
    ordered = sorted(members, key=lambda member: keccak(member.raw_address))
    return encode(
        ["bytes[]", "bytes[]"],
        [[m.raw_address for m in ordered], [m.sign(digest) for m in ordered]],
    )
