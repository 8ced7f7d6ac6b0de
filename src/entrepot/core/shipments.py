"""What a record of a real shipment means: order, times, cover (docs/specification.md, Replay)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from entrepot.core.money import units_of_cents

DAY = 86_400
REFUND_DAYS = 60
SHIP_DAYS = 30
GRACE_DAYS = 3
BPS_PER_DAY = 100
CAP_BPS = 2_000

EARLIEST = date(1971, 1, 1)
"""Chains count seconds from 1970, and an order is funded up to 31 days before its dates."""
LATEST = date(2999, 12, 31)
"""Contracts keep times in 40 bits; a later year is a typing error anyway."""


@dataclass(frozen=True, slots=True)
class Shipment:
    """One row: an order, its shipment and, where a premium is paid, a policy.

    `value_cents` in cents, `premium_units` in token units (0: uninsured), `carrier` as
    `<mode> / <country>`; `ordered` is when the purchase order went to the vendor, where that is
    known. All times that follow are seconds UTC.
    """

    row_id: str
    buyer: str
    seller: str
    carrier: str
    product: str
    value_cents: int
    premium_units: int
    scheduled: date
    delivered: date
    ordered: date | None = None

    @property
    def value_units(self) -> int:
        """Price in token units."""
        return units_of_cents(self.value_cents)

    @property
    def deliver_by(self) -> int:
        """End of the scheduled day, 23:59:59."""
        return timestamp(self.scheduled, time(23, 59, 59))

    @property
    def refund_after(self) -> int:
        """60 days after `deliver_by`: not delivered by then, the money goes back."""
        return self.deliver_by + REFUND_DAYS * DAY

    @property
    def delivered_at(self) -> int:
        """Noon of the day of delivery."""
        return timestamp(self.delivered, time(12))

    @property
    def shipped_at(self) -> int:
        """Noon of the purchase order's day, else of 30 days before the earlier other date.

        A purchase order that is not dated before the delivery says nothing about the shipping.
        """
        if self.ordered is not None and EARLIEST <= self.ordered < self.delivered:
            return timestamp(self.ordered, time(12))
        day = min(self.scheduled, self.delivered) - timedelta(days=SHIP_DAYS)
        return timestamp(day, time(12))

    @property
    def funded_at(self) -> int:
        """The day before it ships, at noon."""
        return self.shipped_at - DAY

    @property
    def late_days(self) -> int:
        """Days from the scheduled to the real delivery; negative if early."""
        return (self.delivered - self.scheduled).days

    @property
    def is_late(self) -> bool:
        """Whether it came after its day."""
        return self.late_days > 0

    @property
    def is_insured(self) -> bool:
        """Whether a premium is paid."""
        return self.premium_units > 0

    @property
    def is_released(self) -> bool:
        """Whether the seller earns the price: delivered by `refund_after`, that second included."""
        return self.delivered_at <= self.refund_after

    @property
    def claim_units(self) -> int:
        """What the policy pays, in token units, exactly; 0 if uninsured.

        1 % of the value for each day late over 3, at most 20 %. At `refund_after` an undelivered
        order is 60 days late, far over the cap, so it does not matter how late it comes in the end.
        """
        if not self.is_insured:
            return 0
        bps = min(max(self.late_days - GRACE_DAYS, 0) * BPS_PER_DAY, CAP_BPS)
        return self.value_units * bps // 10_000


def timestamp(day: date, at: time) -> int:
    """Seconds UTC of a time of day."""
    return int(datetime.combine(day, at, UTC).timestamp())
