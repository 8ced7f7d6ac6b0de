"""Measures what it costs to manipulate a rating, beside a points counter and a plain mean, and
prints every figure as one JSON object and every table as Markdown.

Everything is computed with the package's own arithmetic and is the same on every run. Costs are gas
of `gas.json` first; money follows from `GAS_PRICE`, `COIN` and `INTEREST`, which are assumptions.

- An attacker's cheapest trade (`WASH`) is opened, in dollars, and has a shipment that is delivered
  from the seller to the buyer without a carrier; an honest one (`TRADE`) has a handover, too.
- The counter has 0 points at first, 10 more for each good ending and 20 less for each bad one, in
  any role, and stays within 0 to 1,000; its score is 10 basis points a point, and its grades
  begin where ours do: AAA is 950 points.
- The mean is the share of good endings. It has no score before the first.

The tables of `docs/credit-model.md` are written, too, each in its place, and
`docs/credit-manipulation.svg`, the score against what was spent;
`tests/package/test_docs_manipulation.py` computes both again, and the figures in the sentences.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count, islice
from pathlib import Path

from entrepot.core.credit import (
    CreditRecord,
    Evidence,
    Grade,
    Rating,
    TradeOutcome,
    grade_of,
    of_buyer,
    of_seller,
    rate,
    weight_of,
)
from entrepot.core.roles import Role
from entrepot.services import svg

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "credit-model.md"
HEADING = "\n## What manipulation costs\n"
PICTURE = ROOT / "docs" / "credit-manipulation.svg"
FIGURES: dict[str, int] = json.loads((ROOT / "benchmarks" / "gas.json").read_text("utf-8"))

WASH = (
    FIGURES["order_open_erc20"]
    + FIGURES["shipment_create"]
    + FIGURES["delivery_all"]
    - FIGURES["claim_extra"]
)
TRADE = WASH + FIGURES["handover"]
GAS_PRICE = 1e-9
"""Coins per gas."""
COIN = 2_500
"""Dollars per coin."""
INTEREST = 0.08
"""A year's, of capital that an order holds."""

BLOCK, DAY, YEAR = 12, 86_400, 365 * 86_400
SMALL, USUAL, LARGE = 1, 1_000, 1_000_000
"""Dollars of an order."""
IDENTITIES = 2, 3, 5, 10, 20
TARGET, VICTIM, OTHERS = 1, 900, 100
NOTE, ADVANCE = 0.97, 0.2
"""Shares of a price: what a bank advances for a claim, and what is paid at shipping."""
GRADES = {Grade.AAA: 9_500, Grade.AA: 9_000, Grade.A: 8_000, Grade.B: 5_000}
_TABLE = re.compile(r"(?:^\|.+\|\n)+", re.M)
_UNIT = 10**6
_AAA, _A = 9_500, 8_000


@dataclass(slots=True)
class Rival:
    """What the counter and the mean say of a participant."""

    points: int = 0
    good: int = 0
    bad: int = 0

    def add(self, *, is_good: bool) -> None:
        self.points = min(max(self.points + (10 if is_good else -20), 0), 1_000)
        self.good += is_good
        self.bad += not is_good

    @property
    def counted(self) -> int:
        """The counter's score in basis points."""
        return 10 * self.points

    @property
    def mean(self) -> int:
        """The share of good endings in basis points."""
        return 10_000 * self.good // (self.good + self.bad)


