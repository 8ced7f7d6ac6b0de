"""What devices measure, in the units of people and in those of the contracts."""

from decimal import Decimal, InvalidOperation
from enum import IntEnum

_LEAST, _MOST = -(2**31), 2**31 - 1


class Metric(IntEnum):
    """A metric, as `IShipmentSource.sol` numbers it."""

    TEMPERATURE = 0
    HUMIDITY = 1
    SHOCK = 2


UNITS = {Metric.TEMPERATURE: "°C", Metric.HUMIDITY: "% RH", Metric.SHOCK: "g"}
"""Units in which people read a metric."""
DECIMALS = {Metric.TEMPERATURE: 2, Metric.HUMIDITY: 2, Metric.SHOCK: 3}
"""Decimals of a reading in those units: a contract's unit is the last of them."""


def metric_named(text: str) -> Metric:
    """The metric of a name; `ValueError` for none."""
    found = Metric.__members__.get(text.strip().upper())
    if found is None:
        known = ", ".join(each.name.lower() for each in Metric)
        raise ValueError(f"{text!r} is no metric; there are {known}")
    return found


def reading_of(metric: Metric, text: str) -> int:
    """A reading in the contract's unit, from a decimal text in people's; `ValueError` where it is
    none, or finer than the contract's.
    """
    try:
        scaled = Decimal(text) * 10 ** DECIMALS[metric]
        found = int(scaled)
    except (InvalidOperation, ValueError, OverflowError):
        raise ValueError(f"{text!r} is no number of {UNITS[metric]}") from None
    if found != scaled:
        raise ValueError(f"{text} has more than {DECIMALS[metric]} decimals")
    if not _LEAST <= found <= _MOST:
        raise ValueError(f"{text} {UNITS[metric]} is out of range")
    return found


def reading_text(metric: Metric, reading: int) -> str:
    """A reading in people's unit, without it."""
    decimals = DECIMALS[metric]
    sign, (whole, part) = "-" * (reading < 0), divmod(abs(reading), 10**decimals)
    text = f"{whole}.{part:0{decimals}d}".rstrip("0").rstrip(".")
    return sign + text
