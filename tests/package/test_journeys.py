"""How journeys are judged: who answers for what a carrier is rated by."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from entrepot.core.cover import CargoFacts
from entrepot.core.credit import LegOutcome
from entrepot.core.exposures import Exposure
from entrepot.core.journeys import Judged, judge
from entrepot.core.liability import Leg, delays, holder_at
from entrepot.core.settlement import WHOLE, Facts
from tests.package.cargo import ORDER, legs

times = st.integers(1, 90)
FIRST, SECOND = Leg(ORDER.carrier_id, 5), Leg(8, 12)
ARRIVED = Facts(shipped_at=5, delivered_at=18, as_of=60)


@st.composite
def facts(draw: st.DrawFn, of: list[Leg]) -> Facts:
    """Of goods that were delivered, or are on their way for ever."""
    delivered = draw(st.one_of(st.just(0), st.integers(of[-1].since, 90)))
    return Facts(shipped_at=of[0].since, delivered_at=delivered, as_of=99)


@st.composite
def damage(draw: st.DrawFn) -> CargoFacts:
    lost = draw(st.integers(0, WHOLE))
    damaged = draw(st.integers(0, WHOLE - lost))
    return CargoFacts(lost, damaged, draw(times) if lost else 0, draw(times) if damaged else 0)


@st.composite
def exposures(draw: st.DrawFn) -> Exposure:
    """What a watch saw; a breach has not always a run."""
    breached, longest = draw(st.one_of(st.just(0), times)), draw(st.integers(0, 5))
    if not breached:
        return Exposure()
    return Exposure(breached, longest, longest, draw(times) if longest else 0)


watches = st.dictionaries(st.integers(0, 7), exposures())


@given(st.data(), legs(), damage(), watches)
def test_every_leg_is_judged_and_no_loss_is_more_than_all(
    data: st.DataObject, of: list[Leg], cargo: CargoFacts, seen: dict[int, Exposure]
) -> None:
    known = data.draw(facts(of))
    found = judge(ORDER, known, cargo, of, seen)
    assert [each.carrier_id for each in found] == [leg.custodian_id for leg in of]
    assert all(0 <= each.loss_bps <= WHOLE for each in found)
    if known.delivered_at:
        assert sum(each.loss_bps for each in found) <= cargo.lost_bps + cargo.damaged_bps
    else:
        assert found[-1].loss_bps >= WHOLE - cargo.lost_bps


@given(st.data(), legs(), damage(), watches)
def test_a_carrier_is_judged_by_its_own_leg(
    data: st.DataObject, of: list[Leg], cargo: CargoFacts, seen: dict[int, Exposure]
) -> None:
    """What happened in other hands changes nothing."""
    known = replace(data.draw(facts(of)), delivered_at=data.draw(st.integers(of[-1].since, 90)))
    late = delays(ORDER, known, of)
    for number, each in enumerate(judge(ORDER, known, cargo, of, seen), 1):
        lost = cargo.lost_bps if holder_at(known, of, cargo.lost_at) == number else 0
        hurt = cargo.damaged_bps if holder_at(known, of, cargo.damaged_at) == number else 0
        own = {
            i: one
            for i, one in seen.items()
            if one.breached_at and holder_at(known, of, one.longest_at or one.breached_at) == number
        }
        outcome = LegOutcome.EXCURSION if own else LegOutcome(late[number] != 0)
        assert each == Judged(each.carrier_id, outcome, lost + hurt)


def test_goods_that_arrive_as_agreed_are_kept() -> None:
    found = judge(ORDER, ARRIVED, CargoFacts(), [FIRST, SECOND], {0: Exposure()})
    assert found == [Judged(ORDER.carrier_id, LegOutcome.KEPT, 0), Judged(8, LegOutcome.KEPT, 0)]


def test_an_excursion_is_of_the_leg_with_the_longest_run() -> None:
    seen = {0: Exposure(6, 4, 3, 13), 1: Exposure(7)}
    outcomes = [
        [each.outcome for each in judge(ORDER, ARRIVED, CargoFacts(), [FIRST, SECOND], chosen)]
        for chosen in ({0: seen[0]}, {1: seen[1]})
    ]
    kept, excursion = LegOutcome.KEPT, LegOutcome.EXCURSION
    assert outcomes == [[kept, excursion], [excursion, kept]]


def test_goods_that_never_came_are_lost_by_who_had_them_last() -> None:
    known, cargo = Facts(shipped_at=5, as_of=60), CargoFacts(1_000, 500, 6, 13)
    found = judge(ORDER, known, cargo, [FIRST, SECOND], {})
    assert [each.loss_bps for each in found] == [1_000, 9_500]
    assert found[1].outcome is LegOutcome.LATE
