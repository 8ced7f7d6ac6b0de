"""What readings are refused, how they arrive, and how they add up."""

import random
from dataclasses import astuple, replace

import pytest

from entrepot.core.messages import Extreme, Watch, contract_domain
from entrepot.core.roles import Function, Refusal

TEMPERATURE, HUMIDITY, SHOCK = range(3)
MINUTE, TEN_MINUTES = 60, 600
DAY = 86_400
UNSEEN = (0,) * 5


def test_records_what_a_device_signed_whoever_brings_it(
    shipped, batch, bring, arrival, keys, shipment_of, device_of, event
):
    readings = batch(shipped, 1)

    tx = bring(readings)

    assert tx.return_value == arrival.IN_ORDER
    assert event(tx, "ReadingsRecorded") == {
        "shipmentId": shipment_of(shipped),
        "device": keys.device.address,
        "arrival": arrival.IN_ORDER,
        "number": 1,
        "startedAt": shipped.ship_by,
        "interval": MINUTE,
        "count": 10,
        "root": readings.root,
        "extremes": ((HUMIDITY, 5_000, 5_000), (TEMPERATURE, 500, 500)),
    }
    assert device_of(shipped) == (1, shipped.ship_by + TEN_MINUTES, 1)


@pytest.fixture(scope="session")
def slots_written(web3, sensors):
    """How many words of the log a transaction changed."""

    def count(tx):
        options = [tx.txid, {"tracer": "prestateTracer", "tracerConfig": {"diffMode": True}}]
        after = web3.provider.make_request("debug_traceTransaction", options)["result"]["post"]
        return len(after[sensors.address.lower()]["storage"])

    return count


def test_readings_within_all_bands_write_the_devices_word_alone(
    shipped, batch, bring, extremes, seen, slots_written
):
    tx = bring(batch(shipped, 1, extremes=extremes(200, 800, (0, 6_000))))
    assert [seen(shipped, watch) for watch in range(3)] == [UNSEEN] * 3
    assert "WatchSnapshot" not in tx.events
    assert slots_written(tx) == 1
    tx = bring(batch(shipped, 2, TEN_MINUTES, extremes=extremes(801)))
    assert slots_written(tx) == 2


# What one batch from ship-by on does to a watch from 200 to 800: whether it adds to the durations,
# and its reading farthest outside.
OUTSIDE = {
    "above": (801, 900, True, 900),
    "below": (-300, 199, True, -300),
    "partly above": (800, 801, False, 801),
    "partly below": (199, 200, False, 199),
    "on both sides, farther above": (190, 811, False, 811),
    "on both sides, farther below": (188, 811, False, 188),
    "on both sides alike": (190, 810, False, 810),
    "the least": (-(2**31), -(2**31), True, -(2**31)),
    "the largest": (2**31 - 1, 2**31 - 1, True, 2**31 - 1),
}


@pytest.mark.parametrize("how", OUTSIDE)
def test_readings_outside_count_by_their_extremes(
    how, shipped, batch, bring, extremes, seen, shipment_of, event
):
    low, high, is_all, farthest = OUTSIDE[how]
    start = shipped.ship_by + 7

    tx = bring(batch(shipped, 1, 7, extremes=extremes(low, high)))

    durations = (TEN_MINUTES, TEN_MINUTES, start) if is_all else (0, 0, 0)
    facts = (start, *durations, farthest)
    assert seen(shipped) == facts
    assert event(tx, "WatchSnapshot") == {
        "shipmentId": shipment_of(shipped),
        "watch": 0,
        "facts": (*facts, tx.timestamp),
    }


def test_every_watch_of_the_device_and_no_other_sees_its_metric(
    shipped, batch, bring, extremes, seen
):
    tx = bring(batch(shipped, 1, extremes=extremes(5_000, humidity=(6_001, 6_002))))
    start = shipped.ship_by
    assert seen(shipped, 0) == (start, TEN_MINUTES, TEN_MINUTES, start, 5_000)
    assert seen(shipped, 1) == UNSEEN
    assert seen(shipped, 2) == (start, TEN_MINUTES, TEN_MINUTES, start, 6_002)
    assert [e["watch"] for e in tx.events["WatchSnapshot"]] == [0, 2]


