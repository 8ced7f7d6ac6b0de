from dataclasses import astuple

import pytest

from entrepot.core.credit import TradeOutcome
from entrepot.core.messages import PLAIN, Clauses

DAY = 86_400
DOLLAR = 10**6
PLAIN_CLAUSES = astuple(Clauses())
RELEASED, REFUNDED = 2, 3
KEPT, LATE, LOST, BROKEN, UPHELD = TradeOutcome
CLEARED_STATE, REFUSED_STATE = 3, 4


def test_ends_a_plain_order_as_settle_and_refund_do(
    case, escrow, dollar, order_id, record_of, event, sender, keys, reverts
):
    order, stranger = case.order, sender(keys.stranger)
    if case.outcome is None:
        with reverts(escrow, "TradeEscrow_Undecided", order_id(order)):
            escrow.conclude(astuple(order), PLAIN_CLAUSES, stranger)
        return
    payee, name, state = {
        "settle": (order.seller, "OrderReleased", RELEASED),
        "refund": (order.buyer, "OrderRefunded", REFUNDED),
    }[case.outcome]
    before, opened_at = dollar.balanceOf(payee), record_of(order)[1]

    tx = escrow.conclude(astuple(order), PLAIN_CLAUSES, stranger)

    assert dollar.balanceOf(payee) == before + order.amount
    assert dollar.balanceOf(escrow) == 0
    assert record_of(order) == (state, opened_at, tx.timestamp, 10)
    paid = {"orderId": order_id(order), "payee": payee, "amount": order.amount}
    assert event(tx, name) == paid
    assert event(tx, "TradeRated")["outcome"] == case.rating
    assert not {"OrderPaid", "PaymentDeferred"} & set(tx.events.keys())


