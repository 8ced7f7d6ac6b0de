"""Orders by the command: signed without a node, opened by anyone, ended by facts or by consent."""

import json
from pathlib import Path

import pytest

from entrepot.network import devnet
from entrepot.services.spelling import moment
from entrepot.services.workspace import Workspace
from tests.e2e.trade_scenes import (
    AGREEABLE,
    ARBITER,
    BUYER,
    CARRIER,
    DAY,
    SELLER,
    STRANGER,
    Market,
    address,
)

INSPECTED = {"conditions": ["delivered", "accepted"], "inspection_window": "P3D"}


def until(market: Market, days: int = 5) -> str:
    """A time some days from now."""
    return str(moment(market.now + days * DAY))


def test_all_is_signed_without_a_node(market: Market) -> None:
    file = market.draft()
    assert "holds no chain" in market.refuses("order", "show", file, workspace="offline", code=1)
    first = market.json("order", "sign", file, workspace="offline", acting=BUYER)
    assert (first["signed_as"], first["unsigned"]) == ("buyer", ["seller"])
    market.run("order", "sign", file, workspace="offline", acting=SELLER)
    told = market.json("order", "show", file, "--offline", workspace="offline")
    assert told["signatures"] == {"buyer": "signed", "seller": "signed"}
    consent = market.json(
        "order", "agree", file, "--share", "12.5%", "--until", until(market), "--write",
        f"{file}.consent", workspace="offline", acting=SELLER,
    )  # fmt: skip
    assert (consent["share"], consent["unsigned"]) == ("12.5%", ["buyer"])
    signed = market.json("order", "sign", f"{file}.consent", workspace="offline", acting=BUYER)
    assert signed["unsigned"] == []
    market.run("order", "approve", file, acting=BUYER)
    assert market.json("order", "open", file)["order"] == told["order"]
    assert market.json("order", "agree", f"{file}.consent")["status"].startswith("agreed, 12.5%")


def test_a_plain_order_is_opened_by_somebody_else_and_paid_on_delivery(market: Market) -> None:
    file = market.signed()
    market.run("order", "approve", file, acting=BUYER)
    market.chain.node.set_balance(address(STRANGER), 10**18)
    before = market.dollars(BUYER), market.dollars(SELLER)
    opened = market.json("order", "open", file, "--payer", STRANGER)
    assert market.dollars(BUYER) == before[0] - 1_000 * 10**6
    assert market.chain.node.balance_wei(address(STRANGER)) < 10**18
    market.deliver(opened["order"])
    assert market.dollars(SELLER) == before[1] + 1_000 * 10**6
    block = market.chain.node.block_number()
    for again in (("order", "open", file), ("order", "conclude", opened["order"]),
                  ("shipment", "create", file)):  # fmt: skip
        assert "nothing was sent" in market.run(*again).stdout
    assert market.chain.node.block_number() == block
    shown = market.json("order", "show", opened["order"])
    assert (shown["state"], shown["seller_share"]) == ("released", "100%")
    assert market.payments(file) == [("price", address(SELLER), "1000.00")]
    assert shown["terms"] == market.json("order", "show", file)["terms"]


def test_many_orders_end_at_once_and_undecided_ones_stay(market: Market) -> None:
    unshipped = [market.opened_order(), market.opened_order(INSPECTED)]
    assert market.json("order", "quote", unshipped[0])["outcome"] == "pending"
    market.pass_time(10 * DAY + 3_600)
    waiting = market.opened_order()
    before = market.dollars(BUYER)
    done = market.json("order", "conclude", *unshipped, waiting, unshipped[0], code=1)
    assert [each["status"].split(",")[0] for each in done] == ["refunded", "refunded", "undecided"]
    assert done[0]["transaction"] == done[1]["transaction"]
    assert market.dollars(BUYER) == before + 2_000 * 10**6
    market.pass_time(10 * DAY + 3_600)
    (alone,) = market.json("order", "conclude", waiting)
    assert alone["status"] == "refunded"
    sent = market.chain.node.call("eth_getTransactionByHash", alone["transaction"])["input"]
    assert bytes.fromhex(sent[2:10]) == market.selector("refund"), "a plain order's cheap path"


