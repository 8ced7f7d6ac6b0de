"""Series as loggers export them: CSV with `time`, `temperature`, and `humidity` or `shock`."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from entrepot.core.metrics import Metric, metric_named, reading_of, reading_text
from entrepot.core.readings import Reading
from entrepot.errors import InputError
from entrepot.services.spelling import moment, moment_of

_TIME = "time"
_ALONE = 60


@dataclass(frozen=True, slots=True)
class Series:
    """Readings of some metrics, `interval` seconds apart where none is missing."""

    metrics: tuple[Metric, ...]
    interval: int
    readings: tuple[Reading, ...]


def load(path: Path) -> Series:
    """The series in a CSV file; `InputError` names the line that is wrong.

    Readings are as far apart as the nearest two of them; one alone counts for a minute.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
    except OSError as failure:
        reason = (failure.strerror or str(failure)).lower()
        raise InputError(f"Cannot read the series {path}: {reason}.") from failure
    except (UnicodeDecodeError, csv.Error) as failure:
        raise InputError(f"The series {path} is no CSV in UTF-8.") from failure
    metrics = _metrics(path, [name.strip() for name in rows[0]] if rows else [])
    readings = tuple(_readings(path, metrics, rows))
    if not readings:
        raise InputError(f"The series {path} has no reading.")
    gaps = [after[0] - before[0] for before, after in pairwise(readings)]
    if gaps and min(gaps) <= 0:
        at = moment(readings[gaps.index(min(gaps)) + 1][0])
        raise InputError(f"The series {path} is not in order of time: look at {at}.")
    return Series(metrics, min(gaps, default=_ALONE), readings)


def text(series: Series) -> str:
    """A series as such a file."""
    lines = [",".join([_TIME, *(metric.name.lower() for metric in series.metrics)])]
    for at, values in series.readings:
        told = (reading_text(m, value) for m, value in zip(series.metrics, values, strict=True))
        lines.append(",".join([str(moment(at)), *told]))
    return "\n".join(lines) + "\n"


def _metrics(path: Path, header: list[str]) -> tuple[Metric, ...]:
    if len(header) < 2 or header[0] != _TIME:
        raise InputError(f"The first line of {path} is not `time` and what was measured.")
    try:
        found = tuple(metric_named(name) for name in header[1:])
    except ValueError as failure:
        raise InputError(f"{path}, line 1: {failure}.") from None
    if len(set(found)) != len(found):
        raise InputError(f"{path}, line 1: a metric stands twice.")
    return found


def _readings(path: Path, metrics: tuple[Metric, ...], rows: list[list[str]]) -> Iterator[Reading]:
    for line, row in enumerate(rows[1:], 2):
        if not row:
            continue
        try:
            if len(row) != len(metrics) + 1:
                raise ValueError(f"it has {len(row)} values, not {len(metrics) + 1}")
            values = (reading_of(m, cell.strip()) for m, cell in zip(metrics, row[1:], strict=True))
            yield moment_of(row[0].strip()), tuple(values)
        except (ValueError, InputError) as failure:
            raise InputError(f"{path}, line {line}: {str(failure).rstrip('.')}.") from None
