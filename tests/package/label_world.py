"""A producer, its labels and a bundle that knows them, without a chain."""

from dataclasses import replace
from datetime import date
from typing import Any

from entrepot.core.digital_link import DigitalLink, signed
from entrepot.core.keys import Wallet
from entrepot.core.trust_bundle import Attestors, Bundle, Producer, SignedBundle
from entrepot.core.verdicts import Anchor, LabelKey

DAY = 86_400
NOW = 1_800_000_000
SALT = b"\7" * 32
GTIN, OTHER_GTIN = 9_506_000_134_352, 9_506_000_134_369
LOT, SERIAL = "L2026A", "1"
EXPIRY = date(2028, 1, 31)
LAST_SECOND = 1_832_975_999
_WALLET = Wallet()
KEY, RIVAL, STRANGER = (_WALLET.key(1_001_000 + i) for i in range(3))
ATTESTING = [_WALLET.key(3_000_000 + i) for i in range(5)]
ATTESTORS = Attestors(SALT, 3, tuple(key.address for key in ATTESTING))
ANCHOR = Anchor(GTIN, LOT, NOW - 50 * DAY, LAST_SECOND)
GOOD = LabelKey(KEY.address, NOW - 100 * DAY, None)


def bundle(*, key: LabelKey = GOOD, **changes: Any) -> Bundle:
    """A bundle of yesterday in which the producer is 7 and its rival 8."""
    rival = Producer(8, (OTHER_GTIN,), (LabelKey(RIVAL.address, NOW - 100 * DAY, None),))
    found = Bundle(
        SALT, 31_337, KEY.address, 12, b"\1" * 32, NOW - DAY,
        (Producer(7, (GTIN,), (key,)), rival), (), (),
    )  # fmt: skip
    return replace(found, **changes)


def sealed(found: Bundle, signers: Any = tuple(ATTESTING[:3]), salt: bytes = SALT) -> SignedBundle:
    """The bundle as attestors sign it."""
    return SignedBundle(found.content()).signed_by(signers, salt)


def label(
    key: Any = KEY, *, salt: bytes = SALT, gtin: int = GTIN, lot: str = LOT, serial: str = SERIAL,
    expiry: date | None = EXPIRY,
) -> DigitalLink:  # fmt: skip
    """A label as a key signs it."""
    return DigitalLink(
        gtin, lot, serial, expiry, signed(key, salt, gtin, lot, serial, expiry)
    )  # fmt: skip
