"""HS codes and countries as customs take them."""

import pytest

from entrepot.core import customs


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("870323", b"870323"),
        ("8703.23", b"870323"),
        ("8703.23.19", b"87032319"),
        ("8703231910", b"8703231910"),
        ("0101.21", b"010121"),
        ("9701.21", b"970121"),
        ("9801.00.10", b"98010010"),
        ("9905000000", b"9905000000"),
    ],
)
def test_a_code_is_left_aligned_digits(text: str, digits: bytes) -> None:
    assert customs.hs_code(text) == digits.ljust(10, b"\0")


@pytest.mark.parametrize(
    "text",
    [
        "", "8703", "87032", "8703231", "870323191", "87032319101", "87.0323", "8703.2319.1",
        "8703-23", " 870323", "870323\n", "８７０３２３", "abcdef",
        "000123", "770100", "7701001000", "870023", "980100", "990500", "980000",
    ],
)  # fmt: skip
def test_raises_when_the_system_has_no_such_code(text: str) -> None:
    with pytest.raises(ValueError, match="is no HS code"):
        customs.hs_code(text)


def test_countries_are_those_of_the_standard() -> None:
    assert customs.country("JP") == b"JP"
    for text in ("", "jp", "UK", "JPN", "XX", "ＪＰ", "J\0"):
        with pytest.raises(ValueError, match="is no country"):
            customs.country(text)
