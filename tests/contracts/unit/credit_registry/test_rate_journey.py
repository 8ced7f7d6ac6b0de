from dataclasses import astuple, replace
from random import Random

import pytest

from entrepot.core.credit import POINT, SETTLING, LegOutcome, TradeOutcome
from entrepot.core.liability import Leg
from entrepot.core.messages import Clauses
from entrepot.core.roles import Role, mask
from entrepot.core.settlement import NO_CUSTOMS, Customs, CustomsState

DAY = 86_400
WEIGHT = 10  # of an order over 1,000 dollars
NONE = (0,) * 6
KEPT, LATE, EXCURSION = LegOutcome
CREATED, IN_TRANSIT, TENDERED, DISPUTED, DELIVERED = range(1, 6)
OPEN, RELEASED, REFUNDED, AGREED, ARBITRATED = range(1, 6)
# States of an order that may end with its goods on the way, and whether its seller conceded it.
ENDS = [(RELEASED, False), (REFUNDED, True), (REFUNDED, False), (ARBITRATED, False)]


def _points(*numbers):
    return tuple(int(number * POINT) for number in numbers)


@pytest.fixture
def rated():
    """What a transaction says of the legs: who, how, and which share was lost."""

    def read(tx):
        found = tx.events["LegRated"]
        assert [one["leg"] for one in found] == list(range(1, len(found) + 1))
        return [(one["carrierId"], one["outcome"], one["lossBps"]) for one in found]

    return read


@pytest.fixture
def three_legs(ended, ids, journey_of):
    """The journey of an order over two carriers and a warehouse between, all in time."""
    start = ended.ship_by
    legs = (
        Leg(ids.carrier, start, start + 5 * DAY),
        Leg(ids.warehouse, start + 5 * DAY, start + 8 * DAY),
        Leg(ids.second_carrier, start + 8 * DAY),
    )
    return journey_of(legs, delivered_at=ended.deliver_by)


def test_rates_who_took_the_goods_in_time(
    ended, one_leg, rate_journey, ratings, evidence_of, event, order_id, ids, now, check
):
    assert not ratings.isJourneyRated(order_id(ended))
    tx = rate_journey(ended, one_leg(ended))
    assert event(tx, "LegRated") == {
        "orderId": order_id(ended),
        "carrierId": ids.carrier,
        "sellerId": ids.seller,
        "leg": 1,
        "weight": WEIGHT,
        "outcome": KEPT,
        "lossBps": 0,
    }
    assert set(tx.events.keys()) == {"LegRated"}
    assert ratings.isJourneyRated(order_id(ended))
    kept = WEIGHT * POINT, 0, now(), 1, mask(Role.CARRIER), ids.seller + 1
    assert evidence_of(ids.carrier, Role.CARRIER) == kept
    # Who traded is rated for the trade, by the escrow.
    assert evidence_of(ids.seller, Role.SELLER) == evidence_of(ids.buyer, Role.BUYER) == NONE
    check()


@pytest.mark.parametrize("caller", ["seller", "carrier", "stranger"])
def test_it_does_not_matter_who_asks(
    caller, ended, one_leg, rate_journey, evidence_of, ids, keys, sender
):
    rate_journey(ended, one_leg(ended), sender(getattr(keys, caller)))
    assert evidence_of(ids.carrier, Role.CARRIER)[:2] == (WEIGHT * POINT, 0)


# Seconds by which the goods came after deliver-by, and by which the leg's own deadline is after
# deliver-by, `None` for no own deadline; then the outcome.
DEADLINES = [
    (0, None, KEPT),
    (1, None, LATE),
    (0, -1, LATE),
    (0, 0, KEPT),
    (0, 9, KEPT),
    (10, 9, LATE),
    # Goods that are late although every leg kept its deadline are the first leg's.
    (1, 9, LATE),
]


@pytest.mark.parametrize(("after", "due", "outcome"), DEADLINES)
def test_a_leg_is_late_by_its_own_deadline(
    after, due, outcome, ended, one_leg, rate_journey, rated, evidence_of, ids
):
    due_by = 0 if due is None else ended.deliver_by + due
    leg = Leg(ids.carrier, ended.ship_by, due_by)
    journey = one_leg(ended, legs=(leg,), delivered_at=ended.deliver_by + after)
    assert rated(rate_journey(ended, journey)) == [(ids.carrier, outcome, 0)]
    points = (WEIGHT, 0) if outcome is KEPT else (WEIGHT / 2, WEIGHT / 2)
    assert evidence_of(ids.carrier, Role.CARRIER)[:2] == _points(*points)


