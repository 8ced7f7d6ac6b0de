"""Orders and notes as they are kept, and every payment with its cause."""

from collections import Counter
from collections.abc import Iterator

from entrepot.core.credit import TradeOutcome, outcome_of
from entrepot.core.settlement import (
    ALL_DUES,
    DUTY_ALONE,
    WHOLE,
    Outcome,
    Payment,
    Verdict,
    divide,
    dues_of,
    judge,
)
from entrepot.network.contracts import shown
from entrepot.services.audit.checker import Checker, Difference
from entrepot.services.books import Books, OrderEntry, OrderState
from entrepot.services.books.entries import Step


def check(checker: Checker, books: Books) -> None:
    """Every check of orders and of the notes over them."""
    _orders(checker, books)
    _notes(checker, books)
    _payments(checker, books)
    _ends(checker, books)
    _ratings(checker, books)


def _orders(checker: Checker, books: Books) -> None:
    escrow = checker.contracts["TradeEscrow"]
    checker.compare(
        "orders", escrow, "recordOf",
        {order_id: {"state": int(entry.state), "endedAt": entry.ended_at,
                    "weight": entry.weight, "openedAt": entry.opened_at}
         for order_id, entry in books.orders.items()},
    )  # fmt: skip
    checker.compare(
        "progress of orders", escrow, "progressOf",
        {order_id: {
            "contestedAt": entry.contest.at if entry.contest is not None else 0,
            "sellerShare": entry.end.share if entry.end is not None else 0,
            "paid": entry.paid, "isNoted": entry.is_noted,
         } for order_id, entry in books.orders.items()},
    )  # fmt: skip


def _notes(checker: Checker, books: Books) -> None:
    contract = checker.contracts["ReceivableNote"]
    holders = {int.from_bytes(number): note.holder for number, note in books.notes.items()}
    wrong = checker.differences(contract, "ownerOf", holders)
    wrong += checker.differences(contract, "balanceOf", Counter(holders.values()))
    wrong += [
        (f"order {shown(order_id)}", "a note", "none")
        for order_id, entry in books.orders.items()
        if entry.is_noted and order_id not in books.notes
    ]
    evidence = f"{len(holders)} compared with ReceivableNote.ownerOf and balanceOf"
    checker.differ("notes", wrong, evidence)
    bonds = {number: note.bond for number, note in books.notes.items()}
    checker.compare("bonds", contract, "bondOf", bonds)


def _payments(checker: Checker, books: Books) -> None:
    """Nothing was paid too much or too little, whatever the facts were."""
    wrong = []
    count = 0
    for order_id, entry in books.orders.items():
        count += len(entry.payments)
        if entry.left < 0 or (entry.end is not None and entry.left != 0):
            paid = entry.order.amount - entry.left
            wrong.append((f"order {shown(order_id)}", str(entry.order.amount), str(paid)))
    checker.differ("payments of orders", wrong, f"{count} payments are what was funded")


def _ends(checker: Checker, books: Books) -> None:
    """Everything that was done with an order was called for by the facts as they were then."""
    wrong: list[Difference] = []
    for order_id, entry in books.orders.items():
        if entry.order.source == checker.at["ShipmentLedger"]:
            subject = f"order {shown(order_id)}"
            wrong += [(subject, *each) for each in _causeless(checker, entry)]
    ended = sum(entry.end is not None for entry in books.orders.values())
    checker.differ("ends of orders", wrong, f"{ended} orders ended as their facts demand")


def _causeless(checker: Checker, entry: OrderEntry) -> Iterator[tuple[str, str]]:
    """What was to be, and what was done instead."""
    for step in entry.advances:
        due, _ = dues_of(entry.order, entry.clauses, step.case)
        for payment in step.paid:
            if payment not in due:
                yield _spelt(due), f"{_spelt([payment])} before the end"
    if entry.contest is not None and not _verdict(entry, entry.contest).is_contestable:
        yield "goods that could be contested", f"a contest at {entry.contest.at}"
    if entry.end is not None:
        ways = list(_ways(checker, entry, entry.end))
        if not ways:
            done = f"{entry.state.name.lower()} at {entry.ended_at}"
            yield "an end that the facts call for", done
        elif entry.end.payments not in ways:
            yield " or ".join(map(_spelt, ways)), _spelt(entry.end.payments)


