"""A warning: what it is about, how sure it is, why, and what it rests on."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MoneyText = Callable[[str, int], str]
"""How people read an amount: of a token's address and its smallest units."""


class Kind(StrEnum):
    """What is warned of, as `--kind` spells it."""

    LATE_DELIVERY = "late-delivery"
    PRICE_OUTLIER = "price-outlier"
    TRADE_RING = "trade-ring"
    SCAN_ANOMALY = "scan-anomaly"
    INSURER_CONCENTRATION = "insurer-concentration"
    CUSTOMS_REFUSALS = "customs-refusals"
    DUPLICATE_FINANCING = "duplicate-financing"


@dataclass(frozen=True, slots=True)
class Finding:
    """One warning.

    `score` from 0 to 1; what it means differs from kind to kind (`docs/risk-model.md`). `reason`
    is a clause for people. `subjects`: whom and what it is about, as `participant 7`, `order 0x…`,
    `batch …`. `evidence`: the numbers, orders and transactions behind it, ready for JSON.
    """

    kind: Kind
    score: float
    reason: str
    subjects: tuple[str, ...]
    evidence: tuple[dict[str, Any], ...] = ()


def percent(share: float) -> str:
    """A share as people read it."""
    return f"{share:.0%}".replace("%", " %")


def party(participant: int, account: str = "") -> str:
    """A participant by id, or an account of somebody who is not registered."""
    return f"participant {participant}" if participant else f"account {account}"
