from dataclasses import astuple

import pytest
from eth_abi import encode

from entrepot.core.credit import HALF_LIFE, POINT, SEVERITY, Grade, TradeOutcome
from entrepot.core.roles import Role, mask
from entrepot.core.signing import keccak

SELLER, BUYER, OTHER = 2, 3, 4
NONE = (0,) * 6
KEPT, LATE, LOST, BROKEN, UPHELD = TradeOutcome
MAXIMUM = 2**46 - 1
LAST_COUNT = 2**16 - 1


@pytest.mark.parametrize(
    ("outcome", "sellers", "buyers"),
    [
        (KEPT, (9, 0), (9, 0)),
        (LATE, (4.5, 4.5), (9, 0)),
        (LOST, (0, 9), (9, 0)),
        (BROKEN, (0, 36), (9, 0)),
        (UPHELD, (9, 0), (0, 9)),
    ],
)
def test_rates_seller_and_buyer(trade, evidence_of, event, now, outcome, sellers, buyers):
    tx = trade(SELLER, BUYER, 9, outcome)
    assert event(tx, "TradeRated") == {
        "orderId": b"\1" * 32,
        "sellerId": SELLER,
        "buyerId": BUYER,
        "weight": 9,
        "outcome": outcome,
    }
    for who, role, points, other in (
        (SELLER, Role.SELLER, sellers, BUYER),
        (BUYER, Role.BUYER, buyers, SELLER),
    ):
        good, bad = (int(each * POINT) for each in points)
        assert evidence_of(who, role) == (good, bad, now(), 1, mask(role), other + 1)


def test_a_consumer_is_not_rated_and_rates_the_seller(trade, evidence_of, now):
    trade(SELLER, 0, 9, KEPT)
    assert evidence_of(SELLER, Role.SELLER) == (9 * POINT, 0, now(), 1, mask(Role.SELLER), 1)
    assert evidence_of(0, Role.BUYER) == NONE


@pytest.mark.parametrize("outcome", TradeOutcome)
def test_dealing_with_oneself_counts_for_nothing(
    ratings, trade, evidence_of, event, plain, outcome
):
    tx = trade(SELLER, SELLER, 9, outcome)
    assert event(tx, "TradeRated")["weight"] == 9
    for role in (Role.SELLER, Role.BUYER):
        assert evidence_of(SELLER, role) == NONE
    assert plain(ratings.ratingOf(SELLER)) == (Grade.NR, 5_000, 0)


# What each outcome adds after so many repetitions, in points, of a weight of 16.
REPEATED = {
    KEPT: lambda r: (16 / 2**r, 0),
    LATE: lambda r: (8 / 2**r, 8 / 2**r),
    LOST: lambda r: (0, 16 / 2**r),
    BROKEN: lambda r: (0, 16 * SEVERITY / (r + 1)),
}


@pytest.mark.parametrize("outcome", REPEATED)
def test_a_counterparty_weighs_less_each_time_it_repeats_among_the_last_eight(
    trade, evidence_of, outcome
):
    def added(buyer):
        before = evidence_of(SELLER, Role.SELLER)
        # All in one second, so that nothing is forgotten.
        trade(SELLER, buyer, 16, outcome, after=0)
        after = evidence_of(SELLER, Role.SELLER)
        return tuple(b - a for a, b in zip(before[:2], after[:2], strict=True))

    def expected(repeats):
        return tuple(int(each * POINT) for each in REPEATED[outcome](repeats))

    for repeats in range(11):
        assert added(BUYER) == expected(min(repeats, 8))
    for number, other in enumerate(range(100, 107)):
        assert added(other) == expected(0), number
    assert added(BUYER) == expected(1)
    for other in range(200, 208):
        added(other)
    assert added(BUYER) == expected(0)


