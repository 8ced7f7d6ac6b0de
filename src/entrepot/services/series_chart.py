"""The chart of a sensor's series: what was measured, what is allowed, who held the goods."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby, pairwise
from statistics import median

from entrepot.services import svg
from entrepot.services.svg import Box

_WIDTH, _LEFT, _RIGHT = 870.0, 62.0, 858.0
_HIGH = 260.0
_SIZE, _SMALL = 12.0, 11.0
_LANE = 15.0
_BAND = 22.0
_GAP = 3.0
_TICKS = (1, 2, 2.5, 5, 10)
_HOUR, _DAY = 3_600, 86_400
_STEPS = (
    *(60 * n for n in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * n for n in (1, 2, 3, 6, 12)),
    *(_DAY * n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a sensor measured at a time (seconds UTC), in the chart's unit."""

    at: int
    value: float


@dataclass(frozen=True, slots=True)
class Band:
    """What is allowed, ends included; None where that side has no limit."""

    low: float | None = None
    high: float | None = None

    def holds(self, value: float) -> bool:
        """Whether a value is allowed."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


@dataclass(frozen=True, slots=True)
class CustodySpan:
    """Who held the goods from `since` to `until` (seconds UTC; None: they still do)."""

    custodian_id: int
    custodian: str
    since: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Marker:
    """An event at a time (seconds UTC) in a few words; a warning is drawn in red."""

    at: int
    text: str
    is_warning: bool = False


def picture(
    readings: Sequence[Reading],
    unit: str,
    band: Band,
    custody: Sequence[CustodySpan] = (),
    markers: Sequence[Marker] = (),
    gap_seconds: int | None = None,
    title: str = "Sensor readings",
) -> str:
    """The chart as SVG that needs nothing else; its size does not grow with the readings.

    Where more than `gap_seconds` lie between two readings the line is interrupted; without it, where
    three times the usual interval does. Of all readings that fall on one unit of the picture's width
    the first, last, lowest and highest are drawn, so that no excursion is lost. `ValueError` without
    readings.
    """
    if not readings:
        raise ValueError("there are no readings to draw")
    chart = _Chart(sorted(readings, key=lambda r: r.at), band, custody, markers)
    parts = [
        *chart.allowed(),
        *chart.axes(unit),
        *chart.gaps_and_line(gap_seconds),
        *chart.events(),
        *chart.hands(),
    ]
    head = svg.label(12, 20, svg.fitted(title, 14, _WIDTH - 24), 14, fill=svg.INK)
    return svg.document(_WIDTH, chart.height, title, [head, *parts])


class _Chart:
    def __init__(
        self,
        readings: Sequence[Reading],
        band: Band,
        custody: Sequence[CustodySpan],
        markers: Sequence[Marker],
    ) -> None:
        self._readings = readings
        self._band = band
        times = [readings[0].at, readings[-1].at, *(marker.at for marker in markers)]
        times += [at for span in custody for at in (span.since, span.until) if at is not None]
        self._first, self._last = min(times), max(max(times), min(times) + 60)
        self._low, self._high, self._step = self._scale()
        self._custody = sorted(custody, key=lambda span: span.since)
        self._labels = _placed(
            [(self._x(m.at), m) for m in sorted(markers, key=lambda marker: marker.at)]
        )
        lanes = 1 + max((lane for lane, *_ in self._labels), default=-1)
        self._top = 34 + lanes * _LANE + (8 if lanes else 0)
        self._bottom = self._top + _HIGH
        self.height = self._bottom + 30

    def _scale(self) -> tuple[float, float, float]:
        """Lowest and highest value drawn, and the step of the axis."""
        values = [reading.value for reading in self._readings]
        values += [limit for limit in (self._band.low, self._band.high) if limit is not None]
        low, high = min(values), max(values)
        spare = (high - low) * 0.08 or max(abs(high) * 0.05, 0.5)
        step = _nice((high - low + 2 * spare) / 6)
        return (
            math.floor((low - spare) / step) * step,
            math.ceil((high + spare) / step) * step,
            step,
        )

    def _x(self, at: float) -> float:
        return _LEFT + (at - self._first) / (self._last - self._first) * (_RIGHT - _LEFT)

    def _y(self, value: float) -> float:
        return self._bottom - (value - self._low) / (self._high - self._low) * _HIGH

    def allowed(self) -> Iterator[str]:
        """What is allowed, shaded, with its limits."""
        low, high = self._band.low, self._band.high
        top = self._top if high is None else self._y(high)
        bottom = self._bottom if low is None else self._y(low)
        yield (
            f'<rect x="{_LEFT:g}" y="{top:.1f}" width="{_RIGHT - _LEFT:g}" '
            f'height="{bottom - top:.1f}" fill="#1f8a7a" fill-opacity="0.1"/>'
        )
        for limit in (low, high):
            if limit is not None:
                y = self._y(limit)
                yield (
                    f'<path d="M{_LEFT:g} {y:.1f}H{_RIGHT:g}" stroke="#1f8a7a" '
                    'stroke-width="1" stroke-dasharray="5 3"/>'
                )

    def axes(self, unit: str) -> Iterator[str]:
        """Values with their unit upwards, times along."""
        digits = max(0, -math.floor(math.log10(self._step) + 1e-9))
        digits += round(self._step * 10**digits, 6) % 1 != 0
        for i in range(round((self._high - self._low) / self._step) + 1):
            value = self._low + i * self._step
            y = self._y(value)
            yield f'<path d="M{_LEFT:g} {y:.1f}H{_RIGHT:g}" stroke="{svg.LINE}" stroke-width="0.6"/>'
            yield svg.label(_LEFT - 8, y + 4, f"{value + 0.0:.{digits}f}", anchor="end")
        named = svg.fitted(unit, _SIZE, _LEFT - 16)
        yield svg.label(_LEFT - 8, self._top - 10, named, anchor="end", fill=svg.INK)
        for at, text, anchor in _ticks(self._first, self._last, self._x):
            x = self._x(at)
            yield (
                f'<path d="M{x:.1f} {self._bottom:g}v5" stroke="{svg.SOFT}" stroke-width="0.8"/>'
                + svg.label(x, self._bottom + 19, text, anchor=anchor)
            )

    def gaps_and_line(self, gap_seconds: int | None) -> Iterator[str]:
        """The readings as lines, those outside in red, and the times without any, hatched."""
        limit = gap_seconds or 3 * median(
            [b.at - a.at for a, b in pairwise(self._readings)] or [_DAY]
        )
        runs = list(_runs(self._readings, limit))
        for before, after in pairwise(runs):
            left, right = self._x(before[-1].at), self._x(after[0].at)
            yield (
                f'<rect class="gap" x="{left:.1f}" y="{self._top:g}" width="{right - left:.1f}" '
                f'height="{_HIGH:g}" fill="{svg.SOFT}" fill-opacity="0.12"/>'
            )
            box = svg.box_of((left + right) / 2, self._bottom - 6, "no readings", 10, "middle")
            if box.right - box.left < right - left - 4:
                x = (left + right) / 2
                yield svg.label(x, self._bottom - 6, "no readings", 10, "middle")
        for run in runs:
            yield from self._lines(run)

    def _lines(self, run: Sequence[Reading]) -> Iterator[str]:
        points = [
            (self._x(r.at), self._y(r.value), self._band.holds(r.value)) for r in self._few(run)
        ]
        yield _line([(x, y) for x, y, _ in points], svg.BLUE, "inside")
        for outside in self._excursions(points):
            yield _line(outside, svg.RED, "outside")

    def _few(self, run: Sequence[Reading]) -> Iterator[Reading]:
        """First, last, lowest and highest of the readings on each unit of the width, in order."""
        for _, group in groupby(run, key=lambda reading: int(2 * self._x(reading.at))):
            column = list(group)
            ends = (0, len(column) - 1)
            value = [reading.value for reading in column]
            extremes = (value.index(min(value)), value.index(max(value)))
            for i in sorted({*ends, *extremes}):
                yield column[i]

    def _excursions(
        self, points: Sequence[tuple[float, float, bool]]
    ) -> Iterator[list[tuple[float, float]]]:
        """Runs of points outside, from and to where the line crosses the limit."""
        run: list[tuple[float, float]] = []
        last: tuple[float, float, bool] | None = None
        for point in points:
            x, y, inside = point
            if not inside:
                if not run and last:
                    run.append(self._crossing(point, last))
                run.append((x, y))
            elif run and last:
                yield [*run, self._crossing(last, point)]
                run = []
            last = point
        if run:
            yield run

    def _crossing(
        self, outside: tuple[float, float, bool], inside: tuple[float, float, bool]
    ) -> tuple[float, float]:
        (x, y, _), (u, v, _) = outside, inside
        limit = next(
            limit
            for limit in (self._band.low, self._band.high)
            if limit is not None and (self._y(limit) - y) * (self._y(limit) - v) <= 0
        )
        share = (self._y(limit) - y) / (v - y)
        return x + share * (u - x), y + share * (v - y)

    def events(self) -> Iterator[str]:
        """A line for each event, and its words above where they cover no other's."""
        for lane, left, x, marker in self._labels:
            colour = svg.RED if marker.is_warning else svg.INK
            base = 34 + lane * _LANE + 11
            text = svg.fitted(marker.text, _SMALL, _RIGHT - _LEFT)
            yield (
                f'<path d="M{x:.1f} {base + 3:g}V{self._bottom:g}" stroke="{colour}" '
                f'stroke-width="1"{"" if marker.is_warning else " stroke-opacity=" + _HALF}/>'
            )
            yield svg.label(left, base, text, _SMALL, fill=colour)

    def hands(self) -> Iterator[str]:
        """Who held the goods: a bar along the time axis, and names in it or in a list under it."""
        if not self._custody:
            return
        top = self._bottom + 30
        colours = svg.colours(span.custodian_id for span in self._custody)
        listed: dict[int, str] = {}
        for span in self._custody:
            left, right = self._x(span.since), self._x(span.until or self._last)
            colour = colours[span.custodian_id]
            yield (
                f'<rect x="{left:.1f}" y="{top:g}" width="{right - left:.1f}" height="{_BAND:g}" '
                f'fill="{colour}" stroke="{svg.PAPER}" stroke-width="1"/>'
            )
            if svg.width_of(span.custodian, _SMALL) + 8 <= right - left:
                yield svg.label(
                    (left + right) / 2, top + 15, span.custodian, _SMALL, "middle", svg.PAPER
                )
            else:
                listed[span.custodian_id] = span.custodian
        x, y = _LEFT, top + _BAND + 18
        for number, name in listed.items():
            text = svg.fitted(name, _SIZE, _RIGHT - _LEFT - 40)
            wide = svg.width_of(text, _SIZE) + 40
            if x > _LEFT and x + wide > _RIGHT:
                x, y = _LEFT, y + 19
            yield f'<rect x="{x:.1f}" y="{y - 10:g}" width="14" height="11" fill="{colours[number]}"/>'
            yield svg.label(x + 20, y, text, fill=svg.INK)
            x += wide
        self.height = y + 12 if listed else top + _BAND + 12


