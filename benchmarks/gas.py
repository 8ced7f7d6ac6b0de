"""Measures the gas of every action on a fresh devnet and prints {key: gas} as one JSON object.

Figures are `gasUsed` of receipts: calldata and the 21,000 of the transaction included, refunds
deducted. Parties and balances are as in ordinary use: `WARM_UP` earlier orders, insured and paid,
filled the ratings of the same parties; every term of an order is set; every signature is given;
buyers approve more than they spend. Roots buy, sell, finance and hold cover; keys that roots
granted label, hand over, receive, underwrite, declare, inspect and clear. Salts, keys, times and
addresses are fixed, so the figures only move with the code.

Journeys are rated a month after their end, the carriers not for the first time.

Three figures are differences, because what they measure is no transaction of its own:

- `claim_extra`: a late delivery that settles its order and pays a claim, less the same delivery
  without a policy.
- `rating_extra`: a settlement less the same settlement with a CreditRegistry whose code does
  nothing, plus the 2,600 of the call to a cold account, which both have.
- `authorize_d*`: `GateMock.restricted` less `GateMock.unrestricted`, called by a key with so many
  grants between the root and itself, its own included.

A delivery settles a plain order at once. For a settlement of its own the registry of ratings burns
all gas while the delivery arrives, so that the shortcut fails and leaves the settlement to be made.

Orders with clauses have every condition and every milestone, an inspector, duty, a price in another
currency, and two payees. An earlier one was concluded, and the bank has an earlier note.

`benchmarks/gas.json` and `docs/gas.md` are written, too; targets and peers stand in
`gas_targets.json`.
"""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

from eth_abi import encode

from entrepot.core.labels import code, gtin_of, leaf
from entrepot.core.messages import (
    ZERO_ADDRESS,
    Activation,
    Clauses,
    Delivery,
    Extreme,
    GuardianSet,
    Handover,
    KeyGrant,
    KeyGrants,
    Message,
    Offer,
    Order,
    Payee,
    Qualification,
    Quote,
    Readings,
    RootMove,
    Watch,
    contract_domain,
    deployment_domain,
    shipment_id,
)
from entrepot.core.roles import Function, Role, mask
from entrepot.core.signing import Key, keccak
from entrepot.network import devnet
from entrepot.network.artifacts import read
from entrepot.network.bindings import Declaration
from entrepot.network.contracts import Contract
from entrepot.services.deploy import INSURER_ID, Enrolment, World, deploy, enrol, opened

ROOT = Path(__file__).resolve().parent.parent
TARGETS = ROOT / "benchmarks" / "gas_targets.json"
FIGURES = ROOT / "benchmarks" / "gas.json"
PAGE = ROOT / "docs" / "gas.md"
HEADING = """# Gas

Written by `make gas` (`benchmarks/gas.py` says how it measures) and kept true by
`tests/e2e/test_gas.py`. Figures are `gasUsed` of receipts, with the compiler settings that ship.
Peers were measured the same way.

| action | key | gas | target, at most | best peer |
|---|---|---:|---:|---|"""
MISSED = """
## Targets that are missed

The compiler's legacy code generator spends more on decoding, encoding and jumps than these targets
leave. Its successor (via-IR) would save 3 to 8 % but compiles six times as long and blurs coverage;
it meets none of them either, so it does not ship.
"""

