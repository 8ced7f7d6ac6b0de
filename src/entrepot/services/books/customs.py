"""The customs of shipments, from events."""

from collections.abc import Callable
from typing import Any

from entrepot.core.settlement import CustomsState
from entrepot.network.contracts import Event
from entrepot.services.books.entries import (
    Books,
    CustomsEntry,
    Finding,
    Handler,
    Handlers,
    Inspection,
)

_UNDECIDED = (CustomsState.DECLARED, CustomsState.HELD)
_REFUSED, _APPEALED = (CustomsState.REFUSED,), (CustomsState.APPEALED,)


def _act(
    states: tuple[CustomsState, ...],
    change: Callable[[CustomsEntry, dict[str, Any], int], bool],
) -> Handler:
    """Something that is done in one of the states; `change` does it and says whether it could."""

    def handle(books: Books, args: dict[str, Any], event: Event) -> None:
        shipment = books.shipments.get(args["shipmentId"])
        entry = shipment.customs if shipment is not None else None
        is_possible = (
            entry is not None and entry.state in states and change(entry, args, event.timestamp)
        )
        if entry is None or not is_possible:
            _refuse(books, args, event)
            return
        entry.sequence += 1

    return handle


def _refuse(books: Books, args: dict[str, Any], event: Event) -> None:
    books.contradictions.append(
        f"Shipment 0x{args['shipmentId'].hex()}: customs emitted {event.name}, which could not be."
    )


def _declared(books: Books, args: dict[str, Any], event: Event) -> None:
    shipment = books.shipments.get(args["shipmentId"])
    order = books.orders.get(shipment.order_id) if shipment is not None else None
    if shipment is None or order is None:
        _refuse(books, args, event)
        return
    clauses, before = order.clauses, shipment.customs or CustomsEntry()
    terms = args["customsId"], args["inspectorId"], args["appealPeriod"], args["dutyCap"]
    agreed = clauses.customs_id, clauses.inspector_id, clauses.appeal_period, clauses.duty_cap
    may_declare = order.order.seller_id, clauses.broker_id
    is_open = before.state in (CustomsState.NONE, *_UNDECIDED)
    if terms != agreed or args["declarantId"] not in may_declare or not is_open:
        _refuse(books, args, event)
        return
    shipment.customs = CustomsEntry(
        customs_id=args["customsId"],
        inspector_id=args["inspectorId"],
        declarant_id=args["declarantId"],
        appeal_period=args["appealPeriod"],
        duty_cap=args["dutyCap"],
        state=CustomsState.DECLARED,
        sequence=before.sequence + 1,
    )


def _inspected(entry: CustomsEntry, args: dict[str, Any], _: int) -> bool:
    entry.findings[Inspection(args["inspection"])] = Finding(args["finding"])
    is_inspector = args["inspectorId"] == (entry.inspector_id or entry.customs_id)
    return bool(is_inspector and args["finding"] != Finding.NONE)


def _assessed(entry: CustomsEntry, args: dict[str, Any], _: int) -> bool:
    entry.is_assessed, entry.duty = True, args["duty"]
    return entry.duty <= entry.duty_cap


def _released(entry: CustomsEntry, args: dict[str, Any], now: int) -> bool:
    findings = entry.findings.values()
    is_inspected = entry.inspector_id == 0 or Inspection.GOODS in entry.findings
    entry.state, entry.released_at = CustomsState.RELEASED, now
    is_clean = is_inspected and Finding.FAILED not in findings
    return entry.is_assessed and is_clean and args["duty"] == entry.duty


def _held(entry: CustomsEntry, _: dict[str, Any], __: int) -> bool:
    entry.state = CustomsState.HELD
    return True


def _refused(entry: CustomsEntry, args: dict[str, Any], now: int) -> bool:
    entry.state, entry.duty = CustomsState.REFUSED, args["duty"]
    entry.refused_at, entry.final_at = now, now + entry.appeal_period
    return entry.duty <= entry.duty_cap and args["finalAt"] == entry.final_at


def _appealed(entry: CustomsEntry, args: dict[str, Any], now: int) -> bool:
    is_in_time = now <= entry.final_at
    entry.state, entry.final_at = CustomsState.APPEALED, now + entry.appeal_period
    is_declarant = args["declarantId"] == entry.declarant_id
    return is_in_time and is_declarant and args["finalAt"] == entry.final_at


def _decided(entry: CustomsEntry, args: dict[str, Any], now: int) -> bool:
    is_in_time = now <= entry.final_at
    if args["isUpheld"]:
        entry.state, entry.is_assessed = CustomsState.DECLARED, False
        entry.refused_at, entry.final_at, entry.duty = 0, 0, 0
    else:
        entry.state, entry.final_at = CustomsState.REFUSED, now - 1
    return is_in_time


def _snapshot(books: Books, args: dict[str, Any], event: Event) -> None:
    """What the desk says after everything that was done is what was done."""
    shipment = books.shipments.get(args["shipmentId"])
    entry = shipment.customs if shipment is not None else None
    if entry is None or args["facts"] != {**facts(entry), "asOf": event.timestamp}:
        _refuse(books, args, event)


def facts(entry: CustomsEntry) -> dict[str, int]:
    """The facts of a case as the desk gives them, but for `asOf`."""
    return {
        "state": int(entry.state),
        "sequence": entry.sequence,
        "releasedAt": entry.released_at,
        "refusedAt": entry.refused_at,
        "finalAt": entry.final_at,
        "duty": entry.duty,
    }


HANDLERS: Handlers = {
    ("CustomsDesk", "GoodsDeclared"): _declared,
    ("CustomsDesk", "GoodsInspected"): _act(_UNDECIDED, _inspected),
    ("CustomsDesk", "DutyAssessed"): _act(_UNDECIDED, _assessed),
    ("CustomsDesk", "GoodsReleased"): _act(_UNDECIDED, _released),
    ("CustomsDesk", "GoodsHeld"): _act(_UNDECIDED, _held),
    ("CustomsDesk", "GoodsRefused"): _act(_UNDECIDED, _refused),
    ("CustomsDesk", "RefusalAppealed"): _act(_REFUSED, _appealed),
    ("CustomsDesk", "AppealDecided"): _act(_APPEALED, _decided),
    ("CustomsDesk", "CustomsSnapshot"): _snapshot,
}
