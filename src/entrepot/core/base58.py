"""Base58 with a checksum: how extended keys are written."""

from hashlib import sha256

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_CHECK = 4


def encode(data: bytes) -> str:
    """The text of some bytes and their checksum; a zero byte at the front is a `1`."""
    checked = data + _checksum(data)
    number = int.from_bytes(checked)
    letters = []
    while number:
        number, value = divmod(number, 58)
        letters.append(_ALPHABET[value])
    zeros = len(checked) - len(checked.lstrip(b"\0"))
    return "1" * zeros + "".join(reversed(letters))


def decode(text: str, size: int) -> bytes:
    """The `size` bytes that a text spells; `ValueError`, without the text, where it does not."""
    if len(text) > 2 * (size + _CHECK) or not _VALUES.keys() >= set(text):
        raise ValueError("it is no base58 text of that length")
    number = 0
    for letter in text:
        number = number * 58 + _VALUES[letter]
    zeros = len(text) - len(text.lstrip("1"))
    checked = bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8)
    if len(checked) != size + _CHECK:
        raise ValueError(f"it does not spell {size} bytes and a checksum")
    data = checked[:size]
    if checked[size:] != _checksum(data):
        raise ValueError("its checksum is wrong: it is mistyped or cut off")
    return data


def _checksum(data: bytes) -> bytes:
    return sha256(sha256(data).digest()).digest()[:_CHECK]