WARM_UP = 8
START = 1_767_225_600  # 2026-01-01
DAY = 86_400
DOLLAR = 10**6
ETHER = 10**18
GTIN = gtin_of("0401234512345")
GAS = 1_000_000
COLD_ACCOUNT = 2_600  # EIP-2929
STOP, INVALID = "0x00", "0xfe"
SELLER, BUYER, CARRIER, WAREHOUSE, ARBITER, REGULATOR, CUSTOMS, INSPECTOR, BANK, FEEDER = range(
    2, 12
)
DEVICE = 503  # key of the carrier's device
HOUR = 3_600
TREASURY, FORWARDER = 501, 502  # accounts that are paid and do nothing
# Their roles, and what their function keys may do.
PARTICIPANTS = {
    SELLER: (
        mask(Role.PRODUCER, Role.SELLER),
        mask(Function.LABEL, Function.HANDOVER, Function.DECLARE),
    ),
    BUYER: (mask(Role.BUYER), 0),
    CARRIER: (mask(Role.CARRIER), mask(Function.HANDOVER)),
    WAREHOUSE: (mask(Role.WAREHOUSE), mask(Function.RECEIVE, Function.HANDOVER)),
    ARBITER: (mask(Role.ARBITER), mask(Function.ARBITRATE)),
    REGULATOR: (mask(Role.REGULATOR), mask(Function.CERTIFY)),
    CUSTOMS: (mask(Role.CUSTOMS_AUTHORITY), mask(Function.CLEAR)),
    INSPECTOR: (mask(Role.INSPECTOR), mask(Function.INSPECT)),
    BANK: (mask(Role.BANK), 0),
    FEEDER: (mask(Role.CARRIER), mask(Function.HANDOVER)),
}
_NEVER = 2**40 - 1
IN_A_BATCH = 10
ITEMS = 1_000_000
AMOUNT = 12_345_670_000  # price of an order, in the dollar's smallest unit
GOODS, PASSED = 0, 1  # what was inspected, and what was found
NODES = 20  # of a proof in so many items


class Bench:
    """A deployment in which transactions are measured, each in a block of its own."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.node = world.pipeline.node
        self.contracts = {
            name: world.deployment.contract(self.node, name) for name in world.deployment.contracts
        }
        self.now = START + DAY
        chain = world.deployment.chain_id
        self.domains = {
            name: contract_domain(f"Entrepot {name}", chain, self.contracts[name].address)
            for name in (
                "LabelRegistry", "TradeEscrow", "ReceivableNote", "ShipmentLedger", "SensorLog",
                "CargoInsurance",
            )
        }  # fmt: skip
        salt = bytes.fromhex(world.deployment.salt[2:])
        self.domains |= dict.fromkeys(
            ("ParticipantRegistry", "GuardianRegistry", "QualificationRegistry"),
            deployment_domain(salt),
        )

    def root(self, participant: int) -> Key:
        """A participant's root; any other key by its number."""
        return self.world.wallet.key(participant)

    def sign(self, message: Message, contract: str, key: Key) -> bytes:
        """The key's signature over a message to a contract."""
        return message.sign(key, self.domains[contract])

    def wait(self, seconds: int) -> None:
        """Lets time pass."""
        self.now += seconds

    def send(
        self, contract: str, function: str, *args: Any, by: Key | None = None, wei: int = 0
    ) -> int:
        """Gas of a call, mined in the next block; by anyone if by nobody in particular."""
        call = self.contracts[contract].prepare(function, *args)
        self.world.send(replace(call, value_wei=wei), gas=GAS, by=by)
        return self.mine()

    def mine(self) -> int:
        """Gas of the next block."""
        pipeline = self.world.pipeline
        before = pipeline.totals.gas_used
        pipeline.mine(self.now)
        pipeline.check()
        self.now += 12
        return pipeline.totals.gas_used - before


