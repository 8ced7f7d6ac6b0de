"""What a label says: a GS1 Digital Link with the producer's signature, as its QR code spells it.

`https://<resolver>/01/<GTIN-14>/10/<lot>/21/<serial>?17=<YYMMDD>&s=<signature>`. The signature is
compact (EIP-2098, 64 bytes), in base64url without padding. A label has exactly one spelling.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

from biip import ParseError
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from biip.gs1_element_strings import GS1ElementString

from entrepot.core.labels import code
from entrepot.core.messages import Label, deployment_domain
from entrepot.core.signing import Key, recover

MAX_URI = 213
"""Bytes that a QR code of version 10 holds at error correction M."""
RESOLVER = "https://id.entrepot.example"
_RESOLVER = re.compile(r"https://[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?(?:/[A-Za-z0-9._-]{1,20})?")
_SIGNATURE_BYTES = 64
_HIGH_BIT = 1 << 255


@dataclass(frozen=True, slots=True)
class DigitalLink:
    """A label. `expiry`: the last day, None where the goods do not expire; `signature` 64 bytes."""

    gtin: int
    lot: str
    serial: str
    expiry: date | None
    signature: bytes
    resolver: str = RESOLVER

    def uri(self) -> str:
        """The label as its QR code holds it."""
        expiry = f"17={self.expiry:%y%m%d}&" if self.expiry else ""
        signature = base64.urlsafe_b64encode(self.signature).rstrip(b"=").decode()
        path = f"/01/{self.gtin:014}/10/{self.lot}/21/{self.serial}"
        return f"{self.resolver}{path}?{expiry}s={signature}"

    @classmethod
    def parse(cls, text: str) -> "DigitalLink":
        """The label that a URI spells; `ValueError` says what keeps it from being one."""
        if len(text) > MAX_URI or not text.isascii():
            raise ValueError("it is longer than a label's URI, or not ASCII")
        try:
            elements = GS1DigitalLinkURI.parse(text).element_strings
        except (ParseError, ValueError) as failure:
            raise ValueError("it is no GS1 Digital Link") from failure
        found = {element.ai.ai: element for element in elements}
        if list(found) not in (["01", "10", "21", "17"], ["01", "10", "21"]):
            raise ValueError("it does not name GTIN, lot, serial and expiry, in this order")
        if found["01"].gtin is None:
            raise ValueError("its GTIN's check digit is wrong")
        resolver = text.partition("/01/")[0]
        link = cls(
            gtin=int(found["01"].value),
            lot=found["10"].value,
            serial=found["21"].value,
            expiry=_date(found.get("17")),
            signature=_signature(text.rpartition("s=")[2]),
            resolver=resolver,
        )
        if link.uri() != text or _RESOLVER.fullmatch(resolver) is None:
            raise ValueError("it is spelt otherwise than a label")
        return link

    @property
    def message(self) -> Label:
        """What the producer signed."""
        return label_of(self.gtin, self.lot, self.serial, self.expiry)

    def signer(self, deployment: bytes) -> str:
        """Address that signed it for the deployment with a salt; `ValueError` where none did."""
        return recover(self.message.digest(deployment_domain(deployment)), expanded(self.signature))


def label_of(gtin: int, lot: str, serial: str, expiry: date | None) -> Label:
    """The message of a label; `ValueError` for a lot or serial that labels cannot carry."""
    return Label(gtin, code(lot), code(serial), last_second_of(expiry))


def signed(
    key: Key, deployment: bytes, gtin: int, lot: str, serial: str, expiry: date | None
) -> bytes:
    """Compact signature of a label by a producer's key, 64 bytes."""
    message = label_of(gtin, lot, serial, expiry)
    return compact(message.sign(key, deployment_domain(deployment)))


def last_second_of(expiry: date | None) -> int:
    """Last second of a day, UTC; 0 for none."""
    if expiry is None:
        return 0
    return int(datetime(expiry.year, expiry.month, expiry.day, tzinfo=UTC).timestamp()) + 86_399


def compact(signature: bytes) -> bytes:
    """A signature of 65 bytes in 64 (EIP-2098)."""
    s = int.from_bytes(signature[32:64]) | (signature[64] - 27) * _HIGH_BIT
    return signature[:32] + s.to_bytes(32)


def expanded(signature: bytes) -> bytes:
    """A compact signature as 65 bytes r, s, v."""
    s = int.from_bytes(signature[32:])
    return signature[:32] + (s & ~_HIGH_BIT).to_bytes(32) + bytes((27 + (s >> 255),))


def _date(element: GS1ElementString | None) -> date | None:
    if element is None:
        return None
    if element.date is None:
        raise ValueError("its expiry is no day")
    return element.date


def _signature(text: str) -> bytes:
    try:
        found = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("its signature is not spelt in base64url") from None
    if len(found) != _SIGNATURE_BYTES:
        raise ValueError("its signature does not have 64 bytes")
    return found
