"""What a run did, in figures."""

from dataclasses import dataclass, field

from entrepot.services.shipment_csv import Rejection


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast a run was beside what its node can take.

    `ceiling_per_second`: the same signed transactions in the same blocks on a fresh devnet of the
    same kind, nothing signed and no receipt read; None where it was not measured.
    """

    transactions_per_second: float
    ceiling_per_second: float | None
    ratio: float | None


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did, as the chain's events say; money in cents, rounded down once, at the end."""

    topology: str
    source: str
    orders: int
    rejected_rows: int
    rejected: list[Rejection]
    released: int
    refunded: int
    cancelled: int
    funded_cents: int
    released_cents: int
    refunded_cents: int
    held_cents: int
    late: int
    policies: int
    claims: int
    claims_paid_cents: int
    premiums_cents: int
    participants: int
    product_lines: int
    batches: int
    transactions: int
    gas_used: int
    seconds: float
    rate: Rate
    peak_memory_mb: int
    money: dict[str, int] = field(default_factory=dict)
    gas_by_action: dict[str, int] = field(default_factory=dict)
