"""Participants, their keys and their qualifications, from events."""

from typing import Any

from entrepot.core.messages import Qualification
from entrepot.core.roles import Function, mask
from entrepot.network.contracts import Event, shown
from entrepot.services.books.entries import (
    ZERO,
    Books,
    Handlers,
    KeyEntry,
    ParticipantEntry,
    QualificationEntry,
)

_ALL_FUNCTIONS = mask(*Function)


def _registered(books: Books, args: dict[str, Any], _: Event) -> None:
    number, root = args["id"], args["root"]
    if number in books.participants:
        books.contradictions.append(f"Participant {number} was registered twice.")
        return
    books.participants[number] = ParticipantEntry(root, args["roles"])
    _add_root(books, root, number, 0)


def _roles_changed(books: Books, args: dict[str, Any], _: Event) -> None:
    entry = books.participants.get(args["id"])
    if entry is None or args["nonce"] <= entry.roles_nonce:
        books.contradictions.append(
            f"Roles of participant {args['id']} were changed with nonce {args['nonce']}, which"
            " could not be."
        )
        return
    entry.roles, entry.roles_nonce = args["roles"], args["nonce"]


def _key_granted(books: Books, args: dict[str, Any], _: Event) -> None:
    address, granter = args["key"], books.keys.get(args["granter"])
    if granter is None:
        books.contradictions.append(
            f"Key {address} was granted by {args['granter']}, which was no key."
        )
        return
    number = books.top_of(granter).participant_id
    if args["participantId"] != number:
        books.contradictions.append(
            f"Key {address} was granted for participant {args['participantId']} by a key of"
            f" {number}."
        )
    is_narrower = (
        args["functions"] & ~granter.functions == 0
        and args["level"] > granter.level
        and args["expiry"] <= granter.expiry
    )
    if args["functions"] == 0 or not (is_narrower or books.is_dead(granter)):
        books.contradictions.append(f"Key {address} was granted more than its granter has.")
    entry = KeyEntry(
        participant_id=granter.participant_id if granter.is_root else 0,
        parent=ZERO if granter.is_root else args["granter"],
        born=granter.born if granter.is_root else 0,
        epoch=granter.born if granter.is_root else 0,
        functions=args["functions"],
        level=args["level"],
        expiry=args["expiry"],
        is_root=False,
    )
    _add_key(books, address, entry)


def _key_revoked(books: Books, args: dict[str, Any], _: Event) -> None:
    address, revoker = args["key"], args["revoker"]
    entry = books.keys.get(address)
    if entry is None or entry.is_revoked or not books.may_revoke(address, revoker):
        books.contradictions.append(
            f"Key {address} was revoked by {revoker}, which could not do it."
        )
        return
    entry.is_revoked = True


def _grant_withdrawn(books: Books, args: dict[str, Any], _: Event) -> None:
    key, revoker = pair = args["key"], args["revoker"]
    is_known = key == revoker or revoker in books.keys
    if key in books.keys or pair in books.withdrawn or not is_known:
        books.contradictions.append(
            f"Grants of key {key} were withdrawn by {revoker}, which could not do it."
        )
    books.withdrawn[pair] = True


def _root_moved(books: Books, args: dict[str, Any], _: Event) -> None:
    number, new_root, kept = args["id"], args["newRoot"], tuple(args["kept"])
    entry = books.participants.get(number)
    if entry is None or (args["oldRoot"], args["epoch"]) != (entry.root, entry.epoch + 1):
        books.contradictions.append(
            f"Participant {number} was moved from root {args['oldRoot']} in epoch {args['epoch']},"
            " where it was not."
        )
        return
    move, books.guards[number].executed = books.guards[number].executed, None
    if move is None or (move.epoch, move.new_root, move.kept) != (entry.epoch, new_root, kept):
        books.contradictions.append(
            f"The root of participant {number} was moved otherwise than its guardians decided."
        )
    _add_root(books, new_root, number, args["epoch"])
    for address in kept:
        key = books.keys.get(address)
        if key is None:
            books.contradictions.append(
                f"Key {address} was kept for participant {number} before anybody granted it."
            )
        elif not key.is_root and (key.participant_id, key.epoch) == (number, entry.epoch):
            key.epoch = args["epoch"]
    entry.root, entry.epoch = new_root, args["epoch"]


def _add_root(books: Books, address: str, number: int, epoch: int) -> None:
    never = 2**40 - 1
    root = KeyEntry(number, ZERO, epoch, epoch, _ALL_FUNCTIONS, 0, never, is_root=True)
    _add_key(books, address, root)


def _add_key(books: Books, address: str, entry: KeyEntry) -> None:
    if address in books.keys:
        books.contradictions.append(f"{address} became a key twice.")
        return
    books.keys[address] = entry


def _qualified(books: Books, args: dict[str, Any], event: Event) -> None:
    number, terms = args["qualificationId"], Qualification(*args["terms"].values())
    entry = books.qualifications.setdefault(number, QualificationEntry())
    if entry.issued_at != 0:
        books.contradictions.append(f"Qualification {shown(number)} was issued twice.")
    if terms.holder_id not in books.participants or terms.issuer_id not in books.participants:
        books.contradictions.append(f"Qualification {shown(number)} names nobody.")
    books.messages[number] = terms
    entry.terms, entry.issued_at = terms, event.timestamp


def _qualification_revoked(books: Books, args: dict[str, Any], event: Event) -> None:
    number = args["qualificationId"]
    entry = books.qualifications.setdefault(number, QualificationEntry())
    if entry.revoked_at != 0:
        books.contradictions.append(f"Qualification {shown(number)} was revoked twice.")
    entry.revoked_at = event.timestamp


HANDLERS: Handlers = {
    ("ParticipantRegistry", "ParticipantRegistered"): _registered,
    ("ParticipantRegistry", "RolesChanged"): _roles_changed,
    ("ParticipantRegistry", "KeyGranted"): _key_granted,
    ("ParticipantRegistry", "KeyRevoked"): _key_revoked,
    ("ParticipantRegistry", "GrantWithdrawn"): _grant_withdrawn,
    ("ParticipantRegistry", "RootMoved"): _root_moved,
    ("QualificationRegistry", "Qualified"): _qualified,
    ("QualificationRegistry", "QualificationRevoked"): _qualification_revoked,
}
