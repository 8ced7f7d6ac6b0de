"""A shipment for people: where it stands, what became of the goods, who held them when, where."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

from entrepot.core.labels import text_of
from entrepot.core.places import location, location_text
from entrepot.errors import InputError
from entrepot.network.bindings import CargoFacts, ShipmentLedger
from entrepot.network.contracts import Event
from entrepot.services import custody, events, sensors, trajectory
from entrepot.services.books.entries import ShipmentState
from entrepot.services.office import Office
from entrepot.services.orders import Known
from entrepot.services.places import Site, Sites
from entrepot.services.spelling import moment, share_text
from entrepot.services.trajectory import Alarm, Checkpoint, Mode, Stay
from entrepot.storage.yaml_files import read_yaml


def show(office: Office, known: Known) -> dict[str, Any]:
    """Where an order's shipment stands; times as `YYYY-MM-DDTHH:MM:SSZ`, None for not yet."""
    found = asdict(custody.facts_of(office, known))
    times = {
        name: moment(found[name]) if found[name] else None
        for name in ("shipped_at", "tendered_at", "disputed_at", "delivered_at")
    }
    ledger = office.bind(ShipmentLedger)
    reserves = office.logs(ledger, "ReserveMade", custody.topic(known))
    return {
        "order": known.hex,
        "shipment": custody.topic(known),
        "state": ShipmentState(found["state"]).name.lower().replace("_", " "),
        "custodian": found["custodian_id"] or None,
        **times,
        "goods": goods_json(ledger.cargo_of(custody.id_of(known))),
        "reserve": _shares(reserves[-1].args) if reserves else None,
        "cargo": [
            {
                "gtin": f"{each.gtin:014}",
                "lot": text_of(each.lot),
                "first": each.first,
                "count": each.count,
            }
            for each in custody.loaded(office, known)
        ],
        "watches": [sensors.watch_json(each) for each in sensors.seen_of(office, known)],
        "gaps": sensors.gaps_of(office, known),
    }


def goods_json(cargo: CargoFacts) -> dict[str, Any]:
    """What became of the goods, for people and JSON."""
    return {
        "lost": share_text(cargo.lost_bps),
        "lost_at": moment(cargo.lost_at) if cargo.lost_at else None,
        "damaged": share_text(cargo.damaged_bps),
        "damaged_at": moment(cargo.damaged_at) if cargo.damaged_at else None,
    }


def sites_of(path: Path) -> Sites:
    """Places that people know, from a YAML file: by GLN or UN/LOCODE `{name, latitude, longitude}`.

    `InputError` says what is wrong.
    """
    content = read_yaml(path, "file of places")
    if not isinstance(content, dict):
        raise InputError(f"{path} is wrong: it has a GLN or UN/LOCODE on each line, and its place.")
    found = {}
    for key, value in content.items():
        try:
            location(key)
            if not isinstance(value, dict) or value.keys() != {"name", "latitude", "longitude"}:
                raise ValueError("a place has a name, a latitude and a longitude")
            north, east = float(value["latitude"]), float(value["longitude"])
            if not (math.isfinite(north + east) and abs(north) <= 90 and abs(east) <= 180):
                raise ValueError("degrees are -90 to 90 north and -180 to 180 east")
        except ValueError as failure:
            raise InputError(f"{path} is wrong: `{key}`: {failure}.") from None
        found[key] = Site(north, east, str(value["name"]))
    return found


def modes_of(text: str | None) -> list[Mode]:
    """How the goods went on after each handover, by names with commas between."""
    known = get_args(Mode)
    names = text.split(",") if text else []
    for name in names:
        if name not in known:
            raise InputError(f"--modes {name!r} is none of {', '.join(known)}.")
    return [each for name in names for each in known if each == name]


def stays_of(office: Office, known: Known, modes: Sequence[Mode] = ()) -> list[Stay]:
    """Every custody from the carrier's on, with what passed and what went wrong in it.

    `InputError` where the goods have not shipped.
    """
    facts, order = custody.require_shipped(office, known), known.terms.order
    ledger, topic = office.bind(ShipmentLedger), custody.topic(known)
    moves = custody.handovers(office, known)
    if len(modes) > len(moves):
        raise InputError(f"--modes names {len(modes)} legs, and there are {len(moves)}.")
    legs = custody.legs_of(office, known)
    delays = ledger.delays_of(order, legs)
    passed = events.of(office, ledger, "CheckpointPassed", topic)
    alarms = _alarms(office, known)
    until = [*(each.timestamp for each in moves[1:]), facts.delivered_at or None]
    return [
        Stay(
            custodian_id=move.args["toId"],
            custodian=f"participant {move.args['toId']}",
            location=move.args["terms"]["location"],
            since=move.timestamp,
            until=until[i],
            seal=move.args["terms"]["seal"],
            mode=modes[i] if i < len(modes) else None,
            is_late=delays[i + 1] > 0,
            alarms=tuple(each for each in alarms if _leg_at(moves, each.at) == i),
            passed=tuple(
                Checkpoint(each.timestamp, each.args["location"])
                for each in passed
                if sum(_place(other) < _place(each) for other in moves) == i + 1
            ),
        )
        for i, move in enumerate(moves)
    ]


def trajectory_json(stays: Sequence[Stay], sites: Sites) -> list[dict[str, Any]]:
    """Who held the goods when and where, for people and JSON."""
    return [
        {
            "leg": row.number,
            "custodian": row.custodian_id,
            "from": row.code if int.from_bytes(stay.location) else None,
            "place": row.place if int.from_bytes(stay.location) else None,
            "since": moment(row.since),
            "until": moment(row.until) if row.until else None,
            "seal": row.seal or None,
            "mode": row.mode,
            "km": row.km,
            "late": row.is_late,
            "passed": [
                {"at": moment(each.at), "location": location_text(each.location)}
                for each in stay.passed
            ],
            "alarms": [{"at": moment(each.at), "what": each.text} for each in row.alarms],
        }
        for row, stay in zip(trajectory.rows(stays, sites), stays, strict=True)
    ]


def _alarms(office: Office, known: Known) -> list[Alarm]:
    found = []
    for seen in sensors.seen_of(office, known):
        told = sensors.watch_json(seen)
        if told["breached_at"]:
            at = seen.facts.longest_at or seen.facts.breached_at
            text = f"{told['metric']} {told['extreme']} {told['unit']}, allowed {told['low']} to "
            found.append(Alarm(at, f"{text}{told['high']}"))
    cargo = office.bind(ShipmentLedger).cargo_of(custody.id_of(known))
    if cargo.lost_bps:
        found.append(Alarm(cargo.lost_at, f"{share_text(cargo.lost_bps)} of the goods lost"))
    if cargo.damaged_bps:
        found.append(Alarm(cargo.damaged_at, f"{share_text(cargo.damaged_bps)} damaged"))
    return found


def _leg_at(moves: Sequence[Event], time: int) -> int:
    """The leg, counted from 0, in which something happened; the last one holds to the end."""
    return max(sum(each.timestamp <= time for each in moves) - 1, 0)


def _place(event: Event) -> tuple[int, int]:
    """Where an event stands among all: times of blocks may be the same."""
    return event.block, event.log_index


def _shares(args: dict[str, Any]) -> str:
    return f"{share_text(args['lostBps'])} lost, {share_text(args['damagedBps'])} damaged"
