"""Who answers for what happens on the way: the same answers as `contracts/libraries/Liability.sol`
gives.

Times in seconds UTC, 0 where something has not happened.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

from entrepot.core.messages import Order
from entrepot.core.settlement import Facts
from entrepot.core.signing import keccak

NO_CHAIN = bytes(32)
"""What a source keeps where no leg agreed anything of its own."""


@dataclass(frozen=True, slots=True)
class Leg:
    """Who held the goods from `since` on, and what was agreed of it when custody passed.

    `due_by`: last second by which custody is to pass on, 0 for the order's deliver-by.
    `liability`: most that the custodian answers for, in the order's token, smallest unit.
    """

    custodian_id: int
    since: int
    due_by: int = 0
    liability: int = 0

    @property
    def is_plain(self) -> bool:
        """Whether it agreed nothing of its own."""
        return self.due_by == 0 and self.liability == 0


def extended(chain: bytes, leg: Leg) -> bytes:
    """The hash over legs with one more at the end."""
    return keccak(chain + b"".join(value.to_bytes(32) for value in astuple(leg)))


def chain_of(legs: Sequence[Leg]) -> bytes:
    """The hash that a source keeps over the legs of a shipment: a plain first one is not in it."""
    chain = NO_CHAIN
    for leg in legs[1:] if legs and legs[0].is_plain else legs:
        chain = extended(chain, leg)
    return chain


def is_genuine(order: Order, facts: Facts, chain: bytes, legs: Sequence[Leg]) -> bool:
    """Whether these are all legs of the order's shipment, in order; `chain` is the source's hash
    over them.
    """
    if facts.shipped_at == 0:
        return not legs
    return (
        bool(legs)
        and (legs[0].custodian_id, legs[0].since) == (order.carrier_id, facts.shipped_at)
        and chain_of(legs) == chain
    )


def holder_at(facts: Facts, legs: Sequence[Leg], time: int) -> int:
    """Who held the goods at a time: 0 for the seller, a leg counted from 1, and one more than there
    are legs for the consignee, who answers from the second after the delivery on.
    """
    if facts.delivered_at and time > facts.delivered_at:
        return len(legs) + 1
    holder = 0
    while holder < len(legs) and legs[holder].since <= time:
        holder += 1
    return holder


def custodian_at(order: Order, facts: Facts, legs: Sequence[Leg], time: int) -> int:
    """The participant that answers for the goods at a time."""
    holder = holder_at(facts, legs, time)
    if holder == 0:
        return order.seller_id
    return legs[holder - 1].custodian_id if holder <= len(legs) else consignee_of(order)


def consignee_of(order: Order) -> int:
    """The participant that is to receive the goods."""
    return order.consignee_id or order.buyer_id


def delays(order: Order, facts: Facts, legs: Sequence[Leg]) -> list[int]:
    """Seconds late that each answers for: the seller at 0, then each leg.

    A leg answers for the lateness that it adds: how late it passes the goods on by its own
    deadline, less how late it received them by the one before it. Goods that are late although
    every leg kept its deadline are the first leg's.
    """
    until = min(facts.delivered_at or facts.as_of, order.refund_after)
    late = max((legs[0].since if legs else until) - order.ship_by, 0)
    found = [late]
    ends = [*(min(leg.since, until) for leg in legs[1:]), until]
    for leg, end in zip(legs, ends, strict=False):
        late_after = max(end - (leg.due_by or order.deliver_by), 0)
        found.append(max(late_after - late, 0))
        late = late_after
    if legs and not any(found):
        found[1] = max(until - order.deliver_by, 0)
    return found
