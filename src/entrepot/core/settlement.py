"""The rules of settlement: the same answers as `contracts/trade/Settlement.sol` gives.

Amounts are in the order's token, smallest unit; shares in basis points; times in seconds UTC, 0
where something has not happened.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from entrepot.core.messages import ZERO_ADDRESS, Clauses, Order

WHOLE = 10_000
"""All that is shared, in basis points."""
STALL = 30 * 86_400
"""Seconds after the last deadline in which a silent source may still speak, or a tender be
concluded.
"""


class Condition(IntEnum):
    """What must have happened; bit `1 << condition` of an order's mask."""

    SHIPPED = 0
    CLEARED = 1
    DELIVERED = 2
    ACCEPTED = 3


class Outcome(IntEnum):
    """What the facts say of an order."""

    PENDING = 0
    EARNED = 1
    FAILED = 2


class Purpose(IntEnum):
    """What a payment is for; what may be due before the end is bit `1 << purpose` of a mask."""

    SHIPPED = 0
    CLEARED = 1
    DELIVERED = 2
    DUTY = 3
    PAYEE = 4
    PRICE = 5
    REFUND = 6


class CustomsState(IntEnum):
    """Where the customs of a shipment stand."""

    NONE = 0
    DECLARED = 1
    HELD = 2
    RELEASED = 3
    REFUSED = 4
    APPEALED = 5


