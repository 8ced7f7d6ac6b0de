"""What the books hold: the state of everything, as far as events tell it."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any

from entrepot.core.cover import CargoFacts, Decision, Seen
from entrepot.core.credit import CreditRecord, TradeOutcome
from entrepot.core.exposures import Gap, Journey, SensorRecord, plan_of
from entrepot.core.journeys import Judged, is_called_off, judge, opens_at
from entrepot.core.liability import Leg
from entrepot.core.messages import (
    ZERO_ADDRESS,
    Clauses,
    GuardianSet,
    Message,
    Order,
    Qualification,
    Quote,
    RootMove,
)
from entrepot.core.roles import Function
from entrepot.core.settlement import (
    NO_CUSTOMS,
    Case,
    Customs,
    CustomsState,
    Facts,
    Payment,
    Purpose,
)
from entrepot.network.contracts import Event

ZERO = ZERO_ADDRESS
NOTHING = bytes(32)


class OrderState(IntEnum):
    """Where an order stands, as the escrow numbers it."""

    NONE = 0
    OPEN = 1
    RELEASED = 2
    REFUNDED = 3
    AGREED = 4
    ARBITRATED = 5


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


class Suspicion(IntEnum):
    """Why an activation raises an alert, as the label registry numbers it."""

    ACTIVATED_BEFORE = 0
    BATCH_RECALLED = 1


class ShipmentState(IntEnum):
    """Where a shipment stands, as the ledger numbers it."""

    NONE = 0
    CREATED = 1
    IN_TRANSIT = 2
    TENDERED = 3
    DISPUTED = 4
    DELIVERED = 5


class Inspection(IntEnum):
    """What is inspected, as the customs desk numbers it."""

    GOODS = 0
    QUARANTINE = 1


class Finding(IntEnum):
    """What an inspection found, as the customs desk numbers it."""

    NONE = 0
    PASSED = 1
    FAILED = 2


@dataclass(slots=True)
class ParticipantEntry:
    """A participant; `epoch` is the number of its root, `roles_nonce` that of its roles."""

    root: str
    roles: int
    epoch: int = 0
    roles_nonce: int = 0


@dataclass(slots=True)
class KeyEntry:
    """A root or a function key.

    `participant_id`, `born` and `epoch` are those of a root or of a key that a root granted, and 0
    for a key that a key granted; `parent` is that key, and the zero address otherwise.
    """

    participant_id: int
    parent: str
    born: int
    epoch: int
    functions: int
    level: int
    expiry: int
    is_root: bool
    is_revoked: bool = False


@dataclass(frozen=True, slots=True)
class Appointment:
    """Guardians that a root named, and from when they are in force, seconds UTC."""

    digest: bytes
    terms: GuardianSet
    since: int


@dataclass(slots=True)
class RecallEntry:
    """A move of a root that was announced; see `Recall` in `IGuardianRegistry.sol`."""

    digest: bytes = NOTHING
    terms: RootMove | None = None
    nonce: int = 0
    ready_at: int = 0
    is_override: bool = False


@dataclass(slots=True)
class Guards:
    """A participant's guardians, and what they and the root did.

    `cancellation`: epoch and guardians of the last one. `executed`: a move that the guardians'
    contract has executed and the registry has not recorded.
    """

    nonce: int = 0
    appointed: Appointment | None = None
    following: Appointment | None = None
    recall: RecallEntry = field(default_factory=RecallEntry)
    cancellation: tuple[int, bytes] | None = None
    executed: RootMove | None = None

    def at(self, now: int) -> tuple[Appointment | None, Appointment | None]:
        """The guardians in force at a time, seconds UTC, and those on their way."""
        if self.following is not None and self.following.since <= now:
            return self.following, None
        return self.appointed, self.following


@dataclass(slots=True)
class QualificationEntry:
    """A qualification; times are those of this chain in seconds UTC, 0 where it did not happen."""

    terms: Qualification | None = None
    issued_at: int = 0
    revoked_at: int = 0


@dataclass(slots=True)
class CouncilBook:
    """The council: hashes of its members, how many decide, and the number of its next call."""

    members: set[bytes] = field(default_factory=set)
    threshold: int = 0
    nonce: int = 0


@dataclass(frozen=True, slots=True)
class Timed:
    """A number of seconds, and the one that takes its place at `effect`, seconds UTC."""

    seconds: int = 0
    pending: int = 0
    effect: int = 0

    def at(self, now: int) -> int:
        """The seconds at a time, seconds UTC."""
        return self.pending if 0 < self.effect <= now else self.seconds


@dataclass(slots=True)
class Membership:
    """A role that an account has in the consortium from `since` on, seconds UTC; 0: no more."""

    since: int
    delay: Timed = field(default_factory=Timed)

    def at(self, now: int) -> tuple[bool, int]:
        """Whether the account has the role at a time, seconds UTC, and its delay in seconds."""
        return 0 < self.since <= now, self.delay.at(now)


@dataclass(slots=True)
class ConsortiumBook:
    """Who has which role, and the consortium's rules by the view that shows them, and its
    arguments.
    """

    members: dict[tuple[int, str], Membership] = field(default_factory=dict)
    rules: dict[tuple[str, tuple[Any, ...]], Any] = field(default_factory=dict)


@dataclass(slots=True)
class Operation:
    """What the timelock lets through at `ready_at`, seconds UTC: calls (target, value, data)."""

    ready_at: int
    predecessor: bytes
    calls: list[tuple[str, int, bytes]] = field(default_factory=list)
    executed: int = 0
    is_cancelled: bool = False

    @property
    def is_done(self) -> bool:
        """Whether all its calls were executed."""
        return self.executed == len(self.calls)

    @property
    def timestamp(self) -> int:
        """As the timelock keeps it: 0 for one that is cancelled, 1 for one that is done."""
        return 0 if self.is_cancelled else 1 if self.is_done else self.ready_at


@dataclass(slots=True)
class TimelockBook:
    """The timelock: delay in seconds, who has which role, operations by id."""

    delay: int = 0
    members: dict[tuple[bytes, str], bool] = field(default_factory=dict)
    operations: dict[bytes, Operation] = field(default_factory=dict)


@dataclass(slots=True)
class BatchEntry:
    """A batch: root, size and expiry as they were committed, and the indices of the items that
    were activated.
    """

    producer_id: int
    committed: tuple[bytes, int, int]
    state: BatchState = BatchState.COMMITTED
    activated: set[int] = field(default_factory=set)


@dataclass(slots=True)
class CustomsEntry:
    """The customs of a shipment: case and facts, as what was done gives them."""

    customs_id: int = 0
    inspector_id: int = 0
    declarant_id: int = 0
    appeal_period: int = 0
    duty_cap: int = 0
    is_assessed: bool = False
    findings: dict[Inspection, Finding] = field(default_factory=dict)
    state: CustomsState = CustomsState.NONE
    sequence: int = 0
    released_at: int = 0
    refused_at: int = 0
    final_at: int = 0
    duty: int = 0

    def at(self, now: int) -> Customs:
        """What settlement knows of it at a time, seconds UTC."""
        return Customs(self.state, self.released_at, self.final_at, self.duty, now)


@dataclass(slots=True)
class ShipmentEntry:
    """A shipment: its order, its last snapshot, as the event has it, and what it carries: GTIN,
    lot, number of the first item, how many.

    `custody`: the hash over its legs that was last said. `gaps`: what is not known of a device, and
    `gap` of the one whose readings come next. `answered`: what each leg has answered for, in the
    order's token.
    """

    order_id: bytes
    facts: dict[str, int]
    cargo: list[tuple[int, bytes, int, int]] = field(default_factory=list)
    customs: CustomsEntry | None = None
    legs: list[Leg] = field(default_factory=list)
    custody: bytes = NOTHING
    damage: CargoFacts = field(default_factory=CargoFacts)
    sensors: SensorRecord = field(default_factory=SensorRecord)
    gaps: list[tuple[str, Gap]] = field(default_factory=list)
    gap: tuple[str, Gap] | None = None
    answered: Counter[int] = field(default_factory=Counter)

    @property
    def plan(self) -> bytes:
        """Hash of the watches over it; 0 for none."""
        return plan_of(self.sensors.watches) if self.sensors.watches else NOTHING

    @property
    def arrived_at(self) -> int:
        """When it was delivered or tendered, seconds UTC; 0 where it was not."""
        return self.facts["deliveredAt"] or self.facts["tenderedAt"]

    @property
    def journey(self) -> Journey:
        """When the goods were on the way, as far as it is known."""
        return Journey(self.facts["shippedAt"], self.arrived_at)


@dataclass(slots=True)
class Step:
    """Something that was done with an order: when, seconds UTC, on which case, and what it paid.

    `share`: of an end, what was left for the seller's side, in basis points; `rest`: the payments
    of what was left, which come last.
    """

    at: int
    transaction: str
    case: Case
    paid: list[Payment] = field(default_factory=list)
    share: int = 0
    rest: tuple[Payment, ...] = ()

    @property
    def payments(self) -> list[Payment]:
        """All that it paid, in order."""
        return [*self.paid, *self.rest]


@dataclass(frozen=True, slots=True)
class Rated:
    """How a trade was rated, and in which transaction."""

    outcome: TradeOutcome
    transaction: str


@dataclass(slots=True)
class JourneyRating:
    """How a journey has to be rated, all in one transaction, and how far that was said.

    `broker`: who declared the goods, and whether customs refused them; None where nobody is rated
    for that.
    """

    transaction: str
    legs: list[Judged]
    broker: tuple[int, bool] | None
    legs_said: int = 0
    is_broker_said: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether all was said."""
        is_broker_due = self.broker is not None
        return (self.legs_said, self.is_broker_said) == (len(self.legs), is_broker_due)


