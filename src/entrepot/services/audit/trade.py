"""Labels, shipments, customs and ratings as they are kept."""

from collections import defaultdict

from entrepot.core.credit import HALF_LIFE, RATED_ROLES, CreditRecord, Evidence, Rating
from entrepot.core.roles import Role, mask
from entrepot.core.signing import keccak
from entrepot.network.contracts import shown
from entrepot.services.audit.checker import Checker
from entrepot.services.books import ZERO, Books
from entrepot.services.books.customs import facts as customs_facts
from entrepot.services.books.entries import Inspection

_SAMPLES = 4
"""Times of a participant's history that are compared beside its changes."""


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
    """The ratings that follow from how orders, policies and journeys ended, now and ever before."""
    registry, now = checker.contracts["CreditRegistry"], checker.node.time()
    records = {number: books.credit.get(number, CreditRecord()) for number in books.participants}
    sides = [(number, role) for number in records for role in RATED_ROLES]
    checker.compare(
        "evidence", registry, "evidenceOf",
        {(number, role): _evidence(records[number], role) for number, role in sides},
    )  # fmt: skip
    checker.compare(
        "ratings", registry, "ratingOf",
        {number: _rating(record.rating(now)) for number, record in records.items()},
    )  # fmt: skip
    checker.compare(
        "scores", registry, "scoreOf",
        {side: _rating(records[side[0]].rating_in(side[1], now)) for side in sides},
    )  # fmt: skip
    journeys = {number: entry.journey is not None for number, entry in books.orders.items()}
    checker.compare("rated journeys", registry, "isJourneyRated", journeys)
    checker.compare(
        "history of grades", registry, "gradeAt",
        {(number, time): int(record.grade_at(time))
         for number, record in records.items() for time in _times(number, record, now)},
    )  # fmt: skip


def _evidence(record: CreditRecord, role: Role) -> dict[str, int]:
    found = record.by_role.get(role)
    if found is None:
        found, roles = Evidence(), 0
    else:
        roles = mask(*record.by_role)
    return {
        "good": found.good,
        "bad": found.bad,
        "updatedAt": found.updated_at,
        "count": found.count,
        "roles": roles,
        "counterparties": found.sketch_word(),
    }


def _rating(rating: Rating) -> dict[str, int]:
    grade = int(rating.grade)
    return {"grade": grade, "score": rating.score, "confidence": rating.confidence}


def _times(number: int, record: CreditRecord, now: int) -> set[int]:
    """When a grade changed, the second before, and times that nobody could foresee but that are the
    same in every audit; the last of them to come.
    """
    changes = [at for at, _ in record.checkpoints()]
    found = {at - before for at in changes for before in (0, 1)}
    if changes:
        span = now + HALF_LIFE - changes[0]
        words = [keccak(number.to_bytes(8) + i.to_bytes(1)) for i in range(_SAMPLES)]
        found |= {changes[0] + int.from_bytes(word) % span for word in words}
    return found | {now}
