"""The state of a deployment, rebuilt from its events alone.

`rebuild` reads no storage. What the events themselves make impossible, such as an order that ends
twice, is kept in `Books.contradictions`; `services/audit.py` compares the rest with the chain.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from entrepot.core import credit
from entrepot.core.credit import Evidence, Outcome
from entrepot.core.messages import Order, Quote
from entrepot.core.roles import Function, Role, mask
from entrepot.network.contracts import Event
from entrepot.services.events import Record

ZERO = "0x" + "0" * 40


class OrderState(IntEnum):
    """Where an order stands, as the escrow numbers it."""

    NONE = 0
    OPEN = 1
    RELEASED = 2
    REFUNDED = 3
    CANCELLED = 4


class PolicyState(IntEnum):
    """Where a policy stands, as the insurance numbers it."""

    NONE = 0
    ACTIVE = 1
    PAID = 2
    EXPIRED = 3
    VOID = 4


class BatchState(IntEnum):
    """Where a batch stands, as the label registry numbers it."""

    NONE = 0
    COMMITTED = 1
    RECALLED = 2


@dataclass(slots=True)
class BatchEntry:
    """A batch: root, size and expiry as they were committed."""

    committed: tuple[bytes, int, int]
    state: BatchState = BatchState.COMMITTED


@dataclass(slots=True)
class OrderEntry:
    """An order and its end; times in seconds UTC."""

    order: Order
    weight: int
    opened_at: int
    state: OrderState = OrderState.OPEN
    ended_at: int = 0


@dataclass(slots=True)
class PolicyEntry:
    """A policy and its end; `paid_units` in the token's smallest unit.

    `is_cancelled`: its order was cancelled before it ended.
    """

    quote: Quote
    weight: int
    incepted_at: int
    state: PolicyState = PolicyState.ACTIVE
    ended_at: int = 0
    paid_units: int = 0
    is_cancelled: bool = False


@dataclass(slots=True)
class ShipmentEntry:
    """A shipment: its order and its last snapshot, as the event has it."""

    order_id: bytes
    facts: dict[str, int]


@dataclass(slots=True)
class KeyEntry:
    """A root or a function key; `parent` is the zero address where a root granted it."""

    participant_id: int
    parent: str
    functions: int
    level: int
    expiry: int
    is_root: bool
    is_revoked: bool = False


@dataclass(slots=True)
class Pool:
    """The insurer's pool, in token units and in shares."""

    locked: int = 0
    liabilities: int = 0
    first_loss: int = 0
    deferred: Counter[str] = field(default_factory=Counter)
    exits: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(slots=True)
class Books:
    """Everything that the events say."""

    participants: dict[int, tuple[str, int]] = field(default_factory=dict)
    keys: dict[str, KeyEntry] = field(default_factory=dict)
    lines: dict[int, tuple[int, int]] = field(default_factory=dict)
    batches: dict[tuple[int, bytes], BatchEntry] = field(default_factory=dict)
    orders: dict[bytes, OrderEntry] = field(default_factory=dict)
    shipments: dict[bytes, ShipmentEntry] = field(default_factory=dict)
    policies: dict[bytes, PolicyEntry] = field(default_factory=dict)
    covered: Counter[bytes] = field(default_factory=Counter)
    evidence: defaultdict[tuple[int, Role], Evidence] = field(
        default_factory=lambda: defaultdict(Evidence)
    )
    listings: dict[str, int] = field(default_factory=dict)
    pools: dict[str, bool] = field(default_factory=dict)
    is_opening_paused: bool = False
    is_underwriting_paused: bool = False
    deferred: Counter[tuple[str, str]] = field(default_factory=Counter)
    balances: Counter[str] = field(default_factory=Counter)
    shares: Counter[str] = field(default_factory=Counter)
    pool: Pool = field(default_factory=Pool)
    contradictions: list[str] = field(default_factory=list)
    events: int = 0

    def held_units(self) -> int:
        """What the escrow owes: the price of every open order and every payment that waits."""
        opened = (e.order.amount for e in self.orders.values() if e.state is OrderState.OPEN)
        return sum(opened) + sum(self.deferred.values())

    def order_units(self, *states: OrderState) -> int:
        """Sum of the prices of the orders in one of the states, in token units."""
        return sum(e.order.amount for e in self.orders.values() if e.state in states)


