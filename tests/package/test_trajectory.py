"""A shipment's trajectory, as rows and on a map."""

import random
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.pdfbase.pdfmetrics import stringWidth

from entrepot.core.places import location, seal
from entrepot.services import svg, trajectory, world_map
from entrepot.services.places import Site, coordinates
from entrepot.services.trajectory import Alarm, Checkpoint, Stay
from entrepot.services.world_map import distance_km, great_circle, length_km, sea_route
from tests.package.pictures import SVG, checked, texts

NAUTICAL_MILE_KM = 1.852
START = 1_772_352_000
HOUR = 3_600
PLACES = [
    "CHBSL",
    "CHZRH",
    "DEFRA",
    "BELGG",
    "KENBO",
    "UGKLA",
    "NLRTM",
    "CNSHA",
    "SGSIN",
    "USLAX",
    "USNYC",
    "JPTYO",
    "NZAKL",
    "FJSUV",
]
PORTS = [
    "NLRTM",
    "CNSHA",
    "SGSIN",
    "USLAX",
    "USNYC",
    "JPTYO",
    "NZAKL",
    "FJSUV",
    "KEMBA",
    "INNSA",
    "ZADUR",
]
UNKNOWN = "0614141000005"
POINTS = st.tuples(st.floats(-180, 180), st.floats(-80, 80))


def point(code: str) -> tuple[float, float]:
    found = coordinates(location(code))
    assert found is not None
    return found[1], found[0]


def trip(codes: Sequence[str], **more: object) -> list[Stay]:
    """A stay at each place in turn, a day each, every one in other hands."""
    return [
        Stay(
            i,
            f"Carrier {i}",
            location(code),
            START + i * 24 * HOUR,
            START + (i + 1) * 24 * HOUR,
            **more,
        )  # type: ignore[arg-type]
        for i, code in enumerate(codes)
    ]


@pytest.mark.parametrize(
    ("origin", "destination", "miles"),
    [  # Distances Between Ports (Pub. 151, NGA); by the canals
        ("NLRTM", "SGSIN", 8_288),
        ("NLRTM", "USNYC", 3_331),
        ("JPTYO", "USLAX", 4_850),
        ("SGSIN", "CNSHA", 2_240),
    ],
)
def test_sea_routes_are_as_long_as_published(origin: str, destination: str, miles: int) -> None:
    length = length_km(sea_route(point(origin), point(destination))) / NAUTICAL_MILE_KM
    assert length == pytest.approx(miles, rel=0.04)


@given(POINTS, POINTS)
def test_a_great_circle_is_as_long_as_the_distance(
    a: tuple[float, float], b: tuple[float, float]
) -> None:
    way = great_circle(a, b)
    assert length_km(way) == pytest.approx(distance_km(a, b), abs=1e-3)
    assert (way[0], way[-1][1]) == (a, b[1])
    assert (way[-1][0] - b[0]) % 360 == pytest.approx(0, abs=1e-6) or (
        (way[-1][0] - b[0]) % 360 == pytest.approx(360)
    )
    assert all(abs(v[0] - u[0]) <= 180 for u, v in pairwise(way))


@given(st.sampled_from(PORTS), st.sampled_from(PORTS))
def test_a_sea_route_is_no_shorter_than_the_distance_and_has_no_jump(a: str, b: str) -> None:
    if a != b:
        way = sea_route(point(a), point(b))
        assert length_km(way) >= distance_km(point(a), point(b)) - 1
        assert all(abs(v[0] - u[0]) <= 180 for u, v in pairwise(way))
        assert way[0] == point(a)


@settings(max_examples=25)
@given(st.data())
def test_any_trip_makes_a_sound_picture(data: st.DataObject) -> None:
    modes = st.sampled_from(("sea", "air", "road", None))
    codes = data.draw(st.lists(st.sampled_from([*PLACES, UNKNOWN]), min_size=1, max_size=12))
    stays = []
    for i, code in enumerate(codes):
        at = START + i * 24 * HOUR
        alarms = data.draw(st.lists(st.integers(at, at + 24 * HOUR), max_size=3))
        passed = data.draw(st.lists(st.sampled_from(PLACES), max_size=1))
        stays.append(
            Stay(
                custodian_id=data.draw(st.integers(1, 10)),
                custodian=data.draw(
                    st.sampled_from(("Northern Air", "冷链物流", "A & B <Co>", "x" * 99))
                ),
                location=location(code),
                since=at,
                until=data.draw(st.sampled_from((None, at + 24 * HOUR))),
                mode=data.draw(modes),
                is_late=data.draw(st.booleans()),
                alarms=tuple(Alarm(when, "temperature above 8 °C") for when in alarms),
                passed=tuple(Checkpoint(at + HOUR, location(c)) for c in passed),
            )
        )
    root = checked(trajectory.picture(stays))
    words = [text for text, _ in texts(root)]
    for number, code in enumerate(codes, 1):
        assert str(number) in words
        assert any(code in word for word in words)


