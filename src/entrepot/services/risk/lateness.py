"""Deliveries that will be late, before they are.

Gradient-boosted trees over past shares of late deliveries (`track_record.py`), in which a higher
share never lowers the probability: with few outcomes, and habits that change, this is what keeps
the model from learning that a bad record is a good sign.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from entrepot.services.risk.findings import Finding, Kind, percent
from entrepot.services.risk.track_record import (
    ASPECTS,
    HALF_LIFE,
    TERMS,
    Share,
    Traits,
    as_decided,
    as_of,
)
from entrepot.services.risk.voyages import Voyage
from entrepot.services.spelling import moment

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LEAST_OUTCOMES = 200
LEAST_LATE = 30
"""With fewer outcomes, or fewer late ones, there is no model but the seller's share."""
EVEN = 0.5
"""Threshold where the past is too short to choose one: late is likelier than not."""
_HELD_BACK = 0.25
_SEED = 0
_NAMED = 2


@dataclass(frozen=True, slots=True)
class Example:
    """A voyage whose outcome is known, as it looked when it was decided on."""

    traits: Traits
    is_late: bool
    decided_at: int
    deliver_by: int


Scorer = Callable[[Sequence[Traits]], "Floats"]
"""Probabilities of being late, one for each voyage."""
Method = Callable[[Sequence[Example], int], Scorer]
"""Learns from examples at a time, seconds UTC."""


@dataclass(frozen=True, slots=True)
class Forecaster:
    """A scorer and the probability from which it warns, both learnt from the past alone; `outcomes`
    and `late` are how many it learnt from.
    """

    score: Scorer
    threshold: float
    is_model: bool
    outcomes: int
    late: int


def examples(voyages: Iterable[Voyage]) -> list[Example]:
    """What can be learnt from voyages, each as it looked when it was decided on."""
    return [
        Example(traits, voyage.is_late, voyage.decided_at, voyage.deliver_by)
        for voyage, traits in as_decided(voyages)
        if voyage.is_forecast and not voyage.is_void
    ]


def boosted(known: Sequence[Example], at: int, *, with_terms: bool = False) -> Scorer:
    """Gradient boosting, monotone in every share; `with_terms` also sees the voyage's own terms."""
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    directions = [1] * (1 + len(ASPECTS)) + [0] * (len(TERMS) if with_terms else 0)
    model = HistGradientBoostingClassifier(
        learning_rate=0.05, max_iter=80, max_leaf_nodes=6, min_samples_leaf=25,
        l2_regularization=5.0, monotonic_cst=directions, early_stopping=False, random_state=_SEED,
    )  # fmt: skip
    rows = _matrix([each.traits for each in known], with_terms)
    # One thread: the same sums on every machine, and sooner on so few rows.
    with threadpool_limits(1):
        model.fit(rows, _labels(known), sample_weight=_weights(known, at))

    def score(asked: Sequence[Traits]) -> "Floats":
        if not asked:
            return np.empty(0)
        with threadpool_limits(1):
            found: Floats = model.predict_proba(_matrix(asked, with_terms))[:, 1]
        return found

    return score


def logistic(known: Sequence[Example], at: int) -> Scorer:
    """Logistic regression on the same shares."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2_000))
    model.fit(_matrix([each.traits for each in known]), _labels(known),
              logisticregression__sample_weight=_weights(known, at))  # fmt: skip

    def score(asked: Sequence[Traits]) -> "Floats":
        if not asked:
            return np.empty(0)
        found: Floats = model.predict_proba(_matrix(asked))[:, 1]
        return found

    return score


def seller_share(known: Sequence[Example], at: int) -> Scorer:
    """The seller's past share of late deliveries, smoothed."""
    import numpy as np

    return lambda asked: np.array([each.shares[0].value for each in asked])


def base_rate(known: Sequence[Example], at: int) -> Scorer:
    """The past share of all."""
    import numpy as np

    return lambda asked: np.array([each.overall.value for each in asked])


def learn(voyages: Sequence[Example], at: int, method: Method = boosted) -> Forecaster:
    """What a method makes of the examples whose deadlines are over at a time, seconds UTC."""
    known = [each for each in voyages if each.deliver_by < at]
    late = sum(each.is_late for each in known)
    is_model = _suffices(known)
    used = method if is_model or method is base_rate else seller_share
    return Forecaster(used(known, at), _threshold(known, used), is_model, len(known), late)


def findings(voyages: Sequence[Voyage], now: int) -> list[Finding]:
    """Open voyages that are likelier late than the threshold of their forecaster."""
    is_open = [
        each.arrived_at is None and each.ended_at is None and each.deliver_by >= now
        for each in voyages
    ]
    asked = [each for each, is_asked in zip(voyages, is_open, strict=True) if is_asked]
    if not asked:
        return []
    forecaster = learn(examples(voyages), now)
    traits = as_of(voyages, asked, now)
    scores = forecaster.score(traits)
    return [
        _finding(voyage, known, float(score), forecaster)
        for voyage, known, score in zip(asked, traits, scores, strict=True)
        if score >= forecaster.threshold
    ]