def test_goods_that_left_late_are_the_sellers_delay(ended, one_leg, rate_journey, rated, ids):
    late = Leg(ids.carrier, ended.ship_by + 3 * DAY)
    journey = one_leg(ended, legs=(late,), delivered_at=ended.deliver_by + 3 * DAY)
    assert rated(rate_journey(ended, journey)) == [(ids.carrier, KEPT, 0)]


@pytest.mark.parametrize("late", range(3))
def test_of_three_legs_only_the_one_that_adds_the_delay_is_late(
    late, ended, three_legs, rate_journey, rated, ids, check
):
    def moved(time, number):
        return time + DAY * (number > late)

    legs = tuple(replace(leg, since=moved(leg.since, i)) for i, leg in enumerate(three_legs.legs))
    arrived = moved(three_legs.delivered_at, 3)
    journey = replace(three_legs, legs=legs, delivered_at=arrived)
    outcomes = [LATE if i == late else KEPT for i in range(3)]
    carriers = ids.carrier, ids.warehouse, ids.second_carrier
    assert rated(rate_journey(ended, journey)) == [
        (who, outcome, 0) for who, outcome in zip(carriers, outcomes, strict=True)
    ]
    check()


# What watches saw, each when it first breached, seconds of its longest run and when that began,
# in days after shipping; then the legs with an excursion. They begin on days 0, 5 and 8, of 20.
SIGHTS = [
    ([], []),
    ([(0, 0, 0)], []),
    ([(1, 0, 0)], [1]),
    ([(5, 0, 0)], [2]),
    ([(4.999, 0, 0)], [1]),
    ([(8, 600, 8)], [3]),
    # The longest run counts, not the first.
    ([(1, 600, 6)], [2]),
    ([(6, 600, 1)], [1]),
    # Each watch for itself.
    ([(1, 0, 0), (2, 600, 9)], [1, 3]),
    ([(0, 0, 0), (6, 600, 6), (6, 0, 0)], [2]),
    # Before the goods were shipped, and after they were delivered.
    ([(-1, 0, 0)], []),
    ([(20, 0, 0)], [3]),
    ([(20.001, 0, 0)], []),
    ([(1, 600, 20.001)], []),
]


@pytest.mark.parametrize(("sights", "warm"), SIGHTS)
def test_a_leg_fails_on_which_a_watch_saw_its_longest_excursion(
    sights, warm, ended, three_legs, rate_journey, rated, evidence_of, ids, check
):
    def day(number):
        return int(ended.ship_by + number * DAY) if number else 0

    watches = {
        watch: (day(breached), longest, longest, day(began), 0, 0)
        for watch, (breached, longest, began) in enumerate(sights)
    }
    rate = rate_journey(ended, replace(three_legs, watches=watches))
    assert [number for number, (_, how, _) in enumerate(rated(rate), 1) if how == EXCURSION] == warm
    for number, who in enumerate((ids.carrier, ids.warehouse, ids.second_carrier), 1):
        points = (0, WEIGHT) if number in warm else (WEIGHT, 0)
        assert evidence_of(who, Role.CARRIER)[:2] == _points(*points)
    check()


def test_the_last_watch_that_a_plan_can_have_counts_and_none_without_a_plan(
    ended, three_legs, rate_journey, rated, tell_journey, ratings, source, operator, chain
):
    warm = ended.ship_by + 1
    chain.snapshot()
    journey = replace(three_legs, watches={7: (warm, 0, 0, 0, 0, 0)})
    assert [how for _, how, _ in rated(rate_journey(ended, journey))] == [EXCURSION, KEPT, KEPT]
    chain.revert()
    tell_journey(three_legs)
    source.tellWatch(b"\0" * 32, 7, (warm, 0, 0, 0, 0, 0), operator)
    legs = [astuple(leg) for leg in three_legs.legs]
    tx = ratings.rateJourney(astuple(ended), legs, operator)
    assert [how for _, how, _ in rated(tx)] == [KEPT, KEPT, KEPT]


