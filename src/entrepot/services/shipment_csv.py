"""Shipments from a CSV file: every row becomes a `Shipment` or a `Rejection` with its reason.

A row never stops the run. A file that cannot be read as a whole is an `InputError`.
"""

import csv
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TextIO, TypeVar

from entrepot.core import money
from entrepot.core.shipments import EARLIEST, LATEST, Shipment
from entrepot.errors import InputError
from entrepot.services.shipment_mapping import (
    SCMS,
    Amount,
    Day,
    Discount,
    Mapping,
    Text,
    load_mapping,
)

__all__ = ["SCMS", "Mapping", "Rejection", "ShipmentFile", "load_mapping", "read_shipments"]

_PADDING = " \t\r\n\v\f\0\u00a0\ufeff"
_SHOWN = 40
_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that is no order: the line where it begins (the header's is 1), its ID, and why."""

    line: int
    row_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ShipmentFile:
    """What a file holds, both in the order of its rows."""

    shipments: tuple[Shipment, ...]
    rejected: tuple[Rejection, ...]


class _BadRow(Exception):  # noqa: N818
    """Why a row is rejected."""


def read_shipments(
    path: str | Path, mapping: Mapping | None = None, limit: int | None = None
) -> ShipmentFile:
    """Read the first `limit` rows (all of them without; rejected ones count) of a CSV file.

    Without a `mapping` the file has the SCMS layout. Of rows with one ID the first counts, whether
    it was valid or not. `InputError` for a file that is missing, unreadable, empty, in another
    encoding, not a CSV or without a column that the mapping needs.
    """
    path = Path(path)
    mapping = mapping or SCMS
    if limit is not None and limit < 1:
        raise InputError(f"The limit must be at least 1 row, not {limit}.")
    try:
        # newline="" leaves \n, \r\n and bare \r to the csv module.
        with path.open(encoding=mapping.encoding, newline="") as stream:
            return _read(path, stream, mapping, limit)
    except OSError as failure:
        reason = (failure.strerror or str(failure)).lower()
        raise InputError(f"Cannot read {path}: {reason}; give the path of a CSV file.") from failure
    except UnicodeError as failure:
        name = _encoding_name(mapping)
        raise InputError(
            f"{path} is not {name} text: save it as {name}, "
            "or name its `encoding` in a file given with --mapping."
        ) from failure
    except csv.Error as failure:
        raise InputError(
            f"{path} cannot be read as CSV: {failure}; is a quote left open?"
        ) from failure


def _read(path: Path, stream: TextIO, mapping: Mapping, limit: int | None) -> ShipmentFile:
    rows = _numbered(stream, mapping.delimiter)
    try:
        _, _, titles = next(rows)
    except StopIteration:
        raise InputError(f"{path} is empty: a header and at least one row are needed.") from None
    header = [title.strip(_PADDING) for title in titles]
    if any("\0" in title for title in header):
        raise InputError(
            f"{path} is not a CSV in {_encoding_name(mapping)}: its header holds NUL bytes, as "
            "UTF-16 does; save it as UTF-8 or name its `encoding` with --mapping."
        )
    row_of = _RowReader(mapping, _positions(path, header, mapping))

    shipments: list[Shipment] = []
    rejected: list[Rejection] = []
    seen: set[str] = set()
    count = 0
    for line, last, cells in rows:
        if count == limit:
            break
        count += 1
        row_id = ""
        try:
            if len(cells) != len(header):
                span = f"; lines {line} to {last}, perhaps an open quote" if last > line else ""
                raise _BadRow(f"{len(cells)} cells where the header has {len(header)}{span}")
            row_id = row_of.row_id(cells)
            if row_id in seen:
                raise _BadRow("duplicate ID")
            seen.add(row_id)
            shipments.append(row_of.shipment(row_id, cells))
        except _BadRow as failure:
            rejected.append(Rejection(line, row_id, str(failure)))
    if count == 0:
        raise InputError(f"{path} has a header but no rows: there is nothing to read.")
    return ShipmentFile(tuple(shipments), tuple(rejected))


def _encoding_name(mapping: Mapping) -> str:
    return mapping.encoding.removesuffix("-sig").upper()


def _numbered(stream: TextIO, delimiter: str) -> Iterator[tuple[int, int, list[str]]]:
    """Rows that are not blank lines, each after its first and its last line."""
    reader = csv.reader(stream, delimiter=delimiter)
    last = 0
    for cells in reader:
        first, last = last + 1, reader.line_num
        if len(cells) > 1 or (cells and cells[0].strip(_PADDING)):
            yield first, last, cells


def _positions(path: Path, header: list[str], mapping: Mapping) -> dict[str, int]:
    """Where each column that the mapping needs stands: by its very name, else in any case."""
    required = mapping.required()
    folded = [title.casefold() for title in header]
    found = {name: _places(header, name) or _places(folded, name.casefold()) for name in required}
    missing = [name for name in required if not found[name]]
    if missing:
        several = "s" if len(missing) > 1 else ""
        names = ", ".join(repr(name) for name in missing)
        if len(header) == 1 and len(required) > 1:
            hint = f"its header is one cell, so {mapping.delimiter!r} may not be its delimiter: "
        else:
            hint = ""
        raise InputError(
            f"{path} lacks the column{several} {names}: {hint}describe its layout in a mapping "
            "file and give that with --mapping."
        )
    for name in required:
        if len(found[name]) > 1:
            raise InputError(f"{path} has more than one column {name!r}: rename all but one.")
    return {name: places[0] for name, places in found.items()}


def _places(titles: list[str], name: str) -> list[int]:
    return [place for place, title in enumerate(titles) if title == name]


class _RowReader:
    """Turns the cells of a row into a shipment by a mapping; every method may raise `_BadRow`."""

    def __init__(self, mapping: Mapping, positions: dict[str, int]) -> None:
        self._mapping = mapping
        self._positions = positions
        self._empty = {"", *mapping.empty}

    def row_id(self, cells: list[str]) -> str:
        """The ID; parts of several columns are joined so that no two lists of them look alike."""
        parts = [self._cell(name, cells) for name in self._mapping.id]
        if not all(parts):
            raise _BadRow("the ID is missing")
        if len(parts) == 1:
            return parts[0]
        return "/".join(part.replace("\\", r"\\").replace("/", r"\/") for part in parts)

    def shipment(self, row_id: str, cells: list[str]) -> Shipment:
        mapping = self._mapping
        buyer = self._name("buyer", mapping.buyer, cells)
        seller = self._name("seller", mapping.seller, cells)
        country = self._text(mapping.country or mapping.buyer, cells) or "N/A"
        mode = self._text(mapping.mode, cells) or "N/A"
        value = money.cents(self._amount("value", mapping.value, cells))
        if value == 0:
            raise _BadRow("the value is 0")
        premium = self._amount("insurance", mapping.insurance, cells, blank=Decimal(0))
        return Shipment(
            row_id=row_id,
            buyer=buyer,
            seller=seller,
            carrier=f"{mode} / {country}",
            product=self._text(mapping.product, cells),
            value_cents=value,
            premium_units=money.units(premium),
            scheduled=self._needed("scheduled", cells),
            delivered=self._needed("delivered", cells),
            ordered=self._ordered(cells),
        )

    def _cell(self, name: str, cells: list[str]) -> str:
        """A cell without padding; "" for every spelling that means empty."""
        text = cells[self._positions[name]].strip(_PADDING)
        return "" if text.casefold() in self._empty else text

    def _text(self, source: Text | None, cells: list[str]) -> str:
        """A text in one Unicode form with single spaces, so that one name is one participant."""
        if source is None:
            return ""
        if source.constant is not None:
            text = source.constant
        else:
            text = " ".join(self._cell(name, cells) for name in source.columns)
        return " ".join(unicodedata.normalize("NFC", text.replace("\0", "")).split())

    def _name(self, field: str, source: Text, cells: list[str]) -> str:
        text = self._text(source, cells)
        if not text:
            raise _BadRow(f"the {field} is missing")
        return text

    def _amount(
        self, field: str, source: Amount | None, cells: list[str], blank: Decimal | None = None
    ) -> Decimal:
        """Dollars, exact and not negative; `blank` stands for no spelling at all."""
        if source is None:
            return Decimal(0)
        if source.constant is not None:
            number = money.parse(source.constant)
        else:
            text = self._cell(source.column or "", cells)
            if not text:
                if blank is None:
                    raise _BadRow(f"the {field} is missing")
                return blank
            number = self._not_negative(field, text)
        if source.discount is not None:
            number = self._discounted(field, number, source.discount, cells)
        return money.EXACT.multiply(number, source.factor)

    def _discounted(
        self, field: str, number: Decimal, discount: Discount, cells: list[str]
    ) -> Decimal:
        text = self._cell(discount.column, cells)
        if discount.unit == "percent":
            text = text.removesuffix("%").rstrip()
        if not text:
            return number
        less = self._not_negative(f"{field} discount", text)
        if discount.unit == "percent":
            less = less.scaleb(-2, money.EXACT)
        if discount.unit != "amount":
            less = money.EXACT.multiply(number, less)
        if less > number:
            raise _BadRow(f"the {field} discount {text[:_SHOWN]!r} is more than the {field}")
        return money.EXACT.subtract(number, less)

    def _not_negative(self, field: str, text: str) -> Decimal:
        number = _read_as(self._number, text, field)
        if number < 0:
            raise _BadRow(f"the {field} is negative")
        return number

    def _number(self, text: str) -> Decimal:
        """The number that `text` spells with the mapping's marks."""
        mapping = self._mapping
        if mapping.thousands == " ":
            text = " ".join(text.split())
        whole, mark, part = text.partition(mapping.decimal)
        if mapping.thousands:
            first, *groups = whole.split(mapping.thousands)
            if any(len(group) != 3 for group in groups) or (groups and not first):
                raise ValueError(text)
            whole = "".join((first, *groups))
        elif mapping.decimal != "." and "." in text:
            raise ValueError(text)
        return money.parse(f"{whole}.{part}" if mark else whole)

    def _needed(self, name: str, cells: list[str]) -> date:
        day = self._date(name, cells)
        if day is None:
            raise _BadRow(f"the {name} date is missing")
        if not EARLIEST <= day <= LATEST:
            raise _BadRow(f"the {name} date {day} is not between {EARLIEST} and {LATEST}")
        return day

    def _ordered(self, cells: list[str]) -> date | None:
        """When the purchase order was sent, where that is a date."""
        try:
            return self._date("ordered", cells)
        except _BadRow:
            return None

    def _date(self, name: str, cells: list[str]) -> date | None:
        """The date `name`; None where the file leaves it empty."""
        day = self._mapping.date(name)
        if day is None:
            return None
        if day.year is not None:
            return self._by_parts(name, day, cells)
        if day.after is not None:
            first = self._date(day.after, cells)
            days = self._text(day.days, cells)
            if first is None or not days:
                return None
            try:
                return first + timedelta(days=_read_as(_whole, days, f"{name} days"))
            except OverflowError:
                raise _BadRow(f"the {name} date is out of range") from None
        text = day.constant if day.column is None else self._cell(day.column, cells)
        if not text:
            return None
        return _read_as(day.parse, text, f"{name} date")

    def _by_parts(self, name: str, day: Day, cells: list[str]) -> date | None:
        year, month, of_month = (self._text(part, cells) for part in (day.year, day.month, day.day))
        if not (year or month or of_month):
            return None
        try:
            return date(_whole(year), _month(month), _whole(of_month))
        except (ValueError, OverflowError):
            shown = f"{year}, {month}, {of_month}"[:_SHOWN]
            raise _BadRow(f"the {name} date ({shown}) is unreadable") from None


def _read_as(read: Callable[[str], _Read], text: str, field: str) -> _Read:
    try:
        return read(text)
    except ValueError:
        raise _BadRow(f"the {field} {text[:_SHOWN]!r} is unreadable") from None


def _month(text: str) -> int:
    """A month by number or English name."""
    return datetime.strptime(text[:3], "%b").month if text.isalpha() else _whole(text)


def _whole(text: str) -> int:
    """An integer, also spelt as `3.0`."""
    number = money.parse(text)
    if number != number.to_integral_value():
        raise ValueError(text)
    return int(number)
