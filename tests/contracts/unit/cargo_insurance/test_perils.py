"""What a policy covers beside delay: how it is spelt, what fires it, and what it pays.

`S`, `D` and `R` are ship-by, deliver-by and refund-after. Basis points are of 1,000 dollars.
"""

from dataclasses import astuple, replace
from random import Random

import pytest
from brownie.exceptions import VirtualMachineError

from entrepot.core.messages import Clauses, Offer
from entrepot.core.signing import keccak

DAY = 86_400
DOLLAR = 10**6
DELAY = 1 << 4
PLAN, OTHER_PLAN = b"\x77" * 32, b"\x78" * 32
DECLARED, HELD, RELEASED, REFUSED, APPEALED = range(1, 6)
BIGGEST = 2**32 - 1
NOTHING = [
    "0x" + keccak(f"CargoInsurance_NothingTo{what}(bytes32)".encode())[:4].hex()
    for what in ("Decide", "Reserve")
]

VALID = [
    [("LEVEL", 10_000)],
    [("LEVEL", 0, 0, 7), ("RUN", 1, BIGGEST, 7), ("EXPOSURE", 1, 0, 7), ("REFUSAL", 10_000)],
    [("LOSS", 1, 1), ("LOSS", 1, 10_000), ("DAMAGE", 1, 1), ("DAMAGE", 1, 10_000)],
]
INVALID = {
    "of an unknown kind": lambda pack: 7,
    "of an unknown kind, the last of four": lambda pack: pack(*[("REFUSAL",)] * 3) | 255 << 192,
    "after a gap": lambda pack: pack(("LEVEL", 1), ("NONE",), ("LEVEL", 1)),
    "of no kind but with a share": lambda pack: pack(("LEVEL", 1), ("NONE", 1)),
    "of a watch beyond the eighth": lambda pack: pack(("RUN", 1, 1, 8)),
    "of a watch where there is none": lambda pack: pack(("LOSS", 1, 1, 1)),
    "that pays more than all": lambda pack: pack(("LEVEL", 10_001)),
    "of a level with a threshold": lambda pack: pack(("LEVEL", 1, 1)),
    "of a refusal with a threshold": lambda pack: pack(("REFUSAL", 1, 1)),
    "of a loss of nothing": lambda pack: pack(("LOSS", 1, 0)),
    "of a damage of nothing": lambda pack: pack(("DAMAGE", 1, 0)),
    "of a loss of more than all": lambda pack: pack(("LOSS", 1, 10_001)),
    "of a damage of more than all": lambda pack: pack(("DAMAGE", 1, 10_001)),
}


@pytest.mark.parametrize("perils", VALID)
def test_insures(perils, opened, make_quote, insure, pack, record_of, state):
    quote = make_quote(opened, perils=pack(*perils), plan=PLAN)
    insure(opened, quote)
    assert record_of(quote)[0] == state.ACTIVE


@pytest.mark.parametrize("peril", INVALID)
def test_reverts_when_a_peril_is(peril, insurance, opened, make_quote, insure, pack, reverts):
    perils = INVALID[peril](pack)
    with reverts(insurance, "CargoInsurance_InvalidPerils", perils):
        insure(opened, make_quote(opened, perils=perils, plan=PLAN))


@pytest.mark.parametrize("kind", ["LEVEL", "RUN", "EXPOSURE"])
def test_reverts_when_a_watched_peril_has_no_plan(
    kind, insurance, opened, make_quote, insure, pack, reverts
):
    quote = make_quote(opened, perils=pack(("REFUSAL", 1), (kind, 1)))
    with reverts(insurance, "CargoInsurance_PlanMissing", quote.perils):
        insure(opened, quote)
    insure(opened, replace(quote, perils=pack(("REFUSAL", 1), ("LOSS", 1, 1))))