class Trade:
    """One order with its shipment and its policy, every term set.

    `clauses`: None for a plain order. `is_native`: paid in the chain's own coin.
    """

    def __init__(
        self, bench: Bench, name: str, clauses: Clauses | None = None, *, is_native: bool = False
    ) -> None:
        self.bench = bench
        self.name = name
        self.clauses = clauses or Clauses()
        self.legs: list[tuple[int, int, int, int]] = []
        now = bench.now
        self.order = Order(
            token=ZERO_ADDRESS if is_native else bench.contracts["TestDollar"].address,
            amount=5 * ETHER if is_native else AMOUNT,
            buyer=bench.root(BUYER).address,
            seller=bench.root(SELLER).address,
            buyer_id=BUYER,
            seller_id=SELLER,
            carrier_id=CARRIER,
            consignee_id=WAREHOUSE,
            arbiter_id=ARBITER,
            source=bench.contracts["ShipmentLedger"].address,
            open_by=now + 5 * DAY,
            ship_by=now + 10 * DAY,
            deliver_by=now + 40 * DAY,
            refund_after=now + 100 * DAY,
            acceptance_window=7 * DAY,
            arbitration_period=30 * DAY,
            uphold_by_default=True,
            goods=keccak(b"goods of " + name.encode()),
            salt=keccak(b"order " + name.encode()),
            clauses=self.clauses.struct_hash(),
        )
        self.order_id = order_id = self.order.digest(bench.domains["TradeEscrow"])
        self.shipment_id = shipment_id(order_id, self.order.source)
        self.quote = Quote(
            order_id=order_id,
            holder=self.order.buyer,
            pool=bench.contracts["InsurancePool"].address,
            insurer_id=INSURER_ID,
            premium=98_760_000,
            maximum=self.order.amount // 5,
            grace_days=3,
            bps_per_day=100,
            cap_bps=2_000,
            valid_until=now + 5 * DAY,
            salt=keccak(b"quote " + name.encode()),
        )

    def open(self) -> int:
        """Opens and funds the order."""
        roots = self.bench.root(BUYER), self.bench.root(SELLER)
        signatures = [self.bench.sign(self.order, "TradeEscrow", root) for root in roots]
        if self.clauses != Clauses():
            terms = self.order, self.clauses
            return self.bench.send("TradeEscrow", "openWithClauses", *terms, *signatures)
        wei = self.order.amount if self.order.token == ZERO_ADDRESS else 0
        return self.bench.send("TradeEscrow", "open", self.order, *signatures, wei=wei)

    def insure(self) -> int:
        """Buys the policy."""
        buyer, underwriter = self.bench.root(BUYER), self.bench.world.function_key(INSURER_ID)
        return self.bench.send(
            "CargoInsurance",
            "insure",
            self.order,
            self.quote,
            self.bench.sign(self.quote, "CargoInsurance", buyer),
            underwriter.address,
            self.bench.sign(self.quote, "CargoInsurance", underwriter),
        )

    def create(self) -> int:
        """Creates the shipment."""
        return self.bench.send("ShipmentLedger", "create", self.order)

    def hand_over(
        self, sequence: int = 1, giver: int = SELLER, receiver: int = CARRIER, **own: int
    ) -> int:
        """Custody passes, first from the seller to the carrier; `own` is what the leg agrees."""
        message = Handover(
            self.shipment_id, sequence, giver, receiver,
            location=b"NLRTM".ljust(13, b"\0"),
            seal=b"ML-NL0123456".ljust(16, b"\0"),
            condition=keccak(b"handover " + self.name.encode()),
            **own,
        )  # fmt: skip
        self.legs.append((receiver, self.bench.now, message.due_by, message.liability))
        signatures = [self._signature(message, party) for party in (giver, receiver)]
        return self.bench.send("ShipmentLedger", "handOver", self.order, message.terms, *signatures)

    def load(self, watches: list[Watch]) -> int:
        """The seller declares which devices watch over the goods."""
        by = self.bench.world.function_key(SELLER)
        return self.bench.send("ShipmentLedger", "load", self.order, [], watches, by=by)

    def record(
        self, number: int, at: int, watches: list[Watch], highest: int, *, is_claimed: bool = False
    ) -> int:
        """The device's readings of an hour arrive; `highest` in 0.01 degrees."""
        extremes = (Extreme(0, highest - 122, highest),)
        root = keccak(b"readings %d" % number)
        device = self.bench.root(DEVICE)
        readings = Readings(self.shipment_id, device.address, number, at, 60, 60, root, extremes)
        signed = readings, watches, self.bench.sign(readings, "SensorLog", device)
        if is_claimed:
            claim = self.order, [self.quote]
            return self.bench.send("SensorLog", "recordAndClaim", *signed, *claim)
        return self.bench.send("SensorLog", "record", *signed)

    def deliver(self, sequence: int = 2, *, is_claimed: bool) -> int:
        """The consignee signs for the goods; the order settles, and the policy if it is claimed."""
        evidence = keccak(b"delivery " + self.name.encode())
        message = Delivery(self.shipment_id, sequence, evidence=evidence)
        return self.bench.send(
            "ShipmentLedger",
            "deliver",
            self.order,
            evidence,
            self._signature(message, WAREHOUSE),
            [self.quote] if is_claimed else [],
        )

    def rate_journey(self) -> int:
        """Rates who carried the goods."""
        return self.bench.send("CreditRegistry", "rateJourney", self.order, self.legs)

    def settle(self) -> int:
        """Pays the seller."""
        return self.bench.send("TradeEscrow", "settle", self.order)

    def refund(self) -> int:
        """Pays the buyer back."""
        return self.bench.send("TradeEscrow", "refund", self.order)

    def advance(self) -> int:
        """Pays what is due before the end."""
        return self.bench.send("TradeEscrow", "advance", self.order, self.clauses)

    def conclude(self) -> int:
        """Ends the order as the facts say."""
        return self.bench.send("TradeEscrow", "conclude", self.order, self.clauses)

    def sell_note(self, bond: int = 0) -> int:
        """The bank advances the price against a note; `bond` stays behind."""
        offer = Offer(
            order_id=self.order_id,
            bank=self.bench.root(BANK).address,
            bank_id=BANK,
            advance=self.order.amount * 97 // 100,
            bond=bond,
            paid=0,
            valid_until=self.bench.now + DAY,
            salt=keccak(b"offer " + self.name.encode()),
        )
        roots = self.bench.root(BANK), self.bench.root(SELLER)
        signatures = [self.bench.sign(offer, "ReceivableNote", root) for root in roots]
        return self.bench.send("ReceivableNote", "sell", self.order, offer, *signatures)

    def clear(self) -> int:
        """Declares the goods, has them inspected and the duty assessed; gas of their release."""
        seller, inspector, customs = (
            self.bench.world.function_key(each) for each in (SELLER, INSPECTOR, CUSTOMS)
        )
        declaration = Declaration(
            hs_code=b"3004909900",
            origin=b"DE",
            destination=b"KE",
            value=self.order.amount,
            document=keccak(b"declaration " + self.name.encode()),
        )
        number, evidence = self.shipment_id, keccak(b"inspection " + self.name.encode())
        for function, arguments, by in (
            ("declare", (self.order, self.clauses, declaration), seller),
            ("inspect", (number, GOODS, PASSED, evidence), inspector),
            ("assess", (number, self.clauses.duty_cap), customs),
        ):
            self.bench.send("CustomsDesk", function, *arguments, by=by)
        return self.bench.send("CustomsDesk", "release", number, 3, by=customs)

    def _signature(self, message: Message, participant: int) -> tuple[str, bytes]:
        key = self.bench.world.function_key(participant)
        return key.address, self.bench.sign(message, "ShipmentLedger", key)


