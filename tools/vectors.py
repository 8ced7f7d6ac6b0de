"""Fixed vectors that Solidity and Python both must meet: ratings, ids of orders, settlements, what
happens to cargo.

`python tools/vectors.py` writes the files of `tests/vectors` from the package. Numbers are decimal
texts, because JSON's readers lose digits of large ones; columns stand side by side, or a row is one
list of numbers, which Forge reads.
"""

import json
import random
from collections.abc import Iterable
from dataclasses import asdict, astuple, replace
from pathlib import Path
from typing import Any

from eth_abi.abi import encode

from entrepot.core import cover, credit, exposures, liability, readings, settlement
from entrepot.core.messages import (
    Clauses,
    Consent,
    Extreme,
    Order,
    Payee,
    Quote,
    Readings,
    Watch,
    contract_domain,
    shipment_id,
)
from entrepot.core.roles import Role
from entrepot.core.signing import checksum_address, keccak

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "vectors"
SEED = 1
CHAINS = (1, 31_337, 2**63)
SETTLEMENTS = 300


def documents() -> dict[str, Any]:
    """Content of each file by its name."""
    return {
        "cargo.json": _cargo(),
        "credit.json": _credit(),
        "orders.json": _orders(),
        "settlement.json": _settlements(),
    }


def text(document: Any) -> str:
    """A document as it is kept."""
    return json.dumps(document, indent=1) + "\n"


def _columns(names: str, rows: Iterable[tuple[Any, ...]]) -> dict[str, list[str]]:
    columns = zip(*rows, strict=True)
    return {name: [str(int(v)) for v in c] for name, c in zip(names.split(), columns, strict=True)}


