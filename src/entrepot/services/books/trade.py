"""Labels and ratings, from events."""

from typing import Any

from entrepot.core import credit
from entrepot.core.credit import LegOutcome, TradeOutcome
from entrepot.core.roles import Role
from entrepot.network.contracts import Event
from entrepot.services.books.entries import (
    BatchEntry,
    BatchState,
    Books,
    Handlers,
    Suspicion,
)


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


def _trade_rated(books: Books, args: dict[str, Any], event: Event) -> None:
    seller, buyer, weight = args["sellerId"], args["buyerId"], args["weight"]
    outcome = TradeOutcome(args["outcome"])
    if seller == buyer:
        return
    found = credit.of_seller(weight, outcome)
    books.credit[seller].add(Role.SELLER, buyer, found, event.timestamp)
    if buyer != 0:
        found = credit.of_buyer(weight, outcome)
        books.credit[buyer].add(Role.BUYER, seller, found, event.timestamp)


def _cover_rated(books: Books, args: dict[str, Any], event: Event) -> None:
    insurer, holder = args["insurerId"], args["holderId"]
    if insurer != holder:
        found = credit.of_insurer(args["weight"])
        books.credit[insurer].add(Role.INSURER, holder, found, event.timestamp)


def _leg_rated(books: Books, args: dict[str, Any], event: Event) -> None:
    carrier, seller = args["carrierId"], args["sellerId"]
    books.journeys_rated.add(args["orderId"])
    if carrier != seller:
        found = credit.of_carrier(args["weight"], LegOutcome(args["outcome"]), args["lossBps"])
        books.credit[carrier].add(Role.CARRIER, seller, found, event.timestamp)


def _declaration_rated(books: Books, args: dict[str, Any], event: Event) -> None:
    broker, seller = args["brokerId"], args["sellerId"]
    found = credit.of_broker(args["weight"], args["isRefused"])
    books.credit[broker].add(Role.CUSTOMS_BROKER, seller, found, event.timestamp)


HANDLERS: Handlers = {
    ("LabelRegistry", "LineRegistered"): _line_registered,
    ("LabelRegistry", "BatchCommitted"): _batch_committed,
    ("LabelRegistry", "BatchRecalled"): _batch_recalled,
    ("LabelRegistry", "ItemActivated"): _item_activated,
    ("LabelRegistry", "CloneSuspected"): _clone_suspected,
    ("LabelRegistry", "ItemScanned"): _item_scanned,
    ("CreditRegistry", "TradeRated"): _trade_rated,
    ("CreditRegistry", "CoverRated"): _cover_rated,
    ("CreditRegistry", "LegRated"): _leg_rated,
    ("CreditRegistry", "DeclarationRated"): _declaration_rated,
}