def test_an_excursion_weighs_more_than_a_delay_of_the_same_leg(
    ended, one_leg, rate_journey, rated, ids
):
    watches = {0: (ended.ship_by, 0, 0, 0, 0, 0)}
    journey = one_leg(ended, delivered_at=ended.deliver_by + DAY, watches=watches)
    assert rated(rate_journey(ended, journey)) == [(ids.carrier, EXCURSION, 0)]


# Share lost and damaged, each with its day; then the share of each leg.
LOSSES = [
    ((2_500, 1), (0, 0), (2_500, 0, 0)),
    ((0, 0), (2_500, 6), (0, 2_500, 0)),
    ((1_000, 1), (2_500, 9), (1_000, 0, 2_500)),
    ((1_000, 6), (2_500, 5), (0, 3_500, 0)),
    ((4_000, 8), (6_000, 20), (0, 0, 10_000)),
    # What the seller lost before, and the consignee afterwards, is no carrier's.
    ((1_000, -1), (2_500, 20.001), (0, 0, 0)),
]


@pytest.mark.parametrize(("lost", "damaged", "shares"), LOSSES)
def test_a_leg_answers_for_the_share_that_was_lost_or_damaged_on_it(
    lost, damaged, shares, ended, three_legs, rate_journey, rated, evidence_of, ids, check
):
    shares_at = [
        (share, int(ended.ship_by + day * DAY) if share else 0) for share, day in (lost, damaged)
    ]
    tx = rate_journey(ended, replace(three_legs, lost=shares_at[0], damaged=shares_at[1]))
    carriers = ids.carrier, ids.warehouse, ids.second_carrier
    assert rated(tx) == [(who, KEPT, share) for who, share in zip(carriers, shares, strict=True)]
    for who, share in zip(carriers, shares, strict=True):
        points = WEIGHT * (1 - share / 10_000), 4 * WEIGHT * share / 10_000
        assert evidence_of(who, Role.CARRIER)[:2] == _points(*points)
    check()


@pytest.mark.parametrize("lost_on", [1, 9])
def test_the_last_leg_answers_for_goods_that_were_neither_lost_before_nor_delivered(
    lost_on, ended, three_legs, rate_journey, rated, evidence_of, ids, check
):
    lost = 2_500, ended.ship_by + lost_on * DAY
    as_of = ended.deliver_by
    tx = rate_journey(ended, replace(three_legs, delivered_at=0, lost=lost, as_of=as_of))
    shares = [2_500, 0, 7_500] if lost_on == 1 else [0, 0, 10_000]
    assert [(how, share) for _, how, share in rated(tx)] == [(KEPT, share) for share in shares]
    last = shares[2] / 10_000
    points = WEIGHT * (1 - last), 4 * WEIGHT * last
    assert evidence_of(ids.second_carrier, Role.CARRIER)[:2] == _points(*points)
    check()


def test_who_carries_its_own_goods_is_not_rated_for_it(
    end_order, at, ids, journey_of, rate_journey, rated, evidence_of, check
):
    order, _ = end_order(carrier_id=ids.seller)
    at(order.refund_after + SETTLING, mine=True)
    start = order.ship_by
    legs = (Leg(ids.seller, start), Leg(ids.carrier, start + DAY), Leg(ids.seller, start + 2 * DAY))
    tx = rate_journey(order, journey_of(legs))
    # The events tell of it all the same, so that whoever reads them knows all legs.
    assert rated(tx) == [(ids.seller, KEPT, 0), (ids.carrier, KEPT, 0), (ids.seller, LATE, 10_000)]
    assert evidence_of(ids.seller, Role.CARRIER) == NONE
    assert evidence_of(ids.carrier, Role.CARRIER)[:2] == (WEIGHT * POINT, 0)
    check()


def test_a_carrier_that_holds_the_goods_twice_is_rated_twice_the_second_time_by_half(
    ended, three_legs, rate_journey, evidence_of, ids, check
):
    first, second, third = three_legs.legs
    legs = first, second, replace(third, custodian_id=ids.carrier)
    lost = 10_000, third.since
    rate_journey(ended, replace(three_legs, legs=legs, lost=lost))
    # A breach is divided by one more than the repetitions.
    good, bad, _, count, *_ = evidence_of(ids.carrier, Role.CARRIER)
    assert (good, bad, count) == (*_points(WEIGHT, 4 * WEIGHT / 2), 2)
    check()


