"""Orders, their clauses and payments, and the notes over them, from events."""

from typing import Any

from entrepot.core.messages import Clauses, Order, clauses_of
from entrepot.core.settlement import WHOLE, Payment, Purpose
from entrepot.network.contracts import Event
from entrepot.services.books.entries import (
    ZERO,
    Books,
    Handler,
    Handlers,
    NoteEntry,
    OrderEntry,
    OrderState,
    Step,
)


def _opened(books: Books, args: dict[str, Any], event: Event) -> None:
    if args["orderId"] in books.orders:
        books.contradictions.append(f"{_name(args)} was opened twice.")
    order = Order(*args["order"].values())
    entry = OrderEntry(order, args["weight"], event.timestamp)
    books.orders[args["orderId"]] = entry


def _clauses(books: Books, args: dict[str, Any], event: Event) -> None:
    entry = _open_one(books, args, "was given clauses")
    if entry is None:
        return
    if entry.clauses != Clauses() or event.timestamp != entry.opened_at:
        books.contradictions.append(f"{_name(args)} was given other clauses.")
    entry.clauses = clauses_of(args["clauses"])


def _paid(books: Books, args: dict[str, Any], event: Event) -> None:
    entry, payment = books.orders.get(args["orderId"]), _payment(args)
    if entry is not None and entry.end is not None:
        is_due = entry.end.transaction == event.transaction
        steps = [entry.end]
    else:
        is_due = entry is not None and payment.purpose <= Purpose.DUTY
        steps = []
    is_again = (
        entry is not None
        and payment.purpose <= Purpose.DUTY
        and bool(entry.paid >> payment.purpose & 1)
    )
    if entry is None or not is_due or is_again:
        books.contradictions.append(
            f"{_name(args)} paid {args['amount']} to {args['payee']}, which could not be."
        )
        return
    if not steps:
        steps = [Step(event.timestamp, event.transaction, entry.case_at(event.timestamp))]
        entry.advances += steps
    steps[0].paid.append(payment)


def _payment(args: dict[str, Any]) -> Payment:
    return Payment(Purpose(args["purpose"]), args["payee"], args["amount"])


def _ended_for_one(state: OrderState) -> Handler:
    """All that was left went to one side."""

    def handle(books: Books, args: dict[str, Any], event: Event) -> None:
        entry = _open_one(books, args, "ended")
        if entry is None:
            return
        is_sellers = state is OrderState.RELEASED
        payee = entry.seller_side if is_sellers else entry.order.buyer
        if args["payee"] != payee:
            books.contradictions.append(
                f"{_name(args)} paid {args['amount']} to {args['payee']}, not to {payee}."
            )
        amounts = (args["amount"], 0) if is_sellers else (0, args["amount"])
        _end(entry, event, state, WHOLE if is_sellers else 0, *amounts)

    return handle


def _ended_for_both(state: OrderState) -> Handler:
    """What was left was divided."""

    def handle(books: Books, args: dict[str, Any], event: Event) -> None:
        entry = _open_one(books, args, "ended")
        if entry is None:
            return
        if args.get("arbiterId", entry.order.arbiter_id) != entry.order.arbiter_id:
            books.contradictions.append(
                f"{_name(args)} was decided by participant {args['arbiterId']}, not its arbiter."
            )
        _end(entry, event, state, args["sellerShare"], args["toSeller"], args["toBuyer"])

    return handle


def _end(
    entry: OrderEntry, event: Event, state: OrderState, share: int, to_seller: int, to_buyer: int
) -> None:
    rest = (
        Payment(Purpose.PRICE, entry.seller_side, to_seller),
        Payment(Purpose.REFUND, entry.order.buyer, to_buyer),
    )
    entry.end = Step(
        at=event.timestamp,
        transaction=event.transaction,
        case=entry.case_at(event.timestamp),
        share=share,
        rest=tuple(payment for payment in rest if payment.amount),
    )
    entry.state = state


def _contested(books: Books, args: dict[str, Any], event: Event) -> None:
    entry = _open_one(books, args, "was contested")
    if entry is None:
        return
    if entry.contest is not None:
        books.contradictions.append(f"{_name(args)} was contested twice.")
        return
    entry.contest = Step(event.timestamp, event.transaction, entry.case_at(event.timestamp))


def _noted(books: Books, args: dict[str, Any], _: Event) -> None:
    entry = _open_one(books, args, "was noted")
    if entry is None:
        return
    if entry.is_noted or entry.contest is not None:
        books.contradictions.append(f"{_name(args)} was noted, which could not be.")
    entry.is_noted = True