def test_milestones_and_payees_are_paid_before_the_seller(market: Market) -> None:
    clauses = {
        **INSPECTED,
        "milestones": {"shipped": "25%"},
        "payees": [{"account": address(CARRIER), "cap": "100.00"}],
    }
    order = market.opened_order(clauses)
    assert "nothing is due" in market.run("order", "advance", order).stdout
    market.ship(order)
    quote = market.json("order", "quote", order)
    assert quote["by"] == "entrepot order advance"
    due = [{"purpose": "shipped", "payee": address(SELLER), "amount": "225.00"}]
    assert quote["payments"] == due
    market.run("order", "advance", order)
    assert "nothing is due" in market.run("order", "advance", order).stdout
    market.run("shipment", "deliver", order, acting=BUYER)
    market.pass_time(3 * DAY + 1)
    market.run("order", "conclude", order)
    assert market.payments(order) == [
        ("shipped", address(SELLER), "225.00"),
        ("price", address(SELLER), "675.00"),
        ("payee", address(CARRIER), "100.00"),
    ]


def test_a_contest_is_divided_by_the_arbiter(market: Market) -> None:
    order = market.opened_order(INSPECTED)
    assert "NotContestable" in market.refuses(
        "order", "contest", order, "--evidence", "0x" + "ab" * 32, acting=BUYER, code=1
    )
    market.deliver(order)
    contest = ("order", "contest", order, "--evidence", "0x" + "ab" * 32)
    assert "is not the buyer" in market.refuses(*contest, acting=SELLER)
    market.run(*contest, acting=BUYER)
    market.pass_time(4 * DAY)
    assert "undecided" in market.run("order", "conclude", order, code=1).stdout
    arbitrate = ("order", "arbitrate", order, "--share")
    refused = market.refuses(*arbitrate, "30%", acting=BUYER, code=1)
    assert "ParticipantRegistry_NotAuthorized" in refused
    market.run(*arbitrate, "30%", acting=ARBITER)
    assert market.payments(order) == [
        ("price", address(SELLER), "300.00"), ("refund", address(BUYER), "700.00")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("share", "side", "state"),
    [("0%", SELLER, "refunded"), ("100%", BUYER, "agreed")],
)
def test_one_side_gives_all_away_alone(market: Market, share: str, side: str, state: str) -> None:
    order = market.opened_order()
    done = market.json("order", "agree", order, "--share", share, "--until", until(market),
                       acting=side)  # fmt: skip
    assert done["status"].startswith(state)
    again = market.json("order", "agree", order, "--share", share, "--until", until(market),
                        acting=side)  # fmt: skip
    assert again["status"] == f"{state} before; nothing was sent"


def test_a_share_that_takes_both_needs_both(market: Market) -> None:
    order = market.opened_order()
    agree = ("order", "agree", order, "--share", "40%", "--until", until(market))
    assert "The seller must agree too" in market.refuses(*agree, acting=BUYER)
    market.run(*agree, "--write", "both.consent", acting=BUYER)
    assert "exists already" in market.refuses(*agree, "--write", "both.consent", acting=BUYER,
                                              code=1)  # fmt: skip
    kept = (market.folder / "both.consent").read_bytes()
    assert "neither the buyer's" in market.refuses("order", "sign", "both.consent", acting=STRANGER)
    market.run("order", "sign", "both.consent", "--for", "seller", acting=STRANGER)
    assert f"not signed by {address(SELLER)}" in market.refuses("order", "agree", "both.consent")
    (market.folder / "both.consent").write_bytes(kept)
    market.run("order", "sign", "both.consent", acting=SELLER)
    market.run("order", "agree", "both.consent")
    assert market.payments(order) == [
        ("price", address(SELLER), "400.00"), ("refund", address(BUYER), "600.00")
    ]  # fmt: skip


def test_a_concession_is_good_in_the_hands_of_its_side_alone(market: Market) -> None:
    order = market.opened_order()
    market.run("order", "agree", order, "--share", "0%", "--until", until(market), "--write",
               "nothing.consent", acting=SELLER)  # fmt: skip
    for acting in (None, STRANGER, BUYER):
        refused = market.refuses("order", "agree", "nothing.consent", acting=acting)
        assert "The buyer must agree too" in refused
    done = market.json("order", "agree", "nothing.consent", acting=SELLER)
    assert done["status"] == "refunded, 0% to the seller's side"