def test_a_carrier_of_the_sellers_other_orders_weighs_less_each_time(
    end_order, at, one_leg, rate_journey, evidence_of, ids, check
):
    orders = [end_order()[0] for _ in range(3)]
    at(orders[-1].deliver_by + SETTLING, mine=True)
    for order in orders:
        rate_journey(order, one_leg(order))
    good, bad, _, count, *_ = evidence_of(ids.carrier, Role.CARRIER)
    assert (bad, count) == (0, 3)
    assert 0 <= WEIGHT * 7 // 4 * POINT - good + POINT // 2 < POINT // 1_000
    check()


# Customs' state and by how much its facts reach beyond the end of the appeal period; then whether
# its broker is rated, and for a refusal.
DECISIONS = [
    (CustomsState.NONE, 9, None),
    (CustomsState.DECLARED, 9, None),
    (CustomsState.HELD, 9, None),
    (CustomsState.RELEASED, 0, False),
    (CustomsState.REFUSED, 0, None),
    (CustomsState.REFUSED, 1, True),
    (CustomsState.APPEALED, 0, None),
    (CustomsState.APPEALED, 1, True),
]


@pytest.mark.parametrize("declarant", ["broker", "seller"])
@pytest.mark.parametrize(("state", "beyond", "is_refused"), DECISIONS)
def test_rates_the_broker_once_customs_has_decided_for_good(
    state, beyond, is_refused, declarant, ended, one_leg, rate_journey, evidence_of, event,
    order_id, ids, now, check,
):  # fmt: skip
    final = ended.deliver_by
    released_at = final if state is CustomsState.RELEASED else 0
    customs = Customs(state, released_at, final, 0, final + beyond)
    declarant_id = getattr(ids, declarant)
    tx = rate_journey(ended, one_leg(ended, customs=customs, declarant_id=declarant_id))
    if is_refused is None or declarant == "seller":
        assert "DeclarationRated" not in tx.events
        assert evidence_of(declarant_id, Role.CUSTOMS_BROKER) == NONE
    else:
        assert event(tx, "DeclarationRated") == {
            "orderId": order_id(ended),
            "brokerId": ids.broker,
            "sellerId": ids.seller,
            "weight": WEIGHT,
            "isRefused": is_refused,
        }
        points = (0, WEIGHT) if is_refused else (WEIGHT, 0)
        kept = *_points(*points), now(), 1, mask(Role.CUSTOMS_BROKER), ids.seller + 1
        assert evidence_of(ids.broker, Role.CUSTOMS_BROKER) == kept
    check()


@pytest.mark.parametrize("seed", range(12))
def test_any_journeys_of_any_orders_give_what_the_package_computes(
    seed, end_as, end_of, at, now, ids, journey_of, rate_journey, trade, rated, check
):
    """Its carriers sell and buy as well, and carry often for the same sellers."""
    random = Random(seed)
    people = [ids.carrier, ids.second_carrier, ids.warehouse, ids.broker, ids.seller]
    for _ in range(4):
        first = random.choice(people)
        after = random.choice([-random.randint(1, 40) * DAY, 0, 1, random.randint(1, 40) * DAY])
        state, is_conceded = random.choice(ENDS)
        order = end_as(state, after, is_conceded=is_conceded, carrier_id=first)
        outcome = random.choice(list(TradeOutcome))
        trade(first, random.choice(people), 40, outcome, random.randint(0, 99))
        since, legs = order.ship_by + random.randint(-2, 3) * DAY, []
        for who in [first, *random.choices(people, k=random.randrange(5))]:
            due_by = random.choice([0, since + random.randint(0, 9) * DAY])
            legs.append(Leg(who, since, due_by, random.randrange(2)))
            since += random.randint(0, 6) * DAY
        delivered_at = random.choice([0, since, since + random.randint(0, 40) * DAY])
        start, end = legs[0].since, delivered_at or since

        def some_time(start=start, end=end):
            return random.randint(start - DAY, end + DAY)

        lost = random.randint(0, 10_000)
        final = order.deliver_by
        journey = journey_of(
            tuple(legs),
            delivered_at=delivered_at,
            lost=(lost, some_time()),
            damaged=(random.randint(0, 10_000 - lost), some_time()),
            watches={
                watch: (
                    random.choice([0, some_time()]),
                    9,
                    random.choice([0, 9]),
                    some_time(),
                    0,
                    0,
                )
                for watch in range(random.randrange(3))
            },
            customs=Customs(random.choice(list(CustomsState)), 0, final, 0, final + 1),
            declarant_id=random.choice(people),
            as_of=random.choice([order.deliver_by, 2**40 - 1]),
        )
        opens_at = journey.opens_at(order, end_of(order)[1])
        at(max(opens_at, now()) + random.randint(0, 400 * DAY), mine=True)
        tx = rate_journey(order, journey)
        who = [leg.custodian_id for leg in legs]
        assert rated(tx) == [
            (who, *outcome)
            for who, outcome in zip(who, journey.judged(order, *end_of(order)), strict=True)
        ]
        check()


