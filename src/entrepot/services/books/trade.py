"""Labels and ratings, from events."""

from typing import Any

from entrepot.network.contracts import Event
from entrepot.services.books.entries import (
    BatchEntry,
    BatchState,
    Books,
    Handlers,
    Suspicion,
)
from entrepot.services.credit_events import findings


def _line_registered(books: Books, args: dict[str, Any], event: Event) -> None:
    books.lines[args["gtin"]] = (args["producerId"], event.timestamp)


def _batch_committed(books: Books, args: dict[str, Any], _: Event) -> None:
    number = args["gtin"], args["lot"]
    line, producer = books.lines.get(args["gtin"]), args["producerId"]
    if number in books.batches or line is None or line[0] != producer:
        books.contradictions.append(
            f"{_name(args)} was committed by participant {producer}, which could not be."
        )
        return
    batch = args["batch"]
    committed = batch["root"], batch["size"], batch["expiresAt"]
    books.batches[number] = BatchEntry(producer, committed)


def _batch_recalled(books: Books, args: dict[str, Any], _: Event) -> None:
    entry = books.batches.get((args["gtin"], args["lot"]))
    if (
        entry is None
        or entry.state is BatchState.RECALLED
        or entry.producer_id != args["producerId"]
    ):
        books.contradictions.append(
            f"{_name(args)} was recalled by participant {args['producerId']}, which could not be."
        )
        return
    entry.state = BatchState.RECALLED


def _item_activated(books: Books, args: dict[str, Any], _: Event) -> None:
    entry, index = books.batches.get((args["gtin"], args["lot"])), args["index"]
    if (
        entry is None
        or entry.state is BatchState.RECALLED
        or index >= entry.committed[1]
        or index in entry.activated
    ):
        books.contradictions.append(
            f"Item {index} of {_name(args)} was activated, which could not be."
        )
        return
    entry.activated.add(index)


def _clone_suspected(books: Books, args: dict[str, Any], _: Event) -> None:
    entry, index = books.batches.get((args["gtin"], args["lot"])), args["index"]
    suspicion = Suspicion(args["suspicion"])
    is_due = entry is not None and (
        suspicion is Suspicion.BATCH_RECALLED
        if entry.state is BatchState.RECALLED
        else suspicion is Suspicion.ACTIVATED_BEFORE and index in entry.activated
    )
    if not is_due:
        books.contradictions.append(
            f"Item {index} of {_name(args)} was suspected without that reason."
        )


def _item_scanned(books: Books, args: dict[str, Any], _: Event) -> None:
    if (args["gtin"], args["lot"]) not in books.batches:
        books.contradictions.append(f"{_name(args)} was scanned before it was committed.")


def _name(args: dict[str, Any]) -> str:
    return f"Batch {args['gtin']} 0x{args['lot'].hex()}"


def _rated(books: Books, _: dict[str, Any], event: Event) -> None:
    for each in findings(event):
        books.credit[each.id].add(each.role, each.counterparty, each.finding, event.timestamp)


def _leg_rated(books: Books, args: dict[str, Any], event: Event) -> None:
    books.journeys_rated.add(args["orderId"])
    _rated(books, args, event)


HANDLERS: Handlers = {
    ("LabelRegistry", "LineRegistered"): _line_registered,
    ("LabelRegistry", "BatchCommitted"): _batch_committed,
    ("LabelRegistry", "BatchRecalled"): _batch_recalled,
    ("LabelRegistry", "ItemActivated"): _item_activated,
    ("LabelRegistry", "CloneSuspected"): _clone_suspected,
    ("LabelRegistry", "ItemScanned"): _item_scanned,
    ("CreditRegistry", "TradeRated"): _rated,
    ("CreditRegistry", "CoverRated"): _rated,
    ("CreditRegistry", "LegRated"): _leg_rated,
    ("CreditRegistry", "DeclarationRated"): _rated,
}