def test_reverts_when_the_reporting_period_is_longer_than_180_days(
    insurance, opened, make_quote, insure, reverts
):
    quote = make_quote(opened, reporting_period=180 * DAY + 1)
    with reverts(insurance, "CargoInsurance_PeriodTooLong", 180 * DAY + 1, 180 * DAY):
        insure(opened, quote)
    insure(opened, replace(quote, reporting_period=180 * DAY))


@pytest.fixture
def take_out(opened, make_quote, insure, pack):
    """Takes out cover of these perils and no delay, up to all of the order's value."""

    def go(*perils, **terms):
        terms = {"bps_per_day": 0, "cap_bps": 10_000, "plan": PLAN, **terms}
        terms["maximum"] = opened.amount * terms["cap_bps"] // 10_000
        quote = make_quote(opened, perils=pack(*perils), **terms)
        insure(opened, quote)
        return quote

    return go


@pytest.fixture
def under_way(opened, tell, tell_watch):
    """Ships the goods under the plan, at ship-by, and gives the time: a day later."""

    def go():
        tell_watch(7)
        tell(shipped_at=opened.ship_by, as_of=opened.ship_by + DAY)
        return opened.ship_by + DAY

    return go


# A peril, what is told that fires it, and the nearest to it that does not.
FIRES = {
    "LEVEL": (
        ("LEVEL", 500, 0, 3),
        {"tell_watch": ((3,), {"breached_at": 1})},
        {"tell_watch": ((2,), {"breached_at": 1, "longest": BIGGEST, "exposure": BIGGEST})},
    ),
    "RUN": (
        ("RUN", 500, 3_600, 1),
        {"tell_watch": ((1,), {"longest": 3_601})},
        {"tell_watch": ((1,), {"breached_at": 1, "longest": 3_600, "exposure": BIGGEST})},
    ),
    "EXPOSURE": (
        ("EXPOSURE", 500, 3_600, 0),
        {"tell_watch": ((0,), {"exposure": 3_601})},
        {"tell_watch": ((0,), {"breached_at": 1, "exposure": 3_600, "longest": BIGGEST})},
    ),
    "LOSS": (
        ("LOSS", 500, 300),
        {"tell_cargo": ((), {"lost": 300})},
        {"tell_cargo": ((), {"lost": 299, "damaged": 9_000})},
    ),
    "DAMAGE": (
        ("DAMAGE", 500, 300),
        {"tell_cargo": ((), {"damaged": 300})},
        {"tell_cargo": ((), {"damaged": 299, "lost": 9_000})},
    ),
    "refusal": (
        ("REFUSAL", 500),
        {"tell_customs": ((REFUSED,), {"final_at": 99, "as_of": 100})},
        {"tell_customs": ((REFUSED,), {"final_at": 99, "as_of": 99})},
    ),
    "refusal after an appeal that nobody decided": (
        ("REFUSAL", 500),
        {"tell_customs": ((APPEALED,), {"final_at": 99, "as_of": 100})},
        {"tell_customs": ((APPEALED,), {"final_at": 99, "as_of": 99})},
    ),
    "refusal that was taken back": (
        ("REFUSAL", 500),
        {"tell_customs": ((REFUSED,), {"final_at": 99, "as_of": 100})},
        {"tell_customs": ((RELEASED,), {"final_at": 99, "as_of": 100})},
    ),
}


