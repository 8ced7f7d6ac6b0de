"""Where goods went: custody of the shipments that carried a batch, in order."""

import re
from dataclasses import dataclass
from typing import Any

from entrepot.core.labels import text_of
from entrepot.errors import InputError
from entrepot.network.bindings import ShipmentLedger
from entrepot.network.contracts import Event, shown, topic_of
from entrepot.services import events
from entrepot.services.office import Office
from entrepot.services.spelling import moment

_STEPS = {
    "ShipmentCreated": ("created", {"by": "sellerId"}),
    "ShipmentLoaded": ("loaded", {"first": "first", "count": "count"}),
    "CustodyTransferred": ("handed over", {"from": "fromId", "to": "toId"}),
    "ShipmentTendered": ("tendered", {"by": "custodianId"}),
    "TenderDisputed": ("disputed", {"by": "by"}),
    "TenderRuled": ("ruled", {"by": "arbiterId", "upheld": "isUpheld"}),
    "TenderConcluded": ("concluded", {"upheld": "isUpheld"}),
    "ShipmentDelivered": ("delivered", {}),
}


@dataclass(frozen=True, slots=True)
class Step:
    """What happened to a shipment and when, `YYYY-MM-DDTHH:MM:SSZ`; `details` by name."""

    at: str | None
    event: str
    shipment: str
    details: dict[str, Any]


def journey_of(office: Office, gtin: int, lot: bytes, index: int | None = None) -> list[Step]:
    """What happened to the shipments that carried item `index` of a batch, or any where None."""
    ledger = office.bind(ShipmentLedger)
    loads = events.of(office, ledger, "ShipmentLoaded", None, topic_of(gtin), topic_of(lot))
    shipments = dict.fromkeys(each.args["shipmentId"] for each in loads if _has(each, index))
    found = [
        event
        for shipment in shipments
        for event in events.of(office, ledger, None, shown(shipment))
        if event.name in _STEPS
        and (event.name != "ShipmentLoaded" or (_is_of(event, gtin, lot) and _has(event, index)))
    ]
    return [_step(each) for each in sorted(found, key=lambda each: (each.block, each.log_index))]


@dataclass(frozen=True, slots=True)
class Load:
    """Items of a batch on a shipment: `count` of them in a row from number `first` on."""

    at: str | None
    gtin: str
    lot: str
    first: int
    count: int


def cargo_of(office: Office, shipment: str) -> list[Load]:
    """What a shipment carries, as its seller declared it; `InputError` for no shipment's id."""
    if re.fullmatch("0x[0-9a-f]{64}", shipment) is None:
        raise InputError("A shipment's id is 0x and 64 digits 0-9a-f.")
    ledger = office.bind(ShipmentLedger)
    loads = events.of(office, ledger, "ShipmentLoaded", shipment)
    return [
        Load(
            moment(each.timestamp),
            f"{each.args['gtin']:014}",
            text_of(each.args["lot"]),
            each.args["first"],
            each.args["count"],
        )
        for each in loads
    ]


def _is_of(event: Event, gtin: int, lot: bytes) -> bool:
    return (event.args["gtin"], event.args["lot"]) == (gtin, lot)


def _has(event: Event, index: int | None) -> bool:
    first = event.args["first"]
    return index is None or first <= index < first + event.args["count"]


def _step(event: Event) -> Step:
    name, members = _STEPS[event.name]
    details = {key: event.args[member] for key, member in members.items()}
    return Step(moment(event.timestamp), name, shown(event.args["shipmentId"]), details)
