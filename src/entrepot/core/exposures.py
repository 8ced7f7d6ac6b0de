"""What watches see: the same integers as `contracts/libraries/Exposures.sol` gives, and which of a
device's batches count, as `contracts/logistics/SensorLog.sol` has it.

Times in seconds UTC, 0 where something has not happened; readings in their metric's unit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, field, replace
from enum import IntEnum

from entrepot.core.messages import Extreme, Readings, Watch
from entrepot.core.signing import keccak

WINDOW = 128
"""How many numbers back a batch may still come."""
_MOST_SECONDS = 2**32 - 1


class Arrival(IntEnum):
    """How readings arrived, as the sensor log numbers it; the last two change nothing."""

    IN_ORDER = 0
    LATE = 1
    REPEATED = 2
    OVERLAPPING = 3

    @property
    def is_counted(self) -> bool:
        """Whether the readings count."""
        return self < Arrival.REPEATED


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a watch saw outside its band; `exposure`, `longest` and `run` in seconds.

    `run` is the run that ended at `run_end`. See `WatchFacts` in `IShipmentSource.sol`.
    """

    breached_at: int = 0
    exposure: int = 0
    longest: int = 0
    longest_at: int = 0
    run: int = 0
    run_end: int = 0
    extreme: int = 0

    @property
    def word(self) -> int:
        """As the chain keeps it."""
        found = 0
        for size, value in zip(_SIZES, _members(self), strict=True):
            found = found << size | value % 2**size
        return found

    @property
    def answerable_at(self) -> int:
        """When it happened, for who answers: the begin of the longest run, else of the breach."""
        return self.longest_at or self.breached_at


_SIZES = (32, 40, 32, 40, 32, 32, 40)


def _members(seen: Exposure) -> tuple[int, ...]:
    """From the highest bits to the lowest."""
    longest = seen.longest_at, seen.longest
    return (seen.extreme, seen.run_end, seen.run, *longest, seen.exposure, seen.breached_at)


def after(
    seen: Exposure, watch: Watch, extreme: Extreme, start: int, end: int, *, is_late: bool
) -> Exposure:
    """What a watch saw after readings from `start` to `end`, of which the extremes are known.

    Durations are bounds from below: only readings that are all outside on one side add to them.
    `is_late`: the readings came after later ones, so they are a run of their own.
    """
    below, above = watch.low - extreme.minimum, extreme.maximum - watch.high
    if below <= 0 and above <= 0:
        return seen
    is_first = seen.breached_at == 0
    farthest = extreme.minimum if below > above else extreme.maximum
    if is_first or beyond(watch, seen.extreme) < beyond(watch, farthest):
        seen = replace(seen, extreme=farthest)
    if is_first or start < seen.breached_at:
        seen = replace(seen, breached_at=start)
    if watch.low <= extreme.maximum and extreme.minimum <= watch.high:
        return seen
    length = end - start
    seen = replace(seen, exposure=_capped(seen.exposure + length))
    if not is_late:
        length = seen.run + length if seen.run_end == start else length
        seen = replace(seen, run=_capped(length), run_end=end)
        length = seen.run
    if length > seen.longest:
        seen = replace(seen, longest=_capped(length), longest_at=end - length)
    return seen


def plan_of(watches: Sequence[Watch]) -> bytes:
    """Hash of the watches over a shipment, as the ledger keeps it."""
    words = [word for each in watches for word in (int(each.device, 16), *astuple(each)[1:])]
    return keccak(
        b"".join(word.to_bytes(32, signed=word < 0) for word in (32, len(watches), *words))
    )


def beyond(watch: Watch, value: int) -> int:
    """How far a reading lies outside the band; 0 if it does not."""
    return max(watch.low - value, value - watch.high, 0)


def _capped(seconds: int) -> int:
    return min(seconds, _MOST_SECONDS)