@pytest.mark.parametrize("name", FIRES)
def test_pays_once_as_soon_as_it_is_a_fact(
    name, request, insurance, opened, take_out, under_way, claim, event, policy_id, record_of,
    state, dollar, books, reverts,
):  # fmt: skip
    peril, enough, nearly = FIRES[name]
    quote = take_out(peril)
    before, incepted_at = dollar.balanceOf(quote.holder), record_of(quote)[1]
    under_way()
    nothing = insurance, "CargoInsurance_NothingToDecide", policy_id(quote)
    with reverts(*nothing):
        claim(opened, quote)
    for told in (nearly, enough):
        with reverts(*nothing):
            claim(opened, quote)
        for fixture, (positional, named) in told.items():
            request.getfixturevalue(fixture)(*positional, **named)
    tx = claim(opened, quote)
    assert event(tx, "ClaimPaid") == {
        "policyId": policy_id(quote),
        "payee": quote.holder,
        "amount": 50 * DOLLAR,
        "fired": 1,
        "grossBps": 500,
        "daysLate": 0,
        "isFinal": False,
    }
    weight = record_of(quote)[3]
    assert record_of(quote) == (state.ACTIVE, incepted_at, 0, weight, 1, 500, 0)
    assert dollar.balanceOf(quote.holder) == before + 50 * DOLLAR
    assert books().locked == quote.maximum - 50 * DOLLAR
    assert books().liabilities == quote.premium
    with reverts(*nothing):
        claim(opened, quote)


@pytest.mark.parametrize("late", [None, 1])
def test_goods_that_are_not_delivered_by_refund_after_are_lost(
    late, opened, take_out, under_way, claim, tell, event
):
    quote = take_out(("LOSS", 10_000, 10_000))
    under_way()
    delivered = opened.refund_after + late if late else 0
    tell(shipped_at=opened.ship_by, delivered_at=delivered, as_of=opened.refund_after + 1)
    paid = event(claim(opened, quote), "ClaimPaid")
    assert (paid["amount"], paid["fired"], paid["isFinal"]) == (opened.amount, 1 | DELAY, True)


def test_goods_that_are_delivered_at_refund_after_are_not_lost(
    opened, take_out, under_way, claim, tell, record_of, state
):
    quote = take_out(("LOSS", 10_000, 10_000))
    under_way()
    arrived = opened.refund_after
    tell(shipped_at=opened.ship_by, delivered_at=arrived, as_of=arrived + 1)
    claim(opened, quote)
    assert record_of(quote)[0] == state.EXPIRED


def test_all_together_pay_the_cap_at_most_and_never_the_deductible(
    opened, take_out, under_way, claim, tell, tell_watch, tell_cargo, event, books, record_of,
    state, dollar,
):  # fmt: skip
    quote = take_out(
        ("LEVEL", 100), ("RUN", 300, 60), ("DAMAGE", 400, 50), ("LOSS", 5_000, 50),
        grace_days=0, bps_per_day=50, deductible_bps=150, cap_bps=900,
    )  # fmt: skip
    under_way()
    before, paid = dollar.balanceOf(quote.holder), []

    def claimed():
        found = event(claim(opened, quote), "ClaimPaid")
        paid.append(found["amount"])
        assert dollar.balanceOf(quote.holder) == before + sum(paid)
        assert books().locked == (0 if found["isFinal"] else quote.maximum - sum(paid))
        return found["fired"], found["grossBps"], found["amount"] // 10**5, found["isFinal"]

    tell_watch(0, breached_at=1)
    assert claimed() == (1, 100, 0, False)
    tell_watch(0, breached_at=1, longest=61)
    assert claimed() == (3, 400, 250, False)
    tell_cargo(damaged=50)
    assert claimed() == (7, 800, 400, False)
    tell_cargo(damaged=50, lost=9_000)
    assert claimed() == (15, 5_800, 250, False)
    arrived = opened.deliver_by + 2 * DAY
    tell(shipped_at=opened.ship_by, delivered_at=arrived, as_of=arrived)
    tx = claim(opened, quote)
    ended = {"policyId": event(tx, "PolicyExpired")["policyId"], "fired": 31, "grossBps": 5_900}
    assert event(tx, "PolicyExpired") == ended
    assert record_of(quote)[0] == state.PAID
    assert (sum(paid), books().locked, books().liabilities) == (quote.maximum, 0, 0)


