"""Batches and products with more suspected labels than the others: activations that raised an
alert, and items scanned too far apart or too often.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from entrepot.core import scans
from entrepot.core.labels import text_of
from entrepot.core.scans import Scan
from entrepot.services.books.entries import Suspicion
from entrepot.services.risk.chance import Excess, unlikely
from entrepot.services.risk.findings import Finding, Kind, percent
from entrepot.services.risk.history import History, Suspected
from entrepot.services.spelling import moment

Batch = tuple[int, str]
_EVIDENCE = 20


@dataclass(frozen=True, slots=True)
class Attempts:
    """How often items of a batch were activated, and which attempts raised an alert."""

    good: int
    suspected: list[Suspected] = field(default_factory=list)


def attempts(history: History) -> dict[Batch, Attempts]:
    """Attempts at items of every batch that was activated once at least."""
    found: defaultdict[Batch, list[Suspected]] = defaultdict(list)
    for each in history.suspected:
        found[each.gtin, each.lot].append(each)
    good = {
        (gtin, text_of(lot)): len(entry.activated)
        for (gtin, lot), entry in history.books.batches.items()
    }
    return {
        batch: Attempts(good.get(batch, 0), found.get(batch, []))
        for batch in {**good, **found}
        if good.get(batch, 0) or batch in found
    }


def findings(history: History) -> list[Finding]:
    """Scan anomalies of a deployment."""
    tried = attempts(history)
    return [*activations(tried), *sightings(history.scans)]


def activations(tried: dict[Batch, Attempts]) -> list[Finding]:
    """Batches, and products where no batch of theirs stands out, with too many alerts."""
    counts = {
        batch: (len(each.suspected), each.good + len(each.suspected))
        for batch, each in tried.items()
    }
    batches = unlikely(counts)
    products = unlikely(_by_product(counts))
    told = {batch[0] for batch in batches}
    return [
        *(
            _activated(f"batch {gtin:014} {lot}", excess, tried[gtin, lot].suspected)
            for (gtin, lot), excess in batches.items()
        ),
        *(
            _activated(
                f"product {gtin:014}",
                excess,
                [
                    one
                    for (each, _), found in tried.items()
                    if each == gtin
                    for one in found.suspected
                ],
            )
            for gtin, excess in products.items()
            if gtin not in told
        ),
    ]


def sightings(seen: Iterable[Scan]) -> list[Finding]:
    """Batches in which too many items were seen too far apart, or in a burst."""
    found = list(seen)
    odd = {
        *((leap.second.gtin, leap.second.lot, leap.second.serial) for leap in scans.leaps(found)),
        *((burst.gtin, burst.lot, burst.serial) for burst in scans.bursts(found)),
    }
    items = {(each.gtin, each.lot, each.serial) for each in found}
    hits, cases = (Counter((gtin, lot) for gtin, lot, _ in each) for each in (odd, items))
    counts = {batch: (hits[batch], cases[batch]) for batch in cases}
    return [
        _of(
            f"batch {gtin:014} {lot}",
            f"{excess.hits:,} of {excess.cases:,} scanned items were seen too far apart or too"
            f" often, where {percent(excess.others)} of the others were",
            excess,
            [{"serial": serial} for *batch, serial in sorted(odd) if batch == [gtin, lot]],
        )
        for (gtin, lot), excess in unlikely(counts).items()
    ]


def _activated(subject: str, excess: Excess, suspected: list[Suspected]) -> Finding:
    recalled = sum(each.suspicion is Suspicion.BATCH_RECALLED for each in suspected)
    after = f", {recalled:,} of them after a recall" if recalled else ""
    reason = (
        f"{excess.hits:,} of {excess.cases:,} activations were suspect{after}, where"
        f" {percent(excess.others)} of the others were"
    )
    rows = [
        {
            "lot": each.lot,
            "serial": each.serial,
            "at": moment(each.at),
            "suspicion": each.suspicion.name.lower().replace("_", " "),
            "transaction": each.transaction,
        }
        for each in suspected
    ]
    return _of(subject, reason, excess, rows)


def _of(subject: str, reason: str, excess: Excess, rows: list[dict[str, str | None]]) -> Finding:
    numbers = {
        "suspected": excess.hits,
        "of": excess.cases,
        "chance": float(f"{excess.chance:.2g}"),
    }
    return Finding(
        Kind.SCAN_ANOMALY, round(1 - excess.chance, 4), reason, (subject,),
        (numbers, *rows[:_EVIDENCE]),
    )  # fmt: skip


def _by_product(counts: dict[Batch, tuple[int, int]]) -> dict[int, tuple[int, int]]:
    found: dict[int, tuple[int, int]] = {}
    for (gtin, _), (hits, cases) in counts.items():
        before = found.get(gtin, (0, 0))
        found[gtin] = before[0] + hits, before[1] + cases
    return found
