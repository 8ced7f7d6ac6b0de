"""Shipments by the command: cargo, custody, tenders, loss and damage, and where the goods were."""

import json

import pytest

from entrepot.services.spelling import moment, moment_of
from tests.e2e.trade_scenes import (
    ARBITER,
    BUYER,
    CARRIER,
    DAY,
    SELLER,
    WAREHOUSE,
    Market,
    address,
)

LABELLED = "04006381333931:LOT1:0:10"
DEVICE = "devnet:43"


@pytest.fixture
def order(market: Market) -> str:
    """An open order with a shipment."""
    found = market.opened_order()
    market.run("shipment", "create", found)
    return found


def shipped(market: Market, order: str, *options: str) -> str:
    """The order, its goods with the carrier."""
    market.run("shipment", "hand-over", order, "--to", CARRIER, *options, acting=SELLER)
    return order


def test_what_is_loaded_is_fixed_when_it_ships(market: Market, order: str) -> None:
    load = ("shipment", "load", order)
    watch = ("--watch", f"{DEVICE}:temperature:2:8", "--watch", f"{DEVICE}:shock:0:1.5")
    assert market.json(*load, "--cargo", LABELLED, *watch, acting=SELLER)["status"] == "loaded"
    again = market.json(*load, "--cargo", LABELLED, *watch, acting=SELLER)
    assert again["status"] == "loaded before; nothing was sent"
    more = (*load, "--cargo", "04006381333931:LOT1:10:5")
    assert market.json(*more, "--cargo", LABELLED, acting=SELLER)["status"] == "loaded"
    shown = market.json("shipment", "show", order)
    assert [(each["lot"], each["first"], each["count"]) for each in shown["cargo"]] == [
        ("LOT1", 0, 10), ("LOT1", 10, 5)
    ]  # fmt: skip
    assert shown["watches"][0] == {
        "watch": 0, "device": address(DEVICE), "metric": "temperature", "low": "2", "high": "8",
        "unit": "°C", "breached_at": None,
    }  # fmt: skip
    shipped(market, order)
    fixed = market.refuses(*load, "--watch", f"{DEVICE}:temperature:2:9", acting=SELLER)
    assert "have shipped" in fixed
    assert "nothing was sent" in market.json(*load, *watch, acting=SELLER)["status"]


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("--cargo", "04006381333931:LOT1:0", "four parts"),
        ("--cargo", "04006381333932:LOT1:0:1", "check digit"),
        ("--cargo", "04006381333931:LOT1:0:0", "count at least 1"),
        ("--cargo", "04006381333931:LO T:0:1", "no lot"),
        ("--watch", "temperature:2:8", "DEVICE:METRIC:LOW:HIGH"),
        ("--watch", f"{DEVICE}:pressure:2:8", "no metric"),
        ("--watch", f"{DEVICE}:temperature:8:2", "8 is more than 2"),
        ("--watch", f"{DEVICE}:temperature:2:8.001", "more than 2 decimals"),
        ("--watch", f"{DEVICE}:temperature:2:cold", "no number"),
        ("--watch", f"{DEVICE}:temperature:nan:8", "no number"),
    ],
)
def test_refuses_to_load(market: Market, order: str, option: str, value: str, reason: str) -> None:
    assert reason in market.refuses("shipment", "load", order, option, value, acting=SELLER)


def test_refuses_to_load_nothing(market: Market, order: str) -> None:
    assert "--cargo" in market.refuses("shipment", "load", order, acting=SELLER)
    many = [each for i in range(9) for each in ("--watch", f"devnet:{i}:shock:0:1")]
    assert "8 watches" in market.refuses("shipment", "load", order, *many, acting=SELLER)


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("--at", "Rotterdam", "no location"),
        ("--at", "4006381333932", "check digit"),
        ("--seal", "much too long a seal", "no seal number"),
        ("--due", "tomorrow", "no time"),
        ("--due", "2099-01-01T00:00:00Z", "after the order's refund deadline"),
        ("--liability", "1.234567891", "--liability"),
        ("--condition", "no-such-file", "no-such-file"),
    ],
)
def test_refuses_to_hand_over(
    market: Market, order: str, option: str, value: str, reason: str
) -> None:
    refused = market.refuses(
        "shipment", "hand-over", order, "--to", CARRIER, option, value, acting=SELLER
    )
    assert reason in refused


