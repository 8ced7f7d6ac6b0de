"""Labels and ratings, from events."""

from typing import Any

from entrepot.core.credit import LegOutcome, TradeOutcome
from entrepot.core.journeys import Judged
from entrepot.network.contracts import Event
from entrepot.services.books.entries import (
    BatchEntry,
    BatchState,
    Books,
    Handlers,
    JourneyRating,
    OrderEntry,
    PolicyEntry,
    Rated,
    Suspicion,
)
from entrepot.services.credit_events import findings


def _line_registered(books: Books, args: dict[str, Any], event: Event) -> None:
    books.lines[args["gtin"]] = (args["producerId"], event.timestamp)


def _batch_committed(books: Books, args: dict[str, Any], _: Event) -> None:
    number = args["gtin"], args["lot"]
    line, producer = books.lines.get(args["gtin"]), args["producerId"]
    if number in books.batches or line is None or line[0] != producer:
        books.contradictions.append(
            f"{_name(args)} was committed by participant {producer}, which could not be."
        )
        return
    batch = args["batch"]
    committed = batch["root"], batch["size"], batch["expiresAt"]
    books.batches[number] = BatchEntry(producer, committed)


def _batch_recalled(books: Books, args: dict[str, Any], _: Event) -> None:
    entry = books.batches.get((args["gtin"], args["lot"]))
    if (
        entry is None
        or entry.state is BatchState.RECALLED
        or entry.producer_id != args["producerId"]
    ):
        books.contradictions.append(
            f"{_name(args)} was recalled by participant {args['producerId']}, which could not be."
        )
        return
    entry.state = BatchState.RECALLED


def _item_activated(books: Books, args: dict[str, Any], _: Event) -> None:
    entry, index = books.batches.get((args["gtin"], args["lot"])), args["index"]
    if (
        entry is None
        or entry.state is BatchState.RECALLED
        or index >= entry.committed[1]
        or index in entry.activated
    ):
        books.contradictions.append(
            f"Item {index} of {_name(args)} was activated, which could not be."
        )
        return
    entry.activated.add(index)


def _clone_suspected(books: Books, args: dict[str, Any], _: Event) -> None:
    entry, index = books.batches.get((args["gtin"], args["lot"])), args["index"]
    suspicion = Suspicion(args["suspicion"])
    is_due = entry is not None and (
        suspicion is Suspicion.BATCH_RECALLED
        if entry.state is BatchState.RECALLED
        else suspicion is Suspicion.ACTIVATED_BEFORE and index in entry.activated
    )
    if not is_due:
        books.contradictions.append(
            f"Item {index} of {_name(args)} was suspected without that reason."
        )


def _item_scanned(books: Books, args: dict[str, Any], _: Event) -> None:
    if (args["gtin"], args["lot"]) not in books.batches:
        books.contradictions.append(f"{_name(args)} was scanned before it was committed.")


def _name(args: dict[str, Any]) -> str:
    return f"Batch {args['gtin']} 0x{args['lot'].hex()}"


def _trade_rated(books: Books, args: dict[str, Any], event: Event) -> None:
    """A trade is rated before its end is told, in the same transaction."""
    seller, buyer, weight = args["sellerId"], args["buyerId"], args["weight"]
    outcome, entry = TradeOutcome(args["outcome"]), books.orders.get(args["orderId"])
    if (
        entry is None
        or entry.rated is not None
        or entry.end is not None
        or (seller, buyer, weight) != (entry.order.seller_id, entry.order.buyer_id, entry.weight)
    ):
        _cannot_rate(books, f"Order 0x{args['orderId'].hex()}", event)
    else:
        entry.rated = Rated(outcome, event.transaction)
    _add_findings(books, event)


def _cover_rated(books: Books, args: dict[str, Any], event: Event) -> None:
    """An insurer is rated once its policy has paid for the first time."""
    insurer, holder, weight = args["insurerId"], args["holderId"], args["weight"]
    policy = books.policies.get(args["policyId"])
    order = books.orders.get(policy.quote.order_id) if policy is not None else None
    is_due = policy is not None and policy.paid_units != 0 and not policy.is_rated
    if policy is None or order is None or not is_due or (insurer, holder, weight) != (
        policy.quote.insurer_id, _holder_of(policy, order), policy.weight
    ):  # fmt: skip
        _cannot_rate(books, f"Policy 0x{args['policyId'].hex()}", event)
    else:
        policy.is_rated = True
    _add_findings(books, event)


def _holder_of(policy: PolicyEntry, entry: OrderEntry) -> int:
    is_buyer = policy.quote.holder == entry.order.buyer
    return entry.order.buyer_id if is_buyer else entry.order.seller_id


def _leg_rated(books: Books, args: dict[str, Any], event: Event) -> None:
    """All legs of a journey are rated in one transaction, in order, by what is known by then."""
    judged = Judged(args["carrierId"], LegOutcome(args["outcome"]), args["lossBps"])
    entry = books.orders.get(args["orderId"])
    if entry is not None and entry.is_journey_due(event.timestamp):
        entry.rate_journey(event.transaction, event.timestamp)
    journey, leg = _journey(entry, args, event), args["leg"]
    if (
        journey is None
        or leg != journey.legs_said + 1
        or judged not in journey.legs[leg - 1 : leg]
    ):  # fmt: skip
        _cannot_rate(books, f"Order 0x{args['orderId'].hex()}", event)
    else:
        journey.legs_said = leg
    _add_findings(books, event)


def _declaration_rated(books: Books, args: dict[str, Any], event: Event) -> None:
    """The broker is rated after the legs."""
    journey = _journey(books.orders.get(args["orderId"]), args, event)
    if (
        journey is None
        or journey.legs_said != len(journey.legs)
        or journey.is_broker_said
        or journey.broker != (args["brokerId"], args["isRefused"])
    ):
        _cannot_rate(books, f"Order 0x{args['orderId'].hex()}", event)
    else:
        journey.is_broker_said = True
    _add_findings(books, event)


def _journey(entry: OrderEntry | None, args: dict[str, Any], event: Event) -> JourneyRating | None:
    """The rating that an event is part of; None where it is of none."""
    if entry is None or entry.journey is None:
        return None
    said = args["sellerId"], args["weight"], event.transaction
    expected = entry.order.seller_id, entry.weight, entry.journey.transaction
    return entry.journey if said == expected else None


def _add_findings(books: Books, event: Event) -> None:
    for each in findings(event):
        books.credit[each.id].add(each.role, each.counterparty, each.finding, event.timestamp)


def _cannot_rate(books: Books, name: str, event: Event) -> None:
    books.contradictions.append(f"{name}: {event.name} could not be.")


HANDLERS: Handlers = {
    ("LabelRegistry", "LineRegistered"): _line_registered,
    ("LabelRegistry", "BatchCommitted"): _batch_committed,
    ("LabelRegistry", "BatchRecalled"): _batch_recalled,
    ("LabelRegistry", "ItemActivated"): _item_activated,
    ("LabelRegistry", "CloneSuspected"): _clone_suspected,
    ("LabelRegistry", "ItemScanned"): _item_scanned,
    ("CreditRegistry", "TradeRated"): _trade_rated,
    ("CreditRegistry", "CoverRated"): _cover_rated,
    ("CreditRegistry", "LegRated"): _leg_rated,
    ("CreditRegistry", "DeclarationRated"): _declaration_rated,
}
