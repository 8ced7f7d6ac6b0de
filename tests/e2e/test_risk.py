"""Warnings by the command, from what really happened on a chain."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from entrepot.network import devnet
from entrepot.services import deploy
from entrepot.services.spelling import moment
from tests.e2e.conftest import SAMPLE, Entrepot, assert_one_sentence
from tests.e2e.trade_scenes import BUYER, CARRIER, DAY, SELLER, START, Market

INSURER = f"devnet:{deploy.FUNCTION_KEYS + deploy.INSURER_ID}"
CARGO = "04006381333931:LOT1:0:10"


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    """A market of its own, with capital in its pool."""
    folder = tmp_path_factory.mktemp("risky market")
    with devnet.running(folder / "chain", timestamp=START) as chain:
        found = Market.opened(folder, chain)
        found.fund_pool(5_000)
        yield found


def shipped(market: Market, amount: str) -> str:
    """An order on its way, for ten items."""
    order = market.opened_order(amount=amount)
    market.run("shipment", "create", order)
    market.run("shipment", "load", order, "--cargo", CARGO, acting=SELLER)
    market.run("shipment", "hand-over", order, "--to", CARRIER, acting=SELLER)
    return order


def insure(market: Market) -> None:
    """Cover of an order that waits to be shipped."""
    order, until = market.opened_order(), moment(market.now + 5 * DAY)
    file = f"{order[:12]}.quote"
    terms = ("--cap", "50%", "--premium", "20.00", "--until", until, "--write", file)
    market.run("policy", "quote", order, *terms, acting=INSURER)
    for verb in ("sign", "approve"):
        market.run("policy", verb, file, acting=BUYER)
    market.run("policy", "insure", file)


def warned(market: Market, kind: str) -> list[dict[str, Any]]:
    found = market.json("risk", "--kind", kind, code=None)
    assert {each["kind"] for each in found} <= {kind}
    return list(found)


def test_warns_of_what_happened_and_of_what_will(market: Market) -> None:
    assert market.run("risk").stdout == "Nothing is suspect.\n"
    past = [shipped(market, f"100.{i:02}") for i in range(8)]
    market.pass_time(21 * DAY)
    for order in past:
        market.run("shipment", "deliver", order, acting=BUYER)
    coming = shipped(market, "400.00")

    (late,) = warned(market, "late-delivery")
    assert late["subjects"][0] == f"order {coming}"
    assert late["score"] > 0.5
    assert "seller 32 was late 8 of 8 times" in late["reason"]
    assert "too few for a model" in late["reason"]

    (price,) = warned(market, "price-outlier")
    assert price["subjects"][0] == f"order {coming}"
    assert "40.00 TestDollar an item is 4.0 times the median of 8 earlier" in price["reason"]

    for _ in range(5):
        insure(market)
    hanging = warned(market, "insurer-concentration")
    assert {each["evidence"][0]["by"] for each in hanging} == {"carrier", "lane", "holder"}
    assert "100 % of the open cover of 2500.00 TestDollar hangs on one carrier" in str(hanging)
    assert warned(market, "customs-refusals") == warned(market, "trade-ring") == []

    everything = market.json("risk", code=1)
    scores = [each["score"] for each in everything]
    assert scores == sorted(scores, reverse=True)
    assert Counter(each["kind"] for each in everything) == {
        "late-delivery": 1 + 5, "price-outlier": 1, "insurer-concentration": 3
    }  # fmt: skip
    told = market.run("risk", code=1).stdout
    assert f"late-delivery: {late['reason']}" in told
    assert told.endswith(f"{len(everything)} warnings.\n")


def test_evaluation_needs_a_record_long_enough(entrepot: Entrepot) -> None:
    sentence = assert_one_sentence(entrepot("risk", "evaluate", SAMPLE), 2)
    assert "too little to evaluate" in sentence
    assert entrepot("risk", "--kind", "gossip").returncode == 2


def test_evaluates_a_record_in_any_layout(entrepot: Entrepot, tmp_path: Path) -> None:
    """One seller of six is late more often than not, and forecasts come to know it."""
    source, first = Random(4), date(2020, 1, 1)
    lines = ["no,buyer,seller,usd,due,came"]
    for number in range(600):
        seller, due = source.randrange(6), first + timedelta(days=source.randrange(500))
        is_late = source.random() < (0.6 if seller == 0 else 0.05)
        came = due + timedelta(days=3 if is_late else -3)
        lines.append(f"{number},b{source.randrange(4)},s{seller},{number + 1},{due},{came}")
    record, mapping = tmp_path / "record.csv", tmp_path / "mapping.yaml"
    record.write_text("\n".join(lines))
    mapping.write_text(
        "{id: no, buyer: buyer, seller: seller, value: usd, scheduled: due, delivered: came}"
    )
    command = ("risk", "evaluate", record, "--mapping", mapping)
    found = json.loads(entrepot(*command, "--json").stdout)
    by_name = {each["method"]: each for each in found["measures"]}
    assert by_name["the model"]["auc"] > 0.75 > 0.6 > by_name["base rate"]["auc"]
    assert by_name["the model"]["precision"] > 2 * found["late"] / found["forecasts"]
    shown = entrepot(*command)
    assert shown.returncode == 0
    assert f"{found['forecasts']:,} forecasts from {found['first']}" in shown.stdout
    assert "AUC by year of decision" in shown.stdout
