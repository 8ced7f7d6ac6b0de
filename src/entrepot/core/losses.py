"""Simulated shipments to try a tariff on, drawn from a model that is not the tariff's.

Here lateness is a continuous time, weather is a state that a zone's voyages of one month share,
excursions are intervals in the time of transit, and a carrier's reliability is hidden behind its
grade. A storm brings delay, excursions and damage together. Nothing is read from the tariff;
only where countries lie is common. docs/insurance-model.md (Pricing) says what that shows.
"""

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from math import ceil, cos, exp, inf, log, pi, sqrt

from entrepot.core.credit import Grade
from entrepot.core.metrics import Metric
from entrepot.core.pricing import WHOLE, Facts, Outside, Voyage
from entrepot.core.tariff import Mode, Zone, zone_of

_YEAR = 365.0
_DAY = 86_400
_EULER = 0.5772156649
_SEVERITY = 2.5
"""Times as many delays in a month of storms as in a calm one."""


@dataclass(frozen=True, slots=True)
class Carriage:
    """`late`: share late in calm and storm together; days late are Weibull's, with this mean and
    deviation of their logarithm; `transit` in days between zones; `outside`: excursions a day by
    metric; `lost`, `damaged`: share of shipments.
    """

    late: float
    log_mean: float
    log_deviation: float
    transit: float
    outside: Mapping[Metric, float]
    lost: float
    damaged: float


def _rates(temperature: float, humidity: float, shock: float) -> Mapping[Metric, float]:
    return dict(zip(Metric, (temperature, humidity, shock), strict=True))


CARRIAGE = {
    Mode.AIR: Carriage(0.093, 2.23, 1.5, 5, _rates(0.0124, 0.0082, 0.0102), 0.003, 0.006),
    Mode.CHARTER: Carriage(0.109, 1.83, 1.28, 3, _rates(0.0154, 0.0101, 0.0136), 0.002, 0.005),
    Mode.OCEAN: Carriage(0.219, 3.22, 1.18, 32, _rates(0.0024, 0.004, 0.0013), 0.0025, 0.012),
    Mode.ROAD: Carriage(0.179, 2.2, 1.1, 8, _rates(0.0084, 0.0051, 0.0077), 0.005, 0.0124),
    Mode.RAIL: Carriage(0.125, 2.3, 1.4, 18, _rates(0.0037, 0.0028, 0.004), 0.004, 0.011),
}


@dataclass(frozen=True, slots=True)
class _Climate:
    """Congestion relative to the mean; chance of a month of storms, and excess heat, each by its
    height and its day of the year; share refused by customs.
    """

    congestion: float
    storm: float
    storm_day: float
    heat: float
    heat_day: float
    refused: float


_CLIMATE = {
    Zone.AFRICA: _Climate(1.1, 0.25, 105, 0.2, 45, 0.003),
    Zone.EAST_ASIA: _Climate(0.9, 0.55, 245, 0.9, 200, 0.002),
    Zone.EURASIA: _Climate(1.1, 0.8, 15, 1.1, 200, 0.003),
    Zone.EUROPE: _Climate(0.8, 0.8, 15, 1.1, 200, 0.0015),
    Zone.LATIN_AMERICA: _Climate(1.05, 0.5, 260, 0.4, 15, 0.0025),
    Zone.MIDDLE_EAST: _Climate(0.95, 0.25, 200, 1.2, 195, 0.0025),
    Zone.NORTH_AMERICA: _Climate(0.8, 0.8, 15, 1.1, 200, 0.0015),
    Zone.OCEANIA: _Climate(0.9, 0.4, 45, 1.1, 15, 0.002),
    Zone.SOUTH_ASIA: _Climate(1.0, 0.7, 210, 1.1, 135, 0.0025),
}

_CALM = 0.08
"""Chance of a month of storms out of season."""
_RELIABILITY = {
    Grade.AAA: (0.95, 1.0),
    Grade.AA: (0.9, 0.95),
    Grade.A: (0.8, 0.9),
    Grade.BBB: (0.7, 0.8),
    Grade.BB: (0.6, 0.7),
    Grade.B: (0.5, 0.6),
    Grade.CCC: (0.4, 0.5),
    Grade.CC: (0.3, 0.4),
    Grade.C: (0.2, 0.3),
    Grade.D: (0.0, 0.2),
    Grade.NR: (0.6, 0.98),
}
"""Share of its trades that somebody of a grade does well, from and to."""
_EXCURSION = log(3_700), 1.6
_BLOW = log(1.0), 1.1
_LOST = log(750), 1.6
_DAMAGED = log(520), 1.5


def simulate_losses(voyages: Iterable[Voyage], seed: int, years: int = 50) -> Iterator[Facts]:
    """What becomes of each voyage, each in one of so many years; the same for the same seed."""
    world = _World(random.Random(seed), years)
    for voyage in voyages:
        yield world.sail(voyage)


