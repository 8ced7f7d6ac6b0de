"""A series as a logger in a cold chain records it, made from a seed that says all of it.

A reading is a time, seconds UTC, and a value of each metric in the contract's unit.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from entrepot.core.metrics import DECIMALS, Metric
from entrepot.core.readings import Reading

METRICS = (Metric.TEMPERATURE, Metric.HUMIDITY, Metric.SHOCK)
_HOUR, _DAY = 3_600, 86_400
_SETPOINT = 5.0
_AMBIENT, _AMBIENT_SWING = 24.0, 6.0
_CYCLE = 2_400
_WARMEST = 15 * _HOUR
_WARMING, _COOLING, _CLOSING = 6 * _HOUR, 1 * _HOUR, 1_200
_SELDOM, _OFTEN = 4 * _HOUR, 12 * _HOUR
_MOST_AJAR = 1.6


@dataclass(frozen=True, slots=True)
class ColdChain:
    """Goods kept at 5 °C: a compressor that cycles, doors that open, days and nights outside.

    `excursion`: seconds after `start` at which the cooling fails, and for how long. Without one all
    temperatures stay within 2 to 8 °C.
    """

    seed: int
    start: int
    interval: int
    excursion: tuple[int, int] | None = None

    def readings(self, seconds: int) -> Iterator[Reading]:
        """Readings of as many seconds."""
        chance, ajar, warm = Random(self.seed), 0.0, 0.0
        phase = chance.randrange(_CYCLE)
        opens = self.start + chance.randrange(_SELDOM, _OFTEN)
        for at in range(self.start, self.start + seconds, self.interval):
            is_opened = at >= opens
            if is_opened:
                ajar += chance.uniform(0.5, 1.0) * (_MOST_AJAR - ajar)
                opens = at + chance.randrange(_SELDOM, _OFTEN)
            outside = _AMBIENT + _AMBIENT_SWING * _day(at)
            warm = self._warmed(warm, at, outside)
            cycle = abs((at + phase) % _CYCLE / _CYCLE - 0.5) * 4 - 1
            noise = max(-0.2, min(0.2, chance.gauss(0, 0.05)))
            temperature = _SETPOINT + 0.6 * cycle + 0.3 * _day(at) + ajar + warm + noise
            humidity = 55 - 4 * cycle + 5 * ajar - 0.4 * warm + 10 * noise
            shock = abs(chance.gauss(0, 0.04)) + (chance.uniform(0.2, 0.9) if is_opened else 0)
            values = (temperature, min(humidity, 99.0), shock)
            yield (
                at,
                tuple(
                    round(value * 10 ** DECIMALS[metric])
                    for metric, value in zip(METRICS, values, strict=True)
                ),
            )
            ajar *= math.exp(-self.interval / _CLOSING)

    def _warmed(self, warm: float, at: int, outside: float) -> float:
        """Degrees above the setpoint: they drift towards the weather while the cooling fails."""
        if self.excursion is not None:
            begin, length = self.excursion
            if begin <= at - self.start < begin + length:
                goal = outside - _SETPOINT
                return goal - (goal - warm) * math.exp(-self.interval / _WARMING)
        return warm * math.exp(-self.interval / _COOLING)


def _day(at: int) -> float:
    """1 at the warmest time of a day, -1 at the coldest."""
    return math.cos((at % _DAY - _WARMEST) / _DAY * 2 * math.pi)
