"""Insurers whose open cover hangs on one carrier, lane or holder, or fills their pool.

Measure: Herfindahl and Hirschman's index, the sum of the squared shares. From 0.25 on the merger
guidelines of the United States (2010) call a market highly concentrated.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from entrepot.services.books.entries import PolicyState
from entrepot.services.risk.findings import Finding, Kind, MoneyText, party, percent
from entrepot.services.risk.history import History

LEAST_POLICIES = 5
"""With fewer open policies every insurer is concentrated."""
THRESHOLD = 0.25
FULL = 0.9
"""Share of its assets that a pool has promised, from which it is said."""


@dataclass(frozen=True, slots=True)
class Cover:
    """What an open policy may still cost, in the token's smallest unit, and on whom it hangs."""

    policy: str
    insurer: int
    pool: str
    token: str
    exposure: int
    by: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Capital:
    """What a pool can pay from, in the token's smallest unit."""

    pool: str
    assets: int


def covers(history: History) -> list[Cover]:
    """Open policies of a deployment."""
    found = []
    for number, entry in history.books.policies.items():
        order = history.books.orders.get(entry.quote.order_id)
        if entry.state is not PolicyState.ACTIVE or order is None:
            continue
        terms, quote = order.order, entry.quote
        buyer = party(terms.buyer_id, terms.buyer)
        carrier = f"carrier {terms.carrier_id}"
        on = {
            "carrier": carrier,
            "lane": f"{carrier} to {buyer}",
            "holder": f"account {quote.holder}",
        }
        exposure = quote.maximum - entry.paid_units
        found.append(
            Cover(f"0x{number.hex()}", quote.insurer_id, quote.pool, terms.token, exposure, on)
        )
    return found


def index(shares: Iterable[float]) -> float:
    """Herfindahl and Hirschman's index of shares that add up to 1."""
    return sum(each * each for each in shares)


def findings(found: Iterable[Cover], capitals: Iterable[Capital], text: MoneyText) -> list[Finding]:
    """Concentrated insurers and full pools."""
    by_pool: defaultdict[tuple[int, str, str], list[Cover]] = defaultdict(list)
    for each in found:
        by_pool[each.insurer, each.pool, each.token].append(each)
    assets = {each.pool: each.assets for each in capitals}
    told = []
    for (insurer, pool, token), open_covers in by_pool.items():
        subjects = (f"participant {insurer}", f"pool {pool}")
        exposure = sum(each.exposure for each in open_covers)
        if len(open_covers) >= LEAST_POLICIES and exposure:
            told += _hanging(subjects, token, open_covers, text)
        held = assets.get(pool)
        if held and exposure / held >= FULL:
            told.append(
                Finding(
                    Kind.INSURER_CONCENTRATION, round(min(exposure / held, 1.0), 4),
                    f"open cover of {text(token, exposure)} is {percent(exposure / held)} of the"
                    f" pool's {text(token, held)}",
                    subjects,
                    ({"policies": len(open_covers), "exposure": text(token, exposure)},),
                )
            )  # fmt: skip
    return told


def _hanging(
    subjects: tuple[str, ...], token: str, found: list[Cover], text: MoneyText
) -> list[Finding]:
    exposure = sum(each.exposure for each in found)
    told = []
    for dimension in found[0].by:
        sums: Counter[str] = Counter()
        for each in found:
            sums[each.by[dimension]] += each.exposure
        concentration = index(units / exposure for units in sums.values())
        (most, units), *_ = sums.most_common(1)
        if concentration < THRESHOLD:
            continue
        told.append(
            Finding(
                Kind.INSURER_CONCENTRATION, round(concentration, 4),
                f"{percent(units / exposure)} of the open cover of {text(token, exposure)} hangs on"
                f" one {dimension}, {most}, and {len(sums):,} share it with an index of"
                f" {concentration:.2f}",
                (*subjects, most),
                tuple(
                    {"by": dimension, "on": name, "share": round(part / exposure, 4),
                     "exposure": text(token, part)}
                    for name, part in sums.most_common(5)
                ),
            )
        )  # fmt: skip
    return told
