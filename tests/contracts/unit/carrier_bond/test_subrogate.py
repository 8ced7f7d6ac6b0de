"""What a policy paid is recovered from whoever answers for it. Causes are counted as perils are.

Half of a journey of two legs begins at `H`, ten days before deliver-by.
"""

from dataclasses import astuple, replace

import pytest

DAY = 86_400
DOLLAR = 10**6
LEVEL, RUN, LOSS, DAMAGE, DELAY = range(5)
WORTH = (50 * DOLLAR, 50 * DOLLAR, 300 * DOLLAR, 40 * DOLLAR)


@pytest.fixture
def halves(opened, ids, make_leg):
    """Legs of the carrier, and from `H` on of the second carrier."""
    half = opened.deliver_by - 10 * DAY
    return [make_leg(opened.ship_by), make_leg(half, ids.second_carrier)]


@pytest.fixture
def bonded(bond, ids):
    """Both carriers have 1,000 dollars bonded."""
    for participant in (ids.carrier, ids.second_carrier):
        bond(1_000 * DOLLAR, participant)


# A cause, what tells when it happened in seconds from H, and the leg that answers.
ANSWERS = [
    (LEVEL, {"watch": {"breached_at": -1}}, 0),
    (LEVEL, {"watch": {"breached_at": 0}}, 1),
    (LEVEL, {"watch": {"breached_at": -1, "longest_at": 0, "longest": 1}}, 1),
    (LEVEL, {"watch": {"breached_at": 5, "longest_at": -1, "longest": 1}}, 0),
    (RUN, {"watch": {"breached_at": -9, "longest_at": -1, "longest": 9_999}}, 0),
    (RUN, {"watch": {"breached_at": -9, "longest_at": 0, "longest": 9_999}}, 1),
    (LOSS, {"lost": 100, "lost_at": -1}, 0),
    (LOSS, {"lost": 100, "lost_at": 0}, 1),
    (DAMAGE, {"damaged": 100, "damaged_at": -1, "lost": 1, "lost_at": 5}, 0),
    (DAMAGE, {"damaged": 100, "damaged_at": 0, "lost": 1, "lost_at": -5}, 1),
]


@pytest.mark.parametrize(("cause", "told", "answering"), ANSWERS)
def test_who_held_the_goods_when_it_happened_answers(
    cause, told, answering, bonds, opened, insured, halves, bonded, journey, claim, subrogate,
    event, policy_id, shipment_of, held, dollar, pool, recovers_nothing,
):  # fmt: skip
    half = halves[1].since
    watch = {n: half + v if n.endswith("_at") else v for n, v in told.get("watch", {}).items()}
    cargo = {n: half + v if n.endswith("_at") else v for n, v in told.items() if n != "watch"}
    journey(*halves, as_of=half + DAY, watch=watch, **cargo)
    claim(opened, insured)
    before, assets = dollar.balanceOf(pool), pool.totalAssets()

    tx = subrogate(opened, insured, cause, *halves)

    leg, amount = halves[answering], WORTH[cause]
    assert event(tx, "ClaimRecovered") == {
        "policyId": policy_id(insured),
        "participantId": leg.custodian_id,
        "cause": cause,
        "leg": answering,
        "token": dollar.address,
        "amount": amount,
    }
    assert tx.return_value == amount
    assert event(tx, "MoneyRecovered") == {"from": bonds.address, "amount": amount}
    assert held(leg.custodian_id)[0] == 1_000 * DOLLAR - amount
    assert held(halves[1 - answering].custodian_id)[0] == 1_000 * DOLLAR
    assert bonds.recoveredOf(policy_id(insured)) == amount
    assert bonds.answeredOf(shipment_of(opened), answering) == amount
    assert bonds.answeredOf(shipment_of(opened), 1 - answering) == 0
    assert dollar.balanceOf(pool) == before + amount
    assert dollar.balanceOf(bonds) == 2_000 * DOLLAR - amount
    # It is income that vests.
    assert pool.totalAssets() == assets
    recovers_nothing(opened, insured, cause, *halves)


