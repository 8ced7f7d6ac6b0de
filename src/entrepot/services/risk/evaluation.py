"""How well late deliveries are forecast, on a record of real ones.

The record is walked through in time. At the beginning of each quarter every method learns from the
voyages whose deadlines are over, and chooses its threshold among them; it then forecasts what is
decided on in that quarter, each voyage from the outcomes that are known when it is decided on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import partial
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from entrepot.core.shipments import timestamp
from entrepot.errors import InputError
from entrepot.services.progress import Progress, Silent
from entrepot.services.risk import lateness
from entrepot.services.risk.lateness import LEAST_OUTCOMES, Example, Method
from entrepot.services.risk.track_record import as_decided
from entrepot.services.risk.voyages import Voyage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from entrepot.services.risk.lateness import Floats

    Bools = NDArray[np.bool_]
    Indices = NDArray[np.intp]

MODEL = "the model"
SELLER = "seller's past late share"
BASE = "base rate"
METHODS: dict[str, Method] = {
    MODEL: lateness.boosted,
    "with the order's own terms": partial(lateness.boosted, with_terms=True),
    "logistic regression": lateness.logistic,
    SELLER: lateness.seller_share,
    BASE: lateness.base_rate,
}
_DRAWS = 1_000
_SEED = 0
_BINS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Forecast:
    """A voyage that was forecast: probabilities by method, and the thresholds of then."""

    voyage: Voyage
    scores: dict[str, float]
    thresholds: dict[str, float]
    is_model: bool


@dataclass(frozen=True, slots=True)
class Measures:
    """How well one method did. `auc_error`: standard error of the AUC by Hanley and McNeil."""

    method: str
    auc: float
    auc_error: float
    average_precision: float
    brier: float
    precision: float
    recall: float
    warned: int


@dataclass(frozen=True, slots=True)
class Year:
    """The forecasts of a year's decisions; AUC by method."""

    year: int
    voyages: int
    late: int
    auc: dict[str, float]


