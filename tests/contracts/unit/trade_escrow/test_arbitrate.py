from dataclasses import astuple

import pytest

from entrepot.core.credit import TradeOutcome
from entrepot.core.messages import Clauses
from entrepot.core.roles import Function, Refusal

DAY = 86_400
DOLLAR = 10**6
WHOLE = 10_000
ARBITRATED = 5
PLAIN_CLAUSES = Clauses()
NAMES = "seller", "treasury", "platform", "carrier", "buyer"


@pytest.fixture
def arbitrate(escrow, keys, sender):
    """Divides as the arbiter, or as another; gives the transaction."""

    def go(order, clauses, share, who="arbiter"):
        terms = astuple(order), astuple(clauses)
        return escrow.arbitrate(*terms, share, sender(getattr(keys, who)))

    return go


@pytest.fixture
def contest(escrow, fulfil, keys, sender, at):
    """Has an order's goods delivered and contested in the second of deliver-by."""

    def go(order, clauses):
        fulfil(order, duty=60 * DOLLAR)
        at(order.deliver_by)
        terms = astuple(order), astuple(clauses)
        escrow.contest(*terms, b"\0" * 32, sender(keys.buyer))
        return order.deliver_by

    return go


@pytest.fixture
def gained(dollar, keys):
    """What each party has gained since this fixture was asked for, in dollars."""
    holders = [getattr(keys, name).address for name in NAMES]
    before = [dollar.balanceOf(holder) for holder in holders]
    return lambda: tuple(
        (dollar.balanceOf(holder) - had) / DOLLAR
        for holder, had in zip(holders, before, strict=True)
    )


# The share; what the seller, the treasury, the platform, the carrier and the buyer get, in
# dollars; and how the trade is rated.
SHARES = [
    (0, (0, 60, 0, 0, 940), TradeOutcome.BROKEN),
    (500, (0, 60, 47, 0, 893), TradeOutcome.BROKEN),
    (2_000, (0, 60, 50, 138, 752), TradeOutcome.BROKEN),
    (4_999, (269.906, 60, 50, 150, 470.094), TradeOutcome.BROKEN),
    (5_000, (270, 60, 50, 150, 470), TradeOutcome.UPHELD),
    (WHOLE, (740, 60, 50, 150, 0), TradeOutcome.UPHELD),
]


@pytest.mark.parametrize(("share", "dollars", "rating"), SHARES)
def test_divides_what_a_contested_order_holds(
    share, dollars, rating, deal, contest, arbitrate, escrow, gained, ids, order_id, record_of,
    plain, event,
):  # fmt: skip
    order, clauses = deal
    contested_at = contest(order, clauses)
    opened_at = record_of(order)[1]

    tx = arbitrate(order, clauses, share)

    assert gained() == dollars
    assert record_of(order) == (ARBITRATED, opened_at, tx.timestamp, 10)
    assert plain(escrow.progressOf(order_id(order))) == (contested_at, share, 1 << 3, False)
    assert event(tx, "OrderArbitrated") == {
        "orderId": order_id(order),
        "arbiterId": ids.arbiter,
        "sellerShare": share,
        "toSeller": round(dollars[0] * DOLLAR),
        "toBuyer": round(dollars[4] * DOLLAR),
    }
    assert event(tx, "TradeRated")["outcome"] == rating


def test_divides_only_what_was_not_paid_yet(deal, contest, arbitrate, escrow, gained, operator):
    order, clauses = deal
    contest(order, clauses)
    escrow.advance(astuple(order), astuple(clauses), operator)
    assert gained() == (420, 60, 0, 0, 0)
    arbitrate(order, clauses, 0)
    assert gained() == (420, 60, 0, 0, 520)


def test_divides_in_the_last_second_of_the_period(deal, contest, arbitrate, record_of, at):
    order, clauses = deal
    at(contest(order, clauses) + order.arbitration_period)
    arbitrate(order, clauses, 5_000)
    assert record_of(order)[0] == ARBITRATED


DEFAULTS = [
    (True, 2, (740, 60, 50, 150, 0), TradeOutcome.UPHELD),
    (False, 3, (420, 60, 0, 0, 520), TradeOutcome.BROKEN),
]