def rebuild(records: Iterable[Record]) -> Books:
    """The books after the events, which must be all of a deployment's, in order."""
    books = Books()
    for record in records:
        books.events += 1
        handler = _HANDLERS.get((record.contract, record.event.name))
        if handler is not None:
            handler(books, record.event.args, record.event)
    return books


def rating_of(
    books: Books, number: int, now: int, roles: Iterable[Role] = tuple(Role)
) -> credit.Rating:
    """Rating of a participant over the roles at a time, seconds UTC."""
    sides = [
        books.evidence[number, role].at(now) for role in roles if (number, role) in books.evidence
    ]
    return credit.rate(sum(good for good, _ in sides), sum(bad for _, bad in sides))


def _registered(books: Books, args: dict[str, Any], _: Event) -> None:
    books.participants[args["id"]] = (args["root"], args["roles"])
    books.keys[args["root"]] = KeyEntry(args["id"], ZERO, _ALL_FUNCTIONS, 0, 2**40 - 1, True)


def _roles_changed(books: Books, args: dict[str, Any], _: Event) -> None:
    root, _roles = books.participants[args["id"]]
    books.participants[args["id"]] = (root, args["roles"])


def _key_granted(books: Books, args: dict[str, Any], _: Event) -> None:
    granter = books.keys[args["granter"]]
    books.keys[args["key"]] = KeyEntry(
        participant_id=args["participantId"] if granter.is_root else 0,
        parent=ZERO if granter.is_root else args["granter"],
        functions=args["functions"],
        level=args["level"],
        expiry=args["expiry"],
        is_root=False,
    )


def _key_revoked(books: Books, args: dict[str, Any], _: Event) -> None:
    books.keys[args["key"]].is_revoked = True


def _line_registered(books: Books, args: dict[str, Any], event: Event) -> None:
    books.lines[args["gtin"]] = (args["producerId"], event.timestamp)


def _batch_committed(books: Books, args: dict[str, Any], _: Event) -> None:
    batch = args["batch"]
    books.batches[args["gtin"], args["lot"]] = BatchEntry(
        (batch["root"], batch["size"], batch["expiresAt"])
    )


def _batch_recalled(books: Books, args: dict[str, Any], _: Event) -> None:
    books.batches[args["gtin"], args["lot"]].state = BatchState.RECALLED


def _order_opened(books: Books, args: dict[str, Any], event: Event) -> None:
    if args["orderId"] in books.orders:
        books.contradictions.append(f"Order 0x{args['orderId'].hex()} was opened twice.")
    order = Order(*args["order"].values())
    books.orders[args["orderId"]] = OrderEntry(order, args["weight"], event.timestamp)


def _order_ended(state: OrderState) -> "_Handler":
    def handle(books: Books, args: dict[str, Any], event: Event) -> None:
        name = f"Order 0x{args['orderId'].hex()}"
        entry = books.orders.get(args["orderId"])
        if entry is None or entry.state is not OrderState.OPEN:
            books.contradictions.append(f"{name} ended without being open.")
            return
        order = entry.order
        payee = order.seller if state is OrderState.RELEASED else order.buyer
        if (args["payee"], args["amount"]) != (payee, order.amount):
            books.contradictions.append(
                f"{name} paid {args['amount']} to {args['payee']}, not {order.amount} to {payee}."
            )
        entry.state, entry.ended_at = state, event.timestamp

    return handle


def _escrow_deferred(books: Books, args: dict[str, Any], _: Event) -> None:
    books.deferred[args["token"], args["payee"]] += args["amount"]


def _escrow_withdrawn(books: Books, args: dict[str, Any], _: Event) -> None:
    books.deferred[args["token"], args["payee"]] -= args["amount"]


def _token_listed(books: Books, args: dict[str, Any], _: Event) -> None:
    books.listings[args["token"]] = args["decimals"]


def _token_unlisted(books: Books, args: dict[str, Any], _: Event) -> None:
    books.listings.pop(args["token"], None)


