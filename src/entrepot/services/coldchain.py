"""A pharma shipment that gets warm on its second leg, played on a devnet of its own.

A device signs its readings as it takes them; the reading that makes the excursion long enough pays
the cover in its own block; whoever held the goods then is named, and its bond pays the insurer.
Everything that is shown is read back from the chain, but for the single readings, whose batches'
roots are compared with those on the chain.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, astuple, dataclass
from datetime import UTC, datetime
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from entrepot.core import places, pricing
from entrepot.core.cover import Peril, PerilKind, pack
from entrepot.core.credit import SETTLING, Grade, LegOutcome
from entrepot.core.exposures import ended_at, plan_of
from entrepot.core.liability import Leg
from entrepot.core.messages import (
    Delivery,
    Handover,
    KeyGrant,
    KeyGrants,
    Message,
    Order,
    Quote,
    Watch,
    contract_domain,
    deployment_domain,
    shipment_id,
)
from entrepot.core.metrics import DECIMALS, UNITS, Metric, reading_text
from entrepot.core.money import cents_of_units, dollars
from entrepot.core.readings import Batch, Reading, batches
from entrepot.core.roles import Function, Role, mask
from entrepot.core.series import METRICS, ColdChain
from entrepot.core.shipments import DAY
from entrepot.core.signing import keccak
from entrepot.core.tariff import Mode
from entrepot.errors import NodeError
from entrepot.network import devnet
from entrepot.network.bindings import CarrierBond, SensorLog, Signature, Terms
from entrepot.network.bindings import Leg as LegArgument
from entrepot.network.contracts import Event
from entrepot.services import events, series_chart, trajectory
from entrepot.services.books import rebuild
from entrepot.services.deploy import INSURER_ID, Enrolment, World, deploy, enrol, opened
from entrepot.services.progress import Progress, Silent
from entrepot.services.spelling import moment
from entrepot.services.summary import Run, summarize
from entrepot.services.workspace import Workspace

SELLER, BUYER, FIRST, SECOND, SURVEYOR, INVESTOR = 2, 3, 4, 5, 6, 7
NAMES = {
    INSURER_ID: "Harbour Mutual",
    SELLER: "Brabant Vaccines",
    BUYER: "Nairobi Medical Stores",
    FIRST: "Alpine Air Cargo",
    SECOND: "Rift Valley Freight",
    SURVEYOR: "Lloyd & Haas Surveyors",
}
_PROFILES = {
    SELLER: (mask(Role.PRODUCER, Role.SELLER), mask(Function.HANDOVER)),
    BUYER: (mask(Role.BUYER), mask(Function.RECEIVE)),
    FIRST: (mask(Role.CARRIER), mask(Function.HANDOVER)),
    SECOND: (mask(Role.CARRIER), mask(Function.HANDOVER)),
    SURVEYOR: (mask(Role.INSPECTOR), 0),
}
_DEVICE = 800
_HOUR, _MINUTE = 3_600, 60
_DOLLAR = 10**6
_AMOUNT = 120_000 * _DOLLAR
_BOND = 50_000 * _DOLLAR
_LIABILITIES = {FIRST: 30_000 * _DOLLAR, SECOND: 40_000 * _DOLLAR}
_UNLIMITED, _NEVER = 2**256 - 1, 2**40 - 1
_GAS = 1_000_000


def _at(day: int, hour: int, minute: int = 0) -> int:
    return int(datetime(2026, 3, day, hour, minute, tzinfo=UTC).timestamp())


_OPENED, _SHIPPED = _at(2, 9), _at(3, 6)
_PASSED, _REFUELLED, _ARRIVED = _at(3, 20), _at(4, 3), _at(4, 14)
_DUE, _DELIVER_BY = _at(3, 23), _at(5, 12)
_FAILS, _FAILS_FOR = _at(3, 22, 40) - _SHIPPED, 6 * _HOUR
_INTERVAL, _IN_A_BATCH = 5 * _MINUTE, 12
_ALLOWED, _SPOILT = (200, 800), (-100, 2_500)
_LONG = 2 * _HOUR
_REPORTING = 2 * DAY
_PERILS = (
    Peril(PerilKind.EXPOSURE, bps=3_000, watch=0, threshold=_LONG),
    Peril(PerilKind.LEVEL, bps=6_000, watch=1),
    Peril(PerilKind.LOSS, bps=6_000, threshold=5_000),
)
_FIRED = 0
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1d2330; background: #fff; max-width: 900px;
  margin: 2.5rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0; } p { color: #667085; overflow-wrap: anywhere; font-size: 12px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid #d8dce5; text-align: left; }
svg { width: 100%; height: auto; margin: 1rem 0; }
"""


