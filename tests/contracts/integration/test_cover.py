"""Cover on the real ledger: paid in the transaction that makes the fact, and recovered from who
held the goods.
"""

from dataclasses import astuple
from types import SimpleNamespace

import pytest

from entrepot.core.exposures import plan_of
from entrepot.core.liability import Leg
from entrepot.core.messages import Delivery, Extreme, Readings, Watch
from entrepot.core.signing import keccak

DAY, HOUR = 86_400, 3_600
DOLLAR = 10**6
NOTE = b"\x0e" * 32
NOBODY = ("0x" + "0" * 40, b"")
LEVEL, RUN, LOSS, DAMAGE, DELAY = range(5)


@pytest.fixture
def cold(world, make_order, open_order, make_quote, insure, pack, keys, sender, operator):
    """An order whose goods stay between 2 and 8 degrees, insured for the seller's bank."""
    order = make_order()
    open_order(order)
    watches = [Watch(keys.device.address, 0, 200, 800)]
    world.ledger.create(astuple(order), operator)
    world.ledger.load(astuple(order), [], [astuple(w) for w in watches], sender(keys.seller))
    perils = pack(("LEVEL", 500), ("RUN", 700, HOUR), ("LOSS", 3_000, 100), ("DAMAGE", 400, 100))
    quote = make_quote(
        order, perils=perils, plan=plan_of(watches), cap_bps=10_000, maximum=order.amount,
        beneficiary=keys.bank.address, reporting_period=9 * DAY,
    )  # fmt: skip
    insure(order, quote)
    return SimpleNamespace(order=order, quote=quote, watches=watches)


@pytest.fixture
def sent(cold, hand_over, at, keys, ids, world, operator):
    """The goods with the second carrier, and the legs; both carriers have 1,000 dollars bonded."""
    order = cold.order
    for participant in (ids.carrier, ids.second_carrier):
        world.dollar.mint(operator["from"], 1_000 * DOLLAR, operator)
        world.dollar.approve(world.bonds, 1_000 * DOLLAR, operator)
        world.bonds.deposit(participant, world.dollar, 1_000 * DOLLAR, operator)
    agreed = {"due_by": order.deliver_by - 5 * DAY, "liability": 500 * DOLLAR}
    at(order.ship_by - DAY)
    first = hand_over(order, keys.seller, keys.carrier, **agreed).timestamp
    at(order.deliver_by - 4 * DAY)
    second = hand_over(order, keys.carrier, keys.second_carrier, liability=60 * DOLLAR).timestamp
    cold.legs = [
        Leg(ids.carrier, first, *agreed.values()),
        Leg(ids.second_carrier, second, 0, 60 * DOLLAR),
    ]
    return cold


@pytest.fixture
def measure(world, domains, keys, shipment_of, operator):
    """Brings readings of the device, ten minutes apart, and claims; gives the transaction."""

    def go(sent, started_at, count, minimum, maximum, number=1):
        extremes = (Extreme(0, minimum, maximum),)
        shipment = shipment_of(sent.order)
        readings = Readings(
            shipment, keys.device.address, number, started_at, 600, count, NOTE, extremes
        )
        signature = readings.sign(keys.device, domains.sensors)
        watches, policies = map(astuple, sent.watches), [astuple(sent.quote)]
        terms = astuple(readings), list(watches), signature, astuple(sent.order), policies
        return world.sensors.recordAndClaim(*terms, operator)

    return go


