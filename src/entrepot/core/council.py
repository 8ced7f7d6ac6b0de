"""Signatures of a council: M of its N members, in one."""

from collections.abc import Iterable, Sequence

from eth_abi.abi import encode

from entrepot.core.signing import Key, keccak


def council_signature(members: Sequence[Key], digest: bytes) -> bytes:
    """The council's signature over a 32-byte digest, from members that are enough (ERC-7913)."""
    return joined((member.raw_address, member.sign(digest)) for member in members)


def joined(signatures: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The council's signature from those of its members, each an address of 20 bytes and a
    signature.
    """
    ordered = sorted(signatures, key=lambda each: keccak(each[0]))
    return encode(
        ["bytes[]", "bytes[]"], [[each[0] for each in ordered], [each[1] for each in ordered]]
    )
