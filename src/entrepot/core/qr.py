"""QR codes (ISO/IEC 18004) at error correction M, by the thousand.

The versions' tables, blocks and patterns are those of the `qrcode` library, and so is the place of
every bit: what does not depend on the text is asked of it once for each version. The mask is always
the same one.
"""

from functools import lru_cache
from itertools import zip_longest
from operator import itemgetter

from qrcode import base, util
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

MOST_VERSION = 10
QUIET = 4
"""Width of the white frame around a code, in modules."""
_MASK = 0
_ALPHANUMERIC = {char: value for value, char in enumerate(util.ALPHA_NUM.decode())}
_PADS = bytes((util.PAD0, util.PAD1))


def symbol(text: str) -> list[str]:
    """Rows of the smallest code for an ASCII text, without a frame; a module is `1` where dark.

    `ValueError` for a text that version 10 cannot hold.
    """
    is_plain = all(char in _ALPHANUMERIC for char in text)
    bits = _alphanumeric(text) if is_plain else _byte(text)
    mode, counts = (util.MODE_ALPHA_NUM, (9, 11)) if is_plain else (util.MODE_8BIT_BYTE, (8, 16))
    for version in range(1, MOST_VERSION + 1):
        head = f"{mode:04b}{len(text):0{counts[version > 9]}b}"
        if len(head) + len(bits) <= util.BIT_LIMIT_TABLE[ERROR_CORRECT_M][version]:
            return _form(version).rows(head + bits)
    raise ValueError("the text is longer than a QR code of version 10 holds")


class _Form:
    """What all codes of a version have in common."""

    def __init__(self, version: int) -> None:
        self._blocks = base.rs_blocks(version, ERROR_CORRECT_M)
        self._data_bytes = sum(block.data_count for block in self._blocks)
        self._width = 4 * version + 17
        total = sum(block.total_count for block in self._blocks)
        library = QRCode(version=version, error_correction=ERROR_CORRECT_M, mask_pattern=_MASK)

        def placed(data: bytes) -> list[bool]:
            library.data_cache = list(data)
            library.makeImpl(False, _MASK)
            return [bool(module) for row in library.modules for module in row]

        # Bit number i of the data is spelt as i + 1 over several codes, one for each binary digit;
        # a module that never differs from the code of zeros, number 0, holds no data.
        plain = placed(bytes(total))
        numbers = [0] * len(plain)
        for digit in range((8 * total).bit_length()):
            data = bytearray(total)
            for bit in range(8 * total):
                data[bit // 8] |= (bit + 1 >> digit & 1) << (7 - bit % 8)
            for place, (was, now) in enumerate(zip(plain, placed(bytes(data)), strict=True)):
                numbers[place] |= (was != now) << digit
        self._pick = itemgetter(*numbers)
        self._plain = int("".join("01"[module] for module in plain), 2)

    def rows(self, bits: str) -> list[str]:
        """The modules for a mode, count and text in binary digits."""
        room = 8 * self._data_bytes
        bits += "0" * min(4, room - len(bits))
        bits += "0" * (-len(bits) % 8)
        data = int(bits, 2).to_bytes(len(bits) // 8)
        data += (_PADS * self._data_bytes)[: self._data_bytes - len(data)]
        blocks, checks, at = [], [], 0
        for block in self._blocks:
            part = data[at : at + block.data_count]
            at += block.data_count
            blocks.append(part)
            checks.append(_check_bytes(part, block.total_count - block.data_count))
        words = [
            word
            for group in (blocks, checks)
            for column in zip_longest(*group)
            for word in column
            if word is not None
        ]
        spelt = f"{int.from_bytes(bytes(words)):0{8 * len(words)}b}"
        modules = self._plain ^ int("".join(self._pick("0" + spelt)), 2)
        width = self._width
        text = f"{modules:0{width * width}b}"
        return [text[i : i + width] for i in range(0, width * width, width)]


@lru_cache(MOST_VERSION)
def _form(version: int) -> _Form:
    return _Form(version)


@lru_cache
def _products(count: int) -> list[int]:
    """Each byte times the generator of `count` check bytes, without its leading coefficient."""
    generator = base.Polynomial([1], 0)
    for power in range(count):
        generator *= base.Polynomial([1, base.gexp(power)], 0)
    logs = [base.glog(generator[i]) for i in range(1, count + 1)]
    rows = [bytes(count)]
    for byte in range(1, 256):
        rows.append(bytes(base.gexp(base.glog(byte) + log) for log in logs))
    return [int.from_bytes(row) for row in rows]


def _check_bytes(data: bytes, count: int) -> bytes:
    """Reed-Solomon check bytes of a block."""
    products, top, rest = _products(count), 8 * (count - 1), 0
    whole = (1 << 8 * count) - 1
    for byte in data:
        rest = (rest << 8 & whole) ^ products[rest >> top ^ byte]
    return rest.to_bytes(count)


def _byte(text: str) -> str:
    data = text.encode("ascii")
    return f"{int.from_bytes(data):0{8 * len(data)}b}" if data else ""


def _alphanumeric(text: str) -> str:
    values = [_ALPHANUMERIC[char] for char in text]
    pairs = [f"{45 * a + b:011b}" for a, b in zip(values[::2], values[1::2], strict=False)]
    return "".join(pairs) + (f"{values[-1]:06b}" if len(values) % 2 else "")
