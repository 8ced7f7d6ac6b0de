"""What scans of labels tell together. One proves nothing: anyone reports it."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import asin, cos, hypot, radians, sin

MAX_KMH = 1_000.0
"""Goods that travel faster than by air are two."""
SLACK_KM = 20.0
"""How far places may be off: a phone's position by its cell, and a block's time."""
BURST_SCANS = 10
BURST_SECONDS = 3_600
PLACE = 100_000
"""Units of a degree that positions are given in."""
_EARTH_KM = 6_371.0088
_HOUR = 3_600

Batch = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Scan:
    """An item seen at a time, seconds UTC, and place, in 10^-5 degrees north and east."""

    gtin: int
    lot: str
    serial: str
    at: int
    latitude: int
    longitude: int


@dataclass(frozen=True, slots=True)
class Leap:
    """Two scans of one item, one after the other, too far apart for the time between."""

    first: Scan
    second: Scan
    km: float


@dataclass(frozen=True, slots=True)
class Burst:
    """So many scans of one item, from the first to the last in seconds UTC."""

    gtin: int
    lot: str
    serial: str
    first_at: int
    last_at: int
    count: int


def distance_km(one: Scan, other: Scan) -> float:
    """Great-circle distance (haversine formula, mean radius)."""
    north, north_other = radians(one.latitude / PLACE), radians(other.latitude / PLACE)
    turn = radians((other.longitude - one.longitude) / PLACE)
    across = hypot(
        sin((north_other - north) / 2), (cos(north) * cos(north_other)) ** 0.5 * sin(turn / 2)
    )
    return 2 * _EARTH_KM * asin(min(1.0, across))


def leaps(
    scans: Iterable[Scan], max_kmh: float = MAX_KMH, slack_km: float = SLACK_KM
) -> list[Leap]:
    """Scans of an item that no journey links, in the order of the later one.

    Neighbours in time suffice: where two scans are too far apart, so are two neighbours between
    them, but for the slack.
    """
    found = []
    for seen in _by_item(scans):
        for first, second in pairwise(seen):
            km = distance_km(first, second)
            if km > slack_km + max_kmh * (second.at - first.at) / _HOUR:
                found.append(Leap(first, second, km))
    return sorted(found, key=lambda leap: leap.second.at)


def bursts(
    scans: Iterable[Scan], count: int = BURST_SCANS, seconds: int = BURST_SECONDS
) -> list[Burst]:
    """Items scanned at least `count` times within some `seconds`; what overlaps is one burst."""
    found = []
    for seen in _by_item(scans):
        spans: list[tuple[int, int]] = []
        start = 0
        for end, scan in enumerate(seen):
            while scan.at - seen[start].at > seconds:
                start += 1
            if end - start + 1 >= count:
                begin = spans.pop()[0] if spans and start <= spans[-1][1] else start
                spans.append((begin, end))
        for begin, end in spans:
            one, last = seen[begin], seen[end]
            found.append(
                Burst(one.gtin, one.lot, one.serial, one.at, last.at, end - begin + 1)
            )  # fmt: skip
    return sorted(found, key=lambda burst: burst.first_at)


def never_shipped(scans: Iterable[Scan], shipped: Collection[Batch]) -> dict[Batch, int]:
    """How often items were scanned of batches that no shipment has carried."""
    return dict(
        Counter((s.gtin, s.lot) for s in scans if (s.gtin, s.lot) not in shipped)
    )  # fmt: skip


def _by_item(scans: Iterable[Scan]) -> Iterator[list[Scan]]:
    """Scans of each item, in the order of their times."""
    items: dict[tuple[int, str, str], list[Scan]] = defaultdict(list)
    for scan in scans:
        items[scan.gtin, scan.lot, scan.serial].append(scan)
    for seen in items.values():
        yield sorted(seen, key=lambda scan: scan.at)
