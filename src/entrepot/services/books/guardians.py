"""Guardians, the moves of roots that they announce, and anchored records of sealed keys, from
events.
"""

from typing import Any

from entrepot.core.messages import GuardianSet, RootMove
from entrepot.network.contracts import Event, shown
from entrepot.services.books.entries import (
    NOTHING,
    Appointment,
    Books,
    Guards,
    Handlers,
    RecallEntry,
)


def _guardians_set(books: Books, args: dict[str, Any], event: Event) -> None:
    number, terms = args["id"], GuardianSet(*_values(args["terms"]))
    guards = _guards(books, number, event.timestamp)
    notice = guards.appointed.terms.delay if guards.appointed is not None else 0
    is_possible = (
        number in books.participants
        and terms.nonce > guards.nonce
        and guards.recall.digest == NOTHING
        and args["from"] == event.timestamp + notice
    )
    if not is_possible:
        books.contradictions.append(
            f"Guardians of participant {number} were set with nonce {terms.nonce} from"
            f" {args['from']} on, which could not be."
        )
    books.messages[args["set"]] = terms
    appointment = Appointment(args["set"], terms, args["from"])
    guards.nonce = terms.nonce
    if guards.appointed is None:
        guards.appointed = appointment
    else:
        guards.following = appointment


def _move_announced(books: Books, args: dict[str, Any], event: Event) -> None:
    number, terms = args["id"], RootMove(*_values(args["terms"]))
    guards = _guards(books, number, event.timestamp)
    if args["readyAt"] != _ready_at(books, guards, terms, args["isOverride"], event.timestamp):
        books.contradictions.append(
            f"A move of participant {number} was announced for {args['readyAt']}, which could not"
            " be."
        )
    books.messages[args["move"]] = terms
    guards.following = None
    if guards.appointed is not None:
        guards.nonce = guards.appointed.terms.nonce
    guards.recall = RecallEntry(
        args["move"], terms, terms.nonce, args["readyAt"], args["isOverride"]
    )


def _ready_at(
    books: Books, guards: Guards, move: RootMove, is_override: bool, now: int
) -> int | None:
    """When a move that is announced now may be executed; None where it cannot be announced."""
    entry, appointed, last = books.participants.get(move.id), guards.appointed, guards.recall
    if entry is None or appointed is None:
        return None
    if (move.epoch, move.set) != (entry.epoch, appointed.digest):
        return None
    is_cancelled = guards.cancellation == (entry.epoch, appointed.digest)
    if is_cancelled and not is_override:
        return None
    is_under_way = last.digest != NOTHING
    is_alike = is_override == last.is_override
    is_higher = move.nonce > last.nonce if is_alike else is_override
    if is_under_way and not is_higher:
        return None
    if is_override and last.ready_at != 0 and (is_under_way or is_cancelled):
        return last.ready_at
    return now + appointed.terms.delay


def _move_cancelled(books: Books, args: dict[str, Any], event: Event) -> None:
    number = args["id"]
    guards = _guards(books, number, event.timestamp)
    entry, appointed, recall = books.participants.get(number), guards.appointed, guards.recall
    move = NOTHING if recall.is_override else recall.digest
    cancellation = args["epoch"], args["set"]
    is_possible = (
        entry is not None
        and appointed is not None
        and cancellation == (entry.epoch, appointed.digest)
        and cancellation != guards.cancellation
        and args["move"] == move
    )
    if not is_possible:
        books.contradictions.append(
            f"Participant {number} cancelled move {shown(args['move'])}, which could not be."
        )
    guards.cancellation = cancellation
    if not recall.is_override:
        guards.recall = RecallEntry(
            nonce=recall.nonce, ready_at=recall.ready_at if recall.digest != NOTHING else 0
        )


def _move_executed(books: Books, args: dict[str, Any], event: Event) -> None:
    guards = books.guards[args["id"]]
    recall = guards.recall
    if recall.digest != args["move"] or event.timestamp < recall.ready_at:
        books.contradictions.append(
            f"Move {shown(args['move'])} of participant {args['id']} was executed without being"
            " announced and due."
        )
    guards.recall, guards.executed = RecallEntry(), recall.terms


def _seal_anchored(books: Books, args: dict[str, Any], event: Event) -> None:
    seal = args["id"], args["record"]
    if seal in books.seals or args["id"] not in books.participants:
        books.contradictions.append(
            f"Record {shown(args['record'])} was anchored for participant {args['id']}, which could"
            " not be."
        )
    books.seals[seal] = event.timestamp


def _guards(books: Books, number: int, now: int) -> Guards:
    """The participant's, after those that are in force by now took their place."""
    guards = books.guards[number]
    guards.appointed, guards.following = guards.at(now)
    return guards


def _values(struct: dict[str, Any]) -> list[Any]:
    return [tuple(value) if isinstance(value, list) else value for value in struct.values()]


HANDLERS: Handlers = {
    ("GuardianRegistry", "GuardiansSet"): _guardians_set,
    ("GuardianRegistry", "MoveAnnounced"): _move_announced,
    ("GuardianRegistry", "MoveCancelled"): _move_cancelled,
    ("GuardianRegistry", "MoveExecuted"): _move_executed,
    ("GuardianRegistry", "SealAnchored"): _seal_anchored,
}
