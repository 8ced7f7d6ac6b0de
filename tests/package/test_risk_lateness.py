"""Forecasts of late deliveries: what they see, what they must not see, and what they say."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot.core.shipments import DAY, Shipment
from entrepot.services.progress import Silent
from entrepot.services.risk import evaluation, lateness
from entrepot.services.risk.evaluation import MODEL, SELLER, Forecast, forecasts
from entrepot.services.risk.lateness import Example, examples, learn
from entrepot.services.risk.track_record import ASPECTS, PRIOR, as_decided, as_of
from entrepot.services.risk.voyages import Voyage, of_shipment

START = int(datetime(2010, 1, 1, tzinfo=UTC).timestamp())
WORST = 7


def drawn(count: int, seed: int = 1, worst: float = 0.6, others: float = 0.1) -> list[Voyage]:
    """Voyages over three years; one seller is late more often than the others."""
    source = Random(seed)
    found = []
    for number in range(count):
        seller = source.choice((*range(10), WORST, WORST))
        decided = START + source.randrange(3 * 365 * DAY)
        due = decided + source.randrange(10, 60) * DAY
        is_late = source.random() < (worst if seller == WORST else others)
        arrived = due + source.randrange(1, 20) * DAY if is_late else due - source.randrange(DAY)
        parties = seller, source.randrange(20, 30), source.randrange(40, 44)
        found.append(
            Voyage(f"{number:05}", *parties, decided, due, source.randrange(10**9), False, arrived)
        )
    return found


VOYAGES = drawn(1_000)
CUT = START + 690 * DAY
"""In the middle of a quarter."""


def scrambled(voyages: list[Voyage], at: int, seed: int) -> list[Voyage]:
    """The same until a time; after it others sell to others, and everything ends otherwise."""
    source = Random(seed)
    found = []
    for each in voyages:
        if each.decided_at >= at:
            decided = at + source.randrange(400 * DAY)
            each = replace(
                each, seller=source.randrange(10), buyer=source.randrange(20, 30),
                carrier=source.randrange(40, 44), amount=source.randrange(10**12),
                is_insured=source.random() < 0.5, decided_at=decided,
                deliver_by=decided + source.randrange(90 * DAY),
            )  # fmt: skip
        if each.deliver_by >= at:
            late = source.choice([None, each.deliver_by + DAY, max(each.deliver_by, at)])
            each = replace(each, arrived_at=late)
        found.append(each)
    source.shuffle(found)
    return found


def until(
    found: Iterator[Forecast], at: int
) -> dict[str, tuple[dict[str, float], dict[str, float]]]:
    return {
        each.voyage.id: (each.scores, each.thresholds)
        for each in found
        if each.voyage.decided_at < at
    }


def test_forecasts_of_the_past_stay_the_same_when_the_future_is_shuffled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = {name: evaluation.METHODS[name] for name in (MODEL, SELLER, "logistic regression")}
    monkeypatch.setattr(evaluation, "METHODS", kept)
    told = until(forecasts(VOYAGES, Silent()), CUT)
    other = until(forecasts(scrambled(VOYAGES, CUT, 5), Silent()), CUT)
    assert len(told) > 300
    assert told == other


@st.composite
def histories(draw: st.DrawFn) -> list[Voyage]:
    numbers = st.integers(0, 3)
    times = st.integers(0, 400).map(lambda day: START + day * DAY)
    found = []
    for number in range(draw(st.integers(1, 25))):
        decided = draw(times)
        due = decided + draw(st.integers(0, 90)) * DAY
        ends = st.none() | st.integers(-30, 60).map(lambda days, due=due: due + days * DAY)
        arrived, ended = draw(ends), draw(ends)
        found.append(
            Voyage(f"{number:03}", draw(numbers), draw(numbers), draw(numbers), decided, due,
                   draw(st.integers(0, 10**12)), draw(st.booleans()), arrived, ended)
        )  # fmt: skip
    return found


@given(histories(), st.integers(0, 500), st.integers(0, 2**32))
@settings(max_examples=200, deadline=None)
def test_what_is_known_then_hangs_on_nothing_that_came_later(
    voyages: list[Voyage], day: int, seed: int
) -> None:
    """Features of whatever was decided before a time, and of an open order at that time."""
    at = START + day * DAY
    future = [replace(each, ended_at=None) if each.deliver_by >= at else each for each in voyages]
    other = scrambled(future, at, seed)
    asked = [each for each in voyages if each.decided_at < at][:3]

    def known(found: list[Voyage]) -> dict[str, object]:
        return {each.id: traits for each, traits in as_decided(found) if each.decided_at < at}

    assert known(voyages) == known(other)
    assert as_of(voyages, asked, at) == as_of(other, asked, at)


@given(histories(), st.data())
@settings(max_examples=200, deadline=None)
def test_an_outcome_counts_from_its_deadline_on(voyages: list[Voyage], data: st.DataObject) -> None:
    changed = data.draw(st.sampled_from(voyages))
    flipped = replace(
        changed, ended_at=None, arrived_at=None if not changed.is_late else changed.decided_at
    )
    after = [flipped if each.id == changed.id else each for each in voyages]
    pairs = zip(as_decided(voyages), as_decided(after), strict=True)
    differing = {one.decided_at for (one, seen), (_, seen_after) in pairs if seen != seen_after}
    assert all(at > changed.deliver_by for at in differing)
    if not changed.is_void:
        late = [each for each in voyages if each.decided_at > changed.deliver_by]
        assert bool(late) == bool(differing)


def test_decision_on_a_row_does_not_follow_from_its_delivery() -> None:
    row = Shipment("1", "b", "s", "c", "p", 100, 0, date(2014, 5, 1), date(2014, 4, 1), None)
    late = replace(row, delivered=date(2014, 6, 1))
    for ordered in (None, date(2014, 3, 1), date(2014, 4, 15), date(2014, 5, 15)):
        early_one, late_one = (of_shipment(replace(each, ordered=ordered)) for each in (row, late))
        assert replace(early_one, arrived_at=late_one.arrived_at) == late_one
        assert late_one.is_late
        assert not early_one.is_late
    assert not of_shipment(replace(row, ordered=date(2014, 4, 15))).is_forecast


def test_shares_are_drawn_towards_that_of_all_and_forget() -> None:
    due = START + 10 * DAY
    lone = [Voyage(f"{i}", 1, 2, 3, START, due, 1, False, due + DAY) for i in range(3)]
    (traits,) = as_of(lone, [replace(lone[0], decided_at=due)], due)
    assert traits.shares[0].total == 0
    (soon,) = as_of(lone, lone[:1], due + 1)
    assert (soon.shares[0].late, soon.shares[0].total) == (3, 3)
    overall = (3 + 0.1) / 4
    assert soon.overall.value == pytest.approx(overall)
    assert soon.shares[0].value == pytest.approx((3 + PRIOR * overall) / (3 + PRIOR))
    (later,) = as_of(lone, lone[:1], due + 365 * DAY)
    assert later.overall.value == pytest.approx((1.5 + 0.1) / 2.5)


def test_called_off_orders_teach_nothing() -> None:
    due = START + 10 * DAY
    off = Voyage("1", 1, 2, 3, START, due, 1, False, ended_at=due)
    assert as_of([off], [off], due + DAY)[0].overall.total == 0
    refunded = replace(off, ended_at=due + DAY)
    assert as_of([refunded], [refunded], due + DAY)[0].overall.late == 1
    assert examples([off]) == []


def open_at(voyages: list[Voyage], now: int) -> list[Voyage]:
    """Voyages as a chain knows them at a time: nothing of what comes later."""
    return [
        replace(each, arrived_at=None) if each.arrived_at and each.arrived_at > now else each
        for each in voyages
        if each.decided_at <= now
    ]


def test_warns_of_the_seller_who_is_late_and_says_so() -> None:
    now = START + 1_000 * DAY
    seen = open_at(drawn(4_000), now)
    found = lateness.findings(seen, now)
    is_open = [e for e in seen if e.arrived_at is None and e.deliver_by >= now]
    worst = {f"order {each.id}" for each in is_open if each.seller == WORST}
    warned = {each.subjects[0] for each in found}
    assert len(worst) > 5
    assert len(warned & worst) / len(worst) > 0.8
    assert len(warned - worst) / (len(is_open) - len(worst)) < 0.1
    worst_found = max((each for each in found if each.subjects[0] in worst), key=lambda e: e.score)
    assert f"seller {WORST}" in worst_found.reason
    assert 0.3 < worst_found.score < 0.9
    (evidence,) = worst_found.evidence
    assert evidence.keys() == {"order", "deliver_by", "threshold", "all", *ASPECTS}


def test_says_when_there_is_too_little_to_learn_from() -> None:
    due = START + 10 * DAY
    past = [
        Voyage(f"{i}", i % 2, 2, 3, START, due, 1, False, due + (DAY if i % 2 else -DAY))
        for i in range(12)
    ]
    coming = [Voyage(f"open {i}", i, 2, 3, due, due + 30 * DAY, 1, False) for i in range(2)]
    (found,) = lateness.findings([*past, *coming], due + DAY)
    assert found.subjects[0] == "order open 1"
    assert "too few for a model" in found.reason
    assert "seller 1 was late 6 of 6 times" in found.reason
    assert lateness.findings(coming, due + DAY) == []
    assert lateness.findings(past, due + DAY) == []


def test_a_worse_record_never_lowers_the_probability() -> None:
    known = examples(VOYAGES)
    model = learn(known, START + 3 * 365 * DAY).score
    for traits in [each.traits for each in known[-50:]]:
        for i in range(len(ASPECTS)):
            share = traits.shares[i]
            ladder = [
                replace(
                    traits,
                    shares=(
                        *traits.shares[:i],
                        replace(share, value=value),
                        *traits.shares[i + 1 :],
                    ),
                )
                for value in (0.01, 0.1, 0.3, 0.6, 0.9)
            ]
            scores = model(ladder).tolist()
            assert scores == sorted(scores)


def test_thresholds_are_chosen_by_models_that_were_older_than_what_they_forecast() -> None:
    taught: list[tuple[int, int]] = []

    def spy(known: Sequence[Example], at: int) -> lateness.Scorer:
        taught.append((max(each.deliver_by for each in known), at))
        return lateness.seller_share(known, at)

    learn(examples(VOYAGES), CUT, spy)
    (last, at), (last_before, at_before) = sorted(taught, reverse=True)
    assert last_before < at_before < last < at == CUT


def test_a_forecaster_learns_from_the_past_alone() -> None:
    known = examples(VOYAGES)
    future = [each for each in known if each.deliver_by >= CUT]
    turned = [
        Example(each.traits, not each.is_late, each.decided_at, each.deliver_by) for each in future
    ]
    past = [each for each in known if each.deliver_by < CUT]
    one, other = learn([*past, *future], CUT), learn([*past, *turned], CUT)
    asked = [each.traits for each in future]
    assert one.is_model
    assert (one.threshold, one.late) == (other.threshold, other.late)
    assert one.score(asked).tolist() == other.score(asked).tolist()