def test_a_breach_is_not_worth_less_for_the_trust_that_went_before_it(trade, evidence_of):
    for _ in range(8):
        trade(SELLER, BUYER, 16, KEPT, after=0)
    good = evidence_of(SELLER, Role.SELLER)[0]
    trade(SELLER, BUYER, 16, BROKEN, after=0)
    assert evidence_of(SELLER, Role.SELLER)[:2] == (good, 64 * POINT // 9)


@pytest.mark.parametrize(
    ("counterparty", "alike"), [(1, 2_048), (0, 2_047), (5, 5 + 2_047 * 2**40), (2_046, 4_093)]
)
def test_counterparties_are_alike_where_their_ids_are_equal_modulo_2047(
    trade, evidence_of, counterparty, alike
):
    trade(SELLER, counterparty, 16, KEPT)
    trade(SELLER, alike, 16, KEPT, after=0)
    trade(SELLER, alike + 1, 16, KEPT, after=0)
    good, *_, sketches = evidence_of(SELLER, Role.SELLER)
    assert good == (16 + 8 + 16) * POINT
    first, other = (each % 2_047 + 1 for each in (counterparty, alike + 1))
    assert sketches == first << 22 | first << 11 | other


def test_a_first_trade_in_a_role_joins_it_to_the_others(trade, cover, evidence_of):
    three = mask(Role.SELLER, Role.BUYER, Role.INSURER)
    trade(SELLER, BUYER, 9, KEPT)
    trade(BUYER, OTHER, 9, KEPT)
    two = mask(Role.SELLER, Role.BUYER)
    assert [evidence_of(BUYER, role)[4] for role in (Role.SELLER, Role.BUYER)] == [two, two]
    cover(BUYER, SELLER, 9)
    for role in Role:
        assert evidence_of(BUYER, role)[4] == (three if three >> role & 1 else 0)
    # What one is elsewhere says nothing of the others.
    assert evidence_of(SELLER, Role.SELLER)[4] == mask(Role.SELLER)
    assert evidence_of(OTHER, Role.BUYER)[4] == mask(Role.BUYER)


def test_joining_takes_nothing_from_the_other_roles(trade, evidence_of):
    trade(SELLER, BUYER, 9, LATE)
    before = evidence_of(SELLER, Role.SELLER)
    trade(BUYER, SELLER, 9, KEPT, after=1_000)
    after = evidence_of(SELLER, Role.SELLER)
    assert (after[:4], after[5]) == (before[:4], before[5])


def test_a_wash_trader_ends_below_one_who_trades_with_many(ratings, trade):
    for i in range(10):
        trade(SELLER, BUYER, 12, KEPT)
        trade(OTHER, 100 + i, 12, KEPT)
    assert ratings.ratingOf(SELLER)[1] < ratings.ratingOf(OTHER)[1]


def test_evidence_halves_in_a_year_and_is_gone_after_64(ratings, trade, twin, now, at, plain):
    trade(SELLER, BUYER, 40, LOST)
    start = now()
    ratings_seen = []
    for years in (0, 1, 2, 8, 63, 64, 70):
        at(max(start + years * HALF_LIFE, now() + 1), mine=True)
        rating = plain(ratings.scoreOf(SELLER, Role.SELLER))
        assert rating == astuple(twin.records[SELLER].rating(now()))
        assert plain(ratings.ratingOf(SELLER)) == rating
        ratings_seen.append(rating)
    scores = [score for _, score, _ in ratings_seen]
    assert scores == sorted(scores)
    # Weight 40 of evidence against a prior of 16 on either side: 16/72, then 16/52.
    assert scores[:2] == [2_222, 3_076]
    assert ratings_seen[-2:] == [(Grade.NR, 5_000, 0)] * 2


@pytest.fixture
def fill(ratings, web3, chain):
    """Writes a participant's evidence as a seller of now: good and bad, and the count."""

    def write(participant, evidence, count):
        chain.mine()
        now = web3.eth.get_block("latest").timestamp
        word = evidence | evidence << 46 | now << 92 | count << 136 | mask(Role.SELLER) << 152
        place = keccak(encode(["uint256", "uint256"], [Role.SELLER << 64 | participant, 1]))
        request = [ratings.address, "0x" + place.hex(), "0x" + word.to_bytes(32).hex()]
        assert web3.provider.make_request("anvil_setStorageAt", request)["result"]

    return write


@pytest.mark.parametrize("outcome", [KEPT, LATE, LOST, BROKEN])
def test_evidence_and_counts_stop_where_their_bits_end(
    ratings, trade, fill, evidence_of, now, outcome
):
    seller, buyer = 2**64 - 1, 2**64 - 2
    fill(seller, MAXIMUM - 1, LAST_COUNT - 1)
    kept = MAXIMUM - 1, MAXIMUM - 1, now(), LAST_COUNT - 1
    assert evidence_of(seller, Role.SELLER)[:4] == kept
    for repeats in range(2):
        trade(seller, buyer, 2**16 - 1, outcome, after=0)
        good, bad, *others = evidence_of(seller, Role.SELLER)
        assert good == MAXIMUM - (outcome in (LOST, BROKEN))
        assert bad == MAXIMUM - (outcome is KEPT)
        sketches = (buyer % 2_047 + 1) * (1 + (repeats << 11))
        assert others == [now(), LAST_COUNT, mask(Role.SELLER), sketches]
    assert ratings.gradeAt(seller, now()) == ratings.ratingOf(seller)[0]


def test_reverts_when_caller_is_not_the_escrow(ratings, world, keys, sender, reverts):
    for caller in (world.insurance, keys.operator, keys.stranger, keys.seller):
        with reverts(ratings, "CreditRegistry_NotWriter", caller.address):
            ratings.rateTrade(b"\1" * 32, SELLER, BUYER, 9, KEPT, sender(caller))
