"""The items of a batch: their leaves, signatures and one-time keys, made by the million.

The bytes are those of `labels.leaf`, `labels.item_key` and `digital_link.signed`; what is the same
for all items of a batch is computed once.
"""

import base64
import hmac
import re
from datetime import date

from coincurve import PublicKey
from sha3 import keccak_256

from entrepot.core.digital_link import label_of, last_second_of
from entrepot.core.messages import deployment_domain
from entrepot.core.signing import Key, keccak

SECRET_BYTES = 32
"""Bytes of a batch's secret."""
SCRATCH = "ENTREPOT:"
"""What the QR code under a scratch layer begins with."""
_SERIAL_BYTES = 20
_GROUP = 4
_CODE = re.compile("[A-Z2-7]{52}")
_SEPARATORS = re.compile(r"[\s-]+")
_SPARE_BITS = 4


class ItemMaker:
    """Makes the items of one batch, for the deployment with a salt of 32 bytes.

    `secret`: the batch's, from which the one-time keys follow; `key`: the producer's, which signs
    the labels.
    """

    def __init__(
        self, secret: bytes, key: Key, deployment: bytes, gtin: int, lot: bytes, expiry: date | None
    ) -> None:
        self._private = key.private
        self._extracted = hmac.digest(b"Entrepot item key", secret, "sha256")
        self._info = gtin.to_bytes(8) + lot
        self._words = gtin.to_bytes(32) + lot.ljust(32, b"\0")
        self._label = label_of(gtin, "0", "0", expiry).typehash + self._words
        self._expiry = last_second_of(expiry).to_bytes(32)
        self._domain = b"\x19\x01" + deployment_domain(deployment)

    def secret(self, serial: bytes) -> bytes:
        """One-time key of an item, 32 bytes; `serial` has 20."""
        return hmac.digest(self._extracted, self._info + serial + b"\x01", "sha256")

    def item(self, serial: bytes, index: int) -> tuple[bytes, bytes]:
        """Leaf and compact signature of an item; `serial` has 20 bytes."""
        padded = serial.ljust(32, b"\0")
        point = PublicKey.from_valid_secret(self.secret(serial)).format(compressed=False)
        address = keccak_256(point[1:]).digest()[12:]
        inner = self._words + padded + bytes(12) + address + index.to_bytes(32)
        leaf = keccak_256(keccak_256(inner).digest()).digest()
        struct = keccak_256(self._label + padded + self._expiry).digest()
        digest = keccak_256(self._domain + struct).digest()
        signature = self._private.sign_recoverable(digest, hasher=None)
        high = bytes((signature[32] | signature[64] << 7,))
        return leaf, signature[:32] + high + signature[33:64]

    def items(self, serials: bytes, first: int) -> tuple[bytes, bytes]:
        """Leaves and signatures of items in a row, `first` the index of the first of them."""
        found = [
            self.item(serials[at : at + _SERIAL_BYTES], first + at // _SERIAL_BYTES)
            for at in range(0, len(serials), _SERIAL_BYTES)
        ]
        return b"".join(leaf for leaf, _ in found), b"".join(signature for _, signature in found)


def scratch_code(secret: bytes) -> str:
    """What stands under an item's scratch layer: its one-time key in base32, 52 characters.

    The last character's spare bits check the others.
    """
    checked = int.from_bytes(secret) << _SPARE_BITS | keccak(secret)[0] >> _SPARE_BITS
    whole = checked << 4
    return base64.b32encode(whole.to_bytes(33)).decode()[:52]


def secret_of_code(text: str) -> bytes:
    """The 32-byte secret that a scratch code spells, as scanned or typed.

    Small letters, spaces and hyphens are let through. `ValueError`, without the code, for none.
    """
    code = _SEPARATORS.sub("", text.upper().removeprefix(SCRATCH))
    if _CODE.fullmatch(code) is None:
        raise ValueError("a scratch code has 52 letters A to Z and digits 2 to 7")
    secret = (int.from_bytes(base64.b32decode(code + "A===")) >> 8).to_bytes(32)
    if scratch_code(secret) != code:
        raise ValueError("the scratch code is mistyped")
    return secret


def grouped(code: str) -> str:
    """A scratch code in groups of four, for people."""
    return " ".join(code[i : i + _GROUP] for i in range(0, len(code), _GROUP))
