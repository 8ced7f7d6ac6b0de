"""How often deliveries were late before a time, by what they had in common: seller, buyer, carrier,
seller with buyer, seller with carrier, month.

Old outcomes count less: half after a year. Few outcomes are drawn towards the share of all.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import cos, log, pi, sin

from entrepot.core.shipments import DAY
from entrepot.services.risk.voyages import Voyage, by_deadline

HALF_LIFE = 365 * DAY
"""An outcome counts half after so many seconds."""
PRIOR = 6.0
"""So many outcomes weighs the share of all beside the outcomes of one."""
FIRST_SHARE = 0.1
"""The share of all before anything is known, with the weight of one outcome."""
ASPECTS = ("seller", "buyer", "carrier", "seller with buyer", "seller with carrier", "month")
TERMS = ("lead time", "deadline's month, sine", "deadline's month, cosine", "amount", "insured")


@dataclass(frozen=True, slots=True)
class Share:
    """A smoothed share of late deliveries; `late` of `total` are the plain numbers behind it."""

    value: float
    late: int
    total: int


@dataclass(frozen=True, slots=True)
class Traits:
    """All that a forecast may look at: the share of all voyages, those of each of `ASPECTS`, and
    what the voyage's own `TERMS` say.
    """

    overall: Share
    shares: tuple[Share, ...]
    terms: tuple[float, ...]

    @property
    def features(self) -> tuple[float, ...]:
        """Log-odds of the share of all, and by how much each aspect's are above them."""
        base = _log_odds(self.overall.value)
        return base, *(_log_odds(each.value) - base for each in self.shares)


@dataclass(slots=True)
class _Tally:
    """Outcomes with forgetting, as of `at`."""

    weight: float = 0.0
    late_weight: float = 0.0
    at: int = 0
    late: int = 0
    total: int = 0

    def add(self, at: int, is_late: bool) -> None:
        kept = self._kept(at)
        self.weight = self.weight * kept + 1
        self.late_weight = self.late_weight * kept + is_late
        self.at = at
        self.late += is_late
        self.total += 1

    def share(self, at: int, prior: float, weight: float) -> Share:
        kept = self._kept(at)
        value = (self.late_weight * kept + prior * weight) / (self.weight * kept + weight)
        return Share(value, self.late, self.total)

    def _kept(self, at: int) -> float:
        return float(0.5 ** ((at - self.at) / HALF_LIFE)) if self.total else 1.0


@dataclass(slots=True)
class TrackRecord:
    """Outcomes that are known; they are learnt in the order of their deadlines."""

    _tallies: defaultdict[Hashable, _Tally] = field(default_factory=lambda: defaultdict(_Tally))

    def learn(self, voyage: Voyage) -> None:
        """Counts an outcome as of its deadline; a voyage that was called off has none."""
        if voyage.is_void:
            return
        for key in (None, *_keys(voyage)):
            self._tallies[key].add(voyage.deliver_by, voyage.is_late)

    def traits(self, voyage: Voyage, at: int) -> Traits:
        """What is known of a voyage at a time, seconds UTC, not before what was learnt last."""
        overall = self._share(None, at, FIRST_SHARE, 1.0)
        shares = (self._share(key, at, overall.value, PRIOR) for key in _keys(voyage))
        return Traits(overall, tuple(shares), _terms(voyage))

    def _share(self, key: Hashable, at: int, prior: float, weight: float) -> Share:
        return self._tallies.get(key, _Tally()).share(at, prior, weight)


def as_decided(voyages: Iterable[Voyage]) -> Iterator[tuple[Voyage, Traits]]:
    """Each voyage, in order of decision, with what was known when it was decided on."""
    found = list(voyages)
    record, known = TrackRecord(), iter(by_deadline(found))
    following = next(known, None)
    for voyage in sorted(found, key=lambda each: (each.decided_at, each.id)):
        while following is not None and following.deliver_by < voyage.decided_at:
            record.learn(following)
            following = next(known, None)
        yield voyage, record.traits(voyage, voyage.decided_at)


def as_of(voyages: Iterable[Voyage], asked: Sequence[Voyage], at: int) -> list[Traits]:
    """What is known at a time, seconds UTC, of the voyages that are asked about."""
    record = TrackRecord()
    for voyage in by_deadline(voyages):
        if voyage.deliver_by < at:
            record.learn(voyage)
    return [record.traits(voyage, at) for voyage in asked]


def _keys(voyage: Voyage) -> list[Hashable]:
    """What the outcomes of each of `ASPECTS` are kept under."""
    seller, buyer, carrier = voyage.seller, voyage.buyer, voyage.carrier
    named = (seller, buyer, carrier, (seller, buyer), (seller, carrier), voyage.month)
    return list(zip(ASPECTS, named, strict=True))


def _terms(voyage: Voyage) -> tuple[float, ...]:
    lead_days = (voyage.deliver_by - voyage.decided_at) / DAY
    turn = 2 * pi * (voyage.month - 1) / 12
    return log(max(lead_days, 1)), sin(turn), cos(turn), log(1 + voyage.amount), voyage.is_insured


def _log_odds(share: float) -> float:
    return log(share / (1 - share))