def _credit() -> dict[str, Any]:
    numbers = random.Random(SEED)
    half = credit.HALF_LIFE
    times = [0, 1, half // 3, half // 2, half - 1, half, half + 1, 7 * half, 63 * half + 5]
    times += [64 * half - 1, 64 * half, 2**48, *(numbers.randrange(2**31) for _ in range(40))]
    amounts = [(0, 0), (0, 6), (999_999, 6), (10**6, 6), (3 * 10**6 - 1, 6), (3 * 10**6, 6)]
    amounts += [(numbers.getrandbits(bits), bits % 19) for bits in range(1, 129, 7)]
    weights = [(*amount, credit.weight_of(*amount)) for amount in amounts]
    balances = [(0, 0), (1, 0), (0, 1), (2**48 - 1, 2**48 - 1)]
    balances += [(2 ** (i % 37) * 10**6, 2 ** (i * 7 % 31) * 10**6) for i in range(40)]
    ratings = []
    for number, (good, bad) in enumerate(balances):
        elapsed = times[number % len(times)]
        rating = credit.rate(good, bad, elapsed)
        ratings.append((good, bad, elapsed, rating.grade, rating.score, rating.confidence))
    record = credit.CreditRecord()
    history = list(_history(numbers, record))
    moments = [at for at, *_ in history] + [at - 1 for at, *_ in history]
    moments += [numbers.randrange(history[0][0], history[-1][0] + 9 * half) for _ in range(400)]
    return {
        "left": _columns("elapsed expected", [(each, credit.left(each)) for each in times]),
        "weight": _columns("amount decimals expected", weights),
        "rating": _columns("good bad elapsed grade score confidence", ratings),
        "history": _columns(
            "at counterparty weight outcome is_seller good bad count score confidence", history
        ),
        "grades": _columns("at grade", [(each, record.grade_at(each)) for each in moments]),
    }


def _history(numbers: random.Random, record: credit.CreditRecord) -> Iterable[tuple[int, ...]]:
    """Trades of one participant, who sells to and buys from parties new and old; its evidence in
    the role of the trade and its rating over both after each.
    """
    now = 1_700_000_000
    for step in range(160):
        if step % 5:
            now += numbers.randrange(numbers.choice([1, 90, 900]) * 86_400)
        counterparty = numbers.choice([1, 2, 2047, 2048, 2049, 2**64 - 1, numbers.getrandbits(63)])
        weight = numbers.choice([1, 11, 34, 2**16 - 1 if step > 120 else 20])
        outcome = credit.TradeOutcome(numbers.choice([0, 0, 0, 0, 0, 1, 2, 3, 4]))
        role = numbers.choice(
            [Role.SELLER, Role.SELLER, Role.BUYER] if step > 40 else [Role.SELLER]
        )
        of_role = credit.of_seller if role is Role.SELLER else credit.of_buyer
        record.add(role, counterparty, of_role(weight, outcome), now)
        kept, rating = record.by_role[role], record.rating(now)
        trade = now, counterparty, weight, outcome, role is Role.SELLER
        yield *trade, kept.good, kept.bad, kept.count, rating.score, rating.confidence


def _orders() -> list[dict[str, str]]:
    numbers = random.Random(SEED)
    return [_order(numbers, width) for width in ("none", "some", "some", "some", "all")]


def _order(numbers: random.Random, width: str) -> dict[str, str]:
    def bits(size: int) -> int:
        if width == "some":
            return numbers.getrandbits(size)
        return 2**size - 1 if width == "all" else 0

    def address() -> str:
        return checksum_address(bits(160).to_bytes(20))

    order = Order(
        token=address(),
        amount=bits(128),
        buyer=address(),
        seller=address(),
        buyer_id=bits(64),
        seller_id=bits(64),
        carrier_id=bits(64),
        consignee_id=bits(64),
        arbiter_id=bits(64),
        source=address(),
        open_by=bits(40),
        ship_by=bits(40),
        deliver_by=bits(40),
        refund_after=bits(40),
        acceptance_window=bits(32),
        arbitration_period=bits(32),
        uphold_by_default=bool(bits(1)),
        goods=bits(256).to_bytes(32),
        salt=bits(256).to_bytes(32),
        clauses=bits(256).to_bytes(32),
    )
    chain_id, contract = numbers.choice(CHAINS), checksum_address(keccak(order.salt)[12:])
    domain = contract_domain("Entrepot TradeEscrow", chain_id, contract)
    order_id = order.digest(domain)
    document = {
        **asdict(order),
        "chain_id": chain_id,
        "contract": contract,
        "domain": domain,
        "order_id": order_id,
        "shipment_id": shipment_id(order_id, order.source),
        "consent": Consent(order_id, 10_000, 2**40 - 1).digest(domain),
    }
    return {name: _plain(value) for name, value in document.items()}


def _settlements() -> list[list[str]]:
    numbers = random.Random(SEED)
    return [[str(int(each)) for each in _settlement(numbers)] for _ in range(SETTLEMENTS)]


def _settlement(numbers: random.Random) -> Iterable[int]:
    """A case, and what becomes of it. Times are so small that they often meet."""

    def number(below: int) -> int:
        return numbers.randrange(below)

    def address() -> str:
        return f"0x{1 + number(2**160 - 1):040x}"

    def time() -> int:
        return number(30) if number(4) else 0

    amount = numbers.choice([1, 10_007, 10**18, 2**128 - 1])
    payees = tuple(Payee(address(), number(1 + amount // 2)) for _ in range(number(4)))
    shares = sorted(number(10_001) for _ in range(3))
    duty = number(min(amount, 2**88)) if number(2) else 0
    clauses = Clauses(
        conditions=1 + number(15),
        inspection_window=number(10),
        on_shipped=shares[0],
        on_cleared=shares[1] - shares[0],
        on_delivered=shares[2] - shares[1],
        customs_id=number(2),
        treasury=address(),
        duty_cap=duty,
        payees=payees,
    )
    times = [10 + number(30) for _ in range(2)]
    order = Order(
        address(), amount, address(), address(), 1, 2, 3, 4, 5, address(), 0, times[0], 0,
        times[1], number(5), number(5), bool(number(2)), bytes(32), bytes(32),
    )  # fmt: skip
    paid = number(16) if number(2) else 0
    case = settlement.Case(
        settlement.Facts(time(), time(), time(), number(80), bool(number(2))),
        settlement.Customs(
            numbers.choice(list(settlement.CustomsState)),
            time(), time(), number(2 * duty + 1), number(80),
        ),
        0 if number(3) else time(), paid, number(duty + 1) if paid >> 3 else 0, address(),
    )  # fmt: skip
    last = max(times) + order.acceptance_window + order.arbitration_period
    last += clauses.inspection_window
    now = numbers.choice(
        [number(40), number(80), last, last + 1, last + settlement.STALL + number(2)]
    )
    wanted = numbers.choice([settlement.ALL_DUES, settlement.DUTY_ALONE])
    share = numbers.choice([0, 1, number(10_001), settlement.WHOLE])

    facts, customs = case.facts, case.customs
    yield from (
        amount, int(order.buyer, 16), order.ship_by, order.refund_after, order.acceptance_window,
        order.arbitration_period, order.uphold_by_default,
        clauses.conditions, clauses.inspection_window, clauses.on_shipped, clauses.on_cleared,
        clauses.on_delivered, clauses.customs_id, int(clauses.treasury, 16), duty,
        facts.shipped_at, facts.tendered_at, facts.delivered_at, facts.as_of, facts.is_tendered,
        customs.state, customs.released_at, customs.final_at, customs.duty, customs.as_of,
        case.contested_at, case.paid, case.duty_paid, int(case.seller_side, 16),
        now, wanted, share, len(payees),
    )  # fmt: skip
    for payee in payees:
        yield from (int(payee.account, 16), payee.cap)
    yield from astuple(settlement.judge(order, clauses, case, now))
    for payments, mask in (
        settlement.dues_of(order, clauses, case),
        settlement.divide(order, clauses, case, wanted, share),
    ):
        values = [[astuple(payment) for payment in payments], mask]
        yield int.from_bytes(keccak(encode(["(uint8,address,uint256)[]", "uint8"], values)))


def _cargo() -> dict[str, list[list[str]]]:
    numbers = random.Random(SEED)
    return {
        name: [[str(int(each)) for each in row(numbers)] for _ in range(count)]
        for name, row, count in (
            ("devices", _device, 40),
            ("readings", _readings, 20),
            ("legs", _legs, 200),
            ("perils", _perils, 200),
            ("claims", _claim, 500),
        )
    }


def _device(numbers: random.Random) -> Iterable[int]:
    """Batches of a device on a shipment as they arrive, and what is known of it after each."""
    step, shipped = numbers.choice([1, 60, 2**31]), 1_000
    arrived = numbers.choice([0, shipped + step * numbers.randrange(1, 60)])
    watch = Watch(f"0x{1:040x}", 0, -200, 800)
    record, journey = exposures.SensorRecord((watch,)), exposures.Journey(shipped, arrived)
    number, at, rows = 0, shipped - step * numbers.randrange(2) // 2, []
    for _ in range(numbers.randrange(1, 25)):
        number = max(1, number + numbers.choice([1, 1, 1, 1, 2, 0, -1, -2, 127, 128, -127, -128]))
        at = max(1, at + step * numbers.choice([0, 0, 0, 0, 1, 3, -1, -2]))
        ends = sorted(
            numbers.choice([-30_000, -500, -201, -200, 0, 800, 801, 900, 2**31 - 1])
            for _ in range(2)
        )
        count, extreme = numbers.randrange(1, 4), Extreme(0, *ends)
        batch = Readings(bytes(32), watch.device, number, at, step, count, bytes(32), (extreme,))
        if journey.part(batch) is None:
            continue
        arrival, gap, _ = record.record(batch, journey)
        device = record.devices.get(watch.device, exposures.Device())
        word = record.seen.get(0, exposures.Exposure()).word
        found = (*astuple(device), *(astuple(gap) if gap else (0, 0, 0)), word)
        rows += [(number, at, step, count, *(each % 2**32 for each in ends), arrival, *found)]
        if arrival is exposures.Arrival.IN_ORDER:
            at = exposures.ended_at(batch)
    yield from (shipped, arrived, watch.low % 2**32, watch.high, len(rows))
    for row in rows:
        yield from row


def _readings(numbers: random.Random) -> Iterable[int]:
    """A batch, the hash of what is signed of it, and the proof of one of its readings."""
    metrics = numbers.sample(range(3), numbers.randrange(1, 4))
    series = [
        (50 + 10 * i, tuple(numbers.randrange(-(2**31), 2**31) for _ in metrics))
        for i in range(numbers.randrange(1, 12))
    ]
    number, device = numbers.randrange(1, 2**32), f"0x{numbers.getrandbits(160):040x}"
    shipment = numbers.getrandbits(256).to_bytes(32)
    batch = readings.batch(shipment, device, number, metrics, 10, series)
    yield from (int.from_bytes(shipment), int(device, 16), number, 50, 10, len(series))
    yield int.from_bytes(batch.readings.root)
    yield len(metrics)
    for extreme in batch.readings.extremes:
        yield from (each % 2**32 for each in astuple(extreme))
    yield int.from_bytes(batch.readings.struct_hash())
    index = numbers.randrange(len(series))
    siblings = readings.prove(batch, index)
    yield from (index, *(value % 2**32 for value in series[index][1]))
    yield from (len(siblings), *(int.from_bytes(each) for each in siblings))


def _legs(numbers: random.Random) -> Iterable[int]:
    """Legs of a shipment, or legs that are not its own; who held the goods, and who was late."""

    def time() -> int:
        return numbers.randrange(1, 60)

    order = _deadlines(numbers)
    times = sorted(time() for _ in range(numbers.randrange(6)))
    legs = [
        liability.Leg(
            numbers.randrange(1, 5) if i else order.carrier_id,
            at,
            numbers.choice([0, 0, time()]),
            numbers.choice([0, 0, numbers.getrandbits(128)]),
        )
        for i, at in enumerate(times)
    ]
    shipped = times[0] if times else 0
    delivered = numbers.choice([0, max(times, default=0) + numbers.randrange(9)])
    facts = settlement.Facts(shipped, 0, delivered, time())
    chain = liability.chain_of(legs)
    match numbers.randrange(8):
        case 0:
            legs = legs[1:]
        case 1:
            legs.append(liability.Leg(3, 50))
        case 2:
            facts = settlement.Facts(shipped and shipped + 1, 0, delivered, time())
        case 3:
            legs = legs[::-1]
    at = time()
    yield from (order.carrier_id, order.ship_by, order.deliver_by, order.refund_after)
    yield from (facts.shipped_at, facts.delivered_at, facts.as_of, int.from_bytes(chain), at)
    yield len(legs)
    for leg in legs:
        yield from astuple(leg)
    yield liability.is_genuine(order, facts, chain, legs)
    yield liability.holder_at(facts, legs, at)
    yield from liability.delays(order, facts, legs)


def _deadlines(numbers: random.Random) -> Order:
    """An order whose times often meet others."""
    amount = numbers.choice([1, 10_007, 10**18, 2**128 - 1])
    address = f"0x{1:040x}"
    times = (0, *(numbers.randrange(1, 60) for _ in range(3)))
    return Order(
        address, amount, address, address, 1, 2, 3, 4, 5, address, *times, 0, 0, False, bytes(32),
        bytes(32),
    )  # fmt: skip


def _perils(numbers: random.Random) -> Iterable[int]:
    """Perils, well spelt or not."""
    perils = cover.pack(list(_some_perils(numbers)))
    if numbers.randrange(2):
        perils ^= 1 << numbers.randrange(256)
    yield from (perils, *cover.checked(perils), cover.mask_of(perils))


def _some_perils(numbers: random.Random) -> Iterable[cover.Peril]:
    for _ in range(numbers.choice([0, 1, 2, 3, 4, 4])):
        kind = numbers.choice(list(cover.PerilKind)[1:])
        threshold = numbers.choice([0, 1, 9, 10, 100, 10_000, 10_001, 2**32 - 1])
        if kind in (cover.PerilKind.LEVEL, cover.PerilKind.REFUSAL) and numbers.randrange(9):
            threshold = 0
        bps = numbers.choice([0, 1, 2_500, 10_000, 10_001])
        watch = numbers.choice([0, 0, 1, 7, 8]) if kind.is_watched else numbers.randrange(5) // 4
        yield cover.Peril(kind, bps, watch, threshold)


def _claim(numbers: random.Random) -> Iterable[int]:
    """A policy and its facts, what a claim decides, and what is reserved instead."""

    def day(odds: int = 1) -> int:
        late = numbers.randrange(80) * 86_400 + numbers.choice([0, 0, 1, 86_399])
        return late + 1 if numbers.randrange(odds + 1) else 0

    while True:
        perils = list(_some_perils(numbers))
        if cover.checked(cover.pack(perils))[0]:
            break
    order = _deadlines(numbers)
    ship_by, deliver_by, refund_after = sorted(1 + day(9) for _ in range(3))
    order = replace(order, ship_by=ship_by, deliver_by=deliver_by, refund_after=refund_after)
    quote = Quote(
        bytes(32), f"0x{2:040x}", f"0x{3:040x}", 1, 0, 0,
        numbers.randrange(5), numbers.choice([0, 100, 700, 10_000]),
        numbers.choice([0, 2_000, 10_000]), 0, bytes(32),
        deductible_bps=numbers.choice([0, 0, 150, 3_000]), perils=cover.pack(perils),
        plan=(numbers.randrange(4) // 2).to_bytes(32),
        reporting_period=numbers.choice([0, 5 * 86_400]),
    )  # fmt: skip
    shipped = max(1, ship_by - numbers.randrange(5 * 86_400))
    shipped = numbers.choice([0, day(9), *[shipped] * 8])
    delivered = numbers.choice([0, shipped and shipped + day(9)])
    exposed = [(day(2), numbers.choice([0, 1, 10, 11, 5_000]), numbers.choice([0, 10, 101]))]
    exposed += [(0, 0, 0)] * 7
    seen = cover.Seen(
        facts=settlement.Facts(shipped, numbers.choice([0, 0, day()]), delivered, day(9)),
        cargo=cover.CargoFacts(*(numbers.choice([0, 0, 1, 99, 100, 4_000]) for _ in range(2))),
        customs=settlement.Customs(
            numbers.choice(list(settlement.CustomsState)), 0, day(), 0, day(9)
        ),
        watches={
            i: exposures.Exposure(breached_at=at, exposure=total, longest=longest)
            for i, (at, total, longest) in enumerate(exposed)
        },
        plan=numbers.choice([*[quote.plan] * 8, bytes(31) + b"\x02"]),
        ended_at=numbers.choice([0, 0, 0, shipped + day()]),
    )
    seen = replace(seen, is_agreed=seen.ended_at != 0 and numbers.randrange(3) == 0)
    fired = numbers.choice([0, 0, numbers.randrange(32)])
    fired &= cover.mask_of(quote.perils) | 1 << cover.DELAY
    before = cover.Decision(fired, numbers.choice([0, 1, 500, 2_600, 30_000]) if fired else 0)
    incepted = numbers.choice([*[1] * 8, day(9)])

    facts, customs = seen.facts, seen.customs
    yield from (order.amount, order.ship_by, order.deliver_by, order.refund_after)
    yield from (quote.grace_days, quote.bps_per_day, quote.cap_bps, quote.deductible_bps)
    yield from (quote.perils, int.from_bytes(quote.plan), quote.reporting_period)
    yield from (incepted, before.fired, before.gross_bps)
    yield from (facts.shipped_at, facts.tendered_at, facts.delivered_at, facts.as_of)
    yield from (*astuple(seen.cargo)[:2], customs.state, customs.final_at, customs.as_of)
    yield from exposed[0]
    yield from (int.from_bytes(seen.plan), seen.ended_at, seen.is_agreed)

    is_void = cover.is_unattached(order, quote, incepted, seen, is_begun=before.fired != 0)
    decision = cover.decide(order, quote, before, seen)
    paid = cover.units_of(order.amount, cover.net_of(quote, before.gross_bps))
    net = cover.units_of(order.amount, cover.net_of(quote, decision.gross_bps))
    yield from (is_void, *astuple(decision), net - paid)
    yield 0 if is_void else cover.reserve_of(order, quote, before, seen)[0]


def _plain(value: int | str | bytes) -> str:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return value if isinstance(value, str) else str(int(value))


def main() -> None:
    """Writes the files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, document in documents().items():
        (FOLDER / name).write_text(text(document), "utf-8")


if __name__ == "__main__":
    main()
