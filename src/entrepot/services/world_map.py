"""A map of a part of the world: land and borders, and the ways between places.

Points are (longitude, latitude) in degrees. A way that crosses the 180th meridian goes on beyond
180 or below -180; land is drawn again there.
"""

import gzip
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise

from entrepot.services.svg import Box

Point = tuple[float, float]

SEA, LAND, BORDER = "#f1f5f9", "#dce1e8", "#ffffff"
EARTH_KM = 6_371.0
_STEP_KM = 150.0
_LEAST_DEGREES = 3.0
_MARGIN = 0.14
_STEEPEST = 60.0
_FINEST = 1.0
_NORTH, _SOUTH = 86.0, -80.0


def distance_km(a: Point, b: Point) -> float:
    """Great-circle distance in kilometres."""
    (x, y), (u, v) = (tuple(math.radians(value) for value in point) for point in (a, b))
    h = math.sin((v - y) / 2) ** 2 + math.cos(y) * math.cos(v) * math.sin((u - x) / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(h)))


def length_km(way: Sequence[Point]) -> float:
    """Length of a way in kilometres."""
    return sum(distance_km(a, b) for a, b in pairwise(way))


def great_circle(a: Point, b: Point) -> list[Point]:
    """The shortest way over the globe, a point every 150 km."""
    arc = distance_km(a, b) / EARTH_KM
    steps = max(1, math.ceil(arc * EARTH_KM / _STEP_KM))
    if math.sin(arc) < 1e-9:
        return [a, near(b, a)]
    start, end = _vector(a), _vector(b)
    way = [a]
    for step in range(1, steps):
        share = step / steps
        p, q = math.sin((1 - share) * arc), math.sin(share * arc)
        x, y, z = (p * s + q * e for s, e in zip(start, end, strict=True))
        point = math.degrees(math.atan2(y, x)), math.degrees(math.atan2(z, math.hypot(x, y)))
        way.append(near(point, way[-1]))
    return [*way, near(b, way[-1])]


def sea_route(a: Point, b: Point) -> list[Point]:
    """The shortest way by sea between two ports, through canals, not north of America or Asia."""
    from searoute import searoute

    found = searoute([near(a, (0, 0))[0], a[1]], [near(b, (0, 0))[0], b[1]])
    return continued([a, *(tuple(point[:2]) for point in found.geometry.coordinates), b])


def continued(way: Iterable[Point]) -> list[Point]:
    """The same way without jumps of 360 degrees."""
    found: list[Point] = []
    for point in way:
        found.append(near(point, found[-1]) if found else point)
    return found


def near(point: Point, other: Point) -> Point:
    """The point, as many times around the globe as brings it nearest to the other."""
    return point[0] + 360 * round((other[0] - point[0]) / 360), point[1]


def along(way: Sequence[Point], share: float) -> Point:
    """The point at a share of a way's length."""
    left = share * length_km(way)
    for a, b in pairwise(way):
        step = distance_km(a, b)
        if step >= left and step > 0:
            return a[0] + (b[0] - a[0]) * left / step, a[1] + (b[1] - a[1]) * left / step
        left -= step
    return way[-1]


def _vector(point: Point) -> tuple[float, float, float]:
    x, y = math.radians(point[0]), math.radians(point[1])
    return math.cos(y) * math.cos(x), math.cos(y) * math.sin(x), math.sin(y)


@dataclass(frozen=True, slots=True)
class View:
    """The region from `west` to `east` and `south` to `north`, drawn into `frame`; distances are
    true along the middle parallel.
    """

    west: float
    south: float
    east: float
    north: float
    frame: Box

    @classmethod
    def around(cls, points: Iterable[Point], frame: Box) -> "View":
        """The smallest region of the frame's shape that holds the points with a margin."""
        xs, ys = zip(*points, strict=True)
        middle = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
        squeeze = math.cos(math.radians(min(_STEEPEST, abs(middle[1]))))
        wide = (max(xs) - min(xs)) * (1 + 2 * _MARGIN) * squeeze
        high = (max(ys) - min(ys)) * (1 + 2 * _MARGIN)
        shape = (frame.right - frame.left) / (frame.bottom - frame.top)
        high = max(high, wide / shape, _LEAST_DEGREES)
        half_high, half_wide = high / 2, high * shape / squeeze / 2
        at = min(max(middle[1], _SOUTH + half_high), _NORTH - half_high)
        spare = (max(ys) - min(ys)) * _MARGIN
        at = min(max(at, max(ys) + spare - half_high), min(ys) - spare + half_high)
        return cls(
            middle[0] - half_wide, at - half_high, middle[0] + half_wide, at + half_high, frame
        )

    def place(self, point: Point) -> Point:
        """Where a point stands in the picture."""
        x = (point[0] - self.west) / (self.east - self.west)
        y = (self.north - point[1]) / (self.north - self.south)
        left, top, right, bottom = self.frame
        return left + x * (right - left), top + y * (bottom - top)

    def path(self, way: Iterable[Point]) -> str:
        """SVG path data of a way."""
        return _path([self.place(point) for point in way])


