"""The arithmetic of ratings: the same integers as the contracts have.

Compare `contracts/libraries/Credit.sol`, `Standings.sol` and `contracts/credit/CreditRegistry.sol`.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from enum import IntEnum

from entrepot.core.roles import Role

POINT = 1 << 20
PRIOR = 16 * POINT
HALF_LIFE = 365 * 86_400
SEVERITY = 4
SETTLING = 30 * 86_400
"""Seconds after an order's end, from which on its journey is rated."""
RATED_ROLES = (Role.SELLER, Role.BUYER, Role.CARRIER, Role.CUSTOMS_BROKER, Role.INSURER)
_WHOLE_BPS = 10_000
_ONE = 1 << 64
_LN2 = 12_786_308_645_202_655_659
"""The natural logarithm of 2, in 1/2^64."""
_SKETCHES = 8
_SKETCH_BITS = 11
_SKETCH_MASK = (1 << _SKETCH_BITS) - 1
_MAXIMUM = (1 << 46) - 1
_MAXIMUM_COUNT = (1 << 16) - 1


class Grade(IntEnum):
    """Grades as the contract numbers them, best last."""

    NR = 0
    D = 1
    C = 2
    CC = 3
    CCC = 4
    B = 5
    BB = 6
    BBB = 7
    A = 8
    AA = 9
    AAA = 10


class TradeOutcome(IntEnum):
    """How a trade ended for seller and buyer."""

    KEPT = 0
    LATE = 1
    LOST = 2
    BROKEN = 3
    UPHELD = 4


class LegOutcome(IntEnum):
    """How goods fared on a leg, beside what was lost or damaged on it."""

    KEPT = 0
    LATE = 1
    EXCURSION = 2


