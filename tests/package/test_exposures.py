"""What watches see of readings, by counting them one by one. `tests/invariants/CargoVectors.t.sol`
shows that the contracts have the same rules.
"""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.core.exposures import (
    WINDOW,
    Arrival,
    Device,
    Exposure,
    Gap,
    Journey,
    SensorRecord,
    after,
    arrive,
    beyond,
)
from entrepot.core.messages import Extreme, Readings, Watch
from entrepot.core.readings import Batch, Reading, batches
from tests.package.cargo import DEVICE, METRICS, SHIPMENT, SHIPPED, STEP, series, watches

JOURNEY = Journey(SHIPPED)
BAND = Watch(DEVICE, 0, 2, 8)


def made(of: list[Reading], plan: tuple[Watch, ...], maximum: int = 5) -> list[Batch]:
    return list(batches(SHIPMENT, DEVICE, of, METRICS, plan, interval=STEP, maximum=maximum))


def outside(of: list[Reading], watch: Watch) -> list[tuple[int, int]]:
    """Times and values of the readings outside a band."""
    place = METRICS.index(watch.metric)
    return [(at, values[place]) for at, values in of if beyond(watch, values[place])]


def runs(times: list[int]) -> list[int]:
    """Seconds of every run of readings that follow each other."""
    found: list[int] = []
    for i, at in enumerate(times):
        if i and at == times[i - 1] + STEP:
            found[-1] += STEP
        else:
            found.append(STEP)
    return found


@given(series(), watches())
def test_batches_give_exactly_what_counting_every_reading_gives(
    of: list[Reading], plan: tuple[Watch, ...]
) -> None:
    record = SensorRecord(plan)
    for each in made(of, plan):
        assert record.record(each.readings, JOURNEY)[0] is Arrival.IN_ORDER
    for i, watch in enumerate(plan):
        found, seen = record.seen.get(i, Exposure()), outside(of, watch)
        times = [at for at, _ in seen]
        assert found.breached_at == min(times, default=0)
        assert found.exposure == STEP * len(times)
        assert found.longest == max(runs(times), default=0)
        farthest = max((beyond(watch, value) for _, value in seen), default=0)
        assert beyond(watch, found.extreme) == farthest or not seen
        if found.longest:
            covered = range(found.longest_at, found.longest_at + found.longest, STEP)
            assert set(covered) <= set(times)


@given(series(), watches(), st.data())
def test_no_order_and_no_repetition_of_batches_counts_too_much(
    of: list[Reading], plan: tuple[Watch, ...], data: st.DataObject
) -> None:
    arriving = data.draw(st.permutations([*made(of, plan), *made(of, plan)]))
    record, counted = SensorRecord(plan), []
    for each in arriving:
        if record.record(each.readings, JOURNEY)[0].is_counted:
            counted.append(each.readings.number)
    assert len(counted) == len(set(counted))
    for i, watch in enumerate(plan):
        found, times = record.seen.get(i, Exposure()), [at for at, _ in outside(of, watch)]
        assert found.exposure <= STEP * len(times)
        assert found.longest <= max(runs(times), default=0)
        if len(counted) == len(made(of, plan)):
            assert found.exposure == STEP * len(times)
            assert found.breached_at == min(times, default=0)


@given(series(), st.integers(-100, 2_000), st.integers(0, 3_000))
def test_only_the_journey_counts(of: list[Reading], shipped: int, arrived: int) -> None:
    """Of each batch at most the seconds in which the goods were on the way."""
    journey = Journey(max(shipped, 1), arrived)
    record, most = SensorRecord((BAND,)), 0
    for each in made(of, (BAND,)):
        part = journey.part(each.readings)
        if part is None:
            with pytest.raises(ValueError, match="journey"):
                record.record(each.readings, journey)
            continue
        record.record(each.readings, journey)
        assert journey.shipped_at <= part[0] < part[1]
        assert part[1] <= (arrived or part[1])
        if outside([(0, values) for values in each.values], BAND):
            most += part[1] - part[0]
    assert record.seen.get(0, Exposure()).exposure == most


def readings(number: int, start: int, count: int = 1, low: int = 9, high: int = 9) -> Readings:
    extremes = (Extreme(0, low, high),)
    return Readings(SHIPMENT, DEVICE, number, start, STEP, count, bytes(32), extremes)


KNOWN = Device(200, 5_000, 0b101)