@pytest.fixture
def rate(ratings, operator):
    """Rates an order's journey from legs, whatever the twin says; gives the transaction."""

    def go(order, journey):
        legs = [astuple(leg) for leg in journey.legs]
        return ratings.rateJourney(astuple(order), legs, operator)

    return go


def test_reverts_when_the_order_reads_another_source(
    ended, one_leg, rate, tell_journey, ratings, source, ledger, reverts
):
    tell_journey(one_leg(ended))
    refused = ledger.address, source.address
    with reverts(ratings, "CreditRegistry_WrongSource", *refused):
        rate(replace(ended, source=ledger.address), one_leg(ended))


def test_reverts_given_the_order_is_open_or_unknown(
    source, make_order, open_order, one_leg, rate, tell_journey, ratings, order_id, at, reverts
):
    order = make_order(source=source.address)
    tell_journey(one_leg(order))
    with reverts(ratings, "CreditRegistry_OrderNotRated", order_id(order), 0):
        rate(order, one_leg(order))
    open_order(order)
    at(order.refund_after + SETTLING)
    with reverts(ratings, "CreditRegistry_OrderNotRated", order_id(order), OPEN):
        rate(order, one_leg(order))


def test_reverts_given_the_parties_agreed(
    source, make_order, open_order, agree, one_leg, rate, tell_journey, ratings, order_id, keys, at,
    reverts,
):  # fmt: skip
    order = make_order(source=source.address)
    open_order(order)
    tell_journey(one_leg(order))
    agree(order, 5_000, buyer=keys.buyer, seller=keys.seller)
    at(order.refund_after + SETTLING)
    with reverts(ratings, "CreditRegistry_OrderNotRated", order_id(order), AGREED):
        rate(order, one_leg(order))


@pytest.mark.parametrize("how", ["refunded", "arbitrated"])
def test_rates_the_journey_of_an_order_however_the_facts_or_an_arbiter_ended_it(
    how, source, world, make_order, open_order, tell, rate_journey, one_leg, ids,
    keys, sender, operator, at, order_id, evidence_of,
):  # fmt: skip
    clauses = Clauses(conditions=1 << 2 | 1 << 3, inspection_window=5 * DAY)
    order = make_order(source=source.address, clauses=clauses.struct_hash())
    open_order(order, clauses)
    terms = astuple(order), astuple(clauses)
    if how == "refunded":
        tell(shipped_at=order.ship_by, as_of=order.refund_after + 1)
        at(order.refund_after + 1)
        world.escrow.conclude(*terms, operator)
    else:
        tell(shipped_at=order.ship_by, delivered_at=order.deliver_by, as_of=order.deliver_by)
        at(order.deliver_by)
        world.escrow.contest(*terms, b"\0" * 32, sender(keys.buyer))
        world.escrow.arbitrate(*terms, 5_000, sender(keys.arbiter))
    state, _, ended_at, _ = world.escrow.recordOf(order_id(order))
    assert state == (REFUNDED if how == "refunded" else ARBITRATED)
    delivered_at = 0 if how == "refunded" else order.deliver_by
    at(ended_at + SETTLING, mine=True)
    rate_journey(order, one_leg(order, delivered_at=delivered_at))
    points = (0, 4 * WEIGHT) if how == "refunded" else (WEIGHT, 0)
    assert evidence_of(ids.carrier, Role.CARRIER)[:2] == _points(*points)