def test_runs_add_up_while_nothing_comes_between_them(shipped, batch, bring, extremes, seen):
    start = shipped.ship_by
    bring(batch(shipped, 1, extremes=extremes(900)))
    bring(batch(shipped, 2, 600, extremes=extremes(100)))
    assert seen(shipped) == (start, 1_200, 1_200, start, 900)
    bring(batch(shipped, 3, 1_200))
    bring(batch(shipped, 4, 1_800, count=15, extremes=extremes(901)))
    assert seen(shipped) == (start, 2_100, 1_200, start, 901)
    bring(batch(shipped, 5, 2_700, count=6, extremes=extremes(850)))
    assert seen(shipped) == (start, 2_460, 1_260, start + 1_800, 901)
    bring(batch(shipped, 6, 3_061, extremes=extremes(850)))
    bring(batch(shipped, 7, 3_661, count=11, extremes=extremes(850)))
    assert seen(shipped) == (start, 3_720, 1_260, start + 1_800, 901)


def test_a_batch_that_is_partly_outside_breaks_a_run(shipped, batch, bring, extremes, seen):
    start = shipped.ship_by
    bring(batch(shipped, 1, extremes=extremes(900)))
    bring(batch(shipped, 2, 600, extremes=extremes(800, 900)))
    bring(batch(shipped, 3, 1_200, extremes=extremes(900)))
    assert seen(shipped) == (start, 1_200, 600, start, 900)


def test_late_readings_add_to_the_exposure_and_are_a_run_of_their_own(
    shipped, batch, bring, extremes, arrival, seen, event, shipment_of, keys, device_of
):
    start = shipped.ship_by
    bring(batch(shipped, 1, extremes=extremes(900)))
    tx = bring(batch(shipped, 3, 2_000, extremes=extremes(900)))
    assert event(tx, "GapFound") == {
        "shipmentId": shipment_of(shipped),
        "device": keys.device.address,
        "missing": 1,
        "from": start + 600,
        "until": start + 2_000,
    }
    assert device_of(shipped) == (3, start + 2_600, 0b101)

    tx = bring(batch(shipped, 2, 600, count=20, extremes=extremes(901)))
    assert tx.return_value == arrival.LATE
    assert "GapFound" not in tx.events
    assert seen(shipped) == (start, 2_400, 1_200, start + 600, 901)
    assert device_of(shipped) == (3, start + 2_600, 0b111)

    bring(batch(shipped, 4, 2_600, extremes=extremes(900)))
    assert seen(shipped) == (start, 3_000, 1_200, start + 600, 901)


def test_late_readings_may_be_the_first_that_were_outside(shipped, batch, bring, extremes, seen):
    bring(batch(shipped, 2, 600, extremes=extremes(900)))
    bring(batch(shipped, 1, 0, extremes=extremes(800, 801)))
    start = shipped.ship_by
    assert seen(shipped) == (start, 600, 600, start + 600, 900)


@pytest.mark.parametrize(
    ("start", "gap"),
    [(0, None), (60, None), (61, (0, 0, 61))],
    ids=["at once", "an interval later", "a second more"],
)
@pytest.mark.parametrize("number", [1, 2])
def test_a_gap_is_more_than_an_interval_without_readings(
    start, gap, number, shipped, batch, bring, event
):
    since = 0
    if number == 2:
        bring(batch(shipped, 1))
        since = 600
    tx = bring(batch(shipped, number, since + start))
    if gap is None:
        assert "GapFound" not in tx.events
    else:
        found = event(tx, "GapFound")
        known = shipped.ship_by + since
        assert (found["missing"], found["from"], found["until"]) == (0, known, known + 61)


def test_the_same_readings_again_change_nothing(
    shipped, batch, bring, extremes, arrival, seen, device_of
):
    readings = batch(shipped, 1, extremes=extremes(900))
    bring(readings)
    known = seen(shipped), device_of(shipped)
    for again in (readings, replace(readings, started_at=shipped.ship_by + 600)):
        tx = bring(again)
        assert tx.return_value == arrival.REPEATED
        assert set(tx.events.keys()) == {"ReadingsRecorded"}
        assert (seen(shipped), device_of(shipped)) == known


def test_readings_of_times_that_are_counted_change_nothing(
    shipped, batch, bring, extremes, arrival, seen, device_of
):
    bring(batch(shipped, 3, 600))
    known = device_of(shipped)
    for number, start in ((4, 1_199), (4, 0), (2, 601), (1, 1_200)):
        tx = bring(batch(shipped, number, start, extremes=extremes(900)))
        assert tx.return_value == arrival.OVERLAPPING
        assert set(tx.events.keys()) == {"ReadingsRecorded"}
    assert (seen(shipped), device_of(shipped)) == (UNSEEN, known)
    assert bring(batch(shipped, 4, 1_200)).return_value == arrival.IN_ORDER
    assert bring(batch(shipped, 2, 0)).return_value == arrival.LATE


