"""Labels, shipments, customs, policies and ratings: as they are kept, and as they had to end."""

from collections import defaultdict

from entrepot.core.shipments import DAY
from entrepot.network.contracts import shown
from entrepot.services.audit.checker import Checker
from entrepot.services.books import (
    ZERO,
    Books,
    OrderEntry,
    PolicyEntry,
    PolicyState,
    rating_of,
)
from entrepot.services.books.customs import facts as customs_facts
from entrepot.services.books.entries import Inspection


def records(checker: Checker, books: Books) -> None:
    """What is kept of labels, shipments, customs and policies."""
    _labels(checker, books)
    _shipments(checker, books)
    _customs(checker, books)
    _policies(checker, books)


def outcomes(checker: Checker, books: Books) -> None:
    """What policies came to, and the ratings that follow."""
    _payouts(checker, books)
    _ratings(checker, books)


def _labels(checker: Checker, books: Books) -> None:
    registry = checker.contracts["LabelRegistry"]
    checker.compare(
        "product lines", registry, "lineOf",
        {(gtin,): {"producerId": producer, "registeredAt": at}
         for gtin, (producer, at) in books.lines.items()},
    )  # fmt: skip
    states = {number: int(batch.state) for number, batch in books.batches.items()}
    producers = {number: batch.producer_id for number, batch in books.batches.items()}
    wrong = checker.differences(registry, "stateOf", states)
    wrong += checker.differences(registry, "producerOf", producers)
    evidence = f"{len(states)} compared with LabelRegistry.stateOf and producerOf"
    checker.differ("batches", wrong, evidence)
    nothing = bytes(20), ZERO, 0
    answers = checker.node.batch_raw(
        [
            registry.request("contains", *number, batch.committed, nothing, [])
            for number, batch in books.batches.items()
        ]
    )
    wrong = [
        (f"batch {shown(gtin)} {shown(lot)}", "the batch of the event", "another commitment")
        for (gtin, lot), answer in zip(books.batches, answers, strict=True)
        if "error" in answer
    ]
    checker.differ("commitments of batches", wrong, f"{len(answers)} batches as committed")
    words: defaultdict[tuple[int, bytes, int], int] = defaultdict(int)
    for (gtin, lot), batch in books.batches.items():
        for index in batch.activated:
            words[gtin, lot, index // 256] |= 1 << index % 256
    checker.compare("activated items", registry, "activatedIn", words)


def _shipments(checker: Checker, books: Books) -> None:
    ledger = checker.contracts["ShipmentLedger"]
    now = checker.node.time()
    checker.compare(
        "shipments", ledger, "factsOf",
        {(number,): {**entry.facts, "asOf": now} for number, entry in books.shipments.items()},
        ignore=("asOf",),
    )  # fmt: skip


def _customs(checker: Checker, books: Books) -> None:
    desk = checker.contracts["CustomsDesk"]
    cases = {
        number: shipment.customs
        for number, shipment in books.shipments.items()
        if shipment.customs is not None
    }
    facts = {number: customs_facts(case) for number, case in cases.items()}
    checker.compare("customs", desk, "factsOf", facts)
    checker.compare(
        "cases of customs", desk, "caseOf",
        {number: {
            "customsId": case.customs_id, "inspectorId": case.inspector_id,
            "declarantId": case.declarant_id, "appealPeriod": case.appeal_period,
            "dutyCap": case.duty_cap, "isAssessed": case.is_assessed,
            "goods": case.findings.get(Inspection.GOODS, 0),
            "quarantine": case.findings.get(Inspection.QUARANTINE, 0),
         } for number, case in cases.items()},
    )  # fmt: skip


def _policies(checker: Checker, books: Books) -> None:
    insurance = checker.contracts["CargoInsurance"]
    checker.compare(
        "policies", insurance, "recordOf",
        {(number,): {"state": int(entry.state), "endedAt": entry.ended_at, "weight": entry.weight,
                     "inceptedAt": entry.incepted_at}
         for number, entry in books.policies.items()},
    )  # fmt: skip
    covered = {(order_id,): books.covered[order_id] for order_id in books.orders}
    checker.compare("cover of orders", insurance, "coveredOf", covered)
    over = [
        (
            f"order {shown(order_id)}",
            f"cover up to {books.orders[order_id].order.amount}",
            str(sum_),
        )
        for order_id, sum_ in books.covered.items()
        if order_id in books.orders and sum_ > books.orders[order_id].order.amount
    ]
    checker.differ("cover within value", over, f"{len(books.covered)} insured orders")


def _payouts(checker: Checker, books: Books) -> None:
    """Every policy paid what its schedule gives."""
    wrong = []
    for policy_id, policy in books.policies.items():
        entry = books.orders.get(policy.quote.order_id)
        if entry is None or policy.state is PolicyState.ACTIVE:
            continue
        facts = _facts(checker, entry)
        if facts is None:
            continue
        owed = due(entry, policy, facts)
        paid = None if policy.state is PolicyState.VOID else policy.paid_units
        if paid != owed:
            wrong.append((f"policy {shown(policy_id)}", str(owed), str(paid)))
    ended = sum(each.state is not PolicyState.ACTIVE for each in books.policies.values())
    checker.differ("payouts", wrong, f"{ended} policies paid what their schedules give")


def _ratings(checker: Checker, books: Books) -> None:
    registry = checker.contracts["CreditRegistry"]
    checker.compare(
        "evidence", registry, "evidenceOf",
        {key: {"good": e.good, "bad": e.bad, "updatedAt": e.updated_at}
         for key, e in books.evidence.items()},
    )  # fmt: skip
    checker.compare(
        "counterparties", registry, "counterpartiesOf",
        {key: e.sketch_word() for key, e in books.evidence.items()},
    )  # fmt: skip
    now = checker.node.time()
    ratings = {
        (number,): {"grade": int(r.grade), "score": r.score, "confidence": r.confidence}
        for number in books.participants
        for r in (rating_of(books, number, now),)
    }
    checker.compare("ratings", registry, "ratingOf", ratings)


def _facts(checker: Checker, entry: OrderEntry) -> dict[str, int] | None:
    """Facts of an order's shipment; none where its source is not the deployment's ledger."""
    if entry.order.source != checker.at["ShipmentLedger"]:
        return None
    return entry.shipment.facts if entry.shipment is not None else {}


def due(entry: OrderEntry, policy: PolicyEntry, facts: dict[str, int]) -> int | None:
    """What a policy that has ended was to pay, in token units.

    None where its cover never attached.
    """
    order, quote = entry.order, policy.quote
    delivered, shipped = facts.get("deliveredAt", 0), facts.get("shippedAt", 0)
    is_in_time = policy.incepted_at <= shipped <= order.ship_by
    if not is_in_time or 0 < entry.ended_at < shipped:
        return None
    if policy.is_agreed:
        return 0
    until = delivered if 0 < delivered <= order.refund_after else order.refund_after
    days_late = -(-max(until - order.deliver_by, 0) // DAY)
    bps = min(max(days_late - quote.grace_days, 0) * quote.bps_per_day, quote.cap_bps)
    return order.amount * bps // 10_000