@pytest.fixture
def rate_first(ratings, rate, rated, tell_journey, at, reverts):
    """Rates an order's journey in this second, a second before which it was too early; gives what
    it says of the legs.
    """

    def go(order, journey, opens_at):
        tell_journey(journey)
        at(opens_at - 1)
        with reverts(ratings, "CreditRegistry_TooEarly", opens_at, opens_at - 1):
            rate(order, journey)
        at(opens_at)
        tx = rate(order, journey)
        assert tx.timestamp == opens_at
        return rated(tx)

    return go


def test_opens_30_days_after_the_end_to_the_second(end_order, one_leg, rate_first, ids):
    order, ended_at = end_order()
    assert rate_first(order, one_leg(order), ended_at + 30 * DAY) == [(ids.carrier, KEPT, 0)]


@pytest.mark.parametrize(("late", "outcome"), [(0, KEPT), (1, LATE)])
@pytest.mark.parametrize(("state", "is_conceded"), ENDS)
def test_goods_on_the_way_when_their_order_ends_early_are_judged_as_they_come(
    state, is_conceded, late, outcome, end_as, one_leg, rate, rate_first, tell_journey, ratings,
    ids, at, reverts,
):  # fmt: skip
    order = end_as(state, -31 * DAY, is_conceded=is_conceded)
    arrived_at = order.deliver_by + late
    on_the_way = one_leg(order, delivered_at=0, as_of=order.refund_after - DAY)
    tell_journey(on_the_way)
    at(order.refund_after - DAY)  # 30 days after the order's end
    closed_until = order.refund_after + 30 * DAY
    with reverts(ratings, "CreditRegistry_TooEarly", closed_until, order.refund_after - DAY):
        rate(order, on_the_way)
    journey = one_leg(order, delivered_at=arrived_at)
    assert rate_first(order, journey, arrived_at + 30 * DAY) == [(ids.carrier, outcome, 0)]


def test_a_source_that_takes_a_delivery_back_leaves_the_goods_on_the_way(
    end_order, one_leg, rate, rate_first, tell_journey, ratings, ids, at, reverts
):
    order, ended_at = end_order()
    on_the_way = one_leg(order, delivered_at=0)
    tell_journey(on_the_way)
    closed_until = order.refund_after + 30 * DAY
    at(ended_at + 30 * DAY)
    with reverts(ratings, "CreditRegistry_TooEarly", closed_until, ended_at + 30 * DAY):
        rate(order, on_the_way)
    # Of an order that was paid for, they are missing from then on.
    assert rate_first(order, on_the_way, closed_until) == [(ids.carrier, LATE, 10_000)]


@pytest.fixture
def two_late_legs(ids, journey_of):
    """The journey of an order whose carrier passed the goods on late to one that still has them."""

    def make(order, **changes):
        start = order.ship_by
        legs = (
            Leg(ids.carrier, start, start + DAY),
            Leg(ids.second_carrier, start + 2 * DAY),
        )
        return replace(journey_of(legs), **changes)

    return make


# How an order ended, seconds after its refund-after, and whether the goods were called back.
CALLS = [
    *((state, is_conceded, 0, state != RELEASED) for state, is_conceded in ENDS),
    *((state, is_conceded, 1, False) for state, is_conceded in ENDS),
    (RELEASED, False, -31 * DAY, False),
    (REFUNDED, True, -31 * DAY, True),
]


@pytest.mark.parametrize(("state", "is_conceded", "after", "is_called_off"), CALLS)
def test_nobody_is_late_and_nothing_missing_where_an_order_went_back_by_refund_after(
    state, is_conceded, after, is_called_off, end_as, two_late_legs, rate_first, ids
):
    order = end_as(state, after, is_conceded=is_conceded)
    opens_at = order.refund_after + max(after, 0) + 30 * DAY
    outcome, missing = (KEPT, 0) if is_called_off else (LATE, 10_000)
    assert rate_first(order, two_late_legs(order), opens_at) == [
        (ids.carrier, outcome, 0),
        (ids.second_carrier, outcome, missing),
    ]


