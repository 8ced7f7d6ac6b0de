"""QR codes: those of the `qrcode` library, and read back by zxing-cpp from poor pictures."""

import random
from datetime import date

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter, ImageOps
from qrcode import QRCode, util
from qrcode.constants import ERROR_CORRECT_M

from entrepot.core.digital_link import MAX_URI, DigitalLink
from entrepot.core.items import SCRATCH, scratch_code, secret_of_code
from entrepot.core.labels import gtin_of
from entrepot.core.qr import QUIET, symbol
from tests.package.strategies import words

UNIT = 6
"""Pixels of a module."""
FINDER = 9
"""Modules of a corner that the pattern by which a code is found takes, with its edge and format."""
BLOT = 14
"""Modules of a blot's side: at most 8 by 5 code words, of which level M restores more."""

codes = st.from_regex(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,20}", fullmatch=True)
links = st.builds(
    DigitalLink,
    gtin=st.from_regex(r"[1-9][0-9]{12}", fullmatch=True).map(gtin_of),
    lot=codes,
    serial=codes,
    expiry=st.none() | st.dates(date(2026, 1, 1), date(2070, 12, 31)),
    signature=st.binary(min_size=64, max_size=64),
)


def picture(rows: list[str]) -> Image.Image:
    width = len(rows)
    modules = Image.frombytes("L", (width, width), bytes(255 * (m == "0") for m in "".join(rows)))
    whole = ImageOps.expand(modules, QUIET, 255)
    return ImageOps.scale(whole, UNIT, Image.Resampling.NEAREST)


def read(image: Image.Image) -> str:
    (found,) = zxingcpp.read_barcodes(image)
    return found.text


@given(links)
def test_label_survives_code_and_reader(link: DigitalLink) -> None:
    rows = symbol(link.uri())
    assert len(rows) <= 4 * 10 + 17
    assert DigitalLink.parse(read(picture(rows))) == link


@given(links, st.floats(0, 360), st.floats(0, UNIT / 3), st.data())
def test_label_survives_rotation_blur_and_a_blot(
    link: DigitalLink, angle: float, blur: float, data: st.DataObject
) -> None:
    rows = symbol(link.uri())
    image = picture(rows)
    place = st.integers(FINDER, len(rows) - FINDER - BLOT)
    x, y = (UNIT * (QUIET + data.draw(place)) for _ in range(2))
    side = UNIT * BLOT - 1
    ink = data.draw(st.sampled_from([0, 255]))
    ImageDraw.Draw(image).rectangle((x, y, x + side, y + side), fill=ink)
    image = image.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    assert DigitalLink.parse(read(image.filter(ImageFilter.GaussianBlur(blur)))) == link


@given(words)
def test_scratch_code_fits_version_3_and_is_read_back(secret: bytes) -> None:
    rows = symbol(SCRATCH + scratch_code(secret))
    assert len(rows) == 4 * 3 + 17
    assert secret_of_code(read(picture(rows))) == secret


@pytest.mark.parametrize("alphabet", ["ABC:/ 09", "abcXYZ?=&"])
def test_codes_of_every_length_are_the_librarys(alphabet: str) -> None:
    draw = random.Random(1)
    is_plain = "a" not in alphabet
    mode = util.MODE_ALPHA_NUM if is_plain else util.MODE_8BIT_BYTE
    for length in range(1, 311 if is_plain else MAX_URI + 1):
        text = "".join(draw.choices(alphabet, k=length - 1)) + alphabet[0]
        rows = symbol(text)
        library = QRCode(error_correction=ERROR_CORRECT_M, mask_pattern=0)
        library.add_data(util.QRData(text.encode(), mode=mode))
        library.make(fit=True)
        assert rows == ["".join("01"[bool(m)] for m in row) for row in library.modules]


def test_longest_label_fits_and_a_longer_text_does_not() -> None:
    assert len(symbol("x" * MAX_URI)) == 4 * 10 + 17
    with pytest.raises(ValueError, match="version 10"):
        symbol("x" * (MAX_URI + 1))
