"""Who held a shipment when and where: as rows of a table, and drawn on a map."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Literal

from entrepot.core.places import location_text, seal_text
from entrepot.services import places, svg, world_map
from entrepot.services.places import NO_SITES, Sites
from entrepot.services.svg import Box
from entrepot.services.world_map import Point, View

Mode = Literal["sea", "air", "road"]

_WIDTH, _EDGE = 870.0, 12.0
_FRAME = Box(0, 0, _WIDTH, 470)
_SIZE, _LINE = 12.0, 19.0
_BADGE = 9.0
_COLUMNS = (_EDGE, 490.0)
_AROUND = ((0, -1), (1, 0), (-1, 0), (0, 1), (1, -1), (-1, -1), (1, 1), (-1, 1))
_SHORTEST = 0.15
_CREDIT = "Map: Natural Earth. Places: UN/LOCODE, GeoNames."
_DASHES = {"sea": "", "air": "9 4", "road": "2 3.5", None: "1 5"}
_MODES = {"sea": "by sea", "air": "by air", "road": "by road", None: "mode not given"}
_WHOLE_WORLD: list[Point] = [(-150, -55), (170, 75)]


@dataclass(frozen=True, slots=True)
class Alarm:
    """What went wrong at a time (seconds UTC), in a few words."""

    at: int
    text: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A location of 13 bytes that the goods passed at a time (seconds UTC), in the same hands."""

    at: int
    location: bytes