@pytest.mark.parametrize("why", ["conceded", "refused"])
def test_a_leg_answers_for_excursions_loss_and_damage_of_goods_that_were_called_back(
    why, end_as, two_late_legs, at, rate_journey, rated, evidence_of, ids, check
):
    is_conceded = why == "conceded"
    order = end_as(REFUNDED if is_conceded else RELEASED, -DAY, is_conceded=is_conceded)
    start, final = order.ship_by, order.deliver_by
    refused = Customs(CustomsState.REFUSED, 0, final, 0, final + 1)
    journey = two_late_legs(
        order,
        watches={0: (start + DAY, 600, 600, start + DAY, 0, 0)},
        lost=(1_000, start + DAY),
        damaged=(2_500, start + 3 * DAY),
        customs=NO_CUSTOMS if is_conceded else refused,
        declarant_id=ids.broker,
    )
    at(order.refund_after + SETTLING, mine=True)
    assert rated(rate_journey(order, journey)) == [
        (ids.carrier, EXCURSION, 1_000),
        (ids.second_carrier, KEPT, 2_500),
    ]
    first = 0, WEIGHT * 0.9 + 4 * WEIGHT * 0.1
    assert evidence_of(ids.carrier, Role.CARRIER)[:2] == _points(*first)
    second = WEIGHT * 0.75, 4 * WEIGHT * 0.25
    assert evidence_of(ids.second_carrier, Role.CARRIER)[:2] == _points(*second)
    check()


@pytest.mark.parametrize(("state", "beyond", "is_refused"), DECISIONS)
@pytest.mark.parametrize(("end", "after"), [(RELEASED, -31 * DAY), (REFUNDED, 1)])
def test_goods_are_missing_unless_customs_refused_them_for_good(
    end, after, state, beyond, is_refused, end_as, two_late_legs, rate_first, ids
):
    order = end_as(end, after)
    final = order.deliver_by
    released_at = final if state is CustomsState.RELEASED else 0
    customs = Customs(state, released_at, final, 0, final + beyond)
    opens_at = order.refund_after + max(after, 0) + 30 * DAY
    journey = two_late_legs(order, customs=customs, declarant_id=ids.broker)
    outcome, missing = (KEPT, 0) if is_refused else (LATE, 10_000)
    assert rate_first(order, journey, opens_at) == [
        (ids.carrier, outcome, 0),
        (ids.second_carrier, outcome, missing),
    ]


def test_goods_that_came_although_customs_refused_them_can_be_late(
    ended, one_leg, rate_journey, rated, ids, check
):
    final = ended.deliver_by
    customs = Customs(CustomsState.REFUSED, 0, final, 0, final + 1)
    journey = one_leg(ended, delivered_at=final + 1, customs=customs, declarant_id=ids.broker)
    assert rated(rate_journey(ended, journey)) == [(ids.carrier, LATE, 0)]
    check()


def test_says_what_is_wrong_in_the_order_in_which_it_can_be_mended(
    make_order, source, open_order, tell, world, one_leg, two_late_legs, journey_of, rate,
    tell_journey, ratings, order_id, operator, at, reverts,
):  # fmt: skip
    order = make_order(source=source.address)
    open_order(order)
    known_as = order_id(order)
    wrong, right = two_late_legs(order), one_leg(order, delivered_at=0)
    nothing = journey_of((), state=TENDERED)

    tell_journey(nothing)
    with reverts(ratings, "CreditRegistry_OrderNotRated", known_as, OPEN):
        rate(order, wrong)
    tell(delivered_at=order.deliver_by, as_of=order.deliver_by)
    at(order.deliver_by)
    world.escrow.settle(astuple(order), operator)
    # One after the other falls away: it is shipped, decided, old enough, and has its own legs.
    tell_journey(nothing)
    with reverts(ratings, "CreditRegistry_NotShipped", known_as):
        rate(order, wrong)
    tell_journey(replace(right, state=TENDERED))
    with reverts(ratings, "CreditRegistry_JourneyOpen", known_as, TENDERED):
        rate(order, wrong)
    tell_journey(right)
    opens_at = order.refund_after + 30 * DAY
    at(opens_at - 1)
    with reverts(ratings, "CreditRegistry_TooEarly", opens_at, opens_at - 1):
        rate(order, wrong)
    at(opens_at)
    with reverts(ratings, "CreditRegistry_LegsMismatch", known_as):
        rate(order, wrong)
    rate(order, right)
    tell_journey(nothing)
    with reverts(ratings, "CreditRegistry_JourneyRated", known_as):
        rate(order, wrong)


