"""The chart of a sensor's series: what was measured, what is allowed, who held the goods."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby, pairwise
from statistics import median

from entrepot.services import svg

_WIDTH, _LEFT, _RIGHT = 870.0, 66.0, 858.0
_HIGH = 260.0
_SIZE, _SMALL = 12.0, 11.0
_LANE = 15.0
_HEAD = 34.0
_BAND = 22.0
_GAP = 4.0
_ROOM = (_RIGHT - _LEFT) / 3 - _GAP
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

    def side(self, value: float) -> int:
        """-1 below what is allowed, 1 above, 0 within."""
        if self.low is not None and value < self.low:
            return -1
        return int(self.high is not None and value > self.high)


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

    Where more than `gap_seconds` lie between two readings the line is interrupted; without it,
    where three times the usual interval does. Of all readings that fall on one unit of the
    picture's width the first, last, lowest and highest are drawn, so that no excursion is lost.
    `ValueError` without readings.
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
    note = f"{_allowed(band, unit)}, times in UTC"
    room = _WIDTH - 48 - svg.width_of(note, _SIZE)
    head = svg.label(12, 20, svg.fitted(title, 14, room), 14, fill=svg.INK)
    head += svg.label(_RIGHT, 20, note, _SIZE, "end")
    return svg.document(_WIDTH, chart.height, title, [head, *parts])


def _allowed(band: Band, unit: str) -> str:
    if band.low is not None and band.high is not None:
        return f"allowed: {band.low:g} to {band.high:g} {unit}"
    if band.low is not None:
        return f"allowed: from {band.low:g} {unit}"
    return "no limits" if band.high is None else f"allowed: up to {band.high:g} {unit}"


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
        self._labels = _placed([(self._x(marker.at), marker) for marker in markers])
        lanes = 1 + max((lane for lane, _ in self._labels), default=-1)
        self._top = _HEAD + lanes * _LANE + 20
        self._bottom = self._top + _HIGH
        self.height = self._bottom + 30

    def _scale(self) -> tuple[float, float, float]:
        """Lowest and highest value drawn, and the step of the axis."""
        values = [reading.value for reading in self._readings]
        values += [limit for limit in (self._band.low, self._band.high) if limit is not None]
        low, high = min(values), max(values)
        spare = max((high - low) * 0.08, max(abs(low), abs(high)) * 0.01, 0.05)
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
            yield (
                f'<path d="M{_LEFT:g} {y:.1f}H{_RIGHT:g}" stroke="{svg.LINE}" stroke-width="0.6"/>'
                + svg.label(_LEFT - 8, y + 4, f"{value + 0.0:.{digits}f}", anchor="end")
            )
        named = svg.fitted(unit, _SIZE, _LEFT - 16)
        yield svg.label(_LEFT - 8, self._top - 10, named, anchor="end", fill=svg.INK)
        for at, text in _ticks(self._first, self._last):
            x = self._x(at)
            yield (
                f'<path d="M{x:.1f} {self._bottom:g}v5" stroke="{svg.SOFT}" stroke-width="0.8"/>'
            )
            if svg.box_of(x, 0, text, _SIZE, "middle").right <= _WIDTH:
                yield svg.label(x, self._bottom + 19, text, anchor="middle")

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
            (self._x(reading.at), self._y(reading.value), self._band.side(reading.value))
            for reading in self._few(run)
        ]
        yield _line([(x, y) for x, y, _ in points], svg.BLUE, "inside")
        for outside in self._excursions(points):
            yield _line(outside, svg.RED, "outside")

    def _few(self, run: Sequence[Reading]) -> Iterator[Reading]:
        """First, last, lowest and highest of the readings on each unit of the width, in order."""
        for _, group in groupby(run, key=lambda reading: int(self._x(reading.at))):
            column = list(group)
            values = [reading.value for reading in column]
            extremes = values.index(min(values)), values.index(max(values))
            for i in sorted({0, *extremes, len(column) - 1}):
                yield column[i]

    def _excursions(
        self, points: Sequence[tuple[float, float, int]]
    ) -> Iterator[list[tuple[float, float]]]:
        """Runs of points on one side of what is allowed, from and to where the line crosses."""
        run: list[tuple[float, float]] = []
        x0, y0, side = points[0]
        if side:
            run = [(x0, y0)]
        for x, y, after in points[1:]:
            if after != side:
                if side:
                    yield [*run, self._crossing((x0, y0), (x, y), side)]
                run = [self._crossing((x0, y0), (x, y), after)] if after else []
            if after:
                run.append((x, y))
            x0, y0, side = x, y, after
        if run:
            yield run

    def _crossing(
        self, before: tuple[float, float], after: tuple[float, float], side: int
    ) -> tuple[float, float]:
        """Where the line between two points crosses the limit on a side."""
        limit = self._band.high if side > 0 else self._band.low
        assert limit is not None
        height = after[1] - before[1]
        share = (self._y(limit) - before[1]) / height if height else 0.0
        return before[0] + share * (after[0] - before[0]), self._y(limit)

    def events(self) -> Iterator[str]:
        """A line for each event, and its words above where nothing else is."""
        for lane, label in self._labels:
            colour = svg.RED if label.marker.is_warning else svg.INK
            base = _HEAD + lane * _LANE + 11
            yield (
                f'<path class="event" d="M{label.x:.1f} {base - 9:g}V{self._bottom:g}" '
                f'stroke="{colour}" stroke-opacity="{0.9 if label.marker.is_warning else 0.45}"/>'
            )
            text = svg.fitted(label.marker.text, _SMALL, _ROOM)
            yield svg.label(label.left, base, text, _SMALL, fill=colour)

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
            yield (
                f'<rect x="{x:.1f}" y="{y - 10:g}" width="14" height="11" '
                f'fill="{colours[number]}"/>' + svg.label(x + 20, y, text, fill=svg.INK)
            )
            x += wide
        self.height = y + 12 if listed else top + _BAND + 12


def _line(points: Sequence[tuple[float, float]], colour: str, kind: str) -> str:
    """A line, or a dot where there is a single point."""
    if len(points) == 1:
        ((x, y),) = points
        return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="2" fill="{colour}"/>'
    width = 1.6 if kind == "inside" else 2.2
    return (
        f'<polyline class="{kind}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" '
        f'fill="none" stroke="{colour}" stroke-width="{width}" stroke-linejoin="round"/>'
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


@dataclass(frozen=True, slots=True)
class _Label:
    """An event's line at `x`, and its words beside it from `left` to `right`."""

    x: float
    left: float
    right: float
    marker: Marker

    @classmethod
    def beside(cls, x: float, marker: Marker, is_left: bool) -> "_Label":
        width = svg.width_of(svg.fitted(marker.text, _SMALL, _ROOM), _SMALL)
        left = x - _GAP - width if is_left else x + _GAP
        return cls(x, left, left + width, marker)

    def cut_by(self, other: "_Label") -> bool:
        """Whether the other's line would go through the words."""
        return self.left - 1 <= other.x <= self.right + 1

    def touches(self, other: "_Label") -> bool:
        return self.left < other.right + _GAP and other.left < self.right + _GAP