def _note_moved(books: Books, args: dict[str, Any], _: Event) -> None:
    number, giver, holder = args["tokenId"].to_bytes(32), args["from"], args["to"]
    entry, note = books.orders.get(number), books.notes.get(number)
    expected = note.holder if note is not None else ZERO
    if entry is None or not entry.is_noted or giver != expected or holder == ZERO:
        books.contradictions.append(
            f"The note over order 0x{number.hex()} went from {giver} to {holder}, which could not"
            " be."
        )
        return
    if note is None:
        books.notes[number] = NoteEntry(holder)
    else:
        note.holder = holder
    if entry.state is OrderState.OPEN:
        entry.seller_side = holder


def _note_sold(books: Books, args: dict[str, Any], _: Event) -> None:
    entry, note = books.orders.get(args["orderId"]), books.notes.get(args["orderId"])
    is_possible = (
        entry is not None
        and note is not None
        and not note.is_sold
        and (note.holder, entry.order.seller) == (args["bank"], args["seller"])
        and 0 < args["advance"] >= args["bond"]
    )
    if note is None or not is_possible:
        books.contradictions.append(
            f"The note over order 0x{args['orderId'].hex()} was sold, which could not be."
        )
        return
    note.is_sold, note.bond = True, args["bond"]


def _bond_divided(books: Books, args: dict[str, Any], _: Event) -> None:
    entry, note = books.orders.get(args["orderId"]), books.notes.get(args["orderId"])
    shares = args["toHolder"], args["toSeller"]
    is_possible = (
        entry is not None
        and entry.end is not None
        and note is not None
        and note.holder == args["holder"]
        and 0 < note.bond == sum(shares)
        and shares[1] == note.bond * _share_of_bond(entry, entry.end.share) // WHOLE
    )
    if note is None or not is_possible:
        books.contradictions.append(
            f"The bond of order 0x{args['orderId'].hex()} was divided, which could not be."
        )
        return
    note.bond = 0


def _share_of_bond(entry: OrderEntry, share: int) -> int:
    """The seller's: who agreed to an end has no recourse for it."""
    return WHOLE if entry.state is OrderState.AGREED else share


def _escrow_deferred(books: Books, args: dict[str, Any], _: Event) -> None:
    books.deferred[args["token"], args["payee"]] += args["amount"]


def _escrow_withdrawn(books: Books, args: dict[str, Any], _: Event) -> None:
    books.deferred[args["token"], args["payee"]] -= args["amount"]


def _notes_deferred(books: Books, args: dict[str, Any], _: Event) -> None:
    books.note_deferred[args["token"], args["payee"]] += args["amount"]


def _notes_withdrawn(books: Books, args: dict[str, Any], _: Event) -> None:
    books.note_deferred[args["token"], args["payee"]] -= args["amount"]


def _token_listed(books: Books, args: dict[str, Any], _: Event) -> None:
    books.listings[args["token"]] = args["decimals"]


def _token_unlisted(books: Books, args: dict[str, Any], _: Event) -> None:
    books.listings.pop(args["token"], None)


def _opening_paused(books: Books, args: dict[str, Any], _: Event) -> None:
    books.is_opening_paused = args["isPaused"]


def _open_one(books: Books, args: dict[str, Any], done: str) -> OrderEntry | None:
    entry = books.orders.get(args["orderId"])
    if entry is None or entry.state is not OrderState.OPEN:
        books.contradictions.append(f"{_name(args)} {done} without being open.")
        return None
    return entry


def _name(args: dict[str, Any]) -> str:
    return f"Order 0x{args['orderId'].hex()}"


HANDLERS: Handlers = {
    ("TradeEscrow", "OrderOpened"): _opened,
    ("TradeEscrow", "OrderClauses"): _clauses,
    ("TradeEscrow", "OrderPaid"): _paid,
    ("TradeEscrow", "OrderReleased"): _ended_for_one(OrderState.RELEASED),
    ("TradeEscrow", "OrderRefunded"): _ended_for_one(OrderState.REFUNDED),
    ("TradeEscrow", "OrderAgreed"): _ended_for_both(OrderState.AGREED),
    ("TradeEscrow", "OrderArbitrated"): _ended_for_both(OrderState.ARBITRATED),
    ("TradeEscrow", "OrderContested"): _contested,
    ("TradeEscrow", "OrderNoted"): _noted,
    ("TradeEscrow", "PaymentDeferred"): _escrow_deferred,
    ("TradeEscrow", "PaymentWithdrawn"): _escrow_withdrawn,
    ("TradeEscrow", "TokenListed"): _token_listed,
    ("TradeEscrow", "TokenUnlisted"): _token_unlisted,
    ("TradeEscrow", "OpeningPaused"): _opening_paused,
    ("ReceivableNote", "Transfer"): _note_moved,
    ("ReceivableNote", "NoteSold"): _note_sold,
    ("ReceivableNote", "BondDivided"): _bond_divided,
    ("ReceivableNote", "PaymentDeferred"): _notes_deferred,
    ("ReceivableNote", "PaymentWithdrawn"): _notes_withdrawn,
}