def measure() -> dict[str, int]:
    """All figures by key."""
    with (
        tempfile.TemporaryDirectory() as folder,
        devnet.running(Path(folder), timestamp=START) as net,
        opened(net.node) as pipeline,
    ):
        world = deploy(pipeline, timestamp=START + 1, salt=keccak(b"entrepot gas"))
        enrol(world, [Enrolment(each, *PARTICIPANTS[each]) for each in PARTICIPANTS])
        bench = Bench(world)
        bench.mine()
        _fund(bench)
        figures = {
            **_labels(bench),
            **_trades(bench),
            **_clauses(bench),
            **_sensors(bench),
            **_notes(bench),
            **_journeys(bench),
            **_keys(bench),
            **_identities(bench),
        }
    return {key: figures[key] for key in targets() if key in figures}


def _fund(bench: Bench) -> None:
    buyer, insurer, bank = (bench.root(each) for each in (BUYER, INSURER_ID, BANK))
    spenders: dict[Key, tuple[str, ...]] = {
        buyer: ("TradeEscrow", "CargoInsurance"),
        insurer: ("InsurancePool",),
        bank: ("ReceivableNote",),
    }
    bench.node.set_balance(bench.root(SELLER).address, ETHER)
    for owner, names in spenders.items():
        bench.send("TestDollar", "mint", owner.address, 10**7 * DOLLAR)
        for name in names:
            spender = bench.contracts[name].address
            bench.send("TestDollar", "approve", spender, 10**7 * DOLLAR, by=owner)
    bench.send("InsurancePool", "depositFirstLoss", 10**6 * DOLLAR, by=insurer)
    bench.send("InsurancePool", "deposit", 10**6 * DOLLAR, insurer.address, by=insurer)


