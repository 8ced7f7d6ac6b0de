"""Fixed vectors that Solidity and Python both must meet: ratings, and the ids of orders.

`python tools/vectors.py` writes `tests/vectors/credit.json` and `tests/vectors/orders.json` from
the package. Numbers are decimal texts, because JSON's readers lose digits of large ones; columns
stand side by side, which Forge reads.
"""

import json
import random
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from entrepot.core import credit
from entrepot.core.messages import Consent, Order, contract_domain, shipment_id
from entrepot.core.signing import checksum_address, keccak

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "vectors"
SEED = 1
CHAINS = (1, 31_337, 2**63)


def documents() -> dict[str, Any]:
    """Content of each file by its name."""
    return {"credit.json": _credit(), "orders.json": _orders()}


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
