"""The chart of a sensor's series."""

import math
import random
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.services import series_chart
from entrepot.services.series_chart import Band, CustodySpan, Marker, Reading
from tests.package.pictures import SVG, checked, points

START = 1_772_352_000
NAMES = ("Rhein Cold Road GmbH", "Northern Air Freight", "冷链物流", "A & B <Sons>", "x" * 200)
BAND = Band(2, 8)


def readings(values: list[float], step: int = 60) -> list[Reading]:
    return [Reading(START + i * step, value) for i, value in enumerate(values)]


def drawn(root: ElementTree.Element, kind: str) -> list[list[tuple[float, float]]]:
    return [list(points(e)) for e in root.iter() if e.attrib.get("class") == kind]


def scale(root: ElementTree.Element) -> tuple[float, float]:
    """Units of the picture for each unit of value, from the two dashed limits, and where 0 is."""
    low, high = sorted(
        (next(points(e))[1] for e in root.iter() if e.attrib.get("stroke-dasharray") == "5 3"),
        reverse=True,
    )
    per_unit = (low - high) / (BAND.high - BAND.low)  # type: ignore[operator]
    return per_unit, low + BAND.low * per_unit  # type: ignore[operator]


@given(st.data())
def test_every_excursion_survives(data: st.DataObject) -> None:
    """However many readings share a unit of the width, each one outside is within a unit of a red
    point that is at least as far outside.
    """
    count = data.draw(st.integers(1, 6_000))
    rng = random.Random(data.draw(st.integers(0, 2**32)))
    values = [5 + rng.random() for _ in range(count)]
    outside = {rng.randrange(count) for _ in range(data.draw(st.integers(1, 30)))}
    for i in outside:
        values[i] = rng.choice([8.01 + rng.expovariate(1), 1.99 - rng.expovariate(1)])
    root = checked(series_chart.picture(readings(values), "°C", BAND))

    red = [point for line in drawn(root, "outside") for point in line]
    per_unit, zero = scale(root)
    span = max(60, 60 * (count - 1))
    for i in outside:
        x, y = 66 + 792 * 60 * i / span, zero - values[i] * per_unit
        further = [
            1
            for u, v in red
            if abs(u - x) <= 1.1 and (v <= y + 0.1 if values[i] > 8 else v >= y - 0.1)
        ]
        assert further, (i, values[i])


@given(st.lists(st.floats(2, 8), min_size=1, max_size=300))
def test_nothing_is_red_where_nothing_is_outside(values: list[float]) -> None:
    assert drawn(checked(series_chart.picture(readings(values), "°C", BAND)), "outside") == []


@given(st.data())
def test_words_never_cover_each_other(data: st.DataObject) -> None:
    moments = st.integers(0, 400_000).map(START.__add__)
    values = st.integers(-999_900, 999_900).map(lambda hundredths: hundredths / 100)
    series = data.draw(st.lists(st.builds(Reading, moments, values), min_size=1, max_size=50))
    limits = st.none() | values
    at = sorted(data.draw(st.lists(moments, max_size=8)))
    custody = [
        CustodySpan(i % 3, data.draw(st.sampled_from(NAMES)), since, until)
        for i, (since, until) in enumerate(zip(at, [*at[1:], None], strict=False))
    ]
    words = st.sampled_from(
        ("handover, Basel", "excursion confirmed", "payout of 12,500.00", *NAMES)
    )
    markers = data.draw(st.lists(st.builds(Marker, moments, words, st.booleans()), max_size=8))
    band = Band(data.draw(limits), data.draw(limits))
    checked(series_chart.picture(series, "°C", band, custody, markers, title="Chart " * 40))


def test_an_events_line_cuts_no_words() -> None:
    custody = [CustodySpan(1, "A", START, START + 86_400)]
    times = [0, 3_000, 30_000, 31_000, 31_000, 40_000, 70_000, 86_000]
    markers = [Marker(START + at, f"event at second {at}") for at in times]
    root = checked(series_chart.picture(readings([5, 6]), "°C", BAND, custody, markers))
    lines = drawn(root, "event")
    words = [e for e in root.iter(f"{SVG}text") if (e.text or "").startswith("event")]
    assert len(lines) == len(words) == len(times)
    for word in words:
        left, base = float(word.attrib["x"]), float(word.attrib["y"])
        right = left + 90
        cut = [x for (x, top), _ in lines if left < x < right and top < base - 9]
        assert not cut, word.text


def test_a_gap_is_left_open() -> None:
    series = readings([5.0] * 50) + [Reading(START + 20_000 + 60 * i, 5) for i in range(50)]
    root = checked(series_chart.picture(series, "°C", BAND))
    first, second = drawn(root, "inside")
    (gap,) = drawn(root, "gap")
    assert first[-1][0] == pytest.approx(gap[0][0], abs=0.2)
    assert second[0][0] == pytest.approx(gap[1][0], abs=0.2)
    assert (
        len(drawn(checked(series_chart.picture(series, "°C", BAND, gap_seconds=99_999)), "gap"))
        == 0
    )


def test_the_line_is_red_from_the_limit_on() -> None:
    root = checked(series_chart.picture(readings([5, 11, 5]), "°C", BAND))
    (red,) = drawn(root, "outside")
    per_unit, zero = scale(root)
    assert [round((zero - y) / per_unit, 1) for _, y in red] == [8, 11, 8]


@pytest.mark.parametrize("count", [1_000, 20_000])
def test_a_file_stays_small(count: int) -> None:
    rng = random.Random(1)
    values = [rng.gauss(5, 2) for _ in range(count)]
    assert len(series_chart.picture(readings(values), "°C", BAND).encode()) < 300_000


def test_a_single_reading_is_a_dot_in_its_colour() -> None:
    root = checked(series_chart.picture(readings([9]), "°C", BAND))
    assert len(drawn(root, "outside")) == 1
    assert math.isclose(drawn(root, "outside")[0][0][0], 66, abs_tol=1)


def test_no_readings_are_refused() -> None:
    with pytest.raises(ValueError, match="no readings"):
        series_chart.picture([], "°C", BAND)


def test_texts_are_escaped() -> None:
    markers = [Marker(START, "<b> & \x00 \"'")]
    root = checked(series_chart.picture(readings([5]), "°C", BAND, (), markers))
    assert any((e.text or "").startswith("<b> &") for e in root.iter(f"{SVG}text"))
