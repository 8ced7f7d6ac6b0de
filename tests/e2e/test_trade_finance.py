"""Customs, notes and warnings by the command."""

import json
from typing import Any

import pytest

from entrepot.core.signing import checksum_address
from entrepot.services.spelling import moment
from tests.e2e.trade_scenes import (
    AGREEABLE,
    BANK,
    BUYER,
    CARRIER,
    CUSTOMS,
    DAY,
    INSPECTOR,
    SELLER,
    STRANGER,
    Market,
    address,
)

TREASURY = checksum_address(bytes(18) + b"\x7a\x5e")
CLEARED: dict[str, Any] = {
    "conditions": ["cleared"],
    "customs": {
        "authority": "34", "inspector": "35", "treasury": TREASURY, "duty_cap": "100.00",
        "appeal_period": "P7D",
    },
}  # fmt: skip
GOODS = ("--hs", "8703.23", "--origin", "JP", "--destination", "FR", "--value", "1000.00",
         "--document", "0x" + "ab" * 32)  # fmt: skip


def declared(market: Market) -> str:
    """An open order whose goods the seller declared."""
    order = market.opened_order(CLEARED)
    market.run("shipment", "create", order)
    market.run("declaration", "declare", order, *GOODS, acting=SELLER)
    return order


def customs(market: Market, verb: str, order: str, *options: str, by: str = CUSTOMS) -> str:
    """The state that an act of customs leads to."""
    found: str = market.json("declaration", verb, order, *options, acting=by)["status"]
    return found


def until(market: Market, days: int = 5) -> str:
    """A time some days from now."""
    return str(moment(market.now + days * DAY))


def offered(market: Market, order: str, *options: str, by: str = BANK) -> str:
    """The file of a bank's offer."""
    file = f"{order[:12]}-{len(list(market.folder.iterdir()))}.offer"
    market.run("note", "offer", order, "--advance", "900.00", "--until", until(market), "--out",
               file, *options, acting=by)  # fmt: skip
    return file


def sold(market: Market, order: str, *options: str) -> str:
    """The file of an offer by which the claim was sold."""
    file = offered(market, order, *options)
    market.run("note", "accept", file, acting=SELLER)
    market.run("note", "approve", file, acting=BANK)
    market.run("note", "sell", file)
    return file


def test_released_goods_pay_duty_and_seller(market: Market) -> None:
    order = declared(market)
    assert customs(market, "hold", order, "--reason", "papers") == "held"
    assert customs(market, "inspect", order, "--result", "passed", by=INSPECTOR) == "held"
    market.run("declaration", "declare", order, *GOODS, acting=SELLER)
    release = ("declaration", "release", order)
    assert "CustomsDesk_NotAssessed" in market.refuses(*release, acting=CUSTOMS, code=1)
    customs(market, "assess", order, "--duty", "62.50")
    assert "CustomsDesk_InspectionMissing" in market.refuses(*release, acting=CUSTOMS, code=1)
    customs(market, "inspect", order, "--result", "passed", by=INSPECTOR)
    customs(market, "inspect", order, "--of", "quarantine", "--result", "passed", by=INSPECTOR)
    seen = market.json("declaration", "show", order)["sequence"]
    stale = market.refuses(*release, "--sequence", seen - 1, acting=CUSTOMS, code=1)
    assert "CustomsDesk_CaseChanged" in stale
    assert customs(market, "release", order, "--sequence", str(seen)) == "released"
    assert "nothing was sent" in customs(market, "release", order)
    shown = market.json("declaration", "show", order)
    told = {name: shown[name] for name in ("hs_code", "origin", "destination", "duty", "goods")}
    assert told == {
        "hs_code": "870323", "origin": "JP", "destination": "FR", "duty": "62.50", "goods": "passed"
    }  # fmt: skip
    market.run("order", "conclude", order)
    assert market.payments(order) == [
        ("price", address(SELLER), "937.50"), ("duty", TREASURY, "62.50")
    ]  # fmt: skip


def test_a_refusal_that_stands_refunds_less_duty(market: Market) -> None:
    order = declared(market)
    assert customs(market, "refuse", order, "--reason", "rot", "--duty", "10.00") == "refused"
    assert customs(market, "appeal", order, "--grounds", "fresh", by=SELLER) == "appealed"
    assert customs(market, "decide", order, "--uphold") == "declared"
    customs(market, "refuse", order, "--reason", "rot", "--duty", "20.00")
    customs(market, "appeal", order, "--grounds", "fresh", by=SELLER)
    assert customs(market, "decide", order, "--reject") == "refused"
    market.pass_time(1)
    assert market.json("order", "conclude", order)[0]["status"] == "refunded"
    paid = [(purpose, amount) for purpose, _, amount in market.payments(order)]
    assert paid == [("refund", "980.00"), ("duty", "20.00")]


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--hs", "87032", "is no HS code"),
        ("--hs", "7701.00", "there is no chapter 77"),
        ("--hs", "9800.00", "headings begin with 9801"),
        ("--hs", "980100", "chapter 98 is a country's own"),
        ("--origin", "UK", "'UK' is no country"),
        ("--destination", "fr", "'fr' is no country"),
        ("--value", "0", "--value is nothing"),
        ("--value", "1e3", "'1e3' is no amount"),
        ("--document", "missing.pdf", "Cannot read the document"),
    ],
)
def test_raises_when_a_declaration_cannot_be(
    market: Market, option: str, value: str, words: str
) -> None:
    goods = list(GOODS)
    goods[goods.index(option) + 1] = value
    order = market.signed(CLEARED)
    block = market.chain.node.block_number()
    assert words in market.refuses("declaration", "declare", order, *goods, acting=SELLER)
    assert market.chain.node.block_number() == block


