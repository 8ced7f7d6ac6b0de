"""What a record of a real shipment means: its order, its times, its cover."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from entrepot.core.money import units_of_cents

DAY = 86_400
REFUND_DAYS = 60
SHIP_DAYS = 30
GRACE_DAYS = 3
BPS_PER_DAY = 100
CAP_BPS = 2_000


@dataclass(frozen=True, slots=True)
class Shipment:
    """One row: an order, its shipment and, where a premium is paid, a policy.

    `value_cents` in cents, `premium_units` in token units (0: uninsured); `ordered` is when the purchase order went to
    the vendor, where that is known.
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
        """End of the scheduled day, seconds UTC."""
        return timestamp(self.scheduled, time(23, 59, 59))

    @property
    def refund_after(self) -> int:
        """Not delivered by then, the money goes back."""
        return self.deliver_by + REFUND_DAYS * DAY

    @property
    def delivered_at(self) -> int:
        """Noon of the day of delivery."""
        return timestamp(self.delivered, time(12))

    @property
    def shipped_at(self) -> int:
        """Noon of the order's day if that is before delivery, else 30 days before the earlier of the two dates."""
        if self.ordered is not None and self.ordered < self.delivered:
            return timestamp(self.ordered, time(12))
        day = min(self.scheduled, self.delivered) - timedelta(days=SHIP_DAYS)
        return timestamp(day, time(12))

    @property
    def funded_at(self) -> int:
        """The day before it ships."""
        return self.shipped_at - DAY

    @property
    def late_days(self) -> int:
        """Days between the scheduled and the real delivery; negative if early."""
        return (self.delivered - self.scheduled).days

    @property
    def is_insured(self) -> bool:
        """Whether a premium is paid."""
        return self.premium_units > 0

    @property
    def is_released(self) -> bool:
        """Whether the seller earns the price: delivered by refund-after."""
        return self.delivered_at <= self.refund_after

    @property
    def claim_units(self) -> int:
        """What the policy pays, in token units; 0 if uninsured."""
        if not self.is_insured:
            return 0
        late = min(self.late_days, REFUND_DAYS)
        bps = min(max(late - GRACE_DAYS, 0) * BPS_PER_DAY, CAP_BPS)
        return self.value_units * bps // 10_000


def timestamp(day: date, at: time) -> int:
    """Seconds UTC of a time of day."""
    return int(datetime.combine(day, at, UTC).timestamp())
