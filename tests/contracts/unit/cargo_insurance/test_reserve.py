"""An overdue shipment lowers the price at which shares leave before its claim does.

The insurer's first loss is taken out first, so that every dollar reserved is the shareholders'.
"""

from dataclasses import astuple, replace

import pytest

from entrepot.core.messages import Clauses

DAY = 86_400
DOLLAR = 10**6
PLAN = b"\x77" * 32


@pytest.fixture
def exposed(pool, keys, sender):
    """A pool without first loss."""
    pool.withdrawFirstLoss(500 * DOLLAR, keys.insurer.address, sender(keys.insurer))


@pytest.fixture
def policy(exposed, opened, make_quote, insure, pack):
    """1 % a day after 3 days, at most 20 %, and 5 % where it is warm, on 1,000 dollars."""
    quote = make_quote(opened, perils=pack(("LEVEL", 500)), plan=PLAN)
    insure(opened, quote)
    return quote


@pytest.fixture(scope="session")
def reserve(world, keys, sender):
    """Reserves for a policy, as a stranger; gives the transaction."""

    def act(order, quote):
        return world.insurance.reserve(astuple(order), astuple(quote), sender(keys.stranger))

    return act


@pytest.fixture
def overdue(opened, tell, tell_watch):
    """Tells that the goods, shipped in time, are not delivered so many seconds too late."""

    def go(seconds, **told):
        tell_watch(7)
        tell(shipped_at=opened.ship_by, as_of=opened.deliver_by + seconds, **told)

    return go


@pytest.fixture
def refuses(insurance, reserve, policy_id, reverts):
    """Shows that there is nothing to reserve."""

    def check(order, quote):
        with reverts(insurance, "CargoInsurance_NothingToReserve", policy_id(quote)):
            reserve(order, quote)

    return check


def test_reserves_once_for_each_further_day(
    opened, policy, overdue, reserve, refuses, event, policy_id, record_of, books, pool
):
    assets = pool.totalAssets()
    overdue(3 * DAY)
    refuses(opened, policy)
    for day in (4, 5, 6, 10, 23):
        overdue((day - 1) * DAY + 1)
        tx = reserve(opened, policy)
        expected = (day - 3) * 100
        reserved = {"policyId": policy_id(policy), "reservedBps": expected, "daysLate": day}
        assert event(tx, "PolicyReserved") == reserved
        assert record_of(policy)[4:] == (0, 0, expected)
        assert books().reserved == expected * 10**5
        assert pool.totalAssets() == assets - expected * 10**5
        refuses(opened, policy)
        overdue(day * DAY)
        refuses(opened, policy)
    # The cap is reached; refund-after is a week away.
    overdue(29 * DAY)
    refuses(opened, policy)


def test_reserves_nothing_while_an_upheld_tender_would_pay_nothing(
    opened, policy, overdue, refuses, reserve, event
):
    overdue(20 * DAY, tendered_at=opened.deliver_by + 3 * DAY)
    refuses(opened, policy)
    overdue(20 * DAY, tendered_at=opened.deliver_by + 3 * DAY + 1)
    assert event(reserve(opened, policy), "PolicyReserved")["reservedBps"] == 100
    overdue(20 * DAY)
    assert event(reserve(opened, policy), "PolicyReserved")["reservedBps"] == 1_700
    overdue(21 * DAY, tendered_at=opened.deliver_by + 3 * DAY + 1)
    refuses(opened, policy)


WITHOUT_DELAY = {
    "not shipped": lambda o: {"as_of": o.ship_by},
    "not shipped by ship-by": lambda o: {"as_of": o.refund_after},
    "shipped too late": lambda o: {"shipped_at": o.ship_by + 1, "as_of": o.refund_after},
    "shipped before inception": lambda o: {"shipped_at": 1, "as_of": o.refund_after},
    "in time": lambda o: {"shipped_at": o.ship_by, "as_of": o.deliver_by},
    "delivered": lambda o: {
        "shipped_at": o.ship_by, "delivered_at": o.refund_after, "as_of": o.refund_after,
    },
}  # fmt: skip


@pytest.mark.parametrize("facts", WITHOUT_DELAY)
def test_reverts_given_the_goods_are(facts, opened, policy, tell, tell_watch, refuses, pool):
    tell_watch(7)
    tell(**WITHOUT_DELAY[facts](opened))
    assets = pool.totalAssets()
    refuses(opened, policy)
    assert pool.totalAssets() == assets


def test_reverts_given_the_goods_are_under_another_plan(
    opened, policy, overdue, tell_watch, refuses
):
    overdue(20 * DAY)
    tell_watch(7, plan=b"\x78" * 32)
    refuses(opened, policy)


def test_reverts_given_the_order_was_agreed_on(
    opened, policy, tell, tell_watch, record_of, agree, keys, refuses
):
    tell_watch(7)
    tell(shipped_at=record_of(policy)[1], as_of=opened.deliver_by + 20 * DAY)
    agree(opened, 5_000, buyer=keys.buyer, seller=keys.seller)
    refuses(opened, policy)