@dataclass(frozen=True, slots=True)
class Story:
    """What happened, as the chain has it; times in seconds UTC, money in the dollar's unit.

    `rated`: by which outcome of its leg each carrier was rated.
    """

    order: str
    shipment: str
    policy: str
    premium: int
    payout: int
    paid_at: int
    paid_in: int
    proven_by: int
    proven_in: int
    exposure: int
    longest: int
    longest_at: int
    extreme: int
    liable_id: int
    liable: str
    recovered: int
    released: bool
    rated: dict[str, str]
    readings: int
    batches: int


@dataclass(frozen=True, slots=True)
class Record:
    """What pictures are made of: legs with the handovers' terms, all readings, and the story."""

    shipped_at: int
    delivered_at: int
    legs: list[tuple[Leg, dict[str, Any]]]
    checkpoints: list[tuple[int, bytes]]
    readings: list[Reading]
    story: Story


def play(out: Path, seed: int = 1, progress: Progress | None = None) -> Story:
    """Plays the shipment and leaves its record in `out`: chain, page with pictures, summary."""
    told = progress or Silent()
    workspace = Workspace(out)
    asked = {"source": "cold chain", "seed": seed, "topology": "single"}
    with workspace.run(asked), devnet.running(out, timestamp=_OPENED - DAY) as own:
        started = time.monotonic()
        with opened(own.node) as pipeline:
            told.stage("Deploying", None)
            world = deploy(pipeline, timestamp=_OPENED - _HOUR, salt=keccak(b"cold chain"))
            told.stage("Travelling", None)
            voyage = _Voyage(world, seed)
            voyage.travel()
            pipeline.check()
        seconds = time.monotonic() - started
        found = [record.event for record in events.read(own.node, world.deployment)]
        run = Run(
            deployment=world.deployment,
            names=NAMES,
            books=rebuild(events.read(own.node, world.deployment)),
            totals=pipeline.totals,
            blocks=pipeline.blocks,
            seconds=seconds,
            ended_at=own.node.time(),
        )
        record = voyage.record(found)
        workspace.keep(world.deployment, NAMES)
        workspace.dump(own.node)
        summary = summarize(run, "cold chain", (), None, own.peak_memory_mb)
        told.stage("Drawing", None)
        page = page_of(record)
        workspace.finish({**asdict(summary), "story": asdict(record.story)}, page)
    return record.story


