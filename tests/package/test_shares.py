"""Shares are SLIP-39's: its vectors, and every choice of enough of them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shamir_mnemonic import generate_mnemonics

from entrepot.core.keys import root_of_seed
from entrepot.core.shares import MOST, Share, combine, split

ROWS = json.loads((Path(__file__).parents[1] / "vectors" / "slip39.json").read_text("utf-8"))[
    "rows"
]
seeds = st.binary(min_size=64, max_size=64)
counts = st.integers(2, MOST).flatmap(lambda n: st.tuples(st.integers(2, n), st.just(n)))


def assert_discreet(failure: pytest.ExceptionInfo[ValueError], words: list[str]) -> None:
    said = set(re.findall(r"[a-z]+", str(failure.value)))
    assert not said & {word for text in words for word in text.split()} - {"share", "secret"}
    assert failure.value.__suppress_context__ or failure.value.__context__ is None


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["title"])
def test_vectors_of_slip_39(row: dict[str, Any]) -> None:
    if row["secret"]:
        secret = combine(row["shares"], b"TREZOR")
        assert secret.hex() == row["secret"]
        assert root_of_seed(secret).xprv() == row["root"]
        assert combine(row["shares"]) != secret
    else:
        with pytest.raises(ValueError, match="no secret") as caught:
            combine(row["shares"], b"TREZOR")
        assert_discreet(caught, row["shares"])


@given(seeds, counts, st.data())
def test_enough_shares_give_the_secret_and_fewer_do_not(
    secret: bytes, counts: tuple[int, int], data: st.DataObject
) -> None:
    threshold, count = counts
    words = split(secret, threshold, count)
    found = [Share.from_words(text) for text in words]
    assert [share.number for share in found] == list(range(1, count + 1))
    assert {(share.threshold, share.split) for share in found} == {(threshold, found[0].split)}
    chosen = data.draw(st.permutations(words))[:threshold]
    assert combine(chosen) == secret
    with pytest.raises(ValueError, match="no secret"):
        combine(chosen[1:])


@given(seeds)
def test_a_split_is_drawn_anew(secret: bytes) -> None:
    assert set(split(secret, 2, 3)).isdisjoint(split(secret, 2, 3))


@pytest.mark.parametrize("counts", [(0, 2), (1, 1), (1, 3), (4, 3), (2, 17), (17, 17), (-2, 3)])
def test_split_refuses_counts_out_of_range(counts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="2 to 16 shares"):
        split(bytes(64), *counts)


@pytest.mark.parametrize("size", [0, 16, 32, 63, 65])
def test_split_refuses_other_than_64_bytes(size: int) -> None:
    with pytest.raises(ValueError, match="64 bytes"):
        split(bytes(size), 2, 3)


@pytest.mark.parametrize(
    "words",
    ["", "junk", "zebra " * 59, *(text for row in ROWS for text in row["shares"])],
)  # fmt: skip
def test_words_of_no_share_of_a_seed_are_refused(words: str) -> None:
    with pytest.raises(ValueError, match="these words are no share") as caught:
        Share.from_words(words)
    assert_discreet(caught, [words])


def test_a_share_of_several_groups_is_refused() -> None:
    (words, *_), _ = generate_mnemonics(2, [(2, 3), (2, 3)], bytes(64), iteration_exponent=0)
    with pytest.raises(ValueError, match="in one group"):
        Share.from_words(words)


@given(seeds, st.integers(0, 58), st.integers(0, 58))
def test_a_changed_word_is_noticed(secret: bytes, place: int, other: int) -> None:
    words = split(secret, 2, 2)[0].split()
    changed = [*words[:place], words[other], *words[place + 1 :]]
    if changed != words:
        with pytest.raises(ValueError, match="no share"):
            Share.from_words(" ".join(changed))


def test_representation_shows_no_word() -> None:
    words = split(bytes(64), 2, 2)[0]
    assert words[:20] not in repr(Share.from_words(words))