def test_a_consent_ends(market: Market) -> None:
    order = market.opened_order()
    market.run("order", "agree", order, "--share", "0%", "--until", until(market, 1), "--write",
               "late.consent", acting=SELLER)  # fmt: skip
    market.pass_time(2 * DAY)
    late = market.refuses("order", "agree", "late.consent", acting=SELLER)
    assert "was good until" in late


def test_a_contract_buys_in_native_coin(market: Market) -> None:
    """An account with code is asked whether it signed; who opens sends the coin along."""
    market.list_native()
    account, node = "0x" + "00" * 18 + "c0de", market.chain.node
    node.call("anvil_setCode", account, AGREEABLE)
    buyer = {"account": account}
    file = market.draft(token="native", amount="1.5", buyer=buyer)
    market.run("order", "sign", file, acting=SELLER)
    assert "neither the buyer's" in market.refuses("order", "sign", file, acting=STRANGER)
    market.run("order", "sign", file, "--for", "buyer", acting=STRANGER)
    told = market.json("order", "show", file)["signatures"]
    assert told["seller"] == "signed"
    assert "not the account's" in told["buyer"]
    node.set_balance(address(STRANGER), 2 * 10**18)
    order = market.json("order", "open", file, "--payer", STRANGER)["order"]
    assert node.balance_wei(address(STRANGER)) < 10**18 // 2
    market.run("order", "agree", order, "--share", "0%", "--until", until(market), acting=SELLER)
    assert node.balance_wei(account) == 15 * 10**17


def test_what_could_not_be_paid_is_withdrawn(market: Market) -> None:
    market.list_native()
    node = market.chain.node
    file = market.signed(token="native", amount="1")
    order = market.json("order", "open", file)["order"]
    withdraw = ("order", "withdraw", "--token", "native", "--to", "0x" + "00" * 18 + "beef")
    assert "nothing waits" in market.run(*withdraw, acting=BUYER).stdout
    node.call("anvil_setCode", address(BUYER), "0xfe")
    market.run("order", "agree", order, "--share", "0%", "--until", until(market), acting=SELLER)
    node.call("anvil_setCode", address(BUYER), "0x")
    assert "withdrew 1.00 native" in market.run(*withdraw, acting=BUYER).stdout
    assert node.balance_wei("0x" + "00" * 18 + "beef") == 10**18
    assert "nothing waits" in market.run(*withdraw, acting=BUYER).stdout


def test_a_price_in_one_token_is_settled_in_another(market: Market) -> None:
    market.list_native()
    price = {"token": "native", "amount": "0.4", "rate": "2500", "until": until(market)}
    order = market.opened_order({"price": price, "conditions": ["shipped"]})
    market.ship(order)
    market.run("order", "conclude", order)
    assert market.payments(order) == [("price", address(SELLER), "1000.00")]
    assert market.json("order", "show", order)["terms"]["clauses"]["price"] == {
        **price, "amount": "0.40", "rate": "2500.00"
    }  # fmt: skip
    late = market.signed({"price": {**price, "until": str(moment(market.now - 1))}})
    market.run("order", "approve", late, acting=BUYER)
    assert "TradeEscrow_DeadlinePassed" in market.refuses("order", "open", late, code=1)


def test_raises_when_an_order_cannot_be_opened(market: Market) -> None:
    block = market.chain.node.block_number()
    draft = market.draft()
    assert "Say who acts" in market.refuses("order", "sign", draft)
    assert "not signed by the buyer and seller" in market.refuses("order", "open", draft)
    market.run("order", "sign", draft, acting=BUYER)
    assert "not signed by the seller" in market.refuses("order", "open", draft)
    market.run("order", "sign", draft, "--for", "seller", acting=STRANGER)
    assert f"{address(SELLER)} signs again" in market.refuses("order", "open", draft)
    dear = market.signed(amount="2000000000.00", reference="dear")
    assert "of the 2000000000.00 it would pay" in market.refuses("order", "open", dear)
    unapproved = market.signed(amount="900000000.00")
    assert "order approve" in market.refuses("order", "open", unapproved)
    assert "does not buy by order" in market.refuses("order", "approve", unapproved, acting=SELLER)
    wrong = market.signed(token={"address": address(STRANGER), "decimals": "6"})
    assert "no token at" in market.refuses("order", "open", wrong)
    assert market.chain.node.block_number() == block


