"""Ratings as the chain computes them, rebuilt from the events that they rest on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from entrepot.core import history
from entrepot.core.credit import RATED_ROLES, CreditRecord, Evidence, TradeOutcome
from entrepot.core.history import Change, Ending
from entrepot.core.roles import Role, role_names
from entrepot.errors import InputError, NodeError
from entrepot.network.bindings import CreditRegistry, ParticipantRegistry
from entrepot.network.contracts import Event, topic_of
from entrepot.network.deployments import Deployment
from entrepot.network.node import Node
from entrepot.services import credit_events, custody, events, grade_chart, orders
from entrepot.services.grade_chart import Mark
from entrepot.services.office import Office
from entrepot.services.spelling import moment, require_id

_ANY = None


@dataclass(frozen=True, slots=True)
class RoleRating:
    """A rating in one role; score and confidence in basis points.

    `settled`: how many endings it rests on. `updated_at`: when the last of them was.
    """

    role: str
    grade: str
    score: int
    confidence: int
    settled: int
    updated_at: str | None


@dataclass(frozen=True, slots=True)
class ParticipantRating:
    """A participant's rating at a time over all its roles, and in each role in which it has been
    rated.

    `grade_since`: since when it has had the grade; None for one that was never rated.
    """

    id: int
    roles: list[str]
    at: str | None
    grade: str
    score: int
    confidence: int
    settled: int
    updated_at: str | None
    grade_since: str | None
    by_role: list[RoleRating]


@dataclass(frozen=True, slots=True)
class Entry:
    """An ending, and the event that tells of it."""

    ending: Ending
    event: Event

    def told(self, office: Office) -> dict[str, Any]:
        """What ended, when and how, as JSON has it."""
        return {
            "at": moment(self.ending.at),
            **self.deal,
            "role": self.ending.role.name.lower(),
            "counterparty": self.ending.counterparty,
            "outcome": self._breach(office)
            or credit_events.outcome_of(self.event, self.ending.role),
            "counts": credit_events.count_of(self.ending.finding).name.lower(),
            "transaction": self.event.transaction,
        }

    @property
    def deal(self) -> dict[str, str]:
        """The order or policy that ended."""
        noun = "policy" if "policyId" in self.event.args else "order"
        return {noun: "0x" + self.event.args[f"{noun}Id"].hex()}

    def _breach(self, office: Office) -> str | None:
        """Which breach of a seller's it was; None where it was none, or another source knows."""
        is_breach = self.event.args.get("outcome") == TradeOutcome.BROKEN
        if self.ending.role is not Role.SELLER or not is_breach:
            return None
        try:
            facts = custody.facts_of(office, orders.find(office, self.deal["order"]))
        except InputError:
            return None
        return "lost a dispute" if 0 < facts.shipped_at <= self.ending.at else "never shipped"


@dataclass(frozen=True, slots=True)
class Account:
    """All that the registry's events tell of a participant up to `now`, the time of the latest
    block, in seconds UTC. The registry keeps the same.
    """

    id: int
    roles: int
    now: int
    entries: Sequence[Entry]

    @property
    def endings(self) -> list[Ending]:
        """The endings, in order."""
        return [each.ending for each in self.entries]

    def within(self, at: int, role: Role | None = None) -> "Account":
        """What of it there was at a time, seconds UTC, or of one role of it."""
        found = [
            each
            for each in self.entries
            if each.ending.at <= at and role in (None, each.ending.role)
        ]
        return replace(self, entries=found)


def read(office: Office, number: int, at: int | None = None) -> Account:
    """The account of participant `number`, compared with what the registry says of it now and, if
    one is given, at a time (seconds UTC).

    `InputError` where nobody has that id, `NodeError` where the registry says otherwise.
    """
    require_id(number)
    participant = office.bind(ParticipantRegistry).participant_of(number)
    if int(participant.root, 16) == 0:
        raise InputError(f"There is no participant {number} in this deployment.")
    block = office.node.block_number()
    now = int(office.node.call("eth_getBlockByNumber", hex(block), False)["timestamp"], 16)
    entries = [
        Entry(Ending(event.timestamp, each.role, each.counterparty, each.finding), event)
        for event in _events_of(office, number, block)
        for each in credit_events.findings(event)
        if each.id == number
    ]
    account = Account(number, participant.roles, now, entries)
    _compare(office, account, block, now if at is None else at)
    return account