@pytest.fixture
def subrogate(world, keys, sender):
    """Recovers for a cause; gives who paid what."""

    def go(sent, cause):
        terms = astuple(sent.order), astuple(sent.quote), cause, [astuple(leg) for leg in sent.legs]
        found = world.bonds.subrogate(*terms, sender(keys.stranger)).events["ClaimRecovered"]
        return [(one["participantId"], one["amount"] // DOLLAR) for one in found]

    return go


def test_warm_goods_are_paid_with_the_readings_and_recovered_from_who_held_them(
    sent, measure, subrogate, at, event, keys, ids, dollar, world
):
    half = sent.legs[1].since
    at(half + 9 * HOUR)
    before = dollar.balanceOf(keys.bank.address)
    tx = measure(sent, half - 10 * HOUR, 60, 200, 801)
    assert not {"ShortcutFailed", "OrderReleased"} & set(tx.events.keys())
    assert event(tx, "WatchSnapshot")["facts"][0] == half - 10 * HOUR
    paid = event(tx, "ClaimPaid")
    assert (paid["amount"], paid["fired"], paid["payee"]) == (
        50 * DOLLAR, 1 << LEVEL, keys.bank.address
    )  # fmt: skip
    assert subrogate(sent, LEVEL) == [(ids.carrier, 50)]
    paid = event(measure(sent, half + HOUR, 7, 801, 999, number=2), "ClaimPaid")
    assert (paid["amount"], paid["fired"]) == (70 * DOLLAR, 1 << LEVEL | 1 << RUN)
    assert dollar.balanceOf(keys.bank.address) == before + 120 * DOLLAR
    # Its liability is 60 dollars.
    assert subrogate(sent, RUN) == [(ids.second_carrier, 60)]
    assert dollar.balanceOf(world.bonds) == (2_000 - 110) * DOLLAR


@pytest.mark.parametrize("readings", ["all within", "repeated"])
def test_readings_that_say_nothing_new_pay_nothing(readings, sent, measure, at):
    half = sent.legs[1].since
    at(half + 9 * HOUR)
    if readings == "repeated":
        measure(sent, half, 6, 200, 801)
        tx = measure(sent, half, 6, 801, 999)
    else:
        tx = measure(sent, half, 6, 200, 800)
    assert "ShortcutFailed" in tx.events
    assert not {"ClaimPaid", "WatchSnapshot", "PayoutMade"} & set(tx.events.keys())


def test_readings_after_the_policy_has_ended_change_nothing_of_it(
    sent, measure, deliver, at, insurance, operator, world
):
    half = sent.legs[1].since
    at(half + 9 * HOUR)
    measure(sent, half, 6, 200, 800)
    arrived = deliver(sent.order, [sent.quote]).timestamp
    at(arrived + 9 * DAY + 1)
    terms = astuple(sent.order), astuple(sent.quote)
    assert "PolicyExpired" in insurance.claim(*terms, operator).events
    ended = insurance.recordOf(insurance.policyIdOf(terms[1]))
    tx = measure(sent, half + HOUR, 6, 801, 999, number=2)
    assert "WatchSnapshot" in tx.events
    assert not {"ClaimPaid", "PayoutMade"} & set(tx.events.keys())
    assert insurance.recordOf(insurance.policyIdOf(terms[1])) == ended


def test_losses_that_the_custodian_admits_are_paid_with_it(
    sent, subrogate, ledger, keys, ids, sender, event
):
    terms, policies = astuple(sent.order), [astuple(sent.quote)]
    tx = ledger.admit(terms, (100, 50), NOTE, policies, sender(keys.second_carrier))
    paid = event(tx, "ClaimPaid")
    assert (paid["amount"], paid["fired"]) == (300 * DOLLAR, 1 << LOSS)
    tx = ledger.admit(terms, (100, 100), NOTE, policies, sender(keys.second_carrier))
    paid = event(tx, "ClaimPaid")
    assert (paid["amount"], paid["fired"]) == (40 * DOLLAR, 1 << LOSS | 1 << DAMAGE)
    assert subrogate(sent, LOSS) == [(ids.second_carrier, 60)]


def test_losses_that_the_arbiter_determines_are_paid_with_it(
    sent, subrogate, ledger, keys, ids, sender, event
):
    terms, policies = astuple(sent.order), [astuple(sent.quote)]
    moment = sent.legs[1].since - 1
    tx = ledger.determine(terms, (100, 0), moment, NOTE, policies, sender(keys.arbiter))
    assert event(tx, "ClaimPaid")["amount"] == 300 * DOLLAR
    assert subrogate(sent, LOSS) == [(ids.carrier, 300)]


@pytest.mark.parametrize("is_signed", [False, True])
def test_damage_at_the_delivery_is_paid_with_it_where_the_custodian_signs_too(
    is_signed, sent, subrogate, ledger, domains, shipment_of, keys, ids, operator, event
):
    order = sent.order
    receipt = Delivery(
        shipment_of(order), ledger.factsOf(shipment_of(order))[1], damaged_bps=100, evidence=NOTE
    )
    by_both = [
        (k.address, receipt.sign(k, domains.ledger)) for k in (keys.consignee, keys.second_carrier)
    ]
    if not is_signed:
        by_both[1] = NOBODY
    policies = [astuple(sent.quote)]
    tx = ledger.deliverWithReserve(astuple(order), (0, 100), NOTE, *by_both, policies, operator)
    paid = event(tx, "ClaimPaid")
    assert paid["fired"] == 1 << DELAY | is_signed << DAMAGE
    assert paid["amount"] == 40 * DOLLAR * is_signed
    assert event(tx, "OrderReleased")["amount"] == order.amount
    if is_signed:
        assert subrogate(sent, DAMAGE) == [(ids.second_carrier, 40)]


@pytest.mark.parametrize("how", ["receipt", "ruling", "silence"])
def test_delay_is_paid_with_the_delivery_and_divided_over_the_legs(
    how, sent, subrogate, deliver, ledger, at, keys, ids, sender, event
):
    order, arrived = sent.order, sent.order.deliver_by + 8 * DAY
    terms, policies = astuple(order), [astuple(sent.quote)]
    at(arrived)
    if how == "receipt":
        tx = deliver(order, [sent.quote])
    else:
        ledger.tender(terms, NOTE, sender(keys.second_carrier))
    if how == "ruling":
        ledger.dispute(terms, NOTE, sender(keys.consignee))
        tx = ledger.rule(terms, True, policies, sender(keys.arbiter))
    if how == "silence":
        at(arrived + order.acceptance_window + 1)
        tx = ledger.concludeTender(terms, policies, sender(keys.stranger))
    paid = event(tx, "ClaimPaid")
    assert (paid["amount"], paid["fired"], paid["daysLate"]) == (50 * DOLLAR, 1 << DELAY, 8)
    assert "OrderReleased" in tx.events
    # The first carrier passed the goods on a day late, the second added seven.
    found = subrogate(sent, DELAY)
    assert [who for who, _ in found] == [ids.carrier, ids.second_carrier]
    assert found == [(ids.carrier, 6), (ids.second_carrier, 43)]


def test_goods_under_other_watches_are_not_covered(
    cold, ledger, hand_over, keys, sender, insurance, operator, event
):
    watches = [astuple(Watch(keys.second_device.address, 0, 200, 800))]
    ledger.load(astuple(cold.order), [], watches, sender(keys.seller))
    hand_over(cold.order, keys.seller, keys.carrier)
    tx = insurance.claim(astuple(cold.order), astuple(cold.quote), operator)
    assert event(tx, "PolicyVoided")["premium"] == cold.quote.premium
    assert event(tx, "PremiumReturned")["payee"] == cold.order.buyer


def test_a_refusal_that_stands_is_paid(
    world, make_order, make_clauses, open_order, make_quote, insure, pack, ship, keys, sender, now,
    at, operator, event, shipment_of, reverts,
):  # fmt: skip
    clauses = make_clauses()
    order = make_order(clauses=clauses.struct_hash())
    open_order(order, clauses)
    quote = make_quote(order, perils=pack(("REFUSAL", 2_000)))
    policy = insure(order, quote).return_value
    ship(order)
    terms, shipment = (astuple(order), astuple(clauses)), shipment_of(order)
    declaration = b"0901210000", b"BR", b"DE", 1_000 * DOLLAR, keccak(b"declaration")
    world.customs.declare(*terms, declaration, sender(keys.seller))
    world.customs.refuse(shipment, NOTE, 30 * DOLLAR, sender(keys.customs))
    world.customs.appeal(shipment, NOTE, sender(keys.seller))
    final = now() + clauses.appeal_period
    at(final)
    with reverts(world.insurance, "CargoInsurance_NothingToDecide", policy):
        world.insurance.claim(terms[0], astuple(quote), operator)
    at(final + 1)
    paid = event(world.insurance.claim(terms[0], astuple(quote), operator), "ClaimPaid")
    assert (paid["amount"], paid["isFinal"]) == (200 * DOLLAR, False)