def ground(view: View) -> str:
    """Sea, land and borders of a view, cut at its frame."""
    left, top, right, bottom = view.frame
    rings = "".join(_path(ring) + "Z" for ring in _land(view))
    lines = "".join(_path(line) for line in _borders(view))
    return (
        f'<rect x="{left:g}" y="{top:g}" width="{right - left:g}" height="{bottom - top:g}" '
        f'fill="{SEA}"/><path d="{rings}" fill="{LAND}" fill-rule="evenodd"/>'
        f'<path d="{lines}" fill="none" stroke="{BORDER}" stroke-width="0.8"/>'
    )


def _land(view: View) -> Iterator[list[Point]]:
    for ring in _world()[0]:
        for copy in _copies(ring, view):
            cut = copy
            for axis, limit, sign in (
                (0, view.west, 1),
                (0, view.east, -1),
                (1, view.south, 1),
                (1, view.north, -1),
            ):
                cut = _cut(cut, axis, limit, sign)
            drawn = _thinned([view.place(point) for point in cut])
            if len(drawn) > 2:
                yield drawn


def _borders(view: View) -> Iterator[list[Point]]:
    for line in _world()[1]:
        for copy in _copies(line, view):
            run: list[Point] = []
            for a, b in pairwise(copy):
                seen = _clipped(a, b, view)
                if seen is None:
                    continue
                if run and run[-1] != seen[0]:
                    yield _thinned([view.place(point) for point in run])
                    run = []
                run += seen if not run else seen[1:]
            if run:
                yield _thinned([view.place(point) for point in run])


def _clipped(a: Point, b: Point, view: View) -> tuple[Point, Point] | None:
    """The part of a line that is in view (Liang and Barsky)."""
    first, last = 0.0, 1.0
    for axis, low, high in ((0, view.west, view.east), (1, view.south, view.north)):
        step = b[axis] - a[axis]
        if step == 0:
            if not low <= a[axis] <= high:
                return None
            continue
        enters, leaves = sorted(((low - a[axis]) / step, (high - a[axis]) / step))
        first, last = max(first, enters), min(last, leaves)
    if first >= last:
        return None
    at = [(a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])) for t in (first, last)]
    return (a if first == 0 else at[0]), (b if last == 1 else at[1])


def _copies(points: list[Point], view: View) -> Iterator[list[Point]]:
    """The points at every turn of the globe at which they may be seen."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    if min(ys) > view.north or max(ys) < view.south:
        return
    first = math.ceil((view.west - max(xs)) / 360)
    for turn in range(first, math.floor((view.east - min(xs)) / 360) + 1):
        yield [(x + 360 * turn, y) for x, y in points]


def _cut(ring: list[Point], axis: int, limit: float, sign: int) -> list[Point]:
    """The part of a ring on one side of a line (Sutherland and Hodgman)."""
    kept: list[Point] = []
    for a, b in zip(ring[-1:] + ring[:-1], ring, strict=True):
        a_in, b_in = sign * (a[axis] - limit) >= 0, sign * (b[axis] - limit) >= 0
        if a_in != b_in:
            share = (limit - a[axis]) / (b[axis] - a[axis])
            other = a[1 - axis] + share * (b[1 - axis] - a[1 - axis])
            kept.append((limit, other) if axis == 0 else (other, limit))
        if b_in:
            kept.append(b)
    return kept


def _thinned(points: list[Point]) -> list[Point]:
    """Without the points that are too close to the last one to be seen."""
    kept = points[:1]
    for x, y in points[1:]:
        if abs(x - kept[-1][0]) + abs(y - kept[-1][1]) >= _FINEST:
            kept.append((x, y))
    return kept


def _path(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) if points else ""


@cache
def _world() -> tuple[list[list[Point]], list[list[Point]]]:
    """Rings of land, and borders."""
    packed = (files("entrepot") / "world" / "land.json.gz").read_bytes()
    world = json.loads(gzip.decompress(packed))
    arcs = [_points(steps) for steps in world["arcs"]]
    rings = [
        _closed([point for i in ring for point in (arcs[i] if i >= 0 else arcs[~i][::-1])])
        for polygon in world["land"]
        for ring in polygon
    ]
    return rings, [continued(arcs[i]) for i in world["borders"]]


def _closed(ring: list[Point]) -> list[Point]:
    """A ring without jumps; one that goes around the world, as Antarctica's, ends at the pole."""
    whole = continued(ring)
    if abs(whole[-1][0] - whole[0][0]) > 180:
        whole += [(whole[-1][0], -90.0), (whole[0][0], -90.0)]
    return whole


def _points(steps: list[int]) -> list[Point]:
    x = y = 0
    points = []
    for dx, dy in zip(steps[::2], steps[1::2], strict=True):
        x, y = x + dx, y + dy
        points.append((x / 100, y / 100))
    return points
