"""What the credit registry's events say of whom."""

from collections.abc import Iterator
from dataclasses import dataclass

from entrepot.core import credit
from entrepot.core.credit import Finding, LegOutcome, TradeOutcome
from entrepot.core.roles import Role
from entrepot.network.contracts import Event


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