@pytest.mark.parametrize("deductible", [500, 501, 2**16 - 1])
def test_what_the_deductible_eats_is_never_paid(
    deductible, opened, take_out, under_way, claim, tell, tell_watch, event, record_of, state
):
    quote = take_out(("LEVEL", 500), deductible_bps=deductible)
    under_way()
    tell_watch(0, breached_at=1)
    tx = claim(opened, quote)
    assert event(tx, "ClaimPaid")["amount"] == 0
    assert not {"PayoutMade", "CoverRated"} & set(tx.events.keys())
    tell(shipped_at=opened.ship_by, delivered_at=opened.deliver_by, as_of=opened.deliver_by)
    claim(opened, quote)
    assert record_of(quote)[0] == state.EXPIRED


def test_shares_are_rounded_over_all_payments_together(
    source, make_order, open_order, make_quote, insure, pack, claim, tell, tell_watch, dollar, pool
):
    order = make_order(source=source.address, amount=9_999)
    open_order(order)
    perils = pack(*(("LEVEL", 5, 0, watch) for watch in range(4)))
    quote = make_quote(order, perils=perils, plan=PLAN, maximum=2_000)
    insure(order, quote)
    held = dollar.balanceOf(pool)
    tell(shipped_at=order.ship_by, as_of=order.ship_by)
    for watch in range(4):
        tell_watch(watch, breached_at=1)
        claim(order, quote)
        assert dollar.balanceOf(pool) == held - 9_999 * 5 * (watch + 1) // 10_000


def test_a_policy_of_which_no_unit_was_paid_expires(
    source, make_order, open_order, make_quote, insure, claim, tell, record_of, state
):
    order = make_order(source=source.address, amount=99)
    open_order(order)
    quote = make_quote(order, grace_days=0)
    insure(order, quote)
    arrived = order.deliver_by + 1
    tell(shipped_at=order.ship_by, delivered_at=arrived, as_of=arrived)
    claim(order, quote)
    assert record_of(quote)[0] == state.EXPIRED


def test_the_insurer_is_rated_once_for_a_policy_by_its_first_payment(
    opened, take_out, under_way, claim, tell_watch, credit, ids
):
    quote = take_out(*(("LEVEL", 100, 0, watch) for watch in range(3)), deductible_bps=150)
    under_way()
    rated = []
    for watch in range(3):
        tell_watch(watch, breached_at=1)
        rated.append("CoverRated" in claim(opened, quote).events)
    assert rated == [False, True, False]


@pytest.mark.parametrize("period", [0, 1, 10 * DAY])
def test_stays_active_until_its_reporting_period_is_over(
    period, insurance, opened, take_out, under_way, claim, tell, tell_cargo, event, policy_id,
    record_of, state, reverts,
):  # fmt: skip
    quote = take_out(("DAMAGE", 500, 1), ("LOSS", 500, 1), reporting_period=period)
    under_way()
    arrived = opened.deliver_by
    tell(shipped_at=opened.ship_by, delivered_at=arrived, as_of=arrived + period)
    tx = claim(opened, quote)
    assert event(tx, "ClaimPaid")["isFinal"] is False
    assert event(tx, "ClaimPaid")["fired"] == DELAY
    with reverts(insurance, "CargoInsurance_NothingToDecide", policy_id(quote)):
        claim(opened, quote)
    tell_cargo(damaged=1)
    assert event(claim(opened, quote), "ClaimPaid")["isFinal"] is False
    tell(shipped_at=opened.ship_by, delivered_at=arrived, as_of=arrived + period + 1)
    tx = claim(opened, quote)
    assert event(tx, "PolicyExpired")["fired"] == 1 | DELAY
    assert record_of(quote)[0] == state.PAID
    tell_cargo(damaged=1, lost=9_000)
    with reverts(insurance, "CargoInsurance_PolicyNotActive", policy_id(quote), int(state.PAID)):
        claim(opened, quote)


