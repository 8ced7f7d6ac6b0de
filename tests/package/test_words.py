"""BIP-39 against its published vectors, and a second library where they have no more."""

import json
import unicodedata
from pathlib import Path

import pytest
from bip_utils import Bip39Languages, Bip39MnemonicEncoder, Bip39SeedGenerator
from hypothesis import given
from hypothesis import strategies as st
from mnemonic import Mnemonic

from entrepot.core.keys import PUBLIC_DEVNET_WORDS, root_of, root_of_seed
from entrepot.core.words import (
    COUNTS,
    LANGUAGES,
    checked_seed_of,
    entropy_of,
    seed_of,
    words_of,
)

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "bip39.json").read_text("utf-8"))
entropies = st.sampled_from(COUNTS).flatmap(
    lambda count: st.binary(min_size=count * 4 // 3, max_size=count * 4 // 3)
)
languages = st.sampled_from(LANGUAGES)


def test_vectors_are_of_every_language() -> None:
    assert {row["language"] for row in VECTORS["rows"]} == set(LANGUAGES)


@pytest.mark.parametrize("row", VECTORS["rows"], ids=lambda row: row["language"])
def test_vectors_of_bip_39(row: dict[str, str]) -> None:
    entropy, seed = bytes.fromhex(row["entropy"]), bytes.fromhex(row["seed"])
    spelt = words_of(entropy, row["language"]).split()
    assert spelt == unicodedata.normalize("NFKD", row["words"]).split()
    assert entropy_of(row["words"], row["language"]) == entropy
    assert checked_seed_of(row["words"], row["passphrase"]) == seed
    if "root" in row:
        assert root_of_seed(seed) == root_of(row["words"], row["passphrase"])
        assert root_of_seed(seed).xprv() == row["root"]


@given(entropies, languages)
def test_words_are_those_of_the_library_with_the_lists(entropy: bytes, language: str) -> None:
    assert words_of(entropy, language) == Mnemonic(language).to_mnemonic(entropy)


@given(entropies, languages.filter(lambda language: language != "japanese"), st.text(max_size=20))
def test_seeds_are_those_of_a_second_library(entropy: bytes, language: str, secret: str) -> None:
    other = Bip39MnemonicEncoder(Bip39Languages[language.upper()]).Encode(entropy).ToStr()
    assert words_of(entropy, language) == unicodedata.normalize("NFKD", other)
    assert checked_seed_of(other, secret) == Bip39SeedGenerator(other).Generate(secret)


@given(entropies, languages)
def test_words_and_entropy_are_inverse(entropy: bytes, language: str) -> None:
    words = words_of(entropy, language)
    assert entropy_of(words, language) == entropy
    assert entropy_of("  " + "\n ".join(words.split()) + "\t", language) == entropy


@pytest.mark.parametrize("size", [0, 4, 12, 15, 17, 18, 31, 33, 36, 64])
def test_words_of_raises_when_entropy_has_another_length(size: int) -> None:
    with pytest.raises(ValueError, match=f"not {size}$"):
        words_of(bytes(size))


@pytest.mark.parametrize("count", [0, 1, 3, 11, 13, 23, 25, 48])
def test_entropy_of_raises_when_the_number_of_words_is_wrong(count: int) -> None:
    with pytest.raises(ValueError, match=f"not {count}$"):
        entropy_of("abandon " * count)


@given(entropies, st.integers(0, 23), st.integers(0, 2047))
def test_another_word_never_stands_for_the_same(entropy: bytes, place: int, other: int) -> None:
    words = words_of(entropy).split()
    place %= len(words)
    replaced = Mnemonic("english").wordlist[other]
    spelt = " ".join([*words[:place], replaced, *words[place + 1 :]])
    if not Mnemonic("english").check(spelt):
        with pytest.raises(ValueError, match="checksum"):
            entropy_of(spelt)
    else:
        assert (entropy_of(spelt) == entropy) == (replaced == words[place])


def test_entropy_of_raises_when_the_checksum_is_wrong() -> None:
    with pytest.raises(ValueError, match="checksum"):
        entropy_of("abandon " * 12)


@pytest.mark.parametrize(("place", "language"), [(1, None), (7, None), (12, "english")])
def test_errors_say_where_a_word_is_wrong_and_not_which(place: int, language: str | None) -> None:
    words = PUBLIC_DEVNET_WORDS.split()
    words[place - 1] = "entrepot"
    with pytest.raises(ValueError, match=f"word {place} of 12") as caught:
        entropy_of(" ".join(words), language)
    assert not {"entrepot", "test", "junk"} & set(str(caught.value).split())


def test_a_language_without_an_official_list_is_refused() -> None:
    with pytest.raises(ValueError, match="portuguese"):
        words_of(bytes(16), "klingon")


def test_words_and_passphrase_count_in_their_normal_form() -> None:
    assert seed_of("café", "Zo\u00eb") == seed_of("cafe\u0301", "Zoe\u0308")
    assert seed_of("café", "Zoë") != seed_of("cafe", "Zoe")
