"""What a run did, in figures."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from entrepot.core.money import cents_of_units
from entrepot.core.settlement import Purpose
from entrepot.network.deployments import Deployment
from entrepot.network.transactions import Block, Totals
from entrepot.services.books import Books, OrderState, PolicyState
from entrepot.services.shipment_csv import Rejection


@dataclass(frozen=True, slots=True)
class Run:
    """What a run leaves: its deployment, names by id, books, blocks as sent, and its time.

    `seconds`: from the first transaction to the last checked receipt. `ended_at`: the chain's time.
    """

    deployment: Deployment
    names: dict[int, str]
    books: Books
    totals: Totals
    blocks: Sequence[Block]
    seconds: float
    ended_at: int


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast a run was beside what its node can take.

    `ceiling_per_second`: the same signed transactions in the same blocks on a fresh devnet of the
    same kind, nothing signed and no receipt read; None where it was not
    measured, or its devnet failed.
    """

    transactions_per_second: float
    ceiling_per_second: float | None
    ratio: float | None


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did, as the chain's events say; money in cents, rounded down once, at the end.

    `peak_memory_mb`: of the process and of the devnet that it started, in MiB.
    """

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


def figures(books: Books, dollar: str) -> dict[str, int]:
    """What the books alone say of a run: everything in a summary that an audit can check.

    Money is that in `dollar`, the deployment's token.
    """
    ends = [entry.state for entry in books.orders.values()]
    covers = list(books.policies.values())
    money = {name: cents_of_units(units) for name, units in _money(books, dollar).items()}
    return {
        "orders": len(books.orders),
        "released": ends.count(OrderState.RELEASED),
        "refunded": ends.count(OrderState.REFUNDED),
        "cancelled": ends.count(OrderState.AGREED),
        **{f"{name}_cents": cents for name, cents in money.items()},
        "late": sum(
            books.orders[shipment.order_id].order.deliver_by < shipment.facts["deliveredAt"]
            for shipment in books.shipments.values()
        ),
        "policies": len(covers),
        "claims": sum(entry.state is PolicyState.PAID for entry in covers),
        "participants": len(books.participants),
        "product_lines": len(books.lines),
        "batches": len(books.batches),
    }


def summarize(
    run: Run,
    source: str,
    rejected: Sequence[Rejection],
    ceiling: float | None,
    memory_mb: int,
) -> Summary:
    """The figures of a run, money from its books; `ceiling` in transactions per second."""
    totals = run.totals
    rate = totals.transactions / run.seconds
    dollar = run.deployment.contracts["TestDollar"].address
    return Summary(
        topology=run.deployment.topology,
        source=source,
        rejected_rows=len(rejected),
        rejected=list(rejected),
        **figures(run.books, dollar),
        transactions=totals.transactions,
        gas_used=totals.gas_used,
        seconds=round(run.seconds, 3),
        rate=Rate(
            transactions_per_second=round(rate, 1),
            ceiling_per_second=ceiling and round(ceiling, 1),
            ratio=ceiling and round(rate / ceiling, 3),
        ),
        peak_memory_mb=memory_mb,
        money={f"{name}_units": units for name, units in _money(run.books, dollar).items()},
        gas_by_action={
            label: gas // totals.by_label[label]
            for label, gas in sorted(totals.gas_by_label.items())
        },
    )


def _money(books: Books, dollar: str) -> dict[str, int]:
    """In token units; what goes back to buyers is `refunded`, be it by deadline or by consent, and
    all else that is paid `released`.
    """
    covers = books.policies.values()
    orders = [entry for entry in books.orders.values() if entry.order.token == dollar]
    funded = sum(entry.order.amount for entry in orders)
    refunded = sum(p.amount for e in orders for p in e.payments if p.purpose is Purpose.REFUND)
    return {
        "funded": funded,
        "released": funded - refunded - sum(entry.left for entry in orders),
        "refunded": refunded,
        "held": books.escrow_owes(dollar),
        "claims_paid": sum(entry.paid_units for entry in covers),
        "premiums": sum(e.quote.premium for e in covers if e.state is not PolicyState.VOID),
    }