@dataclass(frozen=True, slots=True)
class Bin:
    """Forecasts of the model with probabilities in [`low`, `high`): their mean, and what came."""

    low: float
    high: float
    voyages: int
    forecast: float
    observed: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was forecast and how well.

    `arrived_before`: voyages that had arrived when they were decided on, so that nothing was left
    to forecast. `without_model`: forecasts made with too few outcomes for a model. `gain`: AUC of
    the model less that of the seller's share, with the middle 95 % of 1,000 draws of whole days.
    """

    voyages: int
    arrived_before: int
    forecasts: int
    late: int
    without_model: int
    first: str
    last: str
    measures: tuple[Measures, ...]
    years: tuple[Year, ...]
    bins: tuple[Bin, ...]
    gain: float
    gain_low: float
    gain_high: float


def evaluate(voyages: Sequence[Voyage], progress: Progress | None = None) -> Evaluation:
    """Forecasts voyages as it would have been done in their time; `InputError` for a record that is
    too short to learn from, or in which forecasts met only one outcome.
    """
    import numpy as np

    found = list(forecasts(voyages, progress or Silent()))
    late = np.array([each.voyage.is_late for each in found], dtype=bool)
    if not late.any() or late.all():
        raise InputError(
            f"There is too little to evaluate: {len(found):,} deliveries can be forecast after the"
            f" first {LEAST_OUTCOMES} outcomes, {int(late.sum()):,} of them late."
        )
    scores = {name: np.array([each.scores[name] for each in found]) for name in METHODS}
    decided = [datetime.fromtimestamp(each.voyage.decided_at, UTC) for each in found]
    gain, low, high = _gain(late, scores[MODEL], scores[SELLER], decided)
    return Evaluation(
        voyages=len(voyages),
        arrived_before=sum(not each.is_forecast for each in voyages),
        forecasts=len(found),
        late=int(late.sum()),
        without_model=sum(not each.is_model for each in found),
        first=decided[0].date().isoformat(),
        last=decided[-1].date().isoformat(),
        measures=tuple(_measured(name, found, late, scores[name]) for name in METHODS),
        years=tuple(_years(decided, late, scores)),
        bins=tuple(_bins(late, scores[MODEL])),
        gain=gain,
        gain_low=low,
        gain_high=high,
    )


def forecasts(voyages: Sequence[Voyage], progress: Progress) -> Iterator[Forecast]:
    """All forecasts from the first quarter on that begins with enough outcomes, in order of
    decision.
    """
    learnt: list[Example] = []
    asked = []
    for voyage, traits in as_decided(voyages):
        if voyage.is_forecast and not voyage.is_void:
            late, decided, due = voyage.is_late, voyage.decided_at, voyage.deliver_by
            learnt.append(Example(traits, late, decided, due))
            asked.append((voyage, traits))
    quarters = [
        (begins, list(group))
        for begins, group in groupby(asked, key=lambda each: _quarter(each[0].decided_at))
    ]
    progress.stage("Forecasting quarter by quarter", len(quarters))
    for begins, group in quarters:
        if sum(each.deliver_by < begins for each in learnt) >= LEAST_OUTCOMES:
            taught = {
                name: lateness.learn(learnt, begins, method) for name, method in METHODS.items()
            }
            seen = [traits for _, traits in group]
            scores = {name: each.score(seen) for name, each in taught.items()}
            thresholds = {name: each.threshold for name, each in taught.items()}
            for i, (voyage, _) in enumerate(group):
                said = {name: float(each[i]) for name, each in scores.items()}
                yield Forecast(voyage, said, thresholds, taught[MODEL].is_model)
        progress.advance(1)


def _quarter(at: int) -> int:
    """When the quarter of a time begins, both in seconds UTC."""
    day = datetime.fromtimestamp(at, UTC)
    return timestamp(date(day.year, (day.month - 1) // 3 * 3 + 1, 1), time())


def _measured(name: str, found: Sequence[Forecast], late: "Bools", scores: "Floats") -> Measures:
    import numpy as np
    from sklearn import metrics

    warned = scores >= np.array([each.thresholds[name] for each in found])
    auc = _auc(late, scores)
    hits = int((warned & late).sum())
    return Measures(
        method=name,
        auc=auc,
        auc_error=_auc_error(auc, int(late.sum()), int((~late).sum())),
        average_precision=float(metrics.average_precision_score(late, scores)),
        brier=float(metrics.brier_score_loss(late, scores)),
        precision=hits / int(warned.sum()) if warned.any() else 0.0,
        recall=hits / int(late.sum()),
        warned=int(warned.sum()),
    )


def _auc(late: "Bools", scores: "Floats") -> float:
    """Area under the ROC curve: how often a late voyage scores above another, ties counting half
    (Mann and Whitney's U).
    """
    from scipy.stats import rankdata

    hits, others = int(late.sum()), int((~late).sum())
    ranks = float(rankdata(scores)[late].sum())
    return (ranks - hits * (hits + 1) / 2) / (hits * others)


def _auc_error(auc: float, late: int, others: int) -> float:
    """Hanley and McNeil 1982, equation 1, with their exponential approximation of Q1 and Q2."""
    one, two = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = auc * (1 - auc) + (late - 1) * (one - auc**2) + (others - 1) * (two - auc**2)
    return float((spread / (late * others)) ** 0.5)


def _gain(
    late: "Bools", model: "Floats", seller: "Floats", decided: Sequence[datetime]
) -> tuple[float, float, float]:
    """AUC of the model less that of the seller's share, and the bounds of its middle 95 %.

    Days are drawn, not voyages: lines of one order share its day and its fate.
    """
    import numpy as np

    def gain(chosen: "Indices") -> float:
        return _auc(late[chosen], model[chosen]) - _auc(late[chosen], seller[chosen])

    days = [each.date() for each in decided]
    groups = [np.array(list(group)) for _, group in groupby(range(len(days)), days.__getitem__)]
    source = np.random.default_rng(_SEED)
    drawn = []
    for _ in range(_DRAWS):
        chosen = np.concatenate([groups[i] for i in source.integers(len(groups), size=len(groups))])
        if 0 < late[chosen].sum() < len(chosen):
            drawn.append(gain(chosen))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return gain(np.arange(len(days))), float(low), float(high)


def _years(
    decided: Sequence[datetime], late: "Bools", scores: dict[str, "Floats"]
) -> Iterator[Year]:
    import numpy as np

    years = np.array([each.year for each in decided])
    for year in sorted(set(years.tolist())):
        here = years == year
        if 0 < late[here].sum() < here.sum():
            auc = {name: _auc(late[here], each[here]) for name, each in scores.items()}
            yield Year(year, int(here.sum()), int(late[here].sum()), auc)


def _bins(late: "Bools", scores: "Floats") -> Iterator[Bin]:
    for low, high in pairwise(_BINS):
        here = (scores >= low) & (scores < high)
        if here.any():
            yield Bin(
                low, high, int(here.sum()), float(scores[here].mean()), float(late[here].mean())
            )
