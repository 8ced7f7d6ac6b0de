"""Journeys over the real ledger, customs desk and sensor log, and what they say of whom."""

from dataclasses import astuple
from types import SimpleNamespace

import pytest

from entrepot.core.credit import POINT, SETTLING, LegOutcome, TradeOutcome
from entrepot.core.liability import Leg
from entrepot.core.messages import Clauses, Extreme, Readings, Watch
from entrepot.core.roles import Role
from entrepot.core.settlement import Condition

DAY, HOUR = 86_400, 3_600
DOLLAR = 10**6
NOTE = b"\x0e" * 32
WEIGHT = 10  # of an order over 1,000 dollars
PASSED = 1
RELEASED, REFUNDED = 2, 3
TENDERED, DISPUTED = 3, 4
KEPT, LATE, EXCURSION = LegOutcome
DECLARATION = b"0901210000", b"BR", b"DE", 1_000 * DOLLAR, NOTE


@pytest.fixture
def deal(world, make_order, make_clauses, open_order, keys, sender, operator):
    """An order with everything agreed, whose goods are to stay between 2 and 8 degrees."""
    clauses = make_clauses()
    order = make_order(clauses=clauses.struct_hash())
    open_order(order, clauses)
    watches = [astuple(Watch(keys.device.address, 0, 200, 800))]
    world.ledger.create(astuple(order), operator)
    world.ledger.load(astuple(order), [], watches, sender(keys.seller))
    return SimpleNamespace(order=order, clauses=clauses, watches=watches, legs=[])


@pytest.fixture
def pass_on(hand_over, keys, at):
    """Passes a deal's goods on at a day after ship-by, and notes the leg as the event tells it."""

    def go(deal, day, giver, receiver, **terms):
        at(deal.order.ship_by + day * DAY)
        tx = hand_over(deal.order, getattr(keys, giver), getattr(keys, receiver), **terms)
        told = tx.events["CustodyTransferred"]
        to_id, due_by, liability, *_ = told["terms"]
        deal.legs.append(Leg(to_id, tx.timestamp, due_by, liability))

    return go


@pytest.fixture
def measure(world, domains, keys, shipment_of, operator):
    """Brings readings of the device, ten minutes apart."""

    def go(deal, number, started_at, count, minimum, maximum):
        extremes = (Extreme(0, minimum, maximum),)
        shipment = shipment_of(deal.order)
        readings = Readings(
            shipment, keys.device.address, number, started_at, 600, count, NOTE, extremes
        )
        signature = readings.sign(keys.device, domains.sensors)
        world.sensors.record(astuple(readings), deal.watches, signature, operator)

    return go


@pytest.fixture
def desk(world, shipment_of, keys, sender):
    """The acts of broker, inspector and customs on a deal's goods."""
    customs, authority, broker = world.customs, sender(keys.customs), sender(keys.broker)

    def release(deal):
        shipment = shipment_of(deal.order)
        customs.inspect(shipment, 0, PASSED, NOTE, sender(keys.inspector))
        customs.assess(shipment, 60 * DOLLAR, authority)
        customs.release(shipment, customs.factsOf(shipment)[1], authority)

    def refuse(deal):
        shipment = shipment_of(deal.order)
        customs.refuse(shipment, NOTE, 0, authority)
        customs.appeal(shipment, NOTE, broker)

    def declare(deal, who="broker"):
        terms = astuple(deal.order), astuple(deal.clauses), DECLARATION
        customs.declare(*terms, sender(getattr(keys, who)))

    return SimpleNamespace(declare=declare, release=release, refuse=refuse)


@pytest.fixture
def conclude(world, operator):
    """Concludes a deal's order; gives the transaction."""

    def go(deal):
        return world.escrow.conclude(astuple(deal.order), astuple(deal.clauses), operator)

    return go


