"""Deliveries as a forecast knows them, from a chain's books or a record of real shipments.

What is known when matters more here than anywhere else: a forecast that is tested on what it could
not have known is worth nothing. Therefore

- a voyage is decided on at a time that does not follow from its outcome;
- its outcome counts from its deadline on, also where the goods came earlier: on-time deliveries
  would else be known sooner than late ones and make everybody look better than they are.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from entrepot.core.shipments import DAY, EARLIEST, SHIP_DAYS, Shipment, timestamp
from entrepot.services.books.entries import OrderEntry

Party = int | str
"""A participant by id, or by name where a file has no ids."""


@dataclass(frozen=True, slots=True)
class Voyage:
    """An order on its way, or one that was; times in seconds UTC.

    `decided_at`: when a forecast is asked for. `arrived_at`: delivered or tendered; None where it
    has not been. `ended_at`: when the order ended without an arrival; None where it did not.
    `amount` in the smallest unit of whatever it is paid in.
    """

    id: str
    seller: Party
    buyer: Party
    carrier: Party
    decided_at: int
    deliver_by: int
    amount: int
    is_insured: bool
    arrived_at: int | None = None
    ended_at: int | None = None

    @property
    def is_late(self) -> bool:
        """Whether it was not there at the end of its deadline; means something only after it."""
        return self.arrived_at is None or self.arrived_at > self.deliver_by

    @property
    def is_void(self) -> bool:
        """Whether it was called off before its deadline: it is then neither late nor in time."""
        has_arrived = self.arrived_at is not None and self.arrived_at <= self.deliver_by
        return self.ended_at is not None and self.ended_at <= self.deliver_by and not has_arrived

    @property
    def is_forecast(self) -> bool:
        """Whether there was anything to forecast: it had not arrived when it was decided on."""
        return self.arrived_at is None or self.arrived_at > self.decided_at

    @property
    def month(self) -> int:
        """Month of the deadline, UTC, from 1."""
        return datetime.fromtimestamp(self.deliver_by, UTC).month


def of_order(number: str, entry: OrderEntry, is_insured: bool) -> Voyage:
    """The voyage of an order; asked about when it was opened."""
    order = entry.order
    arrived = entry.shipment.arrived_at if entry.shipment and entry.shipment.facts else 0
    return Voyage(
        id=number,
        seller=order.seller_id,
        buyer=order.buyer_id or order.buyer,
        carrier=order.carrier_id,
        decided_at=entry.opened_at,
        deliver_by=order.deliver_by,
        amount=order.amount,
        is_insured=is_insured,
        arrived_at=arrived or None,
        ended_at=entry.ended_at or None if not arrived else None,
    )


def of_shipment(shipment: Shipment) -> Voyage:
    """The voyage of a row; asked about the day before its purchase order, else before the day that
    is 30 days before its deadline.

    That is not `funded_at`, which follows from the day of delivery where no purchase order is
    dated: whoever knew it would know which rows came early.
    """
    ordered, scheduled = shipment.ordered, shipment.scheduled
    is_dated = ordered is not None and EARLIEST <= ordered < scheduled
    day = ordered if ordered is not None and is_dated else scheduled - timedelta(days=SHIP_DAYS)
    return Voyage(
        id=shipment.row_id,
        seller=shipment.seller,
        buyer=shipment.buyer,
        carrier=shipment.carrier,
        decided_at=timestamp(day, time(12)) - DAY,
        deliver_by=shipment.deliver_by,
        amount=shipment.value_units,
        is_insured=shipment.is_insured,
        arrived_at=shipment.delivered_at,
    )


def by_deadline(voyages: Iterable[Voyage]) -> list[Voyage]:
    """Voyages in the order in which their outcomes come to count."""
    return sorted(voyages, key=lambda each: (each.deliver_by, each.id))
