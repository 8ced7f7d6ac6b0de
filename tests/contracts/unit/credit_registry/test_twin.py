"""The contract and `entrepot.core.credit` give the same integers."""

from dataclasses import astuple
from random import Random

import pytest

from entrepot.core.credit import HALF_LIFE, Grade, TradeOutcome
from entrepot.core.roles import Role

# Least score of each grade, in basis points.
LEAST = {
    Grade.D: 0,
    Grade.C: 2_000,
    Grade.CC: 3_000,
    Grade.CCC: 4_000,
    Grade.B: 5_000,
    Grade.BB: 6_000,
    Grade.BBB: 7_000,
    Grade.A: 8_000,
    Grade.AA: 9_000,
    Grade.AAA: 9_500,
}
PARTIES = [1, 2, 3, 2047, 2048, 2**64 - 1]


@pytest.mark.parametrize("seed", range(10))
def test_any_sequence_of_endings_gives_the_same_ratings(twin, trade, cover, check, now, at, seed):
    random = Random(seed)
    for _ in range(25):
        rated, counterparty = random.choice(PARTIES), random.choice([0, *PARTIES])
        weight = random.randrange(random.choice([2, 40, 2**16]))
        after = random.randint(0, random.choice([0, 100, 3 * HALF_LIFE]))
        if random.random() < 0.7:
            trade(rated, counterparty, weight, random.choice(list(TradeOutcome)), after)
        else:
            cover(rated, counterparty, weight, after)
    assert len(twin.records) >= len(PARTIES)
    check()
    at(now() + random.randint(1, 3 * HALF_LIFE), mine=True)
    check()


def test_grades_change_at_their_bounds(ratings, trade, twin, now, plain):
    seen = {Grade(ratings.scoreOf(99, Role.SELLER)[0])}
    for outcome in (TradeOutcome.KEPT, TradeOutcome.LOST):
        for weight in (1, 7, 8, 9, 21, 22, 47, 48, 49, 127, 128, 129, 287, 288, 289):
            seller = 1_000 * outcome + weight
            trade(seller, 3, weight, outcome)
            rating = plain(ratings.scoreOf(seller, Role.SELLER))
            assert rating == astuple(twin.records[seller].rating(now()))
            assert rating[0] == max(grade for grade, least in LEAST.items() if rating[1] >= least)
            seen.add(Grade(rating[0]))
    assert seen == set(Grade)
