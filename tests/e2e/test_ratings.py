"""Ratings by the command: at any time, with history and reasons, as the chain has them."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from entrepot.core.credit import Grade
from entrepot.core.labels import code, gtin_of
from entrepot.core.roles import Role, mask
from entrepot.core.signing import keccak
from entrepot.network import devnet
from entrepot.network.bindings import Batch, CreditRegistry
from entrepot.network.contracts import Event
from entrepot.services import custody, deploy, events, orders
from entrepot.services.deploy import Enrolment, World
from entrepot.services.office import Office
from entrepot.services.spelling import moment, moment_of
from entrepot.services.workspace import Workspace
from tests.e2e.trade_scenes import (
    ARBITER,
    BUYER,
    CARRIER,
    DAY,
    START,
    WALLET,
    WAREHOUSE,
    Market,
)

PRODUCER = 41
GTIN, LOT = gtin_of("0299999999999"), code("B1")
GAS = 2_000_000


@pytest.fixture(scope="module")
def fair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    """A market in which orders ended in every way, and were forgotten for years between."""
    folder = tmp_path_factory.mktemp("fair")
    with devnet.running(folder / "chain", timestamp=START) as chain:
        market = Market.opened(folder, chain)
        _recall(market)
        market.deliver(market.opened_order(amount="250000.00"))
        unsafe = market.opened_order()
        market.ship(unsafe)
        market.run("shipment", "hand-over", unsafe, "--to", WAREHOUSE, acting=CARRIER)
        market.run("shipment", "tender", unsafe, acting=WAREHOUSE)
        market.run("shipment", "refuse", unsafe, acting=BUYER)
        market.run("shipment", "rule", unsafe, "--uphold", acting=ARBITER)
        market.run("order", "conclude", unsafe, code=None)
        _rate_journey(market, unsafe)
        market.pass_time(400 * DAY)
        late = market.opened_order(amount="7.00")
        market.pass_time(12 * DAY)
        market.ship(late)
        market.pass_time(10 * DAY)
        market.run("shipment", "deliver", late, acting=BUYER)
        lost, unshipped = market.opened_order(amount="90.00"), market.opened_order()
        market.ship(lost)
        market.pass_time(31 * DAY)
        market.run("order", "conclude", lost, unshipped)
        _rate_journey(market, lost)
        market.deliver(market.opened_order(amount="50.00"))
        market.pass_time(1_000 * DAY)
        yield market


def _office(market: Market) -> Office:
    return Office(market.chain.node, Workspace(market.folder / "ws").deployment())


def _play(market: Market, act: Callable[[World], None]) -> None:
    """Has something done in the next block by contracts' own functions."""
    with deploy.opened(market.chain.node) as pipeline:
        act(World(pipeline, Workspace(market.folder / "ws").deployment(), WALLET))
        pipeline.mine(market.now + 1)
        pipeline.check()


def _rate_journey(market: Market, order: str) -> None:
    market.pass_time(30 * DAY)
    here = _office(market)
    known = orders.find(here, order)
    call = here.bind(CreditRegistry).rate_journey(known.terms.order, custody.legs_of(here, known))
    _play(market, lambda world: world.send(call, gas=GAS))


def _recall(market: Market) -> None:
    """A producer who never trades recalls a batch."""
    roles = mask(Role.PRODUCER, Role.SELLER)
    _play(market, lambda world: deploy.enrol(world, [Enrolment(PRODUCER, roles, 0)]))
    key = WALLET.key(PRODUCER)
    market.chain.node.top_up(key.address)

    def act(world: World) -> None:
        for call in (
            world.labels.register_line(GTIN, keccak(b"product")),
            world.labels.commit_batch(GTIN, LOT, Batch(keccak(b"root"), 2, 0)),
            world.labels.recall_batch(GTIN, LOT, keccak(b"reason")),
        ):
            world.send(call, gas=GAS, by=key)

    _play(market, act)


