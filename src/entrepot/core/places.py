"""Where goods change hands and how they are sealed, as a handover has them.

A location is a UN/LOCODE (UNECE Recommendation 16: two letters of ISO 3166-1 and three of A-Z 2-9)
or a GLN (GS1: 13 digits, the last a check digit). No text can be both.
"""

import re

from entrepot.core.customs import country
from entrepot.core.labels import check_digit

LOCATION_BYTES = 13
SEAL_BYTES = 16
_LOCODE = re.compile(r"[A-Z]{2}[A-Z2-9]{3}")
_GLN = re.compile(r"[0-9]{13}")
_SEAL = re.compile(r"[A-Za-z0-9._~/-]{1,16}")
_SHOWN = 40


def location(text: str) -> bytes:
    """A UN/LOCODE or GLN as the contract takes it: 13 bytes, zero-padded.

    `ValueError` for what is neither, names no country or has a wrong check digit.
    """
    if _GLN.fullmatch(text):
        right = check_digit(text[:-1])
        if text[-1] != right:
            raise ValueError(f"{text!r} is no GLN: the check digit of {text[:-1]} is {right}")
    elif _LOCODE.fullmatch(text):
        try:
            country(text[:2])
        except ValueError:
            raise ValueError(f"{text!r} is no UN/LOCODE: {text[:2]} is no country") from None
    else:
        raise ValueError(
            f"{_short(text)} is no location: a UN/LOCODE such as NLRTM, or a GLN of 13 digits"
        )
    return text.encode().ljust(LOCATION_BYTES, b"\0")


def location_text(raw: bytes) -> str:
    """The location in 13 bytes of the chain; they in hexadecimal where they are none."""
    text = _ascii(raw)
    return text if _LOCODE.fullmatch(text) or _GLN.fullmatch(text) else "0x" + raw.hex()


def seal(text: str) -> bytes:
    """A seal's number as the contract takes it: 16 bytes, zero-padded; `ValueError` for others."""
    if not _SEAL.fullmatch(text):
        raise ValueError(f"{_short(text)} is no seal number: 1 to 16 of A-Z a-z 0-9 - . _ ~ /")
    return text.encode().ljust(SEAL_BYTES, b"\0")


def seal_text(raw: bytes) -> str:
    """The seal's number in 16 bytes of the chain: nothing where there is no seal, they in
    hexadecimal where they are none.
    """
    text = _ascii(raw)
    return text if not text or _SEAL.fullmatch(text) else "0x" + raw.hex()


def _ascii(raw: bytes) -> str:
    return raw.rstrip(b"\0").decode("ascii", "replace")


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")