_PLAIN = Clauses()


@dataclass(slots=True)
class OrderEntry:
    """An order, what was done with it and its end; times in seconds UTC.

    `seller_side`: who is paid in the seller's place. `shipment`: that of the deployment's ledger.
    `journey`: its rating, once it was rated.
    """

    order: Order
    weight: int
    opened_at: int
    seller_side: str = field(init=False)
    state: OrderState = OrderState.OPEN
    clauses: Clauses = _PLAIN
    shipment: ShipmentEntry | None = None
    advances: list[Step] = field(default_factory=list)
    contest: Step | None = None
    end: Step | None = None
    is_noted: bool = False
    rated: Rated | None = None
    journey: JourneyRating | None = None

    def __post_init__(self) -> None:
        self.seller_side = self.order.seller

    @property
    def ended_at(self) -> int:
        """When it ended; 0 where it did not."""
        return self.end.at if self.end is not None else 0

    @property
    def payments(self) -> list[Payment]:
        """All that it paid, in order."""
        before = [payment for step in self.advances for payment in step.paid]
        return before + self.end.payments if self.end is not None else before

    @property
    def left(self) -> int:
        """What it holds, in the token's smallest unit."""
        return self.order.amount - sum(payment.amount for payment in self.payments)

    @property
    def paid(self) -> int:
        """Mask of the milestones and the duty that were paid."""
        dues = {each.purpose for each in self.payments if each.purpose <= Purpose.DUTY}
        return sum(1 << purpose for purpose in dues)

    def facts_at(self, now: int) -> Facts:
        """What is known of its shipment at a time."""
        if self.shipment is None:
            return Facts(as_of=now)
        known = self.shipment.facts
        return Facts(
            shipped_at=known["shippedAt"],
            tendered_at=known["tenderedAt"],
            delivered_at=known["deliveredAt"],
            as_of=now,
            is_tendered=known["state"] == ShipmentState.TENDERED,
            disputed_at=known["disputedAt"],
        )

    def is_journey_due(self, now: int) -> bool:
        """Whether its journey can be rated at a time, as far as the ledger of the deployment knows
        of one.
        """
        known = self.shipment.facts if self.shipment is not None else {}
        return (
            self.end is not None
            and self.state is not OrderState.AGREED
            and self.journey is None
            and known.get("shippedAt", 0) != 0
            and now >= opens_at(self.end.at, known["deliveredAt"], self.order.refund_after)
            and known["state"] not in (ShipmentState.TENDERED, ShipmentState.DISPUTED)
        )

    def rate_journey(self, transaction: str, now: int) -> None:
        """Begins the rating of its journey, which is due."""
        if self.shipment is None or self.end is None:
            return
        customs, seen = self.shipment.customs, dict(self.shipment.sensors.seen)
        broker, is_refused = None, False
        if customs is not None and customs.at(now).is_duty_due:
            is_refused = customs.at(now).is_refused
            broker = customs.declarant_id, is_refused
        facts = self.facts_at(now)
        is_off = is_called_off(
            is_released=self.state is OrderState.RELEASED,
            ended_at=self.end.at,
            delivered_at=facts.delivered_at,
            refund_after=self.order.refund_after,
            is_refused=is_refused,
        )
        shipment = self.shipment
        self.journey = JourneyRating(
            transaction=transaction,
            legs=judge(
                self.order, facts, shipment.damage, shipment.legs, seen, is_called_off=is_off
            ),
            broker=broker if broker and broker[0] != self.order.seller_id else None,
        )

    def customs_at(self, now: int) -> Customs:
        """What customs decided of its shipment up to a time."""
        known = self.shipment.customs if self.shipment is not None else None
        return known.at(now) if known is not None else Customs(as_of=now)

    def seen_at(self, now: int) -> Seen:
        """All that its policies are decided on at a time."""
        found = Seen(
            facts=self.facts_at(now),
            customs=self.customs_at(now),
            ended_at=self.ended_at,
            is_agreed=self.state is OrderState.AGREED,
        )
        if self.shipment is None:
            return found
        watches = dict(self.shipment.sensors.seen)
        cargo, plan = self.shipment.damage, self.shipment.plan
        return replace(found, cargo=cargo, watches=watches, plan=plan)

    def case_at(self, now: int) -> Case:
        """All that it is decided on at a time."""
        return Case(
            facts=self.facts_at(now),
            customs=self.customs_at(now) if self.clauses.customs_id else NO_CUSTOMS,
            contested_at=self.contest.at if self.contest is not None else 0,
            paid=self.paid,
            duty_paid=sum(p.amount for p in self.payments if p.purpose is Purpose.DUTY),
            seller_side=self.seller_side,
        )