@pytest.mark.parametrize("arrived", [0, 1])
def test_who_held_goods_at_refund_after_answers_where_they_were_not_seen_again(
    arrived, opened, insured, halves, bonded, make_leg, journey, claim, recovered, ids
):
    too_late = make_leg(opened.refund_after + 1, ids.warehouse)
    arrived *= opened.refund_after + 2
    journey(*halves, too_late, delivered_at=arrived, as_of=opened.refund_after + 3)
    claim(opened, insured)
    found = recovered(opened, insured, LOSS, *halves, too_late)
    assert found == [(ids.second_carrier, 1, WORTH[LOSS])]


@pytest.mark.parametrize("moment", ["before it shipped", "after the delivery"])
def test_nobody_answers_for_what_happened(
    moment, opened, insured, halves, bonded, journey, claim, recovers_nothing
):
    arrived = opened.deliver_by
    when = opened.ship_by - 1 if moment == "before it shipped" else arrived + 1
    journey(
        *halves, delivered_at=arrived, as_of=arrived, watch={"breached_at": when},
        lost=100, lost_at=when,
    )  # fmt: skip
    claim(opened, insured)
    for cause in (LEVEL, LOSS):
        recovers_nothing(opened, insured, cause, *halves)


def test_the_last_custodian_answers_in_the_second_of_the_delivery(
    opened, insured, halves, bonded, journey, claim, recovered, ids
):
    arrived = opened.deliver_by
    journey(*halves, delivered_at=arrived, as_of=arrived, lost=100, lost_at=arrived)
    claim(opened, insured)
    found = recovered(opened, insured, LOSS, *halves)
    assert found == [(ids.second_carrier, 1, WORTH[LOSS])]


def test_nobody_answers_for_a_refusal(
    opened, make_quote, insure, pack, halves, bonded, journey, tell_customs, claim,
    recovers_nothing,
):  # fmt: skip
    quote = make_quote(opened, perils=pack(("REFUSAL", 1_000)))
    insure(opened, quote)
    journey(*halves, as_of=opened.deliver_by)
    tell_customs(4, final_at=1, as_of=2)
    claim(opened, quote)
    recovers_nothing(opened, quote, 0, *halves)


# The first leg's deadline, the handover, the second leg's deadline, the delivery, and the days
# late that each leg adds; in days from deliver-by, None for no deadline of its own.
DELAYS = [
    (-10, -8, None, 8, (2, 6)),
    (-10, -4, None, 6, (6, 0)),
    (-10, -10, None, 8, (0, 8)),
    (-10, 2, None, 8, (12, 0)),
    (None, 2, None, 8, (2, 6)),
    (None, 2, 5, 8, (2, 1)),
    (-10, -8, 20, 8, (2, 0)),
    # Each kept its deadline: the order's carrier promised too much.
    (20, 2, 20, 8, (1, 0)),
    # Nobody is late by its own deadline but by the first.
    (-10, -9, -9, None, (1, 38)),
]