# What is told (shipped, delivered, as of; customs' state, released, final, duty), in days after
# opening; when it is concluded; then the state, the rating, and what seller, treasury, platform,
# carrier and buyer get, in dollars. Ship in 10 days, deliver in 30, refund after 60, inspect in 5.
ENDS = [
    ("on time", (9, 29, 29), (CLEARED_STATE, 28, 0, 60), 35, RELEASED, KEPT,
     (740, 60, 50, 150, 0)),
    ("late on the way", (9, 59, 59), (CLEARED_STATE, 28, 0, 60), 65, RELEASED, KEPT,
     (740, 60, 50, 150, 0)),
    ("late", (11, 59, 59), (CLEARED_STATE, 28, 0, 60), 65, RELEASED, LATE, (740, 60, 50, 150, 0)),
    ("cleared after delivery", (9, 29, 29), (CLEARED_STATE, 58, 0, 60), 64, RELEASED, KEPT,
     (740, 60, 50, 150, 0)),
    ("duty above the cap", (9, 29, 29), (CLEARED_STATE, 28, 0, 101), 35, RELEASED, KEPT,
     (700, 100, 50, 150, 0)),
    ("cleared too late", (9, 29, 61), (CLEARED_STATE, 61, 0, 60), 62, REFUNDED, LOST,
     (350, 60, 0, 0, 590)),
    ("never declared", (9, 29, 61), (0, 0, 0, 0), 62, REFUNDED, LOST, (350, 0, 0, 0, 650)),
    ("refused", (9, 0, 29), (REFUSED_STATE, 0, 27, 60), 29, REFUNDED, LOST, (140, 60, 0, 0, 800)),
    ("never shipped", (0, 0, 11), (0, 0, 0, 0), 11, REFUNDED, BROKEN, (0, 0, 0, 0, 1_000)),
    ("shipped and cleared, lost", (9, 0, 61), (CLEARED_STATE, 28, 0, 60), 61, REFUNDED, LOST,
     (210, 60, 0, 0, 730)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("shipment", "customs", "on_day", "state", "rating", "dollars"),
    [row[1:] for row in ENDS],
    ids=[row[0] for row in ENDS],
)
def test_ends_as_the_facts_say_and_pays_along_the_path(
    shipment, customs, on_day, state, rating, dollars, deal, escrow, dollar, keys, tell,
    tell_customs, order_id, record_of, plain, event, operator, at,
):  # fmt: skip
    order, clauses = deal
    opened_at = record_of(order)[1]

    def day(number):
        return number and opened_at + number * DAY

    shipped, delivered, as_of = map(day, shipment)
    tell(shipped_at=shipped, delivered_at=delivered, as_of=as_of)
    state_, released, final, duty = customs
    tell_customs(
        state_, released_at=day(released), final_at=day(final), duty=duty * DOLLAR, as_of=as_of
    )
    names = "seller", "treasury", "platform", "carrier", "buyer"
    holders = [getattr(keys, name).address for name in names]
    before = [dollar.balanceOf(holder) for holder in holders]
    at(day(on_day) + 1)

    tx = escrow.conclude(astuple(order), astuple(clauses), operator)

    after = [dollar.balanceOf(holder) for holder in holders]
    gained = [b - a for a, b in zip(before, after, strict=True)]
    assert gained == [amount * DOLLAR for amount in dollars]
    assert dollar.balanceOf(escrow) == 0
    assert record_of(order)[0] == state
    share = 10_000 if state == RELEASED else 0
    assert plain(escrow.progressOf(order_id(order)))[1] == share
    assert event(tx, "TradeRated")["outcome"] == rating
    apart = [payment for payment in tx.events if payment.name == "OrderPaid"]
    name = "OrderReleased" if state == RELEASED else "OrderRefunded"
    left = event(tx, name)["amount"]
    assert sum(payment["amount"] for payment in apart) + left == order.amount


@pytest.mark.parametrize(
    ("cleared_on", "state", "rating"), [(28, RELEASED, UPHELD), (61, REFUNDED, LOST)]
)
def test_the_buyer_answers_for_a_lost_dispute_over_the_tender_where_the_seller_is_paid(
    cleared_on, state, rating, deal, escrow, tell, tell_customs, record_of, event, operator, at
):
    order, clauses = deal
    cleared, known = record_of(order)[1] + cleared_on * DAY, order.refund_after + 2 * DAY
    tendered = order.deliver_by
    tell(
        shipped_at=order.ship_by,
        tendered_at=tendered,
        disputed_at=tendered,
        delivered_at=tendered,
        as_of=known,
    )
    tell_customs(CLEARED_STATE, released_at=cleared, as_of=known)
    at(known)
    tx = escrow.conclude(astuple(order), astuple(clauses), operator)
    assert record_of(order)[0] == state
    assert event(tx, "TradeRated")["outcome"] == rating


def test_silence_accepts_in_the_first_second_after_the_inspection_window(
    deal, fulfil, escrow, order_id, record_of, operator, at, reverts
):
    order, clauses = deal
    fulfil(order)
    delivered = order.deliver_by
    at(delivered + clauses.inspection_window)
    with reverts(escrow, "TradeEscrow_Undecided", order_id(order)):
        escrow.conclude(astuple(order), astuple(clauses), operator)
    at(delivered + clauses.inspection_window + 1)
    escrow.conclude(astuple(order), astuple(clauses), operator)
    assert record_of(order)[0] == RELEASED


@pytest.mark.parametrize("name", ["settle", "refund"])
def test_the_lean_ways_are_closed_to_an_order_with_clauses(
    name, deal, escrow, tell, operator, reverts
):
    order, _ = deal
    delivered = order.refund_after + (name == "refund")
    tell(delivered_at=delivered, as_of=delivered)
    with reverts(escrow, "TradeEscrow_ClausesMismatch", PLAIN, order.clauses):
        getattr(escrow, name)(astuple(order), operator)


def test_reverts_when_the_clauses_are_not_the_orders(
    deal, escrow, make_clauses, tell, operator, reverts
):
    order, _ = deal
    tell(delivered_at=order.deliver_by, as_of=order.deliver_by)
    for clauses in (Clauses(), make_clauses(payees=())):
        hashes = clauses.struct_hash(), order.clauses
        with reverts(escrow, "TradeEscrow_ClausesMismatch", *hashes):
            escrow.conclude(astuple(order), astuple(clauses), operator)


@pytest.mark.parametrize(
    ("uphold", "payee", "state"), [(True, "seller", RELEASED), (False, "buyer", REFUNDED)]
)
def test_a_source_silent_for_30_days_ends_an_order_by_its_default_without_rating(
    uphold, payee, state, escrow, dollar, source, make_order, open_order, tell, order_id,
    record_of, operator, at, reverts,
):  # fmt: skip
    order = make_order(source=source.address, uphold_by_default=uphold)
    open_order(order)
    tell(shipped_at=order.ship_by, as_of=order.refund_after)
    given_up = order.refund_after + order.acceptance_window + order.arbitration_period + 30 * DAY
    before = dollar.balanceOf(getattr(order, payee))
    at(given_up)
    with reverts(escrow, "TradeEscrow_Undecided", order_id(order)):
        escrow.conclude(astuple(order), PLAIN_CLAUSES, operator)
    at(given_up + 1)

    tx = escrow.conclude(astuple(order), PLAIN_CLAUSES, operator)

    assert dollar.balanceOf(getattr(order, payee)) == before + order.amount
    assert record_of(order)[0] == state
    assert "TradeRated" not in tx.events


def test_a_deadline_alone_pays_nobody(opened, escrow, order_id, tell, operator, at, reverts):
    tell(shipped_at=opened.ship_by, as_of=opened.refund_after)
    at(opened.refund_after + 2 * DAY)
    with reverts(escrow, "TradeEscrow_Undecided", order_id(opened)):
        escrow.conclude(astuple(opened), PLAIN_CLAUSES, operator)


def test_pays_whoever_holds_the_note(deal, fulfil, escrow, dollar, keys, sell_note, operator, at):
    order, clauses = deal
    sell_note(order)
    fulfil(order)
    before = {who: dollar.balanceOf(who) for who in (keys.bank.address, order.seller)}
    at(order.deliver_by + clauses.inspection_window + 1)

    escrow.conclude(astuple(order), astuple(clauses), operator)

    assert dollar.balanceOf(keys.bank.address) == before[keys.bank.address] + 800 * DOLLAR
    assert dollar.balanceOf(order.seller) == before[order.seller]