def _ratings(checker: Checker, books: Books) -> None:
    """Every end was rated as its facts demand, and every journey to its end."""
    wrong: list[Difference] = []
    for order_id, entry in books.orders.items():
        subject = f"order {shown(order_id)}"
        if entry.order.source == checker.at["ShipmentLedger"]:
            wrong += [(subject, *each) for each in _misrated(checker, entry)]
        elif entry.rated is not None:
            wrong.append((subject, "no rating by another source", _named(entry.rated.outcome)))
        if entry.journey is not None and not entry.journey.is_whole:
            wrong.append((subject, "a rating of all its journey", "one of a part of it"))
    rated = sum(entry.rated is not None for entry in books.orders.values())
    journeys = sum(entry.journey is not None for entry in books.orders.values())
    evidence = f"{rated} trades and {journeys} journeys are rated as their facts demand"
    checker.differ("ratings of orders", wrong, evidence)


def _misrated(checker: Checker, entry: OrderEntry) -> Iterator[tuple[str, str]]:
    """How a trade was to be rated, and how it was."""
    found = entry.rated
    if entry.end is None:
        due: list[TradeOutcome | None] = [None]
    else:
        due = _due_ratings(checker, entry, entry.end)
        if found is not None and found.transaction != entry.end.transaction:
            yield f"a rating in {entry.end.transaction}", f"one in {found.transaction}"
    rated = found.outcome if found is not None else None
    if rated not in due:
        yield " or ".join(map(_named, due)), _named(rated)


def _due_ratings(checker: Checker, entry: OrderEntry, end: Step) -> list[TradeOutcome | None]:
    """How an end may have been rated; None for not at all, where the facts said nothing. An end
    that no fact calls for can only be a concession.
    """
    if entry.state is OrderState.AGREED:
        return [None]
    facts, verdict = end.case.facts, _verdict(entry, end)
    outcome = outcome_of(
        ship_by=entry.order.ship_by,
        deliver_by=entry.order.deliver_by,
        shipped_at=facts.shipped_at,
        disputed_at=facts.disputed_at,
        delivered_at=facts.delivered_at,
        is_earned=2 * end.share >= WHOLE,
        is_contested=entry.contest is not None,
    )
    if entry.contest is not None or verdict.facts is not Outcome.PENDING:
        return [outcome]
    if entry.state is not OrderState.REFUNDED:
        return [None]
    if verdict.outcome is not Outcome.FAILED:
        return [outcome]
    return [outcome, None] if _is_concession(checker, end) else [None]


def _named(outcome: TradeOutcome | None) -> str:
    return outcome.name.lower() if outcome is not None else "no rating"


def _ways(checker: Checker, entry: OrderEntry, end: Step) -> Iterator[list[Payment]]:
    """What the end may have paid, by each way in which the order may have come to it."""
    verdict = _verdict(entry, end)

    def paid(wanted: int) -> list[Payment]:
        return divide(entry.order, entry.clauses, end.case, wanted, end.share)[0]

    if entry.state is OrderState.ARBITRATED:
        if _may_arbitrate(entry, end, verdict):
            yield paid(DUTY_ALONE)
        return
    is_earned = verdict.facts is Outcome.EARNED
    if entry.state is OrderState.RELEASED:
        called_for, may_consent = Outcome.EARNED, is_earned
    elif entry.state is OrderState.REFUNDED:
        called_for, may_consent = Outcome.FAILED, not entry.is_noted
    else:
        called_for, may_consent = None, end.share != WHOLE or not is_earned
    if verdict.outcome is called_for:
        yield paid(ALL_DUES)
    if not may_consent or verdict.is_customs_pending:
        return
    if entry.state is not OrderState.REFUNDED or _is_concession(checker, end):
        yield paid(DUTY_ALONE)


def _may_arbitrate(entry: OrderEntry, end: Step, verdict: Verdict) -> bool:
    if entry.contest is None:
        return verdict.is_stalled
    return end.at <= entry.contest.at + entry.order.arbitration_period


def _is_concession(checker: Checker, end: Step) -> bool:
    """Whether the seller's side may have sent the transaction: it did, or it is a contract, which
    others call.
    """
    side = end.case.seller_side
    sent = checker.node.call("eth_getTransactionByHash", end.transaction)
    if sent and int(sent["from"], 16) == int(side, 16):
        return True
    return checker.node.is_contract(side)


def _verdict(entry: OrderEntry, step: Step) -> Verdict:
    return judge(entry.order, entry.clauses, step.case, step.at)


def _spelt(payments: list[Payment]) -> str:
    parts = (f"{each.purpose.name.lower()} {each.amount} to {each.payee}" for each in payments)
    return ", ".join(parts) or "nothing"
