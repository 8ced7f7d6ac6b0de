"""Who pays back what a policy paid, and how much of it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.core.cover import DELAY, CargoFacts, Peril, PerilKind, Seen, pack
from entrepot.core.exposures import Exposure
from entrepot.core.liability import Leg
from entrepot.core.messages import ZERO_ADDRESS, Quote
from entrepot.core.recourse import shares_of, worth_of
from entrepot.core.settlement import Facts
from tests.package.cargo import ORDER as PLAIN
from tests.package.cargo import legs

DAY = 86_400
ORDER = replace(PLAIN, ship_by=10 * DAY, deliver_by=20 * DAY, refund_after=40 * DAY)
PERILS = (
    Peril(PerilKind.RUN, 1_000, threshold=60),
    Peril(PerilKind.LOSS, 2_000, threshold=1),
    Peril(PerilKind.DAMAGE, 3_000, threshold=1),
    Peril(PerilKind.REFUSAL, 4_000),
)
QUOTE = Quote(
    bytes(32), ZERO_ADDRESS, ZERO_ADDRESS, 1, 0, 0, 0, 100, 5_000, 0, bytes(32),
    perils=pack(PERILS),
)  # fmt: skip
LEGS = [Leg(3, 9 * DAY), Leg(7, 15 * DAY, 18 * DAY), Leg(8, 19 * DAY)]
LATE = Facts(shipped_at=9 * DAY, delivered_at=25 * DAY, as_of=26 * DAY)


def run(longest_at: int, breached_at: int = DAY) -> Seen:
    seen = Exposure(breached_at=breached_at, longest_at=longest_at)
    return Seen(LATE, watches={0: seen})


@pytest.mark.parametrize(
    ("cause", "seen", "found"),
    [
        (0, run(16 * DAY), [0, 1_000, 0]),
        (0, run(0, 9 * DAY), [1_000, 0, 0]),
        (0, run(9 * DAY - 1), [0, 0, 0]),
        (0, Seen(LATE), [0, 0, 0]),
        (1, Seen(LATE, CargoFacts(5, 5, 19 * DAY, 9 * DAY)), [0, 0, 2_000]),
        (2, Seen(LATE, CargoFacts(5, 5, 19 * DAY, 9 * DAY)), [3_000, 0, 0]),
        (2, Seen(LATE, CargoFacts(5, 5, 19 * DAY, 25 * DAY)), [0, 0, 3_000]),
        (2, Seen(LATE, CargoFacts(5, 5, 19 * DAY, 25 * DAY + 1)), [0, 0, 0]),
        (1, Seen(replace(LATE, delivered_at=0, as_of=50 * DAY)), [0, 0, 2_000]),
        (3, Seen(LATE), [0, 0, 0]),
        (DELAY, Seen(LATE), [0, 100, 400]),
        (DELAY, Seen(replace(LATE, delivered_at=0, as_of=50 * DAY)), [0, 100, 1_900]),
        (DELAY, Seen(replace(LATE, delivered_at=20 * DAY)), [0, 0, 0]),
    ],
    ids=[
        "the longest run", "a breach that was no run", "before shipping", "nothing seen", "lost",
        "damaged", "damaged at the last second", "damaged with the consignee", "never seen again",
        "refused", "late", "never delivered", "in time",
    ],
)  # fmt: skip
def test_who_held_the_goods_answers(cause: int, seen: Seen, found: list[int]) -> None:
    assert shares_of(ORDER, QUOTE, cause, seen, LEGS) == found


@given(legs(), st.integers(0, 60), st.integers(0, 4), st.integers(1, 70))
def test_all_together_answer_for_no_more_than_it_is_worth(
    of: list[Leg], after: int, cause: int, at: int
) -> None:
    order = replace(PLAIN, amount=9_999)
    facts = Facts(of[0].since, 0, of[-1].since + after, 99)
    seen = Seen(facts, CargoFacts(1, 1, at, at), watches={0: Exposure(longest_at=at)})
    found = shares_of(order, QUOTE, cause, seen, of)
    assert len(found) == len(of)
    assert sum(found) <= worth_of(order, QUOTE, cause, seen)
