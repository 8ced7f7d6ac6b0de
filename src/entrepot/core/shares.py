"""A secret as shares M of N (SLIP-39): one group, no passphrase.

No error shows a word.
"""

from collections.abc import Sequence
from dataclasses import dataclass

SECRET_BYTES = 64
MOST = 16
"""Most shares of a split."""


@dataclass(frozen=True, slots=True, repr=False)
class Share:
    """A share of a 64-byte secret: its words, its number from 1, how many are needed.

    `split` is a number that the shares of a split have in common.
    """

    words: str
    number: int
    threshold: int
    split: int

    @classmethod
    def from_words(cls, words: str) -> "Share":
        """The share that words stand for; `ValueError` where they stand for none."""
        from shamir_mnemonic.share import Share as Parsed
        from shamir_mnemonic.utils import MnemonicError

        try:
            found = Parsed.from_mnemonic(words)
        except MnemonicError:
            raise ValueError("these words are no share") from None
        if len(found.value) != SECRET_BYTES or found.group_count != 1:
            raise ValueError("these words are no share of a seed, split in one group")
        return cls(words, found.index + 1, found.member_threshold, found.identifier)


def split(secret: bytes, threshold: int, count: int) -> list[str]:
    """Words of `count` shares of a 64-byte secret, of which `threshold` give it back.

    `ValueError` unless 2 ≤ threshold ≤ count ≤ 16.
    """
    from shamir_mnemonic import generate_mnemonics

    if len(secret) != SECRET_BYTES:
        raise ValueError(f"a secret to split has {SECRET_BYTES} bytes")
    check_counts(threshold, count)
    # The iterations stretch a passphrase, and there is none.
    (group,) = generate_mnemonics(1, [(threshold, count)], secret, iteration_exponent=0)
    return list(group)


def combine(shares: Sequence[str], passphrase: bytes = b"") -> bytes:
    """The secret of exactly as many shares as it needs; `ValueError` where they give none.

    Another passphrase gives another secret.
    """
    from shamir_mnemonic import combine_mnemonics
    from shamir_mnemonic.utils import MnemonicError

    try:
        return bytes(combine_mnemonics(shares, passphrase))
    except (MnemonicError, ValueError):
        raise ValueError("these shares give no secret") from None


def check_counts(threshold: int, count: int) -> None:
    """`ValueError` unless 2 ≤ threshold ≤ count ≤ 16."""
    if not 2 <= threshold <= count <= MOST:
        raise ValueError(f"a split has 2 to {MOST} shares, and needs between 2 and all of them")