def test_late_readings_count_up_to_127_numbers_behind(shipped, batch, bring, arrival, device_of):
    bring(batch(shipped, 1))
    bring(batch(shipped, 128, 6_000))
    assert device_of(shipped)[2] == 1 << 127 | 1
    assert bring(batch(shipped, 1)).return_value == arrival.REPEATED
    bring(batch(shipped, 200, 12_000))
    assert bring(batch(shipped, 72)).return_value == arrival.REPEATED
    assert bring(batch(shipped, 73)).return_value == arrival.LATE
    bring(batch(shipped, 2**32 - 1, 18_000))
    assert device_of(shipped)[2] == 1


class Model:
    """What a log should say, computed anew from all batches that count, as they arrived."""

    def __init__(self, low, high, shipped_at):
        self.low, self.high, self.shipped_at = low, high, shipped_at
        self.counted = []
        self.newest, self.end = 0, shipped_at

    def take(self, number, start, end, low, high):
        """How it arrives, and the gap before it as `(missing, from, until)`, if any."""
        gap = None
        if number > self.newest:
            if self.newest and start < self.end:
                return "OVERLAPPING", None
            missing = number - self.newest - 1
            if missing or start - self.end > MINUTE:
                gap = (missing, self.end, start)
            self.newest, self.end = number, end
            how = "IN_ORDER"
        elif number in {each[1] for each in self.counted} or self.newest - number > 127:
            return "REPEATED", None
        elif end > self.end:
            return "OVERLAPPING", None
        else:
            how = "LATE"
        self.counted.append((how, number, start, end, low, high))
        return how, gap

    def facts(self):
        """Breached at, exposure, longest, longest at, extreme."""
        outside, wholly = [], []
        for how, number, start, end, low, high in self.counted:
            since = max(start, self.shipped_at)
            is_wholly = high < self.low or low > self.high
            is_partly = since == start and (low < self.low or high > self.high)
            if is_wholly or is_partly:
                outside.append((how, number, since, end, low, high))
            if is_wholly:
                wholly.append(outside[-1])
        if not outside:
            return UNSEEN
        runs, current = [], None
        for how, _, start, end, _, _ in wholly:
            if how == "LATE":
                runs.append((start, end))
                continue
            joins = current is not None and current[1] == start
            current = (current[0], end) if joins else (start, end)
            runs.append(current)
        longest = max(runs, key=lambda run: run[1] - run[0], default=(0, 0))
        readings = [reading for each in outside for reading in (each[5], each[4])]
        return (
            min(each[2] for each in outside),
            sum(end - start for _, _, start, end, _, _ in wholly),
            longest[1] - longest[0],
            longest[0],
            max(readings, key=lambda reading: max(self.low - reading, reading - self.high)),
        )


def _journey(rng):
    """Batches in order, with gaps: number, start, count, least and largest reading.

    The first begins before the goods ship.
    """
    batches, time, number = [], -200, 0
    while len(batches) < 30:
        number += rng.choice([1, 1, 1, 1, 2, 40])
        time += rng.choice([0, 0, 0, 0, MINUTE, MINUTE + 1, 900])
        count = rng.randrange(4, 20)
        low, high = sorted(rng.choice([100, 199, 200, 500, 800, 801, 900]) for _ in range(2))
        batches.append((number, time, count, low, high if rng.random() < 0.5 else low))
        time += count * MINUTE
    return batches


def _gaps(tx):
    found = tx.events["GapFound"] if "GapFound" in tx.events else ()  # noqa: SIM401
    return [(e["missing"], e["from"], e["until"]) for e in found]


