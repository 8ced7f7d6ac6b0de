"""Money as integers: cents of a dollar, and units of the test dollar (6 decimals)."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

TOKEN_DECIMALS = 6
UNITS_PER_CENT = 10 ** (TOKEN_DECIMALS - 2)


def parse(text: str) -> Decimal:
    """A finite decimal number from text; `ValueError` for anything else."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation as failure:
        raise ValueError(f"{text!r} is not a number") from failure
    if not number.is_finite() or abs(number) >= Decimal(10) ** 20:
        raise ValueError(f"{text!r} is not an amount of money")
    return number


def round_half_up(number: Decimal, decimals: int) -> int:
    """`number` × 10^`decimals` as an integer, halves away from zero."""
    return int(number.scaleb(decimals).quantize(Decimal(1), ROUND_HALF_UP))


def units_of_cents(cents: int) -> int:
    """Token units of an amount in cents."""
    return cents * UNITS_PER_CENT


def cents_of_units(units: int) -> int:
    """Whole cents of an amount in token units, rounded down."""
    return units // UNITS_PER_CENT


def dollars(cents: int) -> str:
    """An amount for people: `1,234.56`."""
    return f"{cents // 100:,}.{cents % 100:02d}"
