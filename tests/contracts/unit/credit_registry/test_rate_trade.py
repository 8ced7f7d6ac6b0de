from dataclasses import astuple

import pytest

from entrepot.core.credit import HALF_LIFE, POINT, Grade, Outcome
from entrepot.core.roles import Role

SELLER, BUYER, OTHER = 2, 3, 4


@pytest.mark.parametrize(
    ("outcome", "good", "bad"),
    [
        (Outcome.DELIVERED_ON_TIME, 9 * POINT, 0),
        (Outcome.DELIVERED_LATE, 9 * POINT // 2, 9 * POINT // 2),
        (Outcome.NOT_DELIVERED, 0, 9 * POINT),
    ],
)
def test_rates_seller_and_buyer(ratings, trade, event, now, plain, outcome, good, bad):
    tx = trade(SELLER, BUYER, 9, outcome)
    assert event(tx, "TradeRated") == {
        "orderId": b"\1" * 32,
        "sellerId": SELLER,
        "buyerId": BUYER,
        "weight": 9,
        "outcome": outcome,
    }
    assert plain(ratings.evidenceOf(SELLER, Role.SELLER)) == (good, bad, now())
    assert plain(ratings.evidenceOf(BUYER, Role.BUYER)) == (9 * POINT, 0, now())


def test_a_consumer_is_not_rated_and_rates_the_seller(ratings, trade, now, plain):
    trade(SELLER, 0, 9, Outcome.DELIVERED_ON_TIME)
    assert plain(ratings.evidenceOf(SELLER, Role.SELLER)) == (9 * POINT, 0, now())
    assert plain(ratings.evidenceOf(0, Role.BUYER)) == (0, 0, 0)


def test_dealing_with_oneself_earns_nothing(ratings, trade, event, plain):
    tx = trade(SELLER, SELLER, 9, Outcome.DELIVERED_ON_TIME)
    assert event(tx, "TradeRated")["weight"] == 9
    for role in (Role.SELLER, Role.BUYER):
        assert plain(ratings.evidenceOf(SELLER, role)) == (0, 0, 0)
    assert plain(ratings.ratingOf(SELLER)) == (Grade.NR, 5_000, 0)


def test_a_counterparty_weighs_half_each_time_it_repeats_among_the_last_eight(ratings, trade):
    def earned(buyer):
        before = ratings.evidenceOf(SELLER, Role.SELLER)[0]
        trade(SELLER, buyer, 16, Outcome.DELIVERED_ON_TIME)
        return ratings.evidenceOf(SELLER, Role.SELLER)[0] - before

    # A second's decay takes less than a ten-thousandth of a point.
    slack = POINT // 10_000
    for repeats in range(9):
        assert 0 <= (16 * POINT >> min(repeats, 8)) - earned(BUYER) <= slack
    for other in range(100, 108):
        assert 0 <= 16 * POINT - earned(other) <= slack
    assert 0 <= 16 * POINT - earned(BUYER) <= slack


def test_a_wash_trader_ends_below_one_who_trades_with_many(ratings, trade):
    for i in range(10):
        trade(SELLER, BUYER, 12, Outcome.DELIVERED_ON_TIME)
        trade(OTHER, 100 + i, 12, Outcome.DELIVERED_ON_TIME)
    assert ratings.ratingOf(SELLER)[1] < ratings.ratingOf(OTHER)[1]


def test_evidence_halves_in_a_year_and_is_gone_after_64(ratings, trade, twin, now, at, plain):
    trade(SELLER, BUYER, 40, Outcome.NOT_DELIVERED)
    start = now()
    scores = []
    for years in (0, 1, 2, 8, 63, 64, 70):
        at(start + years * HALF_LIFE + 1, mine=True)
        rating = plain(ratings.scoreOf(SELLER, Role.SELLER))
        assert rating == astuple(twin.score_of(SELLER, Role.SELLER, now()))
        scores.append(rating[1])
    assert scores == sorted(scores)
    assert scores[-1] == 5_000
    # Weight 40 of evidence against a prior of 16 on either side: 16/72, then 16/52.
    assert scores[:2] == [2_222, 3_076]


def test_reverts_when_caller_is_not_the_escrow(ratings, writers, keys, sender, reverts):
    for key in (writers[1], keys.operator, keys.stranger):
        with reverts(ratings, "CreditRegistry_NotWriter", key.address):
            ratings.rateTrade(b"\1" * 32, SELLER, BUYER, 9, 0, sender(key))
