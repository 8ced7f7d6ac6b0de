"""The chart of a rating: score and confidence through time, the grades, and what moved them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby, pairwise

from entrepot.core.credit import Grade, Rating, Sum, grade_of
from entrepot.services import svg
from entrepot.services.credit_events import Count

_WIDTH, _LEFT, _RIGHT = 900.0, 62.0, 844.0
_TOP, _HIGH = 66.0, 360.0
_BOTTOM = _TOP + _HIGH
_SIZE, _SMALL = 12.0, 11.0
_SEEN = 4
"""Points on a unit of the width that are all drawn."""
_MANY = 80
"""Marks from which on they are small, so that the line under them is seen."""
_RADIUS = 3.4
_STEP = 3.0
"""Width in which marks of one kind at one height are one mark."""
_DAY = 86_400
_DAYS = (1, 2, 7, 14)
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240)
_COLOURS = {
    Count.KEPT: "#1f8a7a",
    Count.HALF: "#d9962b",
    Count.FAILED: svg.RED,
    Count.BROKEN: "#5c1a33",
}
_SHADES = {
    Grade.AAA: "#b9dfd0", Grade.AA: "#c9e7d8", Grade.A: "#d9eee1", Grade.BBB: "#e8f4e6",
    Grade.BB: "#f3f7e4", Grade.B: "#fbf7e0", Grade.CCC: "#fcefd9", Grade.CC: "#fbe5d5",
    Grade.C: "#f8d9cf", Grade.D: "#f2c9c3",
}  # fmt: skip
_FLOORS = {
    grade: next(score for score in range(0, 10_001, 500) if grade_of(score) is grade)
    for grade in _SHADES
}


@dataclass(frozen=True, slots=True)
class Mark:
    """An ending at a time, seconds UTC, and what it counted as."""

    at: int
    count: Count


def picture(
    stretches: Sequence[tuple[Sum, int]],
    marks: Sequence[Mark],
    since: int,
    until: int,
    title: str,
) -> str:
    """The chart from `since` to `until`, seconds UTC, as SVG that needs nothing else.

    `stretches`: as `history.stretches` has them; between two endings both lines are drawn as they
    drift, a point for each unit of the width. Its size does not grow with the number of endings.
    `ValueError` where there is nothing to draw in that time.
    """
    chart = _Chart(stretches, since, until)
    shown = [mark for mark in marks if chart.first <= mark.at <= until]
    parts = [
        *chart.bands(),
        *chart.times(),
        *chart.lines(),
        *chart.marks(shown),
        *_legend(shown),
    ]
    head = svg.label(12, 22, svg.fitted(title, 15, _WIDTH - 24), 15, fill=svg.INK)
    return svg.document(_WIDTH, _BOTTOM + 30, title, [head, *parts])


class _Chart:
    def __init__(self, stretches: Sequence[tuple[Sum, int]], since: int, until: int) -> None:
        self._stretches = [each for each in stretches if since <= each[1] and each[0].at <= until]
        if not self._stretches:
            raise ValueError("there is no rating to draw in that time")
        self.first = max(since, self._stretches[0][0].at)
        self._last = max(until, self.first + 60)

    def _x(self, at: float) -> float:
        return _LEFT + (at - self.first) / (self._last - self.first) * (_RIGHT - _LEFT)

    def bands(self) -> Iterator[str]:
        """The grades, shaded and named, with their scores."""
        tops = {**{worse: _FLOORS[better] for better, worse in pairwise(_SHADES)}}
        for grade, shade in _SHADES.items():
            top, bottom = _y(tops.get(grade, 10_000)), _y(_FLOORS[grade])
            yield (
                f'<rect x="{_LEFT:g}" y="{top:.1f}" width="{_RIGHT - _LEFT:g}" '
                f'height="{bottom - top:.1f}" fill="{shade}"/>'
            )
            middle = (top + bottom) / 2 + 4
            yield svg.label(_RIGHT + 8, middle, grade.name, _SMALL, fill=svg.INK)
        for score in range(0, 10_001, 1_000):
            y = _y(score)
            yield (
                f'<path d="M{_LEFT:g} {y:.1f}H{_RIGHT:g}" stroke="{svg.PAPER}" stroke-width="1"/>'
                + svg.label(_LEFT - 8, y + 4, f"{score // 100} %", anchor="end")
            )

    def times(self) -> Iterator[str]:
        """Dates along the time axis."""
        yield f'<path d="M{_LEFT:g} {_BOTTOM:g}H{_RIGHT:g}" stroke="{svg.SOFT}" stroke-width="1"/>'
        free = _LEFT - 20
        for at, text in _ticks(self.first, self._last):
            x = self._x(at)
            yield (
                f'<path d="M{x:.1f} {_TOP:g}V{_BOTTOM + 5:g}" stroke="{svg.SOFT}" '
                'stroke-opacity="0.25" stroke-width="0.8"/>'
            )
            box = svg.box_of(x, 0, text, _SIZE, "middle")
            if free <= box.left and box.right <= _WIDTH:
                yield svg.label(x, _BOTTOM + 20, text, anchor="middle")
                free = box.right + 8

    def lines(self) -> Iterator[str]:
        """Confidence, and over it the score."""
        points = list(self._points())
        confidence = [(x, _y(rating.confidence)) for x, rating in points]
        score = [(x, _y(rating.score)) for x, rating in points]
        yield _line("confidence", _few(confidence), f'stroke="{svg.SOFT}" stroke-dasharray="4 3"')
        yield _line("score", _few(score), f'stroke="{svg.INK}"', 1.8)

    def _points(self) -> Iterator[tuple[float, Rating]]:
        for total, end in self._stretches:
            begin, end = max(total.at, self.first), min(end, self._last)
            left, right = self._x(begin), self._x(end)
            yield left, total.rating(begin)
            for x in range(int(left) + 1, int(right) + 1):
                share = (x - _LEFT) / (_RIGHT - _LEFT)
                at = self.first + round(share * (self._last - self.first))
                if begin < at < end:
                    yield float(x), total.rating(at)
            yield right, total.rating(end)

    def marks(self, marks: Iterable[Mark]) -> Iterator[str]:
        """A mark on the score for each ending, the worse ones over the better."""
        after = {total.at: total.rating(total.at).score for total, _ in self._stretches}
        places = {
            (mark.count, round(self._x(mark.at) / _STEP), round(_y(after[mark.at]) / _STEP)): mark
            for mark in marks
        }
        radius = _RADIUS if len(places) < _MANY else _RADIUS / 2
        for (count, *_), mark in sorted(places.items(), key=lambda each: _ORDER[each[0][0]]):
            yield _mark(self._x(mark.at), _y(after[mark.at]), count, radius)


_ORDER = {count: place for place, count in enumerate(Count)}


def _y(bps: float) -> float:
    return _BOTTOM - bps / 10_000 * _HIGH


def _mark(x: float, y: float, count: Count, radius: float = _RADIUS) -> str:
    """Round for what was kept at least by half, square for what was not."""
    edge = svg.PAPER if radius == _RADIUS else "none"
    style = f'fill="{_COLOURS[count]}" stroke="{edge}" stroke-width="0.8"'
    kind = count.name.lower()
    if count in (Count.KEPT, Count.HALF):
        return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" {style}/>'
    return (
        f'<rect class="{kind}" x="{x - radius:.1f}" y="{y - radius:.1f}" width="{2 * radius:g}" '
        f'height="{2 * radius:g}" {style}/>'
    )


def _legend(marks: Iterable[Mark]) -> Iterator[str]:
    """What lines and marks are, with how many there are of each."""
    x, y = _LEFT, 46.0
    counted = Counter(mark.count for mark in marks)
    for text, style, width in (
        ("score", f'stroke="{svg.INK}"', 1.8),
        ("confidence", f'stroke="{svg.SOFT}" stroke-dasharray="4 3"', 1.4),
    ):
        yield f'<path d="M{x:.1f} {y - 4:g}h22" fill="none" {style} stroke-width="{width}"/>'
        yield svg.label(x + 28, y, text)
        x += 44 + svg.width_of(text, _SIZE)
    for count in Count:
        text = f"{count.value}: {counted[count]:,}"
        yield _mark(x + 4, y - 4, count)
        yield svg.label(x + 14, y, text)
        x += 30 + svg.width_of(text, _SIZE)
    yield svg.label(_RIGHT, y, "times in UTC", _SIZE, "end")


def _line(kind: str, points: Iterable[tuple[float, float]], style: str, width: float = 1.4) -> str:
    return (
        f'<polyline class="{kind}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" '
        f'fill="none" {style} stroke-width="{width}" stroke-linejoin="round"/>'
    )


def _few(points: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """First, last, lowest and highest of the points on each unit of the width, in order."""
    for _, group in groupby(points, key=lambda point: int(point[0])):
        column = list(group)
        if len(column) <= _SEEN:
            yield from column
            continue
        heights = [y for _, y in column]
        extremes = heights.index(min(heights)), heights.index(max(heights))
        for i in sorted({0, *extremes, len(column) - 1}):
            yield column[i]


def _ticks(first: int, last: int) -> Iterator[tuple[int, str]]:
    """Days, or first days of months or years, so far apart that their words have room."""
    room = (last - first) / 8
    days = next((days for days in _DAYS if days * _DAY >= room), None)
    if days is not None:
        step = days * _DAY
        for at in range(-(-first // step) * step, last + 1, step):
            yield at, datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
        return
    months = next((each for each in _MONTHS if each * 30 * _DAY >= room), _MONTHS[-1])
    begin = datetime.fromtimestamp(first, UTC)
    month = -(-(begin.year * 12 + begin.month - 1) // months) * months
    while (at := _first_of(month)) <= last:
        if at >= first:
            yield at, f"{month // 12}" if months >= 12 else f"{month // 12}-{month % 12 + 1:02d}"
        month += months


def _first_of(month: int) -> int:
    """First second, UTC, of a month, counted from the year 0."""
    return int(datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC).timestamp())