@pytest.fixture
def rate(world, keys, sender):
    """Rates a deal's journey as a stranger; gives what it says of the legs, and the transaction."""

    def go(deal):
        legs = [astuple(leg) for leg in deal.legs]
        tx = world.credit.rateJourney(astuple(deal.order), legs, sender(keys.stranger))
        found = tx.events["LegRated"]
        return [(one["carrierId"], one["outcome"], one["lossBps"]) for one in found], tx

    return go


@pytest.fixture
def evidence_of(world, plain):
    """Good and bad evidence of a participant, in weight points."""

    def of(participant, role):
        good, bad, *_ = plain(world.credit.evidenceOf(participant, role))
        return good / POINT, bad / POINT

    return of


@pytest.fixture
def carried(deal, pass_on, measure, desk, keys, ids, world, sender, at):
    """Goods that a carrier passed on a day late and a bit warm to a warehouse that let them get
    warm, and whose second carrier lost a tenth of them.
    """
    start = deal.order.ship_by
    pass_on(deal, 0, "seller", "carrier", due_by=start + 5 * DAY, liability=500 * DOLLAR)
    pass_on(deal, 6, "carrier", "warehouse", due_by=start + 10 * DAY)
    pass_on(deal, 9, "warehouse", "second_carrier")
    at(start + 10 * DAY)
    measure(deal, 1, start + DAY, 6, 500, 801)
    measure(deal, 2, start + 7 * DAY, 6, 801, 999)
    desk.declare(deal)
    desk.release(deal)
    shares = 1_000, 0
    world.ledger.admit(astuple(deal.order), shares, NOTE, [], sender(keys.second_carrier))
    deal.rated = [
        (ids.carrier, LATE, 0),
        (ids.warehouse, EXCURSION, 0),
        (ids.second_carrier, KEPT, 1_000),
    ]
    return deal


def test_everyone_on_the_way_answers_for_its_own_part(
    carried, deliver, conclude, rate, evidence_of, event, ids, at, world, order_id, reverts
):
    order = carried.order
    at(order.deliver_by)
    deliver(order)
    at(order.deliver_by + carried.clauses.inspection_window + 1)
    tx = conclude(carried)
    assert event(tx, "TradeRated")["outcome"] == TradeOutcome.KEPT
    opens_at = tx.timestamp + SETTLING
    at(opens_at - 1)
    with reverts(world.credit, "CreditRegistry_TooEarly", opens_at, opens_at - 1):
        rate(carried)
    at(opens_at)
    legs, tx = rate(carried)

    assert legs == carried.rated
    assert event(tx, "DeclarationRated") == {
        "orderId": order_id(order),
        "brokerId": ids.broker,
        "sellerId": ids.seller,
        "weight": WEIGHT,
        "isRefused": False,
    }
    assert evidence_of(ids.carrier, Role.CARRIER) == (WEIGHT / 2, WEIGHT / 2)
    assert evidence_of(ids.warehouse, Role.CARRIER) == (0, WEIGHT)
    assert evidence_of(ids.second_carrier, Role.CARRIER) == (0.9 * WEIGHT, 0.4 * WEIGHT)
    assert evidence_of(ids.broker, Role.CUSTOMS_BROKER) == (WEIGHT, 0)
    with reverts(world.credit, "CreditRegistry_JourneyRated", order_id(order)):
        rate(carried)


def test_what_an_arbiter_finds_out_counts_until_the_journey_is_rated(
    carried, deliver, conclude, rate, evidence_of, ids, keys, at, now, world, sender
):
    def determine(lost, leg):
        terms = astuple(carried.order), (lost, 0), carried.legs[leg].since
        world.ledger.determine(*terms, NOTE, [], sender(keys.arbiter))

    deliver(carried.order)
    at(now() + carried.clauses.inspection_window + 1)
    at(conclude(carried).timestamp + SETTLING)
    determine(2_000, 1)
    # A share is of all that was lost, at the time at which it grew last.
    assert [lost for *_, lost in rate(carried)[0]] == [0, 2_000, 0]
    before = [evidence_of(leg.custodian_id, Role.CARRIER) for leg in carried.legs]
    determine(9_000, 0)
    assert before == [evidence_of(leg.custodian_id, Role.CARRIER) for leg in carried.legs]


