"""What who held the goods answers for where a policy paid: the same integers as
`contracts/insurance/CarrierBond.sol` takes.
"""

from collections.abc import Sequence

from entrepot.core.cover import (
    DELAY,
    PerilKind,
    Seen,
    delay_of,
    units_of,
    unpack,
)
from entrepot.core.exposures import Exposure
from entrepot.core.liability import Leg, delays, holder_at
from entrepot.core.messages import Order, Quote

NOTICE = 60 * 86_400
"""Seconds for which a bond that was asked back still answers."""


def shares_of(order: Order, quote: Quote, cause: int, seen: Seen, legs: Sequence[Leg]) -> list[int]:
    """What each leg answers for of a cause of a policy, in the order's token, before what limits
    it: its liability, its custodian's bond, and what the policy paid.

    `cause`: 0 to 3 for the quote's perils, `DELAY`. Of a delay each leg answers for its part of the
    seconds late; of a peril whoever held the goods for all of it, of a refusal nobody.
    """
    worth = worth_of(order, quote, cause, seen)
    if cause == DELAY:
        late = delays(order, seen.facts, legs)
        return [worth * seconds // sum(late) if seconds else 0 for seconds in late[1:]]
    at = answerable_at(order, quote, cause, seen)
    holder = holder_at(seen.facts, legs, at) if at else 0
    return [worth if i == holder else 0 for i in range(1, len(legs) + 1)]


def worth_of(order: Order, quote: Quote, cause: int, seen: Seen) -> int:
    """What a cause is worth before deductible and cap, in the order's token: all legs together
    never answer for more of it, though facts that come later should name other ones.
    """
    if cause == DELAY:
        bps, _ = delay_of(order, quote, seen.facts.delivered_at or order.refund_after)
    else:
        bps = unpack(quote.perils)[cause].bps
    return units_of(order.amount, bps)


def answerable_at(order: Order, quote: Quote, cause: int, seen: Seen) -> int:
    """When a peril happened, seconds UTC: the longest run outside began, or goods were lost or
    damaged; refund-after where they were never seen again, 0 for what nobody answers for.
    """
    peril = unpack(quote.perils)[cause]
    if peril.kind is PerilKind.REFUSAL:
        return 0
    if peril.kind.is_watched:
        return seen.watches.get(peril.watch, Exposure()).answerable_at
    cargo = seen.cargo
    happened = cargo.lost_at if peril.kind is PerilKind.LOSS else cargo.damaged_at
    return happened or order.refund_after
