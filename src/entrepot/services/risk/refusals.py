"""Declarants, sellers and ways across borders that customs refuse more often than the others."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from entrepot.core.settlement import CustomsState
from entrepot.services.risk.chance import Excess, surpassing
from entrepot.services.risk.findings import Finding, Kind, percent
from entrepot.services.risk.history import History

_STANDS = (CustomsState.REFUSED, CustomsState.APPEALED)
_EVIDENCE = 20


@dataclass(frozen=True, slots=True)
class Case:
    """A declaration on which customs decided; a refusal that was lifted on appeal is none."""

    shipment: str
    order: str
    declarant: int
    seller: int
    way: str
    is_refused: bool


def cases(history: History) -> list[Case]:
    """Decided cases of a deployment."""
    found = []
    for number, declared in history.declared.items():
        entry = history.books.shipments.get(number)
        order = history.books.orders.get(entry.order_id) if entry is not None else None
        if entry is None or entry.customs is None or order is None:
            continue
        state = entry.customs.state
        if state in (*_STANDS, CustomsState.RELEASED):
            found.append(
                Case(
                    f"0x{number.hex()}", f"0x{entry.order_id.hex()}", declared.declarant,
                    order.order.seller_id, f"{declared.origin} to {declared.destination}",
                    state in _STANDS,
                )
            )  # fmt: skip
    return found


def findings(found: Iterable[Case]) -> list[Finding]:
    """Whose share of refusals is above that of the others beyond doubt."""
    decided = list(found)
    told = []
    for name, key in (
        ("declarant", lambda each: f"participant {each.declarant}"),
        ("seller", lambda each: f"participant {each.seller}"),
        ("way", lambda each: each.way),
    ):
        groups: defaultdict[str, list[Case]] = defaultdict(list)
        for each in decided:
            groups[key(each)].append(each)
        counts = {
            group: (sum(each.is_refused for each in among), len(among))
            for group, among in groups.items()
        }
        told += [
            _finding(name, group, excess, groups[group])
            for group, excess in surpassing(counts).items()
        ]
    return told


def _finding(name: str, group: str, excess: Excess, among: list[Case]) -> Finding:
    refused = [each for each in among if each.is_refused]
    return Finding(
        Kind.CUSTOMS_REFUSALS,
        round(1 - excess.chance, 4),
        f"customs refused {excess.hits:,} of {excess.cases:,} decided cases of this {name},"
        f" {group}, where {percent(excess.others)} of the others were",
        (group,),
        (
            {"refused": excess.hits, "of": excess.cases, "chance": float(f"{excess.chance:.2g}")},
            *({"order": each.order, "shipment": each.shipment} for each in refused[:_EVIDENCE]),
        ),
    )