def test_raises_when_customs_is_asked_for_what_it_cannot_do(market: Market) -> None:
    plain = market.opened_order()
    declare = ("declaration", "declare")
    assert "names no customs" in market.refuses(*declare, plain, *GOODS, acting=SELLER)
    order = market.opened_order(CLEARED)
    assert "has no shipment yet" in market.refuses(*declare, order, *GOODS, acting=SELLER)
    assert "not declared yet" in market.refuses("declaration", "show", order)
    market.run("shipment", "create", order)
    refused = market.refuses(*declare, order, *GOODS, acting=BUYER, code=1)
    assert "The contract refuses declare" in refused
    market.run(*declare, order, *GOODS, acting=SELLER)
    assess = ("declaration", "assess", order, "--duty")
    assert "100.00 at most" in market.refuses(*assess, "100.01", acting=CUSTOMS)
    assert "The contract refuses assess" in market.refuses(*assess, "1", acting=SELLER, code=1)


def test_a_note_is_sold_passed_on_and_paid(market: Market) -> None:
    order = market.opened_order({"conditions": ["shipped"], "milestones": {"shipped": "10%"}})
    bank, seller = market.dollars(BANK), market.dollars(SELLER)
    file = sold(market, order, "--bond", "100.00")
    assert (market.dollars(BANK), market.dollars(SELLER)) == (bank - 900 * 10**6,
                                                              seller + 800 * 10**6)  # fmt: skip
    block = market.chain.node.block_number()
    assert "sold before" in market.run("note", "sell", file).stdout
    another = offered(market, order)
    market.run("note", "accept", another, acting=SELLER)
    assert "has a note already" in market.refuses("note", "sell", another)
    assert "when it has ended" in market.refuses("note", "divide-bond", order)
    assert market.chain.node.block_number() == block
    transfer = ("note", "transfer", order, "--to", address(CARRIER))
    assert "does not hold the note" in market.refuses(*transfer, acting=SELLER)
    market.run(*transfer, acting=BANK)
    assert "holds it already" in market.run(*transfer, acting=BANK).stdout
    market.ship(order)
    market.run("order", "conclude", order)
    assert [each[:2] for each in market.payments(order)] == [
        ("price", address(CARRIER)), ("shipped", address(CARRIER))
    ]  # fmt: skip
    market.run("note", "divide-bond", order)
    assert "or none any more" in market.run("note", "divide-bond", order).stdout
    shown = market.json("note", "show", order)
    assert (shown["holder"], shown["bond_to_holder"], shown["bond_to_seller"]) == (
        address(CARRIER), "0.00", "100.00"
    )  # fmt: skip


def test_who_holds_the_note_agrees_in_the_sellers_place(market: Market) -> None:
    order = market.opened_order()
    sold(market, order, "--bond", "50.00")
    concede = ("order", "agree", order, "--share", "0%", "--until", until(market))
    assert "The buyer must agree too" in market.refuses(*concede, acting=SELLER)
    market.run(*concede, "--for", "seller", acting=BANK)
    assert market.payments(order) == [("refund", address(BUYER), "1000.00")]
    market.run("note", "divide-bond", order)
    shown = market.json("note", "show", order)
    assert (shown["bond_to_holder"], shown["bond_to_seller"]) == ("0.00", "50.00")


def test_a_share_that_was_agreed_stays_with_who_held_the_note_then(market: Market) -> None:
    order = market.opened_order()
    sold(market, order)
    market.run("order", "agree", order, "--share", "40%", "--until", until(market), "--write",
               f"{order[:10]}.consent", acting=BUYER)  # fmt: skip
    market.run("order", "sign", f"{order[:10]}.consent", "--for", "seller", acting=BANK)
    market.run("order", "agree", f"{order[:10]}.consent")
    market.run("note", "transfer", order, "--to", address(CARRIER), acting=BANK)
    assert market.payments(order) == [
        ("price", address(BANK), "400.00"), ("refund", address(BUYER), "600.00")
    ]  # fmt: skip