def test_a_refusal_that_stands_after_an_appeal_is_the_brokers_failure_and_no_breach_of_the_seller(
    deal, pass_on, desk, conclude, rate, evidence_of, event, ids, world, shipment_of, at, reverts,
    order_id,
):  # fmt: skip
    pass_on(deal, 0, "seller", "carrier")
    desk.declare(deal, "seller")
    desk.declare(deal)
    desk.refuse(deal)
    final = world.customs.factsOf(shipment_of(deal.order))[4]
    at(final)
    with reverts(world.escrow, "TradeEscrow_Undecided", order_id(deal.order)):
        conclude(deal)
    at(final + 1)
    tx = conclude(deal)
    assert event(tx, "TradeRated")["outcome"] == TradeOutcome.LOST
    opens_at = deal.order.refund_after + SETTLING
    at(opens_at - 1)
    with reverts(world.credit, "CreditRegistry_TooEarly", opens_at, opens_at - 1):
        rate(deal)
    at(opens_at)
    legs, tx = rate(deal)
    assert event(tx, "DeclarationRated")["isRefused"] is True
    assert evidence_of(ids.broker, Role.CUSTOMS_BROKER) == (0, WEIGHT)
    # That its carrier has brought the goods nowhere is not its fault.
    assert legs == [(ids.carrier, KEPT, 0)]


# Seconds after refund-after at which the seller concedes, and whether the goods are missing then.
@pytest.mark.parametrize(("after", "is_missing"), [(-50 * DAY, False), (0, False), (1, True)])
def test_a_seller_that_gives_an_order_up_calls_its_goods_back_until_refund_after(
    after, is_missing, deal, pass_on, measure, agree, rate, evidence_of, event, ids, keys, at
):
    order = deal.order
    pass_on(deal, -5, "seller", "carrier")
    pass_on(deal, -3, "carrier", "second_carrier")
    at(order.ship_by - DAY)
    measure(deal, 1, order.ship_by - 4 * DAY, 6, 801, 999)
    at(order.refund_after + after - 1, mine=True)
    at(order.refund_after + after)
    tx = agree(order, 0, deal.clauses, seller=keys.seller)
    assert event(tx, "TradeRated")["outcome"] == TradeOutcome.LOST
    at(order.refund_after + max(after, 0) + SETTLING)
    last = (LATE, 10_000) if is_missing else (KEPT, 0)
    assert rate(deal)[0] == [(ids.carrier, EXCURSION, 0), (ids.second_carrier, *last)]
    assert evidence_of(ids.carrier, Role.CARRIER) == (0, WEIGHT)
    points = (0, 4 * WEIGHT) if is_missing else (WEIGHT, 0)
    assert evidence_of(ids.second_carrier, Role.CARRIER) == points


@pytest.mark.parametrize("comes", [True, False])
def test_who_was_paid_for_shipping_has_its_carrier_judged_by_what_becomes_of_the_goods(
    comes, make_order, open_order, ship, deliver, world, rate, evidence_of, event, ids, operator,
    at, reverts,
):  # fmt: skip
    clauses = Clauses(conditions=1 << Condition.SHIPPED)
    order = make_order(clauses=clauses.struct_hash())
    open_order(order, clauses)
    shipped = ship(order).timestamp
    deal = SimpleNamespace(order=order, legs=[Leg(ids.carrier, shipped)])
    tx = world.escrow.conclude(astuple(order), astuple(clauses), operator)
    assert event(tx, "TradeRated")["outcome"] == TradeOutcome.KEPT
    if comes:
        at(order.deliver_by)
        deliver(order)
    opens_at = (order.deliver_by if comes else order.refund_after) + SETTLING
    at(opens_at - 1)
    with reverts(world.credit, "CreditRegistry_TooEarly", opens_at, opens_at - 1):
        rate(deal)
    at(opens_at)
    assert rate(deal)[0] == [(ids.carrier, *((KEPT, 0) if comes else (LATE, 10_000)))]
    points = (WEIGHT, 0) if comes else (0, 4 * WEIGHT)
    assert evidence_of(ids.carrier, Role.CARRIER) == points