_MILESTONES = (Purpose.SHIPPED, Purpose.CLEARED, Purpose.DELIVERED)
_DUES = (*_MILESTONES, Purpose.DUTY)
DUTY_ALONE = 1 << Purpose.DUTY
ALL_DUES = sum(1 << purpose for purpose in _DUES)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a shipment, complete up to `as_of`.

    `is_tendered`: a tender waits, undisputed. `disputed_at`: of a tender that was not rejected.
    """

    shipped_at: int = 0
    tendered_at: int = 0
    delivered_at: int = 0
    as_of: int = 0
    is_tendered: bool = False
    disputed_at: int = 0


@dataclass(frozen=True, slots=True)
class Customs:
    """What customs decided of it, complete up to `as_of`."""

    state: CustomsState = CustomsState.NONE
    released_at: int = 0
    final_at: int = 0
    duty: int = 0
    as_of: int = 0

    @property
    def is_refused(self) -> bool:
        """Whether a refusal stands for ever."""
        refusals = CustomsState.REFUSED, CustomsState.APPEALED
        return self.state in refusals and self.as_of > self.final_at

    @property
    def is_duty_due(self) -> bool:
        """Whether customs has decided for good."""
        return self.state is CustomsState.RELEASED or self.is_refused


NO_CUSTOMS = Customs()
"""What the escrow reads where clearance is no condition."""


@dataclass(frozen=True, slots=True)
class Case:
    """All that an open order is decided on, beside its terms.

    `paid`: mask of what was paid already, `duty_paid` the duty among it; `seller_side` is paid in
    the seller's place.
    """

    facts: Facts
    customs: Customs = NO_CUSTOMS
    contested_at: int = 0
    paid: int = 0
    duty_paid: int = 0
    seller_side: str = ZERO_ADDRESS


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to become of an order.

    `facts`: what the facts alone say; `outcome`: the same with inspection, contest and defaults;
    `is_stalled`: they decide nothing, and the source is silent about the last deadline.
    """

    facts: Outcome
    outcome: Outcome
    is_contestable: bool
    is_stalled: bool
    is_customs_pending: bool


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment of an order."""

    purpose: Purpose
    payee: str
    amount: int


def judge(order: Order, clauses: Clauses, case: Case, now: int) -> Verdict:
    """What is to become of an order at `now`."""
    facts, at = met(order, clauses, case)
    last = _last_of(order, clauses)
    as_of = case.facts.as_of
    if clauses.customs_id:
        as_of = min(as_of, case.customs.as_of)
    is_overdue = facts is Outcome.PENDING and now > last
    is_contestable = False
    if case.contested_at:
        is_over = now > case.contested_at + order.arbitration_period
        outcome = _default(order) if is_over else Outcome.PENDING
    elif facts is Outcome.EARNED:
        is_inspected = _asks(clauses, Condition.ACCEPTED)
        is_contestable = is_inspected and now <= at + clauses.inspection_window
        outcome = Outcome.PENDING if is_contestable else Outcome.EARNED
    elif is_overdue and now > last + STALL:
        is_accepted = as_of > last and case.facts.is_tendered
        outcome = Outcome.EARNED if is_accepted else _default(order)
    else:
        outcome = facts
    return Verdict(
        facts=facts,
        outcome=outcome,
        is_contestable=is_contestable,
        is_stalled=is_overdue and as_of <= last,
        is_customs_pending=case.customs.state is not CustomsState.NONE
        and not case.customs.is_duty_due,
    )


def met(order: Order, clauses: Clauses, case: Case) -> tuple[Outcome, int]:
    """Whether all conditions but acceptance are met, and since when; or whether one failed."""
    facts = case.facts
    is_unshipped = not facts.delivered_at and not facts.shipped_at and facts.as_of > order.ship_by
    if is_unshipped:
        return Outcome.FAILED, 0
    outcome, since = Outcome.EARNED, 0
    for condition in (Condition.SHIPPED, Condition.CLEARED, Condition.DELIVERED):
        if not _asks(clauses, condition):
            continue
        one, at = _met_one(order, condition, case)
        if one is Outcome.FAILED:
            return Outcome.FAILED, 0
        if one is Outcome.PENDING:
            outcome = Outcome.PENDING
        since = max(since, at)
    return outcome, since


def dues_of(order: Order, clauses: Clauses, case: Case) -> tuple[list[Payment], int]:
    """Payments that are due before the end and not made yet, and the mask of their purposes."""
    return _chosen(order, clauses, case, ALL_DUES)


def divide(
    order: Order, clauses: Clauses, case: Case, wanted: int, share: int
) -> tuple[list[Payment], int]:
    """Every payment at the end of an order, and the mask of the dues among them.

    First what is due of `wanted`, a mask; of what is left `share` goes to the payees and the
    seller's side, the rest to the buyer.
    """
    payments, mask = _chosen(order, clauses, case, wanted)
    gone = (_part_of(order, clauses, p, case) for p in _DUES if (mask | case.paid) >> p & 1)
    left = order.amount - sum(gone)
    rest = left * share // WHOLE
    left -= rest
    for payee in clauses.payees:
        amount = min(rest, payee.cap)
        if amount:
            payments.append(Payment(Purpose.PAYEE, payee.account, amount))
        rest -= amount
    if rest:
        payments.append(Payment(Purpose.PRICE, case.seller_side, rest))
    if left:
        payments.append(Payment(Purpose.REFUND, order.buyer, left))
    return payments, mask


def _chosen(order: Order, clauses: Clauses, case: Case, wanted: int) -> tuple[list[Payment], int]:
    found = list(_due(order, clauses, case, wanted & ~case.paid))
    return found, sum(1 << payment.purpose for payment in found)


def _due(order: Order, clauses: Clauses, case: Case, wanted: int) -> Iterator[Payment]:
    for purpose in _DUES:
        if not wanted >> purpose & 1 or not _is_due(order, purpose, case):
            continue
        amount = _part_of(order, clauses, purpose, case)
        if amount:
            payee = clauses.treasury if purpose is Purpose.DUTY else case.seller_side
            yield Payment(purpose, payee, amount)


def _is_due(order: Order, purpose: Purpose, case: Case) -> bool:
    if purpose is Purpose.DUTY:
        return case.customs.is_duty_due
    return _met_one(order, Condition(purpose), case)[0] is Outcome.EARNED


def _part_of(order: Order, clauses: Clauses, purpose: Purpose, case: Case) -> int:
    """Milestones are shares of what remains beside the caps of duty and payees."""
    if purpose is Purpose.DUTY:
        is_paid = case.paid >> Purpose.DUTY & 1
        return case.duty_paid if is_paid else min(case.customs.duty, clauses.duty_cap)
    capped = clauses.duty_cap + sum(payee.cap for payee in clauses.payees)
    share = (clauses.on_shipped, clauses.on_cleared, clauses.on_delivered)[purpose]
    return max(order.amount - capped, 0) * share // WHOLE


def _met_one(order: Order, condition: Condition, case: Case) -> tuple[Outcome, int]:
    facts = case.facts
    if condition is Condition.DELIVERED:
        if 0 < facts.delivered_at <= order.refund_after:
            return Outcome.EARNED, facts.delivered_at
        return Outcome.FAILED if is_undelivered(order, facts) else Outcome.PENDING, 0
    at, as_of = facts.shipped_at or facts.delivered_at, facts.as_of
    if condition is Condition.CLEARED:
        if case.customs.is_refused:
            return Outcome.FAILED, 0
        at, as_of = case.customs.released_at, case.customs.as_of
    if at == 0:
        return Outcome.FAILED if as_of > order.refund_after else Outcome.PENDING, 0
    return Outcome.FAILED if at > order.refund_after else Outcome.EARNED, at


def is_undelivered(order: Order, facts: Facts) -> bool:
    """Whether it is known that the goods were not delivered by refund-after; a tender made in time
    holds this back until it is decided.
    """
    if facts.delivered_at:
        return facts.delivered_at > order.refund_after
    is_tender_pending = 0 < facts.tendered_at <= order.refund_after
    return facts.as_of > order.refund_after and not is_tender_pending


def _last_of(order: Order, clauses: Clauses) -> int:
    """By then every period has ended that the parties agreed on."""
    periods = order.acceptance_window + order.arbitration_period + clauses.inspection_window
    return max(order.ship_by, order.refund_after) + periods


def _asks(clauses: Clauses, condition: Condition) -> bool:
    return bool(clauses.conditions >> condition & 1)


def _default(order: Order) -> Outcome:
    return Outcome.EARNED if order.uphold_by_default else Outcome.FAILED
