"""The state of a deployment, rebuilt from its events alone.

`rebuild` reads no storage. What the events themselves make impossible, such as an order that ends
twice, is kept in `Books.contradictions`; `services/audit` compares the rest with the chain.
"""

from collections.abc import Iterable

from entrepot.core import credit
from entrepot.core.roles import Role
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
    "rating_of",
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


def rating_of(
    books: Books, number: int, now: int, roles: Iterable[Role] = tuple(Role)
) -> credit.Rating:
    """Rating of a participant over the roles at a time, seconds UTC."""
    sides = [
        books.evidence[number, role].at(now) for role in roles if (number, role) in books.evidence
    ]
    return credit.rate(sum(good for good, _ in sides), sum(bad for _, bad in sides))
