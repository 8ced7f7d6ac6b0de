"""Shipments: custody, loss and damage, and what devices saw, from events."""

from typing import Any

from entrepot.core.cover import MAXIMUM_WATCHES, CargoFacts
from entrepot.core.exposures import Arrival, Exposure, Gap, ended_at, plan_of
from entrepot.core.liability import Leg, chain_of, consignee_of
from entrepot.core.messages import Extreme, Readings, Watch
from entrepot.core.roles import Function
from entrepot.core.settlement import WHOLE
from entrepot.network.contracts import Event
from entrepot.services.books.entries import (
    ZERO,
    Books,
    Handlers,
    OrderEntry,
    ShipmentEntry,
    ShipmentState,
)

_ON_THE_WAY = (ShipmentState.IN_TRANSIT, ShipmentState.TENDERED, ShipmentState.DISPUTED)
_UNDELIVERED = (ShipmentState.CREATED, *_ON_THE_WAY)


def _created(books: Books, args: dict[str, Any], _: Event) -> None:
    entry = ShipmentEntry(args["orderId"], {})
    books.shipments[args["shipmentId"]] = entry
    order = books.orders.get(args["orderId"])
    if order is not None:
        order.shipment = entry


def _snapshot(books: Books, args: dict[str, Any], event: Event) -> None:
    entry = books.shipments[args["shipmentId"]]
    facts = args["facts"]
    if facts["sequence"] < entry.facts.get("sequence", 0):
        books.contradictions.append(f"{_name(args)} went back in time.")
    entry.facts = facts
    order = books.orders.get(entry.order_id)
    if order is None:
        return
    holder = entry.legs[-1].custodian_id if entry.legs else order.order.seller_id
    if facts["custodianId"] != holder:
        books.contradictions.append(
            f"{_name(args)} is with participant {facts['custodianId']}, to whom nobody gave it."
        )
    if entry.custody != chain_of(entry.legs):
        _refuse(books, args, event)


def _loaded(books: Books, args: dict[str, Any], event: Event) -> None:
    entry, _ = _in_state(books, args, ShipmentState.CREATED)
    if entry is None:
        _refuse(books, args, event)
        return
    entry.cargo.append((args["gtin"], args["lot"], args["first"], args["count"]))


def _watches_set(books: Books, args: dict[str, Any], event: Event) -> None:
    entry, _ = _in_state(books, args, ShipmentState.CREATED)
    watches = tuple(Watch.of(each.values()) for each in args["watches"])
    are_bands = all(each.device != ZERO and each.low <= each.high for each in watches)
    is_plan = 0 < len(watches) <= MAXIMUM_WATCHES and args["plan"] == plan_of(watches)
    if entry is None or not are_bands or not is_plan:
        _refuse(books, args, event)
        return
    entry.sensors.watches = watches


def _custody_transferred(books: Books, args: dict[str, Any], event: Event) -> None:
    """The first handover goes to the order's carrier; none goes to who is to receive the goods."""
    entry, order = _in_state(books, args, ShipmentState.CREATED, ShipmentState.IN_TRANSIT)
    terms = args["terms"]
    giver, receiver = args["fromId"], terms["toId"]
    if entry is None or order is None:
        _refuse(books, args, event)
        return
    is_first = entry.facts["state"] == ShipmentState.CREATED
    is_receiver = receiver == order.order.carrier_id if is_first else receiver != giver
    given = entry.facts["custodianId"], entry.facts["sequence"], receiver
    leg = Leg(receiver, event.timestamp, terms["dueBy"], terms["liability"])
    if (
        given != (giver, args["sequence"], args["toId"])
        or not is_receiver
        or receiver == consignee_of(order.order)
    ):
        _refuse(books, args, event)
    entry.legs.append(leg)


def _checkpoint_passed(books: Books, args: dict[str, Any], event: Event) -> None:
    entry, _ = _in_state(books, args, *_UNDELIVERED)
    if entry is None or entry.facts["custodianId"] != args["custodianId"]:
        _refuse(books, args, event)


def _reserve_made(books: Books, args: dict[str, Any], event: Event) -> None:
    entry, _ = _in_state(books, args, *_UNDELIVERED)
    if entry is None or not 0 < args["lostBps"] + args["damagedBps"] <= WHOLE:
        _refuse(books, args, event)


def _damage_recorded(books: Books, args: dict[str, Any], event: Event) -> None:
    """The custodian admits what is so by now, the arbiter determines when it came about."""
    entry, order = _in_state(books, args, *_UNDELIVERED, ShipmentState.DELIVERED)
    if entry is None or order is None:
        _refuse(books, args, event)
        return
    lost, damaged, at = args["lostBps"], args["damagedBps"], args["occurredAt"]
    before, last = entry.damage, entry.arrived_at or event.timestamp
    is_grown = (
        lost >= before.lost_bps
        and damaged >= before.damaged_bps
        and before.lost_bps + before.damaged_bps < lost + damaged <= WHOLE
    )
    is_admitted = (args["byId"], at) == (entry.facts["custodianId"], last)
    is_determined = (
        args["byId"] == order.order.arbiter_id and 0 < entry.facts["shippedAt"] <= at <= last
    )
    if not is_grown or not (is_admitted or is_determined):
        _refuse(books, args, event)
    entry.damage = CargoFacts(
        lost,
        damaged,
        at if lost != before.lost_bps else before.lost_at,
        at if damaged != before.damaged_bps else before.damaged_at,
    )


