"""What a policy's facts are worth: the same integers as `contracts/libraries/Cover.sol` gives, and
the decision of `contracts/insurance/CargoInsurance.sol` on a claim.

Shares are of the order's amount, in basis points; times in seconds UTC, 0 where something has not
happened.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from entrepot.core.exposures import Exposure
from entrepot.core.messages import Order, Quote
from entrepot.core.settlement import NO_CUSTOMS, WHOLE, Customs, Facts, is_undelivered

DELAY = 4
"""Number of the delay among the causes of a policy, after its perils."""
MAXIMUM_WATCHES = 8
_BITS = 64
_DAY = 86_400
_MOST_BPS = 2**16 - 1


class PerilKind(IntEnum):
    """What a policy covers beside delay."""

    NONE = 0
    LEVEL = 1
    RUN = 2
    EXPOSURE = 3
    LOSS = 4
    DAMAGE = 5
    REFUSAL = 6

    @property
    def is_watched(self) -> bool:
        """Whether a watch of the plan decides it."""
        return self <= PerilKind.EXPOSURE


@dataclass(frozen=True, slots=True)
class Peril:
    """A peril of a quote, which pays its share once.

    `watch`: of the plan, counted from 0, for the first three kinds. `threshold`: seconds of a run
    or an exposure, basis points of the goods lost or damaged, otherwise 0.
    """

    kind: PerilKind
    bps: int
    watch: int = 0
    threshold: int = 0


@dataclass(frozen=True, slots=True)
class CargoFacts:
    """Shares of the goods that are lost and damaged, in basis points, and when that last grew."""

    lost_bps: int = 0
    damaged_bps: int = 0
    lost_at: int = 0
    damaged_at: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """All that a policy is decided on beside its terms, at one moment.

    `plan`: hash of the watches over the shipment. `ended_at`, `is_agreed`: when its order ended,
    and whether by its parties' consent.
    """

    facts: Facts
    cargo: CargoFacts = CargoFacts()
    customs: Customs = NO_CUSTOMS
    watches: Mapping[int, Exposure] = field(default_factory=dict)
    plan: bytes = bytes(32)
    ended_at: int = 0
    is_agreed: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What has been decided of a policy: a mask of its causes, what they are worth before
    deductible and cap, the days late where the delay was just decided, and whether nothing more can
    come.
    """

    fired: int = 0
    gross_bps: int = 0
    days_late: int = 0
    is_final: bool = False


def pack(perils: Sequence[Peril]) -> int:
    """Up to four perils as a quote has them, the first lowest."""
    return sum(
        (each.kind | each.watch << 8 | each.bps << 16 | each.threshold << 32) << i * _BITS
        for i, each in enumerate(perils)
    )


def unpack(perils: int) -> list[Peril]:
    """The perils of a quote; `ValueError` for a kind that there is not."""
    return [_peril_of(word) for word in _words(perils)]


def _peril_of(word: int) -> Peril:
    kind, watch, bps, threshold = word % 2**8, word >> 8, word >> 16, word >> 32
    return Peril(PerilKind(kind), bps % 2**16, watch % 2**8, threshold)


def _words(perils: int) -> Iterator[int]:
    """Words of perils, as many as the quote has, and those before the last one that are zero."""
    for i in range(DELAY):
        if perils >> i * _BITS:
            yield perils >> i * _BITS & (1 << _BITS) - 1


def mask_of(perils: int) -> int:
    """Mask of the perils that a quote has."""
    return (1 << len(list(_words(perils)))) - 1


def checked(perils: int) -> tuple[bool, bool]:
    """Whether perils are spelt as they should be, and whether any of them needs a watch."""
    is_watching = False
    for word in _words(perils):
        if not PerilKind.LEVEL <= word % 2**8 <= PerilKind.REFUSAL:
            return False, False
        peril = _peril_of(word)
        if not _is_spelt(peril):
            return False, False
        is_watching = is_watching or peril.kind.is_watched
    return True, is_watching


def _is_spelt(peril: Peril) -> bool:
    if peril.watch >= (MAXIMUM_WATCHES if peril.kind.is_watched else 1) or peril.bps > WHOLE:
        return False
    if peril.kind in (PerilKind.LEVEL, PerilKind.REFUSAL):
        return peril.threshold == 0
    is_share = peril.kind in (PerilKind.LOSS, PerilKind.DAMAGE)
    return not is_share or 0 < peril.threshold <= WHOLE