class _Voyage:
    """The parties, what they sign, and the device on the goods."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        chain = world.deployment.chain_id
        at = {name: each.address for name, each in world.deployment.contracts.items()}
        self._at = at
        self._domains = {
            name: contract_domain(f"Entrepot {name}", chain, at[name])
            for name in ("TradeEscrow", "ShipmentLedger", "SensorLog", "CargoInsurance")
        }
        self._bonds = world.deployment.bind(world.pipeline.node, CarrierBond)
        self._sensors = world.deployment.bind(world.pipeline.node, SensorLog)
        self._device = world.wallet.key(_DEVICE)
        self._watches = [
            Watch(self._device.address, Metric.TEMPERATURE, *_ALLOWED),
            Watch(self._device.address, Metric.TEMPERATURE, *_SPOILT),
        ]
        self._order = self._signed_order()
        self._order_id = self._order.digest(self._domains["TradeEscrow"])
        self._shipment = shipment_id(self._order_id, self._order.source)
        self._quote = self._signed_quote()
        self._legs: list[Leg] = []
        series = ColdChain(seed, _SHIPPED, _INTERVAL, (_FAILS, _FAILS_FOR))
        self._series = list(series.readings(_ARRIVED - _SHIPPED))
        self._batches = list(
            batches(
                self._shipment, self._device.address, self._series, METRICS, self._watches,
                interval=_INTERVAL, maximum=_IN_A_BATCH,
            )
        )  # fmt: skip

    def travel(self) -> None:
        """Everything from the order to the bond, each at its own time."""
        self._prepare()
        self._trade()
        timeline: list[tuple[int, Callable[[], None]]] = [
            (_SHIPPED, lambda: self._hand_over(2, SELLER, FIRST, "BEBRU", _DUE)),
            (_PASSED, lambda: self._hand_over(3, FIRST, SECOND, "AEDXB", 0)),
            (_REFUELLED, lambda: self._pass("ETADD")),
            (_ARRIVED, self._deliver),
            (_ARRIVED + _HOUR, self._recover),
            (_ARRIVED + _REPORTING + _HOUR, self._close),
            (_ARRIVED + SETTLING, self._rate),
        ]
        timeline += [
            (ended_at(batch.readings) + _MINUTE, partial(self._bring, batch))
            for batch in self._batches
        ]
        for at, step in sorted(timeline, key=lambda entry: entry[0]):
            step()
            self._world.pipeline.mine(at)

    def record(self, found: Sequence[Event]) -> Record:
        """What happened, from the chain's events."""
        named: dict[str, list[Event]] = {}
        for event in found:
            named.setdefault(event.name, []).append(event)
        recorded = named["ReadingsRecorded"]
        roots = [batch.readings.root for batch in self._batches]
        if [event.args["root"] for event in recorded] != roots:
            raise NodeError("The chain has other readings than the device took; start it again.")
        (claim,) = [each for each in named["ClaimPaid"] if each.args["amount"]]
        (recovery,) = named["ClaimRecovered"]
        (proof,) = [each for each in recorded if each.transaction == claim.transaction]
        (delivery,) = named["ShipmentDelivered"]
        seen = [e.args["facts"] for e in named["WatchSnapshot"] if e.args["watch"] == 0][-1]
        legs = [
            (leg, event.args["terms"])
            for leg, event in zip(self._legs, named["CustodyTransferred"], strict=True)
        ]
        liable = recovery.args["participantId"]
        story = Story(
            order="0x" + self._order_id.hex(),
            shipment="0x" + self._shipment.hex(),
            policy="0x" + claim.args["policyId"].hex(),
            premium=self._quote.premium,
            payout=claim.args["amount"],
            paid_at=claim.timestamp,
            paid_in=claim.block,
            proven_by=proof.args["number"],
            proven_in=proof.block,
            exposure=seen["exposure"],
            longest=seen["longest"],
            longest_at=seen["longestAt"],
            extreme=seen["extreme"],
            liable_id=liable,
            liable=NAMES[liable],
            recovered=recovery.args["amount"],
            released="OrderReleased" in named,
            rated={
                NAMES[each.args["carrierId"]]: LegOutcome(each.args["outcome"]).name.lower()
                for each in named["LegRated"]
            },
            readings=len(self._series),
            batches=len(self._batches),
        )
        passed = [(e.timestamp, e.args["location"]) for e in named["CheckpointPassed"]]
        delivered = delivery.args["deliveredAt"]
        return Record(_SHIPPED, delivered, legs, passed, self._series, story)

    def _prepare(self) -> None:
        world = self._world
        enrol(world, [Enrolment(number, *_PROFILES[number]) for number in _PROFILES])
        self._grant_device()
        spenders = {
            BUYER: (_AMOUNT + self._quote.premium, ("TradeEscrow", "CargoInsurance")),
            INSURER_ID: (_AMOUNT // 4, ("InsurancePool",)),
            INVESTOR: (_AMOUNT, ("InsurancePool",)),
            FIRST: (_BOND, ("CarrierBond",)),
            SECOND: (_BOND, ("CarrierBond",)),
        }
        keys = [world.wallet.key(number) for number in (*spenders, SELLER)]
        keys += [world.function_key(number) for number in (SELLER, FIRST, SECOND)]
        for key in keys:
            world.pipeline.node.set_balance(key.address, 10**21)
        for number, (units, names) in spenders.items():
            owner = world.wallet.key(number)
            world.send(world.dollar.mint(owner.address, units), gas=_GAS)
            for name in names:
                call = world.dollar.approve(self._at[name], _UNLIMITED)
                world.send(call, gas=_GAS, by=owner)
        world.pipeline.mine(_OPENED - 2 * _MINUTE)
        investor = world.wallet.key(INVESTOR)
        insurer = world.wallet.key(INSURER_ID)
        world.send(world.pool.deposit_first_loss(_AMOUNT // 4), gas=_GAS, by=insurer)
        world.send(world.pool.deposit(_AMOUNT, investor.address), gas=_GAS, by=investor)
        for number in (FIRST, SECOND):
            bond = self._bonds.deposit(number, self._at["TestDollar"], _BOND)
            world.send(bond, gas=_GAS, by=world.wallet.key(number))
        world.pipeline.mine(_OPENED - _MINUTE)

    def _grant_device(self) -> None:
        """The surveyor vouches for the device: a carrier could revoke one of its own."""
        world, root = self._world, self._world.wallet.key(SURVEYOR)
        domain = deployment_domain(bytes.fromhex(world.deployment.salt[2:]))
        grant = KeyGrant(root.address, self._device.address, mask(Function.MEASURE), 1, _NEVER)
        signed = [grant.sign(self._device, domain)], root.address
        signature = KeyGrants((grant,)).sign(root, domain)
        world.send(world.registry.grant_keys([grant], *signed, signature), gas=_GAS)

    def _trade(self) -> None:
        world, order, quote = self._world, self._order, self._quote
        buyer, seller = world.wallet.key(BUYER), world.wallet.key(SELLER)
        domain = self._domains["TradeEscrow"]
        opening = world.escrow.open(order, order.sign(buyer, domain), order.sign(seller, domain))
        world.send(opening, gas=_GAS)
        domain, underwriter = self._domains["CargoInsurance"], world.function_key(INSURER_ID)
        signatures = quote.sign(buyer, domain), underwriter.address, quote.sign(underwriter, domain)
        world.send(world.insurance.insure(order, quote, *signatures), gas=_GAS)
        world.send(world.ledger.create(order), gas=_GAS)
        world.pipeline.mine(_OPENED)
        loading = world.ledger.load(order, [], self._watches)
        world.send(loading, gas=_GAS, by=world.function_key(SELLER))
        world.pipeline.mine(_OPENED + _MINUTE)

    def _hand_over(self, sequence: int, giver: int, receiver: int, place: str, due: int) -> None:
        handover = Handover(
            self._shipment, sequence, giver, receiver,
            due_by=due,
            liability=_LIABILITIES[receiver],
            location=places.location(place),
            seal=places.seal(f"{place}-{sequence}07"),
            condition=keccak(f"condition at {place}".encode()),
        )  # fmt: skip
        signatures = [self._signature(handover, party) for party in (giver, receiver)]
        at = _SHIPPED if receiver == FIRST else _PASSED
        self._legs.append(Leg(receiver, at, due, _LIABILITIES[receiver]))
        terms = Terms(*handover.terms)
        self._world.send(self._world.ledger.hand_over(self._order, terms, *signatures), gas=_GAS)

    def _pass(self, place: str) -> None:
        world = self._world
        checkpoint = self._shipment, places.location(place), keccak(b"refuelled")
        by = world.function_key(SECOND)
        world.send(world.ledger.checkpoint(*checkpoint), gas=_GAS, by=by)

    def _deliver(self) -> None:
        delivery = Delivery(self._shipment, 4, evidence=keccak(b"received, warm"))
        signature = self._signature(delivery, BUYER)
        call = self._world.ledger.deliver(self._order, delivery.evidence, signature, [self._quote])
        self._world.send(call, gas=2 * _GAS)

    def _bring(self, batch: Batch) -> None:
        """The gateway brings what the device signed, and claims once it is long enough."""
        readings = batch.readings
        signed = readings, self._watches, readings.sign(self._device, self._domains["SensorLog"])
        outside = self._outside(readings.number)
        before = self._outside(readings.number - 1)
        if before <= _LONG < outside:
            call = self._sensors.record_and_claim(*signed, self._order, [self._quote])
        else:
            call = self._sensors.record(*signed)
        self._world.send(call, gas=_GAS)

    def _outside(self, number: int) -> int:
        """Seconds outside, as the first batches prove them."""
        low, high = _ALLOWED
        taken = (batch.readings for batch in self._batches[:number])
        return sum(
            each.interval * each.count
            for each in taken
            if each.extremes[0].minimum > high or each.extremes[0].maximum < low
        )

    def _recover(self) -> None:
        legs = [LegArgument(*astuple(leg)) for leg in self._legs]
        call = self._bonds.subrogate(self._order, self._quote, _FIRED, legs)
        self._world.send(call, gas=_GAS)

    def _close(self) -> None:
        """Nothing more can come: the capital behind the policy is free again."""
        call = self._world.insurance.claim(self._order, self._quote)
        self._world.send(call, gas=_GAS)

    def _rate(self) -> None:
        """What happened on the way is settled: it rates who carried the goods."""
        legs = [LegArgument(*astuple(leg)) for leg in self._legs]
        self._world.send(self._world.credit.rate_journey(self._order, legs), gas=_GAS)

    def _signature(self, message: Message, participant: int) -> Signature:
        key = self._world.function_key(participant)
        return Signature(key.address, message.sign(key, self._domains["ShipmentLedger"]))

    def _signed_order(self) -> Order:
        wallet = self._world.wallet
        return Order(
            token=self._at["TestDollar"],
            amount=_AMOUNT,
            buyer=wallet.key(BUYER).address,
            seller=wallet.key(SELLER).address,
            buyer_id=BUYER,
            seller_id=SELLER,
            carrier_id=FIRST,
            consignee_id=BUYER,
            arbiter_id=0,
            source=self._at["ShipmentLedger"],
            open_by=_OPENED,
            ship_by=_SHIPPED + _HOUR,
            deliver_by=_DELIVER_BY,
            refund_after=_DELIVER_BY + 30 * DAY,
            acceptance_window=0,
            arbitration_period=0,
            uphold_by_default=False,
            goods=keccak(b"40,000 doses"),
            salt=keccak(b"cold chain order"),
        )

    def _signed_quote(self) -> Quote:
        terms = pricing.Terms(
            pricing.Delay(3, 100),
            tuple(pricing.Peril(each.kind, each.threshold, each.bps) for each in _PERILS),
            deductible_bps=100,
            cap_bps=6_000,
        )
        voyage = pricing.Voyage(Mode.AIR, "BE", "KE", 3, Grade.A, refund_days=30)
        return Quote(
            order_id=self._order_id,
            holder=self._order.buyer,
            pool=self._at["InsurancePool"],
            insurer_id=INSURER_ID,
            premium=pricing.premium(_AMOUNT, terms, voyage),
            maximum=_AMOUNT * terms.cap_bps // 10_000,
            grace_days=3,
            bps_per_day=100,
            cap_bps=terms.cap_bps,
            deductible_bps=terms.deductible_bps,
            perils=pack(_PERILS),
            plan=plan_of(self._watches),
            reporting_period=_REPORTING,
            valid_until=_OPENED + DAY,
            salt=keccak(b"cold chain quote"),
        )


def told(story: Story) -> list[str]:
    """The story in sentences."""
    high = reading_text(Metric.TEMPERATURE, _ALLOWED[1])
    return [
        f"{story.readings} readings arrived in {story.batches} signed batches.",
        f"The goods were outside their band for {_spell(story.exposure)}, "
        f"up to {reading_text(Metric.TEMPERATURE, story.extreme)} °C where {high} °C are allowed.",
        f"Batch {story.proven_by} proved more than {_spell(_LONG)} of it: block {story.paid_in} "
        f"recorded it and paid {_spelt(story.payout)} dollars to the buyer, "
        f"for a premium of {_spelt(story.premium)}.",
        f"{story.liable} (participant {story.liable_id}) held the goods when the longest run "
        f"began, and its bond paid the insurer's pool {_spelt(story.recovered)} dollars.",
        f"{SETTLING // DAY} days after the order's end the journey rated who carried the goods: "
        + ", ".join(f"{name} {outcome}" for name, outcome in story.rated.items())
        + ".",
    ]


def page_of(record: Record) -> str:
    """The story as a page: sentences, chart, map and table; one file, nothing to fetch."""
    story, stays = record.story, _stays(record)
    rows = "".join(
        f"<tr><td>{row.number}</td><td>{escape(row.custodian)}</td><td>{escape(row.place)}</td>"
        f"<td>{moment(row.since)}</td><td>{moment(row.until) if row.until else ''}</td>"
        f"<td>{escape(row.seal)}</td></tr>"
        for row in trajectory.rows(stays)
    )
    sentences = "".join(f"<li>{escape(sentence)}</li>" for sentence in told(story))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Entrepôt: a cold chain</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(NAMES[SELLER])} to {escape(NAMES[BUYER])}</h1>"
        f"<ol>{sentences}</ol>{_chart(record)}{trajectory.picture(stays)}"
        "<table><tr><th></th><th>Held by</th><th>From</th><th>Since</th><th>Until</th>"
        f"<th>Seal</th></tr>{rows}</table>"
        f"<p>Order {story.order}<br>Shipment {story.shipment}<br>Policy {story.policy}</p>"
        "</body></html>\n"
    )


def _chart(record: Record) -> str:
    story, scale = record.story, 10 ** DECIMALS[Metric.TEMPERATURE]
    ends = [leg.since for leg, _ in record.legs[1:]] + [record.delivered_at]
    return series_chart.picture(
        [series_chart.Reading(at, values[0] / scale) for at, values in record.readings],
        UNITS[Metric.TEMPERATURE],
        series_chart.Band(*(limit / scale for limit in _ALLOWED)),
        [
            series_chart.CustodySpan(leg.custodian_id, NAMES[leg.custodian_id], leg.since, end)
            for (leg, _), end in zip(record.legs, ends, strict=True)
        ],
        [
            *(
                series_chart.Marker(
                    leg.since, f"handover {places.location_text(terms['location'])}"
                )
                for leg, terms in record.legs
            ),
            series_chart.Marker(story.longest_at, "leaves the band", is_warning=True),
            series_chart.Marker(
                story.paid_at, f"proven and paid, block {story.paid_in}", is_warning=True
            ),
            series_chart.Marker(record.delivered_at, "delivered"),
        ],
        title="Temperature of the goods",
    )


def _stays(record: Record) -> list[trajectory.Stay]:
    """Custody as the map has it, its last place being that of the delivery."""
    ends = [leg.since for leg, _ in record.legs[1:]] + [record.delivered_at]
    story = record.story
    found = [
        trajectory.Stay(
            leg.custodian_id,
            NAMES[leg.custodian_id],
            terms["location"],
            leg.since,
            end,
            terms["seal"],
            "air",
            alarms=tuple(
                trajectory.Alarm(story.longest_at, "leaves its band")
                for _ in range(leg.since <= story.longest_at < end)
            ),
            passed=tuple(
                trajectory.Checkpoint(at, place)
                for at, place in record.checkpoints
                if leg.since <= at < end
            ),
        )
        for (leg, terms), end in zip(record.legs, ends, strict=True)
    ]
    goal = places.location("KENBO")
    return [*found, trajectory.Stay(BUYER, NAMES[BUYER], goal, record.delivered_at)]


def _spelt(units: int) -> str:
    return dollars(cents_of_units(units))


def _spell(seconds: int) -> str:
    hours, minutes = divmod(seconds // _MINUTE, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
