"""Who gets what at the end of an order."""

from dataclasses import astuple
from random import Random

import pytest

from entrepot.core.messages import Payee

DOLLAR = 10**6
WHOLE = 10_000
SHIPPED, CLEARED, DELIVERED, DUTY, PAYEE, PRICE, REFUND = range(7)
DUES = (SHIPPED, CLEARED, DELIVERED, DUTY)
ALL_DUES, DUTY_ALONE = 0b1111, 0b1000
RELEASED = 3
MAXIMUM_DUTY = 2**88 - 1


@pytest.fixture(scope="session")
def divide(settlement, plain):
    """Every payment, as purpose, payee, amount; the mask must name the dues among them."""

    def ask(order, clauses, case, wanted=ALL_DUES, share=WHOLE):
        terms = astuple(order), astuple(clauses), case, wanted, share
        payments, mask = plain(settlement.divide(*terms))
        assert mask == sum(1 << purpose for purpose, _, _ in payments if purpose in DUES)
        assert [p for p, _, _ in payments] == sorted(p for p, _, _ in payments)
        return list(payments)

    return ask


@pytest.fixture(scope="session")
def all_due(make_case):
    """A case in which everything is due: cleared for this duty and delivered in time."""

    def of(order, duty=60 * DOLLAR, **changes):
        return make_case(
            shipped_at=order.ship_by, delivered_at=order.deliver_by, customs=RELEASED,
            released_at=order.deliver_by, duty=duty, **changes,
        )  # fmt: skip

    return of


# Share, dues that are wanted, dues that were paid; then shipped, cleared, delivered, duty, the
# platform (at most 50), the carrier (at most 150), the seller's side and the buyer, in dollars.
PATHS = [
    (WHOLE, ALL_DUES, 0, (140, 70, 210, 60, 50, 150, 320, 0)),
    (WHOLE, ALL_DUES, 0b0001, (0, 70, 210, 60, 50, 150, 320, 0)),
    (WHOLE, ALL_DUES, 0b1111, (0, 0, 0, 0, 50, 150, 320, 0)),
    (0, ALL_DUES, 0, (140, 70, 210, 60, 0, 0, 0, 520)),
    (0, ALL_DUES, 0b0111, (0, 0, 0, 60, 0, 0, 0, 520)),
    (WHOLE, DUTY_ALONE, 0, (0, 0, 0, 60, 50, 150, 740, 0)),
    (WHOLE, DUTY_ALONE, 0b0001, (0, 0, 0, 60, 50, 150, 600, 0)),
    (0, DUTY_ALONE, 0, (0, 0, 0, 60, 0, 0, 0, 940)),
    (5_000, DUTY_ALONE, 0, (0, 0, 0, 60, 50, 150, 270, 470)),
    (5_000, DUTY_ALONE, 0b1001, (0, 0, 0, 0, 50, 150, 200, 400)),
    # The payees in their order, each up to its cap, for as long as the money lasts.
    (2_000, DUTY_ALONE, 0, (0, 0, 0, 60, 50, 138, 0, 752)),
    (500, DUTY_ALONE, 0, (0, 0, 0, 60, 47, 0, 0, 893)),
]


@pytest.mark.parametrize(("share", "wanted", "paid", "dollars"), PATHS)
def test_pays_dues_then_payees_then_the_seller_and_the_buyer_the_rest(
    share, wanted, paid, dollars, divide, all_due, make_order, make_clauses
):
    order, clauses = make_order(), make_clauses()
    # What was paid is not worked out anew from what the source says later.
    duty = {"duty": 99 * DOLLAR, "duty_paid": 60 * DOLLAR} if paid >> DUTY else {}
    case = all_due(order, paid=paid, **duty)
    side, (platform, carrier) = case[2], (payee.account for payee in clauses.payees)
    path = [
        (SHIPPED, side), (CLEARED, side), (DELIVERED, side), (DUTY, clauses.treasury),
        (PAYEE, platform), (PAYEE, carrier), (PRICE, side), (REFUND, order.buyer),
    ]  # fmt: skip
    assert divide(order, clauses, case, wanted, share) == [
        (*step, amount * DOLLAR) for step, amount in zip(path, dollars, strict=True) if amount
    ]


def test_caps_beyond_what_is_there_leave_the_later_ones_less(
    divide, all_due, make_order, make_clauses, keys
):
    order = make_order()
    first, second, third = (
        Payee(key.address, cap * DOLLAR)
        for key, cap in ((keys.platform, 900), (keys.carrier, 900), (keys.bank, 900))
    )
    clauses = make_clauses(payees=(first, second, third))
    assert divide(order, clauses, all_due(order)) == [
        (DUTY, clauses.treasury, 60 * DOLLAR),
        (PAYEE, first.account, 900 * DOLLAR),
        (PAYEE, second.account, 40 * DOLLAR),
    ]


def test_a_share_is_rounded_in_favour_of_the_buyer(divide, make_case, make_order, make_clauses):
    order = make_order(amount=3)
    clauses = make_clauses(duty_cap=0, payees=())
    side = make_case()[2]
    assert divide(order, clauses, make_case(), DUTY_ALONE, 6_666) == [
        (PRICE, side, 1),
        (REFUND, order.buyer, 2),
    ]


@pytest.mark.parametrize("seed", range(30))
def test_whatever_is_agreed_the_payments_are_the_price_and_nobody_is_passed_over(
    seed, divide, all_due, make_order, make_clauses, settlement, plain
):
    random = Random(seed)
    amount = random.choice([1, 9_999, 10**9, 2**128 - 1])
    order = make_order(amount=amount)
    shares = [random.randrange(3_334) for _ in range(3)]
    caps = [random.choice([0, 1, amount // 7, amount]) for _ in range(random.randrange(9))]
    clauses = make_clauses(
        on_shipped=shares[0], on_cleared=shares[1], on_delivered=shares[2],
        duty_cap=random.choice([0, min(amount // 3, MAXIMUM_DUTY), min(amount, MAXIMUM_DUTY)]),
        payees=tuple(Payee(f"0x{i + 1:040x}", cap) for i, cap in enumerate(caps)),
    )  # fmt: skip
    duty = random.randrange(min(2 * amount, 2**128))
    terms = astuple(order), astuple(clauses)
    dues, mask = plain(settlement.duesOf(*terms, all_due(order, duty)))
    paid, share = random.randrange(16) & mask, random.choice([0, 1, 5_000, WHOLE])
    after = all_due(order, duty, paid=paid, duty_paid=min(duty, clauses.duty_cap))
    sent = sum(sum_ for purpose, _, sum_ in dues if paid >> purpose & 1)

    payments = divide(order, clauses, after, random.randrange(16), share)

    assert all(sum_ > 0 for _, _, sum_ in payments)
    assert sent + sum(sum_ for _, _, sum_ in payments) == amount
    to_payees = {payee: sum_ for purpose, payee, sum_ in payments if purpose == PAYEE}
    received = [to_payees.get(payee.account, 0) for payee in clauses.payees]
    assert all(got <= cap for got, cap in zip(received, caps, strict=True))
    by_purpose = {purpose: sum_ for purpose, _, sum_ in payments if purpose > PAYEE}
    rest = sum(received) + by_purpose.get(PRICE, 0)
    assert rest == (rest + by_purpose.get(REFUND, 0)) * share // WHOLE
    for i, got in enumerate(received):
        if got < caps[i]:
            assert sum(received[i + 1 :]) + by_purpose.get(PRICE, 0) == 0
