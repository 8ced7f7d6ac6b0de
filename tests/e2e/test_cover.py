"""Cover by the command: quoted, bought, paid with the fact, recovered from who answers for it."""

import json

import pytest

from entrepot.services import deploy
from entrepot.services.spelling import moment
from tests.e2e.trade_scenes import ARBITER, BUYER, CARRIER, DAY, SELLER, WAREHOUSE, Market, address

INSURER = f"devnet:{deploy.FUNCTION_KEYS + deploy.INSURER_ID}"
DEVICE = "devnet:45"


@pytest.fixture(scope="module")
def insured(market: Market) -> Market:
    """A market with capital in the pool, and a device of the carrier's."""
    market.fund_pool(10_000)
    market.run("device", "enrol", "--key", DEVICE, acting=CARRIER)
    return market


def quoted(market: Market, order: str, *options: str, cap: str = "50%") -> str:
    """The file of a quote."""
    file = f"{order[:12]}-{len(list(market.folder.iterdir()))}.quote"
    until = moment(market.now + 5 * DAY)
    market.run(
        "policy", "quote", order, "--cap", cap, "--until", until, "--write", file,
        *(() if "--premium" in options else ("--premium", "20.00")), *options, acting=INSURER,
    )  # fmt: skip
    return file


def bought(market: Market, order: str, *options: str, cap: str = "50%") -> str:
    """The id of a policy."""
    file = quoted(market, order, *options, cap=cap)
    market.run("policy", "sign", file, acting=BUYER)
    market.run("policy", "approve", file, acting=BUYER)
    done = market.json("policy", "insure", file)
    assert done["status"] == "insured"
    assert "insured before" in market.json("policy", "insure", file)["status"]
    found: str = done["policy"]
    return found


def loaded(market: Market) -> str:
    """An order whose goods are watched."""
    order = market.opened_order()
    market.run("shipment", "create", order)
    market.run("shipment", "load", order, "--watch", f"{DEVICE}:temperature:2:8", acting=SELLER)
    return order


def test_an_excursion_pays_with_the_reading_and_the_carrier_answers(insured: Market) -> None:
    market, order = insured, loaded(insured)
    perils = ("--peril", "exposure:watch0:>3600s:30%", "--peril", "damage:>=5%:10%")
    policy = bought(market, order, *perils, "--deductible", "5%", "--reporting", "P7D")
    pending = market.json("policy", "claim", policy, code=1)
    assert pending["status"] == "nothing to decide yet; nothing was sent"
    market.run("bond", "approve", "--amount", "100.00", acting=BUYER)
    market.run("bond", "deposit", "33", "--amount", "100.00", acting=BUYER)
    hand = ("shipment", "hand-over", order, "--to", CARRIER, "--liability", "400.00")
    market.run(*hand, acting=SELLER)
    market.pass_time(DAY)
    run = ("device", "run", order, "--key", DEVICE, "--generate", "coldchain", "--for", "PT20H")
    told = market.json(*run, "--excursion", "PT10H/PT4H", "--submit", "--out", order[:10])
    shown = market.json("policy", "show", policy)
    assert shown["fired"] == ["exposure:watch0:>3600s:30%"]
    (paid,) = shown["payments"]
    assert (paid["amount"], paid["payee"]) == ("250.00", address(BUYER))
    (batch,) = (each for each in told if each["transaction"] == paid["transaction"])
    assert float(batch["extremes"][0]["minimum"]) > 8
    market.run("shipment", "admit", order, "--damaged", "6%", acting=CARRIER)
    shown = market.json("policy", "show", policy)
    assert [each["amount"] for each in shown["payments"]] == ["250.00", "100.00"]
    exposure, damage = market.json("bond", "subrogate", policy)
    assert exposure["status"] == "exposure:watch0:>3600s:30%: recovered 100.00"
    assert damage["status"] == "damage:>=5%:10%: nothing more can be recovered; nothing was sent"
    assert market.json("policy", "show", policy)["recovered"] == "100.00"
    bond = market.json("bond", "show", "33")
    assert (bond["held"], bond["recovered"][0]["amount"]) == ("0.00", "100.00")
    market.run("shipment", "deliver", order, acting=BUYER)
    assert market.json("policy", "show", policy)["state"] == "paid"
    done = market.json("policy", "claim", policy)
    assert done["status"] == "paid before; nothing was sent"