def _cargo_snapshot(books: Books, args: dict[str, Any], event: Event) -> None:
    """What the ledger says of loss and damage is what was recorded.

    The hash over the legs is said before the handover that it is of, so it is checked afterwards.
    """
    entry = books.shipments.get(args["shipmentId"])
    said = {**args["facts"]}
    custody = said.pop("custody", None)
    if entry is None or said != {**damage(entry), "asOf": event.timestamp}:
        _refuse(books, args, event)
        return
    entry.custody = custody


def damage(entry: ShipmentEntry) -> dict[str, int]:
    """Loss and damage of a shipment as the ledger gives them."""
    found = entry.damage
    return {
        "lostBps": found.lost_bps,
        "damagedBps": found.damaged_bps,
        "lostAt": found.lost_at,
        "damagedAt": found.damaged_at,
    }


def _gap_found(books: Books, args: dict[str, Any], event: Event) -> None:
    entry = books.shipments.get(args["shipmentId"])
    if entry is None or entry.gap is not None:
        _refuse(books, args, event)
        return
    entry.gap = args["device"], Gap(args["missing"], args["from"], args["until"])


def _readings_recorded(books: Books, args: dict[str, Any], event: Event) -> None:
    """Readings of a device of the plan that may measure, counted as they had to be."""
    entry = books.shipments.get(args["shipmentId"])
    terms = {name: value for name, value in args.items() if name != "arrival"}
    extremes = tuple(Extreme.of(each.values()) for each in terms.pop("extremes"))
    readings = Readings.of([*terms.values(), extremes])
    device, now = readings.device, event.timestamp
    if entry is None or ended_at(readings) > now or not books.may(device, Function.MEASURE, now):
        _refuse(books, args, event)
        return
    try:
        arrival, gap, _ = entry.sensors.record(readings, entry.journey)
    except ValueError:
        _refuse(books, args, event)
        return
    found = (device, gap) if gap is not None else None
    if arrival is not Arrival(args["arrival"]) or entry.gap != found:
        _refuse(books, args, event)
    if found is not None:
        entry.gaps.append(found)
    entry.gap = None


def _watch_snapshot(books: Books, args: dict[str, Any], event: Event) -> None:
    entry = books.shipments.get(args["shipmentId"])
    seen = entry.sensors.seen.get(args["watch"], Exposure()) if entry is not None else Exposure()
    if entry is None or args["facts"] != {**watched(seen), "asOf": event.timestamp}:
        _refuse(books, args, event)


def watched(seen: Exposure) -> dict[str, int]:
    """What a watch saw as the sensor log gives it, but for `asOf`."""
    return {
        "breachedAt": seen.breached_at,
        "exposure": seen.exposure,
        "longest": seen.longest,
        "longestAt": seen.longest_at,
        "extreme": seen.extreme,
    }


def _in_state(
    books: Books, args: dict[str, Any], *states: ShipmentState
) -> tuple[ShipmentEntry | None, OrderEntry | None]:
    """The shipment and its order; None where it is in no such state."""
    entry = books.shipments.get(args["shipmentId"])
    if entry is None or entry.facts.get("state") not in states:
        return None, None
    return entry, books.orders.get(entry.order_id)


def _refuse(books: Books, args: dict[str, Any], event: Event) -> None:
    books.contradictions.append(f"{_name(args)}: {event.name} could not be.")


def _name(args: dict[str, Any]) -> str:
    return f"Shipment 0x{args['shipmentId'].hex()}"


HANDLERS: Handlers = {
    ("ShipmentLedger", "ShipmentCreated"): _created,
    ("ShipmentLedger", "ShipmentSnapshot"): _snapshot,
    ("ShipmentLedger", "ShipmentLoaded"): _loaded,
    ("ShipmentLedger", "WatchesSet"): _watches_set,
    ("ShipmentLedger", "CustodyTransferred"): _custody_transferred,
    ("ShipmentLedger", "CheckpointPassed"): _checkpoint_passed,
    ("ShipmentLedger", "ReserveMade"): _reserve_made,
    ("ShipmentLedger", "DamageRecorded"): _damage_recorded,
    ("ShipmentLedger", "CargoSnapshot"): _cargo_snapshot,
    ("SensorLog", "GapFound"): _gap_found,
    ("SensorLog", "ReadingsRecorded"): _readings_recorded,
    ("SensorLog", "WatchSnapshot"): _watch_snapshot,
}
