"""What a record of a shipment means: dates and payouts worked out by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.core.shipments import EARLIEST, LATEST, Shipment

SHIPMENT = Shipment(
    row_id="1",
    buyer="Kenya",
    seller="Vendor",
    carrier="Air / Kenya",
    product="Tea",
    value_cents=123457,
    premium_units=1,
    scheduled=date(2014, 6, 30),
    delivered=date(2014, 6, 30),
)


def seconds(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp())


def late(days: int, **changes: object) -> Shipment:
    return replace(SHIPMENT, delivered=SHIPMENT.scheduled + timedelta(days=days), **changes)


def test_deadlines() -> None:
    assert SHIPMENT.deliver_by == seconds(2014, 6, 30, 23, 59, 59)
    assert SHIPMENT.refund_after == seconds(2014, 8, 29, 23, 59, 59)
    assert SHIPMENT.delivered_at == seconds(2014, 6, 30, 12)


@pytest.mark.parametrize(
    ("ordered", "days", "shipped"),
    [
        (date(2014, 5, 1), 0, date(2014, 5, 1)),
        (date(2014, 6, 29), 0, date(2014, 6, 29)),
        (date(2014, 6, 30), 0, date(2014, 5, 31)),
        (date(2014, 7, 9), 0, date(2014, 5, 31)),
        (None, 0, date(2014, 5, 31)),
        (None, 10, date(2014, 5, 31)),
        (None, -10, date(2014, 5, 21)),
        (date(2014, 7, 5), 10, date(2014, 7, 5)),
        (date(1970, 12, 31), 0, date(2014, 5, 31)),
        (date(1971, 1, 1), 0, date(1971, 1, 1)),
    ],
)
def test_shipping_date(ordered: date | None, days: int, shipped: date) -> None:
    shipment = late(days, ordered=ordered)
    assert shipment.shipped_at == seconds(shipped.year, shipped.month, shipped.day, 12)
    assert shipment.funded_at == shipment.shipped_at - 86_400


days = st.dates(EARLIEST, LATEST)


@given(days, days, st.none() | st.dates())
def test_times_are_in_order(scheduled: date, delivered: date, ordered: date | None) -> None:
    shipment = replace(SHIPMENT, scheduled=scheduled, delivered=delivered, ordered=ordered)
    assert 0 < shipment.funded_at < shipment.shipped_at < shipment.delivered_at < 2**40
    assert shipment.shipped_at < shipment.refund_after < 2**40


@pytest.mark.parametrize(
    ("days", "is_late", "is_released", "claim_units"),
    [
        (-45, False, True, 0),
        (0, False, True, 0),
        (1, True, True, 0),
        (3, True, True, 0),
        (4, True, True, 12_345_700),
        (5, True, True, 24_691_400),
        (22, True, True, 234_568_300),
        (23, True, True, 246_914_000),
        (24, True, True, 246_914_000),
        (60, True, True, 246_914_000),
        (61, True, False, 246_914_000),
        (500, True, False, 246_914_000),
    ],
)
def test_outcome_by_days_late(
    days: int, is_late: bool, is_released: bool, claim_units: int
) -> None:
    shipment = late(days)
    assert shipment.late_days == days
    assert shipment.is_late is is_late
    assert shipment.is_released is is_released
    assert shipment.claim_units == claim_units


def test_uninsured_shipment_claims_nothing() -> None:
    shipment = late(30, premium_units=0)
    assert not shipment.is_insured
    assert shipment.claim_units == 0
    assert shipment.is_late
