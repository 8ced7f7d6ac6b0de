"""Who answers for what went wrong on the way, with the evidence, signed for third parties.

A bundle is JSON and holds no secret: all that the chain knew of a shipment at one block, and what
follows from it by the rule of `docs/logistics.md`. Who doubts it compares it with the chain.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from entrepot.core import liability as rule
from entrepot.core.exposures import Arrival
from entrepot.core.liability import Leg
from entrepot.core.messages import Message, deployment_domain
from entrepot.core.metrics import UNITS, Metric
from entrepot.core.places import location_text, seal_text
from entrepot.core.settlement import CustomsState, Facts
from entrepot.core.signing import Key, keccak, recover
from entrepot.errors import InputError, RpcError
from entrepot.network.bindings import (
    CargoFacts,
    CustomsDesk,
    CustomsFacts,
    SensorLog,
    ShipmentFacts,
    ShipmentLedger,
    WatchFacts,
)
from entrepot.network.contracts import Contract, Event, topic_of
from entrepot.services import custody, events, orders, sensors, shipments
from entrepot.services.authority import Authority
from entrepot.services.books.entries import ShipmentState
from entrepot.services.office import Office
from entrepot.services.orders import Known
from entrepot.services.sensors import Seen
from entrepot.services.spelling import moment, share_text, spelt, unspelt
from entrepot.storage.files import create_json, read_json

KIND = "entrepot liability evidence"
_CONTRACTS = ("TradeEscrow", "ShipmentLedger", "SensorLog", "CustomsDesk")
_NOT_SIGNED = ("signer", "signature")


@dataclass(frozen=True, slots=True)
class LiabilityEvidence(Message):
    """A bundle as its maker signs it, for the deployment: `content` is the keccak-256 of its
    canonical JSON, all but signer and signature; no contract reads it.
    """

    SOLIDITY = "bytes32 shipmentId,uint64 blockNumber,bytes32 content"
    shipment_id: bytes
    block_number: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a bundle holds: `differences` of it and the chain, none where it does."""

    order: str
    signer: str
    acts_for: int | None
    block: int
    findings: list[dict[str, Any]]
    differences: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _State:
    """What the chain has of a shipment at a block."""

    facts: Facts
    shipment: ShipmentFacts
    customs: CustomsFacts
    cargo: CargoFacts
    legs: list[Leg]
    seen: list[Seen]


def gather(office: Office, known: Known, block: int | None = None) -> dict[str, Any]:
    """All that the chain has of a shipment at a block, the latest if none is given, and who answers
    for what, unsigned. `InputError` where the goods have not shipped by then.
    """
    number = office.node.block_number() if block is None else block
    header = office.node.call("eth_getBlockByNumber", hex(number), False)
    if not isinstance(header, dict):
        raise InputError(f"{office.node.url} has no block {number}.")
    custody.require_shipped(office, known)
    time = int(header["timestamp"], 16)
    state = _state(office, known, number, time)
    if not state.shipment.shipped_at:
        raise InputError(f"The goods of order {known.hex} had not shipped by block {number}.")
    moves = custody.handovers(office, known, number)
    contracts = office.deployment.contracts
    return {
        "kind": KIND,
        "version": 1,
        "chain": {
            "id": office.deployment.chain_id,
            "block": number,
            "hash": header["hash"],
            "time": moment(time),
            "contracts": {name: contracts[name].address for name in _CONTRACTS},
        },
        "order": known.hex,
        "terms": known.terms.spelt(),
        "shipment": custody.topic(known),
        "facts": _facts_json(state),
        "legs": [_leg_json(known, leg, move) for leg, move in zip(state.legs, moves, strict=True)],
        "custody": "0x" + state.cargo.custody.hex(),
        "watches": [sensors.watch_json(each) for each in state.seen],
        "readings": [_readings_json(each) for each in sensors.readings_of(office, known, number)],
        "gaps": sensors.gaps_of(office, known, number),
        "damage": _damage(office, known, number),
        "findings": _findings(known, state),
    }


def sign(office: Office, bundle: dict[str, Any], key: Key) -> dict[str, Any]:
    """A bundle, signed."""
    message = _message(bundle)
    signature = message.sign(key, deployment_domain(office.salt))
    return {**bundle, "signer": key.address, "signature": spelt(signature)}


def create(path: Path, bundle: dict[str, Any]) -> None:
    """Writes a bundle into a new file; `WorkspaceError` where there is one already."""
    create_json(path, bundle)


