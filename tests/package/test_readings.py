"""Readings in batches, and one by one. `tests/invariants/CargoVectors.t.sol` shows that contracts
take the same signatures and proofs.
"""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.core.messages import Watch
from entrepot.core.readings import Batch, Reading, batch, batches, prove, split, verify
from tests.package.cargo import DEVICE, METRICS, SHIPMENT, SHIPPED, STEP, series, watches


def made(of: list[Reading], plan: tuple[Watch, ...], maximum: int = 1_440) -> list[Batch]:
    return list(batches(SHIPMENT, DEVICE, of, METRICS, plan, interval=STEP, maximum=maximum))


@given(series(), watches(), st.integers(1, 5))
def test_batches_are_the_series_cut_where_it_matters(
    of: list[Reading], plan: tuple[Watch, ...], maximum: int
) -> None:
    found = made(of, plan, maximum)
    assert [each.readings.number for each in found] == list(range(1, len(found) + 1))
    assert [
        (each.readings.started_at + i * STEP, values)
        for each in found
        for i, values in enumerate(each.values)
    ] == of
    for each in found:
        assert each.readings.count == len(each.values) <= maximum
        for extreme, column in zip(
            each.readings.extremes, zip(*each.values, strict=True), strict=True
        ):
            assert (extreme.minimum, extreme.maximum) == (min(column), max(column))
        for watch in plan:
            column = [values[METRICS.index(watch.metric)] for values in each.values]
            assert len({(value < watch.low, value > watch.high) for value in column}) == 1


@given(series(), watches())
def test_no_batch_is_closed_without_a_reason(of: list[Reading], plan: tuple[Watch, ...]) -> None:
    found = made(of, plan)
    for one, other in pairwise(found):
        (last, *_), (first, *_) = one.values[::-1], other.values
        is_gap = other.readings.started_at > one.readings.started_at + STEP * len(one.values)
        crossed = [
            watch
            for watch in plan
            for a, b in [(last[METRICS.index(watch.metric)], first[METRICS.index(watch.metric)])]
            if (a < watch.low, a > watch.high) != (b < watch.low, b > watch.high)
        ]
        assert is_gap or crossed


def test_watches_of_other_devices_and_metrics_cut_nothing() -> None:
    of = [(SHIPPED + i * STEP, (i, 0)) for i in range(4)]
    others = (Watch("0x" + "22" * 20, 2, 2, 2), Watch(DEVICE, 1, 2, 2))
    assert len(made(of, others)) == 1
    assert len(made(of, (Watch(DEVICE, 2, 2, 2),))) == 3


def test_reading_that_comes_too_soon_is_refused() -> None:
    with pytest.raises(ValueError, match="reading at 1059 is not 60 seconds after"):
        list(split([(1_000, (1,)), (1_059, (1,))], [0], [], STEP))


@given(st.data(), st.integers(1, 20))
def test_any_reading_is_proven_and_no_other(data: st.DataObject, count: int) -> None:
    of = [(SHIPPED + i * STEP, (i, -i)) for i in range(count)]
    found = batch(SHIPMENT, DEVICE, 7, METRICS, STEP, of)
    readings, index = found.readings, data.draw(st.integers(0, count - 1))
    siblings, values = prove(found, index), found.values[index]
    assert verify(readings, index, values, siblings)

    other = data.draw(st.integers(0, count).filter(lambda i: i != index))
    assert not verify(readings, other, values, siblings)
    assert not verify(readings, index, (values[0], values[1] - 1), siblings)
    assert not verify(readings, index, values[:1], siblings)
    assert not verify(readings, index, values, [*siblings, bytes(32)])
    assert not verify(readings, -1, values, siblings)
    for changed in (
        replace(readings, shipment_id=bytes(32)),
        replace(readings, device="0x" + "22" * 20),
        replace(readings, number=8),
        replace(readings, root=bytes(32)),
        replace(readings, count=index),
    ):
        assert not verify(changed, index, values, siblings)


def test_reading_that_is_not_in_the_batch_has_no_proof() -> None:
    found = batch(SHIPMENT, DEVICE, 1, METRICS, STEP, [(SHIPPED, (1, 2))])
    for index in (-1, 1):
        with pytest.raises(IndexError):
            prove(found, index)
