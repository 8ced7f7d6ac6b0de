"""What is planted in small histories is found, and clean ones are left alone."""

import math
import time
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.core.scans import Scan
from entrepot.core.shipments import DAY
from entrepot.services.books.entries import Suspicion
from entrepot.services.risk import chance, concentration, prices, refusals, rings, suspicions
from entrepot.services.risk.concentration import Capital, Cover
from entrepot.services.risk.findings import Kind
from entrepot.services.risk.history import Suspected
from entrepot.services.risk.prices import Sale
from entrepot.services.risk.refusals import Case
from entrepot.services.risk.rings import Payment
from entrepot.services.risk.suspicions import Attempts

SEEDS = range(20)
GTIN = 4_012_345_000_009


def text(token: str, units: int) -> str:
    return f"{units} {token}"


# --- rings


def payments(seed: int, count: int = 600, parties: int = 60, begins: int = 0) -> list[Payment]:
    """Trade in one direction, as it is: some make, some sell on, some buy."""
    source = Random(seed)
    found = []
    for number in range(count):
        payee = source.randrange(parties // 2)
        payer = source.randrange(payee + 1, parties)
        amount = round(math.exp(source.gauss(10, 1.5)))
        found.append(
            Payment(
                f"o{number:05}", begins + source.randrange(900 * DAY), payer, payee, "$", amount
            )
        )
    return found


def ring_of(members: list[int], rounds: int, amount: int = 50_000) -> list[Payment]:
    """Money that goes round, a little less of it each time."""
    return [
        Payment(
            f"ring{round_}-{i}", round_ * 40 * DAY + i * DAY, payer,
            members[(i + 1) % len(members)], "$", amount - 500 * i,
        )
        for round_ in range(rounds)
        for i, payer in enumerate(members)
    ]  # fmt: skip


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_finds_a_ring_and_names_it(size: int) -> None:
    members = [901, 902, 903, 904, 905][:size]
    (found,) = rings.rings([*payments(1), *ring_of(members, 3)])
    assert sorted(found.parties) == members
    assert len(found.rounds) == 3
    assert found.share == 1.0
    assert {each.order for each in found.payments} == {e.order for e in ring_of(members, 3)}


def test_a_ring_that_trades_with_others_too_scores_what_runs_in_it() -> None:
    other = [Payment(f"x{i}", i * DAY, 300 + i, 901, "$", 50_000) for i in range(5)]
    (found,) = rings.rings([*ring_of([901, 902], 2), *other])
    ran = 4 * (50_000 + 49_500)
    assert found.share == pytest.approx(ran / (ran + 5 * 50_000))
    assert rings.rings([*ring_of([901, 902], 1), *[replace(e, amount=10**6) for e in other]]) == []


def test_no_ring_without_order_in_time_similar_sums_or_in_too_long_a_time() -> None:
    ring = ring_of([1, 2, 3], 1)
    assert len(rings.rings(ring)) == 1
    assert rings.rings([*ring[:2], replace(ring[2], amount=30_000)]) == []
    assert rings.rings([*ring[:2], replace(ring[2], at=rings.WINDOW + 1)]) == []
    assert rings.rings([*ring[:2], replace(ring[2], token="€")]) == []
    backwards = [replace(each, at=(3 - i) * DAY * 50) for i, each in enumerate(ring)]
    assert rings.rings(backwards) == []
    assert rings.rings(ring_of([1, 2, 3, 4, 5, 6], 1)) == []


def test_clean_trade_has_no_rings() -> None:
    assert [rings.rings(payments(seed)) for seed in SEEDS] == [[] for _ in SEEDS]


def test_rings_are_rare_where_everybody_trades_with_everybody() -> None:
    """The hardest clean case: any of 60 sells to any other."""
    source = Random(3)
    alarms = [
        ring
        for seed in SEEDS
        for ring in rings.rings(
            [
                replace(each, payer=payer, payee=payee)
                for each in payments(seed)
                for payer, payee in [source.sample(range(60), 2)]
            ]
        )
    ]
    assert len(alarms) <= 1


def test_rings_are_looked_for_in_bounded_time() -> None:
    """A complete graph of 40, which has 16 million cycles of up to five, and a busy pair."""
    paid = [
        Payment(f"{a}-{b}", (a * 40 + b) % 97 * DAY, a, b, "$", 10**5)
        for a in range(40)
        for b in range(40)
        if a != b
    ]
    paid += [
        Payment(f"{i}", i, 50 + i % 2, 51 - i % 2, "$", 10**4 + i % 7 * 10**3)
        for i in range(10_000)
    ]
    begun = time.monotonic()
    rings.rings(paid)
    assert time.monotonic() - begun < 20


# --- prices


def sales(seed: int, count: int = 400, spread: float = 0.1) -> list[Sale]:
    source = Random(seed)
    usual = {product: math.exp(source.uniform(2, 8)) for product in range(4)}
    found = []
    for number in range(count):
        product = source.randrange(4)
        price = usual[product] * math.exp(source.gauss(0, spread))
        lane = source.randrange(6)
        found.append(Sale(f"{number:04}", number * DAY, "0x", 5, product, lane, "$", price))
    return found


@pytest.mark.parametrize("factor", [1 / 3, 3])
def test_finds_prices_that_are_out_of_line(factor: float) -> None:
    source = Random(11)
    hits = planted = alarms = rest = 0
    for seed in SEEDS:
        clean = sales(seed)
        bad = {each.id for each in source.sample(clean[100:], 6)}
        made = [
            replace(each, price=each.price * factor) if each.id in bad else each for each in clean
        ]
        found = {each.sale.id for each in prices.outliers(made)}
        hits, planted = hits + len(found & bad), planted + len(bad)
        alarms, rest = alarms + len(found - bad), rest + len(clean) - len(bad)
    assert hits / planted > 0.95
    assert alarms / rest < 0.002


def test_only_earlier_sales_are_the_measure() -> None:
    made = sales(1)
    cut = made[200].at
    other = [
        replace(each, price=each.price * 100, product=each.product % 2) if each.at >= cut else each
        for each in made
    ]
    before = [each for each in prices.outliers(made) if each.sale.at < cut]
    assert before == [each for each in prices.outliers(other) if each.sale.at < cut]


def test_sales_of_one_second_do_not_see_each_other() -> None:
    at_once = [Sale(f"{i}", 7, "0x", 5, GTIN, "lane", "$", 100.0) for i in range(9)]
    odd = replace(at_once[0], id="odd", price=400.0)
    assert prices.outliers([*at_once, odd]) == []
    assert len(prices.outliers([*at_once, replace(odd, at=8)])) == 1


def test_prices_of_long_ago_are_forgotten() -> None:
    def at_price(price: float, begins: int, count: int) -> list[Sale]:
        return [
            Sale(f"{begins + i:03}", begins + i, "0x", 5, GTIN, "lane", "$", price)
            for i in range(count)
        ]

    moved = [*at_price(100.0, 0, 60), *at_price(400.0, 100, prices.LATEST)]
    assert not [e for e in prices.outliers([*moved, *at_price(400.0, 200, 1)]) if e.sale.at == 200]
    assert [e for e in prices.outliers([*moved, *at_price(100.0, 200, 1)]) if e.sale.at == 200]


def test_falls_back_from_the_lane_to_the_product() -> None:
    usual = [Sale(f"{i}", i, "0x", 5, GTIN, "lane", "$", 100.0) for i in range(prices.LEAST_LANE)]
    odd = Sale("odd", 100, "0x", 5, GTIN, "lane", "$", 400.0)
    elsewhere = replace(odd, lane="other")
    (on_lane,), (on_all,) = (prices.outliers([*usual, each]) for each in (odd, elsewhere))
    assert (on_lane.is_lane, on_all.is_lane) == (True, False)
    assert on_lane.median == pytest.approx(100.0)
    assert prices.outliers([*usual[: prices.LEAST_PRODUCT - 1], odd]) == []
    assert prices.outliers([*usual, replace(odd, token="€")]) == []
    assert "4.0 times the median of 8 earlier sales" in prices._finding(on_lane, text).reason


# --- labels


def suspected(
    count: int, lot: str = "L1", kind: Suspicion = Suspicion.ACTIVATED_BEFORE
) -> Attempts:
    rows = [Suspected(i, f"0x{i}", GTIN, lot, str(i), kind) for i in range(count)]
    return Attempts(100 - count, rows)


def batches(source: Random, share: float, count: int = 30) -> dict[tuple[int, str], Attempts]:
    return {
        (GTIN, f"L{i}"): suspected(sum(source.random() < share for _ in range(100)), f"L{i}")
        for i in range(count)
    }


def test_finds_a_batch_that_is_cloned_more_than_the_others() -> None:
    tried = {**batches(Random(1), 0.02), (GTIN, "BAD"): suspected(15, "BAD")}
    (found,) = suspicions.activations(tried)
    assert found.kind is Kind.SCAN_ANOMALY
    assert found.subjects == (f"batch {GTIN:014} BAD",)
    assert "15 of 100 activations were suspect" in found.reason
    assert found.evidence[0]["suspected"] == 15
    late = suspected(9, "OLD", Suspicion.BATCH_RECALLED)
    (found,) = suspicions.activations({**batches(Random(2), 0.01), (GTIN, "OLD"): late})
    assert "9 of them after a recall" in found.reason


def test_finds_a_product_whose_batches_are_all_a_little_suspect() -> None:
    tried = {(GTIN + i, f"L{j}"): suspected(1) for i in range(9) for j in range(10)}
    tried |= {(GTIN + 9, f"L{j}"): suspected(4) for j in range(10)}
    (found,) = suspicions.activations(tried)
    assert found.subjects == (f"product {GTIN + 9:014}",)


def test_clean_batches_are_rarely_suspected() -> None:
    alarms = [suspicions.activations(batches(Random(seed), 0.02)) for seed in range(100)]
    assert sum(map(bool, alarms)) / len(alarms) <= chance.LEVEL
    assert suspicions.activations({}) == []
    assert suspicions.activations({(GTIN, "L"): suspected(50)}) == []


def test_finds_a_batch_whose_items_are_seen_in_two_places() -> None:
    def seen(lot: str, serial: int, at: int, north: int) -> Scan:
        return Scan(GTIN, lot, str(serial), at, north, 0)

    calm = [seen(f"L{i}", j, j, 0) for i in range(10) for j in range(10)]
    leaping = [seen("BAD", j, at, north) for j in range(4) for at, north in ((0, 0), (60, 10**6))]
    (found,) = suspicions.sightings([*calm, *leaping])
    assert found.subjects == (f"batch {GTIN:014} BAD",)
    assert [row["serial"] for row in found.evidence[1:]] == ["0", "1", "2", "3"]
    assert suspicions.sightings(calm) == []


# --- customs


def cases(source: Random, share: float, count: int = 300) -> list[Case]:
    ways = ("CN to FR", "IN to FR", "CN to DE", "VN to DE")
    return [
        Case(f"0x{i}", f"0x{i}", source.randrange(70, 76), source.randrange(50, 60),
             source.choice(ways), source.random() < share)
        for i in range(count)
    ]  # fmt: skip


def test_finds_a_broker_whom_customs_refuse() -> None:
    bad = [Case(f"0xb{i}", f"0xb{i}", 79, 50 + i % 10, "CN to FR", i < 8) for i in range(20)]
    (found,) = refusals.findings([*cases(Random(1), 0.04), *bad])
    assert found.subjects == ("participant 79",)
    assert "customs refused 8 of 20 decided cases of this declarant" in found.reason
    assert len(found.evidence) == 1 + 8


def test_even_refusals_are_rarely_suspect() -> None:
    alarms = [refusals.findings(cases(Random(seed), 0.05)) for seed in range(100)]
    assert sum(map(len, alarms)) / len(alarms) <= 3 * chance.LEVEL
    assert refusals.findings([]) == []


# --- insurers


def covers(carriers: list[int]) -> list[Cover]:
    return [
        Cover(f"0x{i}", 9, "0xpool", "$", 100,
              {"carrier": f"carrier {carrier}", "lane": f"lane {i}", "holder": f"account {i}"})
        for i, carrier in enumerate(carriers)
    ]  # fmt: skip


def test_finds_an_insurer_that_hangs_on_one_carrier() -> None:
    found = covers([1, 1, 1, 1, 2, 3, 4, 5])
    (warned,) = concentration.findings(found, [], text)
    assert warned.score == pytest.approx((16 + 4) / 64, abs=1e-4)
    assert "50 % of the open cover of 800 $ hangs on one carrier, carrier 1" in warned.reason
    assert concentration.findings(covers([1, 2, 3, 4, 5, 1, 2, 3]), [], text) == []
    assert concentration.findings(found[: concentration.LEAST_POLICIES - 1], [], text) == []


def test_finds_a_pool_that_has_promised_nearly_all_it_has() -> None:
    spread = covers([1, 2, 3, 4, 5, 6, 7, 8])
    (warned,) = concentration.findings(spread, [Capital("0xpool", 850)], text)
    assert "94 % of the pool's 850 $" in warned.reason
    assert concentration.findings(spread, [Capital("0xpool", 900)], text) == []


# --- chance


@given(st.integers(1, 60), st.data(), st.floats(0.01, 0.99))
def test_binomial_tail_is_the_sum_of_its_terms(
    cases: int, data: st.DataObject, share: float
) -> None:
    hits = data.draw(st.integers(0, cases))
    terms = [
        math.comb(cases, k) * share**k * (1 - share) ** (cases - k) for k in range(hits, cases + 1)
    ]
    assert chance.binomial_tail(hits, cases, share) == pytest.approx(math.fsum(terms), rel=1e-9)


def test_posterior_falls_with_every_hit() -> None:
    found = [chance.not_above(hits, 20, 0.1) for hits in range(21)]
    assert found == sorted(found, reverse=True)
    assert found[0] > 0.9
    assert found[10] < 1e-4
