"""What Hypothesis draws for the tests of cargo: series of readings, watches, legs and orders."""

from hypothesis import strategies as st

from entrepot.core.liability import Leg
from entrepot.core.messages import ZERO_ADDRESS, Order, Watch
from entrepot.core.readings import Reading

DEVICE = "0x" + "1D" * 20
SHIPMENT = bytes(range(32))
METRICS = (2, 0)
"""Of the device, in the order of its readings."""
STEP = 60
SHIPPED = 1_000
ORDER = Order(
    ZERO_ADDRESS, 10_000, ZERO_ADDRESS, ZERO_ADDRESS, 1, 2, 3, 4, 5, ZERO_ADDRESS,
    open_by=0, ship_by=10, deliver_by=20, refund_after=40, acceptance_window=0,
    arbitration_period=0, uphold_by_default=False, goods=bytes(32), salt=bytes(32),
)  # fmt: skip
values = st.integers(-6, 6)


@st.composite
def watches(draw: st.DrawFn) -> tuple[Watch, ...]:
    """Bands for the device, at least one, some of them of one metric."""
    found = draw(st.lists(st.tuples(st.sampled_from(METRICS), values, values), min_size=1))
    return tuple(Watch(DEVICE, metric, min(ends), max(ends)) for metric, *ends in found[:8])


@st.composite
def series(draw: st.DrawFn) -> list[Reading]:
    """Readings of the device, with gaps."""
    at, found = SHIPPED, []
    for gap, one, other in draw(
        st.lists(st.tuples(st.sampled_from([0, 0, 0, 1, 200]), values, values), min_size=1)
    ):
        at += gap
        found.append((at, (one, other)))
        at += STEP
    return found


@st.composite
def legs(draw: st.DrawFn) -> list[Leg]:
    """Legs of a shipment of the order's carrier, with deadlines of their own or without."""
    times = sorted(draw(st.lists(st.integers(1, 60), min_size=1, max_size=5)))
    dues = st.one_of(st.just(0), st.integers(1, 60))
    custodians = st.integers(6, 9)
    return [
        Leg(draw(custodians) if i else ORDER.carrier_id, at, draw(dues), draw(st.integers(0, 9)))
        for i, at in enumerate(times)
    ]
