"""Premiums: how they move with what they depend on, and what they leave of simulated losses."""

import random
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pycountry
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from entrepot.core.cover import PerilKind
from entrepot.core.credit import Grade
from entrepot.core.losses import CARRIAGE, simulate_losses
from entrepot.core.metrics import Metric
from entrepot.core.pricing import (
    MAX_DAYS,
    WHOLE,
    Delay,
    Facts,
    Outside,
    Peril,
    Record,
    Terms,
    Voyage,
    expected_payout,
    payout,
    payout_bps,
    premium,
)
from entrepot.core.tariff import STANDARD, Mode, Season, Tariff, Zone, lateness, zone_of
from tools.tariff import derive

ROOT = Path(__file__).parents[2]
SCMS = ROOT.parent / "shared" / "data" / "scms_shipments.csv"
TEXT = (ROOT / "docs" / "insurance-model.md").read_text("utf-8")
AMOUNT = 10**10
WORST_FIRST = [grade for grade in Grade if grade is not Grade.NR]


def perils(kinds: st.SearchStrategy[PerilKind]) -> st.SearchStrategy[Peril]:
    def of_kind(kind: PerilKind) -> st.SearchStrategy[Peril]:
        if kind in (PerilKind.LOSS, PerilKind.DAMAGE):
            thresholds = st.integers(1, WHOLE)
        elif kind in (PerilKind.RUN, PerilKind.EXPOSURE):
            thresholds = st.integers(0, 10**6)
        else:
            thresholds = st.just(0)
        shares = st.integers(0, WHOLE)
        return st.builds(Peril, st.just(kind), thresholds, shares, st.sampled_from(Metric))

    return kinds.flatmap(of_kind)


ALL_PERILS = perils(st.sampled_from([*PerilKind][1:]))
DELAYS = st.builds(Delay, st.integers(0, 70), st.integers(0, 500))
TERMS = st.builds(
    Terms,
    st.none() | DELAYS,
    st.lists(ALL_PERILS, max_size=4).map(tuple),
    st.integers(0, 3_000),
    st.integers(0, WHOLE),
)
RECORDS = st.integers(0, 500).flatmap(lambda n: st.builds(Record, st.just(n), st.integers(0, n)))
COUNTRIES = st.sampled_from(["AU", "BR", "CN", "DE", "FR", "IN", "KE", "KZ", "AE", "US"])
VOYAGES = st.builds(
    Voyage,
    st.sampled_from(Mode),
    COUNTRIES,
    COUNTRIES,
    st.integers(1, 12),
    st.sampled_from(Grade),
    st.integers(0, MAX_DAYS - 1),
    RECORDS,
    RECORDS,
)
SECONDS = st.integers(0, 10**6)
FACTS = st.builds(
    Facts,
    st.integers(0, 200),
    st.dictionaries(st.sampled_from(Metric), st.builds(Outside, SECONDS, SECONDS)),
    st.integers(0, WHOLE),
    st.integers(0, WHOLE),
    st.booleans(),
    st.booleans(),
)


@given(TERMS, VOYAGES, st.integers(0, WHOLE))
def test_higher_cap_is_not_cheaper(terms: Terms, voyage: Voyage, cap: int) -> None:
    higher = replace(terms, cap_bps=max(cap, terms.cap_bps))
    assert premium(AMOUNT, terms, voyage) <= premium(AMOUNT, higher, voyage)


@given(TERMS, VOYAGES, st.integers(0, 2_000))
def test_higher_deductible_is_not_dearer(terms: Terms, voyage: Voyage, more: int) -> None:
    higher = replace(terms, deductible_bps=terms.deductible_bps + more)
    assert premium(AMOUNT, higher, voyage) <= premium(AMOUNT, terms, voyage)


@given(TERMS, VOYAGES, st.data())
def test_lower_threshold_is_not_cheaper(terms: Terms, voyage: Voyage, data: st.DataObject) -> None:
    assume(any(peril.threshold > 1 for peril in terms.perils))
    easier = tuple(
        replace(peril, threshold=data.draw(st.integers(1, peril.threshold)))
        if peril.threshold
        else peril
        for peril in terms.perils
    )
    lower = replace(terms, perils=easier)
    assert premium(AMOUNT, terms, voyage) <= premium(AMOUNT, lower, voyage)


@given(TERMS, VOYAGES, st.integers(0, 30), st.integers(0, 200))
def test_more_delay_cover_is_not_cheaper(
    terms: Terms, voyage: Voyage, days: int, rate: int
) -> None:
    delay = terms.delay or Delay(0, 0)
    more = Delay(max(delay.grace_days - days, 0), delay.bps_per_day + rate)
    wider = replace(terms, delay=more)
    assert premium(AMOUNT, terms, voyage) <= premium(AMOUNT, wider, voyage)


