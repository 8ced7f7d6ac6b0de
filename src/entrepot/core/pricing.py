"""The price of cover: expected payout of a policy by a tariff, and the premium that it asks.

Shares are in basis points, times in seconds, amounts in a token's smallest unit. Every premium is
computed in integers and fractions, so it is the same everywhere. docs/insurance-model.md
(Pricing) states the rule.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from math import ceil

from entrepot.core.cover import PerilKind
from entrepot.core.credit import Grade
from entrepot.core.metrics import Metric
from entrepot.core.tariff import (
    DAYS,
    STANDARD,
    Ends,
    Mode,
    Tariff,
    exceeding,
    lateness,
    zone_of,
)

WHOLE = 10_000
SCALE = 10**9
"""Probabilities are counted in billionths, rounded up."""
MAX_PERILS = 4
MAX_DAYS = DAYS[-1]

Weights = dict[int, int]
"""How often each sum of basis points comes up, in parts of a whole that the context knows."""


_SENSED = PerilKind.LEVEL, PerilKind.RUN, PerilKind.EXPOSURE
_SHARES = PerilKind.LOSS, PerilKind.DAMAGE


@dataclass(frozen=True, slots=True)
class Delay:
    """Pays `bps_per_day` for each begun day late after `grace_days`."""

    grace_days: int
    bps_per_day: int

    def __post_init__(self) -> None:
        if self.grace_days < 0 or self.bps_per_day < 0:
            raise ValueError("A delay schedule has grace days and a daily rate of 0 or more")

    def bps(self, days_late: int) -> int:
        """What it pays for a delay."""
        return max(days_late - self.grace_days, 0) * self.bps_per_day


@dataclass(frozen=True, slots=True)
class Peril:
    """Pays `bps` once. `threshold`: seconds outside the band that RUN (without a break) and
    EXPOSURE (in all) must exceed, or the share of the goods that LOSS and DAMAGE must reach;
    nothing else has one. `metric` is what LEVEL, RUN and EXPOSURE watch.
    """

    kind: PerilKind
    threshold: int
    bps: int
    metric: Metric = Metric.TEMPERATURE

    def __post_init__(self) -> None:
        if self.bps < 0 or self.threshold < 0:
            raise ValueError("A peril has a threshold and a payout of 0 or more")
        if self.kind in _SHARES and not 0 < self.threshold <= WHOLE:
            raise ValueError("A share of the goods is 1 to 10,000 basis points")
        if self.kind in (PerilKind.LEVEL, PerilKind.REFUSAL) and self.threshold:
            raise ValueError(f"{self.kind.name} has no threshold: leave it at 0")

    def is_met(self, facts: "Facts") -> bool:
        """Whether it happened."""
        if self.kind is PerilKind.REFUSAL:
            return facts.is_refused
        if self.kind is PerilKind.LOSS:
            return facts.is_undelivered or facts.lost_bps >= self.threshold
        if self.kind is PerilKind.DAMAGE:
            return facts.damaged_bps >= self.threshold
        outside = facts.outside.get(self.metric)
        if outside is None or self.kind is PerilKind.LEVEL:
            return outside is not None
        seconds = outside.longest if self.kind is PerilKind.RUN else outside.total
        return seconds > self.threshold


@dataclass(frozen=True, slots=True)
class Terms:
    """What a policy pays: the sum of delay and perils, less the deductible, at most the cap."""

    delay: Delay | None
    perils: tuple[Peril, ...]
    deductible_bps: int
    cap_bps: int

    def __post_init__(self) -> None:
        if len(self.perils) > MAX_PERILS:
            raise ValueError(f"A policy has {MAX_PERILS} perils at most, not {len(self.perils)}")
        if self.deductible_bps < 0 or not 0 <= self.cap_bps <= WHOLE:
            raise ValueError("A deductible is 0 or more, a cap 0 to 10,000 basis points")

    def net(self, gross_bps: int) -> int:
        """What of a sum is paid."""
        return min(max(gross_bps - self.deductible_bps, 0), self.cap_bps)


@dataclass(frozen=True, slots=True)
class Outside:
    """Seconds that readings were outside their band, the longest run and in all."""

    longest: int
    total: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What became of a shipment; `outside` has the metrics with any reading outside their band.

    Goods that do not come by the refund deadline are undelivered, which is lost; their `days_late`
    are those of that deadline.
    """

    days_late: int = 0
    outside: Mapping[Metric, Outside] = field(default_factory=dict)
    lost_bps: int = 0
    damaged_bps: int = 0
    is_refused: bool = False
    is_undelivered: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """What was seen on a lane: so many of its shipments had an event."""

    shipments: int = 0
    events: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.events <= self.shipments:
            raise ValueError("A record has 0 or more events, and not more than shipments")