@pytest.mark.parametrize(
    "perils", [[("DAMAGE", 100, 1)], [("DAMAGE", 2_000, 1), ("LOSS", 100, 1)]], ids=["all", "cap"]
)
def test_ends_before_its_reporting_period_once_nothing_more_can_come(
    perils, opened, take_out, under_way, claim, tell, tell_cargo, event
):
    quote = take_out(*perils, reporting_period=90 * DAY, cap_bps=2_000)
    under_way()
    tell_cargo(damaged=1)
    assert event(claim(opened, quote), "ClaimPaid")["isFinal"] is False
    arrived = opened.deliver_by
    tell(shipped_at=opened.ship_by, delivered_at=arrived, as_of=arrived)
    assert event(claim(opened, quote), "PolicyExpired")["fired"] == 1 | DELAY


def test_goods_under_another_plan_are_not_covered(
    opened, take_out, under_way, claim, tell_watch, event, record_of, state
):
    quote = take_out(("LEVEL", 500))
    under_way()
    tell_watch(0, breached_at=1, plan=OTHER_PLAN)
    assert event(claim(opened, quote), "PremiumReturned")["amount"] == quote.premium
    assert record_of(quote)[0] == state.VOID


def test_a_quote_without_plan_leaves_the_watches_open(
    opened, take_out, under_way, claim, tell_watch, tell_cargo, event
):
    quote = take_out(("LOSS", 500, 1), plan=bytes(32))
    under_way()
    tell_watch(0, plan=OTHER_PLAN)
    tell_cargo(lost=1)
    assert event(claim(opened, quote), "ClaimPaid")["amount"] == 50 * DOLLAR


LATER = {
    "another plan": {"tell_watch": ((1,), {"plan": OTHER_PLAN})},
    "not shipped": {"tell": ((), {"as_of": 2**40 - 1})},
}


@pytest.mark.parametrize("later", LATER)
@pytest.mark.parametrize("how", ["paid", "reserved"])
def test_cover_that_was_attached_stays_so_whatever_its_source_says_later(
    how, later, request, insurance, opened, make_quote, take_out, insure, under_way, claim, tell,
    tell_watch, books, operator, record_of, state,
):  # fmt: skip
    """A pool that unlocked a whole maximum after paying of it would lack it for other policies."""
    quote = take_out(("LEVEL", 500), bps_per_day=100, cap_bps=2_000)
    other = make_quote(opened)
    insure(opened, other)
    under_way()
    if how == "paid":
        tell_watch(0, breached_at=1)
        claim(opened, quote)
    else:
        tell(shipped_at=opened.ship_by, as_of=opened.deliver_by + 9 * DAY)
        insurance.reserve(astuple(opened), astuple(quote), operator)
    locked = books().locked
    positional, named = next(iter(LATER[later].values()))
    request.getfixturevalue(next(iter(LATER[later])))(*positional, **named)
    tell(shipped_at=0 if later == "not shipped" else opened.ship_by, as_of=opened.refund_after + 1)
    claim(opened, quote)
    assert record_of(quote)[0] != state.VOID
    assert books().reserved == 0
    assert books().locked == locked - (quote.maximum - (50 * DOLLAR if how == "paid" else 0))


@pytest.mark.parametrize("is_fired_before", [False, True])
def test_an_order_that_its_parties_ended_pays_no_further_claim(
    is_fired_before, opened, take_out, claim, tell, tell_watch, agree, keys, event, dollar,
    record_of, state, books,
):  # fmt: skip
    quote = take_out(("LEVEL", 500, 0, 0), ("LEVEL", 500, 0, 1))
    tell(shipped_at=record_of(quote)[1], as_of=opened.ship_by)
    tell_watch(7)
    if is_fired_before:
        tell_watch(0, breached_at=1)
        claim(opened, quote)
    agree(opened, 5_000, buyer=keys.buyer, seller=keys.seller)
    before = dollar.balanceOf(quote.holder)
    tell_watch(0, breached_at=1)
    tell_watch(1, breached_at=1)
    tx = claim(opened, quote)
    assert event(tx, "PolicyExpired")["fired"] == int(is_fired_before)
    assert dollar.balanceOf(quote.holder) == before
    assert record_of(quote)[0] == (state.PAID if is_fired_before else state.EXPIRED)
    assert (books().locked, books().liabilities) == (0, 0)