def show(
    node: Node, deployment: Deployment, number: int, at: int | None = None
) -> ParticipantRating:
    """Rating of participant `number` at the chain's latest block, or at a time, seconds UTC; of a
    time to come, what forgetting alone will make of it.

    `InputError` where nobody has that id, `NodeError` where events and registry differ.
    """
    account = read(Office(node, deployment), number, at)
    time = account.now if at is None else at
    known = account.within(time)
    record = history.record_of(known.endings)
    overall = record.rating(time)
    changed = history.changes(known.endings, time)
    return ParticipantRating(
        id=number,
        roles=role_names(account.roles),
        at=moment(time),
        grade=overall.grade.name,
        score=overall.score,
        confidence=overall.confidence,
        settled=len(known.entries),
        updated_at=moment(known.endings[-1].at) if known.entries else None,
        grade_since=moment(changed[-1].at) if changed else None,
        by_role=[
            RoleRating(
                role.name.lower(), found.grade.name, found.score, found.confidence,
                sum(each.role is role for each in known.endings), moment(evidence.updated_at),
            )
            for role, evidence in sorted(record.by_role.items())
            for found in (record.rating_in(role, time),)
        ],
    )  # fmt: skip


def changes(account: Account, since: int, until: int) -> list[Change]:
    """The changes of the grade from `since` to `until`, seconds UTC, both included; after the
    latest block, those that forgetting alone will make.
    """
    known = account.within(until).endings
    return [each for each in history.changes(known, until) if each.at >= since]


def changes_json(office: Office, account: Account, found: Sequence[Change]) -> list[dict[str, Any]]:
    """Changes as JSON has them; `by` is `forgetting`, or what ended."""
    return [
        {
            "at": moment(each.at),
            "from": each.before.name,
            "to": each.after.name,
            "by": "forgetting" if each.cause is None else account.entries[each.cause].told(office),
        }
        for each in found
    ]


def picture(account: Account, since: int, until: int, role: Role | None = None) -> str:
    """The chart of an account, which is of one role if one is named, as SVG.

    `InputError` where there was no rating in that time.
    """
    known = account.within(until)
    marks = [
        Mark(each.ending.at, credit_events.count_of(each.ending.finding)) for each in known.entries
    ]
    last = history.record_of(known.endings).rating(until)
    title = (
        f"Rating of participant {account.id}{f' as {_named(role)}' if role else ''}: "
        f"{last.grade.name}, score {last.score / 100:.2f} %, confidence "
        f"{last.confidence / 100:.2f} % on {str(moment(until))[:10]}"
    )
    stretches = history.stretches(known.endings, until)
    try:
        return grade_chart.picture(stretches, marks, since, until, title)
    except ValueError as failure:
        raise InputError(f"Nothing is drawn of participant {account.id}: {failure}.") from None


def _named(role: Role) -> str:
    return role.name.lower().replace("_", " ")


def _events_of(office: Office, number: int, block: int) -> list[Event]:
    """The registry's events on a participant, in order."""
    registry, topic = office.bind(CreditRegistry), topic_of(number)
    found = [
        event
        for name, *indexed in (
            ("TradeRated", _ANY, topic),
            ("TradeRated", _ANY, _ANY, topic),
            ("CoverRated", _ANY, topic),
            ("LegRated", _ANY, topic),
            ("DeclarationRated", _ANY, topic),
        )
        for event in events.of(office, registry, name, *indexed, last=block)
    ]
    # A deal with oneself is found by both of its sides.
    by_place = {(each.block, each.log_index): each for each in found}
    return [by_place[place] for place in sorted(by_place)]


def _compare(office: Office, account: Account, block: int, at: int) -> None:
    """`NodeError` where the registry says otherwise than the events."""
    registry, number = office.bind(CreditRegistry), account.id
    record = history.record_of(account.endings)
    rating = record.rating(account.now)
    told: list[tuple[str, Any, str, tuple[int, ...]]] = [
        (f"evidence as {_named(role)}", _kept(record, role), "evidenceOf", (number, role))
        for role in RATED_ROLES
    ]
    told.append(("rating", (rating.grade, rating.score, rating.confidence), "ratingOf", (number,)))
    told.append((f"grade of {moment(at)}", record.grade_at(at), "gradeAt", (number, at)))
    asked = [registry.request(view, *given, block=block) for _, _, view, given in told]
    for (what, by_events, view, _), answer in zip(told, office.node.batch(asked), strict=True):
        value = registry.result(view, answer)
        if view == "evidenceOf":
            value.pop("roles")
        found = tuple(value.values()) if isinstance(value, dict) else value
        if found != by_events:
            raise NodeError(
                f"The events of participant {number} that {office.node.url} has do not give its "
                f"{what}: {_spelt(by_events)} by the events, {_spelt(found)} in the registry."
            )


def _kept(record: CreditRecord, role: Role) -> tuple[int, ...]:
    found = record.by_role.get(role, Evidence())
    return found.good, found.bad, found.updated_at, found.count, found.sketch_word()


def _spelt(value: Any) -> str:
    return "/".join(str(int(each)) for each in (value if isinstance(value, tuple) else (value,)))
