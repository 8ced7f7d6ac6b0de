"""Unit prices that are far from earlier ones of the same product: perhaps a false invoice.

Modified z-score (Iglewicz and Hoaglin 1993) of the price's logarithm: a price three times too high
and one three times too low are equally far away. Earlier prices on the same lane are the measure,
those of the product on all lanes where there are too few.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from math import exp, log
from statistics import median

from entrepot.services.risk.findings import Finding, Kind, MoneyText
from entrepot.services.risk.history import History, price_of
from entrepot.services.spelling import moment

LEAST_LANE = 8
LEAST_PRODUCT = 5
"""So many earlier sales are a measure: on one lane, else of the product."""
THRESHOLD = 3.5
"""Iglewicz and Hoaglin's."""
LATEST = 20
"""So many earlier sales at most: prices of years ago are another market's."""
LEAST_SPREAD = 0.15
"""Median deviation, in logarithms, that prices are allowed at least, however alike they were."""
_NORMAL = 0.6745
"""Median absolute deviation of the standard normal distribution."""


@dataclass(frozen=True, slots=True)
class Sale:
    """One product sold at a price per item, in the token's smallest unit; `at` in seconds UTC.

    `lane`: by whom it is carried, and to whom.
    """

    id: str
    at: int
    transaction: str
    seller: int
    product: Hashable
    lane: Hashable
    token: str
    price: float


@dataclass(frozen=True, slots=True)
class Outlier:
    """A sale far from the median of earlier ones; `z` is negative where it is too cheap."""

    sale: Sale
    z: float
    median: float
    earlier: int
    is_lane: bool


def sales(history: History) -> list[Sale]:
    """Sales of orders whose shipment declares one product: of two nobody knows which costs what."""
    found = []
    for shipment, loads in history.loads.items():
        entry = history.books.shipments.get(shipment)
        order = history.books.orders.get(entry.order_id) if entry is not None else None
        if entry is None or order is None or len({each.gtin for each in loads}) != 1:
            continue
        (token, amount), count = price_of(order), sum(each.count for each in loads)
        terms = order.order
        found.append(
            Sale(
                id=f"0x{entry.order_id.hex()}",
                at=loads[-1].at,
                transaction=loads[-1].transaction,
                seller=terms.seller_id,
                product=loads[0].gtin,
                lane=(terms.carrier_id, terms.buyer_id or terms.buyer),
                token=token,
                price=amount / count,
            )
        )
    return found


def outliers(found: Iterable[Sale]) -> list[Outlier]:
    """Sales out of line with those before them, in order; sales of one second do not see each
    other.
    """
    lanes: defaultdict[Hashable, list[float]] = defaultdict(list)
    products: defaultdict[Hashable, list[float]] = defaultdict(list)
    waiting: list[Sale] = []
    seen = []
    for sale in sorted(found, key=lambda each: (each.at, each.id)):
        if waiting and waiting[0].at < sale.at:
            for each in waiting:
                products[each.product, each.token].append(log(each.price))
                lanes[each.product, each.token, each.lane].append(log(each.price))
            waiting = []
        waiting.append(sale)
        lane = lanes.get((sale.product, sale.token, sale.lane), [])
        product = products.get((sale.product, sale.token), [])
        is_lane = len(lane) >= LEAST_LANE
        earlier = (lane if is_lane else product)[-LATEST:]
        if is_lane or len(product) >= LEAST_PRODUCT:
            middle, z = _z(log(sale.price), earlier)
            if abs(z) > THRESHOLD:
                seen.append(Outlier(sale, z, exp(middle), len(earlier), is_lane))
    return seen


def findings(history: History, text: MoneyText) -> list[Finding]:
    """Price outliers of a deployment."""
    return [_finding(each, text) for each in outliers(sales(history))]


def _z(value: float, earlier: list[float]) -> tuple[float, float]:
    middle = median(earlier)
    spread = max(median(abs(each - middle) for each in earlier), LEAST_SPREAD)
    return middle, _NORMAL * (value - middle) / spread


def _finding(found: Outlier, text: MoneyText) -> Finding:
    sale, ratio = found.sale, found.sale.price / found.median
    times = f"{ratio:.2g} times" if ratio < 1 else f"{ratio:,.1f} times"
    where = "on this lane" if found.is_lane else "on all lanes"
    paid, usual = (text(sale.token, round(each)) for each in (sale.price, found.median))
    return Finding(
        Kind.PRICE_OUTLIER,
        round(abs(found.z) / (abs(found.z) + THRESHOLD), 4),
        f"{paid} an item is {times} the median of {found.earlier:,} earlier sales of product"
        f" {sale.product:014} {where}, {usual}",
        (f"order {sale.id}", f"participant {sale.seller}", f"product {sale.product:014}"),
        (
            {
                "order": sale.id,
                "loaded_at": moment(sale.at),
                "transaction": sale.transaction,
                "z": round(found.z, 2),
                "price": paid,
                "median": usual,
                "earlier": found.earlier,
            },
        ),
    )