@pytest.mark.parametrize(
    ("device", "number", "start", "arrival", "seen", "gap"),
    [
        (Device(), 1, SHIPPED, Arrival.IN_ORDER, 1, None),
        (Device(), 1, SHIPPED + STEP, Arrival.IN_ORDER, 1, None),
        (Device(), 1, SHIPPED + STEP + 1, Arrival.IN_ORDER, 1, Gap(0, SHIPPED, 1_061)),
        (Device(), 3, SHIPPED, Arrival.IN_ORDER, 1, Gap(2, SHIPPED, SHIPPED)),
        (KNOWN, 201, 5_000, Arrival.IN_ORDER, 0b1011, None),
        (KNOWN, 201, 4_999, Arrival.OVERLAPPING, 0b101, None),
        (KNOWN, 201, 5_061, Arrival.IN_ORDER, 0b1011, Gap(0, 5_000, 5_061)),
        (KNOWN, 202, 5_000, Arrival.IN_ORDER, 0b10101, Gap(1, 5_000, 5_000)),
        (KNOWN, 200 + WINDOW, 5_000, Arrival.IN_ORDER, 1, Gap(127, 5_000, 5_000)),
        (KNOWN, 200, 4_940, Arrival.REPEATED, 0b101, None),
        (KNOWN, 198, 4_940, Arrival.REPEATED, 0b101, None),
        (KNOWN, 199, 4_940, Arrival.LATE, 0b111, None),
        (KNOWN, 199, 4_941, Arrival.OVERLAPPING, 0b101, None),
        (KNOWN, 201 - WINDOW, 4_000, Arrival.LATE, 0b101 | 1 << 127, None),
        (KNOWN, 200 - WINDOW, 4_000, Arrival.REPEATED, 0b101, None),
    ],
)
def test_readings_arrive(
    device: Device, number: int, start: int, arrival: Arrival, seen: int, gap: Gap | None
) -> None:
    found, left, missed = arrive(device, readings(number, start), JOURNEY)
    assert (found, left.seen, missed) == (arrival, seen, gap)
    assert left.number == (number if arrival is Arrival.IN_ORDER else device.number)


def test_readings_of_another_device_are_refused() -> None:
    other = replace(readings(1, SHIPPED), device="0x" + "22" * 20)
    with pytest.raises(ValueError, match="a watch"):
        SensorRecord((BAND,)).record(other, JOURNEY)


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [
        (2, 8, Exposure()),
        (1, 8, Exposure(100, extreme=1)),
        (1, 10, Exposure(100, extreme=10)),
        (9, 10, Exposure(100, 60, 60, 100, 60, 160, 10)),
        (-5, 1, Exposure(100, 60, 60, 100, 60, 160, -5)),
    ],
    ids=["inside", "partly below", "on both sides", "above", "below"],
)
def test_extremes_prove_what_they_can(low: int, high: int, found: Exposure) -> None:
    assert after(Exposure(), BAND, Extreme(0, low, high), 100, 160, is_late=False) == found


def test_run_goes_on_only_where_the_last_one_ended() -> None:
    seen, hot = Exposure(), Extreme(0, 9, 9)
    for start, end in pairwise([100, 160, 220]):
        seen = after(seen, BAND, hot, start, end, is_late=False)
    assert (seen.longest, seen.longest_at) == (120, 100)
    seen = after(seen, BAND, hot, 221, 281, is_late=False)
    assert (seen.longest, seen.run, seen.exposure) == (120, 60, 180)
    seen = after(seen, BAND, hot, 281, 999, is_late=True)
    assert (seen.longest, seen.longest_at, seen.run, seen.exposure) == (718, 281, 60, 898)


def test_seconds_stop_at_what_a_word_can_hold() -> None:
    seen = after(Exposure(), BAND, Extreme(0, 9, 9), 1, 2**40 - 1, is_late=False)
    assert seen.exposure == seen.longest == seen.run == 2**32 - 1
    assert seen.longest_at + seen.longest == 2**40 - 1


@pytest.mark.parametrize(
    ("low", "arrived", "found"),
    [
        (5, 0, Exposure(SHIPPED, extreme=9)),
        (5, SHIPPED + STEP, Exposure(SHIPPED, extreme=9)),
        (5, SHIPPED + STEP - 1, Exposure()),
        (9, SHIPPED + STEP - 1, Exposure(SHIPPED, 59, 59, SHIPPED, 59, SHIPPED + 59, 9)),
    ],
    ids=["on the way", "until the end", "partly outside and beyond", "all outside and beyond"],
)
def test_extreme_that_may_be_of_another_time_is_no_breach(
    low: int, arrived: int, found: Exposure
) -> None:
    record = SensorRecord((BAND,))
    record.record(readings(1, SHIPPED, low=low), Journey(SHIPPED, arrived))
    assert record.seen.get(0, Exposure()) == found
