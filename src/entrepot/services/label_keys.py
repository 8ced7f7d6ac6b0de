"""Since when and until when keys may sign labels, from the registry's events in order."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from entrepot.core.roles import Function, Role, mask
from entrepot.core.verdicts import LabelKey
from entrepot.network.bindings import ParticipantRegistry
from entrepot.network.contracts import Event, topic_of
from entrepot.services import events
from entrepot.services.office import Office
from entrepot.services.spelling import NEVER

_NOBODY = "0x" + "0" * 40
_LABEL = 1 << Function.LABEL
_ROLES = mask(Role.PRODUCER)
"""Roles that carry the function."""


@dataclass(slots=True)
class _Entry:
    """A key or root; `epoch`: under which root it is good, for a root and for what one granted."""

    participant: int
    parent: "_Entry | None"
    born: int
    epoch: int
    functions: int
    since: int
    until: int | None
    is_root: bool

    def end(self, second: int) -> None:
        """Ends it, if it has not ended before."""
        self.until = second if self.until is None else min(self.until, second)


class KeyHistory:
    """Roots and keys of participants, and their times."""

    def __init__(self, found: Iterable[Event] = ()) -> None:
        self._entries: dict[str, _Entry] = {}
        self._direct: dict[int, list[str]] = defaultdict(list)
        self._epochs: dict[int, int] = {}
        self._may_label: dict[int, bool] = {}
        self._barred_at: dict[int, int] = {}
        for event in found:
            self.take(event)

    def take(self, event: Event) -> None:
        """Follows an event, of which each is taken once; others than of keys change nothing."""
        args, now = event.args, event.timestamp
        match event.name:
            case "ParticipantRegistered":
                self._epochs[args["id"]] = 0
                self._add_root(args["id"], args["root"], 0, now)
                self._set_roles(args["id"], args["roles"], now)
            case "RolesChanged":
                self._set_roles(args["id"], args["roles"], now)
            case "KeyGranted":
                self._grant(args, now)
            case "KeyRevoked":
                self._entries[args["key"]].end(now)
            case "RootMoved":
                self._move(args, now)

    def owner_of(self, address: str) -> int | None:
        """Participant of a key; None for no key."""
        entry = self._entries.get(address)
        return entry.participant if entry is not None else None

    def key(self, address: str) -> LabelKey | None:
        """When a key could sign labels; None where it never could."""
        entry = self._entries.get(address)
        if entry is None or not entry.functions & _LABEL:
            return None
        ends = [each.until for each in _line(entry)]
        if not self._may_label[entry.participant]:
            ends.append(self._barred_at[entry.participant])
        until = min((each for each in ends if each is not None), default=None)
        if until is not None and until <= entry.since:
            return None
        return LabelKey(address, entry.since, until)

    def keys_of_all(self) -> dict[int, list[LabelKey]]:
        """All that could sign labels, by participant."""
        found: dict[int, list[LabelKey]] = defaultdict(list)
        for address, entry in self._entries.items():
            key = self.key(address)
            if key is not None:
                found[entry.participant].append(key)
        return found

    def _add_root(self, number: int, address: str, epoch: int, now: int) -> None:
        entry = _Entry(number, None, epoch, epoch, _LABEL, now, None, is_root=True)
        self._entries[address] = entry
        self._direct[number].append(address)

    def _set_roles(self, number: int, roles: int, now: int) -> None:
        could, can = self._may_label.get(number, True), bool(roles & _ROLES)
        if could and not can:
            self._barred_at[number] = now
        self._may_label[number] = can

    def _grant(self, args: dict[str, Any], now: int) -> None:
        granter, expiry = self._entries[args["granter"]], args["expiry"]
        entry = _Entry(
            participant=args["participantId"],
            parent=None if granter.is_root else granter,
            born=granter.born,
            epoch=granter.born,
            functions=args["functions"],
            since=now,
            until=None if expiry == NEVER else expiry + 1,
            is_root=False,
        )
        self._entries[args["key"]] = entry
        if granter.is_root:
            self._direct[entry.participant].append(args["key"])
            if entry.epoch != self._epochs[entry.participant]:
                entry.end(now)

    def _move(self, args: dict[str, Any], now: int) -> None:
        number, epoch = args["id"], args["epoch"]
        kept = set(args["kept"])
        for address in self._direct[number]:
            entry = self._entries[address]
            if entry.epoch == epoch - 1:
                if address in kept and not entry.is_root:
                    entry.epoch = epoch
                else:
                    entry.end(now)
        self._epochs[number] = epoch
        self._add_root(number, args["newRoot"], epoch, now)


def whole_history(office: Office, block: int) -> KeyHistory:
    """Of all keys, at the end of a block."""
    return KeyHistory(events.of(office, office.bind(ParticipantRegistry), last=block))


def history_of(office: Office, address: str) -> KeyHistory:
    """Of one key and those above it, at the latest block; empty where it is no key."""
    registry = office.bind(ParticipantRegistry)
    line = [address]
    record = registry.key_of(address)
    if record.functions == 0:
        return KeyHistory()
    while record.parent != _NOBODY:
        line.append(record.parent)
        record = registry.key_of(record.parent)
    number = topic_of(record.participant_id)
    found = [
        each
        for name in ("ParticipantRegistered", "RolesChanged", "RootMoved")
        for each in events.of(office, registry, name, number)
    ]
    for member in line:
        for name in ("KeyGranted", "KeyRevoked"):
            found += events.of(office, registry, name, topic_of(member))
    return KeyHistory(sorted(found, key=lambda each: (each.block, each.log_index)))


def _line(entry: _Entry) -> Iterator[_Entry]:
    found: _Entry | None = entry
    while found is not None:
        yield found
        found = found.parent
