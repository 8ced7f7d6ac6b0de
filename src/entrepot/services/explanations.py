"""Why a participant has its grade: the endings that hold it up, those that press it down, and what
would change it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from entrepot.core import history
from entrepot.core.credit import POINT, PRIOR, Grade, Rating, TradeOutcome, of_seller
from entrepot.core.history import Change, Need, Share
from entrepot.core.labels import text_of
from entrepot.network.bindings import LabelRegistry
from entrepot.network.contracts import topic_of
from entrepot.services import events
from entrepot.services.office import Office
from entrepot.services.ratings import Account
from entrepot.services.spelling import moment

_EXAMPLE = 10
"""Weight of an order of 1,000 dollars."""
_SPARE = 24
"""How many more endings are tried than shown: one of which less is left may move the score more,
where others repeat its counterparty.
"""


@dataclass(frozen=True, slots=True)
class Mover:
    """An ending as JSON has it, what is left of it, and the rating if it had not been."""

    told: dict[str, Any]
    left: Share
    without: Rating


@dataclass(frozen=True, slots=True)
class Recall:
    """A batch that the participant made and recalled; no part of the score."""

    at: str | None
    gtin: str
    lot: str
    transaction: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A grade at a time, seconds UTC, and what it comes of.

    `good`, `bad`: what is left of the evidence, in 1/2^20 of a weight point. `up`, `down`: the
    endings that raise and lower the score most; `others`: how many more there are. `fade`: the next
    change that forgetting alone will make.
    """

    id: int
    at: int
    rating: Rating
    good: int
    bad: int
    up: list[Mover]
    down: list[Mover]
    others: int
    better: Need | None
    worse: Need | None
    fade: Change | None
    recalls: list[Recall]


def explain(office: Office, account: Account, at: int, top: int) -> Explanation:
    """Explains a participant's grade at a time, seconds UTC, by `top` endings on either side; of a
    time to come, what will be left of what has ended.
    """
    known = account.within(at)
    endings = known.endings
    record = history.record_of(endings)
    rating = record.rating(at)
    shares = history.shares(endings, at)
    movers = [
        Mover(entry.told(office), shares[i], history.rating_without(endings, i, at))
        for i in _strongest(shares, top + _SPARE)
        for entry in (known.entries[i],)
    ]
    up = sorted(
        (each for each in movers if each.without.score < rating.score),
        key=lambda each: each.without.score,
    )[:top]
    down = sorted(
        (each for each in movers if each.without.score > rating.score),
        key=lambda each: -each.without.score,
    )[:top]
    better, worse = history.needs(record, at)
    return Explanation(
        id=account.id,
        at=at,
        rating=rating,
        good=sum(each.good for each in shares),
        bad=sum(each.bad for each in shares),
        up=up,
        down=down,
        others=len(endings) - len(up) - len(down),
        better=better,
        worse=worse,
        fade=_fade(endings, at),
        recalls=list(_recalls(office, account.id, at)),
    )


def as_json(found: Explanation) -> dict[str, Any]:
    """An explanation as JSON has it: evidence in weight points, scores in basis points."""
    fade = found.fade
    return {
        "id": found.id,
        "at": moment(found.at),
        "grade": found.rating.grade.name,
        "score": found.rating.score,
        "confidence": found.rating.confidence,
        "evidence": {"good": points(found.good), "bad": points(found.bad)},
        "up": [_mover_json(each, found.rating) for each in found.up],
        "down": [_mover_json(each, found.rating) for each in found.down],
        "others": found.others,
        "change": {
            "better": _need_json(found.better),
            "worse": _need_json(found.worse),
            "forgetting": fade and {"at": moment(fade.at), "grade": fade.after.name},
            "sentence": would_change(found),
        },
        "recalls": [
            {"at": each.at, "gtin": each.gtin, "lot": each.lot, "transaction": each.transaction}
            for each in found.recalls
        ],
    }


def would_change(found: Explanation) -> str:
    """What would change the grade, in a sentence."""
    if found.rating.grade is Grade.NR:
        return "There is no evidence: the first ending that counts gives a grade."
    clauses = []
    if found.better is not None:
        number = -(-found.better.evidence // (_EXAMPLE * POINT))
        orders_kept = (
            "an order of 1,000 dollars, kept with a new counterparty"
            if number == 1
            else f"{number:,} orders of 1,000 dollars, kept with as many new counterparties"
        )
        clauses.append(
            f"{_enough(found.better.evidence):.2f} points of good evidence more make it "
            f"{found.better.grade.name} ({orders_kept}, would do)"
        )
    if found.worse is not None:
        worst = of_seller(_EXAMPLE, TradeOutcome.BROKEN).broken // POINT
        clauses.append(
            f"{_enough(found.worse.evidence):.2f} points of bad evidence more make it "
            f"{found.worse.grade.name} (an order of 1,000 dollars that is broken gives {worst})"
        )
    if found.fade is not None:
        clauses.append(
            f"if nothing more ends, forgetting makes it {found.fade.after.name} on "
            f"{str(moment(found.fade.at))[:10]}"
        )
    return "; ".join(clauses) + "."


def points(evidence: int) -> float:
    """Evidence in weight points."""
    return round(evidence / POINT, 2)


def _enough(evidence: int) -> float:
    """Evidence in weight points, rounded up: less would not do."""
    return -(-evidence * 100 // POINT) / 100


def _strongest(shares: Sequence[Share], top: int) -> list[int]:
    """Places of the `top` endings that pull the score up most, and of those that pull it down."""
    good, bad = sum(each.good for each in shares), sum(each.bad for each in shares)
    score = Fraction(good + PRIOR, good + bad + 2 * PRIOR)
    pulls = [each.good - (each.good + each.bad) * score for each in shares]
    order = sorted(range(len(shares)), key=lambda i: pulls[i])
    lowest = [i for i in order[:top] if pulls[i] < 0]
    return lowest + [i for i in order[::-1][:top] if pulls[i] > 0]


def _fade(endings: Sequence[history.Ending], at: int) -> Change | None:
    """The next change by forgetting after a time, as long as anything is left."""
    total = history.record_of(endings).total()
    following = (each for each in history.fades(total, at + history.FORGOTTEN) if each.at > at)
    found = next(following, None)
    return None if found is None or found.after is Grade.NR else found


def _recalls(office: Office, number: int, at: int) -> Iterator[Recall]:
    labels = office.bind(LabelRegistry)
    for event in events.of(office, labels, "BatchRecalled", None, None, topic_of(number)):
        if event.timestamp <= at:
            lot, gtin = text_of(event.args["lot"]), f"{event.args['gtin']:014d}"
            yield Recall(moment(event.timestamp), gtin, lot, event.transaction)


def _mover_json(found: Mover, rating: Rating) -> dict[str, Any]:
    return {
        **found.told,
        "evidence": {"good": points(found.left.good), "bad": points(found.left.bad)},
        "without": {"grade": found.without.grade.name, "score": found.without.score},
        "moves": rating.score - found.without.score,
    }


def _need_json(found: Need | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"grade": found.grade.name, "points": _enough(found.evidence)}