def _placed(markers: Sequence[tuple[float, Marker]]) -> list[tuple[int, _Label]]:
    """The lane of each event's words, counted downwards.

    A line begins at its words and goes down, so words stand above those whose line would cut them.
    They stand right of their line, but left where there is no room, or where else two events would
    cut each other.
    """
    labels: list[_Label] = []
    turned: list[_Label] = []
    ordered = sorted(markers, key=lambda item: item[0])
    for x, marker in reversed(ordered):
        label, other = (_Label.beside(x, marker, is_left) for is_left in (False, True))
        at_odds = any(label.cut_by(o) and o.cut_by(label) for o in turned)
        if label.right > _RIGHT or (at_odds and other.left >= 0):
            label = other
            turned.append(label)
        labels.insert(0, label)
    found: list[tuple[int, _Label]] = []
    while labels:
        free = (a for a in labels if not any(b.cut_by(a) for b in labels if b is not a))
        label = next(free, labels[0])
        labels.remove(label)
        lane = 1 + max((at for at, above in found if above.cut_by(label)), default=-1)
        while any(at == lane and other.touches(label) for at, other in found):
            lane += 1
        found.append((lane, label))
    return found


def _ticks(first: int, last: int) -> Iterator[tuple[int, str]]:
    """Times along the axis, so far apart that their words have room."""
    room = (last - first) / 8
    step = next((step for step in _STEPS if step >= room), math.ceil(room / _DAY) * _DAY)
    for at in range(-(-first // step) * step, last + 1, step):
        when = datetime.fromtimestamp(at, UTC)
        yield at, when.strftime("%Y-%m-%d" if step >= _DAY else "%d %b %H:%M")


def _nice(step: float) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that is not below."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(n * power for n in _TICKS if n * power >= step * (1 - 1e-9))