def _opening_paused(books: Books, args: dict[str, Any], _: Event) -> None:
    books.is_opening_paused = args["isPaused"]


def _shipment_created(books: Books, args: dict[str, Any], _: Event) -> None:
    books.shipments[args["shipmentId"]] = ShipmentEntry(args["orderId"], {})


def _shipment_snapshot(books: Books, args: dict[str, Any], _: Event) -> None:
    entry = books.shipments[args["shipmentId"]]
    facts = args["facts"]
    if facts["sequence"] < entry.facts.get("sequence", 0):
        books.contradictions.append(f"Shipment 0x{args['shipmentId'].hex()} went back in time.")
    entry.facts = facts


def _policy_incepted(books: Books, args: dict[str, Any], event: Event) -> None:
    if args["policyId"] in books.policies:
        books.contradictions.append(f"Policy 0x{args['policyId'].hex()} began twice.")
    quote = Quote(*args["quote"].values())
    books.policies[args["policyId"]] = PolicyEntry(quote, args["weight"], event.timestamp)
    books.covered[quote.order_id] += quote.maximum


def _policy_ended(state: PolicyState) -> "_Handler":
    def handle(books: Books, args: dict[str, Any], event: Event) -> None:
        entry = books.policies.get(args["policyId"])
        if entry is None or entry.state is not PolicyState.ACTIVE:
            books.contradictions.append(
                f"Policy 0x{args['policyId'].hex()} ended without being active."
            )
            return
        entry.state, entry.ended_at = state, event.timestamp
        entry.paid_units = args["amount"] if state is PolicyState.PAID else 0
        order = books.orders.get(entry.quote.order_id)
        entry.is_cancelled = order is not None and order.state is OrderState.CANCELLED

    return handle


def _pool_listed(books: Books, args: dict[str, Any], _: Event) -> None:
    books.pools[args["pool"]] = True


def _pool_unlisted(books: Books, args: dict[str, Any], _: Event) -> None:
    books.pools[args["pool"]] = False


def _underwriting_paused(books: Books, args: dict[str, Any], _: Event) -> None:
    books.is_underwriting_paused = args["isPaused"]


def _trade_rated(books: Books, args: dict[str, Any], event: Event) -> None:
    seller, buyer = args["sellerId"], args["buyerId"]
    if seller == buyer:
        return
    good, bad = credit.seller_evidence(args["weight"], Outcome(args["outcome"]))
    books.evidence[seller, Role.SELLER].add(buyer, good, bad, event.timestamp)
    if buyer != 0:
        weight = args["weight"] * credit.POINT
        books.evidence[buyer, Role.BUYER].add(seller, weight, 0, event.timestamp)


def _cover_rated(books: Books, args: dict[str, Any], event: Event) -> None:
    insurer, holder = args["insurerId"], args["holderId"]
    if insurer != holder:
        weight = args["weight"] * credit.POINT
        books.evidence[insurer, Role.INSURER].add(holder, weight, 0, event.timestamp)


def _token_transfer(books: Books, args: dict[str, Any], _: Event) -> None:
    books.balances[args["from"]] -= args["value"]
    books.balances[args["to"]] += args["value"]


def _share_transfer(books: Books, args: dict[str, Any], _: Event) -> None:
    books.shares[args["from"]] -= args["value"]
    books.shares[args["to"]] += args["value"]


def _collateral_locked(books: Books, args: dict[str, Any], _: Event) -> None:
    books.pool.locked += args["maximum"]
    books.pool.liabilities += args["premium"]


def _collateral_released(books: Books, args: dict[str, Any], _: Event) -> None:
    books.pool.locked -= args["maximum"]
    books.pool.liabilities -= args["premium"]


def _payout_made(books: Books, args: dict[str, Any], _: Event) -> None:
    books.pool.first_loss -= args["fromFirstLoss"]


def _first_loss_deposited(books: Books, args: dict[str, Any], _: Event) -> None:
    books.pool.first_loss += args["amount"]


def _first_loss_withdrawn(books: Books, args: dict[str, Any], _: Event) -> None:
    books.pool.first_loss -= args["amount"]


def _pool_deferred(books: Books, args: dict[str, Any], _: Event) -> None:
    books.pool.deferred[args["payee"]] += args["amount"]
    books.pool.liabilities += args["amount"]