@pytest.mark.parametrize("seed", range(4))
def test_whatever_arrives_whenever_adds_up_to_what_the_model_says(
    seed, shipped, batch, bring, extremes, arrival, seen, device_of
):
    rng = random.Random(seed)
    # A late one is up to eight behind, some come twice, some say again what another one said.
    journey = _journey(rng)
    arriving = sorted(enumerate(journey), key=lambda each: each[0] + rng.choice([0, 0, 0, 3, 8]))
    arriving = [readings for _, readings in arriving]
    for _ in range(8):
        arriving.insert(rng.randrange(len(arriving)), rng.choice(journey))
        number, _, *rest = rng.choice(journey)
        arriving.insert(rng.randrange(len(arriving)), (number, rng.choice(journey)[1], *rest))
    model = Model(200, 800, shipped.ship_by)
    met = set()

    for number, offset, count, low, high in arriving:
        start = shipped.ship_by + offset
        how, gap = model.take(number, start, start + count * MINUTE, low, high)
        tx = bring(batch(shipped, number, offset, count=count, extremes=extremes(low, high)))
        assert tx.return_value == arrival[how]
        assert _gaps(tx) == ([gap] if gap else [])
        assert seen(shipped) == model.facts()
        assert device_of(shipped)[:2] == (model.newest, model.end)
        met.add(how)

    assert met == {each.name for each in arrival}


def test_durations_end_at_the_largest_number(shipped, batch, bring, extremes, seen, at):
    most, start = 2**32 - 1, shipped.ship_by
    at(start + 2**34, mine=True)
    half = {"interval": 2**15, "count": 2**16}
    bring(batch(shipped, 1, extremes=extremes(900), **half))
    bring(batch(shipped, 2, 2**31, extremes=extremes(900), count=1, interval=2**31 - 1))
    assert seen(shipped) == (start, most, most, start, 900)
    bring(batch(shipped, 3, 2**32 - 1, extremes=extremes(900), **half))
    assert seen(shipped) == (start, most, most, start, 900)
    bring(batch(shipped, 5, 2**33, extremes=extremes(900)))
    late = {"interval": 2**16, "count": 2**15}
    bring(batch(shipped, 4, 2**32 + 2**31, extremes=extremes(950), **late))
    assert seen(shipped) == (start, most, most, start, 950)


def test_late_readings_longer_than_any_duration_begin_when_they_began(
    shipped, batch, bring, extremes, seen, at
):
    at(shipped.ship_by + 2**34, mine=True)
    bring(batch(shipped, 2, 2**33 + 1))
    bring(batch(shipped, 1, 1, extremes=extremes(900), interval=2**20, count=2**13))
    most, start = 2**32 - 1, shipped.ship_by + 1
    assert seen(shipped) == (start, most, most, start, 900)


@pytest.mark.parametrize("signer", ["second_device", "carrier", "seller", "stranger"])
def test_reverts_when_another_than_the_device_signed(
    signer, shipped, batch, bring, sensors, keys, reverts
):
    with reverts(sensors, "SensorLog_InvalidSignature", keys.device.address):
        bring(batch(shipped, 1), signer=getattr(keys, signer))


@pytest.mark.parametrize(
    "change",
    [
        {"shipment_id": b"\1" * 32},
        {"device": "0x" + "11" * 20},
        {"number": 2},
        {"started_at": 1},
        {"interval": 61},
        {"count": 11},
        {"root": b"\1" * 32},
        {"extremes": ()},
        {"extremes": (Extreme(HUMIDITY, 5_000, 5_000), Extreme(TEMPERATURE, 500, 501))},
        {"extremes": (Extreme(TEMPERATURE, 500, 500), Extreme(HUMIDITY, 5_000, 5_000))},
    ],
    ids=str,
)
def test_reverts_when_something_else_was_signed(
    change, shipped, batch, sensors, watches, domains, keys, sender, reverts
):
    readings = batch(shipped, 1)
    signature = replace(readings, **change).sign(keys.device, domains.sensors)
    plan = [astuple(watch) for watch in watches]
    with reverts(sensors, "SensorLog_InvalidSignature", keys.device.address):
        sensors.record(astuple(readings), plan, signature, sender(keys.stranger))


@pytest.mark.parametrize("other", ["chain", "contract", "name"])
def test_reverts_when_it_was_signed_for_another_log(
    other, shipped, batch, bring, sensors, ledger, keys, chain, reverts
):
    name, number, contract = "Entrepot SensorLog", chain.id, sensors.address
    domain = {
        "chain": contract_domain(name, number + 1, contract),
        "contract": contract_domain(name, number, ledger.address),
        "name": contract_domain("Entrepot ShipmentLedger", number, contract),
    }[other]
    with reverts(sensors, "SensorLog_InvalidSignature", keys.device.address):
        bring(batch(shipped, 1), domain=domain)


