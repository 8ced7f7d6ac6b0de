"""The state of a deployment, rebuilt from its events alone.

`rebuild` reads no storage. What the events themselves make impossible, such as an order that ends
twice, is kept in `Books.contradictions`; `services/audit` compares the rest with the chain.
"""

from collections.abc import Iterable

from entrepot.services.books import (
    cargo,
    cover,
    customs,
    governance,
    guardians,
    orders,
    participants,
    pools,
    trade,
)
from entrepot.services.books.entries import (
    ZERO,
    BatchState,
    Books,
    KeyEntry,
    Membership,
    Operation,
    OrderEntry,
    OrderState,
    ParticipantEntry,
    PolicyEntry,
    PolicyState,
)
from entrepot.services.events import Record

__all__ = [
    "ZERO",
    "BatchState",
    "Books",
    "KeyEntry",
    "Membership",
    "Operation",
    "OrderEntry",
    "OrderState",
    "ParticipantEntry",
    "PolicyEntry",
    "PolicyState",
    "extend",
    "rebuild",
]

_HANDLERS = {
    **participants.HANDLERS,
    **guardians.HANDLERS,
    **governance.HANDLERS,
    **orders.HANDLERS,
    **trade.HANDLERS,
    **cargo.HANDLERS,
    **customs.HANDLERS,
    **cover.HANDLERS,
    **pools.HANDLERS,
}


def rebuild(records: Iterable[Record]) -> Books:
    """The books after the events, which must be all of a deployment's, in order."""
    books = Books()
    extend(books, records)
    return books


def extend(books: Books, records: Iterable[Record]) -> None:
    """Brings books up to date with the events that follow those they were rebuilt from."""
    for record in records:
        books.events += 1
        handler = _HANDLERS.get((record.contract, record.event.name))
        if handler is not None:
            handler(books, record.event.args, record.event)
