"""Derive again what the tariff of delays is calibrated on: `python tools/tariff.py FILE`.

FILE is a CSV of real shipments in the SCMS layout. The tool prints the constants that
`src/entrepot/core/tariff.py` holds, and the lateness that `core/losses.py` draws from.
Rows whose mode the tariff does not know are left out.
"""

import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import log
from pathlib import Path
from pprint import pp
from statistics import fmean, pstdev

from entrepot.core.shipments import Shipment
from entrepot.core.tariff import DAYS, Mode
from entrepot.services.shipment_csv import read_shipments

MODES = {
    "Air": Mode.AIR,
    "Air Charter": Mode.CHARTER,
    "Ocean": Mode.OCEAN,
    "Truck": Mode.ROAD,
}


@dataclass(frozen=True, slots=True)
class Derived:
    """`later[mode]`: how many shipments of a mode came more than `DAYS[i]` days late, after their
    number; `months`: percent by which lateness of a month, January first, stands to the year's;
    `credibility`: shipments of its own at which a destination's record counts half; `lateness`:
    mean and deviation of the logarithm of half a day less than the days late.
    """

    later: dict[Mode, tuple[int, ...]]
    months: tuple[int, ...]
    credibility: int
    lateness: dict[Mode, tuple[float, float]]


def derive(path: Path) -> Derived:
    """The constants that a file of shipments gives."""
    by_mode: dict[Mode, list[Shipment]] = defaultdict(list)
    for shipment in read_shipments(path).shipments:
        mode = MODES.get(shipment.carrier.partition(" / ")[0])
        if mode is not None:
            by_mode[mode].append(shipment)
    every = [shipment for shipments in by_mode.values() for shipment in shipments]
    return Derived(
        later={mode: _later(found) for mode, found in sorted(by_mode.items())},
        months=_months(every),
        credibility=round(_credibility(_grouped(every, lambda s: s.carrier.partition(" / ")[2]))),
        lateness={mode: _lateness(found) for mode, found in sorted(by_mode.items())},
    )


def _later(shipments: Collection[Shipment]) -> tuple[int, ...]:
    return len(shipments), *(sum(s.late_days > day for s in shipments) for day in DAYS)


def _months(shipments: Collection[Shipment]) -> tuple[int, ...]:
    """Each month's own lateness, as credible as Bühlmann and Straub say, then a mean of 100."""
    groups = _grouped(shipments, lambda s: s.scheduled.month)
    k = _credibility(groups)
    mean = Fraction(sum(map(sum, groups.values())), len(shipments))
    raw = [(k * mean + sum(groups[month])) / (k + len(groups[month])) for month in range(1, 13)]
    return tuple(round(100 * 12 * share / sum(raw)) for share in raw)


def _credibility(groups: dict[object, list[bool]]) -> Fraction:
    """k = s² / τ² of Bühlmann and Straub, by their unbiased estimators."""
    weights = [len(group) for group in groups.values()]
    means = [Fraction(sum(group), len(group)) for group in groups.values()]
    total = sum(weights)
    mean = sum(w * m for w, m in zip(weights, means, strict=True)) / total
    within = sum(w * m * (1 - m) for w, m in zip(weights, means, strict=True))
    within /= total - len(weights)
    between = sum(w * (m - mean) ** 2 for w, m in zip(weights, means, strict=True))
    between -= (len(weights) - 1) * within
    between /= total - Fraction(sum(w * w for w in weights), total)
    return within / between


def _grouped(
    shipments: Iterable[Shipment], key: Callable[[Shipment], object]
) -> dict[object, list[bool]]:
    groups: dict[object, list[bool]] = defaultdict(list)
    for shipment in shipments:
        groups[key(shipment)].append(shipment.is_late)
    return groups


def _lateness(shipments: Iterable[Shipment]) -> tuple[float, float]:
    logs = [log(shipment.late_days - 0.5) for shipment in shipments if shipment.is_late]
    return round(fmean(logs), 2), round(pstdev(logs), 2)


def main() -> None:
    """Print what the file in the first argument gives."""
    pp(derive(Path(sys.argv[1])), width=100)


if __name__ == "__main__":
    main()
