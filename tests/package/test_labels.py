"""GS1 identifiers."""

import pytest
from Crypto.Hash import SHA256
from Crypto.Protocol.KDF import HKDF
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from entrepot.core.labels import code, gtin_of, item_key, leaf, text_of
from entrepot.core.signing import keccak
from tests.package.strategies import words


@pytest.mark.parametrize(
    "gtin",
    [
        "00012345600012",  # GTIN-12 of GS1's own examples
        "04006381333931",  # EAN-13 of a highlighter
        "05901234123457",  # EAN-13 of the encyclopaedias
        "00000096385074",  # EAN-8 of the encyclopaedias
        "10614141000415",  # GTIN-14 of GS1's barcode examples
        "00000000000000",
    ],
)
def test_check_digit_of_published_numbers(gtin: str) -> None:
    assert gtin_of(gtin[:13]) == int(gtin)


@given(st.from_regex(r"[0-9]{13}", fullmatch=True), st.integers(0, 12), st.integers(1, 9))
def test_check_digit_finds_every_single_wrong_digit(body: str, place: int, change: int) -> None:
    digit = str((int(body[place]) + change) % 10)
    assert gtin_of(body[:place] + digit + body[place + 1 :]) % 10 != gtin_of(body) % 10


@pytest.mark.parametrize(
    "body", ["", "1" * 12, "1" * 14, "123456789012x", "-123456789012", "٣" * 13]
)
def test_gtin_raises_when_body_is_not_13_digits(body: str) -> None:
    with pytest.raises(ValueError, match="13 digits"):
        gtin_of(body)


@given(st.from_regex(r"[A-Za-z0-9._~-]{1,20}", fullmatch=True))
def test_code_is_20_bytes_that_spell_the_text(text: str) -> None:
    assert len(code(text)) == 20
    assert text_of(code(text)) == text


@pytest.mark.parametrize("raw", [b"", b"a b", b"a\0b", b"\x1b[2J", b"\xff", "é".encode()])
def test_what_is_no_code_is_shown_in_hexadecimal(raw: bytes) -> None:
    assert text_of(raw.ljust(20, b"\0")) == "0x" + raw.hex().ljust(40, "0")


@pytest.mark.parametrize("text", ["", "x" * 21, "a b", "a/b", "é", "a\n", "a\0", "%20"])
def test_code_raises_when_text_is_no_lot_or_serial(text: str) -> None:
    with pytest.raises(ValueError, match="no lot or serial"):
        code(text)


def test_code_shows_the_beginning_of_what_is_long() -> None:
    with pytest.raises(ValueError, match=f"^'{'x' * 40}…' is no lot"):
        code("x" * 10_000)


@given(
    st.integers(0, 2**64 - 1),
    st.binary(min_size=20, max_size=20),
    st.binary(min_size=20, max_size=20),
    st.integers(0, 2**32 - 1),
)
def test_leaf_is_the_double_hash_of_the_items_words(
    gtin: int, lot: bytes, key: bytes, index: int
) -> None:
    item = gtin, lot, code("S-1"), key, index
    types = ["uint64", "bytes20", "bytes20", "address", "uint32"]
    assert leaf(*item) == keccak(keccak(encode(types, item)))


@given(words)
def test_item_keys_differ_by_each_part_of_the_item(secret: bytes) -> None:
    items = [(1, "L", "ST"), (2, "L", "ST"), (1, "M", "ST"), (1, "L", "SU"), (1, "LS", "T")]
    keys = {item_key(secret, gtin, code(lot), code(serial)).address for gtin, lot, serial in items}
    assert len(keys) == len(items)


@given(words, st.integers(0, 2**64 - 1))
def test_item_key_is_hkdf(secret: bytes, gtin: int) -> None:
    lot, serial = code("L"), code("S")
    info = gtin.to_bytes(8) + lot + serial
    expected = HKDF(secret, 32, b"Entrepot item key", SHA256, context=info)
    assert item_key(secret, gtin, lot, serial).private.secret == expected
