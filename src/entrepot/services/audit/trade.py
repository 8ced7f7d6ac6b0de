"""Labels, shipments, customs and ratings as they are kept."""

from collections import defaultdict

from entrepot.network.contracts import shown
from entrepot.services.audit.checker import Checker
from entrepot.services.books import ZERO, Books, rating_of
from entrepot.services.books.customs import facts as customs_facts
from entrepot.services.books.entries import Inspection


def records(checker: Checker, books: Books) -> None:
    """What is kept of labels, shipments and customs."""
    _labels(checker, books)
    _shipments(checker, books)
    _customs(checker, books)


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


def ratings(checker: Checker, books: Books) -> None:
    """The ratings that follow from how orders and policies ended."""
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
    found = {
        (number,): {"grade": int(r.grade), "score": r.score, "confidence": r.confidence}
        for number in books.participants
        for r in (rating_of(books, number, now),)
    }
    checker.compare("ratings", registry, "ratingOf", found)