@dataclass(slots=True)
class NoteEntry:
    """A note over the claim on an order: who holds it, and the bond that is left of its sale."""

    holder: str
    bond: int = 0
    is_sold: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim on a policy: when, seconds UTC, on what it was decided, and what came of it; None for
    the end of one that never attached.

    `holder`: of the order's note then, the zero address where there is none. `is_begun`: something
    had been decided of the policy or was reserved for it.
    """

    at: int
    seen: Seen
    holder: str
    is_begun: bool = False
    decision: Decision | None = None
    payee: str = ZERO
    amount: int = 0


@dataclass(slots=True)
class PolicyEntry:
    """A policy, its claims and its end; `paid_units` and `recovered` in the token's smallest unit.

    `reserved`: share that is expected to be paid in the end, in basis points; 0 for nothing.
    `taken`: what each leg has answered for, by cause and leg.
    """

    quote: Quote
    weight: int
    incepted_at: int
    state: PolicyState = PolicyState.ACTIVE
    ended_at: int = 0
    paid_units: int = 0
    decided: Decision = field(default_factory=Decision)
    reserved: int = 0
    claims: list[Claim] = field(default_factory=list)
    recovered: int = 0
    taken: Counter[tuple[int, int]] = field(default_factory=Counter)
    is_rated: bool = False


@dataclass(frozen=True, slots=True)
class BondEntry:
    """A custodian's bond in a token: what is held, and what of it was asked back for when."""

    held: int = 0
    leaving: int = 0
    leaves_at: int = 0