def verify(office: Office, path: Path) -> Verdict:
    """Compares a bundle with the chain at its block, and computes its findings again.

    `InputError` where it is no bundle, or of another deployment.
    """
    bundle = read_json(path)
    try:
        is_bundle = (bundle["kind"], bundle["version"]) == (KIND, 1)
        chain, contracts = bundle["chain"]["id"], bundle["chain"]["contracts"]
        order, block, signer = bundle["order"], bundle["chain"]["block"], str(bundle["signer"])
        signature = unspelt(str(bundle["signature"])) or b""
        digest = _message(bundle).digest(deployment_domain(office.salt))
        is_sound = isinstance(block, int) and block >= 0 and orders.is_id(order)
    except (KeyError, TypeError, ValueError, OverflowError):
        is_bundle = is_sound = False
    if not (is_bundle and is_sound):
        raise InputError(f"{path} is no evidence that `entrepot shipment liability` wrote.")
    here = office.deployment
    if chain != here.chain_id or contracts != {
        name: here.contracts[name].address for name in _CONTRACTS
    }:
        raise InputError(f"{path} is of another deployment: give the --workspace of its own.")
    known = orders.find(office, order)
    actual = gather(office, known, block)
    claimed = {name: each for name, each in bundle.items() if name not in _NOT_SIGNED}
    differences = list(_differences(claimed, json.loads(json.dumps(actual)), ()))
    differences += _by_the_contracts(office, known, block)
    if not _is_by(signer, digest, signature):
        differences.append(
            {
                "where": "signature",
                "bundle": f"by {signer}",
                "chain": "none: it is of other content, or by another key",
            }
        )
    standing = Authority(office).of(signer)
    return Verdict(order, signer, standing.participant, block, bundle["findings"], differences)


def _state(office: Office, known: Known, block: int, time: int) -> _State:
    """From the snapshots in the events up to a block of that time, which nodes keep for ever."""
    shipment = ShipmentFacts(*_snapshot(office, known, ShipmentLedger, "ShipmentSnapshot", block))
    legs = custody.legs_of(office, known, block)
    return _State(
        facts=Facts(
            shipped_at=shipment.shipped_at,
            tendered_at=shipment.tendered_at,
            delivered_at=shipment.delivered_at,
            as_of=time,
            is_tendered=shipment.state == ShipmentState.TENDERED,
            disputed_at=shipment.disputed_at,
        ),
        shipment=replace(shipment, as_of=time),
        customs=replace(
            CustomsFacts(*_snapshot(office, known, CustomsDesk, "CustomsSnapshot", block)),
            as_of=time,
        ),
        cargo=replace(
            CargoFacts(*_snapshot(office, known, ShipmentLedger, "CargoSnapshot", block)),
            as_of=time,
        ),
        legs=[Leg(leg.custodian_id, leg.since, leg.due_by, leg.liability) for leg in legs],
        seen=[
            Seen(i, watch, replace(_watched(office, known, i, block), as_of=time))
            for i, watch in enumerate(sensors.watches_of(office, known, block))
        ],
    )


_NOTHING = {
    "ShipmentSnapshot": (0,) * 8,
    "CustomsSnapshot": (0,) * 7,
    "CargoSnapshot": (bytes(32), 0, 0, 0, 0, 0),
}


def _snapshot(
    office: Office, known: Known, kind: type[Contract], event: str, block: int
) -> Iterable[Any]:
    found = office.logs(office.bind(kind), event, custody.topic(known), last=block)
    return found[-1].args["facts"].values() if found else _NOTHING[event]


def _watched(office: Office, known: Known, watch: int, block: int) -> WatchFacts:
    log, topics = office.bind(SensorLog), (custody.topic(known), topic_of(watch))
    found = office.logs(log, "WatchSnapshot", *topics, last=block)
    return WatchFacts(*(found[-1].args["facts"].values() if found else (0,) * 6))


def _by_the_contracts(office: Office, known: Known, block: int) -> Iterator[dict[str, Any]]:
    """Where the contracts say otherwise than the events and the rule: at the block, or, where the
    node has forgotten its state, as they are now.
    """
    try:
        yield from _contradictions(office, known, block, block)
    except RpcError:
        yield from _contradictions(office, known, office.node.block_number(), "latest")


