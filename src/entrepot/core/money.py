"""Money as integers: cents of a dollar, and units of the test dollar (6 decimals).

Text becomes an exact `Decimal`, and a `Decimal` becomes an integer once, halves up: no float
anywhere.
"""

import re
from decimal import ROUND_HALF_UP, Context, Decimal

TOKEN_DECIMALS = 6
CENT_DECIMALS = 2
UNITS_PER_CENT: int = 10 ** (TOKEN_DECIMALS - CENT_DECIMALS)

# Wide enough that sums and products of what `parse` accepts are never rounded.
EXACT = Context(prec=200, rounding=ROUND_HALF_UP)

_LONGEST = 48
_CEILING = Decimal(10) ** 20
_AMOUNT = re.compile(r"[0-9]{1,39}(?:\.[0-9]{1,36})?")
_SHOWN_DECIMALS = 2
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?")


def parse(text: str) -> Decimal:
    """The exact number that `text` spells with a decimal point, below 10^20.

    `ValueError` for anything else, thousands separators and currency signs among it: whether
    `1,234` is a thousand or one and a bit is not for us to guess.
    """
    text = text.strip()
    if len(text) > _LONGEST or not _NUMBER.fullmatch(text):
        raise ValueError(f"{text[:_LONGEST]!r} is not a number")
    number = Decimal(text)
    if abs(number) >= _CEILING:
        raise ValueError(f"{text!r} is too large for an amount of money")
    return number


def round_half_up(number: Decimal, decimals: int) -> int:
    """`number` × 10^`decimals` as an integer, halves away from zero."""
    return int(EXACT.quantize(EXACT.scaleb(number, decimals), Decimal(1)))


def cents(number: Decimal) -> int:
    """An amount in dollars as cents, half up."""
    return round_half_up(number, CENT_DECIMALS)


def units(number: Decimal) -> int:
    """An amount in dollars as token units, half up."""
    return round_half_up(number, TOKEN_DECIMALS)


def units_of_cents(cents: int) -> int:
    """Token units of an amount in cents."""
    return cents * UNITS_PER_CENT


def cents_of_units(units: int) -> int:
    """Whole cents of an amount in token units, rounded down."""
    return units // UNITS_PER_CENT


def dollars(cents: int) -> str:
    """An amount in cents for people: `1,234.56`."""
    whole, part = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole:,}.{part:02d}"


def units_of(text: str, decimals: int) -> int:
    """The smallest units of a token with `decimals` that a decimal text such as `1250.00` means.

    `ValueError` where it is no such text or has more decimals.
    """
    if not _AMOUNT.fullmatch(text):
        raise ValueError(f"{text[:_LONGEST]!r} is no amount: write digits and a point, as 1250.00")
    scaled = EXACT.scaleb(Decimal(text), decimals)
    if scaled != scaled.to_integral_value(context=EXACT):
        raise ValueError(f"{text!r} has more than the token's {decimals} decimals")
    return int(scaled)


def amount_text(units: int, decimals: int) -> str:
    """An amount in a token's smallest units as `units_of` reads it, with two decimals at least."""
    whole, part = divmod(units, 10**decimals)
    digits = f"{part:0{decimals}d}".rstrip("0") if decimals else ""
    digits = digits.ljust(min(_SHOWN_DECIMALS, decimals), "0")
    return f"{whole}.{digits}" if digits else str(whole)
