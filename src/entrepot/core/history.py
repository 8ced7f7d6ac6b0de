"""What a rating rests on: when its grade changed and why, what each ending still weighs, and what
would change the grade.

Everything is computed by the twin of the registry (`credit`), so that it is what the chain says.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from entrepot.core.credit import (
    HALF_LIFE,
    CreditRecord,
    Evidence,
    Finding,
    Grade,
    Rating,
    Sum,
    left,
    rate,
)
from entrepot.core.roles import Role

FORGOTTEN = 64 * HALF_LIFE
"""Seconds after which nothing is left of any evidence."""
_FINE = 1 << 128
_SOUGHT = range(1, 1 << 52)
"""More evidence than a record can hold, in 1/2^20 of a weight point."""


@dataclass(frozen=True, slots=True)
class Ending:
    """An order, policy, leg or declaration that ended: what that says of who had a part in it.

    `at`: seconds UTC.
    """

    at: int
    role: Role
    counterparty: int
    finding: Finding


@dataclass(frozen=True, slots=True)
class Change:
    """A grade that became another at a time, seconds UTC.

    `cause`: place of the ending that did it; None where forgetting did.
    """

    at: int
    before: Grade
    after: Grade
    cause: int | None


@dataclass(frozen=True, slots=True)
class Share:
    """What is left of an ending's evidence, in 1/2^20 of a weight point."""

    good: int
    bad: int


@dataclass(frozen=True, slots=True)
class Need:
    """The grade that so much more evidence of one kind gives, in 1/2^20 of a weight point."""

    grade: Grade
    evidence: int


def record_of(endings: Iterable[Ending]) -> CreditRecord:
    """The record that endings give, which are in the chain's order."""
    record = CreditRecord()
    for each in endings:
        record.add(each.role, each.counterparty, each.finding, each.at)
    return record


def changes(endings: Sequence[Ending], until: int) -> list[Change]:
    """Every change of the grade up to a time that is not before the last ending, seconds UTC.

    After the last change that is not after a second, the grade is `CreditRecord.grade_at` of it.
    """
    record = CreditRecord()
    found: list[Change] = []
    for place, each in enumerate(endings):
        found += fades(record.total(), each.at)
        before = record.rating(each.at).grade
        record.add(each.role, each.counterparty, each.finding, each.at)
        after = record.rating(each.at).grade
        if after != before:
            found.append(Change(each.at, before, after, place))
    return [*found, *fades(record.total(), until)]


def stretches(endings: Sequence[Ending], until: int) -> list[tuple[Sum, int]]:
    """The evidence after each ending, which is forgotten from `Sum.at` on, and until when it is:
    the next ending, or the time that is given, seconds UTC.
    """
    record = CreditRecord()
    sums = []
    for each in endings:
        record.add(each.role, each.counterparty, each.finding, each.at)
        sums.append(record.total())
    ends = [*(each.at for each in sums[1:]), until]
    return list(zip(sums, ends, strict=True)) if sums else []


def fades(total: Sum, until: int) -> Iterator[Change]:
    """The changes that forgetting alone makes up to a time, each at its first second.

    A score drifts towards one half only, until nothing is left: a grade that is left does not come
    back.
    """
    since, grade = total.at, total.rating(total.at).grade
    while since < until and total.rating(until).grade != grade:
        seconds = range(since + 1, until + 1)
        place = bisect_left(seconds, True, key=lambda at: total.rating(at).grade != grade)
        since, before = seconds[place], grade
        grade = total.rating(since).grade
        yield Change(since, before, grade, None)


def shares(endings: Sequence[Ending], now: int) -> list[Share]:
    """What is left of each ending at a time that is not before the last, seconds UTC.

    Of the endings in a role they add up to all the evidence in it, `Evidence.at`: what roundings
    took is spread over all.
    """
    found = [Share(0, 0)] * len(endings)
    for role in {each.role for each in endings}:
        places = [place for place, each in enumerate(endings) if each.role is role]
        evidence = Evidence()
        added = []
        for place in places:
            each = endings[place]
            added.append(evidence.weighed(each.counterparty, each.finding))
            evidence.add(each.counterparty, each.finding, each.at)
        kept = _kept([endings[place].at for place in places], now)
        good, bad = (
            _divided(total, [part * share for part, share in zip(parts, kept, strict=True)])
            for total, parts in zip(evidence.at(now), zip(*added, strict=True), strict=True)
        )
        for i, place in enumerate(places):
            found[place] = Share(good[i], bad[i])
    return found


def rating_without(endings: Sequence[Ending], place: int, now: int) -> Rating:
    """The rating at a time if one ending had not been: those after it that repeat its counterparty
    weigh more then.
    """
    by_role: dict[Role, Evidence] = {}
    for i, each in enumerate(endings):
        if i != place:
            evidence = by_role.setdefault(each.role, Evidence())
            evidence.add(each.counterparty, each.finding, each.at)
    return CreditRecord(by_role).rating(now)


def needs(record: CreditRecord, now: int) -> tuple[Need | None, Need | None]:
    """The least good evidence that would raise the grade at a time, and the least bad evidence that
    would lower it; None where there is no better or worse grade, or no rating yet.
    """
    grade = record.rating(now).grade
    if grade is Grade.NR:
        return None, None
    sides = [each.at(now) for each in record.by_role.values()]
    good, bad = (sum(side) for side in zip(*sides, strict=True))

    def raised(more: int) -> Grade:
        return rate(good + more, bad).grade

    def lowered(more: int) -> Grade:
        return rate(good, bad + more).grade

    up = down = None
    if grade is not Grade.AAA:
        more = _SOUGHT[bisect_left(_SOUGHT, True, key=lambda more: raised(more) > grade)]
        up = Need(raised(more), more)
    if grade is not Grade.D:
        more = _SOUGHT[bisect_left(_SOUGHT, True, key=lambda more: lowered(more) < grade)]
        down = Need(lowered(more), more)
    return up, down


def _kept(times: Sequence[int], now: int) -> list[int]:
    """Shares of what was added at each of the times that are left, in 1/2^128; forgotten step by
    step, as the registry does.
    """
    share, after = _FINE, now
    found = []
    for at in reversed(times):
        share = share * left(after - at) >> 64
        after = at
        found.append(share)
    return found[::-1]


def _divided(total: int, weights: Sequence[int]) -> list[int]:
    """A total by weights, in whole units that add up to it."""
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    marks = [total * mark // whole for mark in accumulate(weights)]
    return [after - before for before, after in pairwise([0, *marks])]
