"""Words that stand for a seed (BIP-39). No error shows a word.

The lists are those that the `mnemonic` library ships, read once when first needed.
"""

import hashlib
import unicodedata
from functools import cache

from mnemonic import Mnemonic

LANGUAGES = (
    "english",
    "japanese",
    "korean",
    "spanish",
    "chinese_simplified",
    "chinese_traditional",
    "french",
    "italian",
    "czech",
    "portuguese",
)
"""Languages whose lists BIP-39 names."""

COUNTS = (12, 15, 18, 21, 24)
_BITS = 11


def words_of(entropy: bytes, language: str = "english") -> str:
    """Words for 16, 20, 24, 28 or 32 random bytes; `ValueError` for any other number of them."""
    count = len(entropy) * 3 // 4
    if len(entropy) % 4 or count not in COUNTS:
        raise ValueError(f"entropy has 16, 20, 24, 28 or 32 bytes, not {len(entropy)}")
    number = int.from_bytes(entropy) << count // 3 | _checksum(entropy, count)
    words = _list(language)
    chosen = [words[number >> _BITS * place & 2047] for place in reversed(range(count))]
    return ("\u3000" if language == "japanese" else " ").join(chosen)


def entropy_of(words: str, language: str | None = None) -> bytes:
    """The random bytes that words stand for, in one language or in whichever fits.

    `ValueError` where the number of words, a word or the checksum is wrong.
    """
    parts = _normal(words).split()
    if len(parts) not in COUNTS:
        raise ValueError(f"there are 12, 15, 18, 21 or 24 words in BIP-39, not {len(parts)}")
    reached = 0
    for each in LANGUAGES if language is None else (language,):
        places = _places(each)
        known = next((i for i, part in enumerate(parts) if part not in places), len(parts))
        if known == len(parts):
            entropy = _entropy([places[part] for part in parts])
            if entropy is not None:
                return entropy
        reached = max(reached, known)
    if reached < len(parts):
        where = "any list of words" if language is None else f"the {language} list"
        raise ValueError(f"word {reached + 1} of {len(parts)} is not in {where}")
    raise ValueError("the words' checksum is wrong: one is mistyped, missing or out of place")


def seed_of(words: str, passphrase: str = "") -> bytes:
    """64-byte seed of words, whose checksum is not checked here."""
    salt = _normal("mnemonic" + passphrase).encode()
    return hashlib.pbkdf2_hmac("sha512", _normal(words).encode(), salt, 2048)


def checked_seed_of(words: str, passphrase: str = "") -> bytes:
    """64-byte seed of words that may be spaced anyhow; `ValueError` where they are no BIP-39."""
    entropy_of(words)
    return seed_of(" ".join(_normal(words).split()), passphrase)


def _entropy(values: list[int]) -> bytes | None:
    number = 0
    for value in values:
        number = number << _BITS | value
    check_bits = len(values) // 3
    entropy = (number >> check_bits).to_bytes(len(values) * 4 // 3)
    check = number & (1 << check_bits) - 1
    return entropy if check == _checksum(entropy, len(values)) else None


def _checksum(entropy: bytes, count: int) -> int:
    """One bit for every three words."""
    return hashlib.sha256(entropy).digest()[0] >> 8 - count // 3


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKD", text)


@cache
def _list(language: str) -> tuple[str, ...]:
    if language not in LANGUAGES:
        raise ValueError(f"there are lists of words in {', '.join(LANGUAGES)}")
    return tuple(Mnemonic(language).wordlist)


@cache
def _places(language: str) -> dict[str, int]:
    return {_normal(word): place for place, word in enumerate(_list(language))}