def test_a_peril_on_the_way_leaves_its_order_open(
    escrow, opened, take_out, under_way, claim, tell_watch, order_id
):
    quote = take_out(("LEVEL", 500))
    under_way()
    tell_watch(0, breached_at=1)
    tx = claim(opened, quote)
    assert not {"OrderReleased", "OrderRefunded", "TradeRated"} & set(tx.events.keys())
    assert escrow.isOpen(order_id(opened))


def test_an_order_with_clauses_ends_before_anything_is_paid_with_its_delay(
    insurance, escrow, source, make_order, open_order, make_quote, insure, pack, claim, tell,
    tell_watch, event, operator, reverts,
):  # fmt: skip
    clauses = Clauses(on_shipped=1_000)
    order = make_order(source=source.address, clauses=clauses.struct_hash())
    open_order(order, clauses)
    perils = pack(("LEVEL", 300, 0, 0), ("LEVEL", 300, 0, 1))
    quote = make_quote(order, perils=perils, plan=PLAN)
    insure(order, quote)
    tell(shipped_at=order.ship_by, as_of=order.ship_by + DAY)
    tell_watch(0, breached_at=1)
    assert event(claim(order, quote), "ClaimPaid")["amount"] == 30 * DOLLAR
    tell_watch(1, breached_at=1)
    arrived = order.deliver_by
    tell(shipped_at=order.ship_by, delivered_at=arrived, as_of=arrived)
    with reverts(insurance, "CargoInsurance_OrderNotEnded", quote.order_id):
        claim(order, quote)
    escrow.conclude(astuple(order), astuple(clauses), operator)
    assert event(claim(order, quote), "ClaimPaid")["amount"] == 30 * DOLLAR


@pytest.fixture
def sell_note(world, keys, ids, order_id, domains, now, operator):
    """Sells the claim on an order to the bank for 700 dollars."""

    def sell(order):
        terms = 700 * DOLLAR, 0, 0, now() + DAY, bytes(32)
        offer = Offer(order_id(order), keys.bank.address, ids.bank, *terms)
        signed = [offer.sign(key, domains.notes) for key in (keys.bank, keys.seller)]
        world.notes.sell(astuple(order), astuple(offer), *signed, operator)

    return sell


def test_the_holder_of_the_orders_note_holds_cover(
    insurance, opened, make_quote, insure, sell_note, claim, tell, order_id, keys, ids, event,
    dollar, reverts,
):  # fmt: skip
    quote = make_quote(opened, holder=keys.bank.address)
    with reverts(insurance, "CargoInsurance_NotParty", keys.bank.address, order_id(opened)):
        insure(opened, quote)
    sell_note(opened)
    insure(opened, quote)
    before = dollar.balanceOf(keys.bank.address)
    arrived = opened.deliver_by + 10 * DAY
    tell(shipped_at=opened.ship_by, delivered_at=arrived, as_of=arrived)
    tx = claim(opened, quote)
    assert event(tx, "CoverRated")["holderId"] == ids.seller
    # The order ends with the claim, and its price goes to the bank too.
    assert dollar.balanceOf(keys.bank.address) == before + opened.amount + 70 * DOLLAR


def test_nobody_holds_cover_of_an_order_without_note(
    insurance, opened, make_quote, domains, keys, operator, reverts
):
    nobody = "0x" + "0" * 40
    quote = make_quote(opened, holder=nobody)
    by_insurer = quote.sign(keys.insurer, domains.insurance)
    with reverts(insurance, "CargoInsurance_InvalidSignature", nobody):
        signed = by_insurer[:64] + b"\x00", keys.insurer.address, by_insurer
        insurance.insure(astuple(opened), astuple(quote), *signed, operator)


