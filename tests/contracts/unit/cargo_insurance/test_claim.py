"""The facts decide a policy. `S`, `D` and `R` are ship-by, deliver-by and refund-after."""

from dataclasses import astuple, replace
from datetime import UTC, datetime, time, timedelta

import pytest

from entrepot.core.messages import Clauses
from entrepot.core.roles import Role
from entrepot.core.shipments import Shipment

DAY = 86_400
DOLLAR = 10**6
DELAY = 1 << 4
REPLAY = (3, 100, 2_000)
EVERY_DAY = range(-5, 81)
TURNING_DAYS = (-5, 0, 1, 2, 3, 4, 5, 6, 22, 23, 24, 30, 31, 59, 60, 61, 80)


def payout_by_hand(amount, days_late, grace_days, bps_per_day, cap_bps):
    """The schedule, one day after the other."""
    bps = 0
    for day in range(1, days_late + 1):
        if day > grace_days:
            bps += bps_per_day
    return amount * min(bps, cap_bps) // 10_000


@pytest.mark.parametrize(
    ("amount", "terms", "days"),
    [
        (98_763 * 10**4, REPLAY, EVERY_DAY),
        (1_000_003, REPLAY, TURNING_DAYS),
        (999_999_999, (0, 333, 9_999), TURNING_DAYS),
        (123_456_789, (5, 7, 10_000), TURNING_DAYS),
        (77, (1, 2_500, 5_001), TURNING_DAYS),
    ],
)
def test_schedule_pays_to_the_unit(
    amount, terms, days, source, make_order, open_order, make_quote, insure, claim, tell, now,
    chain, event, dollar, pool, state, record_of,
):  # fmt: skip
    grace_days, bps_per_day, cap_bps = terms
    scheduled = datetime.fromtimestamp(now(), UTC).date() + timedelta(30)
    deliver_by = int(datetime.combine(scheduled, time(23, 59, 59), UTC).timestamp())
    order = make_order(
        source=source.address, amount=amount, deliver_by=deliver_by,
        refund_after=deliver_by + 60 * DAY,
    )  # fmt: skip
    open_order(order)
    quote = make_quote(
        order, maximum=amount * cap_bps // 10_000, grace_days=grace_days, bps_per_day=bps_per_day,
        cap_bps=cap_bps,
    )  # fmt: skip
    insure(order, quote)
    chain.snapshot()
    for late in days:
        delivered = scheduled + timedelta(late)
        noon = int(datetime.combine(delivered, time(12), UTC).timestamp())
        # Beyond refund-after the order counts as not delivered, 60 days late.
        expected = payout_by_hand(amount, min(late, 60), *terms)
        before = dollar.balanceOf(pool)
        tell(shipped_at=order.ship_by, delivered_at=noon, as_of=noon)
        tx = claim(order, quote)
        assert dollar.balanceOf(pool) == before - expected, late
        assert record_of(quote)[0] == (state.PAID if expected else state.EXPIRED), late
        if expected:
            paid = event(tx, "ClaimPaid")
            assert (paid["amount"], paid["daysLate"]) == (expected, min(late, 60)), late
        if terms == REPLAY and amount % 10**4 == 0:
            row = Shipment("1", "b", "s", "c", "p", amount // 10**4, 1, scheduled, delivered)
            assert (row.deliver_by, row.refund_after) == (order.deliver_by, order.refund_after)
            assert row.delivered_at == noon
            assert row.claim_units == expected, late
        chain.revert()


@pytest.mark.parametrize(
    ("seconds", "days"),
    [(0, 0), (1, 1), (DAY, 1), (DAY + 1, 2), (30 * DAY, 30), (30 * DAY + 1, 30), (99 * DAY, 30)],
)
def test_counts_begun_days_up_to_refund_after(
    seconds, days, opened, make_quote, insure, claim, tell, event
):
    quote = make_quote(opened, grace_days=0, bps_per_day=1, cap_bps=1_000)
    insure(opened, quote)
    delivered = opened.deliver_by + seconds
    tell(shipped_at=opened.ship_by, delivered_at=delivered, as_of=delivered)
    tx = claim(opened, quote)
    found = tx.events["ClaimPaid"] if days else []
    paid = [(one["amount"], one["daysLate"]) for one in found]
    assert ("ClaimPaid" in tx.events) == bool(days)
    assert paid == ([(opened.amount * days // 10_000, days)] if days else [])


def test_pays_the_holder_and_frees_the_collateral(
    opened, insured, claim, tell, event, policy_id, record_of, books, dollar, pool, credit, ids,
    insurance, state,
):  # fmt: skip
    before, money, held = books(), dollar.balanceOf(insured.holder), dollar.balanceOf(pool)
    incepted_at, weight = record_of(insured)[1], record_of(insured)[3]
    delivered = opened.deliver_by + 10 * DAY
    tell(shipped_at=incepted_at, delivered_at=delivered, as_of=delivered)

    tx = claim(opened, insured)

    payout = 70 * DOLLAR
    assert event(tx, "ClaimPaid") == {
        "policyId": policy_id(insured),
        "payee": insured.holder,
        "amount": payout,
        "fired": DELAY,
        "grossBps": 700,
        "daysLate": 10,
        "isFinal": True,
    }
    assert event(tx, "CollateralReleased") == {
        "freed": insured.maximum - payout,
        "premium": insured.premium,
    }
    assert event(tx, "PayoutMade") == {
        "payee": insured.holder,
        "amount": payout,
        "fromFirstLoss": payout,
    }
    assert event(tx, "CoverRated") == {
        "policyId": policy_id(insured),
        "insurerId": ids.insurer,
        "holderId": ids.buyer,
        "weight": weight,
    }
    assert record_of(insured) == (
        state.PAID, incepted_at, tx.timestamp, weight, DELAY, 700, 0
    )  # fmt: skip
    assert dollar.balanceOf(insured.holder) == money + payout
    assert dollar.balanceOf(pool) == held - payout
    assert books().locked == before.locked - insured.maximum
    assert books().liabilities == before.liabilities - insured.premium
    assert books().first_loss == before.first_loss - payout
    # Cover is counted over an order's life, so the collateral is free but the order's room is used.
    assert insurance.coveredOf(insured.order_id) == insured.maximum
    assert credit.evidenceOf(ids.insurer, Role.INSURER)[0] == weight << 20


def test_what_another_source_says_pays_a_claim_and_rates_nobody(
    source, make_order, open_order, make_quote, insure, claim, tell, record_of, state, credit, ids
):
    order = make_order(source=source.address)
    open_order(order)
    quote = make_quote(order)
    insure(order, quote)
    arrived = order.deliver_by + 10 * DAY
    tell(shipped_at=order.ship_by, delivered_at=arrived, as_of=arrived)
    tx = claim(order, quote)
    assert record_of(quote)[0] == state.PAID
    assert not {"CoverRated", "TradeRated"} & set(tx.events.keys())
    assert not any(credit.evidenceOf(ids.insurer, Role.INSURER))


def test_seller_holds_cover_of_its_own(opened, make_quote, insure, claim, tell, event, ids, dollar):
    quote = make_quote(opened, holder=opened.seller)
    insure(opened, quote)
    before = dollar.balanceOf(opened.seller)
    tell(shipped_at=opened.ship_by, delivered_at=opened.refund_after, as_of=opened.refund_after)
    tx = claim(opened, quote)
    assert event(tx, "CoverRated")["holderId"] == ids.seller
    assert dollar.balanceOf(opened.seller) == before + opened.amount + 200 * DOLLAR


def test_payouts_go_to_first_loss_first_and_then_to_the_shareholders(
    source, make_order, open_order, make_quote, insure, claim, tell, event, pool, books
):
    order = make_order(source=source.address, amount=6_000 * DOLLAR)
    open_order(order)
    quote = make_quote(order, premium=0, bps_per_day=1_000, cap_bps=1_000, maximum=600 * DOLLAR)
    insure(order, quote)
    assets = pool.totalAssets()
    tell(shipped_at=order.ship_by, as_of=order.refund_after + 1)
    paid = event(claim(order, quote), "PayoutMade")
    assert (paid["amount"], paid["fromFirstLoss"]) == (600 * DOLLAR, 500 * DOLLAR)
    assert books().first_loss == 0
    assert pool.totalAssets() == assets - 100 * DOLLAR


def test_expires_when_in_time_and_the_premium_is_earned(
    opened, insured, claim, tell, event, policy_id, record_of, books, dollar, pool, state
):
    money, assets = dollar.balanceOf(insured.holder), pool.totalAssets()
    delivered = opened.deliver_by + 3 * DAY
    tell(shipped_at=opened.ship_by, delivered_at=delivered, as_of=delivered)
    tx = claim(opened, insured)
    expired = {"policyId": policy_id(insured), "fired": DELAY, "grossBps": 0}
    assert event(tx, "PolicyExpired") == expired
    assert not {"ClaimPaid", "PayoutMade", "CoverRated"} & set(tx.events.keys())
    assert record_of(insured)[0] == state.EXPIRED
    assert record_of(insured)[2] == tx.timestamp
    assert (books().locked, books().liabilities) == (0, 0)
    assert dollar.balanceOf(insured.holder) == money
    assert pool.totalAssets() == assets
    assert books().unvested == insured.premium


# What is told (shipped, tendered, delivered, as of) and what becomes of the policy.
# I is its inception, S ship-by, D deliver-by, R refund-after, with seconds more or less.
OUTCOMES = [
    # Custody by ship-by and after inception attaches the cover, otherwise the premium goes back.
    ("-", "-", "-", "S", None),
    ("-", "-", "-", "S+1", "VOID"),
    ("S+1", "-", "-", "S+1", "VOID"),
    ("S+1", "-", "R", "R", "VOID"),
    ("I-1", "-", "-", "I", "VOID"),
    ("I-1", "-", "R", "R", "VOID"),
    ("-", "-", "D", "D", "VOID"),
    ("-", "-", "R", "R", "VOID"),
    ("I", "-", "D", "D", "EXPIRED"),
    ("S", "-", "D", "D", "EXPIRED"),
    # An absence is decided only beyond refund-after, and not while a tender made by then waits.
    ("S", "-", "-", "R", None),
    ("S", "-", "-", "R+1", "PAID"),
    ("S", "R", "-", "R+9", None),
    ("S", "R+1", "-", "R+9", "PAID"),
    # A delivery counts from the tender, however late its receipt was signed.
    ("S", "D", "D", "R+9", "EXPIRED"),
    ("S", "R", "R", "R+9", "PAID"),
    ("S", "-", "R+1", "R+1", "PAID"),
]


@pytest.mark.parametrize("row", OUTCOMES, ids=lambda row: " ".join(row[:4]))
def test_facts_decide(
    row, insurance, opened, insured, claim, tell, record_of, state, policy_id, dollar, pool, books,
    event, reverts,
):  # fmt: skip
    *names, outcome = row
    starts = {
        "I": record_of(insured)[1],
        "S": opened.ship_by,
        "D": opened.deliver_by,
        "R": opened.refund_after,
    }
    shipped, tendered, delivered, as_of = (
        0 if name == "-" else starts[name[0]] + int(name[1:] or 0) for name in names
    )
    tell(shipped_at=shipped, tendered_at=tendered, delivered_at=delivered, as_of=as_of)
    held = dollar.balanceOf(pool)
    if outcome is None:
        with reverts(insurance, "CargoInsurance_NothingToDecide", policy_id(insured)):
            claim(opened, insured)
        return
    tx = claim(opened, insured)
    assert record_of(insured)[0] == state[outcome]
    assert record_of(insured)[2] == tx.timestamp
    assert (books().locked, books().liabilities) == (0, 0)
    paid = {"VOID": insured.premium, "EXPIRED": 0, "PAID": 200 * DOLLAR}[outcome]
    assert dollar.balanceOf(pool) == held - paid
    if outcome == "VOID":
        assert event(tx, "PolicyVoided") == {
            "policyId": policy_id(insured),
            "holder": insured.holder,
            "premium": insured.premium,
        }
        returned = {"payee": insured.holder, "amount": insured.premium}
        assert event(tx, "PremiumReturned") == returned
        assert not {"ClaimPaid", "CoverRated"} & set(tx.events.keys())


ENDS = {
    "PAID": lambda order: {"shipped_at": order.ship_by, "as_of": order.refund_after + 1},
    "EXPIRED": lambda order: {
        "shipped_at": order.ship_by,
        "delivered_at": order.deliver_by,
        "as_of": order.deliver_by,
    },
    "VOID": lambda order: {"as_of": order.ship_by + 1},
}


@pytest.mark.parametrize("end", ENDS)
def test_reverts_given_the_policy_has_ended(
    end, insurance, opened, insured, claim, tell, policy_id, state, reverts
):
    tell(**ENDS[end](opened))
    claim(opened, insured)
    for later in ENDS.values():
        tell(**later(opened))
        ended = policy_id(insured), int(state[end])
        with reverts(insurance, "CargoInsurance_PolicyNotActive", *ended):
            claim(opened, insured)


def test_reverts_when_terms_are_not_those_bought(
    insurance, opened, insured, claim, tell, policy_id, state, reverts
):
    tell(shipped_at=opened.ship_by, as_of=opened.refund_after + 1)
    better = replace(insured, cap_bps=10_000)
    with reverts(insurance, "CargoInsurance_PolicyNotActive", policy_id(better), int(state.NONE)):
        claim(opened, better)


def test_reverts_when_order_is_another(insurance, opened, insured, claim, tell, order_id, reverts):
    tell(shipped_at=opened.ship_by, as_of=opened.refund_after + 1)
    for other in (
        replace(opened, amount=2 * opened.amount),
        replace(opened, refund_after=0),
        replace(opened, buyer=opened.seller),
    ):
        wrong = order_id(other), order_id(opened)
        with reverts(insurance, "CargoInsurance_WrongOrder", *wrong):
            claim(other, insured)


@pytest.mark.parametrize("how", ["refund", "concede"])
def test_a_refund_of_the_order_does_not_end_its_cover(
    how, escrow, opened, insured, claim, tell, agree, keys, operator, record_of, state
):
    tell(shipped_at=record_of(insured)[1], as_of=opened.refund_after + 1)
    if how == "refund":
        escrow.refund(astuple(opened), operator)
    else:
        agree(opened, 0, seller=keys.seller)
    claim(opened, insured)
    assert record_of(insured)[0] == state.PAID


@pytest.mark.parametrize(
    ("delivered", "end"), [(None, "OrderRefunded"), (10, "OrderReleased"), (90, "OrderRefunded")]
)
def test_a_claim_that_pays_ends_its_order_so_that_nobody_can_agree_on_it_afterwards(
    delivered, end, escrow, opened, insured, claim, tell, event, keys, agree, reverts
):
    at = 0 if delivered is None else opened.deliver_by + delivered * DAY
    tell(shipped_at=opened.ship_by, delivered_at=at, as_of=max(at, opened.refund_after + 1))
    tx = claim(opened, insured)
    assert event(tx, end)["amount"] == opened.amount
    assert event(tx, "TradeRated")["sellerId"] == opened.seller_id
    state = escrow.recordOf(insured.order_id)[0]
    with reverts(escrow, "TradeEscrow_OrderNotOpen", insured.order_id, state):
        agree(opened, 5_000, buyer=keys.buyer, seller=keys.seller)


@pytest.fixture(params=[0, 4_000, 10_000])
def agreed(request, opened, insured, agree, keys):
    """The insured order, ended by both its parties before anything was shipped."""
    agree(opened, request.param, buyer=keys.buyer, seller=keys.seller)


@pytest.mark.parametrize("days", [0, 10, 90])
def test_parties_that_ship_and_agree_collect_nothing(
    agreed, opened, insured, claim, tell, record_of, state, dollar, days
):
    before = dollar.balanceOf(insured.holder)
    tell(shipped_at=record_of(insured)[1], as_of=opened.deliver_by + days * DAY)
    claim(opened, insured)
    assert record_of(insured)[0] == state.EXPIRED
    assert dollar.balanceOf(insured.holder) == before


@pytest.mark.parametrize("how", ["refund", "agree", "concede"])
def test_goods_that_ship_after_their_order_ended_are_not_covered(
    how, escrow, opened, insured, claim, tell, record_of, state, keys, agree, operator
):
    """The rule spares the holder's premium and the insurer's money alike."""
    if how == "refund":
        tell(as_of=opened.ship_by + 1)
        escrow.refund(astuple(opened), operator)
    else:
        agree(opened, 0, buyer=keys.buyer if how == "agree" else None, seller=keys.seller)
    ended_at = escrow.recordOf(insured.order_id)[2]
    tell(shipped_at=ended_at + 1, as_of=opened.refund_after + 1)
    claim(opened, insured)
    assert record_of(insured)[0] == state.VOID


def test_premium_of_an_order_that_its_parties_end_unshipped_goes_back_at_once(
    agreed, opened, insured, claim, tell, record_of, state, dollar
):
    before = dollar.balanceOf(insured.holder)
    tell(as_of=opened.ship_by - 1)
    claim(opened, insured)
    assert record_of(insured)[0] == state.VOID
    assert dollar.balanceOf(insured.holder) == before + insured.premium


@pytest.fixture
def milestones(source, make_order, open_order, make_quote, insure):
    """An insured order that is not plain, with its clauses and its policy."""
    clauses = Clauses(on_shipped=1_000)
    order = make_order(source=source.address, clauses=clauses.struct_hash())
    open_order(order, clauses)
    quote = make_quote(order)
    insure(order, quote)
    return order, clauses, quote


def test_an_order_with_clauses_ends_before_its_cover_pays(
    milestones, insurance, escrow, claim, tell, operator, record_of, state, event, reverts
):
    order, clauses, quote = milestones
    late = order.deliver_by + 10 * DAY
    tell(shipped_at=record_of(quote)[1], delivered_at=late, as_of=late)
    with reverts(insurance, "CargoInsurance_OrderNotEnded", quote.order_id):
        claim(order, quote)
    assert record_of(quote)[0] == state.ACTIVE
    escrow.conclude(astuple(order), astuple(clauses), operator)
    assert event(claim(order, quote), "ClaimPaid")["amount"] == 70 * DOLLAR


@pytest.mark.parametrize("outcome", ["EXPIRED", "VOID"])
def test_cover_that_pays_nothing_ends_before_its_order(
    outcome, milestones, escrow, claim, tell, record_of, state
):
    order, _, quote = milestones
    tell(**ENDS[outcome](order))
    claim(order, quote)
    assert record_of(quote)[0] == state[outcome]
    assert escrow.isOpen(quote.order_id)


def test_nothing_that_governance_or_the_insurer_does_stops_a_claim(
    insurance, registry, pool, ids, opened, insured, claim, tell, operator, dollar, keys, sender
):
    insurance.pauseUnderwriting(True, operator)
    insurance.unlistPool(pool, operator)
    registry.setRoles(ids.insurer, 0, 1, operator)
    pool.requestExit(pool.balanceOf(keys.insurer.address), sender(keys.insurer))
    tell(shipped_at=opened.ship_by, as_of=opened.refund_after + 1)
    before = dollar.balanceOf(pool)
    claim(opened, insured)
    assert dollar.balanceOf(pool) == before - 200 * DOLLAR


def test_a_holder_who_cannot_be_paid_blocks_nobody(
    BlockingTokenMock, list_pool, source, make_order, open_order, make_quote, insure, claim, tell,
    keys, sender, operator, record_of, state, escrow,
):  # fmt: skip
    token, pool = list_pool(BlockingTokenMock)
    pool.deposit(100 * DOLLAR, keys.insurer.address, sender(keys.insurer))
    order = make_order(token=token.address, source=source.address, amount=500 * DOLLAR)
    open_order(order)
    quote = make_quote(order, pool=pool.address)
    insure(order, quote)
    token.setBlocked(quote.holder, True, operator)
    tell(shipped_at=order.ship_by, as_of=order.refund_after + 1)
    claim(order, quote)
    assert record_of(quote)[0] == state.PAID
    assert escrow.withdrawable(token, quote.holder) == order.amount
    assert pool.deferredOf(quote.holder) == 100 * DOLLAR
    assert (pool.totalAssets(), pool.books()[3]) == (0, quote.premium)


def test_an_insurers_own_cover_earns_it_no_rating(
    rated_source, registry, make_order, open_order, make_quote, insure, claim, tell, keys, ids,
    sender, escrow, insurance, dollar, credit, event, operator,
):  # fmt: skip
    registry.setRoles(ids.insurer, 2**15 - 1, 1, operator)
    dollar.mint(keys.insurer.address, 2_000 * DOLLAR, operator)
    for spender in (escrow, insurance):
        dollar.approve(spender, 2**256 - 1, sender(keys.insurer))
    order = make_order(
        source=rated_source.address, buyer=keys.insurer.address, buyer_id=ids.insurer
    )
    open_order(order)
    quote = make_quote(order)
    insure(order, quote)
    tell(shipped_at=order.ship_by, as_of=order.refund_after + 1)
    assert event(claim(order, quote), "CoverRated")["holderId"] == ids.insurer
    assert not any(credit.evidenceOf(ids.insurer, Role.INSURER))


@pytest.fixture
def shipped(make_order, open_order, make_quote, insure, ship):
    """An insured order of the real ledger, in transit."""
    order = make_order()
    open_order(order)
    quote = make_quote(order)
    insure(order, quote)
    ship(order)
    return order, quote


def test_is_paid_in_the_transaction_that_reports_the_delivery(
    shipped, deliver, at, event, record_of, state
):
    order, quote = shipped
    at(order.deliver_by + 5 * DAY)
    tx = deliver(order, [quote])
    assert "ShortcutFailed" not in tx.events
    paid = event(tx, "ClaimPaid")
    assert (paid["amount"], paid["daysLate"]) == (20 * DOLLAR, 5)
    assert record_of(quote)[0] == state.PAID


def test_a_receipt_signed_late_gains_nothing_against_a_tender_in_time(
    shipped, ledger, deliver, at, keys, sender, record_of, state
):
    order, quote = shipped
    at(order.deliver_by)
    ledger.tender(astuple(order), b"photo".ljust(32), sender(keys.carrier))
    at(order.deliver_by + 50 * DAY)
    deliver(order, [quote])
    assert record_of(quote)[0] == state.EXPIRED


def test_policies_of_other_orders_do_not_stop_a_delivery(
    shipped, source, make_order, open_order, make_quote, insure, deliver, at, record_of, state
):
    other = make_order(source=source.address)
    open_order(other)
    insured = make_quote(other)
    insure(other, insured)
    order, quote = shipped
    at(order.deliver_by + 5 * DAY)
    tx = deliver(order, [insured, quote])
    assert len(tx.events["ShortcutFailed"]) == 1
    assert record_of(insured)[0] == state.ACTIVE
    assert record_of(quote)[0] == state.PAID