@dataclass(frozen=True, slots=True)
class Voyage:
    """What is known of a shipment before it leaves.

    `origin`, `destination`: ISO 3166, two letters; `month` (1 to 12) of the delivery deadline;
    `grade` of whoever answers for the carriage; `refund_days` from that deadline to the refund's;
    `late`, `outside`: the lane's own record of late shipments, and of those outside a band.
    """

    mode: Mode
    origin: str
    destination: str
    month: int
    grade: Grade
    refund_days: int = 60
    late: Record = Record()
    outside: Record = Record()

    def __post_init__(self) -> None:
        if not 1 <= self.month <= 12:
            raise ValueError(f"A month is 1 to 12, not {self.month}")
        if not 0 <= self.refund_days < MAX_DAYS:
            raise ValueError(f"The tariff knows delays of less than {MAX_DAYS} days")


def payout_bps(terms: Terms, facts: Facts) -> int:
    """What a policy pays, in basis points of the order's amount."""
    gross = sum(peril.bps for peril in terms.perils if peril.is_met(facts))
    if terms.delay:
        gross += terms.delay.bps(facts.days_late)
    return terms.net(gross)


def payout(amount: int, terms: Terms, facts: Facts) -> int:
    """What a policy on an order of `amount` pays, rounded down."""
    return amount * payout_bps(terms, facts) // WHOLE


def premium(amount: int, terms: Terms, voyage: Voyage, tariff: Tariff = STANDARD) -> int:
    """Premium for a policy on an order of `amount`, rounded up; never below the tariff's minimum,
    nor below one unit. Errors are those of `expected_payout`.
    """
    loaded = expected_payout(amount, terms, voyage, tariff) * (WHOLE + tariff.loading)
    asked = loaded / (WHOLE - tariff.expenses - tariff.profit)
    least = Fraction(amount * terms.cap_bps * tariff.minimum, WHOLE * WHOLE)
    return max(ceil(asked), ceil(least), 1)