def history_of(market: Market, number: int, *options: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = market.json("rating", "history", number, *options)
    return found


@pytest.mark.parametrize("number", [31, 32, 33, 38])
def test_history_is_what_the_chain_says_of_every_second(fair: Market, number: int) -> None:
    changes = history_of(fair, number)
    assert changes
    registry = _office(fair).bind(CreditRegistry)
    moments = {moment_of(each["at"]) + shift for each in changes for shift in (-1, 0, 1)}
    moments |= {random.Random(7).randrange(START, fair.now + 1) for _ in range(300)}
    times = sorted(time for time in moments if time <= fair.now)
    graded = registry.call_many("gradeAt", [(number, time) for time in times])
    for time, grade in zip(times, graded, strict=True):
        before = [each["to"] for each in changes if moment_of(each["at"]) <= time]
        assert Grade(grade).name == (before[-1] if before else "NR"), moment(time)


def test_changes_say_what_did_them(fair: Market) -> None:
    changes = history_of(fair, 32)
    by = [each["by"] if isinstance(each["by"], str) else each["by"]["outcome"] for each in changes]
    assert "forgetting" in by
    assert {"won a dispute", "shipped, but refunded"} <= set(by)
    assert by[0] == "delivered or shipped in time"
    assert [each["from"] for each in changes] == ["NR", *(each["to"] for each in changes)][:-1]
    later = [each for each in changes if each["at"] > changes[0]["at"]]
    assert history_of(fair, 32, "--from", later[0]["at"], "--to", later[-1]["at"]) == later
    assert history_of(fair, 32, "--role", "carrier") == []
    table = fair.run("rating", "history", "32").stdout
    assert changes[0]["by"]["order"] in table
    assert "never a rating" in fair.run("rating", "history", "32", "--role", "carrier").stdout
    early = ("--to", moment(START))
    assert "did not change" in fair.run("rating", "history", "32", *early).stdout


def test_history_of_a_time_to_come_is_what_forgetting_will_do(fair: Market) -> None:
    in_years = moment(fair.now + 66 * 365 * DAY)
    last = history_of(fair, 32, "--to", in_years)[-1]
    assert (last["to"], last["by"]) == ("NR", "forgetting")
    registry = _office(fair).bind(CreditRegistry)
    at = moment_of(last["at"])
    assert [registry.grade_at(32, at + shift) == Grade.NR for shift in (-1, 0)] == [False, True]


def test_ratings_are_shown_as_the_chain_computes_them(fair: Market) -> None:
    registry = _office(fair).bind(CreditRegistry)
    for number, role, settled in ((31, Role.BUYER, 6), (32, Role.SELLER, 6), (33, Role.CARRIER, 2)):
        shown, rating = fair.json("rating", "show", number), registry.rating_of(number)
        expected = Grade(rating.grade).name, rating.score, rating.confidence
        assert (shown["grade"], shown["score"], shown["confidence"]) == expected
        assert shown["settled"] == settled
        assert shown["grade_since"] == history_of(fair, number)[-1]["at"]
        (own,) = shown["by_role"]
        scored = registry.score_of(number, role)
        assert (own["role"], own["score"]) == (role.name.lower(), scored.score)
        assert own["settled"] == registry.evidence_of(number, role).count
        assert own["updated_at"] == shown["updated_at"]
        text = fair.run("rating", "show", number).stdout
        assert f"{shown['grade']} since {shown['grade_since']}." in text


def test_a_rating_is_shown_as_it_was(fair: Market) -> None:
    changes = history_of(fair, 32)
    # Blocks of a devnet may share a second.
    *_, first = (each for each in changes if each["at"] == changes[0]["at"])
    begun = fair.json("rating", "show", 32, "--at", first["at"])
    assert (begun["grade"], begun["at"]) == (first["to"], first["at"])
    assert 1 <= begun["settled"] < 6
    assert begun["grade_since"] == begun["updated_at"] == first["at"]
    for before in (moment(START - 1), moment(START + 1), "1970-01-01T00:00:00Z"):
        early = fair.json("rating", "show", 32, "--at", before)
        assert (early["grade"], early["settled"], early["by_role"]) == ("NR", 0, [])
    later = fair.json("rating", "show", 32, "--at", moment(fair.now + 90 * 365 * DAY))
    assert (later["grade"], later["confidence"], later["settled"]) == ("NR", 0, 6)
    assert "is no time" in fair.refuses("rating", "show", 32, "--at", "yesterday")


def test_explanation_names_what_moved_the_grade(fair: Market) -> None:
    found = fair.json("rating", "explain", 32)
    told = {each["outcome"]: each for side in ("up", "down") for each in found[side]}
    assert {each["outcome"] for each in found["down"]} >= {"never shipped"}
    assert {each["outcome"] for each in found["up"]} >= {"delivered or shipped in time"}
    breach = told["never shipped"]
    assert (breach["role"], breach["counterparty"], breach["counts"]) == ("seller", 31, "broken")
    assert breach["moves"] == found["score"] - breach["without"]["score"] < 0
    receipt = fair.chain.node.call("eth_getTransactionReceipt", breach["transaction"])
    block = fair.chain.node.call("eth_getBlockByNumber", receipt["blockNumber"], False)
    assert moment(int(block["timestamp"], 16)) == breach["at"]
    everything = fair.json("rating", "explain", 32, "--top", 100)
    first = fair.json("rating", "explain", 32, "--top", 1)
    assert [first[side] for side in ("up", "down")] == [
        everything[side][:1] for side in ("up", "down")
    ]
    movers = everything["up"] + everything["down"]
    assert len(movers) + everything["others"] == 6
    for kind in ("good", "bad"):
        whole = sum(each["evidence"][kind] for each in movers)
        assert whole <= found["evidence"][kind] + 0.06
    text = fair.run("rating", "explain", 32).stdout
    assert "What presses it down:" in text
    assert found["change"]["sentence"] in text
    assert breach["transaction"] in text
    assert (
        "And 4 other endings; --top shows more."
        in fair.run("rating", "explain", 32, "--top", 1).stdout
    )
    forgotten = fair.run("rating", "explain", 32, "--at", "2199-01-01T00:00:00Z").stdout
    assert "And 6 other endings; they change nothing." in forgotten


def test_explanation_says_what_would_change_the_grade(fair: Market) -> None:
    change = fair.json("rating", "explain", 32)["change"]
    grade = Grade[fair.json("rating", "show", 32)["grade"]]
    assert Grade[change["better"]["grade"]] == grade + 1
    assert Grade[change["worse"]["grade"]] == grade - 1
    assert f"{change['better']['points']:.2f} points" in change["sentence"]


def test_explanation_says_when_forgetting_alone_changes_the_grade(fair: Market) -> None:
    fades = [each for each in history_of(fair, 32) if each["by"] == "forgetting"]
    assert fades
    for fade in fades:
        before = moment(moment_of(fade["at"]) - 1)
        change = fair.json("rating", "explain", 32, "--at", before)["change"]
        assert change["forgetting"] == {"at": fade["at"], "grade": fade["to"]}
        assert f"makes it {fade['to']} on {fade['at'][:10]}" in change["sentence"]


def test_legs_and_disputes_are_explained(fair: Market) -> None:
    carried = fair.json("rating", "explain", 33, "--top", 10)
    outcomes = {each["outcome"] for side in ("up", "down") for each in carried[side]}
    assert "leg 1 brought none of the goods" in outcomes
    first = history_of(fair, 31)[0]["at"]
    bought = fair.json("rating", "explain", 31, "--at", moment(moment_of(first) + 60 * DAY))
    outcomes = {each["outcome"] for side in ("up", "down") for each in bought[side]}
    assert "lost a dispute" in outcomes


def test_own_recalls_are_told_and_do_not_score(fair: Market) -> None:
    found = fair.json("rating", "explain", PRODUCER)
    assert (found["grade"], found["up"], found["down"], found["others"]) == ("NR", [], [], 0)
    ((gtin, lot),) = {(each["gtin"], each["lot"]) for each in found["recalls"]}
    assert (gtin, lot) == (f"{GTIN:014d}", "B1")
    assert fair.json("rating", "explain", 32)["recalls"] == []
    assert fair.json("rating", "explain", PRODUCER, "--at", moment(START))["recalls"] == []
    text = fair.run("rating", "explain", PRODUCER).stdout
    assert "Recalled, which does not score: batch" in text
    assert "There is no evidence" in text


def test_history_is_drawn(fair: Market) -> None:
    fair.run("rating", "history", 32, "--chart", "all.svg")
    drawn = (fair.folder / "all.svg").read_text()
    assert "Rating of participant 32" in drawn
    assert "broken: 1" in drawn
    fair.run("rating", "history", 32, "--role", "seller", "--chart", "seller.svg")
    assert "as seller" in (fair.folder / "seller.svg").read_text()
    for number in (PRODUCER, 34):
        refused = fair.refuses("rating", "history", number, "--chart", "none.svg")
        assert "no rating to draw" in refused
    assert not Path(fair.folder / "none.svg").exists()


def test_what_cannot_be_asked_is_one_sentence(fair: Market) -> None:
    for verb in ("show", "history", "explain"):
        assert "no participant's id" in fair.refuses("rating", verb, 0)
        assert "no participant 999" in fair.refuses("rating", verb, 999)
    assert "no role that is rated" in fair.refuses("rating", "history", 32, "--role", "bank")
    swapped = ("--from", moment(START + 9), "--to", moment(START))
    assert "--from is after --to." in fair.refuses("rating", "history", 32, *swapped)
    ahead = fair.refuses("rating", "history", 32, "--from", "2199-01-01T00:00:00Z")
    assert "--from is after the latest block; give --to, too." in ahead
    for option in ("--from", "--to", "--role"):
        assert "'' is no" in fair.refuses("rating", "history", 32, option, "")
    for verb in ("show", "explain"):
        assert "'' is no time" in fair.refuses("rating", verb, 32, "--at", "")
    assert fair.json("rating", "show", 34)["grade"] == "NR"


def test_events_that_do_not_give_the_rating_are_told(
    fair: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = events.of

    def lacking(*args: Any, **options: Any) -> list[Event]:
        return whole(*args, **options)[1:]

    monkeypatch.setattr(events, "of", lacking)
    for verb in ("show", "history", "explain"):
        refused = fair.refuses("rating", verb, 32, code=1)
        assert "do not give its evidence as seller" in refused
