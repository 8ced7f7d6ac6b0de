"""The package's reading of a shipment CSV gives the totals of an independent computation."""

import csv
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrepot.core.money import cents_of_units
from entrepot.services.shipment_csv import read_shipments
from tests.section9 import totals

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "data" / "sample_shipments.csv"
SCMS = ROOT.parent / "shared" / "data" / "scms_shipments.csv"


def package_totals(path: Path) -> dict[str, int]:
    read = read_shipments(path)
    orders = read.shipments
    return {
        "orders": len(orders),
        "rejected": len(read.rejected),
        "late": sum(order.is_late for order in orders),
        "claims": sum(order.claim_units > 0 for order in orders),
        "funded_cents": sum(order.value_cents for order in orders),
        "released_cents": sum(order.value_cents for order in orders if order.is_released),
        "refunded_cents": sum(order.value_cents for order in orders if not order.is_released),
        "claims_paid_cents": cents_of_units(sum(order.claim_units for order in orders)),
        "premiums_cents": cents_of_units(sum(order.premium_units for order in orders)),
    }


@pytest.mark.parametrize("path", [SAMPLE, SCMS], ids=lambda path: path.stem)
def test_package_and_independent_computation_agree(path: Path) -> None:
    if not path.exists():
        pytest.skip(f"{path.name} is not beside this repository")
    assert package_totals(path) == totals(path)


def test_original_form_of_a_file_reads_the_same(tmp_path: Path) -> None:
    path = tmp_path / "shipments.csv"
    path.write_bytes(b"\xef\xbb\xbf" + SAMPLE.read_bytes().replace(b"\n", b"\r"))
    assert read_shipments(path).shipments == read_shipments(SAMPLE).shipments
    assert totals(path) == totals(SAMPLE)


DAYS = st.dates(date(2014, 5, 1), date(2014, 9, 30)).map("{0.day}-{0:%b-%y}".format)
AMOUNTS = st.decimals(0, 10**7, places=4).map(str) | st.sampled_from(["", "0", "0.00", "0.005"])
ROWS = st.fixed_dictionaries(
    {
        "ID": st.integers(1, 30).map(str),
        "Country": st.just("Kenya"),
        "Vendor": st.just("Vendor"),
        "Shipment Mode": st.just("Air"),
        "Item Description": st.just("Tea"),
        "Line Item Value": AMOUNTS,
        "Line Item Insurance (USD)": AMOUNTS,
        "PO Sent to Vendor Date": st.just("N/A - From RDC"),
        "Scheduled Delivery Date": DAYS | st.sampled_from(["", "Date Not Captured", "31-Feb-14"]),
        "Delivered to Client Date": DAYS | st.sampled_from(["", "Date Not Captured", "x"]),
    }
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROWS, min_size=1, max_size=20))
def test_both_agree_on_any_rows(tmp_path: Path, rows: list[dict[str, str]]) -> None:
    path = tmp_path / "shipments.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert package_totals(path) == totals(path)


def test_readme_of_the_sample_states_its_totals() -> None:
    table = re.findall(r"^\| (\w+) \| (\d+) \|$", (ROOT / "data" / "README.md").read_text(), re.M)
    assert {name: int(value) for name, value in table} == totals(SAMPLE)


def test_sample_holds_every_kind_of_row() -> None:
    read = read_shipments(SAMPLE)
    insured = {order.late_days for order in read.shipments if order.is_insured}
    uninsured = {order.late_days for order in read.shipments if not order.is_insured}
    assert insured >= {-45, 0, 1, 3, 4, 22, 23, 24, 60, 61, 75}
    assert uninsured >= {0, 44, 60, 61, 120}
    reasons = {rejection.reason.split(" '")[0] for rejection in read.rejected}
    assert reasons >= {
        "the value is 0",
        "the value is missing",
        "the delivered date is missing",
        "the scheduled date is missing",
        "the delivered date",
        "the scheduled date",
        "duplicate ID",
    }
