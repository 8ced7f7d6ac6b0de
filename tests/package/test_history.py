"""What a rating rests on: changes of the grade, shares of the evidence, what would change it."""

from hypothesis import given
from hypothesis import strategies as st

from entrepot.core import history
from entrepot.core.credit import (
    HALF_LIFE,
    POINT,
    RATED_ROLES,
    CreditRecord,
    Evidence,
    Finding,
    Grade,
    LegOutcome,
    TradeOutcome,
    of_carrier,
    of_seller,
)
from entrepot.core.history import Ending
from entrepot.core.roles import Role

START = 1_700_000_000
WEIGHTS = st.integers(1, 20)
FINDINGS = st.builds(of_seller, WEIGHTS, st.sampled_from(TradeOutcome)) | st.builds(
    of_carrier, WEIGHTS, st.sampled_from(LegOutcome), st.integers(0, 10_000)
)
WAITS = st.sampled_from([0, 1, 86_400]) | st.integers(0, HALF_LIFE) | st.integers(0, 66 * HALF_LIFE)


@st.composite
def records(draw: st.DrawFn, least: int = 0) -> tuple[list[Ending], int]:
    """Endings in order, and a time that is not before the last."""
    now, found = START, []
    for _ in range(draw(st.integers(least, 12))):
        now += draw(WAITS)
        role = draw(st.sampled_from(RATED_ROLES))
        found.append(Ending(now, role, draw(st.integers(0, 3)), draw(FINDINGS)))
    return found, now + draw(WAITS)


@given(records(), st.data())
def test_the_last_change_before_a_second_gives_its_grade(
    drawn: tuple[list[Ending], int], data: st.DataObject
) -> None:
    endings, until = drawn
    changes, record = history.changes(endings, until), history.record_of(endings)
    moments = [each.at + shift for each in changes for shift in (-1, 0)]
    moments += data.draw(st.lists(st.integers(START - 1, until), max_size=20))
    for time in moments:
        before = [each.after for each in changes if each.at <= time]
        assert record.grade_at(time) == (before[-1] if before else Grade.NR)


@given(records())
def test_changes_follow_each_other_from_no_rating(drawn: tuple[list[Ending], int]) -> None:
    endings, until = drawn
    changes = history.changes(endings, until)
    assert [each.before for each in changes] == [Grade.NR, *(each.after for each in changes)][:-1]
    assert all(each.before != each.after for each in changes)
    assert [each.at for each in changes] == sorted(each.at for each in changes)
    for each in changes:
        assert each.at <= until
        assert each.cause is None or endings[each.cause].at == each.at


@given(records(least=1))
def test_a_grade_forgotten_in_the_second_of_an_ending_changes_before_it(
    drawn: tuple[list[Ending], int],
) -> None:
    endings, _ = drawn
    fade = next(history.fades(history.record_of(endings).total(), endings[-1].at + 65 * HALF_LIFE))
    last = Ending(fade.at, Role.SELLER, 9, of_seller(20, TradeOutcome.BROKEN))
    changes = history.changes([*endings, last], fade.at)
    assert fade in changes
    assert [each.before for each in changes[1:]] == [each.after for each in changes[:-1]]


@given(records())
def test_shares_add_up_to_the_evidence(drawn: tuple[list[Ending], int]) -> None:
    endings, now = drawn
    shares, record = history.shares(endings, now), history.record_of(endings)
    for role in RATED_ROLES:
        own = [share for share, each in zip(shares, endings, strict=True) if each.role is role]
        total = sum(each.good for each in own), sum(each.bad for each in own)
        assert total == record.by_role.get(role, Evidence()).at(now)
        assert all(each.good >= 0 <= each.bad for each in own)


@given(records(least=1))
def test_a_share_is_what_was_added_and_not_forgotten(drawn: tuple[list[Ending], int]) -> None:
    endings, now = drawn
    before: dict[Role, Evidence] = {}
    for each, share in zip(endings, history.shares(endings, now), strict=True):
        evidence = before.setdefault(each.role, Evidence())
        added = evidence.weighed(each.counterparty, each.finding)
        evidence.add(each.counterparty, each.finding, each.at)
        left = 2 ** (-(now - each.at) / HALF_LIFE)
        for whole, part in zip(added, (share.good, share.bad), strict=True):
            assert abs(part - whole * left) < 1e-3 * (POINT + whole)


@given(records(least=1), st.data())
def test_a_rating_without_an_ending_is_that_of_the_others(
    drawn: tuple[list[Ending], int], data: st.DataObject
) -> None:
    endings, now = drawn
    place = data.draw(st.integers(0, len(endings) - 1))
    others = history.record_of([*endings[:place], *endings[place + 1 :]])
    assert history.rating_without(endings, place, now) == others.rating(now)


@given(records(least=1))
def test_the_least_evidence_that_changes_the_grade_does_and_less_does_not(
    drawn: tuple[list[Ending], int],
) -> None:
    endings, now = drawn
    record = history.record_of(endings)
    grade = record.rating(now).grade
    up, down = history.needs(record, now)
    assert (up is None) == (grade in (Grade.NR, Grade.AAA))
    assert (down is None) == (grade in (Grade.NR, Grade.D))
    if up is not None:
        assert up.grade == _after(endings, now, Finding(good=up.evidence)) > grade
        assert up.evidence == 1 or _after(endings, now, Finding(good=up.evidence - 1)) <= grade
    if down is not None:
        assert down.grade == _after(endings, now, Finding(bad=down.evidence)) < grade
        assert down.evidence == 1 or _after(endings, now, Finding(bad=down.evidence - 1)) >= grade


def _after(endings: list[Ending], now: int, finding: Finding) -> Grade:
    """The grade at a time after one ending more, with somebody new."""
    record: CreditRecord = history.record_of(endings)
    record.add(Role.SELLER, 1_000, finding, now)
    return record.rating(now).grade
