"""Requirements have unique numbers, and the tests that they name exist."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "specification.md").read_text("utf-8")
REQUIREMENTS = re.findall(r"^- \*\*([A-Z]-[0-9]+)\*\* (.+)$", TEXT, re.M)


def test_no_number_is_used_twice() -> None:
    counts = Counter(number for number, _ in REQUIREMENTS)
    assert not [number for number, count in counts.items() if count > 1]


def test_numbers_of_a_letter_have_no_gap() -> None:
    by_letter: dict[str, list[int]] = {}
    for number, _ in REQUIREMENTS:
        letter, _, count = number.partition("-")
        by_letter.setdefault(letter, []).append(int(count))
    assert set(by_letter) == set("PGQVLSMETDNIBCWKRA")
    for letter, numbers in by_letter.items():
        assert numbers == list(range(1, len(numbers) + 1)), letter


def test_every_requirement_is_one_sentence() -> None:
    for number, text in REQUIREMENTS:
        sentence = re.sub(r"( `tests/[^`]+`)+$", "", text)
        assert sentence.endswith("."), number
        assert not re.search(r"\. [A-Z]", sentence), number


def test_named_tests_exist() -> None:
    named = set(re.findall(r"`(tests/[^`]+)`", TEXT))
    assert named
    assert not sorted(name for name in named if not (ROOT / name).is_file())