@pytest.mark.parametrize("named", ["bank", "holder", "note", "note that was sold", "note's heir"])
def test_claims_go_to_the_beneficiary(
    named, notes, opened, take_out, under_way, claim, tell_watch, tell, sell_note, keys, sender,
    event, order_id, dollar,
):  # fmt: skip
    nobody = "0x" + "0" * 40
    beneficiary = {"bank": keys.bank.address, "holder": nobody}.get(named, notes.address)
    quote = take_out(
        ("LEVEL", 500, 0, 0),
        ("LEVEL", 500, 0, 1),
        beneficiary=beneficiary,
        holder=keys.buyer.address,
    )
    under_way()
    tell_watch(0, breached_at=1)
    first, second = (keys.bank,) * 2 if named == "bank" else (keys.buyer,) * 2
    if "note" in named and named != "note":
        sell_note(opened)
        first = second = keys.bank
    assert event(claim(opened, quote), "ClaimPaid")["payee"] == first.address
    if named == "note's heir":
        note = int.from_bytes(order_id(opened))
        notes.transferFrom(keys.bank.address, keys.treasury.address, note, sender(keys.bank))
        second = keys.treasury
    before = dollar.balanceOf(second.address)
    tell_watch(1, breached_at=1)
    paid = event(claim(opened, quote), "ClaimPaid")
    assert paid["payee"] == second.address
    assert dollar.balanceOf(second.address) == before + 50 * DOLLAR


def test_a_premium_goes_back_to_who_paid_it_and_not_to_the_beneficiary(
    opened, take_out, claim, tell, keys, event
):
    quote = take_out(("LEVEL", 500), beneficiary=keys.bank.address)
    tell(as_of=opened.ship_by + 1)
    returned = {"payee": opened.buyer, "amount": quote.premium}
    assert event(claim(opened, quote), "PremiumReturned") == returned


def test_a_beneficiary_who_cannot_be_paid_blocks_nobody(
    BlockingTokenMock, list_pool, source, make_order, open_order, make_quote, insure, pack, claim,
    tell, tell_watch, keys, sender, operator, event,
):  # fmt: skip
    token, pool = list_pool(BlockingTokenMock)
    pool.deposit(100 * DOLLAR, keys.insurer.address, sender(keys.insurer))
    order = make_order(token=token.address, source=source.address, amount=500 * DOLLAR)
    open_order(order)
    quote = make_quote(
        order, pool=pool.address, perils=pack(("LEVEL", 500)), plan=PLAN,
        beneficiary=keys.bank.address,
    )  # fmt: skip
    insure(order, quote)
    token.setBlocked(keys.bank.address, True, operator)
    tell(shipped_at=order.ship_by, as_of=order.ship_by)
    tell_watch(0, breached_at=1)
    deferred = {"payee": keys.bank.address, "amount": 25 * DOLLAR}
    assert event(claim(order, quote), "PaymentDeferred") == deferred
    assert pool.deferredOf(keys.bank.address) == 25 * DOLLAR


@pytest.fixture
def attempt(opened, operator):
    """Claims or reserves, where there is something to claim or reserve."""

    def go(act, quote):
        arguments = astuple(opened), astuple(quote), operator
        try:
            act.call(*arguments)
        except VirtualMachineError as failure:
            if failure.__context__.args[0]["data"][:10] not in NOTHING:
                raise
        else:
            act(*arguments)

    return go


def worth(quote, amount, fired, days_late):
    """What causes are worth, one after the other, as the quote says it."""
    shares = [(quote.perils >> (64 * i + 16)) % 2**16 for i in range(4) if fired >> i & 1]
    gross = sum(shares) + max(days_late - quote.grace_days, 0) * quote.bps_per_day
    net = gross - quote.deductible_bps
    return 0 if net < 0 else amount * min(net, quote.cap_bps) // 10_000