def test_lateness_is_reserved_and_paid_with_the_delivery(insured: Market) -> None:
    market, order = insured, insured.opened_order()
    policy = bought(market, order, "--per-day", "2%", "--grace-days", "1", cap="20%")
    market.ship(order)
    assert "nothing more" in market.json("policy", "reserve", policy)["status"]
    market.pass_time(24 * DAY)
    reserved = market.json("policy", "reserve", policy)["status"]
    assert reserved == "reserved 8% of the order's amount"
    assert market.json("pool", "show")["reserved"] == "80.00"
    assert "nothing more" in market.json("policy", "reserve", policy)["status"]
    market.run("shipment", "deliver", order, acting=BUYER)
    (paid,) = market.json("policy", "show", policy)["payments"]
    assert (paid["amount"], paid["days_late"]) == ("80.00", 5)
    pool = market.json("pool", "show")
    assert (pool["reserved"], pool["insurer"], pool["listed"]) == ("0.00", 1, True)
    assert market.json("policy", "list", order) == [
        {
            "policy": policy, "order": order, "state": "paid", "holder": address(BUYER),
            "maximum": "200.00", "fired": ["delay"],
        }
    ]  # fmt: skip


def test_a_loss_by_ruling_pays_and_what_was_no_loss_expires(insured: Market) -> None:
    market, order = insured, insured.opened_order()
    policy = bought(market, order, "--peril", "loss:>=2%:40%", cap="40%")
    other = bought(market, order, "--peril", "refusal:50%", cap="50%")
    file = quoted(market, order, cap="20%")
    market.run("policy", "sign", file, acting=BUYER)
    refused = market.refuses("policy", "insure", file)
    assert "worth 1000.00, and 900.00 of it is covered" in refused
    market.ship(order)
    at = market.json("shipment", "show", order)["shipped_at"]
    market.run("shipment", "determine", order, "--lost", "2%", "--at", at, acting=ARBITER)
    assert market.json("policy", "show", policy)["payments"][0]["amount"] == "400.00"
    market.run("shipment", "deliver", order, acting=BUYER)
    market.pass_time(60)
    assert market.json("policy", "claim", other)["status"] == "nothing is paid, it is expired"
    assert "expired before" in market.json("policy", "claim", other)["status"]


def test_cover_that_does_not_attach_gives_the_premium_back(insured: Market) -> None:
    market, order = insured, insured.opened_order()
    policy, before = bought(market, order), market.dollars(BUYER)
    market.pass_time(11 * DAY)
    assert market.json("policy", "claim", policy)["status"] == "nothing is paid, it is void"
    assert market.dollars(BUYER) == before + 20 * 10**6


def test_the_tariff_prices_a_quote(insured: Market) -> None:
    market, order = insured, loaded(insured)
    route = ("--premium", "auto", "--mode", "ocean", "--from", "IN", "--to", "NL")
    perils = ("--peril", "level:watch0:20%", "--peril", "loss:>=10%:50%")
    cheap = json.loads((market.folder / quoted(market, order, *route)).read_text())
    dear = json.loads((market.folder / quoted(market, order, *route, *perils)).read_text())
    assert 0 < float(cheap["premium"]) < float(dear["premium"]) < 200
    assert dear["perils"] == ["level:watch0:20%", "loss:>=10%:50%"]
    assert dear["maximum"] == "500.00"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--peril", "flood:10%"), "no peril"),
        (("--peril", "level:30%"), "level:watch0:30%"),
        (("--peril", "level:watch8:30%"), "level:watch0:30%"),
        (("--peril", "level:watch3:30%"), "needs watch 3"),
        (("--peril", "run:watch0:3600:30%"), "run:watch0:>3600s:30%"),
        (("--peril", "loss:5%:30%"), "loss:>=5%:50%"),
        (("--peril", "loss:>=0%:30%"), "loss:>=5%:50%"),
        (("--peril", "refusal:200%"), "no share"),
        (("--peril", "refusal:1%") * 5, "4 perils at most"),
        (("--cap", "0%"), "--cap"),
        (("--maximum", "499.99"), "--maximum is 500.00"),
        (("--maximum", "1000.01"), "--maximum is 500.00"),
        (("--premium", "cheap"), "--premium"),
        (("--premium", "auto"), "--mode"),
        (("--mode", "ocean"), "--premium auto"),
        (("--premium", "auto", "--mode", "sledge", "--from", "IN", "--to", "NL"), "sledge"),
        (("--premium", "auto", "--mode", "ocean", "--from", "IN", "--to", "XX"), "no premium"),
        (("--pool", "0x" + "11" * 20), "not listed"),
        (("--reporting", "soon"), "--reporting"),
        (("--holder", "me"), "no address"),
    ],
)
def test_refuses_to_quote(insured: Market, options: tuple[str, ...], reason: str) -> None:
    order = loaded(insured)
    given = {"--cap": "50%", "--premium": "20.00", "--until": moment(insured.now + DAY)}
    for name in [each for each in given if each in options]:
        del given[name]
    words = [word for pair in given.items() for word in pair]
    refused = insured.refuses(
        "policy", "quote", order, "--write", "no.quote", *words, *options, acting=INSURER
    )
    assert reason in refused
    assert not (insured.folder / "no.quote").exists()