def test_reverts_given_the_journey_is_rated(
    ended, one_leg, rate, tell_journey, ratings, order_id, at, now, reverts
):
    tell_journey(one_leg(ended))
    rate(ended, one_leg(ended))
    with reverts(ratings, "CreditRegistry_JourneyRated", order_id(ended)):
        rate(ended, one_leg(ended))
    at(now() + 1_000 * DAY)
    other = one_leg(ended, delivered_at=0)
    tell_journey(other)
    with reverts(ratings, "CreditRegistry_JourneyRated", order_id(ended)):
        rate(ended, other)


def test_reverts_given_nothing_was_shipped(
    ended, journey_of, rate, tell_journey, ratings, order_id, reverts
):
    nothing = journey_of((), state=CREATED)
    tell_journey(nothing)
    with reverts(ratings, "CreditRegistry_NotShipped", order_id(ended)):
        rate(ended, nothing)


@pytest.mark.parametrize("state", [TENDERED, DISPUTED])
def test_reverts_while_a_tender_waits_and_rates_once_it_is_decided(
    state, ended, one_leg, rate, rate_journey, rated, tell_journey, ratings, order_id, ids, reverts
):
    tell_journey(one_leg(ended, state=state, delivered_at=0))
    with reverts(ratings, "CreditRegistry_JourneyOpen", order_id(ended), state):
        rate(ended, one_leg(ended))
    assert not ratings.isJourneyRated(order_id(ended))
    assert rated(rate_journey(ended, one_leg(ended))) == [(ids.carrier, KEPT, 0)]


WRONG = {
    "none": lambda legs: (),
    "the last is missing": lambda legs: legs[:2],
    "the first is missing": lambda legs: legs[1:],
    "one is missing": lambda legs: (legs[0], legs[2]),
    "one too many": lambda legs: (*legs, legs[2]),
    "other order": lambda legs: (legs[0], legs[2], legs[1]),
    "other carrier": lambda legs: (*legs[:2], replace(legs[2], custodian_id=99)),
    "other first carrier": lambda legs: (replace(legs[0], custodian_id=99), *legs[1:]),
    "other time": lambda legs: (*legs[:2], replace(legs[2], since=legs[2].since + 1)),
    "other start": lambda legs: (replace(legs[0], since=legs[0].since - 1), *legs[1:]),
    "other deadline": lambda legs: (legs[0], replace(legs[1], due_by=2**40 - 1), legs[2]),
    "no deadline": lambda legs: (replace(legs[0], due_by=0), *legs[1:]),
    "other liability": lambda legs: (*legs[:2], replace(legs[2], liability=1)),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_reverts_when_the_legs_are_not_those_that_were_signed(
    wrong, ended, three_legs, rate, tell_journey, ratings, order_id, reverts
):
    tell_journey(three_legs)
    with reverts(ratings, "CreditRegistry_LegsMismatch", order_id(ended)):
        rate(ended, replace(three_legs, legs=WRONG[wrong](three_legs.legs)))
    assert not ratings.isJourneyRated(order_id(ended))
    rate(ended, three_legs)


def test_reverts_when_one_order_is_told_with_the_legs_of_another(
    ended, three_legs, one_leg, rate, tell_journey, ratings, order_id, reverts
):
    tell_journey(one_leg(ended))
    with reverts(ratings, "CreditRegistry_LegsMismatch", order_id(ended)):
        rate(ended, three_legs)


def test_reverts_when_the_terms_of_the_order_are_others(
    ended, one_leg, rate, tell_journey, ratings, order_id, ids, reverts
):
    """Nobody is judged by a deadline or a carrier that the parties did not sign."""
    tell_journey(one_leg(ended))
    for changes in ({"deliver_by": ended.ship_by}, {"carrier_id": ids.warehouse}, {"amount": 1}):
        other = replace(ended, **changes)
        with reverts(ratings, "CreditRegistry_OrderNotRated", order_id(other), 0):
            rate(other, one_leg(ended))