def _labels(bench: Bench) -> dict[str, int]:
    by = bench.world.function_key(SELLER)
    line = bench.send("LabelRegistry", "registerLine", GTIN, keccak(b"product"), by=by)
    lot = code("LOT-2026-0001")
    items = Items(bench, lot)
    batch = (items.root, ITEMS, bench.now + 365 * DAY)
    commit = bench.send("LabelRegistry", "commitBatch", GTIN, lot, batch, by=by)
    one = (items.root, 1, batch[2])
    commit_one = bench.send("LabelRegistry", "commitBatch", GTIN, code("LOT-2026-0002"), one, by=by)
    first, second = (items.activate(batch, number) for number in range(2))
    recall = bench.send("LabelRegistry", "recallBatch", GTIN, lot, keccak(b"reason"), by=by)
    return {
        "line_register": line,
        "batch_commit": commit,
        "batch_commit_one": commit_one,
        "batch_recall": recall,
        "item_activate": first,
        "item_activate_next": second,
    }


class Items:
    """The last two items of a batch, and their proofs up to its root."""

    def __init__(self, bench: Bench, lot: bytes) -> None:
        self.bench = bench
        self.lot = lot
        self.keys = [bench.root(number) for number in (401, 402)]
        self.indices = ITEMS - 2, ITEMS - 1
        self.serials = [code(f"SN-2026-{index:012}") for index in self.indices]
        items = zip(self.serials, self.keys, self.indices, strict=True)
        self.leaves = [leaf(GTIN, lot, serial, key.raw_address, i) for serial, key, i in items]
        self.above = [keccak(b"node %d" % i) for i in range(1, NODES)]
        self.root = self.leaves[0]
        for node in (self.leaves[1], *self.above):
            self.root = keccak(min(self.root, node) + max(self.root, node))

    def activate(self, batch: tuple[bytes, int, int], number: int) -> int:
        """A consumer without registration activates an item."""
        consumer, key, serial = self.bench.root(BUYER), self.keys[number], self.serials[number]
        message = Activation(GTIN, self.lot, serial, consumer.address)
        return self.bench.send(
            "LabelRegistry",
            "activate",
            GTIN,
            self.lot,
            batch,
            (serial, key.address, self.indices[number]),
            [self.leaves[1 - number], *self.above],
            self.bench.sign(message, "LabelRegistry", key),
            by=consumer,
        )


def _trades(bench: Bench) -> dict[str, int]:
    for i in range(WARM_UP):
        earlier = _shipped(bench, f"earlier {i}", is_insured=True)
        bench.wait(50 * DAY)
        earlier.deliver(is_claimed=True)
    # Cover that is still active, as a pool always has some.
    _shipped(bench, "in transit", is_insured=True)

    trade = Trade(bench, "measured")
    figures = {
        "order_open_erc20": trade.open(),
        "policy_create": trade.insure(),
        "shipment_create": trade.create(),
        "handover": trade.hand_over(),
    }
    plain, settled, unrated, lost = (
        _shipped(bench, name, is_insured=False) for name in ("plain", "settled", "unrated", "lost")
    )
    _shipped(bench, "earlier in coin", is_insured=False, is_native=True)
    coin = Trade(bench, "coin", is_native=True)
    figures["order_open_native"] = coin.open()
    coin.create()
    coin.hand_over()
    bench.wait(50 * DAY)
    figures["delivery_all"] = trade.deliver(is_claimed=True)
    figures["claim_extra"] = figures["delivery_all"] - plain.deliver(is_claimed=False)

    with _replaced(bench, "CreditRegistry", INVALID):
        for trade in (settled, unrated, coin):
            trade.deliver(is_claimed=False)
    figures["order_release_erc20"] = settled.settle()
    figures["order_release_native"] = coin.settle()
    with _replaced(bench, "CreditRegistry", STOP):
        base = unrated.settle()
    figures["rating_extra"] = figures["order_release_erc20"] - base + COLD_ACCOUNT

    bench.wait(60 * DAY)
    figures["order_refund"] = lost.refund()
    return figures


