"""Keepers on a real devnet: what is due happens, once, and within their gas."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from entrepot.core.keys import Wallet
from entrepot.network import devnet
from entrepot.network.bindings import TradeEscrow
from entrepot.services import events
from entrepot.services.books import rebuild
from entrepot.services.books.entries import OrderState
from entrepot.services.keeper import Task, tasks
from entrepot.services.office import reading
from entrepot.services.spelling import moment
from entrepot.services.workspace import Workspace
from tests.e2e.conftest import COMMAND
from tests.e2e.trade_scenes import BUYER, CARRIER, DAY, START, Market

ONE, OTHER = "devnet:61", "devnet:62"
ACCEPTED = {"conditions": ["delivered", "accepted"], "inspection_window": "P3D"}


@pytest.fixture
def fair(tmp_path: Path) -> Iterator[Market]:
    """A market of its own, because keepers act on every order."""
    with devnet.running(tmp_path / "chain", timestamp=START) as chain:
        yield Market.opened(tmp_path, chain)


def deeds(market: Market, *options: str, acting: str = ONE) -> list[tuple[str, str]]:
    """What a keeper did in one round: kind and subject."""
    found = market.run("keeper", "--once", "--json", *options, acting=acting).stdout
    lines = [json.loads(line) for line in found.splitlines()]
    return [(line["did"], line["of"]) for line in lines]


def state(market: Market, order: str) -> OrderState:
    """State of an order."""
    deployment = Workspace(market.folder / "ws").deployment()
    escrow = deployment.bind(market.chain.node, TradeEscrow)
    return OrderState(escrow.record_of(bytes.fromhex(order[2:])).state)


def test_does_all_that_is_due_and_nothing_twice(fair: Market) -> None:
    silent, unshipped, accepted = (
        fair.opened_order(), fair.opened_order(), fair.opened_order(ACCEPTED)
    )  # fmt: skip
    assert deeds(fair) == []
    fair.ship(silent)
    fair.run("shipment", "tender", silent, acting=CARRIER)
    fair.deliver(accepted)
    assert deeds(fair) == []
    fair.pass_time(4 * DAY)
    assert sorted(deeds(fair)) == sorted([("tender", silent), ("conclude", accepted)])
    assert state(fair, silent) is OrderState.RELEASED
    assert state(fair, accepted) is OrderState.RELEASED
    fair.pass_time(7 * DAY)
    assert deeds(fair) == [("refund", unshipped)]
    assert state(fair, unshipped) is OrderState.REFUNDED
    assert deeds(fair) == deeds(fair, acting=OTHER) == []


def test_rates_journeys_when_they_are_due_and_asks_of_no_others(fair: Market) -> None:
    delivered, unshipped, agreed, tendered = (fair.opened_order() for _ in range(4))
    fair.deliver(delivered)
    for order in (agreed, tendered):
        fair.ship(order)
    until = moment(fair.now + DAY)
    fair.run("order", "agree", agreed, "--share", "100%", "--until", until, acting=BUYER)
    fair.pass_time(31 * DAY)
    assert sorted(deeds(fair)) == sorted(
        [("rate", delivered), ("refund", unshipped), ("refund", tendered)]
    )
    fair.pass_time(30 * DAY)
    fair.run("shipment", "tender", tendered, acting=CARRIER)
    assert possible(fair) == []
    fair.pass_time(3 * DAY)
    assert deeds(fair) == [("tender", tendered)]
    fair.pass_time(30 * DAY)
    assert deeds(fair) == [("rate", tendered)]
    assert possible(fair) == deeds(fair, acting=OTHER) == []


def possible(market: Market) -> list[Task]:
    """What a keeper asks the node about."""
    with reading(Workspace(market.folder / "ws"), None) as office:
        books = rebuild(events.read(office.node, office.deployment))
        return list(tasks(office, books, market.now))


def test_a_day_has_so_much_gas_and_a_restart_brings_no_more(fair: Market) -> None:
    orders = [fair.opened_order() for _ in range(3)]
    fair.pass_time(11 * DAY)
    first = deeds(fair, "--gas", "300000")
    assert len(first) == 1
    again = fair.run("keeper", "--once", "--gas", "300000", acting=ONE)
    assert again.stdout == ""
    assert again.stderr == "The day's gas is used up; 2 tasks wait.\n"
    assert len(deeds(fair, acting=OTHER)) == 2
    assert {state(fair, order) for order in orders} == {OrderState.REFUNDED}


def test_two_at_once_share_the_work(fair: Market) -> None:
    orders = [fair.opened_order() for _ in range(6)]
    fair.pass_time(11 * DAY)
    words = [str(COMMAND), "--workspace", str(fair.folder / "ws")]
    running = [
        subprocess.Popen(
            [*words, "--as", acting, "keeper", "--once", "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for acting in (ONE, OTHER)
    ]  # fmt: skip
    done = [each.communicate(timeout=120) for each in running]
    assert [each.returncode for each in running] == [0, 0], done
    subjects = [json.loads(line)["of"] for out, _ in done for line in out.splitlines()]
    assert sorted(subjects) == sorted(orders)


def test_one_account_keeps_once_at_a_time(fair: Market) -> None:
    words = [str(COMMAND), "--workspace", str(fair.folder / "ws")]
    address = Wallet().key(61).address
    first = subprocess.Popen(
        [*words, "--as", ONE, "keeper", "--every", "1", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        order = fair.opened_order()
        fair.pass_time(11 * DAY)
        assert first.stdout is not None
        assert json.loads(first.stdout.readline())["of"] == order
        refusal = fair.refuses("keeper", "--once", acting=ONE, code=1)
        assert address in refusal
    finally:
        first.terminate()
        first.communicate(timeout=30)


def test_outlives_its_node(fair: Market) -> None:
    words = [str(COMMAND), "--workspace", str(fair.folder / "ws"), "--as", ONE]
    keeper = subprocess.Popen(
        [*words, "keeper", "--every", "1"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        order = fair.opened_order()
        fair.pass_time(11 * DAY)
        assert keeper.stdout is not None
        assert keeper.stderr is not None
        assert order in keeper.stdout.readline()
        fair.chain.stop()
        lines = [keeper.stderr.readline() for _ in range(2)]
        assert all(line.startswith("No node answers") for line in lines)
        assert lines[1].endswith("Looking again in 4 s.\n")
        assert keeper.poll() is None
    finally:
        keeper.terminate()
        keeper.communicate(timeout=30)


def test_says_who_must_act(fair: Market) -> None:
    assert "--as KEY" in fair.refuses("keeper", "--once")
