"""The attacker's trade that `benchmarks/manipulation.py` reckons with, made on a devnet."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import gas
from benchmarks.gas import BUYER, PARTICIPANTS, SELLER, Bench, Trade
from benchmarks.manipulation import WASH
from entrepot.core.credit import Grade
from entrepot.core.signing import keccak
from entrepot.network import devnet
from entrepot.network.artifacts import read
from entrepot.network.bindings import CreditRegistry
from entrepot.network.contracts import Contract
from entrepot.services.deploy import Enrolment, deploy, enrol, opened

DELIVERED = 5


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A deployment with a source of facts of the attacker's own."""
    with (
        devnet.running(tmp_path, timestamp=gas.START) as net,
        opened(net.node) as pipeline,
    ):
        world = deploy(pipeline, timestamp=gas.START + 1, salt=keccak(b"wash trades"))
        enrol(world, [Enrolment(each, *PARTICIPANTS[each]) for each in (SELLER, BUYER)])
        bench = Bench(world)
        bench.mine()
        buyer = bench.root(BUYER)
        bench.send("TestDollar", "mint", buyer.address, 10 * gas.AMOUNT)
        escrow = bench.contracts["TradeEscrow"].address
        bench.send("TestDollar", "approve", escrow, 10 * gas.AMOUNT, by=buyer)
        artifact = read(gas.ROOT / "build" / "doubles" / "ShipmentSourceMock.json")
        address = pipeline.create(world.operator, artifact.bytecode, 3 * gas.GAS, "deploy a source")
        bench.mine()
        bench.contracts["Source"] = Contract(bench.node, "0x" + address.hex(), artifact)
        yield bench


def test_wash_trade_fits_into_a_block_and_costs_what_is_reckoned(bench: Bench) -> None:
    escrow, source = bench.contracts["TradeEscrow"], bench.contracts["Source"]
    spent = []
    for number in range(4):
        now = bench.now
        bench.send("Source", "tell", (DELIVERED, 1, 0, now, 0, 0, now, now))
        nobody = {"carrier_id": 0, "consignee_id": 0, "arbiter_id": 0}
        trade = Trade(bench, f"wash trade {number}")
        order = replace(trade.order, source=source.address, **nobody)
        roots = bench.root(BUYER), bench.root(SELLER)
        signatures = [bench.sign(order, "TradeEscrow", root) for root in roots]
        bench.world.send(escrow.prepare("open", order, *signatures), gas=gas.GAS)
        bench.world.send(escrow.prepare("settle", order), gas=gas.GAS)
        spent.append(bench.mine())
    rating = bench.world.deployment.bind(bench.node, CreditRegistry).rating_of(SELLER)
    assert Grade(rating.grade) is Grade.BBB
    assert WASH < spent[-1] < 1.1 * WASH, spent
