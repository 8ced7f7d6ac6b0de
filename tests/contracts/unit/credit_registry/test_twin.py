"""The contract and `entrepot.core.credit` give the same integers."""

from dataclasses import astuple
from random import Random

import pytest

from entrepot.core.credit import HALF_LIFE, POINT, Grade, Outcome
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
def test_any_sequence_of_facts_gives_the_same_ratings(
    ratings, twin, trade, cover, now, at, plain, seed
):
    random = Random(seed)
    for _ in range(20):
        rated, counterparty = random.choice(PARTIES), random.choice([0, *PARTIES])
        weight, pause = random.randrange(2**16), random.choice([100, 3 * HALF_LIFE])
        after = random.randint(1, pause)
        if random.random() < 0.7:
            trade(rated, counterparty, weight, random.choice(list(Outcome)), after)
        else:
            cover(rated, counterparty, weight, after)
    assert len(twin.evidence) > len(PARTIES)
    for (participant, role), evidence in twin.evidence.items():
        kept = (evidence.good, evidence.bad, evidence.updated_at)
        assert plain(ratings.evidenceOf(participant, role)) == kept
        assert ratings.counterpartiesOf(participant, role) == evidence.sketch_word()
    at(now() + random.randint(1, 3 * HALF_LIFE), mine=True)
    for participant, role in list(twin.evidence):
        score = astuple(twin.score_of(participant, role, now()))
        assert plain(ratings.scoreOf(participant, role)) == score
        assert plain(ratings.ratingOf(participant)) == astuple(twin.rating_of(participant, now()))


def test_counterparties_are_alike_where_their_ids_differ_by_2047(ratings, trade, twin, plain):
    for i, (counterparty, alike) in enumerate([(1, 2048), (0, 2047), (5, 5 + 2047 * 2**40)]):
        seller = 100 + i
        trade(seller, counterparty, 16, Outcome.DELIVERED_ON_TIME)
        for other in (alike, alike + 1):
            trade(seller, other, 16, Outcome.DELIVERED_ON_TIME)
            kept = twin.evidence[seller, Role.SELLER]
            assert plain(ratings.evidenceOf(seller, Role.SELLER))[0] == kept.good
        assert kept.good == 40 * POINT


def test_grades_change_at_their_bounds(ratings, trade, twin, now, plain):
    seen = {Grade(ratings.scoreOf(99, Role.SELLER)[0])}
    for outcome in (Outcome.DELIVERED_ON_TIME, Outcome.NOT_DELIVERED):
        for weight in (1, 7, 8, 9, 21, 22, 47, 48, 49, 127, 128, 129, 287, 288, 289):
            seller = 1_000 * outcome + weight
            trade(seller, 3, weight, outcome)
            rating = plain(ratings.scoreOf(seller, Role.SELLER))
            assert rating == astuple(twin.score_of(seller, Role.SELLER, now()))
            assert rating[0] == max(grade for grade, least in LEAST.items() if rating[1] >= least)
            seen.add(Grade(rating[0]))
    assert seen == set(Grade)


@pytest.mark.parametrize("participant", [0, 99])
def test_who_has_no_evidence_is_not_rated(ratings, plain, participant):
    assert plain(ratings.ratingOf(participant)) == (Grade.NR, 5_000, 0)