def _sensors(bench: Bench) -> dict[str, int]:
    """Figures of one shipment over two legs; its policy covers an hour outside 2 to 8 degrees."""
    carrier, device = bench.root(CARRIER), bench.root(DEVICE)
    bench.node.set_balance(carrier.address, ETHER)
    grant = KeyGrant(carrier.address, device.address, mask(Function.MEASURE), 1, _NEVER)
    acceptance = bench.sign(grant, "ParticipantRegistry", device)
    bench.send("ParticipantRegistry", "grantKey", grant, acceptance, by=carrier)
    watches = [Watch(device.address, 0, 200, 800)]
    figures = {}
    for is_claimed in (False, True):
        trade = Trade(bench, f"watched, {is_claimed}")
        exposure = 3 | 2_000 << 16 | (HOUR - 1) << 32
        plan = keccak(encode(["(address,uint8,int32,int32)[]"], [[astuple(watches[0])]]))
        trade.quote = replace(trade.quote, perils=exposure, plan=plan)
        trade.open()
        trade.insure()
        trade.create()
        figures["watches_set"] = trade.load(watches)
        due, liability = bench.now + 20 * DAY, 10_000 * DOLLAR
        shipped = bench.now
        trade.hand_over(2, due_by=due, liability=liability)
        legs = [(3, CARRIER, SELLER), (4, SELLER, CARRIER)]
        for leg in legs:
            figures["handover_leg"] = trade.hand_over(*leg, due_by=due, liability=liability)
        bench.wait(5 * HOUR)
        figures["readings"] = trade.record(1, shipped, watches, 534)
        figures["readings_next"] = trade.record(2, shipped + HOUR, watches, 587)
        outside = trade.record(3, shipped + 2 * HOUR, watches, 1_205, is_claimed=is_claimed)
        if is_claimed:
            figures["claim_excursion"] = outside - figures["readings_outside"]
        else:
            figures["readings_outside"] = outside
    return figures


def _journeys(bench: Bench) -> dict[str, int]:
    """Figures of journeys a month after their end, after earlier ones. The longer one has three
    legs with a deadline each, and a watch that saw an excursion.
    """
    watches = [Watch(bench.root(DEVICE).address, 0, 200, 800)]
    plain = [_shipped(bench, f"journey {i}", is_insured=False) for i in range(WARM_UP + 1)]
    long = [Trade(bench, f"journey of three legs {i}") for i in range(2)]
    for trade in long:
        trade.open()
        trade.create()
        trade.load(watches)
        shipped, due = bench.now, bench.now + 20 * DAY
        for leg in ((2, SELLER, CARRIER), (3, CARRIER, FEEDER), (4, FEEDER, CARRIER)):
            trade.hand_over(*leg, due_by=due)
        bench.wait(2 * HOUR)
        trade.record(1, shipped, watches, 1_205)
        trade.deliver(5, is_claimed=False)
    for trade in plain:
        trade.deliver(is_claimed=False)
    bench.wait(31 * DAY)
    for trade in (*plain[:-1], long[0]):
        trade.rate_journey()
    return {
        "journey_rate": plain[-1].rate_journey(),
        "journey_rate_legs": long[-1].rate_journey(),
    }


