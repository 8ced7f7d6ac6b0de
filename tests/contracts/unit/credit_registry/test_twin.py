"""The contract and `entrepot.core.credit` give the same integers."""

from dataclasses import astuple

import pytest
from brownie.test import given
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from entrepot.core.credit import HALF_LIFE, Grade, Outcome
from entrepot.core.roles import Role

# 2048 shares its sketch with 1, and 2047 with 0.
PARTIES = st.sampled_from([1, 2, 3, 2047, 2048, 2**64 - 1])
COUNTERPARTIES = st.one_of(st.just(0), PARTIES)
WEIGHTS = st.integers(0, 2**16 - 1)
PAUSES = st.one_of(st.integers(1, 100), st.integers(1, 3 * HALF_LIFE))
TRADES = st.tuples(PARTIES, COUNTERPARTIES, WEIGHTS, st.sampled_from(Outcome), PAUSES)
COVERS = st.tuples(PARTIES, COUNTERPARTIES, WEIGHTS, PAUSES)


@given(facts=st.lists(st.one_of(TRADES, COVERS), min_size=1, max_size=12), rest=PAUSES)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_sequence_of_facts_gives_the_same_ratings(
    ratings, twin, trade, cover, now, at, plain, facts, rest
):
    twin.evidence.clear()
    for fact in facts:
        (trade if len(fact) == 5 else cover)(*fact)
    for (participant, role), evidence in list(twin.evidence.items()):
        kept = (evidence.good, evidence.bad, evidence.updated_at)
        assert plain(ratings.evidenceOf(participant, role)) == kept
        assert ratings.counterpartiesOf(participant, role) == evidence.sketch_word()
    at(now() + rest, mine=True)
    for participant, role in list(twin.evidence):
        score = astuple(twin.score_of(participant, role, now()))
        assert plain(ratings.scoreOf(participant, role)) == score
        assert plain(ratings.ratingOf(participant)) == astuple(twin.rating_of(participant, now()))


def test_every_grade_is_reached(ratings, trade, twin, now, plain):
    seen = set()
    for participant, outcome in ((1, Outcome.NOT_DELIVERED), (2, Outcome.DELIVERED_ON_TIME)):
        for i in range(17):
            trade(participant, 100 + i, 2 + 2 * i, outcome)
            rating = plain(ratings.scoreOf(participant, Role.SELLER))
            assert rating == astuple(twin.score_of(participant, Role.SELLER, now()))
            seen.add(rating[0])
    seen.add(ratings.scoreOf(99, Role.SELLER)[0])
    assert seen == set(Grade)


@pytest.mark.parametrize("participant", [0, 99])
def test_who_has_no_evidence_is_not_rated(ratings, plain, participant):
    assert plain(ratings.ratingOf(participant)) == (Grade.NR, 5_000, 0)
