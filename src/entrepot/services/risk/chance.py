"""Whether a share is more than chance beside the others: the incomplete beta function, used twice.

Several groups are compared at once, so the level is divided by their number (Bonferroni).
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

LEVEL = 0.05
"""How often in all groups together chance alone may warn."""
PRIOR = 2.0
"""So many cases the share of the others weighs before a group's own are seen."""

Group = TypeVar("Group", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Excess:
    """A group with too many hits: `hits` of `cases`, where the others have the share `others`.

    `chance`: probability of being wrong, for all groups compared: that others' share would bring so
    many hits, or that the group's own is not above it.
    """

    hits: int
    cases: int
    others: float
    chance: float


def binomial_tail(hits: int, cases: int, share: float) -> float:
    """Probability of at least so many hits in so many cases of this share each.

    P(X >= k) = I_p(k, n - k + 1), the regularized incomplete beta function.
    """
    from scipy.special import betainc

    return float(betainc(hits, cases - hits + 1, share)) if hits else 1.0


def not_above(hits: int, cases: int, share: float) -> float:
    """Posterior probability that a group's own share is at most `share`, which is also the mean of
    its Beta prior with the weight of `PRIOR` cases.

    It is below a level exactly where the posterior's quantile of that level lies above `share`.
    """
    from scipy.special import betainc

    a, b = PRIOR * share + hits, PRIOR * (1 - share) + cases - hits
    return float(betainc(a, b, share))


def unlikely(counts: Mapping[Group, tuple[int, int]]) -> dict[Group, Excess]:
    """Groups with more hits of their cases than the share of the others makes likely."""
    return _excesses(counts, binomial_tail)


def surpassing(counts: Mapping[Group, tuple[int, int]]) -> dict[Group, Excess]:
    """Groups whose own share is above that of the others, by its posterior."""
    return _excesses(counts, not_above)


def _excesses(
    counts: Mapping[Group, tuple[int, int]], measure: Callable[[int, int, float], float]
) -> dict[Group, Excess]:
    all_hits = sum(hits for hits, _ in counts.values())
    all_cases = sum(cases for _, cases in counts.values())
    found = {}
    for group, (hits, cases) in counts.items():
        others = share_of(all_hits - hits, all_cases - cases)
        chance = measure(hits, cases, others) * len(counts)
        if hits > 1 and chance < LEVEL:
            found[group] = Excess(hits, cases, others, chance)
    return found


def share_of(hits: int, cases: int) -> float:
    """A share that is never 0 or 1 (Jeffreys' prior): one half where nothing is known."""
    return (hits + 0.5) / (cases + 1)