@dataclass(frozen=True, slots=True)
class Stay:
    """One custody: from the handover at `location` (13 bytes, as on chain) to the next one.

    `since` and `until` in seconds UTC, `until` is None while it lasts; `seal` has 16 bytes; `mode`
    is how the goods went on from here, where that is known.
    """

    custodian_id: int
    custodian: str
    location: bytes
    since: int
    until: int | None = None
    seal: bytes = bytes(16)
    mode: Mode | None = None
    is_late: bool = False
    alarms: tuple[Alarm, ...] = ()
    passed: tuple[Checkpoint, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A stay for people: `number` counts from 1; `code` is the location's spelling, `place` its
    name; `km` is how far the goods went from here to the next handover, None where that is unknown.
    """

    number: int
    custodian_id: int
    custodian: str
    place: str
    code: str
    since: int
    until: int | None
    seal: str
    mode: Mode | None
    km: int | None
    is_late: bool
    alarms: tuple[Alarm, ...]


def rows(stays: Sequence[Stay], sites: Sites = NO_SITES) -> list[Row]:
    """Who held the goods when and where, in order of time; checkpoints are not stays."""
    ways = _ways(stays, sites)
    return [
        Row(
            number=number,
            custodian_id=stay.custodian_id,
            custodian=stay.custodian,
            place=places.name(stay.location, sites),
            code=location_text(stay.location),
            since=stay.since,
            until=stay.until,
            seal=seal_text(stay.seal),
            mode=stay.mode,
            km=None if way is None else round(world_map.length_km(way)),
            is_late=stay.is_late,
            alarms=stay.alarms,
        )
        for number, (stay, way) in enumerate(zip(stays, ways, strict=True), 1)
    ]


def picture(stays: Sequence[Stay], sites: Sites = NO_SITES) -> str:
    """The trajectory on a map, as SVG that needs nothing else.

    Ways by sea are the shortest ones through canals, by air and road great circles, whichever way
    the goods really took. A stay at an unknown place is listed and not drawn. An alarm's place
    follows from its time.
    """
    drawing = _Drawing(stays, sites)
    parts = [drawing.map(), *drawing.key()]
    first, last = stays[0], stays[-1]
    title = (
        f"Trajectory from {places.name(first.location, sites)} "
        f"to {places.name(last.location, sites)}, {_day(first.since)} to {_day(last.since)}"
    )
    return svg.document(_WIDTH, drawing.height, title, parts)


def _ways(stays: Sequence[Stay], sites: Sites) -> list[list[Point] | None]:
    """Way of each stay to the next handover, or None where an end is unknown; the last stay's goes
    to its last known checkpoint, or nowhere.
    """
    found: list[list[Point] | None] = []
    here: Point | None = None
    for stay, after in zip(stays, [*stays[1:], None], strict=True):
        start = _point(stay.location, sites, here)
        here = start or here
        ends = [passed.location for passed in stay.passed] + ([after.location] if after else [])
        known = [p for p in (_point(location, sites) for location in ends) if p]
        if start is None or (after and _point(after.location, sites) is None):
            found.append(None)
            continue
        way = [start]
        for point in known:
            way += _between(stay.mode, way[-1], point)[1:]
        found.append(way)
        here = way[-1]
    return found


def _between(mode: Mode | None, a: Point, b: Point) -> list[Point]:
    if world_map.distance_km(a, b) == 0:
        return [a]
    way = world_map.sea_route(a, b) if mode == "sea" else world_map.great_circle(a, b)
    return world_map.continued([a, *way[1:]])


def _point(location: bytes, sites: Sites, beside: Point | None = None) -> Point | None:
    found = places.coordinates(location, sites)
    if found is None:
        return None
    point = found[1], found[0]
    return world_map.near(point, beside) if beside else point


class _Drawing:
    def __init__(self, stays: Sequence[Stay], sites: Sites) -> None:
        self._stays = stays
        self._sites = sites
        self._ways = _ways(stays, sites)
        self._colours = svg.colours(stay.custodian_id for stay in stays)
        self._points = self._placed()
        seen = [p for way in self._ways for p in way or ()] + [p for p in self._points if p]
        self._view = View.around(seen or _WHOLE_WORLD, _FRAME)
        self._alarms = [
            (alarm, self._whereabouts(number, alarm))
            for number, stay in enumerate(stays)
            for alarm in stay.alarms
        ]
        self._trail = [
            ((x * (steps - i) + u * i) / steps, (y * (steps - i) + v * i) / steps)
            for way in self._ways
            for (x, y), (u, v) in pairwise([self._view.place(point) for point in way or ()])
            for steps in [max(1, int(math.hypot(u - x, v - y) / 2))]
            for i in range(steps)
        ]
        self.height = 0.0

    def _placed(self) -> list[Point | None]:
        """Where each stay begins, on the side of the globe on which its way is drawn."""
        found: list[Point | None] = []
        here: Point | None = None
        for stay, way in zip(self._stays, self._ways, strict=True):
            found.append(way[0] if way else _point(stay.location, self._sites, here))
            here = way[-1] if way else found[-1] or here
        return found

    def _whereabouts(self, number: int, alarm: Alarm) -> Point | None:
        stay, way = self._stays[number], self._ways[number]
        if way is None:
            return self._points[number]
        if stay.until is None or stay.until <= stay.since:
            return way[0]
        share = (alarm.at - stay.since) / (stay.until - stay.since)
        return world_map.along(way, min(1.0, max(0.0, share)))

    def map(self) -> str:
        lines = [self._line(stay, way) for stay, way in zip(self._stays, self._ways, strict=True)]
        stops = _grouped(self._points, self._view, _numbers)
        alarms = _grouped([point for _, point in self._alarms], self._view, _letters)
        taken: list[Box] = []
        marks = [self._stop(stop, taken) for stop in stops]
        warnings = [_warned(alarm, taken) for alarm in alarms]
        names = [self._name(stop, taken) for stop in stops]
        return "".join([world_map.ground(self._view), *lines, *names, *marks, *warnings])

    def _line(self, stay: Stay, way: list[Point] | None) -> str:
        if way is None or len(way) < 2:
            return ""
        path = self._view.path(way)
        colour, dash = self._colours[stay.custodian_id], _DASHES[stay.mode]
        late = (
            f'<path d="{path}" fill="none" stroke="{svg.RED}" stroke-opacity="0.3" '
            'stroke-width="9" stroke-linecap="round" stroke-linejoin="round"/>'
        )
        return (
            (late if stay.is_late else "")
            + f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2.6" '
            + f'stroke-linejoin="round"{f" stroke-dasharray={dash!r}" if dash else ""}/>'
            + self._arrow(way, colour)
        )

    def _arrow(self, way: list[Point], colour: str) -> str:
        """A head half-way, where the way is long enough to have one."""
        (x, y), (u, v) = (self._view.place(world_map.along(way, s)) for s in (0.6, 0.605))
        size = math.hypot(u - x, v - y)
        if size < _SHORTEST:
            return ""
        dx, dy = (u - x) / size * 6, (v - y) / size * 6
        return (
            f'<path d="M{x + dx:.1f} {y + dy:.1f}L{x - dx - dy:.1f} {y - dy + dx:.1f}'
            f'L{x - dx + dy:.1f} {y - dy - dx:.1f}Z" fill="{colour}" stroke="{svg.PAPER}" '
            'stroke-width="0.8"/>'
        )

    def _stop(self, stop: "_Mark", taken: list[Box]) -> str:
        taken.append(stop.box)
        alone = len({self._stays[i].custodian_id for i in stop.members}) == 1
        colour = self._colours[self._stays[stop.members[0]].custodian_id]
        return _badge(stop.at, stop.text, colour if alone else svg.INK)

    def _name(self, stop: "_Mark", taken: list[Box]) -> str:
        """A place's name beside it, where it covers no mark or name and as few ways as can be."""
        x, y = stop.at
        stays = [self._stays[i].location for i in stop.members]
        both = ", ".join(dict.fromkeys(places.name(location, self._sites) for location in stays))
        text = svg.fitted(both, _SIZE, 220)
        side = (stop.box.right - stop.box.left) / 2 + 4
        above = _BADGE + 4
        choices: list[tuple[int, int, float, float, str, Box]] = []
        for dx, dy, anchor in (
            (side, 4, "start"),
            (-side, 4, "end"),
            (0, -above, "middle"),
            (0, above + 9, "middle"),
            (side - 4, -above + 2, "start"),
            (4 - side, -above + 2, "end"),
            (side - 4, above + 7, "start"),
            (4 - side, above + 7, "end"),
        ):
            box = svg.box_of(x + dx, y + dy, text, _SIZE, anchor)
            if box.within(_FRAME) and not any(box.overlaps(other) for other in taken):
                choices.append((self._covered(box), len(choices), x + dx, y + dy, anchor, box))
        if not choices:
            return ""
        _, _, left, base, anchor, box = min(choices)
        taken.append(box)
        halo = f'stroke="{svg.PAPER}" stroke-width="3" paint-order="stroke"'
        return svg.label(left, base, text, _SIZE, anchor, svg.INK, halo)

    def _covered(self, box: Box) -> int:
        """How many points of ways, one for every two units, a text would cover."""
        return sum(
            box.left <= x <= box.right and box.top <= y <= box.bottom for x, y in self._trail
        )

    def key(self) -> list[str]:
        left, right = _COLUMNS
        parts, y = [], _FRAME.bottom + 24
        parts.append(svg.label(left, y, "Handovers, times in UTC", 13, fill=svg.INK))
        for number, stay in enumerate(self._stays, 1):
            y += _LINE
            parts += self._entry(number, stay, left, y, right - left - 24)
        lowest, y = y, _FRAME.bottom + 24
        parts.append(svg.label(right, y, "In the hands of", 13, fill=svg.INK))
        for draw in self._samples():
            y += _LINE
            parts.append(draw(right, y))
        y = max(lowest, y)
        for i, (alarm, _) in enumerate(self._alarms):
            y += _LINE + (8 if i == 0 else 0)
            text = f"{_minute(alarm.at)}  {alarm.text}"
            room = _WIDTH - 2 * _EDGE - _SAMPLE - 8
            parts.append(_diamond((left + _BADGE, y - 4), _letters([i])))
            parts.append(
                svg.label(left + 2 * _BADGE + 6, y, svg.fitted(text, _SIZE, room), fill=svg.INK)
            )
        y += _LINE
        parts.append(svg.label(_WIDTH - _EDGE, y, _CREDIT, 9, "end"))
        self.height = y + 10
        return parts

    def _entry(self, number: int, stay: Stay, x: float, y: float, width: float) -> list[str]:
        colour = self._colours[stay.custodian_id]
        name = places.name(stay.location, self._sites)
        text = f"{name} ({location_text(stay.location)})" if any(stay.location) else name
        if self._points[number - 1] is None:
            text += ", not drawn"
        when = _minute(stay.since)
        room = width - 2 * _BADGE - 14 - svg.width_of(when, _SIZE)
        badge = _badge((x + _BADGE, y - 4), str(number), colour)
        return [
            badge,
            svg.label(x + 2 * _BADGE + 6, y, svg.fitted(text, _SIZE, room), fill=svg.INK),
            svg.label(x + width, y, when, anchor="end"),
        ]

    def _samples(self) -> list[Callable[[float, float], str]]:
        """What the colours and marks mean, one for each line; each draws itself at (x, y)."""
        names = {stay.custodian_id: stay.custodian for stay in self._stays}
        drawn = [
            (stay, way)
            for stay, way in zip(self._stays, self._ways, strict=True)
            if way and len(way) > 1
        ]
        modes = list(dict.fromkeys(stay.mode for stay, _ in drawn))
        samples = [_swatch(self._colours[number], name) for number, name in names.items()]
        samples += [_stroke(svg.SOFT, _DASHES[mode], _MODES[mode]) for mode in modes]
        if any(stay.is_late for stay, _ in drawn):
            samples.append(_halo)
        return samples


_Sample = Callable[[float, float], str]
_SAMPLE = 26.0
_ROOM = _WIDTH - _EDGE - _COLUMNS[1] - _SAMPLE - 8


def _said(x: float, y: float, text: str) -> str:
    return svg.label(x + _SAMPLE + 8, y, svg.fitted(text, _SIZE, _ROOM), fill=svg.INK)


def _swatch(colour: str, name: str) -> _Sample:
    def draw(x: float, y: float) -> str:
        box = f'<rect x="{x:g}" y="{y - 10:g}" width="{_SAMPLE:g}" height="11" fill="{colour}"/>'
        return box + _said(x, y, name)

    return draw


def _stroke(colour: str, dash: str, text: str, extra: str = "") -> _Sample:
    def draw(x: float, y: float) -> str:
        dashes = f" stroke-dasharray={dash!r}" if dash else ""
        return (
            f'<path d="M{x:g} {y - 4:g}h{_SAMPLE:g}" stroke="{colour}" '
            f'stroke-width="2.6"{dashes}{extra}/>' + _said(x, y, text)
        )

    return draw


def _halo(x: float, y: float) -> str:
    return (
        f'<path d="M{x + 4:g} {y - 4:g}h{_SAMPLE - 8:g}" stroke="{svg.RED}" stroke-opacity="0.3" '
        'stroke-width="9" stroke-linecap="round"/>' + _said(x, y, "leg was late")
    )


@dataclass(frozen=True, slots=True)
class _Mark:
    """Stops or alarms, by number from 0, that are drawn as one."""

    at: Point
    members: list[int]
    text: str

    @property
    def box(self) -> Box:
        (x, y), half = self.at, _half(self.text)
        return Box(x - half, y - _BADGE, x + half, y + _BADGE)


def _grouped(
    points: Sequence[Point | None], view: View, spelt: Callable[[list[int]], str]
) -> list[_Mark]:
    """Marks for the points, where those that would cover each other are one."""
    marks: list[_Mark] = []
    for i, point in enumerate(points):
        if point is None:
            continue
        mark = _Mark(view.place(point), [i], spelt([i]))
        while hit := next((m for m in marks if m.box.overlaps(mark.box)), None):
            marks.remove(hit)
            members = sorted(hit.members + mark.members)
            mark = _Mark(hit.at, members, spelt(members))
        marks.append(mark)
    return sorted(marks, key=lambda mark: mark.members[0])


def _numbers(members: list[int]) -> str:
    """1, 2 and so on; a row of three or more by its ends."""
    runs: list[list[int]] = []
    for i in members:
        if runs and runs[-1][-1] == i - 1:
            runs[-1].append(i)
        else:
            runs.append([i])
    return ",".join(
        f"{run[0] + 1}–{run[-1] + 1}" if len(run) > 2 else ",".join(str(i + 1) for i in run)
        for run in runs
    )


def _letters(members: list[int]) -> str:
    """a to z, then a1 to z1 and so on; four or more by their ends."""
    spelt = [chr(97 + i % 26) + (str(i // 26) if i >= 26 else "") for i in members]
    return ",".join(spelt) if len(spelt) < 4 else f"{spelt[0]}…{spelt[-1]}"


def _half(text: str) -> float:
    return max(_BADGE, svg.width_of(text, 11) / 2 + 4)


def _badge(at: Point, text: str, colour: str) -> str:
    (x, y), half = at, _half(text)
    return (
        f'<rect x="{x - half:.1f}" y="{y - _BADGE:.1f}" width="{2 * half:.1f}" '
        f'height="{2 * _BADGE:g}" rx="{_BADGE:g}" fill="{colour}" stroke="{svg.PAPER}" '
        'stroke-width="1.5"/>'
        + svg.label(x, y + 4, text, 11, "middle", svg.PAPER, 'font-weight="bold"')
    )


def _warned(alarm: _Mark, taken: list[Box]) -> str:
    """An alarm where it was, or beside the mark that is there."""
    (x, y), reach = alarm.at, 2 * _BADGE + 3
    shifts = [(0, 0), *((n * reach * dx, n * reach * dy) for n in (1, 2, 3) for dx, dy in _AROUND)]
    moved = [_Mark((x + dx, y + dy), alarm.members, alarm.text) for dx, dy in shifts]
    free = [
        mark
        for mark in moved
        if mark.box.within(_FRAME) and not any(mark.box.overlaps(box) for box in taken)
    ]
    mark = free[0] if free else alarm
    taken.append(mark.box)
    return _diamond(mark.at, mark.text)


def _diamond(at: Point, text: str) -> str:
    (x, y), half = at, max(_BADGE, svg.width_of(text, 10) / 2 + 5)
    return (
        f'<path d="M{x - half:.1f} {y:.1f}L{x:.1f} {y - _BADGE:.1f}L{x + half:.1f} {y:.1f}'
        f'L{x:.1f} {y + _BADGE:.1f}Z" fill="{svg.RED}" stroke="{svg.PAPER}" stroke-width="1.5"/>'
        + svg.label(x, y + 3.5, text, 10, "middle", svg.PAPER, 'font-weight="bold"')
    )


def _minute(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")


def _day(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()