@dataclass(frozen=True, slots=True)
class Device:
    """A device on a shipment; `seen` is a mask of its last numbers, the last one lowest."""

    number: int = 0
    ended_at: int = 0
    seen: int = 0


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing is known of a device between two times; `missing` counts batches left out."""

    missing: int
    since: int
    until: int


def ended_at(readings: Readings) -> int:
    """End of the time that readings cover: each stands for the interval that it begins."""
    return readings.started_at + readings.interval * readings.count


@dataclass(frozen=True, slots=True)
class Journey:
    """When the goods were on the way; `arrived_at`: the delivery or a tender that is pending, 0
    where there is none.
    """

    shipped_at: int
    arrived_at: int = 0

    def part(self, readings: Readings) -> tuple[int, int] | None:
        """The part of readings' time in which the goods were on the way; None for none."""
        start, end = max(readings.started_at, self.shipped_at), ended_at(readings)
        if self.arrived_at:
            end = min(end, self.arrived_at)
        return (start, end) if self.shipped_at and start < end else None


def arrive(
    device: Device, readings: Readings, journey: Journey
) -> tuple[Arrival, Device, Gap | None]:
    """How readings arrive at what is known of their device, that afterwards, and a gap before
    them.
    """
    number, start = readings.number, readings.started_at
    if number > device.number:
        if start < device.ended_at:
            return Arrival.OVERLAPPING, device, None
        known = device.ended_at if device.number else journey.shipped_at
        ahead = number - device.number
        is_gap = ahead != 1 or start > known + readings.interval
        seen = device.seen << ahead & (1 << WINDOW) - 1 if ahead < WINDOW else 0
        arrived = Device(number, ended_at(readings), seen | 1)
        return Arrival.IN_ORDER, arrived, Gap(ahead - 1, known, start) if is_gap else None
    behind = device.number - number
    if behind >= WINDOW or device.seen >> behind & 1:
        return Arrival.REPEATED, device, None
    if ended_at(readings) > device.ended_at:
        return Arrival.OVERLAPPING, device, None
    return Arrival.LATE, replace(device, seen=device.seen | 1 << behind), None


@dataclass(slots=True)
class SensorRecord:
    """What is known of a shipment from its devices: each device, and what each watch saw."""

    watches: tuple[Watch, ...] = ()
    devices: dict[str, Device] = field(default_factory=dict)
    seen: dict[int, Exposure] = field(default_factory=dict)

    def record(self, readings: Readings, journey: Journey) -> tuple[Arrival, Gap | None, list[int]]:
        """Adds readings; how they arrived, a gap before them, and the watches that changed.

        `ValueError` for readings that no watch is on, that lack a watched metric, or none of which
        is of the journey.
        """
        part = journey.part(readings)
        watched = {each.metric for each in self.watches if each.device == readings.device}
        if part is None or not watched or watched - {each.metric for each in readings.extremes}:
            raise ValueError("these are not all readings of a watch on the journey")
        known = self.devices.get(readings.device, Device())
        arrival, device, gap = arrive(known, readings, journey)
        if not arrival.is_counted:
            return arrival, None, []
        self.devices[readings.device] = device
        return arrival, gap, list(self._exposed(readings, part, is_late=arrival is Arrival.LATE))

    def _exposed(
        self, readings: Readings, part: tuple[int, int], *, is_late: bool
    ) -> Iterator[int]:
        """Of readings that reach beyond the journey it is not known when the extremes were, so
        they count only where all of them are outside.
        """
        is_whole = part == (readings.started_at, ended_at(readings))
        for i, watch in enumerate(self.watches):
            if watch.device != readings.device:
                continue
            extreme = next(e for e in readings.extremes if e.metric == watch.metric)
            is_outside = extreme.maximum < watch.low or extreme.minimum > watch.high
            is_inside = watch.low <= extreme.minimum and extreme.maximum <= watch.high
            if is_outside or (is_whole and not is_inside):
                before = self.seen.get(i, Exposure())
                self.seen[i] = after(before, watch, extreme, *part, is_late=is_late)
                yield i