@given(TERMS, VOYAGES, st.sampled_from(WORST_FIRST[1:]))
def test_better_grade_is_not_dearer(terms: Terms, voyage: Voyage, grade: Grade) -> None:
    better = replace(voyage, grade=grade, late=Record(), outside=Record())
    worse = replace(better, grade=Grade(grade - 1))
    assert premium(AMOUNT, terms, better) <= premium(AMOUNT, terms, worse)


@given(TERMS, VOYAGES, RECORDS)
def test_worse_record_is_not_cheaper(terms: Terms, voyage: Voyage, record: Record) -> None:
    assume(record.events < record.shipments)
    worse = replace(record, events=record.events + 1)
    for name in ("late", "outside"):
        one, other = (replace(voyage, **{name: seen}) for seen in (record, worse))
        assert premium(AMOUNT, terms, one) <= premium(AMOUNT, terms, other)


@given(TERMS, VOYAGES, st.integers(0, 10**30))
def test_premium_is_never_below_the_minimum(terms: Terms, voyage: Voyage, amount: int) -> None:
    paid = premium(amount, terms, voyage)
    assert paid >= 1
    assert paid * WHOLE**2 >= amount * terms.cap_bps * STANDARD.minimum


@given(TERMS, FACTS, st.integers(0, 10**30))
def test_payout_is_never_above_the_cap(terms: Terms, facts: Facts, amount: int) -> None:
    assert 0 <= payout_bps(terms, facts) <= terms.cap_bps
    assert payout(amount, terms, facts) <= amount * terms.cap_bps // WHOLE


@given(TERMS, VOYAGES)
def test_expected_payout_without_deductible_and_cap_is_the_sum_of_its_parts(
    terms: Terms, voyage: Voyage
) -> None:
    def mean(part: Terms) -> Fraction:
        return expected_payout(10**8, replace(part, deductible_bps=0), voyage)

    small = replace(
        terms,
        delay=terms.delay and Delay(terms.delay.grace_days, terms.delay.bps_per_day % 20),
        perils=tuple(replace(peril, bps=peril.bps % 1_500) for peril in terms.perils),
        cap_bps=WHOLE,
    )
    parts = [replace(small, delay=None, perils=(peril,)) for peril in small.perils]
    parts.append(replace(small, perils=()))
    assert mean(small) == sum(map(mean, parts))


def test_premium_follows_the_season_the_route_and_the_mode() -> None:
    terms = Terms(Delay(3, 100), (), 0, 2_000)
    winter = Voyage(Mode.OCEAN, "US", "DE", 1, Grade.A)
    summer = replace(winter, month=6)
    monsoon, calm = (Voyage(Mode.OCEAN, "IN", "IN", month, Grade.A) for month in (7, 11))
    near = replace(winter, origin="FR")
    by_air = replace(winter, mode=Mode.AIR)
    for dear, cheap in ((winter, summer), (monsoon, calm), (winter, near), (winter, by_air)):
        assert premium(AMOUNT, terms, dear) > premium(AMOUNT, terms, cheap)


def test_record_counts_half_at_the_credibility() -> None:
    terms = Terms(Delay(0, 1), (), 0, WHOLE)
    voyage = Voyage(Mode.AIR, "IN", "KE", 4, Grade.A, late=Record())
    seen = replace(voyage, late=Record(STANDARD.credibility, 0))
    whole, half = (expected_payout(10**18, terms, one) for one in (voyage, seen))
    never = expected_payout(10**18, terms, replace(voyage, late=Record(10**9, 0)))
    assert abs((half - never) / (whole - never) - Fraction(1, 2)) < Fraction(1, 100)


def test_season_keeps_the_mean_of_the_year() -> None:
    for ends in STANDARD.ends.values():
        for season in (ends.storms, ends.heat):
            factors = [season.factor(month) for month in range(1, 13)]
            assert sum(factors) == 12
            assert 0 < min(factors) < factors[season.first - 1] == factors[season.last - 1]
    assert abs(sum(STANDARD.months) - 1200) <= 6


def test_every_country_lies_in_one_zone() -> None:
    found = [zone_of(country.alpha_2) for country in pycountry.countries]
    assert set(found) == set(Zone)


