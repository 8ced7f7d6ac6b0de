"""Keys on the curve P-256, as secure elements have them: signatures over digests (RFC 6979)."""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass

from Crypto.PublicKey import ECC
from Crypto.PublicKey.ECC import EccKey

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_BASE = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
_CURVE = "P-256"
_SCRYPT_N = 2**17
_SIZE = 32


@dataclass(frozen=True, slots=True, repr=False)
class P256Key:
    """A private key; the secret is in no representation of it."""

    private: EccKey

    @classmethod
    def new(cls) -> "P256Key":
        """A key that nobody has had."""
        return cls(ECC.generate(curve=_CURVE))

    @classmethod
    def from_pem(cls, text: str, password: str) -> "P256Key":
        """The key in an encrypted PEM file (PKCS#8); `ValueError` where it or the password is
        wrong.
        """
        found = ECC.import_key(text, password)
        if not (found.has_private() and found.curve == "NIST P-256"):
            raise ValueError("it holds no private key of the curve P-256")
        return cls(found)

    def pem(self, password: str) -> bytes:
        """As an encrypted PEM file (PKCS#8, scrypt), which openssl reads."""
        text = self.private.export_key(
            format="PEM",
            passphrase=password,
            use_pkcs8=True,
            protection="scryptAndAES256-CBC",
            prot_params={"iteration_count": _SCRYPT_N},
        )
        return text.encode() + b"\n"

    @property
    def point(self) -> tuple[bytes, bytes]:
        """Coordinates of the public key, 32 bytes each."""
        place = self.private.pointQ
        return int(place.x).to_bytes(_SIZE), int(place.y).to_bytes(_SIZE)

    def sign(self, digest: bytes) -> bytes:
        """64 bytes r, s over a 32-byte digest; s is in the lower half."""
        secret, hashed = int(self.private.d), int.from_bytes(digest) % _ORDER
        base = ECC.EccPoint(*_BASE, curve=_CURVE)
        for nonce in _nonces(secret, hashed):
            r = int((base * nonce).x) % _ORDER
            s = pow(nonce, -1, _ORDER) * (hashed + r * secret) % _ORDER
            if r and s:
                return r.to_bytes(_SIZE) + min(s, _ORDER - s).to_bytes(_SIZE)
        raise AssertionError("nonces never end")

    def __repr__(self) -> str:
        x, _ = self.point
        return f"P256Key({x.hex()})"


def _nonces(secret: int, hashed: int) -> Iterator[int]:
    """What RFC 6979 takes in place of chance, with HMAC-SHA-256."""
    seed = secret.to_bytes(_SIZE) + hashed.to_bytes(_SIZE)
    key, value = bytes(_SIZE), b"\1" * _SIZE
    for mark in (b"\0", b"\1"):
        key = hmac.digest(key, value + mark + seed, "sha256")
        value = hmac.digest(key, value, "sha256")
    while True:
        value = hmac.digest(key, value, "sha256")
        if 0 < int.from_bytes(value) < _ORDER:
            yield int.from_bytes(value)
        key = hmac.digest(key, value + b"\0", "sha256")
        value = hmac.digest(key, value, "sha256")