@dataclass(slots=True)
class Pool:
    """The insurer's pool, in token units and in shares; times in seconds UTC.

    `unvested`: income on its way to the shareholders at `vested_at`, for `vests_in` seconds.
    """

    locked: int = 0
    liabilities: int = 0
    first_loss: int = 0
    unvested: int = 0
    vested_at: int = 0
    vests_in: int = 0
    reserved: int = 0
    deferred: Counter[str] = field(default_factory=Counter)
    exits: dict[str, tuple[int, int]] = field(default_factory=dict)

    def unvested_at(self, now: int) -> int:
        """What has not reached the shareholders at a time, rounded up as the pool does."""
        left = max(self.vested_at + self.vests_in - now, 0)
        return -(-self.unvested * left // self.vests_in) if left else 0

    def assets(self, balance: int, now: int) -> int:
        """What the shares are worth at a time, of this balance of tokens."""
        reserved = min(self.reserved, self.locked)
        held_back = max(self.first_loss, reserved) + self.unvested_at(now)
        return max(balance - self.liabilities - held_back, 0)


@dataclass(slots=True)
class Books:
    """Everything that the events say.

    `messages`: what was signed for the deployment and stands in events, by what the chain calls it.
    """

    participants: dict[int, ParticipantEntry] = field(default_factory=dict)
    keys: dict[str, KeyEntry] = field(default_factory=dict)
    withdrawn: dict[tuple[str, str], bool] = field(default_factory=dict)
    guards: defaultdict[int, Guards] = field(default_factory=lambda: defaultdict(Guards))
    seals: dict[tuple[int, bytes], int] = field(default_factory=dict)
    qualifications: dict[bytes, QualificationEntry] = field(default_factory=dict)
    messages: dict[bytes, Message] = field(default_factory=dict)
    council: CouncilBook = field(default_factory=CouncilBook)
    consortium: ConsortiumBook = field(default_factory=ConsortiumBook)
    timelock: TimelockBook = field(default_factory=TimelockBook)
    lines: dict[int, tuple[int, int]] = field(default_factory=dict)
    batches: dict[tuple[int, bytes], BatchEntry] = field(default_factory=dict)
    orders: dict[bytes, OrderEntry] = field(default_factory=dict)
    notes: dict[bytes, NoteEntry] = field(default_factory=dict)
    shipments: dict[bytes, ShipmentEntry] = field(default_factory=dict)
    policies: dict[bytes, PolicyEntry] = field(default_factory=dict)
    bonds: dict[tuple[int, str], BondEntry] = field(default_factory=dict)
    covered: Counter[bytes] = field(default_factory=Counter)
    credit: defaultdict[int, CreditRecord] = field(
        default_factory=lambda: defaultdict(CreditRecord)
    )
    listings: dict[str, int] = field(default_factory=dict)
    pools: dict[str, bool] = field(default_factory=dict)
    is_opening_paused: bool = False
    is_underwriting_paused: bool = False
    deferred: Counter[tuple[str, str]] = field(default_factory=Counter)
    note_deferred: Counter[tuple[str, str]] = field(default_factory=Counter)
    balances: Counter[str] = field(default_factory=Counter)
    shares: Counter[str] = field(default_factory=Counter)
    pool: Pool = field(default_factory=Pool)
    contradictions: list[str] = field(default_factory=list)
    events: int = 0

    def top_of(self, key: KeyEntry) -> KeyEntry:
        """The key at the top of a key's line: a root, or one that a root granted."""
        while key.parent != ZERO:
            key = self.keys[key.parent]
        return key

    def is_dead(self, key: KeyEntry) -> bool:
        """Whether a key or one above it is revoked."""
        while not key.is_revoked and key.parent != ZERO:
            key = self.keys[key.parent]
        return key.is_revoked

    def may(self, address: str, function: Function, now: int) -> bool:
        """Whether a key is good for a function at a time, seconds UTC."""
        key = self.keys.get(address)
        if key is None or not key.functions >> function & 1:
            return False
        while not key.is_revoked and key.expiry >= now:
            if key.parent == ZERO:
                return key.epoch == self.participants[key.participant_id].epoch
            key = self.keys[key.parent]
        return False

    def may_revoke(self, address: str, account: str) -> bool:
        """Whether the account is the key itself, one above it, or a root of its participant that
        is not older than the grant.
        """
        key = self.keys[address]
        if key.is_root or account == address:
            return not key.is_root
        while key.parent != ZERO:
            if key.parent == account:
                return True
            key = self.keys[key.parent]
        root = self.keys.get(account)
        return (
            root is not None
            and root.is_root
            and root.participant_id == key.participant_id
            and root.born >= key.born
        )

    def escrow_owes(self, token: str) -> int:
        """What open orders hold and what waits for its payees, in the token's smallest unit."""
        held = (entry.left for entry in self.orders.values() if entry.order.token == token)
        return sum(held) + _waiting(self.deferred, token)

    def notes_owe(self, token: str) -> int:
        """Bonds and what waits for its payees, in the token's smallest unit."""
        bonds = (n.bond for o, n in self.notes.items() if self.orders[o].order.token == token)
        return sum(bonds) + _waiting(self.note_deferred, token)


def _waiting(deferred: Counter[tuple[str, str]], token: str) -> int:
    return sum(units for (each, _), units in deferred.items() if each == token)


Handler = Callable[[Books, dict[str, Any], Event], None]
Handlers = dict[tuple[str, str], Handler]
