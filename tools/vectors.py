"""Fixed vectors that Solidity and Python both must meet: ratings, ids of orders, settlements.

`python tools/vectors.py` writes the files of `tests/vectors` from the package. Numbers are decimal
texts, because JSON's readers lose digits of large ones; columns stand side by side, or a row is one
list of numbers, which Forge reads.
"""

import json
import random
from collections.abc import Iterable
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Any

from eth_abi.abi import encode

from entrepot.core import credit, settlement
from entrepot.core.messages import Clauses, Consent, Order, Payee, contract_domain, shipment_id
from entrepot.core.signing import checksum_address, keccak

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "vectors"
SEED = 1
CHAINS = (1, 31_337, 2**63)
SETTLEMENTS = 300


def documents() -> dict[str, Any]:
    """Content of each file by its name."""
    return {"credit.json": _credit(), "orders.json": _orders(), "settlement.json": _settlements()}


def text(document: Any) -> str:
    """A document as it is kept."""
    return json.dumps(document, indent=1) + "\n"


def _columns(names: str, rows: Iterable[tuple[Any, ...]]) -> dict[str, list[str]]:
    columns = zip(*rows, strict=True)
    return {name: [str(int(v)) for v in c] for name, c in zip(names.split(), columns, strict=True)}


def _credit() -> dict[str, Any]:
    numbers = random.Random(SEED)
    half = credit.HALF_LIFE
    evidences = [0, 1, 2, 3, credit.POINT, credit.PRIOR + 1, 2**64 - 1, numbers.getrandbits(64)]
    times = [0, 1, half // 2, half - 1, half, half + 1, 7 * half, 63 * half + 5, 64 * half, 2**48]
    decays = [(e, t, credit.decay(e, t)) for e in evidences for t in times]
    amounts = [(0, 0), (0, 6), (999_999, 6), (10**6, 6), (3 * 10**6 - 1, 6), (3 * 10**6, 6)]
    amounts += [(numbers.getrandbits(bits), bits % 19) for bits in range(1, 129, 7)]
    weights = [(*amount, credit.weight_of(*amount)) for amount in amounts]
    balances = [(0, 0), (1, 0), (0, 1), (2**64 - 1, 2**64 - 1)]
    balances += [(2 ** (i % 37) * 10**6, 2 ** (i * 7 % 31) * 10**6) for i in range(40)]
    ratings = []
    for good, bad in balances:
        rating = credit.rate(good, bad)
        ratings.append((good, bad, rating.grade, rating.score, rating.confidence))
    return {
        "decay": _columns("evidence elapsed expected", decays),
        "weight": _columns("amount decimals expected", weights),
        "rating": _columns("good bad grade score confidence", ratings),
        "history": _columns(
            "at counterparty weight outcome good bad score confidence", _history(numbers)
        ),
    }


def _history(numbers: random.Random) -> Iterable[tuple[int, ...]]:
    """Trades of one seller with buyers new and old; its evidence and rating after each."""
    kept, now = credit.Evidence(), 1_700_000_000
    for step in range(60):
        now += numbers.randrange(90 * 86_400) if step % 5 else 0
        counterparty = numbers.choice(
            [0, 1, 2, 2047, 2048, 2049, 2**64 - 1, numbers.getrandbits(64)]
        )
        weight = numbers.choice([1, 11, 34, 2**16 - 1])
        outcome = credit.Outcome(numbers.randrange(3))
        kept.add(counterparty, *credit.seller_evidence(weight, outcome), now)
        rating = credit.rate(kept.good, kept.bad)
        yield (
            now,
            counterparty,
            weight,
            outcome,
            kept.good,
            kept.bad,
            rating.score,
            rating.confidence,
        )


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
        settlement.Facts(time(), time(), time(), number(80)),
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
        facts.shipped_at, facts.tendered_at, facts.delivered_at, facts.as_of,
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