@pytest.mark.parametrize("seed", range(12))
def test_whoever_claims_when_the_same_facts_pay_the_same(
    seed, insurance, opened, take_out, claim, tell, tell_watch, tell_cargo, tell_customs, chain,
    dollar, books, record_of, state, attempt, escrow,
):  # fmt: skip
    """Facts come in some order; claims and reserves, which may fail, are made in between or not.

    Only what is first known after the reporting period depends on who ends the policy when: it
    counts if it comes first.
    """
    random = Random(seed)
    perils = random.sample(
        [("LEVEL", 130), ("RUN", 220, 60), ("LOSS", 3_100, 100), ("DAMAGE", 400, 100),
         ("REFUSAL", 700), ("EXPOSURE", 90, 60, 1)], 4,
    )  # fmt: skip
    quote = take_out(
        *perils, grace_days=2, bps_per_day=random.choice([0, 37]), reporting_period=5 * DAY,
        deductible_bps=random.choice([0, 150, 900]), cap_bps=random.choice([400, 2_000, 9_000]),
    )  # fmt: skip
    late = random.choice([0, 1, 9, 31, None])
    ends_at = opened.refund_after if late is None else opened.deliver_by + late * DAY
    over = max(ends_at, opened.refund_after + 1 if late in (None, 31) else 0)
    journey = [
        lambda: tell(shipped_at=opened.ship_by, as_of=opened.deliver_by + 3 * DAY * bool(late)),
        lambda: tell(
            shipped_at=opened.ship_by, delivered_at=0 if late is None else ends_at, as_of=over
        ),
    ]
    events = {
        "LEVEL": lambda: tell_watch(0, breached_at=1),
        "RUN": lambda: tell_watch(0, breached_at=1, longest=61),
        "EXPOSURE": lambda: tell_watch(1, exposure=61),
        "LOSS": lambda: tell_cargo(lost=100, damaged=100),
        "DAMAGE": lambda: tell_cargo(damaged=100),
        "REFUSAL": lambda: tell_customs(REFUSED, final_at=1, as_of=2),
    }
    names = [kind for kind in events if random.random() < 0.6]
    facts = [events[kind] for kind in names]
    if {"LOSS", "DAMAGE"} <= set(names):
        facts.remove(events["DAMAGE"])
    if {"LEVEL", "RUN"} <= set(names):
        facts.remove(events["LEVEL"])
    happened = set(names) | ({"LEVEL"} if "RUN" in names else set())
    happened |= {"DAMAGE"} if "LOSS" in names else set()
    happened |= {"LOSS"} if late in (None, 31) else set()
    fired = sum(1 << i for i, peril in enumerate(perils) if peril[0] in happened)
    days_late = {None: 30, 31: 30}.get(late, late)
    expected = worth(quote, opened.amount, fired, days_late)

    tell_watch(7)
    before = dollar.balanceOf(quote.holder)
    chain.snapshot()
    for often in (0.0, 0.5, 1.0):
        told = [journey[0], *random.sample(facts, len(facts))]
        told.insert(random.randint(1, len(told)), journey[1])
        for fact in told:
            fact()
            if record_of(quote)[0] == state.ACTIVE and random.random() < often:
                for act in (insurance.reserve, insurance.claim):
                    attempt(act, quote)
        tell(
            shipped_at=opened.ship_by, delivered_at=0 if late is None else ends_at,
            as_of=over + 5 * DAY + 1,
        )  # fmt: skip
        if record_of(quote)[0] == state.ACTIVE:
            claim(opened, quote)
        assert record_of(quote)[0] == (state.PAID if expected else state.EXPIRED), often
        refunded = opened.amount if escrow.recordOf(quote.order_id)[0] == 3 else 0
        assert dollar.balanceOf(quote.holder) == before + expected + refunded, often
        assert (books().locked, books().liabilities, books().reserved) == (0, 0, 0), often
        chain.revert()