def test_a_picture_stays_small() -> None:
    longest = trajectory.picture(trip(PLACES, mode="air"))
    assert len(longest.encode()) < 300_000


def test_a_trip_over_the_180th_meridian_is_drawn_on_one_side() -> None:
    """Tokyo lies left of Los Angeles, and Suva between them."""
    root = checked(trajectory.picture(trip(["JPTYO", "USLAX", "FJSUV"], mode="air")))
    x = {text: box.left for text, box in texts(root) if text in ("1", "2", "3") and box.top < 470}
    assert x["1"] < x["3"] < x["2"]


def test_rows_say_who_held_it_when_and_where() -> None:
    stays = trip(["CHBSL", UNKNOWN, "NLRTM", "SGSIN"], mode="sea", seal=seal("SL-1"))
    first, unknown, third, last = trajectory.rows(stays)
    assert (first.place, first.code, first.custodian, first.seal) == (
        "Basel",
        "CHBSL",
        "Carrier 0",
        "SL-1",
    )
    assert (first.since, first.until) == (START, START + 24 * HOUR)
    assert (unknown.place, unknown.code) == ("unknown place", UNKNOWN)
    assert (first.km, unknown.km, last.km) == (None, None, 0)
    assert third.km == pytest.approx(8_288 * NAUTICAL_MILE_KM, rel=0.04)
    known = trajectory.rows(stays, {UNKNOWN: Site(47.6, 7.6, "cold store")})
    assert (known[1].place, known[0].km is None) == ("cold store", False)


def test_a_way_goes_by_its_checkpoints() -> None:
    (direct, _), (detour, _) = (
        trajectory.rows([Stay(1, "A", location("CHBSL"), START, passed=passed), *trip(["NLRTM"])])
        for passed in ((), (Checkpoint(START, location("CNSHA")),))
    )
    assert direct.km is not None
    assert detour.km is not None
    assert detour.km > 15 * direct.km


@pytest.mark.parametrize(("is_late", "halos"), [(True, 2), (False, 0)])
def test_late_legs_are_marked(is_late: bool, halos: int) -> None:
    """Once on the map and once in the key."""
    stays = [*trip(["CHBSL"], mode="air", is_late=is_late), *trip(["KENBO"])]
    root = checked(trajectory.picture(stays))
    assert len([e for e in root.iter(f"{SVG}path") if e.attrib.get("stroke") == svg.RED]) == halos


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_an_alarm_stands_where_its_time_says(share: float) -> None:
    stays = trip(["NLRTM", "NLRTM", "ZADUR"], mode="air")
    alarm = Alarm(stays[1].since + int(share * 24 * HOUR), "shock")
    stays[1] = Stay(
        1, "A", location("NLRTM"), stays[1].since, stays[1].until, mode="air", alarms=(alarm,)
    )
    root = checked(trajectory.picture(stays))
    middle = {text: (box.top + box.bottom) / 2 for text, box in texts(root) if box.bottom < 470}
    start, end = middle["1,2"], middle["3"]
    assert (middle["a"] - start) / (end - start) == pytest.approx(share, abs=0.03)


def test_land_is_where_land_is() -> None:
    """Counts the edges between a point and the pole: an odd number means land."""
    rings, borders = world_map._world()

    def is_land(x: float, y: float) -> bool:
        edges = (pair for ring in rings for pair in pairwise([*ring, ring[0]]))
        above = 0
        for (x0, y0), (x1, y1) in edges:
            for turn in (-360, 0, 360):
                if (x0 + turn > x) != (x1 + turn > x):
                    above += y0 + (y1 - y0) * (x - turn - x0) / (x1 - x0) > y
        return above % 2 == 1

    assert all(is_land(*point(code)) for code in ("CHZRH", "DEFRA", "KENBO", "UGKLA"))
    assert is_land(179.0, 68.0)
    assert is_land(0.0, -85.0)
    assert not any(is_land(*where) for where in [(-30, 45), (180, 0), (80, -30), (-180, 40)])
    assert len(borders) > 100


def test_texts_are_never_wider_than_thought() -> None:
    """Against the metrics of Helvetica, for every printable character of Latin-1."""
    rng = random.Random(3)
    letters = [chr(n) for n in [*range(32, 127), *range(192, 256)]]
    assert all(
        stringWidth(c, "Helvetica", 10) <= svg.width_of(c, 10) + 1e-9
        for c in letters
        if c.isascii()
    )
    for _ in range(200):
        word = "".join(rng.choices(letters, k=12))
        assert stringWidth(word, "Helvetica", 12) <= svg.width_of(word, 12)


def test_custodians_have_colours_of_their_own() -> None:
    found = svg.colours([7, 3, 7, 9])
    assert list(found) == [7, 3, 9]
    assert len(set(found.values())) == 3
    assert svg.RED not in svg.CUSTODY