def test_a_trajectory_tells_who_held_the_goods_where(market: Market, order: str) -> None:
    assert "have not shipped" in market.refuses("shipment", "trajectory", order)
    due = moment(market.now + 3 * DAY)
    shipped(market, order, "--at", "INNSA", "--seal", "MSKU-1", "--liability", "500.00")
    market.pass_time(DAY)
    at = ("shipment", "checkpoint", order, "--at", "AEJEA")
    assert market.json(*at, acting=CARRIER)["status"] == "at AEJEA"
    assert "nothing was sent" in market.json(*at, acting=CARRIER)["status"]
    assert "NotAuthorized" in market.refuses(
        "shipment", "checkpoint", order, "--at", "NLRTM", acting=BUYER, code=1
    )
    onward = ("shipment", "hand-over", order, "--to", WAREHOUSE, "--at", "NLRTM")
    market.run(*onward, "--due", due, "--condition", "ws/deployment.json", acting=CARRIER)
    market.run("shipment", "deliver", order, acting=BUYER)
    (market.folder / "places.yaml").write_text(
        "NLRTM: {name: The depot, latitude: 51.9, longitude: 4.1}\n"
    )
    options = ("--modes", "road", "--places", "places.yaml", "--svg", "map.svg")
    first, second = market.json("shipment", "trajectory", order, *options)
    assert (first["custodian"], first["from"], first["seal"]) == (33, "INNSA", "MSKU-1")
    assert [each["location"] for each in first["passed"]] == ["AEJEA"]
    assert first["mode"] == "road"
    assert first["km"] > 5_000
    assert (second["custodian"], second["place"], second["until"]) == (
        38, "The depot", market.json("shipment", "show", order)["delivered_at"]
    )  # fmt: skip
    drawn = (market.folder / "map.svg").read_text()
    assert drawn.startswith("<svg")
    assert "The depot" in drawn
    unsaid = market.opened_order()
    market.ship(unsaid)
    (leg,) = market.json("shipment", "trajectory", unsaid, "--svg", "unsaid.svg")
    assert (leg["from"], leg["place"], leg["until"]) == (None, None, None)
    assert "place not said" in (market.folder / "unsaid.svg").read_text()
    table = market.run("shipment", "trajectory", order).stdout
    assert "NLRTM" in table
    assert "at AEJEA" in table
    assert "is none of" in market.refuses("shipment", "trajectory", order, "--modes", "boat")


def test_a_journey_is_rated_30_days_after_the_end_of_its_order(market: Market, order: str) -> None:
    rate = ("shipment", "rate", order)
    assert "has not ended" in market.refuses(*rate)
    shipped(market, order, "--liability", "5.00")
    market.run("shipment", "hand-over", order, "--to", WAREHOUSE, acting=CARRIER)
    market.run("shipment", "deliver", order, acting=BUYER)
    opens = market.now + 30 * DAY
    early = market.json(*rate, code=1)
    assert (
        early["status"] == f"too early, it can be rated from {moment(opens)} on; nothing was sent"
    )
    market.pass_time(30 * DAY)
    assert market.json(*rate)["status"] == "rated, 2 legs"
    assert market.json(*rate)["status"] == "rated before; nothing was sent"


def test_a_journey_waits_for_its_tender(market: Market, order: str) -> None:
    rate = ("shipment", "rate", order)
    shipped(market, order)
    market.pass_time(31 * DAY)
    market.run("order", "conclude", order)
    market.pass_time(30 * DAY)
    market.run("shipment", "tender", order, acting=CARRIER)
    assert "a tender is pending" in market.json(*rate, code=1)["status"]
    market.pass_time(3 * DAY)
    market.run("shipment", "conclude", order)
    assert "too early" in market.json(*rate, code=1)["status"]
    market.pass_time(30 * DAY)
    assert market.json(*rate)["status"] == "rated, 1 leg"


