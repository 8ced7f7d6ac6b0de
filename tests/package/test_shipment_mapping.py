"""Files of other layouts: each key of a mapping, each mistake in one, rows of public data sets."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrepot.core.shipments import Shipment
from entrepot.errors import InputError
from entrepot.services.shipment_csv import (
    SCMS,
    Mapping,
    ShipmentFile,
    load_mapping,
    read_shipments,
)

LEAST: dict[str, Any] = {
    "id": "id",
    "buyer": "buyer",
    "seller": "seller",
    "value": "value",
    "scheduled": "due",
    "delivered": "came",
}
CELLS = {
    "id": "1",
    "buyer": "Kenya",
    "seller": "Vendor",
    "value": "10.00",
    "due": "2020-01-31",
    "came": "2020-02-01",
}


def read_text(folder: Path, text: str | bytes, keys: dict[str, Any]) -> ShipmentFile:
    path = folder / "shipments.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_shipments(path, Mapping.model_validate(keys))


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """Reads a row whose cells and mapping differ from the least: the shipment, or else why not."""

    def read(keys: dict[str, Any], **cells: str) -> Shipment | str:
        row = {**CELLS, **{name.replace("_", " "): text for name, text in cells.items()}}
        text = "\n".join("\t".join(line) for line in (row.keys(), row.values()))
        found = read_text(tmp_path, text, {**LEAST, "delimiter": "tab", **keys})
        return found.shipments[0] if found.shipments else found.rejected[0].reason

    return read


def test_least_mapping(read: Any) -> None:
    assert read({}) == Shipment(
        row_id="1",
        buyer="Kenya",
        seller="Vendor",
        carrier="N/A / Kenya",
        product="",
        value_cents=1000,
        premium_units=0,
        scheduled=date(2020, 1, 31),
        delivered=date(2020, 2, 1),
        ordered=None,
    )


@pytest.mark.parametrize(
    ("key", "short", "long"),
    [
        ("id", "id", ["id"]),
        ("empty", "N/A", ["n/a"]),
        ("buyer", "b", {"column": "b"}),
        ("buyer", "b", {"columns": ["b"]}),
        ("buyer", ["a", "b"], {"columns": ["a", "b"]}),
        ("value", "v", {"column": "v", "factor": "1"}),
        ("value", {"column": "v", "discount": "d"},
            {"column": "v", "discount": {"column": "d", "unit": "amount"}}),
        ("delivered", "d", {"column": "d", "formats": ["iso"]}),
        ("delivered", {"column": "d", "format": "%Y%m%d"}, {"column": "d", "formats": ["%Y%m%d"]}),
        ("delivered", {"after": "scheduled", "days": "n"},
            {"after": "scheduled", "days": {"column": "n"}}),
        ("delimiter", "tab", "\t"),
        ("delimiter", "\\t", "\t"),
        ("encoding", "UTF8", "utf-8"),
        ("encoding", "Latin1", "iso-8859-1"),
    ],
)  # fmt: skip
def test_short_forms_mean_the_long_ones(key: str, short: Any, long: Any) -> None:
    assert Mapping.model_validate({**LEAST, key: short}) == Mapping.model_validate(
        {**LEAST, key: long}
    )


@pytest.mark.parametrize(
    ("keys", "cells", "row_id"),
    [
        ({"id": ["id", "item"]}, {"item": "2"}, "1/2"),
        ({"id": ["id", "item"]}, {"id": "1/2", "item": "3"}, "1\\/2/3"),
        ({"id": ["id", "item"]}, {"id": "1", "item": "2/3"}, "1/2\\/3"),
    ],
)
def test_id_of_several_columns(read: Any, keys: Any, cells: Any, row_id: str) -> None:
    assert read(keys, **cells).row_id == row_id
    assert read(keys, **{**cells, "item": ""}) == "the ID is missing"


@pytest.mark.parametrize(
    ("keys", "cells", "names"),
    [
        ({"buyer": ["buyer", "city"]}, {"city": "Nairobi"}, ("Kenya Nairobi", "Vendor")),
        ({"buyer": ["buyer", "city"]}, {"city": ""}, ("Kenya", "Vendor")),
        ({"seller": {"constant": "One  shop"}}, {}, ("Kenya", "One shop")),
    ],
)
def test_names(read: Any, keys: Any, cells: Any, names: tuple[str, str]) -> None:
    found = read(keys, **cells)
    assert (found.buyer, found.seller) == names


def test_carrier_is_mode_within_country(read: Any) -> None:
    keys = {"mode": "mode", "country": "to", "product": "what"}
    found = read(keys, mode="Sea", to="Uganda", what="Tea")
    assert (found.carrier, found.product) == ("Sea / Uganda", "Tea")
    assert read({"mode": {"constant": "Rail"}}).carrier == "Rail / Kenya"
    assert read(keys, mode="", to="", what="").carrier == "N/A / N/A"


@pytest.mark.parametrize(
    ("value", "keys", "cells", "cents"),
    [
        ({"factor": "1000"}, {}, {"value": "1.5"}, 150_000),
        ({"factor": "0.01"}, {}, {"value": "12345"}, 12_345),
        ({"factor": "1.08"}, {}, {"value": "1.25"}, 135),
        ({"discount": "off"}, {}, {"off": "2.5"}, 750),
        ({"discount": "off"}, {}, {"off": ""}, 1_000),
        ({"discount": "off"}, {"empty": ["-"]}, {"off": " - "}, 1_000),
        ({"discount": "off", "factor": "2"}, {}, {"off": "2.5"}, 1_500),
        ({"discount": {"column": "off", "unit": "fraction"}}, {}, {"off": "0.25"}, 750),
        ({"discount": {"column": "off", "unit": "fraction"}}, {}, {"off": "0.00049"}, 1_000),
        ({"discount": {"column": "off", "unit": "percent"}}, {}, {"off": "25"}, 750),
        ({"discount": {"column": "off", "unit": "percent"}}, {}, {"off": "12.5 %"}, 875),
        ({"discount": {"column": "off", "unit": "percent"}}, {}, {"off": "%"}, 1_000),
        ({}, {"decimal": ","}, {"value": "1234,565"}, 123_457),
        ({}, {"decimal": ",", "thousands": "."}, {"value": "1.234.567,89"}, 123_456_789),
        ({}, {"thousands": ","}, {"value": "1,234,567.89"}, 123_456_789),
        ({}, {"thousands": ","}, {"value": "1234567.8"}, 123_456_780),
        ({}, {"thousands": " ", "decimal": ","}, {"value": "1\u202f234 567,8"}, 123_456_780),
        ({}, {"thousands": "'"}, {"value": "1'234"}, 123_400),
    ],
)  # fmt: skip
def test_values(read: Any, value: Any, keys: Any, cells: Any, cents: int) -> None:
    assert read({"value": {"column": "value", **value}, **keys}, **cells).value_cents == cents


@pytest.mark.parametrize(
    ("value", "keys", "cells", "reason"),
    [
        ({"discount": "off"}, {}, {"off": "10"}, "the value is 0"),
        ({"discount": "off"}, {}, {"off": "10.01"},
            "the value discount '10.01' is more than the value"),
        ({"discount": "off"}, {}, {"off": "-1"}, "the value discount is negative"),
        ({"discount": "off"}, {}, {"off": "x"}, "the value discount 'x' is unreadable"),
        ({"discount": {"column": "off", "unit": "fraction"}}, {}, {"off": "25"},
            "the value discount '25' is more than the value"),
        ({"discount": {"column": "off", "unit": "percent"}}, {}, {"off": "101%"},
            "the value discount '101' is more than the value"),
        ({}, {"decimal": ","}, {"value": "1.5"}, "the value '1.5' is unreadable"),
        ({}, {"thousands": ","}, {"value": "1,5"}, "the value '1,5' is unreadable"),
        ({}, {"thousands": ","}, {"value": ",500"}, "the value ',500' is unreadable"),
        ({}, {"thousands": ","}, {"value": "1.5,000"}, "the value '1.5,000' is unreadable"),
        ({}, {"decimal": ",", "thousands": "."}, {"value": "1.5"},
            "the value '1.5' is unreadable"),
    ],
)  # fmt: skip
def test_bad_values(read: Any, value: Any, keys: Any, cells: Any, reason: str) -> None:
    assert read({"value": {"column": "value", **value}, **keys}, **cells) == reason


def test_constants_are_spelt_as_in_yaml_whatever_the_marks_of_the_file(read: Any) -> None:
    found = read({"decimal": ",", "insurance": {"constant": "2.5"}}, value="1,5")
    assert (found.value_cents, found.premium_units) == (150, 2_500_000)


def test_premium_as_a_share_of_the_value(read: Any) -> None:
    insurance = {"column": "value", "factor": "0.01"}
    assert read({"insurance": insurance}).premium_units == 100_000


@pytest.mark.parametrize(
    ("day", "cells", "expected"),
    [
        ({"column": "came", "format": "%d.%m.%Y"}, {"came": "1.2.2020"}, date(2020, 2, 1)),
        ({"column": "came", "formats": ["%m/%d/%Y", "%d.%m.%Y"]}, {"came": "01.02.2020"},
            date(2020, 2, 1)),
        ({"column": "came", "format": "%m/%d/%Y %H:%M"}, {"came": "1/31/2018 22:56"},
            date(2018, 1, 31)),
        ({"column": "came", "format": "%d %B %Y"}, {"came": "1 March 2020"}, date(2020, 3, 1)),
        ("came", {"came": "2017-10-10 21:25:13"}, date(2017, 10, 10)),
        ("came", {"came": "2017-10-10T23:30:00-05:00"}, date(2017, 10, 11)),
        ("came", {"came": "2017-10-10T21:25:13.000Z"}, date(2017, 10, 10)),
        ("came", {"came": "20171010"}, date(2017, 10, 10)),
        ({"year": "y", "month": "m", "day": "d"}, {"y": "2016", "m": " 2", "d": "29.0"},
            date(2016, 2, 29)),
        ({"year": "y", "month": "m", "day": "d"}, {"y": "2016", "m": "September", "d": "1"},
            date(2016, 9, 1)),
        ({"year": "y", "month": "m", "day": {"constant": "1"}}, {"y": "2016", "m": "feb"},
            date(2016, 2, 1)),
        ({"after": "scheduled", "days": "n"}, {"n": "3"}, date(2020, 2, 3)),
        ({"after": "scheduled", "days": "n"}, {"n": "-31.0"}, date(2019, 12, 31)),
        ({"after": "scheduled", "days": {"constant": "0"}}, {}, date(2020, 1, 31)),
        ({"constant": "2020-03-01"}, {}, date(2020, 3, 1)),
        ({"constant": "1.3.2020", "format": "%d.%m.%Y"}, {}, date(2020, 3, 1)),
    ],
)  # fmt: skip
def test_dates(read: Any, day: Any, cells: Any, expected: date) -> None:
    assert read({"delivered": day}, **cells).delivered == expected


@pytest.mark.parametrize(
    ("day", "cells", "reason"),
    [
        ({"column": "came", "format": "%d.%m.%Y"}, {"came": "1/2/2020"},
            "the delivered date '1/2/2020' is unreadable"),
        ({"year": "y", "month": "m", "day": "d"}, {"y": "2015", "m": "2", "d": "29"},
            "the delivered date (2015, 2, 29) is unreadable"),
        ({"year": "y", "month": "m", "day": "d"}, {"y": "2015", "m": "", "d": "29"},
            "the delivered date (2015, , 29) is unreadable"),
        ({"year": "y", "month": "m", "day": "d"}, {"y": "", "m": "", "d": ""},
            "the delivered date is missing"),
        ({"after": "scheduled", "days": "n"}, {"n": ""}, "the delivered date is missing"),
        ({"after": "scheduled", "days": "n"}, {"n": "1.5"},
            "the delivered days '1.5' is unreadable"),
        ({"after": "scheduled", "days": "n"}, {"n": "999999999"},
            "the delivered date is out of range"),
        ({"after": "scheduled", "days": "n"}, {"n": "9" * 19},
            "the delivered date is out of range"),
        ({"after": "scheduled", "days": "n"}, {"n": "3", "due": ""},
            "the scheduled date is missing"),
    ],
)  # fmt: skip
def test_bad_dates(read: Any, day: Any, cells: Any, reason: str) -> None:
    assert read({"delivered": day}, **cells) == reason


def test_dates_may_follow_each_other(read: Any) -> None:
    found = read(
        {
            "ordered": {"column": "o", "format": "%m/%d/%Y"},
            "scheduled": {"after": "ordered", "days": "plan"},
            "delivered": {"after": "scheduled", "days": "delay"},
        },
        o="12/30/2019",
        plan="4",
        delay="10",
    )
    assert (found.ordered, found.scheduled) == (date(2019, 12, 30), date(2020, 1, 3))
    assert found.delivered == date(2020, 1, 13)


@pytest.mark.parametrize("text", ["", "n/a", "NULL", " Nan ", "-"])
def test_empty_spellings_count_in_any_case(read: Any, text: str) -> None:
    keys = {"empty": ["N/A", "null", "NaN", "-"], "insurance": "fee", "mode": "mode"}
    assert read(keys, value=text, fee="1", mode="Air") == "the value is missing"
    assert read(keys, fee=text, mode=text).premium_units == 0
    assert read(keys, fee=text, mode=text).carrier == "N/A / Kenya"
    assert read(keys, buyer=text, fee="", mode="") == "the buyer is missing"
    assert read(keys, came=text, fee="", mode="") == "the delivered date is missing"


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-16-le", "mac-roman"])
def test_other_encodings(tmp_path: Path, encoding: str) -> None:
    text = "\n".join(";".join(line) for line in (CELLS.keys(), CELLS.values()))
    data = text.replace("Kenya", "Côte d'Ivoire").encode(encoding)
    keys = {**LEAST, "encoding": encoding, "delimiter": ";"}
    (found,) = read_text(tmp_path, data, keys).shipments
    assert found.buyer == "Côte d'Ivoire"


@pytest.mark.parametrize("name", ["utf-8", "UTF8", "utf-8-sig"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_byte_order_mark_does_not_matter(tmp_path: Path, name: str, mark: str) -> None:
    text = mark + "\n".join(",".join(line) for line in (CELLS.keys(), CELLS.values()))
    assert read_text(tmp_path, text, {**LEAST, "encoding": name}).rejected == ()


def test_file_in_another_encoding_than_the_mapping_says_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not ASCII text: save it as ASCII, or name its"):
        read_text(tmp_path, "id,Vend\u00f6r", {**LEAST, "encoding": "ascii"})


@pytest.mark.parametrize(
    ("yaml", "sentence"),
    [
        ("", "must be keys with values, such as `id: ID`."),
        ("- id", "must be keys with values, such as `id: ID`."),
        ("id: [", ", line 1 is not YAML: "),
        ("id: a\nbuyer: @", ", line 2 is not YAML: "),
        ("id: a\nid: b", ", line 2 is not YAML: 'id' stands twice"),
        ("id: \0", "is not YAML: "),
        ("buyer: b", "is wrong: the key `id` is missing."),
        ("buyers: b", "there is no key `buyers`; docs/mapping.md lists them."),
        ("value: {column: v, rate: 2}", "there is no key `value.rate`; docs/mapping.md lists"),
        ("id: []", "`id`: "),
        ("id: ' '", "`id.0`: a column name must not be empty."),
        ("buyer: {}", "`buyer`: give either a column (or a list of them) or `constant: …`."),
        ("buyer: {column: b, constant: c}", "`buyer`: give either a column"),
        ("buyer:", "`buyer.columns.0`: a column name must not be empty."),
        ("value: [v]", "`value`: a column name or keys with values are expected."),
        ("insurance: {constant: }", "`insurance.constant`: '' is not a number."),
        ("value: {}", "`value`: give either `column: …` or `constant: …`."),
        ("value: {constant: x}", "`value.constant`: 'x' is not a number."),
        ("value: {constant: -1}", "`value.constant`: an amount must not be negative."),
        ("value: {column: v, factor: 0}", "`value.factor`: input should be greater than 0."),
        ("value: {column: v, factor: x}", "`value.factor`: "),
        ("value: {column: v, discount: {column: d, unit: euro}}",
            "`value.discount.unit`: input should be 'amount', 'fraction' or 'percent'."),
        ("value: {column: v, discount: {unit: percent}}",
            "the key `value.discount.column` is missing."),
        ("scheduled: {}", "`scheduled`: give exactly one of `column`, `constant`, `year` with"),
        ("scheduled: {column: s, constant: 2020-01-01}", "`scheduled`: give exactly one of"),
        ("scheduled: {year: y}", "`scheduled`: `year`, `month` and `day` belong together"),
        ("scheduled: {after: ordered}", "`after` and `days`."),
        ("scheduled: {column: s, format: a, formats: [b]}",
            "`scheduled`: give `format` or `formats`, not both."),
        ("scheduled: {column: s, format: '%d %b'}",
            "'%d %b' does not name a year, a month and a day."),
        ("scheduled: {column: s, format: '%Q'}", "'%Q' is not a date format."),
        ("scheduled: {column: s, formats: []}", "`scheduled.formats`: "),
        ("scheduled: {after: ordered, days: d, format: iso}", "a format belongs to a `column`"),
        ("scheduled: {constant: someday}", "`scheduled`: 'someday' is not a date in its format."),
        ("scheduled: {after: shipped, days: d}",
            "`scheduled` is after 'shipped', which is none of ordered, scheduled, delivered."),
        ("scheduled: {after: ordered, days: d}",
            "`scheduled` is after `ordered`, which is not given."),
        ("scheduled: {after: scheduled, days: d}", "`scheduled` is defined by itself."),
        ("scheduled: {after: delivered, days: d}\ndelivered: {after: scheduled, days: d}",
            "is wrong: `scheduled` is defined by itself."),
        ("ordered: {after: scheduled, days: d}\nscheduled: {after: delivered, days: d}\n"
            "delivered: {after: scheduled, days: d}", "`scheduled` is defined by itself."),
        ("encoding: klingon", "`encoding`: 'klingon' is not an encoding that Python knows."),
        ("encoding: hex", "`encoding`: 'hex' is not an encoding that Python knows."),
        ("delimiter: ';;'", "`delimiter`: the delimiter is one character, or `tab`."),
        ("delimiter: '\"'", "`delimiter`: the delimiter is one character, or `tab`."),
        ("decimal: ';'", "`decimal`: input should be '.' or ','."),
        ("thousands: '.'", "`decimal` and `thousands` must be different marks."),
        ("decimal: ','\nthousands: ','", "`decimal` and `thousands` must be different marks."),
    ],
)  # fmt: skip
def test_mistake_in_a_mapping_is_told(tmp_path: Path, yaml: str, sentence: str) -> None:
    path = tmp_path / "mapping.yaml"
    given_keys = {line.partition(":")[0] for line in yaml.splitlines()}
    rest = [f"{key}: {column}" for key, column in LEAST.items() if key not in given_keys]
    whole = ("is not YAML", "must be keys", "`id` is missing")
    path.write_text(yaml if any(part in sentence for part in whole) else "\n".join([yaml, *rest]))
    with pytest.raises(InputError) as caught:
        load_mapping(path)
    assert sentence in str(caught.value)
    assert f"The mapping {path}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_mapping_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no\.yaml: no such file or directory\.$"):
        load_mapping(tmp_path / "no.yaml")
    (tmp_path / "latin.yaml").write_bytes("id: Zo\xeb".encode("latin-1"))
    with pytest.raises(InputError, match=r"latin\.yaml is not UTF-8 text: save it as UTF-8\.$"):
        load_mapping(tmp_path / "latin.yaml")


def test_mapping_is_read_from_yaml(tmp_path: Path) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text("\ufeff" + "\n".join(f"{key}: {column}" for key, column in LEAST.items()))
    assert load_mapping(path) == Mapping.model_validate(LEAST)


def test_scalars_of_yaml_are_texts(tmp_path: Path) -> None:
    path = tmp_path / "mapping.yaml"
    keys = {**LEAST, "id": "7", "seller": "{constant: on}", "delivered": "{constant: 2020-01-02}"}
    path.write_text("\n".join(f"{key}: {spelling}" for key, spelling in keys.items()))
    found = load_mapping(path)
    assert (found.id, found.seller.constant) == (("7",), "on")
    assert found.delivered.constant == "2020-01-02"


def test_default_layout_needs_only_the_columns_it_reads() -> None:
    assert SCMS.required() == [
        "ID",
        "Country",
        "Vendor",
        "Shipment Mode",
        "Item Description",
        "Line Item Value",
        "Line Item Insurance (USD)",
        "PO Sent to Vendor Date",
        "Scheduled Delivery Date",
        "Delivered to Client Date",
    ]


parts = st.text("a/\\", min_size=1, max_size=3)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(parts, parts), unique=True, min_size=1, max_size=9))
def test_ids_of_two_columns_never_look_alike(tmp_path: Path, pairs: list[tuple[str, str]]) -> None:
    lines = [",".join([*CELLS, "item"])]
    lines += [",".join([*{**CELLS, "id": first}.values(), second]) for first, second in pairs]
    found = read_text(tmp_path, "\n".join(lines), {**LEAST, "id": ["id", "item"]})
    assert len(found.shipments) == len(pairs)