@dataclass(slots=True)
class Trader:
    """A participant as we, the counter and the mean see it."""

    record: CreditRecord = field(default_factory=CreditRecord)
    rival: Rival = field(default_factory=Rival)

    def sell(
        self, buyer: int, dollars: int, now: int, outcome: TradeOutcome = TradeOutcome.KEPT
    ) -> None:
        self.record.add(Role.SELLER, buyer, of_seller(weight(dollars), outcome), now)
        self.rival.add(is_good=outcome in (TradeOutcome.KEPT, TradeOutcome.UPHELD))

    def buy(
        self, seller: int, dollars: int, now: int, outcome: TradeOutcome = TradeOutcome.KEPT
    ) -> None:
        self.record.add(Role.BUYER, seller, of_buyer(weight(dollars), outcome), now)
        self.rival.add(is_good=outcome is not TradeOutcome.UPHELD)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the documents; the first line of `rows` is its head."""

    name: str
    rows: list[list[str]]

    def markdown(self) -> str:
        head, *body = self.rows
        rule = "|---|" + "---:|" * (len(head) - 1)
        lines = ["| " + " | ".join(cells) + " |" for cells in (head, *body)]
        return "\n".join([lines[0], rule, *lines[1:]])


def weight(dollars: int) -> int:
    """Weight of an amount of dollars, in points."""
    return weight_of(dollars * _UNIT, 6)


def fee(gas: int) -> float:
    """Dollars for gas."""
    return gas * GAS_PRICE * COIN


def interest(dollars: float, seconds: int) -> float:
    """Dollars of interest for capital that is held for seconds."""
    return dollars * INTEREST * seconds / YEAR


def washed(accomplices: int, dollars: int) -> Iterator[Rating]:
    """The ratings of a seller after each trade with its accomplices in turn, a block apart; none:
    consumers that it invents, who all have id 0.
    """
    evidence = Evidence()
    finding = of_seller(weight(dollars), TradeOutcome.KEPT)
    for number in count():
        buyer = OTHERS + number % accomplices if accomplices else 0
        evidence.add(buyer, finding, number * BLOCK)
        yield rate(evidence.good, evidence.bad)


def trades_until(ratings: Iterable[Rating], score: int) -> int:
    """How many trades it takes to a score."""
    return next(n for n, rating in enumerate(ratings, 1) if rating.score >= score)


def wash_trades() -> Table:
    """(a), (g): trades and gas that bring a seller to AAA with identities of its own."""
    counter = _AAA // 100
    rows = [
        [
            "own identities", "trades to A, of $1,000", "to AAA, of $1", "of $1,000",
            "of $1,000,000", "gas to AAA, of $1,000", "fee", "basis points a dollar of fee",
            "the counter's",
        ]
    ]  # fmt: skip
    for identities in (1, *IDENTITIES):
        accomplices = identities - 1
        to_a = trades_until(washed(accomplices, USUAL), _A)
        small, usual, large = (
            trades_until(washed(accomplices, dollars), _AAA) for dollars in (SMALL, USUAL, LARGE)
        )
        money = fee(usual * WASH)
        rows.append(
            [
                "1, and consumers" if identities == 1 else str(identities),
                *(f"{each:,}" for each in (to_a, small, usual, large)),
                f"{usual * WASH:,}",
                dollars_of(money),
                f"{(_AAA - 5_000) / money:,.1f}",
                f"{_AAA / fee(counter * WASH):,.1f}",
            ]
        )
    return Table("wash trades", rows)


def _ring(size: int, *, is_complete: bool) -> int:
    """Trades that each member of a ring sells until all have AAA.

    In a cycle everybody sells to the next one; in a complete ring to everybody else in turn. All
    members fare alike, so that one is looked at.
    """
    member = Trader()
    for sold in count():
        now = sold * size * BLOCK
        step = 1 + sold % (size - 1) if is_complete else 1
        member.sell(step % size, USUAL, now)
        member.buy(-step % size, USUAL, now)
        if member.record.rating(now).score >= _AAA:
            return sold + 1
    raise AssertionError


def rings() -> Table:
    """(b): trades and gas for each member of a ring until all have AAA."""
    rows = [
        [
            "members", "a cycle: trades a member", "gas a member",
            "everybody with everybody: trades a member", "gas a member",
            "the counter's gas a member",
        ]
    ]  # fmt: skip
    counter = math.ceil(_AAA / 100 / 2)
    for size in IDENTITIES[1:]:
        cycle, complete = (_ring(size, is_complete=each) for each in (False, True))
        cells = (cycle, cycle * WASH, complete, complete * WASH, counter * WASH)
        rows.append([str(size), *(f"{each:,}" for each in cells)])
    return Table("rings", rows)


def _year(buyers: int, days: int = 365, dollars: int = 100) -> Trader:
    """A seller that has sold once a day to its buyers in turn."""
    seller = Trader()
    _go_on(seller, buyers, range(days), dollars)
    return seller


def _go_on(seller: Trader, buyers: int, days: Iterable[int], dollars: int = 100) -> None:
    for day in days:
        seller.sell(OTHERS + day % buyers, dollars, day * DAY)


def _back(buyers: int, days: int, grade: Grade) -> int:
    """Days after a default until a seller that goes on as before has a grade again."""
    seller = _year(buyers, days)
    seller.sell(VICTIM, LARGE, days * DAY, TradeOutcome.BROKEN)
    for day in count(days + 1):
        _go_on(seller, buyers, [day])
        if seller.record.rating(day * DAY).grade >= grade:
            return day - days
    raise AssertionError


def long_con() -> Table:
    """(c): a year of small trades with a few buyers, then an order of $1,000,000 that is broken."""
    rows = [
        [
            "buyers", "score before", "after", "days until the grade is back",
            "a year later, if it stops trading", "the counter before", "after", "the mean after",
        ]
    ]  # fmt: skip
    for buyers in (1, 3, 5, 9, 20):
        seller = _year(buyers)
        before, points = seller.record.rating(365 * DAY), seller.rival.counted
        seller.sell(VICTIM, LARGE, 365 * DAY, TradeOutcome.BROKEN)
        after, idle = (seller.record.rating(days * DAY) for days in (365, 730))
        is_lost = after.grade < before.grade
        rows.append(
            [
                str(buyers),
                shown(before.score),
                shown(after.score),
                f"{_back(buyers, 365, before.grade):,}" if is_lost else "never lost",
                shown(idle.score),
                shown(points),
                shown(seller.rival.counted),
                shown(seller.rival.mean),
            ]
        )
    return Table("long con", rows)


def _prepared(outcome: TradeOutcome, score: int, dollars: int, groomed: int = 0) -> int:
    """Fewest trades before a default of $1,000,000 that leave at least a score.

    Nine accomplices buy, a block apart; the last `groomed` trades, of $1, are with the buyer whose
    order is then not kept.
    """
    kept = of_seller(weight(dollars), TradeOutcome.KEPT)
    little = of_seller(weight(SMALL), TradeOutcome.KEPT)
    default = of_seller(weight(LARGE), outcome)
    evidence = Evidence()
    for number in count():
        now = number * BLOCK
        after = replace(evidence)
        for _ in range(groomed):
            after.add(VICTIM, little, now)
        after.add(VICTIM, default, now)
        if rate(after.good, after.bad).score >= score:
            return number + groomed
        evidence.add(OTHERS + number % 9, kept, now)
    raise AssertionError


def preparations() -> Table:
    """(c): the cheapest preparation for a default that leaves a grade.

    Who never ships can steal what a bank advances for its claim; who ships an empty box with an
    accomplice for a carrier can steal what is paid at shipping.
    """
    rows = [
        [
            "default", "grade after it", "trades of $1 before it", "trades of $1,000,000", "gas",
            "stolen for a dollar of fee", "the last eight with that buyer, of $1",
            "first day, a trade of $100 a day", "the counter's trades",
        ]
    ]  # fmt: skip
    for name, outcome, share in (
        ("never shipped", TradeOutcome.BROKEN, NOTE),
        ("never arrived", TradeOutcome.LOST, ADVANCE),
    ):
        for grade, score in GRADES.items():
            small, large = (_prepared(outcome, score, dollars) for dollars in (SMALL, LARGE))
            groomed = _prepared(outcome, score, LARGE, groomed=8)
            rows.append(
                [
                    name,
                    grade.name,
                    f"{small:,}",
                    f"{large:,}",
                    f"{large * WASH:,}",
                    f"${share * LARGE / fee(large * WASH):,.0f}" if large else "–",
                    f"{groomed:,}",
                    f"{_first_day(outcome, score):,}",
                    str(score // 100 + 2),
                ]
            )
    return Table("preparations", rows)


def _first_day(outcome: TradeOutcome, score: int) -> int:
    """First day on which a seller to 20 buyers keeps a score through a default."""
    evidence, default = Evidence(), of_seller(weight(LARGE), outcome)
    for day in count():
        after = replace(evidence)
        after.add(VICTIM, default, day * DAY)
        if rate(after.good, after.bad).score >= score:
            return day
        evidence.add(OTHERS + day % 20, of_seller(weight(100), TradeOutcome.KEPT), day * DAY)
    raise AssertionError


def whitewashing() -> Table:
    """(d): an old identity after a default, and a new one; both sell $100 a day to 20 buyers."""
    rows = [
        [
            "default on day", "old score then", "the new one overtakes after days",
            "old AAA again after days", "new AAA after days",
            "the counter's new one overtakes after days",
        ]
    ]  # fmt: skip
    for days in (0, 10, 30, 90, 180, 365):
        old, new = _year(20, days), Trader()
        old.sell(VICTIM, LARGE, days * DAY, TradeOutcome.BROKEN)
        then = old.record.rating(days * DAY).score
        found: dict[str, int] = {}
        for day in range(days, days + 2_000):
            now = day * DAY
            scores = old.record.rating(now).score, new.record.rating(now).score
            marks = {
                "overtakes": scores[1] > scores[0],
                "old": scores[0] >= _AAA,
                "new": scores[1] >= _AAA,
                "counter": new.rival.points > old.rival.points,
            }
            for mark, is_reached in marks.items():
                if is_reached:
                    found.setdefault(mark, day - days)
            for seller in (old, new):
                _go_on(seller, 20, [day])
        cells = (found.get(mark) for mark in ("overtakes", "old", "new", "counter"))
        rows.append(
            [str(days), shown(then), *("never" if each is None else f"{each:,}" for each in cells)]
        )
    return Table("whitewashing", rows)


def bad_mouthing() -> Table:
    """(e): 18 orders of $1,000, one a day, from hostile buyers who dispute each.

    The victim has sold $1,000 a day to 20 buyers for 100 days.
    """
    rows = [
        [
            "hostile buyers", "disputes", "the victim before", "after",
            "each of the hostile, after", "the counter's victim after",
            "the counter's hostile after",
        ]
    ]  # fmt: skip
    for hostile in (1, 3, 9):
        for name, outcome in (
            ("all lost", TradeOutcome.UPHELD),
            ("all won", TradeOutcome.BROKEN),
        ):
            victim = _year(20, 100, USUAL)
            before = victim.record.rating(100 * DAY).score
            buyers = [Trader() for _ in range(hostile)]
            for day in range(100, 118):
                victim.sell(VICTIM + day % hostile, USUAL, day * DAY, outcome)
                buyers[day % hostile].buy(TARGET, USUAL, day * DAY, outcome)
            end = 118 * DAY
            rows.append(
                [
                    str(hostile),
                    name,
                    shown(before),
                    shown(victim.record.rating(end).score),
                    shown(buyers[0].record.rating(end).score),
                    shown(victim.rival.counted),
                    shown(buyers[0].rival.counted),
                ]
            )
    return Table("bad-mouthing", rows)


def padding() -> Table:
    """(f): a seller that breaks every second of 20 orders of $1,000, then buys for $1,000 a day
    from nine sellers.
    """
    rows = [["purchases", "rating", "as a seller", "as a buyer", "the counter"]]
    trader = Trader()
    for day in range(20):
        outcome = TradeOutcome.BROKEN if day % 2 else TradeOutcome.KEPT
        trader.sell(OTHERS + day, USUAL, day * DAY, outcome)
    bought = 0
    for purchases in (0, 10, 50, 100, 200, 400):
        while bought < purchases:
            trader.buy(VICTIM + bought % 9, USUAL, (20 + bought) * DAY)
            bought += 1
        now = (20 + bought) * DAY
        buyer = trader.record.rating_in(Role.BUYER, now)
        rows.append(
            [
                str(purchases),
                shown(trader.record.rating(now).score),
                shown(trader.record.rating_in(Role.SELLER, now).score),
                shown(buyer.score) if bought else "NR",
                shown(trader.rival.counted),
            ]
        )
    return Table("padding", rows)


def shown(score: int) -> str:
    """A score as a share and a grade."""
    return f"{score / 100:.2f} % {grade_of(score).name}"


def dollars_of(money: float) -> str:
    """Money with cents where they matter."""
    return f"${money:,.2f}" if money < 1_000 else f"${money:,.0f}"


def tables() -> list[Table]:
    """All that is measured."""
    measures = (wash_trades, rings, long_con, preparations, whitewashing, bad_mouthing, padding)
    return [measure() for measure in measures]


_WIDTH, _HEIGHT = 870.0, 430.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 66.0, 740.0, 60.0, 368.0
_FIRST, _LAST = 5.0, 9.0
_HIGHEST = 10_000


def _x(gas: float) -> float:
    return _LEFT + (_RIGHT - _LEFT) * (math.log10(gas) - _FIRST) / (_LAST - _FIRST)


def _y(score: float) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * score / _HIGHEST


def _curve(scores: Iterable[int]) -> list[tuple[float, float]]:
    """A step for each trade, as long as the picture is wide, no two on one unit of it."""
    found: list[tuple[float, float]] = []
    for trades, score in enumerate(islice(scores, int(10**_LAST / WASH)), 1):
        x = _x(trades * WASH)
        if not found or x - found[-1][0] >= 1:
            found.append((x, _y(score)))
    return found


def _counted() -> Iterator[int]:
    rival = Rival()
    while True:
        rival.add(is_good=True)
        yield rival.counted


def picture() -> str:
    """Score of a seller against the gas of its wash trades of $1,000, ours and the counter's."""
    title = "Score against the gas of wash trades of $1,000, by identities of one's own"
    parts = [svg.label(12, 22, title, 14, fill=svg.INK)]
    for score, name in ((9_500, "AAA"), (8_000, "A"), (5_000, "B"), (2_000, "C"), (0, "D")):
        y = _y(score)
        parts.append(
            f'<line x1="{_LEFT:g}" y1="{y:.1f}" x2="{_RIGHT:g}" y2="{y:.1f}" stroke="{svg.LINE}"/>'
        )
        parts.append(svg.label(_LEFT - 8, y + 4, f"{name} {score // 100} %", 11, "end"))
    for power in range(int(_FIRST), int(_LAST) + 1):
        x = _x(10**power)
        parts.append(
            f'<line x1="{x:.1f}" y1="{_BOTTOM:g}" x2="{x:.1f}" y2="{_BOTTOM + 5:g}" '
            f'stroke="{svg.SOFT}"/>'
        )
        parts.append(svg.label(x, _BOTTOM + 20, f"{10**power / 1e6:,g} M gas", 11, "middle"))
        parts.append(svg.label(x, _BOTTOM + 36, dollars_of(fee(10**power)), 11, "middle"))
    note = f"dollars at {GAS_PRICE * 1e9:g} gwei and ${COIN:,} a coin; {WASH:,} gas a trade"
    parts.append(svg.label(_LEFT, _BOTTOM + 54, note, 11))

    curves = [
        (f"{identities} identities", svg.CUSTODY[i], "", _curve(r.score for r in ratings))
        for i, identities in enumerate(reversed(IDENTITIES[:-1]))
        for ratings in [washed(identities - 1, USUAL)]
    ]
    curves.append(("the counter, any", svg.INK, ' stroke-dasharray="5 4"', _curve(_counted())))
    free = math.inf
    for name, colour, dashes, points in sorted(curves, key=lambda curve: -curve[3][-1][1]):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>'
        )
        free = min(points[-1][1] + 4, free - 15)
        parts.append(svg.label(_RIGHT + 8, free, name, fill=colour))
    return svg.document(_WIDTH, _HEIGHT, title, parts)


def page(text: str, found: list[Table]) -> str:
    """The page with these tables in the places of those that it has."""
    before, heading, rest = text.partition(HEADING)
    section, end, after = rest.partition("\n## ")
    fresh = iter(found)
    section = _TABLE.sub(lambda _: next(fresh).markdown() + "\n", section)
    return before + heading + section + end + after


def main() -> None:
    """Prints the figures and writes them where they are shown."""
    found = tables()
    print(json.dumps({table.name: table.rows for table in found}, indent=1, ensure_ascii=False))
    for table in found:
        print(f"\n{table.name}\n\n{table.markdown()}")
    PAGE.write_text(page(PAGE.read_text("utf-8"), found), "utf-8")
    PICTURE.write_text(picture(), "utf-8")


if __name__ == "__main__":
    main()
