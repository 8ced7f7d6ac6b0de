"""What policies pay. `tests/invariants/CargoVectors.t.sol` shows that the insurance decides the
same.
"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.core.cover import (
    DELAY,
    CargoFacts,
    Decision,
    Peril,
    PerilKind,
    Seen,
    checked,
    decide,
    delay_of,
    is_unattached,
    mask_of,
    net_of,
    pack,
    reserve_of,
    unpack,
)
from entrepot.core.exposures import Exposure
from entrepot.core.messages import ZERO_ADDRESS, Quote
from entrepot.core.settlement import Customs, CustomsState, Facts
from tests.package.cargo import ORDER as PLAIN

DAY = 86_400
ORDER = replace(PLAIN, ship_by=10 * DAY, deliver_by=20 * DAY, refund_after=40 * DAY)
QUOTE = Quote(
    bytes(32), ZERO_ADDRESS, ZERO_ADDRESS, 1, 5, 3_000, 3, 100, 3_000, 0, bytes(32),
    deductible_bps=50, reporting_period=5 * DAY,
)  # fmt: skip
SHIPPED = Facts(shipped_at=9 * DAY, as_of=15 * DAY)
ARRIVED = Facts(shipped_at=9 * DAY, delivered_at=18 * DAY, as_of=18 * DAY)
LATE = replace(ARRIVED, delivered_at=27 * DAY, as_of=27 * DAY)
OVER = Facts(shipped_at=9 * DAY, as_of=40 * DAY + 1)
REFUSED = Customs(CustomsState.REFUSED, final_at=14 * DAY, as_of=15 * DAY)
HOT = {2: Exposure(breached_at=11 * DAY, exposure=900, longest=600)}

watched = st.builds(
    Peril,
    st.sampled_from([PerilKind.RUN, PerilKind.EXPOSURE]),
    st.integers(0, 10_000),
    st.integers(0, 7),
    st.integers(0, 2**32 - 1),
)
shared = st.builds(
    Peril,
    st.sampled_from([PerilKind.LOSS, PerilKind.DAMAGE]),
    st.integers(0, 10_000),
    threshold=st.integers(1, 10_000),
)
plain = st.builds(Peril, st.sampled_from([PerilKind.LEVEL, PerilKind.REFUSAL]), st.integers(0, 9))
perils = st.lists(st.one_of(watched, shared, plain), max_size=4)
facts = st.builds(
    Facts,
    *[st.sampled_from([0, *(day * DAY for day in (1, 9, 10, 19, 20, 25, 40, 41, 50))])] * 4,
)
seen = st.builds(
    Seen,
    facts,
    st.builds(CargoFacts, st.integers(0, 10_000), st.integers(0, 10_000)),
    st.builds(Customs, st.sampled_from(CustomsState), final_at=st.integers(0, 9), as_of=st.just(5)),
    st.dictionaries(
        st.integers(0, 7),
        st.builds(Exposure, st.integers(0, 9), st.integers(0, 999), st.integers(0, 999)),
    ),
)


@given(perils)
def test_perils_are_read_as_they_were_written(of: list[Peril]) -> None:
    word = pack(of)
    assert unpack(word) == of
    assert mask_of(word) == (1 << len(of)) - 1
    assert checked(word) == (True, any(each.kind.is_watched for each in of))


@pytest.mark.parametrize(
    "wrong",
    [
        [Peril(PerilKind.NONE, 5), Peril(PerilKind.LEVEL, 5)],
        [Peril(PerilKind.LEVEL, 10_001)],
        [Peril(PerilKind.LEVEL, 5, watch=8)],
        [Peril(PerilKind.LEVEL, 5, threshold=1)],
        [Peril(PerilKind.REFUSAL, 5, threshold=1)],
        [Peril(PerilKind.REFUSAL, 5, watch=1)],
        [Peril(PerilKind.LOSS, 5)],
        [Peril(PerilKind.LOSS, 5, threshold=10_001)],
        [Peril(PerilKind.DAMAGE, 5, watch=1, threshold=1)],
    ],
)
def test_perils_that_make_no_sense_are_found(wrong: list[Peril]) -> None:
    assert checked(pack(wrong)) == (False, False)
    assert checked(7) == (False, False)


@given(perils, st.lists(seen, max_size=4), st.integers(0, 10_000), st.integers(0, 3_000))
def test_policy_pays_each_cause_once_and_its_cap_at_most(
    of: list[Peril], moments: list[Seen], cap: int, deductible: int
) -> None:
    """Whatever a source says, and though it says something else each time."""
    quote = replace(QUOTE, perils=pack(of), cap_bps=cap, deductible_bps=deductible)
    before, delay = Decision(), 0
    for moment in moments:
        found = decide(ORDER, quote, before, moment)
        assert found.fired & before.fired == before.fired
        new = found.fired & ~before.fired
        if new >> DELAY & 1:
            time = moment.facts.delivered_at or ORDER.refund_after
            delay = delay_of(ORDER, quote, time)[0]
        fired = (each.bps for i, each in enumerate(of) if found.fired >> i & 1)
        assert found.gross_bps == sum(fired) + delay
        assert net_of(quote, before.gross_bps) <= net_of(quote, found.gross_bps) <= cap
        before = found


TOO_LATE = ORDER.refund_after + 1


@pytest.mark.parametrize(
    ("of", "moment", "fired"),
    [
        (Peril(PerilKind.LEVEL, 9, 2), Seen(SHIPPED, watches=HOT), True),
        (Peril(PerilKind.LEVEL, 9, 1), Seen(SHIPPED, watches=HOT), False),
        (Peril(PerilKind.RUN, 9, 2, 599), Seen(SHIPPED, watches=HOT), True),
        (Peril(PerilKind.RUN, 9, 2, 600), Seen(SHIPPED, watches=HOT), False),
        (Peril(PerilKind.EXPOSURE, 9, 2, 899), Seen(SHIPPED, watches=HOT), True),
        (Peril(PerilKind.EXPOSURE, 9, 2, 900), Seen(SHIPPED, watches=HOT), False),
        (Peril(PerilKind.LOSS, 9, 0, 100), Seen(SHIPPED, CargoFacts(lost_bps=100)), True),
        (Peril(PerilKind.LOSS, 9, 0, 101), Seen(SHIPPED, CargoFacts(lost_bps=100)), False),
        (Peril(PerilKind.LOSS, 9, 0, 101), Seen(OVER), True),
        (Peril(PerilKind.LOSS, 9, 0, 101), Seen(replace(OVER, as_of=40 * DAY)), False),
        (Peril(PerilKind.LOSS, 9, 0, 101), Seen(replace(OVER, tendered_at=DAY)), False),
        (Peril(PerilKind.LOSS, 9, 0, 101), Seen(replace(OVER, delivered_at=TOO_LATE)), True),
        (Peril(PerilKind.LOSS, 9, 0, 101), Seen(replace(OVER, delivered_at=TOO_LATE - 1)), False),
        (Peril(PerilKind.DAMAGE, 9, 0, 100), Seen(SHIPPED, CargoFacts(0, 100)), True),
        (Peril(PerilKind.DAMAGE, 9, 0, 100), Seen(OVER, CargoFacts(100, 99)), False),
        (Peril(PerilKind.REFUSAL, 9), Seen(SHIPPED, customs=REFUSED), True),
        (Peril(PerilKind.REFUSAL, 9), Seen(SHIPPED, customs=replace(REFUSED, final_at=DAY * 15)),
         False),
    ],
)  # fmt: skip
def test_peril_fires_from_its_threshold_on(of: Peril, moment: Seen, *, fired: bool) -> None:
    found = decide(ORDER, replace(QUOTE, perils=pack([of])), Decision(), moment)
    assert bool(found.fired & 1) is fired
    assert found.gross_bps >= 9 * fired


LOSS = replace(QUOTE, perils=pack([Peril(PerilKind.LOSS, 200, threshold=1)]))
LOST = CargoFacts(lost_bps=1)


@pytest.mark.parametrize(
    ("quote", "before", "moment", "found"),
    [
        (QUOTE, Decision(), Seen(SHIPPED), Decision()),
        (QUOTE, Decision(), Seen(ARRIVED), Decision(16, 0, 0, True)),
        (QUOTE, Decision(), Seen(LATE), Decision(16, 400, 7, True)),
        (QUOTE, Decision(), Seen(OVER), Decision(16, 1_700, 20, True)),
        (QUOTE, Decision(), Seen(SHIPPED, is_agreed=True), Decision(0, 0, 0, True)),
        (LOSS, Decision(), Seen(SHIPPED, LOST), Decision(1, 200, 0, False)),
        (LOSS, Decision(1, 200), Seen(LATE, LOST), Decision(17, 600, 7, True)),
        (LOSS, Decision(), Seen(LATE), Decision(16, 400, 7, False)),
        (LOSS, Decision(16, 400), Seen(replace(LATE, as_of=32 * DAY)), Decision(16, 400, 0, False)),
        (LOSS, Decision(16, 400), Seen(replace(LATE, as_of=32 * DAY + 1)),
         Decision(16, 400, 0, True)),
        (replace(LOSS, cap_bps=350), Decision(), Seen(LATE), Decision(16, 400, 7, True)),
        (replace(LOSS, cap_bps=351), Decision(), Seen(LATE), Decision(16, 400, 7, False)),
    ],
    ids=[
        "on the way", "in time", "late", "overdue", "agreed", "lost on the way", "lost and late",
        "may still be found lost", "last second of the period", "period over", "cap reached",
        "cap not reached",
    ],
)  # fmt: skip
def test_claim_is_decided(quote: Quote, before: Decision, moment: Seen, found: Decision) -> None:
    assert decide(ORDER, quote, before, moment) == found


PLAN = bytes(31) + b"\1"


@pytest.mark.parametrize(
    ("quote", "moment", "expected"),
    [
        (QUOTE, Seen(SHIPPED), False),
        (QUOTE, Seen(replace(SHIPPED, shipped_at=5 * DAY)), False),
        (QUOTE, Seen(replace(SHIPPED, shipped_at=5 * DAY - 1)), True),
        (QUOTE, Seen(replace(SHIPPED, shipped_at=10 * DAY)), False),
        (QUOTE, Seen(replace(SHIPPED, shipped_at=10 * DAY + 1)), True),
        (QUOTE, Seen(Facts(as_of=10 * DAY)), False),
        (QUOTE, Seen(Facts(as_of=10 * DAY + 1)), True),
        (QUOTE, Seen(Facts(as_of=DAY), is_agreed=True, ended_at=DAY), True),
        (QUOTE, Seen(Facts(delivered_at=DAY)), True),
        (QUOTE, Seen(SHIPPED, ended_at=9 * DAY), False),
        (QUOTE, Seen(SHIPPED, ended_at=9 * DAY - 1), True),
        (replace(QUOTE, plan=PLAN), Seen(SHIPPED, plan=PLAN), False),
        (replace(QUOTE, plan=PLAN), Seen(SHIPPED), True),
        (QUOTE, Seen(SHIPPED, plan=PLAN), False),
    ],
)
def test_cover_attaches(quote: Quote, moment: Seen, *, expected: bool) -> None:
    assert is_unattached(ORDER, quote, 5 * DAY, moment) is expected
    assert not is_unattached(ORDER, quote, 5 * DAY, moment, is_begun=True)


@pytest.mark.parametrize(
    ("before", "moment", "found"),
    [
        (Decision(), Seen(replace(SHIPPED, as_of=23 * DAY)), (0, 0)),
        (Decision(), Seen(replace(SHIPPED, as_of=24 * DAY)), (50, 4)),
        (Decision(1, 200), Seen(replace(SHIPPED, as_of=24 * DAY)), (250, 4)),
        (Decision(), Seen(replace(SHIPPED, as_of=27 * DAY, tendered_at=24 * DAY)), (50, 4)),
        (Decision(16, 200), Seen(replace(SHIPPED, as_of=24 * DAY)), (0, 0)),
        (Decision(), Seen(LATE), (0, 0)),
        (Decision(), Seen(Facts(as_of=27 * DAY)), (0, 0)),
        (Decision(), Seen(replace(SHIPPED, as_of=27 * DAY), is_agreed=True), (0, 0)),
    ],
    ids=[
        "within grace", "a day beyond", "beside a loss", "tendered", "decided", "delivered",
        "never shipped", "agreed",
    ],
)  # fmt: skip
def test_loss_in_sight_is_reserved(before: Decision, moment: Seen, found: tuple[int, int]) -> None:
    assert reserve_of(ORDER, QUOTE, before, moment) == found
