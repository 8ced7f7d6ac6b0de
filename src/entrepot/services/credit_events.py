"""What the credit registry's events say of whom, in numbers and in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from entrepot.core import credit
from entrepot.core.credit import Finding, LegOutcome, TradeOutcome
from entrepot.core.roles import Role
from entrepot.core.settlement import WHOLE
from entrepot.network.contracts import Event
from entrepot.services.spelling import share_text

_OF_SELLERS = {
    TradeOutcome.KEPT: "delivered or shipped in time",
    TradeOutcome.LATE: "delivered late and shipped late",
    TradeOutcome.LOST: "shipped, but refunded",
    TradeOutcome.BROKEN: "never shipped, or lost a dispute",
    TradeOutcome.UPHELD: "won a dispute",
}
_OF_BUYERS = {
    TradeOutcome.KEPT: "paid for goods that came as agreed",
    TradeOutcome.LATE: "paid for goods that came late",
    TradeOutcome.LOST: "paid, and was refunded",
    TradeOutcome.BROKEN: "paid, and was refunded for a breach",
    TradeOutcome.UPHELD: "lost a dispute",
}
_OF_LEGS = {
    LegOutcome.KEPT: "was in time",
    LegOutcome.LATE: "added a delay",
    LegOutcome.EXCURSION: "saw an excursion",
}


@dataclass(frozen=True, slots=True)
class Rated:
    """What an event says of participant `id` in a role, in a deal with a counterparty."""

    id: int
    role: Role
    counterparty: int
    finding: Finding


def findings(event: Event) -> list[Rated]:
    """What an event adds to the records of participants, in the registry's order; nothing for a
    deal with oneself, and nothing of a buyer without registration (id 0).
    """
    return [each for each in _findings(event) if 0 != each.id != each.counterparty]


def _findings(event: Event) -> Iterator[Rated]:
    args = event.args
    weight = args["weight"]
    match event.name:
        case "TradeRated":
            seller, buyer = args["sellerId"], args["buyerId"]
            outcome = TradeOutcome(args["outcome"])
            yield Rated(seller, Role.SELLER, buyer, credit.of_seller(weight, outcome))
            yield Rated(buyer, Role.BUYER, seller, credit.of_buyer(weight, outcome))
        case "CoverRated":
            found = credit.of_insurer(weight)
            yield Rated(args["insurerId"], Role.INSURER, args["holderId"], found)
        case "LegRated":
            found = credit.of_carrier(weight, LegOutcome(args["outcome"]), args["lossBps"])
            yield Rated(args["carrierId"], Role.CARRIER, args["sellerId"], found)
        case "DeclarationRated":
            found = credit.of_broker(weight, args["isRefused"])
            yield Rated(args["brokerId"], Role.CUSTOMS_BROKER, args["sellerId"], found)


class Count(Enum):
    """What an ending counts as."""

    KEPT = "kept"
    HALF = "half kept"
    FAILED = "failed"
    BROKEN = "broken"


def count_of(finding: Finding) -> Count:
    """What a finding counts as; broken where any of the goods were lost."""
    if finding.broken:
        return Count.BROKEN
    if finding.good == finding.bad:
        return Count.HALF
    return Count.KEPT if finding.good > finding.bad else Count.FAILED


def outcome_of(event: Event, role: Role) -> str:
    """How it ended for who is rated in a role, in words."""
    args = event.args
    match role:
        case Role.SELLER:
            return _OF_SELLERS[TradeOutcome(args["outcome"])]
        case Role.BUYER:
            return _OF_BUYERS[TradeOutcome(args["outcome"])]
        case Role.INSURER:
            return "paid a claim"
        case Role.CUSTOMS_BROKER:
            return "goods refused" if args["isRefused"] else "goods released"
        case _:
            leg, loss = f"leg {args['leg']}", args["lossBps"]
            if loss == WHOLE:
                return f"{leg} brought none of the goods"
            lost = f" and lost or damaged {share_text(loss)} of the goods" if loss else ""
            return f"{leg} {_OF_LEGS[LegOutcome(args['outcome'])]}{lost}"