def _pool_withdrawn(books: Books, args: dict[str, Any], _: Event) -> None:
    books.pool.deferred[args["payee"]] -= args["amount"]
    books.pool.liabilities -= args["amount"]


def _exit_requested(books: Books, args: dict[str, Any], _: Event) -> None:
    shares, _matures = books.pool.exits.get(args["owner"], (0, 0))
    books.pool.exits[args["owner"]] = (shares + args["shares"], args["maturesAt"])


def _redeemed(books: Books, args: dict[str, Any], _: Event) -> None:
    shares, matures = books.pool.exits[args["owner"]]
    left = shares - args["shares"]
    books.pool.exits[args["owner"]] = (left, matures) if left else (0, 0)


def _exit_cancelled(books: Books, args: dict[str, Any], _: Event) -> None:
    books.pool.exits[args["owner"]] = (0, 0)


_ALL_FUNCTIONS = mask(*Function)
_Handler = Callable[[Books, dict[str, Any], Event], None]
_HANDLERS: dict[tuple[str, str], _Handler] = {
    ("ParticipantRegistry", "ParticipantRegistered"): _registered,
    ("ParticipantRegistry", "RolesChanged"): _roles_changed,
    ("ParticipantRegistry", "KeyGranted"): _key_granted,
    ("ParticipantRegistry", "KeyRevoked"): _key_revoked,
    ("LabelRegistry", "LineRegistered"): _line_registered,
    ("LabelRegistry", "BatchCommitted"): _batch_committed,
    ("LabelRegistry", "BatchRecalled"): _batch_recalled,
    ("TradeEscrow", "OrderOpened"): _order_opened,
    ("TradeEscrow", "OrderReleased"): _order_ended(OrderState.RELEASED),
    ("TradeEscrow", "OrderRefunded"): _order_ended(OrderState.REFUNDED),
    ("TradeEscrow", "OrderCancelled"): _order_ended(OrderState.CANCELLED),
    ("TradeEscrow", "PaymentDeferred"): _escrow_deferred,
    ("TradeEscrow", "PaymentWithdrawn"): _escrow_withdrawn,
    ("TradeEscrow", "TokenListed"): _token_listed,
    ("TradeEscrow", "TokenUnlisted"): _token_unlisted,
    ("TradeEscrow", "OpeningPaused"): _opening_paused,
    ("ShipmentLedger", "ShipmentCreated"): _shipment_created,
    ("ShipmentLedger", "ShipmentSnapshot"): _shipment_snapshot,
    ("CargoInsurance", "PolicyIncepted"): _policy_incepted,
    ("CargoInsurance", "ClaimPaid"): _policy_ended(PolicyState.PAID),
    ("CargoInsurance", "PolicyExpired"): _policy_ended(PolicyState.EXPIRED),
    ("CargoInsurance", "PolicyVoided"): _policy_ended(PolicyState.VOID),
    ("CargoInsurance", "PoolListed"): _pool_listed,
    ("CargoInsurance", "PoolUnlisted"): _pool_unlisted,
    ("CargoInsurance", "UnderwritingPaused"): _underwriting_paused,
    ("CreditRegistry", "TradeRated"): _trade_rated,
    ("CreditRegistry", "CoverRated"): _cover_rated,
    ("TestDollar", "Transfer"): _token_transfer,
    ("InsurancePool", "Transfer"): _share_transfer,
    ("InsurancePool", "CollateralLocked"): _collateral_locked,
    ("InsurancePool", "CollateralReleased"): _collateral_released,
    ("InsurancePool", "PayoutMade"): _payout_made,
    ("InsurancePool", "FirstLossDeposited"): _first_loss_deposited,
    ("InsurancePool", "FirstLossWithdrawn"): _first_loss_withdrawn,
    ("InsurancePool", "PaymentDeferred"): _pool_deferred,
    ("InsurancePool", "PaymentWithdrawn"): _pool_withdrawn,
    ("InsurancePool", "ExitRequested"): _exit_requested,
    ("InsurancePool", "ExitCancelled"): _exit_cancelled,
    ("InsurancePool", "Withdraw"): _redeemed,
}