def is_fired(peril: Peril, seen: Seen, *, is_lost: bool) -> bool:
    """Whether the facts fire a peril; `is_lost`: the goods are known not to be delivered by
    refund-after.
    """
    watch = seen.watches.get(peril.watch, Exposure())
    match peril.kind:
        case PerilKind.LEVEL:
            return watch.breached_at != 0
        case PerilKind.RUN:
            return watch.longest > peril.threshold
        case PerilKind.REFUSAL:
            return seen.customs.is_refused
        case PerilKind.LOSS:
            return is_lost or seen.cargo.lost_bps >= peril.threshold
        case PerilKind.DAMAGE:
            return seen.cargo.damaged_bps >= peril.threshold
        case _:
            return watch.exposure > peril.threshold


def delay_of(order: Order, quote: Quote, time: int) -> tuple[int, int]:
    """Share that a delay is worth before deductible and cap, and the days late.

    `time` of the delivery, or up to which it is known that there was none. Begun days count, up to
    refund-after; the grace days are free.
    """
    days_late = -(-max(min(time, order.refund_after) - order.deliver_by, 0) // _DAY)
    return min(max(days_late - quote.grace_days, 0) * quote.bps_per_day, _MOST_BPS), days_late


def net_of(quote: Quote, gross_bps: int) -> int:
    """Share that is paid of a gross sum."""
    return min(max(gross_bps - quote.deductible_bps, 0), quote.cap_bps)


def units_of(amount: int, bps: int) -> int:
    """An amount's share, rounded down."""
    return amount * bps // WHOLE


def is_unattached(
    order: Order, quote: Quote, incepted_at: int, seen: Seen, *, is_begun: bool = False
) -> bool:
    """Whether the carrier did not take custody between inception and ship-by while the order was
    open, and it is known that it did not, or will not; or it did under another plan.

    `is_begun`: something was decided of the policy or is reserved for it, so it stays attached.
    """
    facts = seen.facts
    if is_begun:
        return False
    if facts.shipped_at == 0:
        return seen.is_agreed or facts.delivered_at != 0 or facts.as_of > order.ship_by
    if 0 < seen.ended_at < facts.shipped_at or quote.plan not in (bytes(32), seen.plan):
        return True
    return not incepted_at <= facts.shipped_at <= order.ship_by


def decide(order: Order, quote: Quote, before: Decision, seen: Seen) -> Decision:
    """What a claim decides of a policy that is attached: every cause that the facts fire, once.

    Nothing more can come once its parties ended the order, or the delay is decided and every peril
    has fired, the cap is reached, or the reporting period is over.
    """
    fired, gross, days_late, facts = before.fired, before.gross_bps, 0, seen.facts
    if seen.is_agreed:
        return Decision(fired, gross, 0, is_final=True)
    is_lost = is_undelivered(order, facts)
    decided_at = order.refund_after if is_lost else facts.delivered_at
    if decided_at and not fired >> DELAY & 1:
        worth, days_late = delay_of(order, quote, decided_at)
        gross, fired = gross + worth, fired | 1 << DELAY
    for i, peril in enumerate(unpack(quote.perils)):
        if not fired >> i & 1 and is_fired(peril, seen, is_lost=is_lost):
            gross, fired = gross + peril.bps, fired | 1 << i
    mask = mask_of(quote.perils)
    is_final = decided_at != 0 and (
        fired & mask == mask
        or net_of(quote, gross) == quote.cap_bps
        or facts.as_of > decided_at + quote.reporting_period
    )
    return Decision(fired, gross, days_late, is_final)


def reserve_of(order: Order, quote: Quote, before: Decision, seen: Seen) -> tuple[int, int]:
    """Share that is expected to be paid in the end for goods that are late by now, and the days
    late; 0 where no more is expected than was paid.

    A tender that waits counts from its own time, because it will if it is upheld.
    """
    facts = seen.facts
    is_waiting = facts.shipped_at != 0 and facts.delivered_at == 0 and not seen.is_agreed
    if not is_waiting or before.fired >> DELAY & 1:
        return 0, 0
    worth, days_late = delay_of(order, quote, facts.tendered_at or facts.as_of)
    expected = net_of(quote, before.gross_bps + worth)
    return (expected, days_late) if expected > net_of(quote, before.gross_bps) else (0, 0)
