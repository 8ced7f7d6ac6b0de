"""Reading shipments: files that cannot be read, rows that are rejected, and what a row becomes."""

import csv
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrepot.core.shipments import Shipment
from entrepot.errors import InputError
from entrepot.services.shipment_csv import Mapping, ShipmentFile, read_shipments

ROW = {
    "ID": "7",
    "Country": "Côte d'Ivoire",
    "Vendor": "Société Lumière, S.A.",
    "Shipment Mode": "Air",
    "Item Description": "Tea",
    "Line Item Value": "1234.565",
    "Line Item Insurance (USD)": "1.5",
    "PO Sent to Vendor Date": "11/13/06",
    "Scheduled Delivery Date": "2-Jun-07",
    "Delivered to Client Date": "5-Jun-07",
}
SHIPMENT = Shipment(
    row_id="7",
    buyer="Côte d'Ivoire",
    seller="Société Lumière, S.A.",
    carrier="Air / Côte d'Ivoire",
    product="Tea",
    value_cents=123457,
    premium_units=1_500_000,
    scheduled=date(2007, 6, 2),
    delivered=date(2007, 6, 5),
    ordered=date(2006, 11, 13),
)
Read = Callable[..., ShipmentFile]


def as_csv(rows: list[dict[str, str]], end: str = "\n", **options: Any) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator=end, **options)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads what is given, as text or bytes, from a file."""

    def read(content: str | bytes, mapping: Mapping | None = None, **options: Any) -> ShipmentFile:
        path = tmp_path / "shipments.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_shipments(path, mapping, **options)

    return read


def rows(**changes: str) -> list[dict[str, str]]:
    return [{**ROW, **{name.replace("_", " "): text for name, text in changes.items()}}]


def test_row_becomes_a_shipment(read: Read) -> None:
    assert read(as_csv([ROW])) == ShipmentFile((SHIPMENT,), ())


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "byte-order mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_marks_and_line_ends_do_not_matter(read: Read, mark: str, end: str) -> None:
    second = {**ROW, "ID": "8", "Item Description": f"Tea,{end}two {end} lines"}
    found = read(mark + as_csv([ROW, second], end=end) + end + " " + end)
    assert [each.row_id for each in found.shipments] == ["7", "8"]
    assert found.shipments[0] == SHIPMENT
    assert found.shipments[1].product == "Tea, two lines"
    assert found.rejected == ()


def test_last_line_needs_no_end(read: Read) -> None:
    assert read(as_csv([ROW]).rstrip("\n")).shipments == (SHIPMENT,)


def test_order_of_columns_and_padding_do_not_matter(read: Read) -> None:
    padded = {f" {name}\t": f"\u00a0{text} " for name, text in reversed(ROW.items())}
    assert read(as_csv([padded])).shipments == (SHIPMENT,)


def test_case_of_column_names_does_not_matter(read: Read) -> None:
    assert read(as_csv([{name.lower(): text for name, text in ROW.items()}])).shipments == (
        SHIPMENT,
    )


def test_column_of_the_very_name_goes_before_one_in_another_case(read: Read) -> None:
    assert read(as_csv([{"id": "9", "Id": "8", **ROW}])).shipments == (SHIPMENT,)


def test_one_name_in_two_unicode_forms_is_one_participant(read: Read) -> None:
    decomposed = {**ROW, "ID": "8", "Country": "Co\u0302te  d'Ivoire"}
    assert len({each.buyer for each in read(as_csv([ROW, decomposed])).shipments}) == 1


@pytest.mark.parametrize("text", ["N/A - From RDC", "Date Not Captured", "", "n/a", "31-Feb-07"])
def test_purchase_order_without_a_date_is_none(read: Read, text: str) -> None:
    (shipment,) = read(as_csv(rows(PO_Sent_to_Vendor_Date=text))).shipments
    assert shipment.ordered is None


@pytest.mark.parametrize(
    "text", ["2-Jun-07", "02-JUN-07", "2-jun-2007", "6/2/07", "06/02/2007", "2007-06-02"]
)
def test_dates_of_the_data_set(read: Read, text: str) -> None:
    (shipment,) = read(as_csv(rows(Scheduled_Delivery_Date=text))).shipments
    assert shipment.scheduled == date(2007, 6, 2)


@pytest.mark.parametrize(
    ("text", "units"),
    [("", 0), ("0", 0), ("0.00", 0), ("N/A", 0), ("0.000001", 1), ("12.3456785", 12_345_679)],
)
def test_premium_is_exact_to_the_tokens_unit(read: Read, text: str, units: int) -> None:
    row = {**ROW, "Line Item Insurance (USD)": text}
    (shipment,) = read(as_csv([row])).shipments
    assert (shipment.premium_units, shipment.is_insured) == (units, units > 0)


def test_shipment_mode_may_be_unknown(read: Read) -> None:
    (shipment,) = read(as_csv(rows(Shipment_Mode="N/A"))).shipments
    assert shipment.carrier == "N/A / Côte d'Ivoire"


@pytest.mark.parametrize(
    ("column", "text", "reason"),
    [
        ("ID", "", "the ID is missing"),
        ("ID", "N/A", "the ID is missing"),
        ("Country", " ", "the buyer is missing"),
        ("Vendor", "", "the seller is missing"),
        ("Line Item Value", "0", "the value is 0"),
        ("Line Item Value", "0.00", "the value is 0"),
        ("Line Item Value", "0.0049", "the value is 0"),
        ("Line Item Value", "", "the value is missing"),
        ("Line Item Value", "-1", "the value is negative"),
        ("Line Item Value", "1,234", "the value '1,234' is unreadable"),
        ("Line Item Value", "nan", "the value 'nan' is unreadable"),
        ("Line Item Value", "9" * 60, f"the value '{'9' * 40}' is unreadable"),
        ("Line Item Insurance (USD)", "-1", "the insurance is negative"),
        ("Line Item Insurance (USD)", "see 7", "the insurance 'see 7' is unreadable"),
        ("Scheduled Delivery Date", "", "the scheduled date is missing"),
        ("Scheduled Delivery Date", "soon", "the scheduled date 'soon' is unreadable"),
        ("Delivered to Client Date", "Date Not Captured", "the delivered date is missing"),
        ("Delivered to Client Date", "31-Feb-15", "the delivered date '31-Feb-15' is unreadable"),
        (
            "Delivered to Client Date",
            "1970-12-31",
            "the delivered date 1970-12-31 is not between 1971-01-01 and 2999-12-31",
        ),
    ],
)
def test_bad_row_is_rejected_with_its_reason(
    read: Read, column: str, text: str, reason: str
) -> None:
    found = read(as_csv([{**ROW, column: text}, {**ROW, "ID": "8"}]))
    assert [(each.line, each.reason) for each in found.rejected] == [(2, reason)]
    assert found.rejected[0].row_id == ("" if column == "ID" else "7")
    assert [each.row_id for each in found.shipments] == ["8"]


def test_of_rows_with_one_id_the_first_counts(read: Read) -> None:
    bad = {**ROW, "ID": "8", "Line Item Value": "0"}
    found = read(as_csv([ROW, bad, {**ROW, "Country": "Kenya"}, {**ROW, "ID": " 8 "}]))
    assert found.shipments == (SHIPMENT,)
    assert [(each.line, each.row_id, each.reason) for each in found.rejected] == [
        (3, "8", "the value is 0"),
        (4, "7", "duplicate ID"),
        (5, "8", "duplicate ID"),
    ]


def test_alike_rows_with_other_ids_are_other_orders(read: Read) -> None:
    found = read(as_csv([ROW, {**ROW, "ID": "07"}, {**ROW, "ID": "7.0"}]))
    assert [each.row_id for each in found.shipments] == ["7", "07", "7.0"]


def test_rows_of_other_lengths_are_rejected(read: Read) -> None:
    text = as_csv([ROW, {**ROW, "ID": "8"}, {**ROW, "ID": "9"}])
    header, first, second, third = text.splitlines()
    found = read("\n".join([header, first + ",", second.rpartition(",")[0], "", third]))
    assert [(each.line, each.reason) for each in found.rejected] == [
        (2, "11 cells where the header has 10"),
        (3, "9 cells where the header has 10"),
    ]
    assert [each.row_id for each in found.shipments] == ["9"]


def test_open_quote_is_told_with_the_lines_it_swallows(read: Read) -> None:
    lines = as_csv([ROW, {**ROW, "ID": "8"}, {**ROW, "ID": "9"}]).splitlines()
    lines[2] = lines[2].replace("Tea", '"Tea')
    found = read("\n".join(lines))
    assert [each.row_id for each in found.shipments] == ["7"]
    (rejection,) = found.rejected
    assert rejection.line == 3
    assert rejection.reason.endswith("; lines 3 to 4, perhaps an open quote")


@pytest.mark.parametrize(("limit", "ids"), [(1, ["7"]), (2, ["7"]), (9, ["7", "9"])])
def test_limit_counts_rejected_rows(read: Read, limit: int, ids: list[str]) -> None:
    text = as_csv([ROW, {**ROW, "ID": "8", "Line Item Value": "0"}, {**ROW, "ID": "9"}])
    found = read(text, limit=limit)
    assert [each.row_id for each in found.shipments] == ids
    assert len(found.rejected) == min(limit, 3) - len(ids)


@pytest.mark.parametrize("limit", [0, -1])
def test_limit_raises_when_it_is_no_number_of_rows(read: Read, limit: int) -> None:
    with pytest.raises(InputError, match=f"must be at least 1 row, not {limit}"):
        read(as_csv([ROW]), limit=limit)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "is empty: a header and at least one row are needed."),
        ("\ufeff\n\n", "is empty: a header and at least one row are needed."),
        (as_csv([ROW]).splitlines()[0], "has a header but no rows: there is nothing to read."),
        ("a,b\n1,2\n", "lacks the columns 'ID', 'Country', 'Vendor', "),
        (as_csv([ROW]).replace("Vendor,", "Seller,"), "lacks the column 'Vendor': describe"),
        (
            as_csv([ROW], delimiter=";"),
            "its header is one cell, so ',' may not be its delimiter: describe its layout",
        ),
        (
            as_csv([{**ROW, " Country ": "Kenya"}]),
            "has more than one column 'Country': rename all but one.",
        ),
        (
            as_csv([{"id": "7", "Id": "8", **ROW}]).replace("ID", "iD"),
            "has more than one column 'ID': rename all but one.",
        ),
        (as_csv([ROW]).encode("latin-1"), "is not UTF-8 text: save it as UTF-8, or name its"),
        (as_csv([ROW]).encode("utf-16"), "is not UTF-8 text: save it as UTF-8, or name its"),
        (as_csv([ROW]).replace("ô", "o").replace("é", "e").replace("è", "e").encode("utf-16-le"),
            "is not a CSV in UTF-8: its header holds NUL bytes, as UTF-16 does; save it as UTF-8"),
        (
            as_csv([ROW]) + '"' + "x" * 200_000,
            "cannot be read as CSV: field larger than field limit (131072); is a quote left open?",
        ),
        (b"\x89PNG\r\n\x1a\n\0\0\xff", "is not UTF-8 text"),
        (b"PK\x03\x04\0\0xl", "its header holds NUL bytes"),
    ],
)  # fmt: skip
def test_file_that_cannot_be_read_is_told(read: Read, content: str | bytes, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        read(content)
    assert sentence in str(caught.value)
    assert "shipments.csv" in str(caught.value)
    assert caught.value.exit_code == 2


def test_path_that_is_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no\.csv: no such file or directory; give the path of"):
        read_shipments(tmp_path / "no.csv")
    with pytest.raises(InputError, match="is a directory; give the path of a CSV file"):
        read_shipments(tmp_path)


def test_bad_bytes_far_into_a_file_are_told(read: Read) -> None:
    text = as_csv([{**ROW, "ID": str(i)} for i in range(2_000)]).encode()
    with pytest.raises(InputError, match="is not UTF-8 text"):
        read(text + b"\xff")


cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.fixed_dictionaries({name: st.just(text) | cells for name, text in ROW.items()})))
def test_every_row_is_a_shipment_or_a_rejection(read: Read, drawn: list[dict[str, str]]) -> None:
    found = read(as_csv([*drawn, {**ROW, "ID": "last"}], quoting=csv.QUOTE_ALL))
    assert len(found.shipments) + len(found.rejected) == len(drawn) + 1
    ids = [each.row_id for each in found.shipments]
    assert len(ids) == len(set(ids))
    for each in found.shipments:
        assert each.value_cents > 0 <= each.premium_units
        assert each.row_id
        assert each.buyer
        assert each.seller
