"""Labels, shipments, policies and ratings, from events."""

from typing import Any

from entrepot.core import credit
from entrepot.core.credit import Outcome
from entrepot.core.messages import Quote
from entrepot.core.roles import Role
from entrepot.network.contracts import Event
from entrepot.services.books.entries import (
    BatchEntry,
    BatchState,
    Books,
    Handler,
    Handlers,
    OrderState,
    PolicyEntry,
    PolicyState,
    ShipmentEntry,
    ShipmentState,
    Suspicion,
)


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


def _shipment_created(books: Books, args: dict[str, Any], _: Event) -> None:
    entry = ShipmentEntry(args["orderId"], {})
    books.shipments[args["shipmentId"]] = entry
    order = books.orders.get(args["orderId"])
    if order is not None:
        order.shipment = entry


def _shipment_snapshot(books: Books, args: dict[str, Any], _: Event) -> None:
    entry = books.shipments[args["shipmentId"]]
    facts = args["facts"]
    if facts["sequence"] < entry.facts.get("sequence", 0):
        books.contradictions.append(f"Shipment 0x{args['shipmentId'].hex()} went back in time.")
    entry.facts = facts


def _shipment_loaded(books: Books, args: dict[str, Any], _: Event) -> None:
    entry = books.shipments.get(args["shipmentId"])
    if entry is None or entry.facts["state"] != ShipmentState.CREATED:
        books.contradictions.append(
            f"Shipment 0x{args['shipmentId'].hex()} was loaded, which could not be."
        )
        return
    entry.cargo.append((args["gtin"], args["lot"], args["first"], args["count"]))


def _policy_incepted(books: Books, args: dict[str, Any], event: Event) -> None:
    if args["policyId"] in books.policies:
        books.contradictions.append(f"Policy 0x{args['policyId'].hex()} began twice.")
    quote = Quote.of(args["quote"].values())
    books.policies[args["policyId"]] = PolicyEntry(quote, args["weight"], event.timestamp)
    books.covered[quote.order_id] += quote.maximum


def _policy_ended(state: PolicyState) -> Handler:
    def handle(books: Books, args: dict[str, Any], event: Event) -> None:
        entry = books.policies.get(args["policyId"])
        if entry is None or entry.state is not PolicyState.ACTIVE:
            books.contradictions.append(
                f"Policy 0x{args['policyId'].hex()} ended without being active."
            )
            return
        entry.state, entry.ended_at = state, event.timestamp
        entry.paid_units = args["amount"] if state is PolicyState.PAID else 0
        order = books.orders.get(entry.quote.order_id)
        entry.is_agreed = order is not None and order.state is OrderState.AGREED

    return handle


def _pool_listed(books: Books, args: dict[str, Any], _: Event) -> None:
    books.pools[args["pool"]] = True


def _pool_unlisted(books: Books, args: dict[str, Any], _: Event) -> None:
    books.pools[args["pool"]] = False


def _underwriting_paused(books: Books, args: dict[str, Any], _: Event) -> None:
    books.is_underwriting_paused = args["isPaused"]


def _trade_rated(books: Books, args: dict[str, Any], event: Event) -> None:
    seller, buyer = args["sellerId"], args["buyerId"]
    if seller == buyer:
        return
    good, bad = credit.seller_evidence(args["weight"], Outcome(args["outcome"]))
    books.evidence[seller, Role.SELLER].add(buyer, good, bad, event.timestamp)
    if buyer != 0:
        weight = args["weight"] * credit.POINT
        books.evidence[buyer, Role.BUYER].add(seller, weight, 0, event.timestamp)


def _cover_rated(books: Books, args: dict[str, Any], event: Event) -> None:
    insurer, holder = args["insurerId"], args["holderId"]
    if insurer != holder:
        weight = args["weight"] * credit.POINT
        books.evidence[insurer, Role.INSURER].add(holder, weight, 0, event.timestamp)


HANDLERS: Handlers = {
    ("LabelRegistry", "LineRegistered"): _line_registered,
    ("LabelRegistry", "BatchCommitted"): _batch_committed,
    ("LabelRegistry", "BatchRecalled"): _batch_recalled,
    ("LabelRegistry", "ItemActivated"): _item_activated,
    ("LabelRegistry", "CloneSuspected"): _clone_suspected,
    ("LabelRegistry", "ItemScanned"): _item_scanned,
    ("ShipmentLedger", "ShipmentCreated"): _shipment_created,
    ("ShipmentLedger", "ShipmentSnapshot"): _shipment_snapshot,
    ("ShipmentLedger", "ShipmentLoaded"): _shipment_loaded,
    ("CargoInsurance", "PolicyIncepted"): _policy_incepted,
    ("CargoInsurance", "ClaimPaid"): _policy_ended(PolicyState.PAID),
    ("CargoInsurance", "PolicyExpired"): _policy_ended(PolicyState.EXPIRED),
    ("CargoInsurance", "PolicyVoided"): _policy_ended(PolicyState.VOID),
    ("CargoInsurance", "PoolListed"): _pool_listed,
    ("CargoInsurance", "PoolUnlisted"): _pool_unlisted,
    ("CargoInsurance", "UnderwritingPaused"): _underwriting_paused,
    ("CreditRegistry", "TradeRated"): _trade_rated,
    ("CreditRegistry", "CoverRated"): _cover_rated,
}
