"""Trade flows that nobody has recorded: drawn from a seed, the same for the same seed on every
machine.
"""

from datetime import date, timedelta
from pathlib import Path
from random import Random

from entrepot.core.shipments import Shipment
from entrepot.errors import InputError
from entrepot.services.progress import Progress
from entrepot.services.replay import play, require_topology
from entrepot.services.summary import Summary
from entrepot.services.trading import Course, Trade

MOST_ORDERS = 100_000
_FIRST_DAY = date(2022, 1, 1)
_DAYS = 730
_BUYERS = (
    "Argentina", "Brazil", "Canada", "Chile", "Egypt", "France", "Germany", "Ghana", "India",
    "Italy", "Japan", "Kenya", "Mexico", "Netherlands", "Nigeria", "Peru", "Poland", "Senegal",
    "Spain", "Vietnam",
)  # fmt: skip
_MAKERS = ("Alder", "Birch", "Cedar", "Damson", "Elm", "Fir", "Gorse", "Hazel", "Iris", "Juniper")
_TRADES = ("Instruments", "Textiles", "Foods", "Optics")
_GOODS = ("series 1", "series 2", "series 3")
_MODES = ("Air", "Ocean", "Rail", "Truck")
# How often, of a thousand trades, each course is taken.
_COURSES = {
    Course.SIGNED: 800,
    Course.SILENT: 100,
    Course.UPHELD: 30,
    Course.REJECTED: 30,
    Course.CANCELLED: 40,
}


def simulate(
    orders: int,
    seed: int,
    out: Path,
    *,
    topology: str = "single",
    rpc: str | None = None,
    with_ceiling: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Draws trades and plays them; leaves in `out` what `replay` leaves.

    `InputError` for a number of orders outside 1 to 100,000.
    """
    require_topology(topology)
    if not 1 <= orders <= MOST_ORDERS:
        raise InputError(f"Give 1 to {MOST_ORDERS:,} orders, not {orders:,}.")
    asked: dict[str, object] = {
        "source": f"{orders} simulated orders, seed {seed}",
        "orders": orders,
        "seed": seed,
        "topology": topology,
    }
    return play(
        draw(orders, seed), out,
        asked=asked, rpc=rpc, with_ceiling=with_ceiling, progress=progress,
    )  # fmt: skip


def draw(orders: int, seed: int) -> list[Trade]:
    """Trades of a seed: most on time, some late, a few never in time, disputed or cancelled.

    Four in five insured.
    """
    source = Random(seed)
    courses, weights = list(_COURSES), list(_COURSES.values())
    return [
        Trade(number, _shipment(number, source), source.choices(courses, weights)[0])
        for number in range(1, orders + 1)
    ]


def _shipment(number: int, source: Random) -> Shipment:
    ordered = _FIRST_DAY + timedelta(days=source.randrange(_DAYS))
    scheduled = ordered + timedelta(days=source.randint(10, 90))
    seller = f"{source.choice(_MAKERS)} {source.choice(_TRADES)}"
    buyer, mode = source.choice(_BUYERS), source.choice(_MODES)
    value_cents = int(10 ** source.uniform(4, 8))
    is_insured = source.random() < 0.8
    return Shipment(
        row_id=f"simulated-{number}",
        buyer=buyer,
        seller=seller,
        carrier=f"{mode} / {buyer}",
        product=f"{seller}, {source.choice(_GOODS)}",
        value_cents=value_cents,
        premium_units=value_cents * source.randint(20, 200) if is_insured else 0,
        scheduled=scheduled,
        delivered=scheduled + timedelta(days=_delay(source, (scheduled - ordered).days)),
        ordered=ordered,
    )


def _delay(source: Random, lead_days: int) -> int:
    """Days after the scheduled day; never before the day after the order."""
    kind = source.random()
    if kind < 0.75:
        return -source.randrange(min(lead_days, 15))
    if kind < 0.97:
        return source.randint(1, 45)
    return source.randint(55, 120)
