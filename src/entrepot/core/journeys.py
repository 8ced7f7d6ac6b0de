"""How an ended order's journey is judged: the same answers as `rateJourney` of
`contracts/credit/CreditRegistry.sol` gives.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from entrepot.core.cover import CargoFacts
from entrepot.core.credit import SETTLING, LegOutcome
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


def opens_at(ended_at: int, delivered_at: int, refund_after: int) -> int:
    """When a journey can be rated, seconds UTC: a month after the end of its order and its own, or
    after `refund_after` where nothing was delivered (0).
    """
    return max(ended_at, delivered_at or refund_after) + SETTLING


def is_called_off(
    *, is_released: bool, ended_at: int, delivered_at: int, refund_after: int, is_refused: bool
) -> bool:
    """Whether customs refused the goods, or their order ended without a delivery before one was
    overdue; times in seconds UTC.
    """
    is_ended_early = not is_released and ended_at <= refund_after
    return delivered_at == 0 and (is_ended_early or is_refused)


def judge(
    order: Order,
    facts: Facts,
    cargo: CargoFacts,
    legs: Sequence[Leg],
    watches: Mapping[int, Exposure],
    *,
    is_called_off: bool = False,
) -> list[Judged]:
    """How the goods fared on each leg of a journey that has begun, by what is known of it.

    Goods that nobody delivered are the last leg's loss, as far as they were not lost before. Of a
    journey that was called off nobody is late, and nothing is missing.
    """
    losses = [0] * (len(legs) + 2)
    losses[holder_at(facts, legs, cargo.lost_at)] += cargo.lost_bps
    losses[holder_at(facts, legs, cargo.damaged_at)] += cargo.damaged_bps
    if not facts.delivered_at and not is_called_off:
        losses[len(legs)] = min(losses[len(legs)] + WHOLE - cargo.lost_bps, WHOLE)
    late = [each != 0 and not is_called_off for each in delays(order, facts, legs)]
    excursions = {
        holder_at(facts, legs, seen.longest_at if seen.longest else seen.breached_at)
        for seen in watches.values()
        if seen.breached_at
    }
    return [
        Judged(leg.custodian_id, _outcome(i in excursions, late[i]), losses[i])
        for i, leg in enumerate(legs, 1)
    ]


def _outcome(has_excursion: bool, is_late: bool) -> LegOutcome:
    if has_excursion:
        return LegOutcome.EXCURSION
    return LegOutcome.LATE if is_late else LegOutcome.KEPT
