from entrepot.core.credit import POINT
from entrepot.core.roles import Role

INSURER, HOLDER = 1, 3


def test_rates_the_insurer(ratings, cover, event, now, plain):
    tx = cover(INSURER, HOLDER, 9)
    assert event(tx, "CoverRated") == {
        "policyId": b"\2" * 32,
        "insurerId": INSURER,
        "holderId": HOLDER,
        "weight": 9,
    }
    assert plain(ratings.evidenceOf(INSURER, Role.INSURER)) == (9 * POINT, 0, now())
    assert plain(ratings.evidenceOf(HOLDER, Role.BUYER)) == (0, 0, 0)


def test_covering_oneself_earns_nothing(ratings, cover, plain):
    cover(INSURER, INSURER, 9)
    assert plain(ratings.evidenceOf(INSURER, Role.INSURER)) == (0, 0, 0)


def test_reverts_when_caller_is_not_the_insurance(ratings, writers, keys, sender, reverts):
    for key in (writers[0], keys.operator, keys.stranger):
        with reverts(ratings, "CreditRegistry_NotWriter", key.address):
            ratings.rateCover(b"\2" * 32, INSURER, HOLDER, 9, sender(key))