@pytest.mark.parametrize("is_repeated", [False, True])
def test_a_revoked_device_stops_counting_and_what_arrived_stays(
    is_repeated, shipped, batch, bring, extremes, seen, device_of, registry, keys, sender, reverts
):
    first = batch(shipped, 1, extremes=extremes(900))
    bring(first)
    known = seen(shipped), device_of(shipped)
    registry.revokeKey(keys.device.address, sender(keys.carrier))
    refused = keys.device.address, Function.MEASURE, Refusal.REVOKED_KEY
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refused):
        bring(first if is_repeated else batch(shipped, 2, 600, extremes=extremes(900)))
    assert (seen(shipped), device_of(shipped)) == known
    assert known[0][1] == TEN_MINUTES


def test_reverts_when_nobody_granted_the_device(
    shipped, batch, bring, registry, keys, grant, seen, reverts
):
    other = keys.second_device
    readings = batch(shipped, 1, device=other.address)
    refused = other.address, Function.MEASURE, Refusal.UNKNOWN_KEY
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refused):
        bring(readings)
    grant(keys.warehouse, other, Function.MEASURE)
    bring(replace(readings, extremes=(Extreme(TEMPERATURE, -1, -1),)))
    assert seen(shipped, 1)[4] == -1


def test_reverts_when_the_device_may_do_other_things(
    shipped, batch, bring, registry, keys, grant, reverts
):
    grant(keys.carrier, keys.second_device, Function.HANDOVER)
    refused = keys.second_device.address, Function.MEASURE, Refusal.FUNCTION_NOT_GRANTED
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refused):
        bring(batch(shipped, 1, device=keys.second_device.address))


@pytest.mark.parametrize(
    "change",
    [
        lambda plan: [],
        lambda plan: plan[:-1],
        lambda plan: plan[::-1],
        lambda plan: [replace(plan[0], high=899), *plan[1:]],
        lambda plan: [*plan, Watch(plan[0].device, SHOCK, 0, 1)],
    ],
    ids=["none", "one missing", "in another order", "another band", "one more"],
)
def test_reverts_when_the_plan_is_another(
    change, shipped, batch, bring, sensors, ledger, watches, shipment_of, plan_hash, reverts
):
    wrong = change(watches)
    expected = bytes(ledger.planOf(shipment_of(shipped)))
    with reverts(sensors, "SensorLog_PlanMismatch", plan_hash(wrong), expected):
        bring(batch(shipped, 1), plan=wrong)


def test_reverts_given_there_is_no_plan(opened, ship, batch, bring, sensors, plan_hash, reverts):
    ship(opened)
    with reverts(sensors, "SensorLog_PlanMismatch", plan_hash([]), bytes(32)):
        bring(batch(opened, 1), plan=[])


def test_reverts_when_the_device_watches_nothing(
    shipped, batch, bring, sensors, keys, grant, staff_key, reverts
):
    grant(keys.carrier, staff_key, Function.MEASURE)
    readings = batch(shipped, 1, device=staff_key.address)
    with reverts(sensors, "SensorLog_NotWatching", staff_key.address):
        bring(readings, signer=staff_key)


def test_reverts_when_a_metric_that_is_watched_is_missing(shipped, batch, bring, sensors, reverts):
    for given, missing in ((TEMPERATURE, HUMIDITY), (HUMIDITY, TEMPERATURE)):
        with reverts(sensors, "SensorLog_MetricMissing", missing):
            bring(batch(shipped, 1, extremes=(Extreme(given, 500, 500),)))


def test_reverts_when_the_least_reading_is_above_the_largest(
    shipped, batch, bring, extremes, sensors, reverts
):
    with reverts(sensors, "SensorLog_InvalidExtreme", TEMPERATURE, 501, 500):
        bring(batch(shipped, 1, extremes=extremes(501, 500)))


def test_metrics_that_nobody_watches_do_not_matter(shipped, batch, bring, extremes, seen):
    bring(batch(shipped, 1, extremes=(Extreme(SHOCK, 2**31 - 1, -(2**31)), *extremes(500))))
    assert [seen(shipped, watch) for watch in range(3)] == [UNSEEN] * 3


@pytest.mark.parametrize("change", ["number", "interval", "count"])
def test_reverts_when_there_is_nothing_in_it(change, shipped, batch, bring, sensors, reverts):
    readings = replace(batch(shipped, 1), **{change: 0})
    refused = readings.number, readings.interval, readings.count
    with reverts(sensors, "SensorLog_InvalidReadings", *refused):
        bring(readings)


