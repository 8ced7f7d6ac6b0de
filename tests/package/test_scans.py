"""Leaps, bursts and scans of what never left."""

from collections import Counter
from itertools import combinations
from math import acos, cos, degrees, pi, radians, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.core.scans import Burst, Scan, bursts, distance_km, leaps, never_shipped

PARIS, SYDNEY, GENEVA = (4_885_660, 235_220), (-3_386_880, 15_120_930), (4_620_440, 614_320)
LAT, LON = st.integers(-9_000_000, 9_000_000), st.integers(-18_000_000, 18_000_000)
HOUR = 3_600


def scan(at: int, place: tuple[int, int] = PARIS, serial: str = "1", lot: str = "L") -> Scan:
    return Scan(1, lot, serial, at, *place)


scans = st.builds(
    lambda at, lat, lon, serial: scan(at, (lat, lon), serial),
    st.integers(0, 50 * HOUR), LAT, LON, st.sampled_from("12"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "km"),
    [
        (PARIS, SYDNEY, 16_960),
        (PARIS, GENEVA, 411),
        ((0, 0), (0, 18_000_000), pi * 6_371.0088),
        ((9_000_000, 0), (9_000_000, 17_000_000), 0),
        ((100, 18_000_000), (100, -18_000_000), 0),
    ],
)
def test_distance_of_known_places(one: tuple[int, int], other: tuple[int, int], km: float) -> None:
    assert distance_km(scan(0, one), scan(0, other)) == pytest.approx(km, rel=0.005, abs=0.01)


@given(LAT, LON, LAT, LON)
def test_distance_is_the_angle_by_the_law_of_cosines(a: int, b: int, c: int, d: int) -> None:
    found = distance_km(scan(0, (a, b)), scan(0, (c, d)))
    assert found == distance_km(scan(0, (c, d)), scan(0, (a, b)))
    north, other, turn = (radians(x / 1e5) for x in (a, c, d - b))
    cosine = sin(north) * sin(other) + cos(north) * cos(other) * cos(turn)
    angle = degrees(acos(max(-1.0, min(1.0, cosine))))
    assert degrees(found / 6_371.0088) == pytest.approx(angle, abs=1e-5)


@given(st.lists(scans, max_size=8))
def test_there_is_a_leap_wherever_two_scans_are_too_far_apart(found: list[Scan]) -> None:
    pairs = [
        (one, other)
        for one, other in combinations(sorted(found, key=lambda each: each.at), 2)
        if one.serial == other.serial
        and distance_km(one, other) > 1_000 * (other.at - one.at) / HOUR + 1e-6
    ]
    jumped = {leap.second.serial for leap in leaps(found, slack_km=0)}
    assert {one.serial for one, _ in pairs} <= jumped
    for leap in leaps(found):
        assert leap.first.serial == leap.second.serial
        assert leap.km > 20 + 1_000 * (leap.second.at - leap.first.at) / HOUR


@pytest.mark.parametrize(
    ("seconds", "count"), [(0, 1), (16 * HOUR, 1), (17 * HOUR, 0), (100 * HOUR, 0)]
)
def test_an_item_cannot_be_faster_than_an_aircraft(seconds: int, count: int) -> None:
    pair = [scan(5 + seconds, SYDNEY), scan(5, PARIS)]
    assert len(leaps(pair)) == count
    assert leaps([pair[0], scan(5, PARIS, serial="2")]) == []
    assert leaps([pair[0], scan(5, PARIS, lot="M")]) == []


def test_neighbouring_places_at_one_time_are_no_leap() -> None:
    assert leaps([scan(0, (0, 0)), scan(0, (0, 15_000))]) == []


@given(
    st.lists(st.builds(scan, st.integers(0, 60), serial=st.sampled_from("12")), max_size=20),
    st.integers(2, 4),
    st.integers(1, 8),
)
def test_bursts_hold_exactly_the_scans_in_a_window_of_many(
    found: list[Scan], count: int, seconds: int
) -> None:
    crowded: Counter[tuple[str, int]] = Counter()
    for each in set(found):
        for start in {other.at for other in found if other.serial == each.serial}:
            window = [
                other
                for other in found
                if other.serial == each.serial and start <= other.at <= start + seconds
            ]
            if each in window and len(window) >= count:
                crowded[each.serial, each.at] = 1
    reported = bursts(found, count, seconds)
    for serial, at in {(each.serial, each.at) for each in found}:
        within = [b for b in reported if b.serial == serial and b.first_at <= at <= b.last_at]
        assert len(within) == crowded[serial, at]
    assert all(each.count >= count for each in reported)


def test_bursts_that_share_no_scan_are_two() -> None:
    apart = [scan(at) for at in (0, 1, 6, 7)]
    assert bursts(apart, 2, 4) == [Burst(1, "L", "1", 0, 1, 2), Burst(1, "L", "1", 6, 7, 2)]
    assert bursts(apart, 2, 5) == [Burst(1, "L", "1", 0, 7, 4)]


def test_a_burst_tells_how_many_and_when() -> None:
    many = [scan(100 + 60 * i) for i in range(10)] + [scan(0, serial="2"), scan(9_999_999)]
    assert bursts(many) == [Burst(1, "L", "1", 100, 640, 10)]
    assert bursts(many[1:]) == []


@given(st.lists(scans, max_size=10))
def test_scans_of_what_was_never_shipped_are_counted(found: list[Scan]) -> None:
    other = [scan(1, lot="M")]
    assert never_shipped(found + other, {(1, "M")}) == ({(1, "L"): len(found)} if found else {})
    assert never_shipped(found, {(1, "L")}) == {}