class _World:
    """The weather of its years, drawn when a voyage first meets it."""

    def __init__(self, numbers: random.Random, years: int) -> None:
        self._numbers = numbers
        self._years = years
        self._storms: dict[tuple[Zone, int, int], bool] = {}

    def sail(self, voyage: Voyage) -> Facts:
        """One voyage."""
        draw = self._numbers
        carriage = CARRIAGE[voyage.mode]
        zones = zone_of(voyage.origin), zone_of(voyage.destination)
        is_near = zones[0] is zones[1]
        transit = carriage.transit * (0.6 if is_near else 1.0)
        due = (voyage.month - 1 + draw.random()) * _YEAR / 12
        place = draw.randrange(2)
        day = due if place else due - transit
        storm = self._storm(zones[place], day)
        well = draw.uniform(*_RELIABILITY[voyage.grade])
        frailty = (2 + (1 - well) / 0.12) / 3

        hazard = -log(1 - carriage.late) * frailty * storm * _backlog(due)
        hazard *= sqrt(_CLIMATE[zones[0]].congestion * _CLIMATE[zones[1]].congestion)
        days_late = 0
        if draw.random() > exp(-hazard * (0.9 if is_near else 1.0)):
            days_late = ceil(draw.weibullvariate(*_weibull(carriage)))

        rough = sqrt(storm)
        stress = frailty * rough * _heat(zones[place], day)
        outside = {}
        for metric, rate in carriage.outside.items():
            found = self._excursions(rate * transit * stress, transit, metric)
            if found is not None:
                outside[metric] = found
        lost = self._share(carriage.lost * frailty, _LOST)
        is_refused = draw.random() < _CLIMATE[zones[1]].refused * frailty
        damaged = self._share(carriage.damaged * frailty * rough, _DAMAGED)
        never = is_refused or lost == WHOLE or days_late > voyage.refund_days
        return Facts(
            days_late=voyage.refund_days if never else days_late,
            outside=outside,
            lost_bps=lost,
            damaged_bps=0 if never else min(damaged, WHOLE - lost),
            is_refused=is_refused,
            is_undelivered=never,
        )

    def _storm(self, zone: Zone, day: float) -> float:
        """Delays of this month relative to the mean of all."""
        month = int(day % _YEAR * 12 / _YEAR)
        key = zone, month, self._numbers.randrange(self._years)
        if key not in self._storms:
            self._storms[key] = self._numbers.random() < _chance(zone, month)
        mean = sum(_chance(zone, month) for month in range(12)) / 12
        return (_SEVERITY if self._storms[key] else 1) / (1 + (_SEVERITY - 1) * mean)

    def _excursions(self, mean: float, transit: float, metric: Metric) -> Outside | None:
        """Intervals outside a band, where they overlap one; as many as Poisson has them."""
        draw = self._numbers
        spell = _BLOW if metric is Metric.SHOCK else _EXCURSION
        intervals = []
        waited = draw.expovariate(1) if mean else inf
        while waited < mean:
            begin = draw.random() * transit * _DAY
            intervals.append((begin, begin + draw.lognormvariate(*spell)))
            waited += draw.expovariate(1)
        if not intervals:
            return None
        runs, end = [], -inf
        for begin, until in sorted(intervals):
            if begin > end:
                runs.append(0.0)
            runs[-1] += max(until - max(begin, end), 0)
            end = max(end, until)
        return Outside(int(max(runs)), int(sum(runs)))

    def _share(self, chance: float, size: tuple[float, float]) -> int:
        draw = self._numbers
        if draw.random() >= chance:
            return 0
        return min(ceil(draw.lognormvariate(*size)), WHOLE)


def _weibull(carriage: Carriage) -> tuple[float, float]:
    """Scale in days and shape."""
    shape = pi / (sqrt(6) * carriage.log_deviation)
    return exp(carriage.log_mean + _EULER / shape), shape


def _bump(day: float, peak: float) -> float:
    """1 on the peak's day of the year, a half about six weeks from it, hardly anything half a year
    from it.
    """
    return exp(2.6 * (cos(2 * pi * (day - peak) / _YEAR) - 1))


@cache
def _chance(zone: Zone, month: int) -> float:
    climate = _CLIMATE[zone]
    return _CALM + climate.storm * _bump((month + 0.5) * _YEAR / 12, climate.storm_day)


def _heat(zone: Zone, day: float) -> float:
    climate = _CLIMATE[zone]
    return (1 + climate.heat * _bump(day, climate.heat_day)) / (1 + climate.heat * _mean_bump())


@cache
def _mean_bump() -> float:
    return sum(_bump(day, 0) for day in range(int(_YEAR))) / _YEAR


def _backlog(day: float) -> float:
    """What the year's end leaves behind in ports, gone after some weeks; its mean is 1."""
    fades = 25.0
    height = 0.55
    mean = height * fades / _YEAR
    return (1 + height * exp(-day / fades)) / (1 + mean)
