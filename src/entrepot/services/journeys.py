"""Where goods went: custody and customs of the shipments that carried a batch, in order."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from entrepot.core.labels import text_of
from entrepot.errors import InputError
from entrepot.network.bindings import CustomsDesk, ShipmentLedger
from entrepot.network.contracts import Event, shown, topic_of
from entrepot.services import events
from entrepot.services.books.entries import Finding, Inspection
from entrepot.services.office import Office
from entrepot.services.spelling import moment

_Args = dict[str, Any]


def _named(**members: str) -> Callable[[_Args], _Args]:
    return lambda args: {name: args[member] for name, member in members.items()}


def _declared(args: _Args) -> _Args:
    declaration = args["declaration"]
    texts = {"code": "hsCode", "origin": "origin", "destination": "destination"}
    return {
        "by": args["declarantId"],
        "to": args["customsId"],
        **{
            name: declaration[member].rstrip(b"\0").decode("ascii", "replace")
            for name, member in texts.items()
        },
    }


def _inspected(args: _Args) -> _Args:
    return {
        "by": args["inspectorId"],
        "what": Inspection(args["inspection"]).name.lower(),
        "passed": args["finding"] == Finding.PASSED,
    }


_STEPS = {
    "ShipmentCreated": ("created", _named(by="sellerId")),
    "ShipmentLoaded": ("loaded", _named(first="first", count="count")),
    "CustodyTransferred": ("handed over", _named(**{"from": "fromId", "to": "toId"})),
    "ShipmentTendered": ("tendered", _named(by="custodianId")),
    "TenderDisputed": ("disputed", _named(by="by")),
    "TenderRuled": ("ruled", _named(by="arbiterId", upheld="isUpheld")),
    "TenderConcluded": ("concluded", _named(upheld="isUpheld")),
    "ShipmentDelivered": ("delivered", _named()),
    "GoodsDeclared": ("declared to customs", _declared),
    "GoodsInspected": ("inspected", _inspected),
    "GoodsHeld": ("held by customs", _named()),
    "GoodsReleased": ("released by customs", _named()),
    "GoodsRefused": ("refused by customs", _named()),
    "RefusalAppealed": ("refusal appealed", _named(by="declarantId")),
    "AppealDecided": ("appeal decided", _named(upheld="isUpheld")),
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
        for contract in (ledger, office.bind(CustomsDesk))
        for event in events.of(office, contract, None, shown(shipment))
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
    name, details = _STEPS[event.name]
    shipment = shown(event.args["shipmentId"])
    return Step(moment(event.timestamp), name, shipment, details(event.args))
