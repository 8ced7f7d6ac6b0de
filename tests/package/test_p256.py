"""Signatures on the curve P-256 are those of RFC 6979, with s in the lower half of the order."""

import hashlib

import pytest
from Crypto.PublicKey import ECC

from entrepot.core.p256 import P256Key

ORDER = int(ECC._curves["P-256"].order)
SECRET = "C9AFA9D845BA75166B5C215767B1D693 4E50C3DB36E89B127B8A622B120F6721"
"""Of the example in RFC 6979, A.2.5."""


@pytest.mark.parametrize(
    ("message", "r", "s"),
    [
        (
            b"sample",
            0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716,
            0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8,
        ),
        (
            b"test",
            0xF1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367,
            0x019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083,
        ),
    ],
)
def test_signs_as_the_standard_says(message: bytes, r: int, s: int) -> None:
    secret = int(SECRET.replace(" ", ""), 16)
    key = P256Key(ECC.construct(curve="P-256", d=secret))
    signature = key.sign(hashlib.sha256(message).digest())
    assert int.from_bytes(signature[:32]) == r
    assert int.from_bytes(signature[32:]) == min(s, ORDER - s)


def test_a_file_opens_with_its_password_alone() -> None:
    key = P256Key.new()
    text = key.pem("open sesame").decode()
    assert P256Key.from_pem(text, "open sesame").point == key.point
    with pytest.raises(ValueError):
        P256Key.from_pem(text, "open barley")
    other = ECC.generate(curve="P-384").export_key(
        format="PEM", passphrase="x", use_pkcs8=True, protection="scryptAndAES128-CBC"
    )
    with pytest.raises(ValueError, match="P-256"):
        P256Key.from_pem(other, "x")
    assert "0x" not in repr(key)
    assert str(int(key.private.d)) not in repr(key)
