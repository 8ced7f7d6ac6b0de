"""The examples of `docs/insurance-model.md`, by the rule with which payouts are audited."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from entrepot.core.cover import (
    CargoFacts,
    Decision,
    Peril,
    PerilKind,
    Seen,
    decide,
    net_of,
    pack,
    units_of,
)
from entrepot.core.exposures import Exposure
from entrepot.core.messages import Order, Quote
from entrepot.core.money import dollars
from entrepot.core.settlement import Facts

TEXT = (Path(__file__).parents[2] / "docs" / "insurance-model.md").read_text("utf-8")
ADDRESS, WORD, DAY = "0x" + "11" * 20, bytes(32), 86_400


def seconds(text: str) -> int:
    return int(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp())


def test_schedule_is_what_the_rule_gives() -> None:
    section = TEXT.split("## Worked example: the schedule")[1].split("\n## ")[0]
    table = [
        [cell.strip() for cell in line.split("|")]
        for line in re.findall(r"^\|(.+)\|$", section, re.M)[2:]
    ]
    (due_text,) = re.findall(r"delivered by ([0-9-]+ [0-9:]+) UTC", section)
    deliver_by = seconds(due_text)
    refund_after, shipped = deliver_by + 60 * DAY, deliver_by - 30 * DAY
    order = Order(
        ADDRESS, 10_000 * 10**6, ADDRESS, ADDRESS, 1, 2, 3, 1, 0, ADDRESS,
        shipped, shipped, deliver_by, refund_after, 0, 0, False, WORD, WORD,
    )  # fmt: skip
    quote = Quote(
        WORD, ADDRESS, ADDRESS, 4, 25 * 10**6, 2_000 * 10**6, 3, 100, 2_000, shipped, WORD
    )
    found = []
    for at, *_ in table:
        delivered = 0 if at == "never" else seconds(at)
        late = (delivered or refund_after) - deliver_by
        facts = Facts(shipped, 0, delivered, delivered or refund_after + 1)
        decision = decide(order, quote, Decision(), Seen(facts))
        assert decision.is_final
        paid = units_of(order.amount, net_of(quote, decision.gross_bps))
        shown = f"{late:,}" if delivered else "–"
        found.append([at, shown, str(-(-late // DAY)), dollars(paid // 10**4)])
    assert found == table


def test_several_causes_come_to_what_the_rule_gives() -> None:
    section = TEXT.split("## Worked example: several causes")[1].split("\n## ")[0]
    table = [
        [cell.strip() for cell in line.split("|")][1:]
        for line in re.findall(r"^\|(.+)\|$", section, re.M)[2:]
    ]
    deliver_by, delivered = seconds("2024-03-01 23:59:59"), seconds("2024-03-07 12:00:00")
    shipped = deliver_by - 30 * DAY
    order = Order(
        ADDRESS, 10_000 * 10**6, ADDRESS, ADDRESS, 1, 2, 3, 1, 0, ADDRESS,
        shipped, shipped, deliver_by, deliver_by + 60 * DAY, 0, 0, False, WORD, WORD,
    )  # fmt: skip
    perils = pack(
        [
            Peril(PerilKind.LEVEL, 500),
            Peril(PerilKind.RUN, 800, threshold=3_600),
            Peril(PerilKind.LOSS, 2_500, threshold=100),
        ]
    )
    quote = Quote(
        WORD, ADDRESS, ADDRESS, 4, 25 * 10**6, 3_000 * 10**6, 3, 100, 3_000, shipped, WORD,
        deductible_bps=200, perils=perils, reporting_period=10 * DAY,
    )  # fmt: skip
    on_the_way = Facts(shipped, as_of=deliver_by)
    arrived = Facts(shipped, 0, delivered, delivered + 10 * DAY)
    warm, long = {0: Exposure(shipped)}, {0: Exposure(shipped, 7_200, 7_200, shipped)}
    before, paid, found = Decision(), 0, []
    for seen in (
        Seen(on_the_way, watches=warm),
        Seen(on_the_way, watches=long),
        Seen(arrived, watches=long),
        Seen(arrived, CargoFacts(lost_bps=200), watches=long),
    ):
        before = decide(order, quote, before, seen)
        due = units_of(order.amount, net_of(quote, before.gross_bps))
        shown = [dollars(units // 10**4) for units in (due - paid, due)]
        found.append([f"{before.gross_bps:,}", *shown, "yes" if before.is_final else "no"])
        paid = due
    assert found == table
    over = Seen(replace(arrived, as_of=delivered + 10 * DAY + 1), watches=long)
    assert decide(order, quote, Decision(0b10011, 1_600), over).is_final