_HALF = '"0.45"'


def _line(points: Sequence[tuple[float, float]], colour: str, kind: str) -> str:
    """A line, or a dot where there is a single point."""
    if len(points) == 1:
        ((x, y),) = points
        return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="2" fill="{colour}"/>'
    return (
        f'<polyline class="{kind}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" '
        f'fill="none" stroke="{colour}" stroke-width="1.6" stroke-linejoin="round"/>'
    )


def _runs(readings: Sequence[Reading], limit: float) -> Iterator[list[Reading]]:
    """Readings without a gap between them."""
    run = [readings[0]]
    for before, after in pairwise(readings):
        if after.at - before.at > limit:
            yield run
            run = []
        run.append(after)
    yield run


def _placed(markers: Iterable[tuple[float, Marker]]) -> list[tuple[int, float, float, Marker]]:
    """Lane, left end and line of each event, so that no words cover others or another's line."""
    found: list[tuple[int, float, float, Marker]] = []
    taken: list[tuple[int, Box]] = []
    for x, marker in reversed(list(markers)):
        width = svg.width_of(svg.fitted(marker.text, _SMALL, _RIGHT - _LEFT), _SMALL)
        left = x + _GAP if x + _GAP + width <= _RIGHT else max(_LEFT, x - _GAP - width)
        own = Box(min(left, x) - 2, 0, max(left + width, x) + _GAP, 1)
        lane = 0
        while any(own.overlaps(box) for at, box in taken if at == lane):
            lane += 1
        taken.append((lane, own))
        found.append((lane, left, x, marker))
    return found


def _ticks(first: int, last: int, place: object) -> Iterator[tuple[int, str, str]]:
    """Times along the axis that leave room for their words."""
    room = (last - first) / 8
    step = next((step for step in _STEPS if step >= room), math.ceil(room / _DAY) * _DAY)
    for at in range(-(-first // step) * step, last + 1, step):
        when = datetime.fromtimestamp(at, UTC)
        text = when.strftime("%Y-%m-%d") if step >= _DAY else when.strftime("%d %b %H:%M")
        yield at, text, "middle"


def _nice(step: float) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that is not below."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(n * power for n in _TICKS if n * power >= step * (1 - 1e-9))
