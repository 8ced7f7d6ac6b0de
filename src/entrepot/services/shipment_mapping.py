"""How the columns of a CSV spell shipments: the SCMS layout, and others by a small YAML file.

`docs/mapping.md` explains every key with an example that a test executes.
"""

import codecs
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from entrepot.core import money
from entrepot.errors import InputError
from entrepot.storage.yaml_files import read_yaml

ISO = "iso"
DATES = ("ordered", "scheduled", "delivered")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _column(name: str) -> str:
    name = name.strip()
    if not name:
        raise ValueError("a column name must not be empty")
    return name


def _columns(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Column = Annotated[str, AfterValidator(_column)]
Columns = Annotated[tuple[Column, ...], BeforeValidator(_columns), Field(min_length=1)]


class Text(_Part):
    """A text from one or more columns, or the same text for every row."""

    columns: tuple[Column, ...] = ()
    constant: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, value: Any) -> Any:
        if isinstance(value, (str, list)):
            return {"columns": _columns(value)}
        if isinstance(value, dict) and "column" in value:
            rest = {key: item for key, item in value.items() if key != "column"}
            return {"columns": _columns(value["column"]), **rest}
        return value

    @model_validator(mode="after")
    def _one_source(self) -> "Text":
        if bool(self.columns) == (self.constant is not None):
            raise ValueError("give either a column (or a list of them) or `constant: …`")
        return self


class Discount(_Part):
    """A column to take off: an amount, or a share of the price as a fraction or in percent."""

    column: Column
    unit: Literal["amount", "fraction", "percent"] = "amount"

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"column": value} if isinstance(value, str) else value


def _dollars(text: str) -> str:
    if money.parse(text) < 0:
        raise ValueError("an amount must not be negative")
    return text


class Amount(_Part):
    """Money: (a column or a constant, less the `discount`) × `factor` = dollars."""

    column: Column | None = None
    constant: Annotated[str, AfterValidator(_dollars)] | None = None
    factor: Annotated[Decimal, Field(gt=0, le=10**9, max_digits=30)] = Decimal(1)
    discount: Discount | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"column": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_source(self) -> "Amount":
        if (self.column is None) == (self.constant is None):
            raise ValueError("give either `column: …` or `constant: …`")
        return self


def _format(form: str) -> str:
    """Refuse a format that cannot tell the day, before a thousand rows are rejected by it."""
    if form == ISO:
        return form
    probe = datetime(2013, 11, 24, 13, 14, 15, tzinfo=UTC)
    try:
        again = datetime.strptime(probe.strftime(form), form)
    except ValueError as failure:
        raise ValueError(f"{form!r} is not a date format") from failure
    if again.date() != probe.date():
        raise ValueError(f"{form!r} does not name a year, a month and a day")
    return form


@lru_cache(maxsize=4096)  # a file has far fewer days than rows
def _parsed(text: str, formats: tuple[str, ...]) -> date:
    for form in formats:
        try:
            moment = datetime.fromisoformat(text) if form == ISO else datetime.strptime(text, form)
            return (moment.astimezone(UTC) if moment.tzinfo else moment).date()
        except (ValueError, OverflowError):
            continue
    raise ValueError(f"{text!r} is not a date in its format")


Formats = Annotated[
    tuple[Annotated[str, AfterValidator(_format)], ...],
    BeforeValidator(_columns),
    Field(min_length=1),
]


class Day(_Part):
    """A date: a column, year/month/day, another date (`after`) + `days`, or a constant."""

    column: Column | None = None
    formats: Formats = (ISO,)
    constant: str | None = None
    year: Text | None = None
    month: Text | None = None
    day: Text | None = None
    after: str | None = None
    days: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"column": value}
        if isinstance(value, dict) and "format" in value:
            if "formats" in value:
                raise ValueError("give `format` or `formats`, not both")
            rest = {key: item for key, item in value.items() if key != "format"}
            return {**rest, "formats": _columns(value["format"])}
        return value

    @model_validator(mode="after")
    def _one_source(self) -> "Day":
        sources = (
            (self.column,),
            (self.constant,),
            (self.year, self.month, self.day),
            (self.after, self.days),
        )
        used = [source for source in sources if any(part is not None for part in source)]
        if len(used) != 1:
            raise ValueError(
                "give exactly one of `column`, `constant`, `year` with `month` and `day`, "
                "or `after` with `days`"
            )
        if None in used[0]:
            raise ValueError("`year`, `month` and `day` belong together, as do `after` and `days`")
        if "formats" in self.model_fields_set and self.column is None and self.constant is None:
            raise ValueError("a format belongs to a `column`")
        if self.constant is not None:
            self.parse(self.constant)
        return self

    def parse(self, text: str) -> date:
        """The date that one of the formats reads; an instant with an offset counts by its UTC date.

        `ValueError` where none does.
        """
        return _parsed(text, self.formats)