@pytest.mark.parametrize(
    ("arguments", "acting", "words", "code"),
    [
        (("order", "sign", "nowhere.yaml"), BUYER, "Cannot read the order nowhere.yaml", 2),
        (("order", "show", "0x" + "11" * 32), None, "No order 0x11", 2),
        (("order", "conclude", "0x" + "11" * 32), None, "No order 0x11", 2),
        (("order", "open", "0x" + "11" * 32), None, "No order 0x11", 2),
        (("order", "agree", "nowhere", "--share", "5%"), BUYER, "--share and --until together", 2),
        (("order", "agree", "nowhere", "--share", "101%", "--until", "2030-01-01T00:00:00Z"), BUYER,
         "Cannot read the order", 2),
        (("order", "agree", "nowhere", "--for", "buyer"), BUYER, "only the file of a consent", 2),
        (("order", "agree", "nowhere.json"), BUYER, "nowhere.json is missing", 1),
        (("order", "arbitrate", "nowhere", "--share", "half"), ARBITER, "'half' is no share", 2),
        (("order", "contest", "nowhere", "--evidence", "none.pdf"), BUYER,
         "Cannot read the document", 2),
        (("order", "withdraw", "--token", "Euro"), BUYER, "'Euro' is no token", 2),
        (("order", "withdraw", "--token", "TestDollar", "--to", "0x12"), BUYER, "is no address", 2),
        (("devnet", "fund", "devnet:1", "--dollars", "many"), None, "'many' is no amount", 2),
        (("shipment", "show", "nowhere"), None, "Cannot read the order nowhere", 2),
    ],
)  # fmt: skip
def test_raises_when_what_is_given_cannot_be_used(
    market: Market, arguments: tuple[str, ...], acting: str | None, words: str, code: int
) -> None:
    before = sorted(market.folder.iterdir()), market.chain.node.block_number()
    assert words in market.refuses(*arguments, acting=acting, code=code)
    assert (sorted(market.folder.iterdir()), market.chain.node.block_number()) == before


def test_raises_when_an_order_was_not_opened(market: Market) -> None:
    file = market.signed()
    for verb in ("quote", "advance", "conclude"):
        assert "was not opened yet" in market.refuses("order", verb, file)
    assert "was not opened yet" in market.refuses("shipment", "create", file)
    assert "has no shipment yet" in market.refuses("shipment", "deliver", file, acting=BUYER)


def test_raises_when_a_file_is_of_another_deployment(market: Market) -> None:
    file = market.signed()
    path = market.folder / "offline" / "deployment.json"
    kept = json.loads(path.read_text())
    other = market.folder / "other"
    other.mkdir(exist_ok=True)
    (other / "deployment.json").write_text(json.dumps({**kept, "chain_id": 2222}))
    before = (market.folder / file).read_bytes()
    refused = market.refuses("order", "sign", file, acting=BUYER, workspace="other")
    assert "was signed for chain 31337" in refused
    assert (market.folder / file).read_bytes() == before
    market.run("order", "agree", file, "--share", "0%", "--until", until(market), "--write",
               f"{file}.consent", acting=SELLER)  # fmt: skip
    refused = market.refuses("order", "sign", f"{file}.consent", acting=BUYER, workspace="other")
    assert "was made for chain 31337" in refused
    refused = market.refuses("order", "agree", f"{file}.consent", workspace="other")
    assert "was made for chain 31337" in refused


def test_raises_when_the_node_runs_another_chain(market: Market, tmp_path: Path) -> None:
    file = market.signed()
    with devnet.running(tmp_path, chain_id=4242) as another:
        for verb in ("show", "open", "quote"):
            refused = market.refuses("order", verb, file, "--rpc", another.url, code=1)
            assert "runs chain 4242, not 31337" in refused
    kept = Workspace(market.folder / "ws").deployment()
    assert kept.stands(market.chain.node)


def test_damaged_files_are_told(market: Market) -> None:
    (market.folder / "broken.json").write_text('{"kind": "entrepot consent", "version": 1}')
    assert "broken.json is wrong" in market.refuses("order", "agree", "broken.json")
    assert "broken.json is wrong" in market.refuses("order", "sign", "broken.json", acting=BUYER)
    assert "broken.json is wrong" in market.refuses("note", "sell", "broken.json")
