"""What the events of a deployment warn of. A warning is no proof: people look into it.

Duplicate financing: one delivery, invoiced in two orders, of which a bank bought one claim or more.
The escrow knows orders only, so no contract can see that two of them are about the same goods.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from entrepot.network.bindings import ReceivableNote, TradeEscrow
from entrepot.services import events, tokens
from entrepot.services.books.entries import OrderState
from entrepot.services.office import Office
from entrepot.services.spelling import moment

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Suspect:
    """An order in a finding; `state` now, `note` for whether its claim was sold."""

    order: str
    opened_at: str | None
    amount: str
    state: str
    note: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """Orders of one seller that may be one delivery; `reason` says what they have in common."""

    kind: str
    reason: str
    seller: int
    orders: list[Suspect]


@dataclass(frozen=True, slots=True)
class _Opened:
    id: str
    at: int
    terms: dict[str, Any]


def duplicates(office: Office, days: int) -> list[Finding]:
    """Orders of one seller that share their goods, or buyer and amount within `days`, where at
    least one of them has a note.
    """
    escrow, notes = office.bind(TradeEscrow), office.bind(ReceivableNote)
    noted = {"0x" + event.args["orderId"].hex() for event in office.logs(notes, "NoteSold")}
    opened = [
        _Opened("0x" + event.args["orderId"].hex(), event.timestamp, event.args["order"])
        for event in events.of(office, escrow, "OrderOpened")
    ]
    sellers = {each.terms["sellerId"] for each in opened if each.id in noted}
    candidates = [each for each in opened if each.terms["sellerId"] in sellers]
    found: dict[tuple[str, ...], str] = {}
    for reason, groups in (
        ("the same goods", _same(candidates, "sellerId", "goods")),
        (
            f"the same buyer and amount within {days} days",
            _near(_same(candidates, "sellerId", "buyer", "token", "amount"), days * _DAY),
        ),
    ):
        for group in groups:
            if len(group) > 1 and any(each.id in noted for each in group):
                found.setdefault(tuple(each.id for each in group), reason)
    by_id = {each.id: each for each in candidates}
    states = _states(office, {number for group in found for number in group})
    return [
        Finding(
            "duplicate financing",
            reason,
            by_id[group[0]].terms["sellerId"],
            [_suspect(office, by_id[number], states[number], number in noted) for number in group],
        )
        for group, reason in found.items()
    ]


def _same(orders: Iterable[_Opened], *names: str) -> list[list[_Opened]]:
    """Orders in groups that agree on some terms; each as it was opened."""
    groups: dict[tuple[Any, ...], list[_Opened]] = defaultdict(list)
    for each in orders:
        groups[tuple(_term(each, name) for name in names)].append(each)
    return list(groups.values())


def _near(groups: Iterable[list[_Opened]], seconds: int) -> Iterator[list[_Opened]]:
    """Groups cut wherever longer than `seconds` nothing was opened."""
    for group in groups:
        run: list[_Opened] = []
        for each in group:
            if run and each.at - run[-1].at > seconds:
                yield run
                run = []
            run.append(each)
        yield run


def _term(order: _Opened, name: str) -> Any:
    """A term of an order; of a buyer the participant, or the account of a consumer."""
    if name == "buyer":
        return order.terms["buyerId"] or order.terms["buyer"]
    return order.terms[name]


def _states(office: Office, numbers: set[str]) -> dict[str, str]:
    escrow, listed = office.bind(TradeEscrow), sorted(numbers)
    records = escrow.call_many("recordOf", [(bytes.fromhex(each[2:]),) for each in listed])
    return {
        number: OrderState(each["state"]).name.lower()
        for number, each in zip(listed, records, strict=True)
    }


def _suspect(office: Office, order: _Opened, state: str, note: bool) -> Suspect:
    token = tokens.at(office, order.terms["token"])
    name = token.name or token.address
    amount = f"{token.text(order.terms['amount'])} {name}"
    return Suspect(order.id, moment(order.at), amount, state, note)
