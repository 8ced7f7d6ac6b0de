"""A device's readings: cut into batches whose extremes tell all that matters, and proven one by
one.

A reading is a time, seconds UTC, and a value of each metric, in the metric's unit.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from entrepot.core import merkle
from entrepot.core.messages import Extreme, Readings, Watch
from entrepot.core.signing import keccak

Reading = tuple[int, tuple[int, ...]]
MAXIMUM = 1_440
"""Readings in a batch, unless told: a day of one each minute."""
_HEAD = 5


@dataclass(frozen=True, slots=True)
class Batch:
    """Readings as their device signs them, the values of each, and the leaves over them."""

    readings: Readings
    values: tuple[tuple[int, ...], ...]
    leaves: bytes


def leaf(shipment_id: bytes, device: str, number: int, index: int, values: Sequence[int]) -> bytes:
    """Leaf of the reading at `index`, counted from 0, of a device's batch; `values` in the order of
    the batch's extremes.
    """
    words = (
        shipment_id,
        bytes.fromhex(device[2:]).rjust(32, b"\0"),
        *(value.to_bytes(32) for value in (number, index, _HEAD * 32, len(values))),
        *(value.to_bytes(32, signed=True) for value in values),
    )
    return keccak(keccak(b"".join(words)))


def batch(
    shipment_id: bytes,
    device: str,
    number: int,
    metrics: Sequence[int],
    interval: int,
    series: Sequence[Reading],
) -> Batch:
    """The batch `number` of a device: one reading or more, `interval` seconds apart."""
    values = tuple(each for _, each in series)
    leaves = b"".join(leaf(shipment_id, device, number, i, v) for i, v in enumerate(values))
    extremes = tuple(
        Extreme(metric, min(column), max(column))
        for metric, column in zip(metrics, zip(*values, strict=True), strict=True)
    )
    readings = Readings(
        shipment_id,
        device,
        number,
        started_at=series[0][0],
        interval=interval,
        count=len(values),
        root=merkle.root(leaves),
        extremes=extremes,
    )
    return Batch(readings, values, leaves)


def split(
    series: Iterable[Reading],
    metrics: Sequence[int],
    watches: Iterable[Watch],
    interval: int,
    maximum: int = MAXIMUM,
) -> Iterator[list[Reading]]:
    """Cuts a series wherever a reading crosses a limit of a watch of its device, where a reading is
    missing, and at `maximum` readings.

    All of a part lies on the same side of every limit, so its extremes prove how long. `ValueError`
    for a reading that comes sooner than `interval` seconds after the one before it.
    """
    bands = [(metrics.index(w.metric), w.low, w.high) for w in watches if w.metric in metrics]
    part: list[Reading] = []
    sides: list[int] = []
    for at, values in series:
        now = [(values[i] > high) - (values[i] < low) for i, low, high in bands]
        due = part[-1][0] + interval if part else at
        if at < due:
            raise ValueError(f"the reading at {at} is not {interval} seconds after the last one")
        if part and (now != sides or at > due or len(part) == maximum):
            yield part
            part = []
        part.append((at, values))
        sides = now
    if part:
        yield part


def batches(
    shipment_id: bytes,
    device: str,
    series: Iterable[Reading],
    metrics: Sequence[int],
    watches: Iterable[Watch],
    *,
    interval: int,
    maximum: int = MAXIMUM,
    first: int = 1,
) -> Iterator[Batch]:
    """A series in batches, numbered from `first`, as `split` cuts it for the device's watches."""
    own = [watch for watch in watches if watch.device == device]
    parts = split(series, metrics, own, interval, maximum)
    for number, part in enumerate(parts, first):
        yield batch(shipment_id, device, number, metrics, interval, part)


def prove(of: Batch, index: int) -> list[bytes]:
    """Proof of the reading at `index`, counted from 0; `IndexError` where there is none."""
    if not 0 <= index < of.readings.count:
        raise IndexError(index)
    levels = [of.leaves]
    while len(levels[-1]) > merkle.NODE:
        levels.append(merkle.parents(levels[-1]))

    def node(level: int, place: int) -> bytes:
        return levels[level][place * merkle.NODE : (place + 1) * merkle.NODE]

    return merkle.proof(of.readings.count, index, node)


def verify(
    readings: Readings, index: int, values: Sequence[int], siblings: Sequence[bytes]
) -> bool:
    """Whether the reading at `index` of signed readings had these values, one for each extreme."""
    if not 0 <= index < readings.count or len(values) != len(readings.extremes):
        return False
    found = leaf(readings.shipment_id, readings.device, readings.number, index, values)
    return merkle.climbed(found, siblings) == readings.root
