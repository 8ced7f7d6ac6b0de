"""Policies, their claims, and the bonds of who answers for them, from events."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from entrepot.core.cover import DELAY, Decision, net_of, reserve_of, units_of
from entrepot.core.messages import Quote
from entrepot.core.recourse import NOTICE, shares_of, worth_of
from entrepot.network.contracts import Event
from entrepot.services.books.entries import (
    ZERO,
    BondEntry,
    Books,
    Claim,
    Handler,
    Handlers,
    OrderEntry,
    PolicyEntry,
    PolicyState,
)


def _incepted(books: Books, args: dict[str, Any], event: Event) -> None:
    if args["policyId"] in books.policies:
        books.contradictions.append(f"{_name(args)} began twice.")
    quote = Quote.of(args["quote"].values())
    books.policies[args["policyId"]] = PolicyEntry(quote, args["weight"], event.timestamp)
    books.covered[quote.order_id] += quote.maximum


def _claimed(books: Books, args: dict[str, Any], event: Event) -> None:
    decision = Decision(args["fired"], args["grossBps"], args["daysLate"], args["isFinal"])
    _decide(books, args, event, decision, payee=args["payee"], amount=args["amount"])


def _expired(books: Books, args: dict[str, Any], event: Event) -> None:
    _decide(books, args, event, Decision(args["fired"], args["grossBps"], is_final=True))


def _decide(
    books: Books,
    args: dict[str, Any],
    event: Event,
    decision: Decision,
    payee: str = ZERO,
    amount: int = 0,
) -> None:
    entry = _active(books, args)
    if entry is None:
        return
    before, paid = entry.decided, entry.paid_units + amount
    is_new = decision.is_final or decision.fired != before.fired
    if before.fired & ~decision.fired or not is_new or paid > entry.quote.maximum:
        books.contradictions.append(f"{_name(args)} was claimed, which could not be.")
    _step(books, entry, event, decision=decision, payee=payee, amount=amount)
    is_reserving = not decision.is_final and not decision.fired >> DELAY & 1
    if not is_reserving or entry.reserved <= net_of(entry.quote, before.gross_bps):
        entry.reserved = 0
    entry.decided, entry.paid_units = decision, paid
    if decision.is_final:
        entry.state = PolicyState.PAID if paid else PolicyState.EXPIRED
        entry.ended_at = event.timestamp


def _voided(books: Books, args: dict[str, Any], event: Event) -> None:
    entry = _active(books, args)
    if entry is not None:
        _step(books, entry, event, payee=args["holder"], amount=args["premium"])
        entry.state, entry.ended_at = PolicyState.VOID, event.timestamp


def _step(books: Books, entry: PolicyEntry, event: Event, **outcome: Any) -> None:
    order_id, now = entry.quote.order_id, event.timestamp
    order, note = books.orders.get(order_id), books.notes.get(order_id)
    if order is not None:
        holder = note.holder if note is not None else ZERO
        is_begun = entry.decided.fired != 0 or entry.reserved != 0
        seen = order.seen_at(now)
        entry.claims.append(Claim(now, seen, holder, is_begun=is_begun, **outcome))


def _reserved(books: Books, args: dict[str, Any], event: Event) -> None:
    entry = _active(books, args)
    if entry is None:
        return
    quote, before = entry.quote, entry.decided
    order, said = books.orders.get(quote.order_id), (args["reservedBps"], args["daysLate"])
    least = max(entry.reserved, net_of(quote, before.gross_bps))
    is_due = said[0] > least and order is not None
    if is_due and order is not None and order.shipment is not None:
        is_due = said == reserve_of(order.order, quote, before, order.seen_at(event.timestamp))
    if not is_due:
        books.contradictions.append(f"{_name(args)} was reserved for, which could not be.")
    entry.reserved = said[0]


def _active(books: Books, args: dict[str, Any]) -> PolicyEntry | None:
    entry = books.policies.get(args["policyId"])
    if entry is None or entry.state is not PolicyState.ACTIVE:
        books.contradictions.append(f"{_name(args)} was decided without being active.")
        return None
    return entry


def _pool_listed(books: Books, args: dict[str, Any], _: Event) -> None:
    books.pools[args["pool"]] = True


def _pool_unlisted(books: Books, args: dict[str, Any], _: Event) -> None:
    books.pools[args["pool"]] = False


def _underwriting_paused(books: Books, args: dict[str, Any], _: Event) -> None:
    books.is_underwriting_paused = args["isPaused"]


def _bond(
    change: Callable[[BondEntry, dict[str, Any], int], BondEntry | None],
) -> Handler:
    """Something that is done with a bond; `change` gives it afterwards, None where it could not."""

    def handle(books: Books, args: dict[str, Any], event: Event) -> None:
        number = args["participantId"], args["token"]
        after = change(books.bonds.get(number, BondEntry()), args, event.timestamp)
        if after is None or number[0] not in books.participants:
            books.contradictions.append(
                f"The bond of participant {number[0]}: {event.name} could not be."
            )
            return
        books.bonds[number] = after

    return handle


def _deposited(bond: BondEntry, args: dict[str, Any], _: int) -> BondEntry:
    return replace(bond, held=bond.held + args["amount"])


def _asked_back(bond: BondEntry, args: dict[str, Any], now: int) -> BondEntry | None:
    if args["amount"] > bond.held or args["leavesAt"] != now + NOTICE:
        return None
    return replace(bond, leaving=args["amount"], leaves_at=args["leavesAt"])


def _withdrawn(bond: BondEntry, args: dict[str, Any], now: int) -> BondEntry | None:
    amount = min(bond.leaving, bond.held)
    if not 0 < amount == args["amount"] or now < bond.leaves_at:
        return None
    return BondEntry(bond.held - amount)


def _recovered(books: Books, args: dict[str, Any], event: Event) -> None:
    """Whoever answers for a cause pays all that its share, its liability and its bond allow."""
    policy, amount = books.policies.get(args["policyId"]), args["amount"]
    order = books.orders.get(policy.quote.order_id) if policy is not None else None
    if policy is None or order is None or order.shipment is None:
        _cannot_recover(books, args)
        return
    number = args["participantId"], args["token"]
    bond = books.bonds.get(number, BondEntry())
    if amount != _due(policy, order, bond, args, event.timestamp) or amount == 0:
        _cannot_recover(books, args)
    books.bonds[number] = replace(bond, held=bond.held - amount)
    policy.recovered += amount
    policy.taken[args["cause"], args["leg"]] += amount
    order.shipment.answered[args["leg"]] += amount


def _due(
    policy: PolicyEntry, order: OrderEntry, bond: BondEntry, args: dict[str, Any], now: int
) -> int:
    """What a leg was to pay for a cause."""
    cause, leg, shipment = args["cause"], args["leg"], order.shipment
    if (
        shipment is None
        or not policy.decided.fired >> cause & 1
        or leg >= len(shipment.legs)
        or shipment.legs[leg].custodian_id != args["participantId"]
        or order.order.token != args["token"]
    ):
        return 0
    terms, quote = order.order, policy.quote
    seen = order.seen_at(now)
    share = shares_of(terms, quote, cause, seen, shipment.legs)[leg]
    taken = sum(units for (each, _), units in policy.taken.items() if each == cause)
    paid = units_of(terms.amount, net_of(quote, policy.decided.gross_bps))
    found: int = min(
        max(share - policy.taken[cause, leg], 0),
        max(worth_of(terms, quote, cause, seen) - taken, 0),
        shipment.legs[leg].liability - shipment.answered[leg],
        bond.held,
        paid - policy.recovered,
    )
    return found


def _cannot_recover(books: Books, args: dict[str, Any]) -> None:
    books.contradictions.append(
        f"{_name(args)} recovered {args['amount']} from participant {args['participantId']}, which"
        " could not be."
    )


def _name(args: dict[str, Any]) -> str:
    return f"Policy 0x{args['policyId'].hex()}"


HANDLERS: Handlers = {
    ("CargoInsurance", "PolicyIncepted"): _incepted,
    ("CargoInsurance", "ClaimPaid"): _claimed,
    ("CargoInsurance", "PolicyExpired"): _expired,
    ("CargoInsurance", "PolicyVoided"): _voided,
    ("CargoInsurance", "PolicyReserved"): _reserved,
    ("CargoInsurance", "PoolListed"): _pool_listed,
    ("CargoInsurance", "PoolUnlisted"): _pool_unlisted,
    ("CargoInsurance", "UnderwritingPaused"): _underwriting_paused,
    ("CarrierBond", "BondDeposited"): _bond(_deposited),
    ("CarrierBond", "BondWithdrawalRequested"): _bond(_asked_back),
    ("CarrierBond", "BondWithdrawn"): _bond(_withdrawn),
    ("CarrierBond", "ClaimRecovered"): _recovered,
}