def test_refuses_to_insure(insured: Market) -> None:
    market, order = insured, loaded(insured)
    by_anyone = market.refuses(
        "policy", "quote", order, "--cap", "50%", "--premium", "1.00", "--until",
        moment(market.now + DAY), "--write", "no.quote", acting=BUYER,
    )  # fmt: skip
    assert "may not underwrite" in by_anyone
    file = quoted(market, order)
    insure = ("policy", "insure", file)
    assert "not signed by the holder" in market.refuses(*insure)
    assert "not the holder's account" in market.refuses("policy", "sign", file, acting=SELLER)
    market.run("policy", "sign", file, acting=BUYER)
    kept = (market.folder / file).read_text()
    (market.folder / file).write_text(kept.replace('"premium": "20.00"', '"premium": "2.00"'))
    assert "signature" in market.refuses(*insure)
    (market.folder / file).write_text(kept.replace('"20.00"', '"20.0000001"'))
    assert "is wrong" in market.refuses(*insure)
    (market.folder / file).write_text(kept)
    market.run("policy", "approve", file, acting=BUYER)
    market.run("shipment", "hand-over", order, "--to", CARRIER, acting=SELLER)
    assert "cover comes before" in market.refuses(*insure)
    assert "is no policy" in market.refuses("policy", "show", "7")
    assert "There is no policy" in market.refuses("policy", "claim", "0x" + "00" * 32)


def test_a_bond_leaves_after_its_notice(insured: Market) -> None:
    market = insured
    deposit = ("bond", "deposit", "38", "--amount")
    assert "has 0.00 of" in market.refuses(*deposit, "50.00", acting=WAREHOUSE)
    assert "not approved" in market.refuses(*deposit, "50.00", acting=BUYER)
    market.run("bond", "approve", "--amount", "50.00", acting=BUYER)
    market.run(*deposit, "50.00", acting=BUYER)
    assert "no participant 99" in market.refuses(
        "bond", "deposit", "99", "--amount", "1.00", acting=BUYER
    )
    request = ("bond", "request", "38", "--amount")
    assert "The root of" in market.refuses(*request, "20.00", acting=BUYER)
    assert "more than the bond" in market.refuses(*request, "50.01", acting=WAREHOUSE)
    assert "can be taken from" in market.json(*request, "20.00", acting=WAREHOUSE)["status"]
    assert "nothing was sent" in market.json(*request, "20.00", acting=WAREHOUSE)["status"]
    withdraw = ("bond", "withdraw", "38")
    early = market.json(*withdraw, acting=WAREHOUSE, code=1)["status"]
    assert early.startswith("it can be taken from")
    market.pass_time(60 * DAY)
    assert market.json(*withdraw, acting=WAREHOUSE)["status"] == "withdrew 20.00 TestDollar"
    assert "nothing was asked back" in market.json(*withdraw, acting=WAREHOUSE)["status"]
    assert market.json("bond", "show", "38")["held"] == "30.00"
    assert "own coin" in market.refuses("bond", "show", "38", "--token", "native")
    assert "no pool" in market.refuses("pool", "show", address(BUYER))