def _clauses(bench: Bench) -> dict[str, int]:
    """Figures of the second of two orders with all clauses."""
    for name in ("earlier, with clauses", "measured, with clauses"):
        trade = Trade(bench, name, _all_clauses(bench))
        figures = {"order_open_clauses": trade.open()}
        trade.create()
        trade.hand_over()
        figures["order_advance"] = trade.advance()
        figures["customs_release"] = trade.clear()
        trade.deliver(is_claimed=False)
        bench.wait(trade.clauses.inspection_window + 1)
        figures["order_conclude"] = trade.conclude()
    return figures


def _all_clauses(bench: Bench) -> Clauses:
    return Clauses(
        conditions=0b1111,
        inspection_window=5 * DAY,
        on_shipped=2_000,
        on_cleared=1_000,
        on_delivered=1_000,
        customs_id=CUSTOMS,
        broker_id=0,
        inspector_id=INSPECTOR,
        treasury=bench.root(TREASURY).address,
        duty_cap=400 * DOLLAR,
        appeal_period=10 * DAY,
        price_token=ZERO_ADDRESS,
        price=4 * ETHER,
        rate=AMOUNT // 4,
        rate_until=bench.now + DAY,
        payees=(
            Payee(bench.root(FORWARDER).address, 500 * DOLLAR),
            Payee(bench.root(BANK).address, 1_000 * DOLLAR),
        ),
    )


def _notes(bench: Bench) -> dict[str, int]:
    earlier, trade, bonded = (
        Trade(bench, name) for name in ("earlier note", "note", "note with a bond")
    )
    bond = AMOUNT // 10
    for each in (earlier, trade, bonded):
        each.open()
    earlier.sell_note(bond)
    return {"note_sale": trade.sell_note(), "note_sale_bond": bonded.sell_note(bond)}


def _shipped(bench: Bench, name: str, *, is_insured: bool, is_native: bool = False) -> Trade:
    """A trade whose goods are with the carrier."""
    trade = Trade(bench, name, is_native=is_native)
    trade.open()
    if is_insured:
        trade.insure()
    trade.create()
    trade.hand_over()
    return trade


@contextmanager
def _replaced(bench: Bench, contract: str, code: str) -> Iterator[None]:
    """While it lasts, a contract has other code."""
    node, address = bench.node, bench.contracts[contract].address
    own = node.require_code(address)
    node.call("anvil_setCode", address, code)
    yield
    node.call("anvil_setCode", address, "0x" + own.hex())


def _keys(bench: Bench) -> dict[str, int]:
    chain = [bench.root(SELLER), *(bench.root(number) for number in range(201, 206))]
    grants = [_grant(bench, chain[i], chain[i + 1], i + 1) for i in range(5)]
    figures = {"key_grant": grants[0]}

    bench.contracts["GateMock"] = _gate(bench)
    for depth in (1, 3, 5):
        restricted, unrestricted = (
            bench.send("GateMock", function, Function.SELL, by=chain[depth])
            for function in ("restricted", "unrestricted")
        )
        figures[f"authorize_d{depth}"] = restricted - unrestricted

    figures["key_revoke_root_d4"] = _revoke(bench, chain[4], by=chain[0])
    figures["key_revoke"] = _revoke(bench, chain[1], by=chain[0])
    return figures


def _grant(bench: Bench, granter: Key, key: Key, level: int) -> int:
    grant = _offer(granter, key, level)
    acceptance = bench.sign(grant, "ParticipantRegistry", key)
    return bench.send("ParticipantRegistry", "grantKey", grant, acceptance, by=granter)


def _offer(granter: Key, key: Key, level: int) -> KeyGrant:
    return KeyGrant(
        granter=granter.address,
        key=key.address,
        functions=mask(Function.SELL, Function.HANDOVER),
        level=level,
        expiry=START + 10_000 * DAY,
    )


def _revoke(bench: Bench, key: Key, by: Key) -> int:
    return bench.send("ParticipantRegistry", "revokeKey", key.address, by=by)


