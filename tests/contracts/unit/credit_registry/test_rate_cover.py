from entrepot.core.credit import POINT
from entrepot.core.roles import Role, mask

INSURER, HOLDER = 1, 3
NONE = (0,) * 6


def test_rates_the_insurer(cover, evidence_of, event, now):
    tx = cover(INSURER, HOLDER, 9)
    assert event(tx, "CoverRated") == {
        "policyId": b"\2" * 32,
        "insurerId": INSURER,
        "holderId": HOLDER,
        "weight": 9,
    }
    kept = 9 * POINT, 0, now(), 1, mask(Role.INSURER), HOLDER + 1
    assert evidence_of(INSURER, Role.INSURER) == kept
    assert evidence_of(HOLDER, Role.BUYER) == NONE


def test_a_holder_weighs_half_each_time_it_repeats(cover, evidence_of):
    for after in (1, 0, 0):
        cover(INSURER, HOLDER, 9, after)
    assert evidence_of(INSURER, Role.INSURER)[0] == 9 * POINT * 7 // 4


def test_covering_oneself_earns_nothing(cover, evidence_of, event):
    assert event(cover(INSURER, INSURER, 9), "CoverRated")["weight"] == 9
    assert evidence_of(INSURER, Role.INSURER) == NONE


def test_reverts_when_caller_is_not_the_insurance(ratings, world, keys, sender, reverts):
    for caller in (world.escrow, keys.operator, keys.stranger, keys.insurer):
        with reverts(ratings, "CreditRegistry_NotWriter", caller.address):
            ratings.rateCover(b"\2" * 32, INSURER, HOLDER, 9, sender(caller))