def test_goods_that_never_shipped_have_no_journey(market: Market, order: str) -> None:
    market.pass_time(11 * DAY)
    market.run("order", "conclude", order)
    market.pass_time(30 * DAY)
    assert "have not shipped" in market.refuses("shipment", "rate", order)


def test_a_refused_tender_goes_back_on_its_way(market: Market, order: str) -> None:
    tender, conclude = ("shipment", "tender", order), ("shipment", "conclude", order)
    assert "have not shipped" in market.refuses(*tender, acting=CARRIER)
    shipped(market, order)
    assert "not tendered" in market.refuses(*conclude)
    assert market.json(*tender, acting=CARRIER)["status"] == "tendered"
    assert "tendered before" in market.json(*tender, acting=CARRIER)["status"]
    waiting = market.json(*conclude, code=1)
    assert waiting["status"].startswith("the consignee may refuse until")
    refusal = ("shipment", "refuse", order)
    assert "refused" in market.json(*refusal, acting=BUYER)["status"]
    assert "refused before" in market.json(*refusal, acting=BUYER)["status"]
    market.run("shipment", "rule", order, "--reject", acting=ARBITER)
    assert market.json("shipment", "show", order)["state"] == "in transit"
    assert "nothing to rule" in market.refuses(
        "shipment", "rule", order, "--uphold", acting=ARBITER
    )
    market.run(*tender, acting=CARRIER)
    market.pass_time(2 * DAY + 1)
    assert market.json(*conclude)["status"] == "delivered by silence"
    assert "nothing was sent" in market.json(*conclude)["status"]
    assert market.json("order", "show", order)["state"] == "released"


def test_a_reserve_is_a_fact_only_with_the_custodian(market: Market, order: str) -> None:
    shipped(market, order)
    deliver = ("shipment", "deliver", order)
    assert "--with co-signs" in market.refuses(*deliver, "--with", CARRIER, acting=BUYER)
    assert "more than all" in market.refuses(
        *deliver, "--lost", "60%", "--damaged", "50%", acting=BUYER
    )
    claimed = market.json(*deliver, "--damaged", "5%", acting=BUYER)["status"]
    assert claimed == "delivered, 5% damaged, which is a claim so far"
    shown = market.json("shipment", "show", order)
    assert (shown["goods"]["damaged"], shown["reserve"]) == ("0%", "0% lost, 5% damaged")
    admit = ("shipment", "admit", order)
    assert "Say how much" in market.refuses(*admit, acting=CARRIER)
    assert market.json(*admit, "--damaged", "4%", acting=CARRIER)["status"] == "4% damaged"
    assert "nothing was sent" in market.json(*admit, "--damaged", "4%", acting=CARRIER)["status"]
    assert "only grow" in market.refuses(*admit, "--damaged", "3%", acting=CARRIER)
    at = market.json("shipment", "show", order)["shipped_at"]
    determine = ("shipment", "determine", order, "--lost", "1%", "--damaged", "4%", "--at")
    early = market.refuses(*determine, "2020-01-01T00:00:00Z", acting=ARBITER)
    assert "before the goods shipped" in early
    assert market.json(*determine, at, acting=ARBITER)["status"] == "1% lost and 4% damaged"
    goods = market.json("shipment", "show", order)["goods"]
    assert (goods["lost"], goods["lost_at"]) == ("1%", at)


def test_a_reserve_with_the_custodian_is_a_fact(market: Market, order: str) -> None:
    shipped(market, order)
    receipt = ("--lost", "250 bps", "--with", CARRIER)
    done = market.json("shipment", "deliver", order, *receipt, acting=BUYER)
    assert done["status"] == "delivered, 2.5% lost"
    assert market.json("shipment", "show", order)["goods"]["lost"] == "2.5%"
    assert market.json("order", "show", order)["state"] == "released"