def expected_payout(
    amount: int, terms: Terms, voyage: Voyage, tariff: Tariff = STANDARD
) -> Fraction:
    """Mean payout over the joint distribution of all that the terms name: the pure premium.

    `ValueError` for a negative amount, and for a country that ISO 3166 does not have.
    """
    if amount < 0:
        raise ValueError(f"An amount is 0 or more, not {amount}")
    gross = _gross(terms, _Rates(voyage, tariff))
    paid = sum(w * (amount * terms.net(bps) // WHOLE) for bps, w in gross.items())
    return Fraction(paid, sum(gross.values()))


class _Rates:
    """Frequencies of one voyage by a tariff, in billionths."""

    def __init__(self, voyage: Voyage, tariff: Tariff) -> None:
        origin, destination = zone_of(voyage.origin), zone_of(voyage.destination)
        self._tariff, self._voyage = tariff, voyage
        self._ends = tariff.ends[origin], tariff.ends[destination]
        self._is_near = origin is destination
        self._grade = Fraction(tariff.grades[voyage.grade], 100)

    def late(self) -> list[int]:
        """Entry d: shipments more than d days late; the last: all that miss the refund deadline."""
        tariff, voyage = self._tariff, self._voyage
        days = lateness(tariff, voyage.mode)[: voyage.refund_days + 1]
        factor = self._grade * self._mean(lambda end: Fraction(end.port, 100))
        if self._is_near:
            factor *= Fraction(tariff.near_late, 100)
        expected = lateness(tariff, voyage.mode)[0] * factor
        factor *= _credible(voyage.late, expected, tariff.credibility)
        factor *= Fraction(tariff.months[voyage.month - 1], 100)
        factor *= self._mean(lambda end: end.storms.factor(voyage.month))
        up, down = factor.as_integer_ratio()
        return [_parts(share, up, down) for share in days]

    def outside(self, metric: Metric) -> Fraction:
        """Shipments with any reading outside the band, as a share."""
        tariff, voyage = self._tariff, self._voyage
        share = Fraction(tariff.outside[metric][voyage.mode], WHOLE) * self._grade
        if self._is_near:
            share *= Fraction(tariff.near_outside, 100)
        share *= _credible(voyage.outside, share, tariff.credibility)
        return min(share * self._mean(lambda end: end.heat.factor(voyage.month)), Fraction(1))

    def met(self, peril: Peril) -> int:
        """How often a peril happens."""
        tariff, mode = self._tariff, self._voyage.mode
        if peril.kind is PerilKind.REFUSAL:
            return _parts(Fraction(self._ends[1].refusals, 100_000) * self._grade)
        if peril.kind is PerilKind.LOSS:
            often = Fraction(tariff.lost[mode], WHOLE) * self._grade
            return _parts(often * exceeding(tariff.share_lost, peril.threshold))
        if peril.kind is PerilKind.DAMAGE:
            often = Fraction(tariff.damaged[mode], WHOLE) * self._grade
            return _parts(often * exceeding(tariff.share_damaged, peril.threshold))
        often = self.outside(peril.metric)
        if peril.kind is PerilKind.LEVEL:
            return _parts(often)
        curves = tariff.longest if peril.kind is PerilKind.RUN else tariff.total
        return _parts(often * exceeding(curves[peril.metric], peril.threshold))

    def _mean(self, factor: Callable[[Ends], Fraction]) -> Fraction:
        return sum(map(factor, self._ends), Fraction()) / len(self._ends)


def _credible(record: Record, expected: Fraction, credibility: int) -> Fraction:
    """Z × observed / expected + 1 − Z, with Z = n / (n + k)."""
    return (credibility + record.events / expected) / (credibility + record.shipments)


def _parts(share: Fraction, up: int = 1, down: int = 1) -> int:
    """A share times up / down in billionths; without reducing it, which is most of a premium."""
    return min(-(-share.numerator * up * SCALE // (share.denominator * down)), SCALE)


def _gross(terms: Terms, rates: _Rates) -> Weights:
    """Distribution of the sum before deductible and cap.

    Perils on one metric, on loss, or on damage are one event seen at several thresholds: the rarer
    comes with the commoner. Different ones, and delay, are independent, but that goods which are
    lost whole, refused or later than the refund deadline do not come: that is a loss whatever its
    threshold, and as late as can be.
    """
    groups: dict[object, list[tuple[int, int]]] = {}
    for peril in terms.perils:
        group = peril.metric if peril.kind in _SENSED else peril.kind
        groups.setdefault(group, []).append((rates.met(peril), peril.bps))
    losses, refusals = groups.pop(PerilKind.LOSS, []), groups.pop(PerilKind.REFUSAL, [])
    whole = rates.met(Peril(PerilKind.LOSS, WHOLE, 0))
    refused = rates.met(Peril(PerilKind.REFUSAL, 0, 0))
    delay = terms.delay or Delay(0, 0)
    *late, too_late = rates.late()

    partly = [(often - whole, bps) for often, bps in losses]
    arrive = _both(_nested(partly, SCALE - whole), _delays(delay, late, too_late))
    arrive = _both(arrive, {0: SCALE - refused})
    cost = delay.bps(len(late)) + sum(bps for _, bps in losses)
    let_in = (SCALE - refused) * (whole * SCALE + (SCALE - whole) * too_late)
    never = _either(
        {cost: let_in},
        {cost + sum(bps for _, bps in refusals): refused * SCALE * SCALE},
    )
    others = (_nested(group, SCALE) for group in groups.values())
    return reduce(_both, others, _either(arrive, never))


def _nested(events: Iterable[tuple[int, int]], total: int) -> Weights:
    """Events of which each rarer one happens only with all commoner ones."""
    found: Weights = {}
    left, gross = total, 0
    for often, bps in sorted(events, reverse=True):
        found[gross] = found.get(gross, 0) + left - often
        left, gross = often, gross + bps
    found[gross] = found.get(gross, 0) + left
    return found


def _delays(delay: Delay, late: list[int], too_late: int) -> Weights:
    """What goods that come cost by their days late."""
    found: Weights = {}
    before = SCALE
    for days, beyond in enumerate([*late, too_late]):
        bps = delay.bps(days)
        found[bps] = found.get(bps, 0) + before - beyond
        before = beyond
    return found


def _both(one: Weights, other: Weights) -> Weights:
    """Sum of two independent payouts."""
    found: Weights = {}
    for a, often in one.items():
        for b, also in other.items():
            found[a + b] = found.get(a + b, 0) + often * also
    return found


def _either(one: Weights, other: Weights) -> Weights:
    """Two cases that exclude each other."""
    return {bps: one.get(bps, 0) + other.get(bps, 0) for bps in {**one, **other}}