def _refused(readings, shipped_at, arrived_at=0):
    end = readings.started_at + readings.interval * readings.count
    return "SensorLog_OutsideJourney", readings.started_at, end, shipped_at, arrived_at


def test_reverts_given_the_goods_have_not_shipped(loaded, batch, bring, sensors, now, at, reverts):
    readings = batch(loaded, 1, started_at=now())
    at(now() + DAY)
    with reverts(sensors, *_refused(readings, 0)):
        bring(readings)


def test_reverts_when_readings_are_of_the_future(shipped, batch, bring, sensors, now, at, reverts):
    end = now() + DAY
    readings = batch(shipped, 1, end - shipped.ship_by - TEN_MINUTES)
    at(end - 1)
    with reverts(sensors, *_refused(readings, shipped.ship_by)):
        bring(readings)
    most = batch(shipped, 1, count=2**32 - 1, interval=2**32 - 1, started_at=2**40 - 1)
    with reverts(sensors, *_refused(most, shipped.ship_by)):
        bring(most)
    at(end)
    bring(readings)


def test_readings_of_before_the_goods_shipped_count_for_the_journey(
    shipped, batch, bring, extremes, sensors, seen, device_of, reverts
):
    start = shipped.ship_by
    before = batch(shipped, 1, -TEN_MINUTES, extremes=extremes(900))
    with reverts(sensors, *_refused(before, start)):
        bring(before)

    tx = bring(batch(shipped, 1, 1 - TEN_MINUTES, extremes=extremes(900)))

    assert seen(shipped) == (start, 1, 1, start, 900)
    assert device_of(shipped)[1] == start + 1
    assert "GapFound" not in tx.events
    bring(batch(shipped, 2, 1, extremes=extremes(900)))
    assert seen(shipped) == (start, TEN_MINUTES + 1, TEN_MINUTES + 1, start, 900)


def test_readings_beyond_the_journey_count_only_where_all_are_outside(
    shipped, batch, bring, extremes, arrival, seen
):
    tx = bring(batch(shipped, 1, -1, extremes=extremes(800, 900, (0, 6_001))))
    assert tx.return_value == arrival.IN_ORDER
    assert "WatchSnapshot" not in tx.events
    assert [seen(shipped, watch) for watch in range(3)] == [UNSEEN] * 3


@pytest.fixture(scope="session", params=["receipt", "tender"])
def arrive(request, ledger, deliver, keys, sender, at):
    """Goods arrive at a time, by a receipt or by a tender that is pending."""

    def go(order, time):
        at(time)
        if request.param == "receipt":
            deliver(order)
        else:
            ledger.tender(astuple(order), bytes(32), sender(keys.carrier))
        at(time + DAY, mine=True)

    return go


@pytest.mark.parametrize(("high", "seconds"), [(900, 100), (800, 0)], ids=["wholly", "partly"])
def test_once_the_goods_arrived_readings_count_for_the_journey(
    high, seconds, shipped, batch, bring, extremes, arrive, sensors, seen, now, reverts
):
    arrived_at = now() + DAY
    arrive(shipped, arrived_at)
    last = arrived_at - shipped.ship_by
    late = batch(shipped, 1, last, extremes=extremes(900))
    with reverts(sensors, *_refused(late, shipped.ship_by, arrived_at)):
        bring(late)
    bring(batch(shipped, 1, last - 700, extremes=extremes(900)))

    bring(batch(shipped, 2, last - 100, extremes=extremes(high, 950)))

    farthest = 950 if seconds else 900
    run = 600 + seconds
    assert seen(shipped) == (arrived_at - 700, run, run, arrived_at - 700, farthest)


def test_after_a_tender_that_is_rejected_later_readings_count(
    shipped, batch, bring, extremes, ledger, seen, keys, sender, now, at
):
    terms, tendered_at = astuple(shipped), now() + DAY
    at(tendered_at)
    ledger.tender(terms, bytes(32), sender(keys.carrier))
    at(tendered_at + DAY)
    ledger.dispute(terms, bytes(32), sender(keys.consignee))
    ledger.rule(terms, False, [], sender(keys.arbiter))
    bring(batch(shipped, 1, tendered_at + 1 - shipped.ship_by, extremes=extremes(900)))
    assert seen(shipped)[:2] == (tendered_at + 1, TEN_MINUTES)