def test_reverts_given_the_delay_was_decided(opened, policy, insure, overdue, claim, refuses):
    longer = replace(policy, bps_per_day=10, reporting_period=90 * DAY)
    insure(opened, longer)
    overdue(30 * DAY + 1)
    claim(opened, longer)
    refuses(opened, longer)


def test_reverts_when_cover_has_no_delay(opened, make_quote, insure, overdue, refuses):
    quote = make_quote(opened, bps_per_day=0)
    insure(opened, quote)
    overdue(20 * DAY)
    refuses(opened, quote)


def test_reverts_given_the_policy_is_not_active(
    insurance, opened, make_quote, reserve, overdue, policy_id, state, reverts
):
    quote = make_quote(opened)
    overdue(20 * DAY)
    with reverts(insurance, "CargoInsurance_PolicyNotActive", policy_id(quote), int(state.NONE)):
        reserve(opened, quote)


def test_reverts_when_order_is_another(
    insurance, opened, policy, overdue, reserve, order_id, reverts
):
    overdue(20 * DAY)
    other = replace(opened, deliver_by=1)
    with reverts(insurance, "CargoInsurance_WrongOrder", order_id(other), order_id(opened)):
        reserve(other, policy)


# Where a reserve of 7 % meets its end: the facts, and what is paid in all.
ENDS = {
    "never delivered": ({"as_of": 31}, 200 * DOLLAR),
    "delivered later": ({"delivered_at": 15, "as_of": 15}, 120 * DOLLAR),
    "delivered as reserved": ({"delivered_at": 10, "as_of": 10}, 70 * DOLLAR),
    "tendered before and upheld": ({"delivered_at": 5, "as_of": 15}, 20 * DOLLAR),
    "tendered in time and upheld": ({"delivered_at": 0, "as_of": 15}, 0),
}


@pytest.mark.parametrize("is_warm", [False, True])
@pytest.mark.parametrize("end", ENDS)
def test_the_price_after_the_claim_is_that_without_a_reserve(
    end, is_warm, opened, policy, overdue, reserve, claim, tell, tell_watch, pool, books, chain
):
    days, paid = ENDS[end]
    facts = {name: opened.deliver_by + day * DAY for name, day in days.items()}
    facts["as_of"] += 1
    paid = min(paid + 50 * DOLLAR * is_warm, 200 * DOLLAR)
    assets = pool.totalAssets()
    chain.snapshot()
    for is_reserving in (False, True):
        overdue(9 * DAY + 1)
        if is_reserving:
            reserve(opened, policy)
            assert pool.totalAssets() == assets - 70 * DOLLAR
        if is_warm:
            tell_watch(0, breached_at=1)
            claim(opened, policy)
            # What is paid of a reserve is not expected any more.
            assert books().reserved == 20 * DOLLAR * is_reserving
        tell(shipped_at=opened.ship_by, **facts)
        claim(opened, policy)
        assert (books().reserved, books().locked) == (0, 0)
        assert pool.totalAssets() == assets - paid
        chain.revert()


def test_what_is_paid_above_the_reserve_uses_it_up_and_the_next_adds_to_what_was_paid(
    opened, policy, overdue, reserve, refuses, claim, tell_watch, books, record_of, pool
):
    assets = pool.totalAssets()
    overdue(4 * DAY + 1)
    reserve(opened, policy)
    assert books().reserved == 20 * DOLLAR
    tell_watch(0, breached_at=1)
    claim(opened, policy)
    assert (books().reserved, pool.totalAssets()) == (0, assets - 50 * DOLLAR)
    overdue(4 * DAY + 2)
    reserve(opened, policy)
    assert record_of(policy)[6] == 700
    assert (books().reserved, pool.totalAssets()) == (20 * DOLLAR, assets - 70 * DOLLAR)
    refuses(opened, policy)


def test_an_agreed_end_gives_the_reserve_back(
    opened, policy, tell, tell_watch, reserve, claim, agree, keys, record_of, pool, books
):
    assets = pool.totalAssets()
    tell_watch(7)
    tell(shipped_at=record_of(policy)[1], as_of=opened.deliver_by + 20 * DAY)
    reserve(opened, policy)
    agree(opened, 5_000, buyer=keys.buyer, seller=keys.seller)
    claim(opened, policy)
    assert (books().reserved, pool.totalAssets()) == (0, assets)


def test_reserves_before_an_order_with_clauses_has_ended(
    exposed, source, make_order, open_order, make_quote, insure, tell, reserve, event
):
    clauses = Clauses(on_shipped=1_000)
    order = make_order(source=source.address, clauses=clauses.struct_hash())
    open_order(order, clauses)
    quote = make_quote(order, deductible_bps=200)
    insure(order, quote)
    tell(shipped_at=order.ship_by, as_of=order.deliver_by + 20 * DAY)
    assert event(reserve(order, quote), "PolicyReserved")["reservedBps"] == 1_500
