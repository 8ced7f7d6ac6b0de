"""What the registry keeps of whom, and what it knows."""

import pytest

from entrepot.core.credit import POINT, SETTLING, Grade, TradeOutcome
from entrepot.core.roles import Role, mask

NONE = (0,) * 6


@pytest.mark.parametrize("participant", [0, 99, 2**64 - 1])
def test_who_has_no_evidence_is_not_rated(ratings, evidence_of, plain, now, participant):
    assert plain(ratings.ratingOf(participant)) == (Grade.NR, 5_000, 0)
    for role in Role:
        assert plain(ratings.scoreOf(participant, role)) == (Grade.NR, 5_000, 0)
        assert evidence_of(participant, role) == NONE
    for time in (0, now(), 2**40 - 1):
        assert ratings.gradeAt(participant, time) == Grade.NR


def test_evidence_stays_as_it_was_at_its_last_change(ratings, trade, plain, at, now):
    trade(2, 3, 9, TradeOutcome.LATE)
    half = 9 * POINT // 2
    kept = half, half, now(), 1, mask(Role.SELLER), 3 + 1
    at(now() + 400 * 86_400, mine=True)
    assert plain(ratings.evidenceOf(2, Role.SELLER)) == kept


def test_parties_and_roles_are_kept_apart(trade, evidence_of):
    """Also where an id and a role could be taken for others by their bits."""
    trade(2**64 - 1, 1, 9, TradeOutcome.KEPT)
    rated = {(2**64 - 1, Role.SELLER), (1, Role.BUYER)}
    for participant in (0, 1, 2, 3, 2**63, 2**64 - 2, 2**64 - 1):
        for role in Role:
            has_evidence = evidence_of(participant, role) != NONE
            assert has_evidence == ((participant, role) in rated)


def test_the_count_is_of_all_endings_however_little_they_weigh(trade, evidence_of):
    for _ in range(12):
        trade(2, 3, 0, TradeOutcome.KEPT)
    assert evidence_of(2, Role.SELLER)[:4:3] == (0, 12)


def test_it_knows_its_writers_and_its_source(ratings, world, source, domains, credit, ledger):
    assert ratings.ESCROW() == credit.ESCROW() == world.escrow
    assert ratings.INSURANCE() == credit.INSURANCE() == world.insurance
    assert ratings.SOURCE() == source
    assert credit.SOURCE() == ledger
    assert bytes(ratings.ORDER_DOMAIN()) == domains.escrow
    assert ratings.SETTLING() == SETTLING