def test_evidence_of_liability_is_checked_against_the_chain(market: Market, order: str) -> None:
    liability = ("shipment", "liability", order)
    assert "have not shipped" in market.refuses(*liability)
    terms = market.json("order", "show", order)["terms"]
    due = moment(market.now + DAY)
    shipped(market, order, "--at", "INNSA", "--liability", "500.00", "--due", due)
    assert market.run(*liability).stdout == "Nothing went wrong.\n"
    market.pass_time(DAY + 3_600)
    onward = ("shipment", "hand-over", order, "--to", WAREHOUSE, "--liability", "80.00")
    market.run(*onward, acting=CARRIER)
    market.pass_time(moment_of(terms["deliver_by"]) - market.now + 7_200)
    market.run("shipment", "deliver", order, "--lost", "3%", "--with", WAREHOUSE, acting=BUYER)
    shown = market.json("shipment", "show", order)
    market.run(
        "shipment", "determine", order, "--lost", "3%", "--damaged", "1%", "--at",
        shown["shipped_at"], acting=ARBITER,
    )  # fmt: skip
    market.run(*liability, "--write", "evidence.json", acting=BUYER)
    found = json.loads((market.folder / "evidence.json").read_text())
    told = [(each["cause"], each["answers"], each["up_to"]) for each in found["findings"]]
    assert told == [
        ("loss", 38, "80.00"), ("damage", 33, "500.00"), ("delay", 33, "500.00"),
        ("delay", 38, "80.00"),
    ]  # fmt: skip
    verify = ("shipment", "verify-liability", "evidence.json")
    verdict = market.json(*verify)
    assert (verdict["differences"], verdict["acts_for"]) == ([], 31)
    market.pass_time(DAY)
    assert market.run(*verify).stdout.endswith("Nothing differs.\n")
    assert "exists already" in market.refuses(
        *liability, "--write", "evidence.json", acting=BUYER, code=1
    )

    def forged(*where: str | int, value: object) -> list[str]:
        bundle = json.loads(json.dumps(found))
        part = bundle
        for step in where[:-1]:
            part = part[step]
        part[where[-1]] = value
        (market.folder / "forged.json").write_text(json.dumps(bundle))
        done = market.json("shipment", "verify-liability", "forged.json", code=1)
        return [each["where"] for each in done["differences"]]

    assert forged("findings", 0, "answers", value=33) == ["findings.0.answers", "signature"]
    assert forged("legs", 1, "since", value=due) == ["legs.1.since", "signature"]
    assert forged("legs", value=found["legs"][:1]) == ["legs", "signature"]
    assert forged("facts", "goods", "lost", value="2%") == ["facts.goods.lost", "signature"]
    assert forged("chain", "hash", value="0x00") == ["chain.hash", "signature"]
    assert forged("signer", value=address(SELLER)) == ["signature"]
    assert forged("extra", value=1) == ["extra", "signature"]
    older = forged("chain", "block", value=found["chain"]["block"] - 1)
    assert {"chain.hash", "findings", "damage", "signature"} <= set(older)
    (market.folder / "forged.json").write_text(json.dumps({"kind": "entrepot note offer"}))
    assert "is no evidence" in market.refuses("shipment", "verify-liability", "forged.json")


def test_a_warm_leg_answers_for_its_goods(market: Market, order: str) -> None:
    watch = ("--watch", f"{DEVICE}:temperature:2:8")
    market.run("device", "enrol", "--key", DEVICE, acting=CARRIER)
    market.run("shipment", "load", order, *watch, acting=SELLER)
    shipped(market, order)
    market.pass_time(DAY)
    run = ("device", "run", order, "--key", DEVICE, "--generate", "coldchain", "--for", "PT20H")
    market.run(*run, "--excursion", "PT10H/PT2H", "--submit", "--out", "warm-leg")
    market.run("shipment", "liability", order, "--write", "warm.json", acting=SELLER)
    market.run("shipment", "verify-liability", "warm.json")
    found = json.loads((market.folder / "warm.json").read_text())
    (finding,) = found["findings"]
    assert (finding["cause"], finding["answers"], finding["as"]) == (
        "excursion", 33, "custodian, leg 1"
    )  # fmt: skip
    assert finding["at"] == found["watches"][0]["longest_at"]
    assert len(found["readings"]) == len(list((market.folder / "warm-leg").iterdir()))
