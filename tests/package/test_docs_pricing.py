"""The tables and premiums of `docs/insurance-model.md`, from the tariff and computed again."""

import re
from pathlib import Path

import pytest

from entrepot.core.cover import PerilKind
from entrepot.core.credit import Grade
from entrepot.core.metrics import Metric
from entrepot.core.money import TOKEN_DECIMALS, amount_text, dollars
from entrepot.core.pricing import (
    WHOLE,
    Delay,
    Peril,
    Record,
    Terms,
    Voyage,
    expected_payout,
    premium,
)
from entrepot.core.tariff import DAYS, STANDARD, Mode, Season, Zone, exceeding

TEXT = (Path(__file__).parents[2] / "docs" / "insurance-model.md").read_text("utf-8")
SECTION = TEXT.split("\n## Pricing\n")[1].split("\n## ")[0]
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def table(first: str) -> list[list[str]]:
    """Cells of the table whose header begins with a word, the header among them."""
    (found,) = re.findall(rf"^\| {first} \|.*\n\|[-|]+\n((?:\|.*\n)+)", SECTION, re.M)
    (head,) = re.findall(rf"^\| {first} \|.*$", SECTION, re.M)
    lines = [head, *found.splitlines()]
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in lines]


def season(found: Season) -> str:
    return f"{MONTHS[found.first - 1]}–{MONTHS[found.last - 1]} {found.percent}"


def named(mode: Mode) -> str:
    return mode.name.lower()


EXPECTED = {
    "more days late than": [
        ["more days late than", "shipments", *map(str, DAYS)],
        *([named(mode), *map(str, STANDARD.later[mode])] for mode in Mode),
    ],
    "month": [["month", *MONTHS], ["%", *map(str, STANDARD.months)]],
    "grade": [
        ["grade", *(grade.name for grade in STANDARD.grades)],
        ["%", *map(str, STANDARD.grades.values())],
    ],
    "in 10,000 shipments": [
        ["in 10,000 shipments", *map(named, Mode)],
        *(
            [f"outside: {metric.name.lower()}", *map(str, STANDARD.outside[metric].values())]
            for metric in Metric
        ),
        ["some goods lost", *map(str, STANDARD.lost.values())],
        ["some goods damaged", *map(str, STANDARD.damaged.values())],
    ],
    "zone": [
        ["zone", "lateness %", "storms", "heat", "refused in 100,000"],
        *(
            [zone, str(end.port), season(end.storms), season(end.heat), str(end.refusals)]
            for zone, end in ((zone, STANDARD.ends[zone]) for zone in Zone)
        ),
    ],
}


@pytest.mark.parametrize("first", EXPECTED)
def test_table_states_the_tariff(first: str) -> None:
    assert table(first) == EXPECTED[first]


def test_rates_are_the_tariffs() -> None:
    formula = re.search(
        r"\(1 \+ (\d+) %\) / \(1 − (\d+) % expenses − (\d+) % profit\)⌉\n.*= (\d+) basis", SECTION
    )
    assert formula is not None
    loading, expenses, profit, minimum = map(int, formula.groups())
    rates = STANDARD.loading, STANDARD.expenses, STANDARD.profit
    assert (loading * 100, expenses * 100, profit * 100) == rates
    assert minimum == STANDARD.minimum
    assert f"k = {STANDARD.credibility}:" in SECTION
    undisturbed = (1 - (expenses + profit) / 100) / (1 + loading / 100)
    assert f"= {undisturbed:.1%} of the premiums".replace("%", " %") in " ".join(SECTION.split())


def test_severities_are_the_tariffs() -> None:
    prose = " ".join(SECTION.split())
    runs = re.search(r"15 minutes in (.+?) %, 1 h in (.+?) %, 4 h in (.+?) %, 12 h in (.+?) %, 24 h in (.+?) %", prose)  # fmt: skip # noqa: E501
    shares = re.search(r"losses (.+?) % are .* more, (.+?) % all .* damages (.+?) % and (.+?) %\.", prose)  # fmt: skip # noqa: E501
    assert runs is not None
    assert shares is not None
    for metric in (Metric.TEMPERATURE, Metric.HUMIDITY):
        curve = STANDARD.longest[metric]
        seconds = (900, 3_600, 14_400, 43_200, 86_400)
        assert [float(exceeding(curve, t) * 100) for t in seconds] == [*map(float, runs.groups())]
    assert [*map(float, shares.groups())] == [
        float(exceeding(curve, share) * 100)
        for curve in (STANDARD.share_lost, STANDARD.share_damaged)
        for share in (500, WHOLE)
    ]


def test_worked_example_is_what_the_package_computes() -> None:
    delay = Delay(3, 100)
    run, damage = Peril(PerilKind.RUN, 14_400, 3_000), Peril(PerilKind.DAMAGE, 500, 2_000)
    covers = {
        "delay": Terms(delay, (), 0, 2_000),
        "cold chain": Terms(delay, (run, damage), 200, 5_000),
    }
    amount = 10_000 * 10**TOKEN_DECIMALS
    header, *rows = table("cover")
    assert header[-2:] == ["expected payout", "premium"]
    for cover, mode, month, grade, record, expected, asked in rows:
        events, _, shipments = record.partition(" of ")
        late = Record(int(shipments), int(events)) if shipments else Record()
        voyage = Voyage(
            Mode[mode.upper()], "IN", "DE", MONTHS.index(month) + 1, Grade[grade], late=late
        )
        mean = expected_payout(amount, covers[cover], voyage)
        in_cents = round(mean * 100 / 10**TOKEN_DECIMALS)
        assert dollars(in_cents) == expected
        found = premium(amount, covers[cover], voyage)
        assert amount_text(found, TOKEN_DECIMALS).ljust(len(asked), "0") == asked