def _contradictions(
    office: Office, known: Known, block: int, at: int | str
) -> Iterator[dict[str, Any]]:
    ledger, number, order = office.bind(ShipmentLedger), custody.id_of(known), known.terms.order
    facts = ledger.call("factsOf", number, block=at)
    time = int(office.node.call("eth_getBlockByNumber", hex(block), False)["timestamp"], 16)
    state = _state(office, known, block, time)
    told: list[tuple[str, Any, Any]] = [
        ("facts", state.shipment, ShipmentFacts(*facts.values())),
        ("facts.goods", state.cargo, CargoFacts(*_called(ledger, "cargoOf", at, number))),
        ("facts.customs", state.customs, CustomsFacts(*_called(ledger, "customsOf", at, number))),
    ]
    for seen in state.seen:
        actual = WatchFacts(*_called(ledger, "watchOf", at, number, seen.number))
        told.append((f"watches.{seen.number}", seen.facts, actual))
    for where, claimed, actual in told:
        if replace(claimed, as_of=0) != replace(actual, as_of=0):
            yield {"where": where, "bundle": str(claimed), "chain": str(actual)}
    if not rule.is_genuine(order, state.facts, state.cargo.custody, state.legs):
        yield {"where": "legs", "bundle": "all legs", "chain": "another custody hash"}
        return
    told = []
    # Undelivered goods are later with every second, and a node's own time may be any.
    if isinstance(at, int) or state.facts.delivered_at:
        computed = rule.delays(order, state.facts, state.legs)
        told.append(("delays", computed, ledger.call("delaysOf", order, state.legs, block=at)))
    for cause, time in _causes(known, state):
        holder = rule.custodian_at(order, state.facts, state.legs, time)
        answered = ledger.call("custodianAt", order, state.legs, time, block=at)
        told.append((f"custodian, {cause}", holder, answered))
    for where, claimed, actual in told:
        if claimed != actual:
            yield {"where": where, "bundle": claimed, "chain": actual}


def _called(ledger: ShipmentLedger, view: str, at: int | str, *args: Any) -> Iterable[Any]:
    values: Iterable[Any] = ledger.call(view, *args, block=at).values()
    return values


def _causes(known: Known, state: _State) -> Iterator[tuple[str, int]]:
    """What happened at one time, and when: of excursions, when the longest run began."""
    for seen in state.seen:
        if seen.facts.breached_at:
            yield f"excursion {seen.number}", seen.facts.longest_at or seen.facts.breached_at
    cargo, shipment, order = state.cargo, state.shipment, known.terms.order
    is_missing = not shipment.delivered_at and shipment.as_of > order.refund_after
    if cargo.lost_bps or (is_missing and not shipment.tendered_at):
        yield "loss", cargo.lost_at or order.refund_after
    if cargo.damaged_bps:
        yield "damage", cargo.damaged_at


def _findings(known: Known, state: _State) -> list[dict[str, Any]]:
    """Who answers for what, and why."""
    order, found = known.terms.order, []
    for cause, at in _causes(known, state):
        holder = rule.holder_at(state.facts, state.legs, at)
        name, _, watch = cause.partition(" ")
        found.append(
            {
                "cause": name,
                "what": _what(name, state, int(watch or 0)),
                "at": moment(at),
                **_answers(known, state, holder),
                "because": f"{_held(holder, state)} when {_HAPPENED[name]}",
            }
        )
    delays = rule.delays(order, state.facts, state.legs)
    for holder, seconds in enumerate(delays):
        if seconds:
            found.append(
                {
                    "cause": "delay",
                    "what": f"{seconds} of {sum(delays)} seconds late",
                    "at": None,
                    **_answers(known, state, holder),
                    "because": _late(known, state, holder, seconds, delays),
                }
            )
    if state.customs.state in (CustomsState.REFUSED, CustomsState.APPEALED):
        found.append(
            {
                "cause": "refusal",
                "what": "customs refused the goods",
                "at": moment(state.customs.refused_at),
                "answers": None,
                "as": None,
                "up_to": None,
                "because": "what customs decide is no custodian's doing",
            }
        )
    return found


_HAPPENED = {
    "excursion": "the longest run outside the band began",
    "loss": "the goods were lost",
    "damage": "the goods were damaged",
}


def _what(cause: str, state: _State, watch: int) -> str:
    cargo = state.cargo
    if cause == "loss":
        return f"{share_text(cargo.lost_bps)} lost" if cargo.lost_bps else "never delivered"
    if cause == "damage":
        return f"{share_text(cargo.damaged_bps)} damaged"
    told = sensors.watch_json(state.seen[watch])
    unit = UNITS[Metric(state.seen[watch].watch.metric)]
    return (
        f"{told['metric']} {told['extreme']} {unit}, allowed {told['low']} to {told['high']}, "
        f"{told['seconds_outside']} seconds outside, {told['longest_seconds']} of them on end"
    )


def _held(holder: int, state: _State) -> str:
    if holder == 0:
        return "the seller still had the goods"
    if holder > len(state.legs):
        return "the consignee had the goods already"
    return f"leg {holder} had custody"


def _answers(known: Known, state: _State, holder: int) -> dict[str, Any]:
    order, legs = known.terms.order, state.legs
    if 0 < holder <= len(legs):
        leg = legs[holder - 1]
        text = known.terms.token.text(leg.liability)
        return {"answers": leg.custodian_id, "as": f"custodian, leg {holder}", "up_to": text}
    side = "seller" if holder == 0 else "consignee"
    number = order.seller_id if holder == 0 else rule.consignee_of(order)
    return {"answers": number, "as": side, "up_to": None}


