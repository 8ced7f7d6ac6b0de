"""Duplicate financing: one delivery, invoiced in two orders, and a bank bought one claim or more.

The escrow knows orders only, so no contract can see that two of them are about the same goods.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from entrepot.core.shipments import DAY
from entrepot.services.books.entries import OrderEntry
from entrepot.services.risk.findings import Finding, Kind, MoneyText
from entrepot.services.risk.history import History
from entrepot.services.spelling import moment

NEAR_DAYS = 30
"""Within so many days alike orders are suspect."""
_SAME_GOODS = 1.0
_ALIKE = 0.5


@dataclass(frozen=True, slots=True)
class _Opened:
    id: bytes
    at: int
    entry: OrderEntry


def findings(history: History, text: MoneyText, days: int = NEAR_DAYS) -> list[Finding]:
    """Orders of one seller that share their goods, or buyer and amount within `days`, where at
    least one of them has a note.
    """
    opened = [
        _Opened(number, entry.opened_at, entry) for number, entry in history.books.orders.items()
    ]
    noted = {number for number, note in history.books.notes.items() if note.is_sold}
    sellers = {each.entry.order.seller_id for each in opened if each.id in noted}
    candidates = [each for each in opened if each.entry.order.seller_id in sellers]
    found: dict[tuple[bytes, ...], tuple[list[_Opened], str, float]] = {}
    for reason, score, groups in (
        ("the same goods", _SAME_GOODS, _same(candidates, "seller_id", "goods")),
        (
            f"the same buyer and amount within {days} days",
            _ALIKE,
            _near(_same(candidates, "seller_id", "buyer", "token", "amount"), days * DAY),
        ),
    ):
        for group in groups:
            if len(group) > 1 and any(each.id in noted for each in group):
                found.setdefault(tuple(each.id for each in group), (group, reason, score))
    return [_finding(*each, noted, text) for each in found.values()]


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


def _term(opened: _Opened, name: str) -> Any:
    """A term of an order; of a buyer the participant, or the account of a consumer."""
    order = opened.entry.order
    return order.buyer_id or order.buyer if name == "buyer" else getattr(order, name)


def _finding(
    group: list[_Opened], reason: str, score: float, noted: set[bytes], text: MoneyText
) -> Finding:
    seller = group[0].entry.order.seller_id
    return Finding(
        Kind.DUPLICATE_FINANCING,
        score,
        f"participant {seller} has {len(group):,} orders with {reason}, and sold the claim of"
        f" {sum(each.id in noted for each in group):,}",
        (f"participant {seller}", *(f"order 0x{each.id.hex()}" for each in group)),
        tuple(
            {
                "order": f"0x{each.id.hex()}",
                "amount": text(each.entry.order.token, each.entry.order.amount),
                "opened_at": moment(each.at),
                "state": each.entry.state.name.lower(),
                "claim_sold": each.id in noted,
            }
            for each in group
        ),
    )