def _finding(voyage: Voyage, traits: Traits, score: float, forecaster: Forecaster) -> Finding:
    overall = traits.overall
    told = [
        f"{_name(aspect, voyage)} {_record(share)}"
        for aspect, share in _causes(traits, score, forecaster)
    ]
    basis = ""
    if not forecaster.is_model:
        known = f"{forecaster.outcomes:,} known outcomes, {forecaster.late:,} of them late"
        basis = f"; {known}, are too few for a model, so this is the seller's smoothed share"
    because = f": {', '.join(told)}" if told else ""
    return Finding(
        Kind.LATE_DELIVERY,
        round(score, 4),
        f"due {moment(voyage.deliver_by)}, late with a probability of {percent(score)} where of all"
        f" deliveries {percent(overall.value)} are{because}{basis}",
        (f"order {voyage.id}", f"participant {voyage.seller}", f"participant {voyage.carrier}"),
        (
            {
                "order": voyage.id,
                "deliver_by": moment(voyage.deliver_by),
                "threshold": round(forecaster.threshold, 4),
                "all": _numbers(overall),
                **{
                    name: _numbers(share)
                    for name, share in zip(ASPECTS, traits.shares, strict=True)
                },
            },
        ),
    )


def _causes(traits: Traits, score: float, forecaster: Forecaster) -> list[tuple[str, Share]]:
    """The aspects without whose bad record the probability would be lowest, the worst first."""
    lacking = [
        replace(traits, shares=(*traits.shares[:i], traits.overall, *traits.shares[i + 1 :]))
        for i in range(len(ASPECTS))
    ]
    gains = [score - float(each) for each in forecaster.score(lacking)]
    ranked = sorted(range(len(ASPECTS)), key=lambda i: -gains[i])
    causes = [
        (ASPECTS[i], traits.shares[i]) for i in ranked if gains[i] > 0 and traits.shares[i].late
    ]
    return causes[:_NAMED]


def _name(aspect: str, voyage: Voyage) -> str:
    match aspect:
        case "seller":
            return f"seller {voyage.seller}"
        case "buyer":
            return f"buyer {voyage.buyer}"
        case "carrier":
            return f"carrier {voyage.carrier}"
        case "seller with buyer":
            return f"seller {voyage.seller} with buyer {voyage.buyer}"
        case "seller with carrier":
            return f"seller {voyage.seller} with carrier {voyage.carrier}"
        case _:
            return f"what was due in month {voyage.month}"


def _record(share: Share) -> str:
    return f"was late {share.late:,} of {share.total:,} times (weighted {percent(share.value)})"


def _numbers(share: Share) -> dict[str, float | int]:
    return {"share": round(share.value, 4), "late": share.late, "deliveries": share.total}


def _suffices(known: Sequence[Example]) -> bool:
    late = sum(each.is_late for each in known)
    return len(known) >= LEAST_OUTCOMES and LEAST_LATE <= late < len(known)


def _threshold(known: Sequence[Example], method: Method) -> float:
    """The probability with the best F1 on the last quarter of the past, learnt from what was known
    before that.
    """
    import numpy as np
    from sklearn.metrics import precision_recall_curve

    if not _suffices(known):
        return EVEN
    ordered = sorted(each.decided_at for each in known)
    begins = ordered[int(len(ordered) * (1 - _HELD_BACK))]
    before = [each for each in known if each.deliver_by < begins]
    held = [each for each in known if each.decided_at >= begins]
    if not _suffices(before) or not any(each.is_late for each in held):
        return EVEN
    scores = method(before, begins)([each.traits for each in held])
    precision, recall, levels = precision_recall_curve(_labels(held), scores)
    both = np.maximum(precision + recall, 1e-12)
    return float(levels[int(np.argmax((2 * precision * recall / both)[:-1]))])


def _matrix(traits: Sequence[Traits], with_terms: bool = False) -> "Floats":
    import numpy as np

    return np.array([each.features + (each.terms if with_terms else ()) for each in traits])


def _labels(known: Sequence[Example]) -> "Floats":
    import numpy as np

    return np.array([float(each.is_late) for each in known])


def _weights(known: Sequence[Example], at: int) -> "Floats":
    """Old examples count less, as old outcomes do; 1 on average."""
    import numpy as np

    weights = 0.5 ** (np.array([at - each.deliver_by for each in known]) / HALF_LIFE)
    found: Floats = weights / weights.mean()
    return found