@pytest.mark.parametrize("decided", ["upheld", "rejected"])
def test_a_tender_that_is_too_late_holds_the_rating_back_until_it_is_decided(
    decided, make_order, open_order, ship, world, rate, evidence_of, event, ids, keys, sender,
    operator, at, order_id, reverts,
):  # fmt: skip
    order = make_order()
    open_order(order)
    shipped = ship(order).timestamp
    deal = SimpleNamespace(order=order, legs=[Leg(ids.carrier, shipped)])
    terms = astuple(order)
    at(order.refund_after + 1)
    tx = world.escrow.refund(terms, operator)
    ended_at = tx.timestamp
    assert event(tx, "TradeRated")["outcome"] == TradeOutcome.LOST
    at(ended_at + SETTLING)
    tendered_at = world.ledger.tender(terms, NOTE, sender(keys.carrier)).timestamp
    with reverts(world.credit, "CreditRegistry_JourneyOpen", order_id(order), TENDERED):
        rate(deal)
    world.ledger.dispute(terms, NOTE, sender(keys.consignee))
    with reverts(world.credit, "CreditRegistry_JourneyOpen", order_id(order), DISPUTED):
        rate(deal)
    world.ledger.rule(terms, decided == "upheld", [], sender(keys.arbiter))
    if decided == "upheld":
        # The goods came with the tender, which is when arbiters begin to look.
        opens_at = tendered_at + SETTLING
        at(opens_at - 1)
        with reverts(world.credit, "CreditRegistry_TooEarly", opens_at, opens_at - 1):
            rate(deal)
        at(opens_at)
    legs, _ = rate(deal)
    assert legs == [(ids.carrier, LATE, 0 if decided == "upheld" else 10_000)]
    points = (WEIGHT / 2, WEIGHT / 2) if decided == "upheld" else (0, 4 * WEIGHT)
    assert evidence_of(ids.carrier, Role.CARRIER) == points


@pytest.mark.parametrize("is_late_tender_upheld", [False, True])
def test_a_dispute_over_a_tender_that_came_too_late_is_no_breach_of_the_seller(
    is_late_tender_upheld, make_order, open_order, ship, world, event, evidence_of, ids, keys,
    sender, operator, at,
):  # fmt: skip
    """It shipped; who disputes and what an arbiter says of it has nothing to do with the seller."""
    order = make_order()
    open_order(order)
    ship(order)
    terms = astuple(order)
    at(order.refund_after + 1)
    world.ledger.tender(terms, NOTE, sender(keys.carrier))
    world.ledger.dispute(terms, NOTE, sender(keys.consignee))
    if is_late_tender_upheld:
        tx = world.ledger.rule(terms, True, [], sender(keys.arbiter))
    else:
        tx = world.escrow.refund(terms, operator)
    assert event(tx, "TradeRated")["outcome"] == TradeOutcome.LOST
    assert evidence_of(ids.seller, Role.SELLER) == (0, WEIGHT)
    assert evidence_of(ids.buyer, Role.BUYER) == (WEIGHT, 0)


def test_the_grade_of_any_second_can_be_read_years_later(
    world, make_order, open_order, ship, deliver, rate, ids, at, now
):
    grades = {}
    for number in range(3):
        order = make_order(amount=10 ** (1 + number) * DOLLAR)
        open_order(order)
        shipped = ship(order).timestamp
        at(order.deliver_by + number)
        ended_at = deliver(order).timestamp
        at(ended_at + SETTLING)
        rate(SimpleNamespace(order=order, legs=[Leg(ids.carrier, shipped)]))
        for participant in (ids.seller, ids.buyer, ids.carrier):
            grades[participant, now()] = world.credit.ratingOf(participant)[0]
    at(now() + 3 * 365 * DAY, mine=True)
    assert len(set(grades.values())) > 1
    for (participant, time), grade in grades.items():
        assert world.credit.gradeAt(participant, time) == grade
