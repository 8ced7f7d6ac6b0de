"""The attacker's trade that `benchmarks/manipulation.py` reckons with, made on a devnet."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import gas
from benchmarks.gas import BUYER, PARTICIPANTS, SELLER, Bench, Trade
from benchmarks.manipulation import WASH
from entrepot.core.credit import Grade
from entrepot.core.messages import Delivery, shipment_id
from entrepot.core.signing import keccak
from entrepot.network import devnet
from entrepot.network.artifacts import read
from entrepot.network.bindings import CreditRegistry
from entrepot.network.contracts import Contract
from entrepot.services.deploy import Enrolment, deploy, enrol, opened

DELIVERED = 5


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A deployment with the attacker's two identities."""
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
        yield bench


def test_wash_trade_fits_into_a_block_and_costs_what_is_reckoned(bench: Bench) -> None:
    escrow, ledger = bench.contracts["TradeEscrow"], bench.contracts["ShipmentLedger"]
    buyer, seller = bench.root(BUYER), bench.root(SELLER)
    spent = []
    for number in range(4):
        trade = Trade(bench, f"wash trade {number}")
        order = replace(trade.order, carrier_id=0, consignee_id=0, arbiter_id=0)
        signatures = [bench.sign(order, "TradeEscrow", root) for root in (buyer, seller)]
        order_id = order.digest(bench.domains["TradeEscrow"])
        delivery = Delivery(shipment_id(order_id, order.source), 1, evidence=bytes(32))
        receipt = buyer.address, bench.sign(delivery, "ShipmentLedger", buyer)
        for call in (
            escrow.prepare("open", order, *signatures),
            ledger.prepare("create", order),
            ledger.prepare("deliver", order, bytes(32), receipt, []),
        ):
            bench.world.send(call, gas=gas.GAS)
        spent.append(bench.mine())
    rating = bench.world.deployment.bind(bench.node, CreditRegistry).rating_of(SELLER)
    assert Grade(rating.grade) is Grade.BBB
    assert WASH < spent[-1] < 1.1 * WASH, spent


def test_order_with_a_source_of_its_own_is_evidence_of_nothing(bench: Bench) -> None:
    artifact = read(gas.ROOT / "build" / "doubles" / "ShipmentSourceMock.json")
    pipeline = bench.world.pipeline
    address = pipeline.create(bench.world.operator, artifact.bytecode, 3 * gas.GAS, "a source")
    bench.mine()
    bench.contracts["Source"] = Contract(bench.node, "0x" + address.hex(), artifact)
    now = bench.now
    bench.send("Source", "tell", (DELIVERED, 1, 0, now, 0, 0, now, now))
    trade = Trade(bench, "wash trade")
    source = bench.contracts["Source"].address
    order = replace(trade.order, source=source, carrier_id=0, consignee_id=0, arbiter_id=0)
    roots = bench.root(BUYER), bench.root(SELLER)
    signatures = [bench.sign(order, "TradeEscrow", root) for root in roots]
    bench.send("TradeEscrow", "open", order, *signatures)
    bench.send("TradeEscrow", "settle", order)
    credit = bench.world.deployment.bind(bench.node, CreditRegistry)
    assert [Grade(credit.rating_of(each).grade) for each in (SELLER, BUYER)] == [Grade.NR, Grade.NR]
