"""Money: exact numbers in, integers out."""

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.core import money

numbers = st.from_regex(r"[+-]?[0-9]{1,15}(\.[0-9]{0,12})?", fullmatch=True)


@given(numbers)
def test_parse_is_exact(text: str) -> None:
    assert money.parse(text) == money.parse(f" {text}\t")
    assert Fraction(money.parse(text)) == Fraction(text)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", ".", "-", "+", "1.2.3", "1 2", "--1", "0x10", "1_000", "١٢",
        "1,234", "1,234.56", "1.234,56", "12,5", "$5", "5 USD", "5%", "(5)", "5-",
        "NaN", "nan", "inf", "-Infinity", "sNaN", "1e100", "1e999999999", "9" * 49,
    ],
)  # fmt: skip
def test_parse_raises_when_text_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        money.parse(text)


@pytest.mark.parametrize("text", ["1" + "0" * 20, "-1" + "0" * 20, "1e20", "9e99"])
def test_parse_raises_when_number_is_huge(text: str) -> None:
    with pytest.raises(ValueError, match="too large"):
        money.parse(text)


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("0", 0), ("0.004", 0), ("0.005", 1), ("0.0049999999999999999999", 0), ("0.015", 2),
        ("1234.565", 123457), ("1234.564999", 123456), ("2.675", 268), ("1e3", 100000), (".5", 50),
        ("5.", 500), ("-0.005", -1), ("99999999999999999999", 9999999999999999999900),
    ],
)  # fmt: skip
def test_cents_round_half_up(text: str, cents: int) -> None:
    assert money.cents(money.parse(text)) == cents


@given(numbers, st.integers(0, 12))
def test_rounding_is_decimals(text: str, decimals: int) -> None:
    with localcontext(prec=60):
        unit = Decimal(1).scaleb(-decimals)
        expected = Decimal(text).quantize(unit, ROUND_HALF_UP).scaleb(decimals)
    assert money.round_half_up(money.parse(text), decimals) == expected


@given(st.integers(0, 10**22))
def test_cents_and_units_are_one_amount(cents: int) -> None:
    units = money.units_of_cents(cents)
    assert units == cents * 10_000
    assert money.cents_of_units(units) == money.cents_of_units(units + 9_999) == cents
    assert money.units(Decimal(cents).scaleb(-2)) == units


@pytest.mark.parametrize(
    ("cents", "text"),
    [(0, "0.00"), (5, "0.05"), (123456789, "1,234,567.89"), (-5, "-0.05"), (-100000, "-1,000.00")],
)
def test_dollars_are_for_people(cents: int, text: str) -> None:
    assert money.dollars(cents) == text


@given(st.integers(0, 2**128 - 1), st.integers(0, 36))
def test_an_amount_of_a_token_is_read_as_it_is_written(units: int, decimals: int) -> None:
    text = money.amount_text(units, decimals)
    assert money.units_of(text, decimals) == units
    assert Fraction(text) == Fraction(units, 10**decimals)
    assert "." not in text or len(text.partition(".")[2]) >= min(2, decimals)


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "1.", ".5", "1e3", "1,000", "1.0000001", " 1", "NaN", "9" * 40, "١"]
)
def test_raises_when_a_token_has_no_such_amount(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no amount|more than the token's 6 decimals"):
        money.units_of(text, 6)
