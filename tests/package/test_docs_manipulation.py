"""The figures of "What manipulation costs" in `docs/credit-model.md`, measured again."""

import re

import pytest

from benchmarks import manipulation
from benchmarks.manipulation import LARGE, TRADE, USUAL, WASH, Rival, Trader
from entrepot.core.credit import POINT, TradeOutcome
from tests.package.pictures import checked

PAGE = manipulation.PAGE.read_text("utf-8")
SECTION = PAGE.split(manipulation.HEADING)[1].split("\n## ")[0]
PROSE = " ".join(SECTION.split())
TABLES = {table.name: table for table in manipulation.tables()}


def test_tables_are_what_is_measured() -> None:
    assert manipulation.page(PAGE, list(TABLES.values())) == PAGE
    assert len(re.findall(r"^\|---", SECTION, re.M)) == len(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_page_has_each_table(name: str) -> None:
    assert TABLES[name].markdown() in SECTION


def test_picture_is_what_is_measured() -> None:
    picture = manipulation.picture()
    assert manipulation.PICTURE.read_text("utf-8") == picture
    checked(picture)


def test_figures_in_sentences_are_what_is_measured() -> None:
    ten, borrowed = (
        manipulation.trades_until(manipulation.washed(9, dollars), 9_500)
        for dollars in (USUAL, 10**9)
    )
    direct, groomed = (
        manipulation._prepared(TradeOutcome.LOST, 9_500, LARGE, each) for each in (0, 8)
    )
    good = manipulation._year(9).record.total().good / POINT
    for sentence in (
        f"settled for about {round(WASH, -3):,} gas",
        f"takes {round(TRADE, -3):,}",
        f"costs {round(TRADE, -3):,} gas beside",
        f"${manipulation.interest(LARGE, manipulation.BLOCK):.2f} of interest",
        f"AAA after {ten} orders of $1,000",
        f"{borrowed} of a billion that was borrowed",
        f"{groomed} orders instead of {direct} leave AAA",
        f"against {good:,.0f} good points",
    ):
        assert sentence in PROSE, sentence


def test_comparisons_in_sentences_hold() -> None:
    one, two = (
        manipulation.trades_until(manipulation.washed(each, USUAL), 9_500) / 95 for each in (1, 2)
    )
    assert "more than seventy times" in PROSE
    assert "with two four times" in PROSE
    assert one > 70
    assert round(two) == 4


def test_counter_stays_within_its_bounds_and_grades_as_the_page_says() -> None:
    rival = Rival()
    rival.add(is_good=False)
    assert rival.counted == 0
    for _ in range(95):
        rival.add(is_good=True)
    assert (rival.points, rival.counted) == (950, 9_500)
    for _ in range(20):
        rival.add(is_good=True)
    assert (rival.points, rival.counted) == (1_000, 10_000)
    rival.add(is_good=False)
    assert rival.points == 980


def test_sale_and_purchase_count_on_their_own_side() -> None:
    trader = Trader()
    trader.sell(7, USUAL, 0, TradeOutcome.BROKEN)
    trader.buy(7, USUAL, 0, TradeOutcome.BROKEN)
    assert (trader.rival.good, trader.rival.bad) == (1, 1)
    assert [(each.good, each.bad) for each in trader.record.by_role.values()] == [
        (0, 40 * POINT),
        (10 * POINT, 0),
    ]