@pytest.mark.parametrize(("due", "passed", "then_due", "arrived", "added"), DELAYS)
def test_each_leg_answers_for_the_delay_that_it_adds(
    due, passed, then_due, arrived, added, opened, insured, bonded, make_leg, journey, claim,
    recovered, ids,
):  # fmt: skip
    def when(days):
        return 0 if days is None else opened.deliver_by + days * DAY

    carriers = ids.carrier, ids.second_carrier
    legs = [
        make_leg(opened.ship_by, carriers[0], when(due)),
        make_leg(when(passed), carriers[1], when(then_due)),
    ]
    journey(*legs, delivered_at=when(arrived), as_of=opened.refund_after + 1)
    claim(opened, insured)
    late = 30 if arrived is None else arrived
    worth = (late - 3) * 10 * DOLLAR
    expected = [
        (carriers[i], i, worth * days // sum(added)) for i, days in enumerate(added) if days
    ]
    assert recovered(opened, insured, DELAY, *legs) == expected


def test_nothing_is_recovered_for_the_sellers_part_of_a_delay(
    opened, insured, bonded, make_leg, journey, claim, recovered, ids
):
    """Goods that ship late are not covered, so only a source that changes its mind gets here."""
    arrived = opened.deliver_by + 8 * DAY
    journey(make_leg(opened.ship_by), delivered_at=arrived, as_of=arrived)
    claim(opened, insured)
    leg = make_leg(opened.ship_by + 2 * DAY)
    journey(leg, delivered_at=arrived, as_of=arrived)
    assert recovered(opened, insured, DELAY, leg) == [(ids.carrier, 0, 50 * DOLLAR * 6 // 8)]


def test_nothing_is_recovered_for_a_delay_that_paid_nothing(
    opened, insured, bonded, make_leg, journey, claim, recovers_nothing
):
    leg, arrived = make_leg(opened.ship_by), opened.deliver_by + 3 * DAY
    journey(leg, delivered_at=arrived, as_of=arrived)
    claim(opened, insured)
    recovers_nothing(opened, insured, DELAY, leg)


@pytest.mark.parametrize("liability", [0, 1, 30 * DOLLAR, 50 * DOLLAR, 51 * DOLLAR])
def test_a_leg_answers_for_what_was_agreed_at_most(
    liability, opened, insured, bonded, make_leg, journey, claim, recovered, recovers_nothing, ids
):
    leg = make_leg(opened.ship_by, liability=liability)
    watch = {"breached_at": opened.ship_by}
    journey(leg, as_of=opened.ship_by + DAY, watch=watch)
    claim(opened, insured)
    if liability:
        due = min(liability, WORTH[LEVEL])
        assert recovered(opened, insured, LEVEL, leg) == [(ids.carrier, 0, due)]
    recovers_nothing(opened, insured, LEVEL, leg)


def test_all_causes_and_policies_of_an_order_share_what_a_leg_answers_for(
    bonds, opened, insured, make_quote, insure, pack, bonded, make_leg, journey, claim, recovered,
    recovers_nothing, ids, escrow, source, make_order, open_order,
):  # fmt: skip
    # Cover of an order is its value at most, which the first policy has taken.
    order = make_order(source=source.address)
    open_order(order)
    perils = pack(("LEVEL", 500), ("DAMAGE", 400, 1))
    terms = {"perils": perils, "plan": b"\x77" * 32, "reporting_period": 9 * DAY}
    quotes = [make_quote(order, holder=holder, **terms) for holder in (order.buyer, order.seller)]
    for quote in quotes:
        insure(order, quote)
    leg = make_leg(opened.ship_by, liability=110 * DOLLAR)
    watch = {"breached_at": opened.ship_by}
    journey(leg, as_of=opened.ship_by + DAY, watch=watch, damaged=100, damaged_at=opened.ship_by)
    for quote in quotes:
        claim(order, quote)
    taken = [
        recovered(order, quotes[0], 0, leg),
        recovered(order, quotes[1], 1, leg),
        recovered(order, quotes[1], 0, leg),
    ]
    assert taken == [[(ids.carrier, 0, amount * DOLLAR)] for amount in (50, 40, 20)]
    recovers_nothing(order, quotes[0], 1, leg)
    # The same legs of another order's shipment answer anew.
    claim(opened, insured)
    assert recovered(opened, insured, LEVEL, leg) == [(ids.carrier, 0, 50 * DOLLAR)]


def test_a_bond_that_was_short_is_asked_again_and_never_twice(
    paid, bond, recovered, recovers_nothing, ids, held
):
    call = paid.order, paid.quote, LEVEL, paid.leg
    recovers_nothing(*call)
    bond(20 * DOLLAR)
    assert recovered(*call) == [(ids.carrier, 0, 20 * DOLLAR)]
    recovers_nothing(*call)
    bond(100 * DOLLAR)
    assert recovered(*call) == [(ids.carrier, 0, 30 * DOLLAR)]
    recovers_nothing(*call)
    assert held(ids.carrier)[0] == 70 * DOLLAR


def test_a_bond_in_another_token_does_not_answer(
    paid, bonds, bond, subrogate, BlockingTokenMock, ids, operator, policy_id, reverts
):
    bond(100 * DOLLAR, ids.carrier, BlockingTokenMock.deploy(operator))
    with reverts(bonds, "CarrierBond_NothingToRecover", policy_id(paid.quote), LEVEL):
        subrogate(paid.order, paid.quote, LEVEL, paid.leg)


@pytest.mark.parametrize(
    ("deductible", "cap", "left"), [(800, 10_000, 10), (0, 60, 6), (0, 880, 88)]
)
def test_never_more_is_recovered_than_was_paid(
    deductible, cap, left, bonds, opened, make_quote, insure, pack, bonded, make_leg, journey,
    claim, recovered, recovers_nothing, policy_id,
):  # fmt: skip
    quote = make_quote(
        opened, perils=pack(("LEVEL", 500), ("DAMAGE", 400, 1)), plan=b"\x77" * 32,
        deductible_bps=deductible, cap_bps=cap, maximum=opened.amount,
    )  # fmt: skip
    insure(opened, quote)
    leg = make_leg(opened.ship_by)
    watch = {"breached_at": opened.ship_by}
    journey(leg, as_of=opened.ship_by, watch=watch, damaged=1, damaged_at=opened.ship_by)
    claim(opened, quote)
    total = 0
    for cause, worth in ((1, 40), (0, 50)):
        amount = min(worth * DOLLAR, left * DOLLAR - total)
        if amount:
            assert recovered(opened, quote, cause, leg)[0][2] == amount
            total += amount
        recovers_nothing(opened, quote, cause, leg)
    assert bonds.recoveredOf(policy_id(quote)) == left * DOLLAR


def test_no_cause_is_recovered_twice_when_another_leg_answers_for_it_later(
    opened, insured, halves, bond, journey, claim, recovered, recovers_nothing, ids
):
    """Readings that come late can move the longest run to another leg."""
    half = halves[1].since
    for participant in (ids.carrier, ids.second_carrier):
        bond(30 * DOLLAR, participant)
    told = {"as_of": half + DAY, "lost": 100, "lost_at": half}
    watch = {"breached_at": half - 9, "longest_at": half - 9, "longest": 3_601}
    journey(*halves, watch=watch, **told)
    claim(opened, insured)
    assert recovered(opened, insured, RUN, *halves) == [(ids.carrier, 0, 30 * DOLLAR)]
    journey(*halves, watch={**watch, "longest_at": half + 9, "longest": 3_602}, **told)
    assert recovered(opened, insured, RUN, *halves) == [(ids.second_carrier, 1, 20 * DOLLAR)]
    for participant in (ids.carrier, ids.second_carrier):
        bond(100 * DOLLAR, participant)
    recovers_nothing(opened, insured, RUN, *halves)
    journey(*halves, watch=watch, **told)
    recovers_nothing(opened, insured, RUN, *halves)


FORGERIES = {
    "none": lambda a, b: [],
    "one of two": lambda a, b: [a],
    "the second alone": lambda a, b: [b],
    "turned round": lambda a, b: [b, a],
    "one too many": lambda a, b: [a, b, b],
    "another carrier's first": lambda a, b: [replace(a, custodian_id=b.custodian_id), b],
    "another carrier's second": lambda a, b: [a, replace(b, custodian_id=a.custodian_id)],
    "an earlier start": lambda a, b: [replace(a, since=a.since - 1), b],
    "an earlier handover": lambda a, b: [a, replace(b, since=b.since - 1)],
    "another deadline": lambda a, b: [a, replace(b, due_by=1)],
    "another liability": lambda a, b: [replace(a, liability=a.liability + 1), b],
    "a first that agreed nothing": lambda a, b: [replace(a, liability=0), b],
}


@pytest.mark.parametrize("forged", FORGERIES)
@pytest.mark.parametrize("is_plain", [False, True])
def test_reverts_when_legs_are(
    forged, is_plain, bonds, opened, insured, halves, bonded, journey, claim, subrogate,
    shipment_of, recovered, reverts,
):  # fmt: skip
    first, second = halves
    if is_plain:
        first = replace(first, liability=0)
    journey(first, second, as_of=second.since + DAY, lost=100, lost_at=second.since)
    claim(opened, insured)
    legs = FORGERIES[forged](first, second)
    if legs != [first, second]:
        with reverts(bonds, "CarrierBond_CustodyMismatch", shipment_of(opened)):
            subrogate(opened, insured, LOSS, *legs)
    assert recovered(opened, insured, LOSS, first, second)[0][2] == WORTH[LOSS]


@pytest.mark.parametrize("cause", [RUN, LOSS, DAMAGE, DELAY, 5, 255])
def test_reverts_given_the_cause_was_not_decided(
    cause, paid, bonds, bonded, subrogate, policy_id, reverts
):
    with reverts(bonds, "CarrierBond_NotFired", policy_id(paid.quote), cause):
        subrogate(paid.order, paid.quote, cause, paid.leg)


def test_reverts_when_the_quote_is_not_that_bought(
    paid, bonds, bonded, subrogate, policy_id, reverts, keys
):
    for other in (
        replace(paid.quote, pool=keys.stranger.address),
        replace(paid.quote, perils=paid.quote.perils + (1 << 16)),
    ):
        with reverts(bonds, "CarrierBond_NotFired", policy_id(other), LEVEL):
            subrogate(paid.order, other, LEVEL, paid.leg)


def test_reverts_when_the_order_is_another(paid, bonds, bonded, subrogate, order_id, reverts):
    other = replace(paid.order, amount=2 * paid.order.amount)
    with reverts(bonds, "CarrierBond_WrongOrder", order_id(other), order_id(paid.order)):
        subrogate(other, paid.quote, LEVEL, paid.leg)


def test_reverts_when_another_source_tells_the_legs(
    paid, bonds, bonded, subrogate, ledger, source, reverts
):
    other = replace(paid.order, source=ledger.address)
    with reverts(bonds, "CarrierBond_WrongSource", ledger.address, source.address):
        subrogate(other, paid.quote, LEVEL, paid.leg)


def test_recovers_after_the_policy_and_its_order_have_ended(
    opened, insured, halves, bonded, journey, claim, agree, keys, recovered, ids, insurance, pool,
    operator,
):  # fmt: skip
    half = halves[1].since
    journey(*halves, as_of=half, lost=100, lost_at=half)
    claim(opened, insured)
    agree(opened, 0, buyer=keys.buyer, seller=keys.seller)
    claim(opened, insured)
    insurance.unlistPool(pool, operator)
    insurance.pauseUnderwriting(True, operator)
    found = recovered(opened, insured, LOSS, *halves)
    assert found == [(ids.second_carrier, 1, WORTH[LOSS])]


def test_a_token_does_not_re_enter(
    ReentrantTokenMock, list_pool, source, bonds, bond, make_order, open_order, make_quote, insure,
    pack, make_leg, journey, claim, subrogate, held, policy_id, ids, keys, sender, operator,
):  # fmt: skip
    token, pool = list_pool(ReentrantTokenMock)
    pool.deposit(100 * DOLLAR, keys.insurer.address, sender(keys.insurer))
    order = make_order(token=token.address, source=source.address, amount=500 * DOLLAR)
    open_order(order)
    quote = make_quote(order, pool=pool.address, perils=pack(("LEVEL", 500)), plan=b"\x77" * 32)
    insure(order, quote)
    bond(100 * DOLLAR, ids.carrier, token)
    leg = make_leg(order.ship_by)
    journey(leg, as_of=order.ship_by, watch={"breached_at": order.ship_by})
    claim(order, quote)
    again = bonds.subrogate.encode_input(astuple(order), astuple(quote), LEVEL, [astuple(leg)])
    token.arm(bonds, again, operator)
    tx = subrogate(order, quote, LEVEL, leg)
    assert [one["isDone"] for one in tx.events["Reentered"]] == [False]
    assert held(ids.carrier, token)[0] == token.balanceOf(bonds) == 75 * DOLLAR
    assert bonds.recoveredOf(policy_id(quote)) == 25 * DOLLAR
