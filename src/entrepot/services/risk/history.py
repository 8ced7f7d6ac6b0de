"""What the warnings look at: everything that the events of a deployment say up to a time.

`of` takes records from wherever they are kept, in order; `read` takes them from a node.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from entrepot.core.labels import text_of
from entrepot.core.scans import Scan
from entrepot.network.contracts import Event
from entrepot.services import events
from entrepot.services.books import Books, extend
from entrepot.services.books.entries import OrderEntry, Suspicion
from entrepot.services.events import Record
from entrepot.services.office import Office


@dataclass(frozen=True, slots=True)
class Load:
    """Items of a product that a seller declared on board, and when, seconds UTC."""

    at: int
    transaction: str
    gtin: int
    lot: str
    count: int


@dataclass(frozen=True, slots=True)
class Suspected:
    """An activation that raised an alert, and when, seconds UTC."""

    at: int
    transaction: str
    gtin: int
    lot: str
    serial: str
    suspicion: Suspicion


@dataclass(frozen=True, slots=True)
class Declared:
    """The last declaration of a shipment: who made it, and between which countries, ISO 3166-1."""

    declarant: int
    origin: str
    destination: str


@dataclass(slots=True)
class History:
    """The books at `now`, seconds UTC, and what they do not keep; shipments by id."""

    now: int
    books: Books = field(default_factory=Books)
    loads: defaultdict[bytes, list[Load]] = field(default_factory=lambda: defaultdict(list))
    declared: dict[bytes, Declared] = field(default_factory=dict)
    suspected: list[Suspected] = field(default_factory=list)
    scans: list[Scan] = field(default_factory=list)


def read(office: Office) -> History:
    """The history of a deployment up to its latest block."""
    last = office.node.block_number()
    block = office.node.call("eth_getBlockByNumber", hex(last), False)
    records = events.read(office.node, office.deployment, last=last)
    return of(records, int(block["timestamp"], 16))


def of(records: Iterable[Record], now: int) -> History:
    """The history that events tell, all of a deployment's up to `now`, in order."""
    history = History(now)
    for record in records:
        extend(history.books, [record])
        handler = _HANDLERS.get((record.contract, record.event.name))
        if handler is not None:
            handler(history, record.event.args, record.event)
    return history


def price_of(entry: OrderEntry) -> tuple[str, int]:
    """Token and smallest units of an order's price, which clauses may state in another token."""
    clauses = entry.clauses
    if clauses.price:
        return clauses.price_token, clauses.price
    return entry.order.token, entry.order.amount


def _loaded(history: History, args: dict[str, Any], event: Event) -> None:
    load = Load(
        event.timestamp, event.transaction, args["gtin"], text_of(args["lot"]), args["count"]
    )
    history.loads[args["shipmentId"]].append(load)


def _declared(history: History, args: dict[str, Any], _: Event) -> None:
    said = args["declaration"]
    origin, destination = (said[name].decode("ascii") for name in ("origin", "destination"))
    history.declared[args["shipmentId"]] = Declared(args["declarantId"], origin, destination)


def _suspected(history: History, args: dict[str, Any], event: Event) -> None:
    lot, serial = text_of(args["lot"]), text_of(args["serial"])
    history.suspected.append(
        Suspected(
            event.timestamp, event.transaction, args["gtin"], lot, serial,
            Suspicion(args["suspicion"]),
        )
    )  # fmt: skip


def _scanned(history: History, args: dict[str, Any], event: Event) -> None:
    history.scans.append(
        Scan(
            args["gtin"], text_of(args["lot"]), text_of(args["serial"]),
            event.timestamp, args["latitude"], args["longitude"],
        )
    )  # fmt: skip


_HANDLERS: dict[tuple[str, str], Callable[[History, dict[str, Any], Event], None]] = {
    ("ShipmentLedger", "ShipmentLoaded"): _loaded,
    ("CustomsDesk", "GoodsDeclared"): _declared,
    ("LabelRegistry", "CloneSuspected"): _suspected,
    ("LabelRegistry", "ItemScanned"): _scanned,
}
