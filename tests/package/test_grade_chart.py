"""The chart of a rating: what it draws, at any length, and that its words have room."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.core import history
from entrepot.core.credit import TradeOutcome, of_seller
from entrepot.core.history import Ending
from entrepot.core.roles import Role
from entrepot.services import grade_chart
from entrepot.services.credit_events import Count, count_of
from entrepot.services.grade_chart import Mark
from tests.package.pictures import SVG, checked, points, texts

START = 1_400_000_000
DAY = 86_400
WEIGHTS = st.integers(1, 20)
WAITS = st.integers(0, 5) | st.integers(0, 100 * DAY) | st.integers(0, 3_000 * DAY)


def endings_of(kinds: list[tuple[int, TradeOutcome, int]]) -> list[Ending]:
    """A seller's endings: how much later than the one before, how, and of which weight."""
    now, found = START, []
    for i, (wait, outcome, weight) in enumerate(kinds):
        now += wait
        found.append(Ending(now, Role.SELLER, i, of_seller(weight, outcome)))
    return found


def drawn(endings: list[Ending], since: int, until: int) -> ElementTree.Element:
    stretches = history.stretches([each for each in endings if each.at <= until], until)
    marks = [Mark(each.at, count_of(each.finding)) for each in endings]
    return checked(grade_chart.picture(stretches, marks, since, until, "Rating of participant 7"))


def line(root: ElementTree.Element, kind: str) -> list[tuple[float, float]]:
    (found,) = (each for each in root.iter(f"{SVG}polyline") if each.get("class") == kind)
    return list(points(found))


@given(
    st.lists(st.tuples(WAITS, st.sampled_from(TradeOutcome), WEIGHTS), min_size=1, max_size=20),
    WAITS,
    st.data(),
)
def test_all_is_drawn_within_the_picture_and_no_words_cover_others(
    kinds: list[tuple[int, TradeOutcome, int]], wait: int, data: st.DataObject
) -> None:
    endings = endings_of(kinds)
    until = endings[-1].at + wait
    since = data.draw(st.just(0) | st.integers(START, until))
    root = drawn(endings, since, until)
    for kind in ("score", "confidence"):
        places = [x for x, _ in line(root, kind)]
        assert places == sorted(places)


def test_score_stands_where_the_axis_says() -> None:
    endings = endings_of([(0, TradeOutcome.KEPT, 16)])
    root = drawn(endings, 0, START + 400 * DAY)
    axis = {text: (box.top, box.bottom) for text, box in texts(root)}
    heights = {name: sum(axis[name]) / 2 for name in ("60 %", "70 %")}
    first, last = line(root, "score")[0][1], line(root, "score")[-1][1]
    per_bps = (heights["60 %"] - heights["70 %"]) / 1_000
    scores = [history.record_of(endings).rating(at).score for at in (START, START + 400 * DAY)]
    assert last - first == pytest.approx((scores[0] - scores[1]) * per_bps, abs=0.2)
    assert heights["70 %"] < first < heights["60 %"]


@given(st.lists(st.sampled_from(TradeOutcome), min_size=1, max_size=12))
def test_legend_counts_what_ended_and_marks_show_each_kind(outcomes: list[TradeOutcome]) -> None:
    endings = endings_of([(20 * DAY, outcome, 10) for outcome in outcomes])
    root = drawn(endings, 0, endings[-1].at)
    counted = [count_of(each.finding) for each in endings]
    words = [text for text, _ in texts(root)]
    for count in Count:
        assert f"{count.value}: {counted.count(count)}" in words
        marks = [each for each in root.iter() if each.get("class") == count.name.lower()]
        # One of each kind is in the legend.
        assert len(marks) == counted.count(count) + 1


def test_picture_does_not_grow_with_the_number_of_endings() -> None:
    sizes = []
    for number in (1_000, 4_000):
        kinds = [(8_000 * DAY // number, TradeOutcome(i % 5), 1 + i % 20) for i in range(number)]
        endings = endings_of(kinds)
        sizes.append(len(ElementTree.tostring(drawn(endings, 0, endings[-1].at))))
    assert sizes[1] < 1.5 * sizes[0] < 600_000


def test_nothing_to_draw_is_told() -> None:
    with pytest.raises(ValueError, match="no rating to draw"):
        grade_chart.picture([], [], 0, START, "Rating of participant 7")