def _encoding(name: str) -> str:
    try:
        name = codecs.lookup(name).name
        io.TextIOWrapper(io.BytesIO(), encoding=name)
    except (LookupError, ValueError) as failure:
        raise ValueError(f"{name!r} is not an encoding that Python knows") from failure
    return "utf-8-sig" if name == "utf-8" else name


def _delimiter(mark: str) -> str:
    mark = {"tab": "\t", "\\t": "\t"}.get(mark, mark)
    if len(mark) != 1 or mark in '"\r\n\0':
        raise ValueError("the delimiter is one character, or `tab`")
    return mark


def _spellings(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.strip().casefold() for word in words)


Empty = Annotated[tuple[str, ...], BeforeValidator(_columns), AfterValidator(_spellings)]


class Mapping(_Part):
    """Where each field of a shipment comes from; `empty`: spellings, in any case, of no value."""

    encoding: Annotated[str, AfterValidator(_encoding)] = "utf-8-sig"
    delimiter: Annotated[str, AfterValidator(_delimiter)] = ","
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ".", ",", " ", "'"] = ""
    empty: Empty = ()
    id: Columns
    buyer: Text
    seller: Text
    mode: Text | None = None
    country: Text | None = None
    product: Text | None = None
    value: Amount
    insurance: Amount | None = None
    ordered: Day | None = None
    scheduled: Day
    delivered: Day

    @model_validator(mode="after")
    def _marks_differ(self) -> "Mapping":
        if self.decimal == self.thousands:
            raise ValueError("`decimal` and `thousands` must be different marks")
        return self

    @model_validator(mode="after")
    def _dates_lead_somewhere(self) -> "Mapping":
        for name in DATES:
            seen, step = {name}, self.date(name)
            while step is not None and step.after is not None:
                if step.after not in DATES:
                    raise ValueError(
                        f"`{name}` is after {step.after!r}, which is none of {', '.join(DATES)}"
                    )
                if step.after in seen:
                    raise ValueError(f"`{step.after}` is defined by itself")
                if self.date(step.after) is None:
                    raise ValueError(f"`{name}` is after `{step.after}`, which is not given")
                seen.add(step.after)
                step = self.date(step.after)
        return self

    def date(self, name: str) -> Day | None:
        """How the date `name` (one of `DATES`) is spelt."""
        return {"ordered": self.ordered, "scheduled": self.scheduled, "delivered": self.delivered}[
            name
        ]

    def required(self) -> list[str]:
        """Every column that must be in the file, in the order of the fields."""
        names: list[str] = list(self.id)
        for text in (self.buyer, self.seller, self.mode, self.country, self.product):
            names += text.columns if text else ()
        for amount in (self.value, self.insurance):
            if amount is None:
                continue
            names += [amount.column] if amount.column else []
            names += [amount.discount.column] if amount.discount else []
        for day in (self.ordered, self.scheduled, self.delivered):
            if day is None:
                continue
            names += [day.column] if day.column else []
            for text in (day.year, day.month, day.day, day.days):
                names += text.columns if text else ()
        return list(dict.fromkeys(names))


_SCMS_FORMATS = ("%d-%b-%y", "%m/%d/%y", "%d-%b-%Y", "%m/%d/%Y", ISO)

SCMS = Mapping.model_validate(
    {
        "empty": ["N/A", "Date Not Captured", "N/A - From RDC"],
        "id": "ID",
        "buyer": "Country",
        "seller": "Vendor",
        "mode": "Shipment Mode",
        "product": "Item Description",
        "value": "Line Item Value",
        "insurance": "Line Item Insurance (USD)",
        "ordered": {"column": "PO Sent to Vendor Date", "formats": _SCMS_FORMATS},
        "scheduled": {"column": "Scheduled Delivery Date", "formats": _SCMS_FORMATS},
        "delivered": {"column": "Delivered to Client Date", "formats": _SCMS_FORMATS},
    }
)
"""The column layout of the SCMS Delivery History data set."""


def load_mapping(path: str | Path) -> Mapping:
    """The mapping in a YAML file; `InputError` names the file and the key that is wrong."""
    path = Path(path)
    content = read_yaml(path, "mapping")
    if not isinstance(content, dict):
        raise InputError(f"The mapping {path} must be keys with values, such as `id: ID`.")
    try:
        return Mapping.model_validate(content)
    except ValidationError as failure:
        raise InputError(f"The mapping {path} is wrong: {_sentence(failure)}.") from failure


def _sentence(failure: ValidationError) -> str:
    """The first error as a clause that names its key."""
    error = failure.errors(include_url=False)[0]
    key = ".".join(str(part) for part in error["loc"])
    match error["type"]:
        case "missing":
            return f"the key `{key}` is missing"
        case "extra_forbidden":
            return f"there is no key `{key}`; docs/mapping.md lists them"
        case "value_error":
            clause = str(error["ctx"]["error"])
        case "model_type":
            clause = "a column name or keys with values are expected"
        case _:
            clause = error["msg"][0].lower() + error["msg"][1:]
    return f"`{key}`: {clause}" if key else clause