@dataclass(frozen=True, slots=True)
class Rating:
    """`score` and `confidence` in basis points."""

    grade: Grade
    score: int
    confidence: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What an ending says of somebody, in 1/2^20 of a weight point, before repetition."""

    good: int = 0
    bad: int = 0
    broken: int = 0


@dataclass(slots=True)
class Evidence:
    """Evidence of one participant in one role at its last change, in 1/2^20 of a weight point."""

    good: int = 0
    bad: int = 0
    updated_at: int = 0
    count: int = 0
    sketches: list[int] = field(default_factory=list)

    def at(self, now: int) -> tuple[int, int]:
        """Good and bad evidence at a time, seconds UTC."""
        share = left(now - self.updated_at)
        return self.good * share >> 64, self.bad * share >> 64

    def sketch_word(self) -> int:
        """The last eight counterparties as the contract packs them, the newest lowest."""
        return sum(sketch << _SKETCH_BITS * i for i, sketch in enumerate(self.sketches))

    def repeats(self, counterparty: int) -> int:
        """How often a counterparty stands among the last eight."""
        return self.sketches.count(_sketch(counterparty))

    def weighed(self, counterparty: int, finding: Finding) -> tuple[int, int]:
        """Good and bad evidence of a finding, less for each time that the counterparty is among the
        last eight.
        """
        repeats = self.repeats(counterparty)
        bad = (finding.bad >> repeats) + finding.broken // (repeats + 1)
        return finding.good >> repeats, bad

    def add(self, counterparty: int, finding: Finding, now: int) -> None:
        """New evidence."""
        left_good, left_bad = self.at(now)
        good, bad = self.weighed(counterparty, finding)
        self.good = min(left_good + good, _MAXIMUM)
        self.bad = min(left_bad + bad, _MAXIMUM)
        self.count = min(self.count + 1, _MAXIMUM_COUNT)
        self.sketches = [_sketch(counterparty), *self.sketches][:_SKETCHES]
        self.updated_at = now


@dataclass(frozen=True, slots=True)
class Sum:
    """Evidence over all roles of a participant, brought to the time of the latest change."""

    good: int = 0
    bad: int = 0
    at: int = 0

    def rating(self, now: int) -> Rating:
        """The rating at a time that is not before `at`."""
        return rate(self.good, self.bad, now - self.at)


@dataclass(slots=True)
class CreditRecord:
    """All evidence of one participant, and the history of its grade."""

    by_role: dict[Role, Evidence] = field(default_factory=dict)
    _times: list[int] = field(default_factory=list)
    _checkpoints: list[Grade | Sum] = field(default_factory=list)

    def total(self) -> Sum:
        """The evidence over all roles."""
        at = max((each.updated_at for each in self.by_role.values()), default=0)
        brought = [each.at(at) for each in self.by_role.values()]
        return Sum(sum(good for good, _ in brought), sum(bad for _, bad in brought), at)

    def add(self, role: Role, counterparty: int, finding: Finding, now: int) -> None:
        """New evidence in a role; a change of the grade goes to the history."""
        before = self.total()
        self.by_role.setdefault(role, Evidence()).add(counterparty, finding, now)
        present = self.total()
        old, faded = before.rating(before.at).grade, before.rating(now).grade
        current = present.rating(now).grade
        if faded != old:
            self._push(before.at, before)
        if faded != old or current != old:
            self._push(now, current)

    def rating(self, now: int) -> Rating:
        """The rating over all roles at a time that is not before the last change."""
        return self.total().rating(now)

    def rating_in(self, role: Role, now: int) -> Rating:
        """The rating in one role at a time that is not before its last change."""
        evidence = self.by_role.get(role, Evidence())
        return rate(evidence.good, evidence.bad, now - evidence.updated_at)

    def grade_at(self, time: int) -> Grade:
        """The grade that `rating` gave at a time."""
        present = self.total()
        if time >= present.at:
            return present.rating(time).grade
        place = bisect_right(self._times, time)
        if place == 0:
            return Grade.NR
        found = self._checkpoints[place - 1]
        return found.rating(time).grade if isinstance(found, Sum) else found

    def checkpoints(self) -> list[tuple[int, Grade | Sum]]:
        """The history as the contract keeps it: from a time on a grade, or what was forgotten."""
        return list(zip(self._times, self._checkpoints, strict=True))

    def _push(self, time: int, checkpoint: Grade | Sum) -> None:
        if self._times and self._times[-1] == time:
            self._checkpoints[-1] = checkpoint
        else:
            self._times.append(time)
            self._checkpoints.append(checkpoint)


def weight_of(amount: int, decimals: int) -> int:
    """Weight of an amount in points: 1 + log2(1 + whole currency units), rounded down."""
    whole: int = amount // 10**decimals
    return (1 + whole).bit_length()


def outcome_of(
    *,
    ship_by: int,
    deliver_by: int,
    shipped_at: int,
    disputed_at: int,
    delivered_at: int,
    is_earned: bool,
    is_contested: bool,
) -> TradeOutcome:
    """How an order ended, by its terms and facts; times in seconds UTC, 0 for never."""
    if not is_earned:
        is_broken = is_contested or shipped_at == 0
        return TradeOutcome.BROKEN if is_broken else TradeOutcome.LOST
    if is_contested or (disputed_at != 0 and delivered_at != 0):
        return TradeOutcome.UPHELD
    is_late = delivered_at > deliver_by and (shipped_at == 0 or shipped_at > ship_by)
    return TradeOutcome.LATE if is_late else TradeOutcome.KEPT


def of_seller(weight: int, outcome: TradeOutcome) -> Finding:
    """What a trade says of its seller."""
    evidence = weight * POINT
    match outcome:
        case TradeOutcome.LATE:
            return Finding(evidence // 2, evidence // 2)
        case TradeOutcome.LOST:
            return Finding(bad=evidence)
        case TradeOutcome.BROKEN:
            return Finding(broken=SEVERITY * evidence)
        case _:
            return Finding(evidence)


def of_buyer(weight: int, outcome: TradeOutcome) -> Finding:
    """What a trade says of its buyer."""
    evidence = weight * POINT
    return Finding(bad=evidence) if outcome is TradeOutcome.UPHELD else Finding(evidence)


def of_carrier(weight: int, outcome: LegOutcome, loss_bps: int) -> Finding:
    """What a leg says of who held the goods; `loss_bps`: share of them lost or damaged on it."""
    evidence = weight * POINT
    rest = evidence * (_WHOLE_BPS - loss_bps) // _WHOLE_BPS
    broken = SEVERITY * evidence * loss_bps // _WHOLE_BPS
    match outcome:
        case LegOutcome.LATE:
            return Finding(rest // 2, rest // 2, broken)
        case LegOutcome.EXCURSION:
            return Finding(0, rest, broken)
        case _:
            return Finding(rest, 0, broken)


def of_insurer(weight: int) -> Finding:
    """What a claim that was paid says of its insurer."""
    return Finding(weight * POINT)


def of_broker(weight: int, is_refused: bool) -> Finding:
    """What the end of a customs case says of the broker who declared the goods."""
    return Finding(bad=weight * POINT) if is_refused else Finding(weight * POINT)


def left(elapsed: int) -> int:
    """Share of evidence that is left after seconds, in 1/2^64: halves every year."""
    halvings, rest = divmod(elapsed, HALF_LIFE)
    if halvings > 63:
        return 0
    y = _LN2 * rest // HALF_LIFE
    share = _ONE
    for i in range(6, 0, -1):
        share = _ONE - y * share // (i << 64)
    return share >> halvings


def rate(good: int, bad: int, elapsed: int = 0) -> Rating:
    """Rating that evidence gives after seconds."""
    share = left(elapsed)
    evidence = (good + bad) * share
    whole = evidence + (2 * PRIOR << 64)
    score = _WHOLE_BPS * (good * share + (PRIOR << 64)) // whole
    confidence = _WHOLE_BPS * evidence // whole
    return Rating(grade_of(score) if evidence else Grade.NR, score, confidence)


def grade_of(score: int) -> Grade:
    """Grade of a score in basis points."""
    if score >= 9500:
        return Grade.AAA
    if score >= 9000:
        return Grade.AA
    return Grade(score // 1000) if score >= 2000 else Grade.D


def _sketch(counterparty: int) -> int:
    return counterparty % _SKETCH_MASK + 1