def test_an_offer_is_made_and_accepted_without_a_node(market: Market) -> None:
    file = market.signed({"conditions": ["delivered"], "milestones": {"shipped": "10%"}})
    offer = ("note", "offer", file, "--advance", "800", "--until", until(market), "--out")
    kept: dict[str, Any] = {"workspace": "offline", "acting": BANK}
    assert "holds no chain" in market.refuses(*offer, "a.offer", code=1, **kept)
    market.run(*offer, "a.offer", "--bank", 36, "--paid", "none", **kept)
    market.run(*offer, "b.offer", "--bank", 36, "--paid", "shipped", **kept)
    for name in ("a.offer", "b.offer"):
        market.run("note", "accept", name, workspace="offline", acting=SELLER)
    market.run("order", "approve", file, acting=BUYER)
    market.run("order", "open", file)
    market.ship(file)
    market.run("order", "advance", file)
    market.run("note", "approve", "b.offer", acting=BANK)
    assert "has paid shipped by now" in market.refuses("note", "sell", "a.offer")
    market.run("note", "sell", "b.offer")


def test_a_contract_sells_its_claim(market: Market) -> None:
    """A seller with code is asked whether it signed."""
    order = market.opened_order()
    file = offered(market, order)
    assert "is not the seller's account" in market.refuses("note", "accept", file, acting=STRANGER)
    market.run("note", "accept", file, "--for-contract", acting=STRANGER)
    market.run("note", "approve", file, acting=BANK)
    assert "seller's signature" in market.refuses("note", "sell", file)
    market.chain.node.call("anvil_setCode", address(SELLER), AGREEABLE)
    market.run("note", "sell", file)
    market.chain.node.call("anvil_setCode", address(SELLER), "0x")


def test_raises_when_an_offer_cannot_be(market: Market) -> None:
    order = market.opened_order()
    offer = ("note", "offer", order, "--until", until(market), "--out", "wrong.offer", "--advance")
    for arguments, words in (
        (("0",), "--advance is nothing"),
        (("1.0000001",), "more than the token's 6 decimals"),
        (("5", "--bond", "6"), "--bond is more than"),
        (("1000.01",), "--advance is more than the order's price"),
        (("5", "--paid", "rent"), "'rent' is not paid before the end"),
    ):
        assert words in market.refuses(*offer, *arguments, acting=BANK)
    assert "may not finance" in market.refuses(*offer, "5", acting=SELLER)
    assert not (market.folder / "wrong.offer").exists()
    file = offered(market, order)
    content = (market.folder / file).read_bytes()
    assert "not signed by the seller" in market.refuses("note", "sell", file)
    assert "is not the seller's" in market.refuses("note", "accept", file, acting=BUYER)
    assert "is not the bank's" in market.refuses("note", "approve", file, acting=SELLER)
    assert (market.folder / file).read_bytes() == content
    market.run("note", "accept", file, acting=SELLER)
    edited = json.loads((market.folder / file).read_text())
    (market.folder / file).write_text(json.dumps({**edited, "advance": "1.00"}))
    assert "The bank's signature" in market.refuses("note", "sell", file)
    (market.folder / file).write_text(json.dumps({**edited, "rate": "5"}))
    assert "`rate`" in market.refuses("note", "sell", file)
    (market.folder / file).write_text(json.dumps({**edited, "chain": 5}))
    assert "was made for chain 5" in market.refuses("note", "sell", file)
    (market.folder / file).write_text(json.dumps(edited))
    market.pass_time(6 * DAY)
    assert "was good until" in market.refuses("note", "sell", file)
    assert "has no note" in market.refuses("note", "show", order)
    assert "has no note" in market.refuses("note", "divide-bond", order)


def test_risk_warns_of_one_delivery_financed_twice(market: Market) -> None:
    def suspected(*options: object) -> set[tuple[frozenset[str], str]]:
        found = market.json("risk", "--kind", "duplicate-financing", *options, code=None)
        return {
            (
                frozenset(order["order"] for order in each["evidence"]),
                each["reason"].split(" orders with ")[1].split(", and sold")[0],
            )
            for each in found
        }

    same = [market.opened_order(goods="the same goods", amount=amount) for amount in ("971", "972")]
    near = [market.opened_order(amount="977.77") for _ in range(2)]
    market.pass_time(9 * DAY)
    far = market.opened_order(amount="977.77")
    unsold = [market.opened_order(goods="not sold", amount=amount) for amount in ("973", "974")]
    mine = {*same, *near, far, *unsold}
    assert not any(orders & mine for orders, _ in suspected())
    sold(market, same[1])
    sold(market, near[0])
    within = "the same buyer and amount within {} days"
    assert {each for each in suspected("--days", 5) if each[0] & mine} == {
        (frozenset(same), "the same goods"), (frozenset(near), within.format(5))
    }  # fmt: skip
    assert (frozenset([*near, far]), within.format(30)) in suspected()
    told = market.run("risk", code=1).stdout
    assert f"- order {same[0]}, amount 971.00 TestDollar, opened at" in told
    assert told.count("claim sold yes") >= 2
