"""All warnings of a deployment, the most pressing first."""

from collections.abc import Callable, Collection
from functools import lru_cache

from entrepot.network.artifacts import load
from entrepot.network.bindings import InsurancePool
from entrepot.services import tokens
from entrepot.services.office import Office
from entrepot.services.progress import Progress, Silent
from entrepot.services.risk import (
    concentration,
    financing,
    history,
    lateness,
    prices,
    refusals,
    rings,
    suspicions,
)
from entrepot.services.risk.concentration import Capital
from entrepot.services.risk.findings import Finding, Kind
from entrepot.services.risk.history import History
from entrepot.services.risk.voyages import Voyage, of_order


def warnings(
    office: Office,
    kinds: Collection[Kind] = tuple(Kind),
    *,
    near_days: int = financing.NEAR_DAYS,
    progress: Progress | None = None,
) -> list[Finding]:
    """What the events of a deployment up to its latest block warn of, by score.

    `near_days`: within how many days alike orders are suspected of being one delivery.
    """
    told = progress or Silent()
    told.stage("Reading the events", None)
    known = history.read(office)

    @lru_cache
    def token(address: str) -> tokens.Token:
        return tokens.at(office, address)

    def text(address: str, units: int) -> str:
        found = token(address)
        return f"{found.text(units)} {found.name or address}"

    def concentrations() -> list[Finding]:
        covers = concentration.covers(known)
        pools = sorted({each.pool for each in covers})
        return concentration.findings(covers, [_capital(office, each) for each in pools], text)

    watchers: dict[Kind, Callable[[], list[Finding]]] = {
        Kind.LATE_DELIVERY: lambda: lateness.findings(voyages(known), known.now),
        Kind.PRICE_OUTLIER: lambda: prices.findings(known, text),
        Kind.TRADE_RING: lambda: rings.findings(known, text),
        Kind.SCAN_ANOMALY: lambda: suspicions.findings(known),
        Kind.INSURER_CONCENTRATION: concentrations,
        Kind.CUSTOMS_REFUSALS: lambda: refusals.findings(refusals.cases(known)),
        Kind.DUPLICATE_FINANCING: lambda: financing.findings(known, text, near_days),
    }
    asked = [kind for kind in Kind if kind in kinds]
    told.stage("Looking for warnings", len(asked))
    found = []
    for kind in asked:
        found += watchers[kind]()
        told.advance(1)
    return sorted(found, key=lambda each: (-each.score, each.kind, each.subjects))


def voyages(known: History) -> list[Voyage]:
    """The voyages of all orders; insured where a policy began with the order."""
    insured = {
        entry.quote.order_id
        for entry in known.books.policies.values()
        if (order := known.books.orders.get(entry.quote.order_id)) is not None
        and entry.incepted_at <= order.opened_at
    }
    return [
        of_order(f"0x{number.hex()}", entry, number in insured)
        for number, entry in known.books.orders.items()
    ]


def _capital(office: Office, address: str) -> Capital:
    pool = InsurancePool(office.node, address, load("InsurancePool"))
    return Capital(address, pool.total_assets() + pool.books().first_loss)
