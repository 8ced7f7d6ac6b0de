"""GS1 identifiers and the Merkle leaf of an item, as `LabelRegistry.sol` has them."""

import hmac
import re

from entrepot.core.signing import Key, keccak

# GS1 sets these prefixes aside for use inside a company; no real product carries one.
RESTRICTED_PREFIX = "02"
_BODY = re.compile(r"[0-9]{13}")
_CODE = re.compile(r"[A-Za-z0-9._~-]{1,20}")
_SHOWN = 40


def check_digit(body: str) -> str:
    """The digit that follows the digits of any GS1 number (GS1 General Specifications, 7.9)."""
    total = sum(int(digit) * (3 if i % 2 == 0 else 1) for i, digit in enumerate(reversed(body)))
    return str(-total % 10)


def gtin_of(body: str) -> int:
    """GTIN-14 of 13 digits: their number with the check digit."""
    if not _BODY.fullmatch(body):
        raise ValueError("a GTIN-14 has 13 digits before the check digit")
    return int(body + check_digit(body))


def code(text: str) -> bytes:
    """A lot or serial as the contract takes it: 20 bytes, zero-padded.

    `ValueError` for one that GS1 labels refuse.
    """
    if not _CODE.fullmatch(text):
        shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
        raise ValueError(f"{shown!r} is no lot or serial: 1 to 20 of A-Z a-z 0-9 - . _ ~")
    return text.encode().ljust(20, b"\0")


def text_of(value: bytes) -> str:
    """The lot or serial in 20 bytes of the chain; they in hexadecimal where they are none, for the
    leaf of an item takes any.
    """
    text = value.rstrip(b"\0").decode("ascii", "replace")
    return text if _CODE.fullmatch(text) else "0x" + value.hex()


def leaf(gtin: int, lot: bytes, serial: bytes, key: bytes, index: int) -> bytes:
    """Merkle leaf of item number `index` of a batch; `key` is the 20-byte address of its key."""
    words = gtin.to_bytes(32) + lot.ljust(32, b"\0") + serial.ljust(32, b"\0")
    return keccak(keccak(words + key.rjust(32, b"\0") + index.to_bytes(32)))


def item_key(secret: bytes, gtin: int, lot: bytes, serial: bytes) -> Key:
    """One-time key of an item: HKDF-SHA-256 (RFC 5869) of the producer's `secret`, bound to the
    item.

    Items' keys are independent: the key of one, which its buyer scratches free, says nothing about
    another's.
    """
    inner = hmac.digest(b"Entrepot item key", secret, "sha256")
    info = gtin.to_bytes(8) + lot.ljust(20, b"\0") + serial.ljust(20, b"\0")
    return Key.from_secret(hmac.digest(inner, info + b"\x01", "sha256"))
