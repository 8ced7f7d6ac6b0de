"""The arithmetic of ratings: the same integers as the contracts have.

Compare `contracts/libraries/Credit.sol` and `contracts/credit/CreditRegistry.sol`.
"""

from dataclasses import dataclass, field
from enum import IntEnum

POINT = 1 << 20
PRIOR = 16 * POINT
HALF_LIFE = 365 * 86_400
_SKETCHES = 8
_SKETCH_BITS = 11
_SKETCH_MASK = (1 << _SKETCH_BITS) - 1
_MAXIMUM = (1 << 64) - 1


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


class Outcome(IntEnum):
    """How a trade ended for those who are rated by it."""

    DELIVERED_ON_TIME = 0
    DELIVERED_LATE = 1
    NOT_DELIVERED = 2


@dataclass(frozen=True, slots=True)
class Rating:
    """`score` and `confidence` in basis points."""

    grade: Grade
    score: int
    confidence: int


@dataclass(slots=True)
class Evidence:
    """Decayed evidence of one participant in one role, in 1/2^20 of a weight point."""

    good: int = 0
    bad: int = 0
    updated_at: int = 0
    sketches: list[int] = field(default_factory=list)

    def at(self, now: int) -> tuple[int, int]:
        """Good and bad evidence at a time, seconds UTC."""
        elapsed = now - self.updated_at
        return decay(self.good, elapsed), decay(self.bad, elapsed)

    def sketch_word(self) -> int:
        """The last eight counterparties as the contract packs them, the newest lowest."""
        return sum(sketch << _SKETCH_BITS * i for i, sketch in enumerate(self.sketches))

    def add(self, counterparty: int, good: int, bad: int, now: int) -> None:
        """New evidence; it halves for each time the counterparty stands among the last eight."""
        old_good, old_bad = self.at(now)
        sketch = counterparty % _SKETCH_MASK + 1
        repeats = self.sketches.count(sketch)
        self.good = min(old_good + (good >> repeats), _MAXIMUM)
        self.bad = min(old_bad + (bad >> repeats), _MAXIMUM)
        self.sketches = [sketch, *self.sketches][:_SKETCHES]
        self.updated_at = now


def weight_of(amount: int, decimals: int) -> int:
    """Weight of an amount in points: 1 + log2(1 + whole currency units), rounded down."""
    whole: int = amount // 10**decimals
    return (1 + whole).bit_length()


def decay(evidence: int, elapsed: int) -> int:
    """Evidence after `elapsed` seconds: halves every year, linear in between."""
    halvings, rest = divmod(elapsed, HALF_LIFE)
    if halvings > 63:
        return 0
    evidence >>= halvings
    return evidence - evidence * rest // (2 * HALF_LIFE)


def seller_evidence(weight: int, outcome: Outcome) -> tuple[int, int]:
    """Good and bad evidence of a seller for one trade."""
    evidence = weight * POINT
    if outcome is Outcome.DELIVERED_ON_TIME:
        return evidence, 0
    if outcome is Outcome.DELIVERED_LATE:
        return evidence // 2, evidence // 2
    return 0, evidence


def rate(good: int, bad: int) -> Rating:
    """Rating that evidence gives."""
    evidence = good + bad
    score = 10_000 * (good + PRIOR) // (evidence + 2 * PRIOR)
    confidence = 10_000 * evidence // (evidence + 2 * PRIOR)
    return Rating(grade_of(score) if evidence else Grade.NR, score, confidence)


def grade_of(score: int) -> Grade:
    """Grade of a score in basis points."""
    if score >= 9500:
        return Grade.AAA
    if score >= 9000:
        return Grade.AA
    return Grade(score // 1000) if score >= 2000 else Grade.D