def _late(known: Known, state: _State, holder: int, seconds: int, delays: list[int]) -> str:
    order, legs = known.terms.order, state.legs
    if holder == 0:
        return f"the goods shipped {seconds} seconds after ship-by, {moment(order.ship_by)}"
    due = legs[holder - 1].due_by or order.deliver_by
    before = order.ship_by if holder == 1 else legs[holder - 2].due_by or order.deliver_by
    received = max(legs[holder - 1].since - before, 0)
    if holder == 1 and sum(delays) == seconds and not received and due > order.deliver_by:
        return f"every leg kept its own deadline, and deliver-by was {moment(order.deliver_by)}"
    return (
        f"it was {received + seconds} seconds late by its own deadline, {moment(due)}, and had "
        f"received the goods {received} seconds late"
    )


def _facts_json(state: _State) -> dict[str, Any]:
    shipment, customs = state.shipment, state.customs
    times = ("shipped_at", "tendered_at", "disputed_at", "delivered_at", "as_of")
    return {
        "state": ShipmentState(shipment.state).name.lower().replace("_", " "),
        "sequence": shipment.sequence,
        "custodian": shipment.custodian_id,
        **{name: _time(getattr(shipment, name)) for name in times},
        "goods": shipments.goods_json(state.cargo),
        "customs": {
            "state": CustomsState(customs.state).name.lower(),
            "released_at": _time(customs.released_at),
            "refused_at": _time(customs.refused_at),
            "final_at": _time(customs.final_at),
        },
    }


def _leg_json(known: Known, leg: Leg, move: Event) -> dict[str, Any]:
    terms = move.args["terms"]
    return {
        "from": move.args["fromId"],
        "custodian": leg.custodian_id,
        "since": moment(leg.since),
        "due_by": _time(leg.due_by),
        "liability": known.terms.token.text(leg.liability),
        "location": location_text(terms["location"]) if any(terms["location"]) else None,
        "seal": seal_text(terms["seal"]) or None,
        "condition": "0x" + terms["condition"].hex(),
        "block": move.block,
        "transaction": move.transaction,
    }


def _readings_json(event: Event) -> dict[str, Any]:
    return {
        **sensors.batch_json(sensors.readings_of_event(event)),
        "arrival": Arrival(event.args["arrival"]).name.lower(),
        "arrived_at": moment(event.timestamp),
        "block": event.block,
        "transaction": event.transaction,
    }


def _damage(office: Office, known: Known, block: int) -> list[dict[str, Any]]:
    ledger, topic = office.bind(ShipmentLedger), custody.topic(known)
    found = []
    for event in events.of(office, ledger, None, topic, last=block):
        if event.name not in ("DamageRecorded", "ReserveMade"):
            continue
        args, is_fact = event.args, event.name == "DamageRecorded"
        found.append(
            {
                "fact": is_fact,
                "by": args["byId"] if is_fact else None,
                "lost": share_text(args["lostBps"]),
                "damaged": share_text(args["damagedBps"]),
                "occurred_at": moment(args["occurredAt"]) if is_fact else None,
                "evidence": "0x" + args["evidence"].hex() if is_fact else None,
                "block": event.block,
                "transaction": event.transaction,
            }
        )
    return found


def _time(seconds: int) -> str | None:
    return moment(seconds) if seconds else None


def _message(bundle: dict[str, Any]) -> LiabilityEvidence:
    signed = {name: each for name, each in bundle.items() if name not in _NOT_SIGNED}
    text = json.dumps(signed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    shipment = bytes.fromhex(bundle["shipment"][2:])
    return LiabilityEvidence(shipment, bundle["chain"]["block"], keccak(text.encode()))


def _is_by(signer: str, digest: bytes, signature: bytes) -> bool:
    try:
        return recover(digest, signature) == signer
    except ValueError:
        return False


def _differences(bundle: Any, chain: Any, place: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Where two JSON values differ, innermost first."""
    if isinstance(bundle, dict) and isinstance(chain, dict):
        for name in {**chain, **bundle}:
            yield from _differences(bundle.get(name), chain.get(name), (*place, name))
    elif isinstance(bundle, list) and isinstance(chain, list) and len(bundle) == len(chain):
        for i, (ours, theirs) in enumerate(zip(bundle, chain, strict=True)):
            yield from _differences(ours, theirs, (*place, str(i)))
    elif bundle != chain or type(bundle) is not type(chain):
        yield {"where": ".".join(place), "bundle": bundle, "chain": chain}