def _identities(bench: Bench) -> dict[str, int]:
    root, *keys = (bench.root(number) for number in (SELLER, *range(211, 211 + IN_A_BATCH)))
    grants = KeyGrants(tuple(_offer(root, key, 1) for key in keys))
    acceptances = [
        bench.sign(grant, "ParticipantRegistry", key)
        for grant, key in zip(grants.grants, keys, strict=True)
    ]
    signature = bench.sign(grants, "ParticipantRegistry", root)
    batch = bench.send(
        "ParticipantRegistry", "grantKeys", grants.grants, acceptances, root.address, signature
    )
    return {
        "key_grants_10": batch // IN_A_BATCH,
        "root_move": _root_move(bench, root, keys[:2]),
        "qualify": _qualify(bench),
    }


def _root_move(bench: Bench, root: Key, kept: list[Key]) -> int:
    """Gas of the execution, which anyone sends when the delay is over."""
    numbers = range(301, 304)
    guardians = sorted((bench.root(number) for number in numbers), key=lambda key: key.raw_address)
    addresses = tuple(guardian.address for guardian in guardians)
    terms = GuardianSet(SELLER, 1, 2, 3, DAY, addresses)
    bench.send("GuardianRegistry", "setGuardians", terms, b"", by=root)
    new_root = bench.root(310)
    set_ = terms.digest(bench.domains["GuardianRegistry"])
    move = RootMove(SELLER, 0, set_, 1, new_root.address, tuple(key.address for key in kept))
    acceptance, *signatures = (
        bench.sign(move, "GuardianRegistry", key) for key in (new_root, *guardians[:2])
    )
    bench.send("GuardianRegistry", "announce", move, terms, acceptance, [*signatures, b""])
    bench.wait(2 * DAY)
    return bench.send("GuardianRegistry", "execute", move)


def _qualify(bench: Bench) -> int:
    key = bench.world.function_key(REGULATOR)
    qualification = Qualification(
        issuer_id=REGULATOR,
        holder_id=CARRIER,
        valid_from=bench.now,
        expiry=bench.now + 365 * DAY,
        kind=b"dangerous-goods".ljust(32, b"\0"),
        commitment=keccak(b"licence"),
        salt=keccak(b"qualification"),
    )
    signature = bench.sign(qualification, "QualificationRegistry", key)
    return bench.send("QualificationRegistry", "qualify", qualification, key.address, signature)


def _gate(bench: Bench) -> Contract:
    artifact = read(ROOT / "build" / "doubles" / "GateMock.json")
    creation = artifact.bytecode + bytes(12) + bench.contracts["ParticipantRegistry"].raw_address
    pipeline, operator = bench.world.pipeline, bench.world.operator
    address = pipeline.create(operator, creation, GAS, "deploy GateMock")
    bench.mine()
    return Contract(bench.node, "0x" + address.hex(), artifact)


def targets() -> dict[str, dict[str, Any]]:
    """Action, target and best peer by key, in the order of the figures."""
    return {row["key"]: row for row in json.loads(TARGETS.read_text("utf-8"))}


def page(figures: dict[str, int]) -> str:
    """`docs/gas.md`."""
    rows = [targets()[key] | {"gas": gas} for key, gas in figures.items()]
    table = [
        f"| {row['action']} | `{row['key']}` | {row['gas']:,} | {row['target']:,}"
        f"{', missed' if row['missed'] else ''} | {row['peer'] or '–'} |"
        for row in rows
    ]
    reasons = [f"- `{row['key']}`: {row['missed']}" for row in rows if row["missed"]]
    return "\n".join([HEADING, *table, MISSED, *reasons, ""])


def main() -> None:
    """Measures, keeps and prints."""
    figures = measure()
    text = json.dumps(figures, indent=1) + "\n"
    FIGURES.write_text(text, "utf-8")
    PAGE.write_text(page(figures), "utf-8")
    print(text, end="")


if __name__ == "__main__":
    main()
