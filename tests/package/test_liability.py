"""Who answers for what happened. `tests/invariants/CargoVectors.t.sol` shows that the contracts
have the same rules.
"""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from entrepot.core.liability import (
    NO_CHAIN,
    Leg,
    chain_of,
    custodian_at,
    delays,
    extended,
    holder_at,
    is_genuine,
)
from entrepot.core.settlement import Facts
from tests.package.cargo import ORDER, legs

CARRIER = ORDER.carrier_id


def facts(of: list[Leg], delivered: int = 0, as_of: int = 60) -> Facts:
    return Facts(of[0].since if of else 0, 0, delivered, as_of)


@given(legs(), st.data())
def test_only_the_legs_themselves_are_genuine(of: list[Leg], data: st.DataObject) -> None:
    chain = chain_of(of)
    assert is_genuine(ORDER, facts(of), chain, of)
    others = data.draw(
        st.one_of(st.permutations(of), legs(), st.just(of[:-1]), st.just([*of, of[-1]]))
    )
    assume(others != of)
    assert not is_genuine(ORDER, facts(of), chain, others)


@given(legs())
def test_first_leg_is_in_the_hash_only_if_it_agreed_something(of: list[Leg]) -> None:
    chain = NO_CHAIN
    for i, leg in enumerate(of):
        if i or leg.due_by or leg.liability:
            chain = extended(chain, leg)
    assert chain_of(of) == chain


def test_nobody_carried_what_was_not_shipped() -> None:
    assert is_genuine(ORDER, Facts(), NO_CHAIN, [])
    assert not is_genuine(ORDER, Facts(), NO_CHAIN, [Leg(CARRIER, 0)])
    assert not is_genuine(ORDER, Facts(shipped_at=5), NO_CHAIN, [])


@given(legs(), st.integers(0, 60), st.integers(0, 70))
def test_somebody_answers_for_every_second(of: list[Leg], after: int, time: int) -> None:
    delivered = of[-1].since + after
    known = facts(of, delivered)
    expected = ORDER.seller_id
    for leg in of:
        if leg.since <= time:
            expected = leg.custodian_id
    if time > delivered:
        expected = ORDER.consignee_id
    assert custodian_at(ORDER, known, of, time) == expected
    assert holder_at(facts(of), of, time) <= len(of)


@given(legs(), st.integers(0, 60))
def test_delay_is_divided_and_none_of_it_is_lost(of: list[Leg], after: int) -> None:
    """Whoever is late answers, and all together for no less than the goods are late."""
    known = facts(of, of[-1].since + after)
    found = delays(ORDER, known, of)
    until = min(known.delivered_at, ORDER.refund_after)
    assert len(found) == len(of) + 1
    assert all(seconds >= 0 for seconds in found)
    if all(leg.due_by == 0 for leg in of):
        assert sum(found) >= max(until - ORDER.deliver_by, 0)
    if until > ORDER.deliver_by:
        assert sum(found) > 0


@pytest.mark.parametrize(
    ("of", "delivered", "found"),
    [
        ([Leg(CARRIER, 10)], 20, [0, 0]),
        ([Leg(CARRIER, 10)], 25, [0, 5]),
        ([Leg(CARRIER, 13)], 25, [3, 2]),
        ([Leg(CARRIER, 13)], 22, [3, 0]),
        ([Leg(CARRIER, 10, 15), Leg(7, 18)], 25, [0, 3, 2]),
        ([Leg(CARRIER, 10, 15), Leg(7, 18)], 20, [0, 3, 0]),
        ([Leg(CARRIER, 10, 15), Leg(7, 14, 17), Leg(8, 22)], 26, [0, 0, 5, 1]),
        ([Leg(CARRIER, 10, 30), Leg(7, 28, 50)], 35, [0, 15, 0]),
        ([Leg(CARRIER, 10)], 50, [0, 20]),
        ([], 0, [30]),
    ],
    ids=[
        "in time", "the carrier was late", "so was the seller", "the carrier caught up",
        "two legs late", "caught up in the end", "three legs", "deadlines too late",
        "not beyond refund-after", "never shipped",
    ],
)  # fmt: skip
def test_each_answers_for_what_it_added(of: list[Leg], delivered: int, found: list[int]) -> None:
    assert delays(ORDER, facts(of, delivered), of) == found
