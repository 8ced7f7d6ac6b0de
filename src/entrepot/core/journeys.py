"""How an ended order's journey is judged: the same answers as `rateJourney` of
`contracts/credit/CreditRegistry.sol` gives.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from entrepot.core.cover import CargoFacts
from entrepot.core.credit import LegOutcome
from entrepot.core.exposures import Exposure
from entrepot.core.liability import Leg, delays, holder_at
from entrepot.core.messages import Order
from entrepot.core.settlement import WHOLE, Facts


@dataclass(frozen=True, slots=True)
class Judged:
    """How the goods fared on a leg; `loss_bps`: share of them lost or damaged on it."""

    carrier_id: int
    outcome: LegOutcome
    loss_bps: int


def judge(
    order: Order,
    facts: Facts,
    cargo: CargoFacts,
    legs: Sequence[Leg],
    watches: Mapping[int, Exposure],
) -> list[Judged]:
    """How the goods fared on each leg of a journey that has begun, by what is known of it.

    Goods that nobody delivered are the last leg's loss, as far as they were not lost before.
    """
    losses = [0] * (len(legs) + 2)
    losses[holder_at(facts, legs, cargo.lost_at)] += cargo.lost_bps
    losses[holder_at(facts, legs, cargo.damaged_at)] += cargo.damaged_bps
    if not facts.delivered_at:
        losses[len(legs)] = min(losses[len(legs)] + WHOLE - cargo.lost_bps, WHOLE)
    late = delays(order, facts, legs)
    excursions = {
        holder_at(facts, legs, seen.longest_at if seen.longest else seen.breached_at)
        for seen in watches.values()
        if seen.breached_at
    }
    return [
        Judged(leg.custodian_id, _outcome(i in excursions, late[i] != 0), losses[i])
        for i, leg in enumerate(legs, 1)
    ]


def _outcome(has_excursion: bool, is_late: bool) -> LegOutcome:
    if has_excursion:
        return LegOutcome.EXCURSION
    return LegOutcome.LATE if is_late else LegOutcome.KEPT