@pytest.mark.parametrize("country", ["XX", "de", ""])
def test_rejects_what_is_no_country(country: str) -> None:
    with pytest.raises(ValueError, match="is no country"):
        premium(1, Terms(None, (), 0, 1), Voyage(Mode.AIR, country, "DE", 1, Grade.A))


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: Delay(-1, 0), "grace days"),
        (lambda: Peril(PerilKind.RUN, -1, 1), "threshold"),
        (lambda: Peril(PerilKind.LOSS, 0, 1), "1 to 10,000"),
        (lambda: Peril(PerilKind.DAMAGE, 10_001, 1), "1 to 10,000"),
        (lambda: Peril(PerilKind.LEVEL, 1, 1), "LEVEL has no threshold"),
        (lambda: Terms(None, (Peril(PerilKind.LEVEL, 0, 1),) * 5, 0, 1), "4 perils"),
        (lambda: Terms(None, (), 0, 10_001), "cap"),
        (lambda: Record(1, 2), "record"),
        (lambda: Voyage(Mode.AIR, "DE", "DE", 13, Grade.A), "month"),
        (lambda: Voyage(Mode.AIR, "DE", "DE", 1, Grade.A, MAX_DAYS), "delays"),
        (lambda: premium(-1, Terms(None, (), 0, 1), Voyage(Mode.AIR, "DE", "DE", 1, 1)), "amount"),
    ],
)
def test_rejects_what_cannot_be_priced(build: Callable[[], object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        build()


@pytest.mark.skipif(not SCMS.exists(), reason="the real shipments are not beside this repository")
def test_constants_are_what_the_real_shipments_give() -> None:
    found = derive(SCMS)
    assert found.later == {mode: STANDARD.later[mode] for mode in found.later}
    assert set(STANDARD.later) - set(found.later) == {Mode.RAIL}
    assert not any(STANDARD.later[Mode.RAIL])
    assert found.months == STANDARD.months
    assert found.credibility == STANDARD.credibility
    for mode, lateness_of in found.lateness.items():
        seen, late, *_ = found.later[mode]
        drawn = CARRIAGE[mode]
        assert (drawn.log_mean, drawn.log_deviation) == lateness_of
        assert drawn.late == round(late / seen, 3)


def test_mode_without_shipments_is_priced_as_all_together() -> None:
    every = [sum(column) for column in zip(*STANDARD.later.values(), strict=True)]
    assert lateness(STANDARD, Mode.RAIL)[0] == Fraction(every[1], every[0])


POLICIES, CLASSES, SEED = 100_000, 1_500, 7
COVERS = {
    "delay": Terms(Delay(3, 100), (), 0, 2_000),
    "delay above a deductible": Terms(Delay(0, 200), (), 200, 5_000),
    "cold chain and delay": Terms(
        Delay(3, 100),
        (Peril(PerilKind.RUN, 14_400, 3_000), Peril(PerilKind.EXPOSURE, 43_200, 2_000)),
        0,
        5_000,
    ),
    "sensors": Terms(
        None,
        (
            Peril(PerilKind.LEVEL, 0, 500),
            Peril(PerilKind.RUN, 3_600, 1_500),
            Peril(PerilKind.LEVEL, 0, 300, Metric.SHOCK),
        ),
        300,
        2_500,
    ),
    "damage": Terms(
        None, (Peril(PerilKind.DAMAGE, 500, 3_000), Peril(PerilKind.DAMAGE, 2_500, 4_000)), 0, 7_000
    ),
    "loss": Terms(
        None, (Peril(PerilKind.LOSS, 500, 4_000), Peril(PerilKind.LOSS, WHOLE, 4_000)), 0, 8_000
    ),
    "refusal": Terms(None, (Peril(PerilKind.REFUSAL, 0, 5_000),), 0, 5_000),
    "everything": Terms(
        Delay(5, 100),
        (
            Peril(PerilKind.RUN, 7_200, 2_000),
            Peril(PerilKind.LOSS, 100, 3_000),
            Peril(PerilKind.DAMAGE, 1_000, 3_000),
            Peril(PerilKind.REFUSAL, 0, 5_000),
        ),
        200,
        6_000,
    ),
}
OFTEN = dict(zip(COVERS, (2, 2, 2, 2, 4, 2, 4, 2), strict=True))
WINTRY = ("US", "DE"), ("FR", "PL"), ("KZ", "DE"), ("DE", "FR"), ("US", "GB")
OTHER = (
    ("IN", "AE"),
    ("CN", "VN"),
    ("IN", "KE"),
    ("VN", "AU"),
    ("ZA", "ZM"),
    ("BR", "US"),
    ("CN", "DE"),
)
QUARTERS = "Dec–Feb", "Mar–May", "Jun–Aug", "Sep–Nov"
GRADES = {Grade.AAA: 1, Grade.AA: 2, Grade.A: 2, Grade.BBB: 1, Grade.BB: 1, Grade.NR: 2}
Sold = tuple[Voyage, str, int]


@pytest.fixture(scope="module")
def portfolio() -> list[tuple[Sold, list[int]]]:
    """Policies by class, and what each of them paid."""
    draw = random.Random(SEED)
    classes: list[Sold] = []
    for _ in range(CLASSES):
        origin, destination = draw.choice((*WINTRY, *OTHER))
        (grade,) = draw.choices(list(GRADES), GRADES.values())
        voyage = Voyage(draw.choice(list(Mode)), origin, destination, draw.randint(1, 12), grade)
        (cover,) = draw.choices(list(COVERS), OFTEN.values())
        classes.append((voyage, cover, draw.randint(20_000, 60_000) * 10**6))
    chosen = draw.choices(range(CLASSES), k=POLICIES)
    paid: list[list[int]] = [[] for _ in classes]
    voyages = (classes[number][0] for number in chosen)
    for number, facts in zip(chosen, simulate_losses(voyages, SEED), strict=True):
        _, cover, amount = classes[number]
        paid[number].append(payout(amount, COVERS[cover], facts))
    return list(zip(classes, paid, strict=True))


def loss_ratios(
    portfolio: list[tuple[Sold, list[int]]], tariff: Tariff
) -> dict[tuple[str, str], float]:
    """Claims for each unit of premium by kind of class and class."""
    claims: dict[tuple[str, str], int] = defaultdict(int)
    premiums: dict[tuple[str, str], int] = defaultdict(int)
    for (voyage, cover, amount), paid in portfolio:
        one = premium(amount, COVERS[cover], voyage, tariff)
        lanes = "wintry" if (voyage.origin, voyage.destination) in WINTRY else "other"
        for key in (
            ("all policies", ""),
            ("mode", voyage.mode.name),
            ("season", f"{lanes} {QUARTERS[voyage.month % 12 // 3]}"),
            ("cover", cover),
        ):
            claims[key] += sum(paid)
            premiums[key] += one * len(paid)
    return {key: claims[key] / premiums[key] for key in premiums}


def bands() -> dict[str, tuple[float, float]]:
    """The bands that the documentation states."""
    rows = re.findall(r"^\| (.+?) \| ([0-9.]+) to ([0-9.]+) \|", TEXT, re.M)
    return {name.split(",")[0]: (float(low), float(high)) for name, low, high in rows}


def outside_band(ratios: dict[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    stated = bands()
    return {
        key: ratio
        for key, ratio in ratios.items()
        if not stated[key[0]][0] <= ratio <= stated[key[0]][1]
    }


def test_loss_ratio_of_simulated_policies_stays_within_the_stated_band(
    portfolio: list[tuple[Sold, list[int]]],
) -> None:
    assert sum(len(paid) for _, paid in portfolio) == POLICIES
    ratios = loss_ratios(portfolio, STANDARD)
    assert len(ratios) == 1 + len(Mode) + 2 * len(QUARTERS) + len(COVERS)
    assert outside_band(ratios) == {}


CALM = Season(1, 1, 100)
WRONG = {
    "no storms": replace(
        STANDARD, ends={zone: replace(end, storms=CALM) for zone, end in STANDARD.ends.items()}
    ),
    "no grades": replace(STANDARD, grades=dict.fromkeys(Grade, 100)),
    "delays doubled": replace(
        STANDARD,
        later={
            mode: (seen, *(2 * count for count in later))
            for mode, (seen, *later) in STANDARD.later.items()
        },
    ),
    "ocean as punctual as air": replace(
        STANDARD, later={**STANDARD.later, Mode.OCEAN: STANDARD.later[Mode.AIR]}
    ),
    "excursions doubled": replace(
        STANDARD,
        outside={
            metric: {mode: 2 * often for mode, often in rates.items()}
            for metric, rates in STANDARD.outside.items()
        },
    ),
    "damage doubled": replace(
        STANDARD, damaged={mode: 2 * often for mode, often in STANDARD.damaged.items()}
    ),
    "refusals doubled": replace(
        STANDARD,
        ends={zone: replace(end, refusals=2 * end.refusals) for zone, end in STANDARD.ends.items()},
    ),
    "no loading": replace(STANDARD, loading=0),
}


@pytest.mark.parametrize("tariff", WRONG.values(), ids=WRONG.keys())
def test_wrong_tariff_leaves_the_band(
    portfolio: list[tuple[Sold, list[int]]], tariff: Tariff
) -> None:
    assert outside_band(loss_ratios(portfolio, tariff))


def test_simulation_repeats_itself_from_its_seed() -> None:
    voyages = [Voyage(Mode.OCEAN, "CN", "US", 8, Grade.D)] * 200
    assert list(simulate_losses(voyages, 1)) == list(simulate_losses(voyages, 1))
    assert list(simulate_losses(voyages, 1)) != list(simulate_losses(voyages, 2))