@pytest.mark.parametrize(("uphold", "state", "dollars", "rating"), DEFAULTS)
def test_an_arbiter_who_lets_the_period_lapse_leaves_it_to_the_default(
    uphold, state, dollars, rating, open_deal, make_clauses, contest, arbitrate, escrow, gained,
    order_id, record_of, operator, event, at, reverts,
):  # fmt: skip
    clauses = make_clauses()
    order = open_deal(clauses, uphold_by_default=uphold)
    before = gained()
    closed_at = contest(order, clauses) + order.arbitration_period
    at(closed_at)
    with reverts(escrow, "TradeEscrow_Undecided", order_id(order)):
        escrow.conclude(astuple(order), astuple(clauses), operator)
    at(closed_at + 1)
    with reverts(escrow, "TradeEscrow_ArbitrationEnded", closed_at, closed_at + 1):
        arbitrate(order, clauses, WHOLE)

    tx = escrow.conclude(astuple(order), astuple(clauses), operator)

    got = tuple(after - had for after, had in zip(gained(), before, strict=True))
    assert got == dollars
    assert record_of(order)[0] == state
    assert event(tx, "TradeRated")["outcome"] == rating


def test_reverts_given_nobody_contested(deal, fulfil, arbitrate, escrow, order_id, at, reverts):
    order, clauses = deal
    fulfil(order)
    at(order.deliver_by)
    with reverts(escrow, "TradeEscrow_NotContested", order_id(order)):
        arbitrate(order, clauses, 0)


def test_reverts_when_caller_is_no_arbiter(deal, contest, arbitrate, registry, keys, reverts):
    order, clauses = deal
    contest(order, clauses)
    for who, refusal in (("buyer", Refusal.ROLE_MISSING), ("operator", Refusal.UNKNOWN_KEY)):
        refused = getattr(keys, who).address, Function.ARBITRATE, refusal
        with reverts(registry, "ParticipantRegistry_NotAuthorized", *refused):
            arbitrate(order, clauses, WHOLE, who)


@pytest.mark.parametrize("arbiter", ["carrier", "nobody"])
def test_reverts_when_caller_is_the_arbiter_of_other_orders(
    arbiter, open_deal, make_clauses, contest, arbitrate, escrow, keys, ids, reverts
):
    clauses, expected = make_clauses(), getattr(ids, arbiter, 0)
    order = open_deal(clauses, arbiter_id=expected)
    contest(order, clauses)
    refused = keys.arbiter.address, ids.arbiter, expected
    with reverts(escrow, "TradeEscrow_NotActingFor", *refused):
        arbitrate(order, clauses, WHOLE)


def test_reverts_when_share_is_beyond_the_whole(deal, contest, arbitrate, escrow, reverts):
    order, clauses = deal
    contest(order, clauses)
    with reverts(escrow, "TradeEscrow_ShareTooLarge", WHOLE + 1):
        arbitrate(order, clauses, WHOLE + 1)


def test_reverts_given_the_order_has_ended(deal, contest, arbitrate, escrow, order_id, reverts):
    order, clauses = deal
    contest(order, clauses)
    arbitrate(order, clauses, 0)
    with reverts(escrow, "TradeEscrow_OrderNotOpen", order_id(order), ARBITRATED):
        arbitrate(order, clauses, WHOLE)


@pytest.fixture
def stalled(opened, tell):
    """A plain order whose source fell silent at refund-after, and its last deadline."""
    tell(shipped_at=opened.ship_by, as_of=opened.refund_after)
    return opened, opened.refund_after + opened.acceptance_window + opened.arbitration_period


def test_divides_an_order_whose_source_fell_silent_without_rating(
    stalled, arbitrate, escrow, gained, order_id, record_of, at, reverts
):
    order, last = stalled
    at(last)
    with reverts(escrow, "TradeEscrow_NotContested", order_id(order)):
        arbitrate(order, PLAIN_CLAUSES, 2_500)
    at(last + 1)
    tx = arbitrate(order, PLAIN_CLAUSES, 2_500)
    assert gained() == (250, 0, 0, 0, 750)
    assert record_of(order)[0] == ARBITRATED
    assert "TradeRated" not in tx.events


@pytest.mark.parametrize(("delivered", "state"), [(True, 2), (False, 3)])
def test_an_order_that_the_facts_decided_is_not_divided_because_its_source_fell_silent(
    delivered, state, stalled, arbitrate, escrow, tell, order_id, record_of, operator, at,
    reverts,
):  # fmt: skip
    order, last = stalled
    if delivered:
        tell(delivered_at=order.deliver_by, as_of=order.deliver_by)
    else:
        tell(as_of=order.ship_by + 1)
    at(last + 1)
    with reverts(escrow, "TradeEscrow_NotContested", order_id(order)):
        arbitrate(order, PLAIN_CLAUSES, WHOLE if state == 3 else 0)
    escrow.conclude(astuple(order), astuple(PLAIN_CLAUSES), operator)
    assert record_of(order)[0] == state
