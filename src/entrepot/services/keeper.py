"""Triggers whatever anyone may trigger, so that no money waits for somebody to ask for it.

A keeper decides nothing: it follows the events, asks the node which calls would succeed now, and
sends those. Whatever it does, another one may have done a moment before; then the contracts refuse
the second, and nothing is done twice. Several keepers begin at different ends of the work.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field
from pathlib import Path

from entrepot.core.messages import Clauses
from entrepot.core.shipments import DAY
from entrepot.core.signing import keccak
from entrepot.errors import TransactionReverted, WorkspaceError
from entrepot.network.bindings import (
    CargoInsurance,
    CreditRegistry,
    Leg,
    ReceivableNote,
    ShipmentLedger,
    TradeEscrow,
)
from entrepot.network.contracts import Call
from entrepot.network.node import Request
from entrepot.network.sender import Receipt
from entrepot.services import custody, events
from entrepot.services.books import Books, OrderEntry, OrderState, PolicyEntry, PolicyState, extend
from entrepot.services.books.entries import ShipmentState
from entrepot.services.office import Acting, Office, sending
from entrepot.services.workspace import Workspace
from entrepot.storage.files import exclusive, read_json, write_json

PERIOD = 86_400
"""Seconds for which a budget is."""


@dataclass(frozen=True, slots=True)
class Task:
    """Something that may be due: what, of which order or policy, and the call that does it."""

    kind: str
    subject: bytes
    call: Call


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that a keeper did."""

    kind: str
    subject: str
    receipt: Receipt


@dataclass(slots=True)
class Budget:
    """Gas that a keeper may use in any period of a day, kept in a file so that a restart gives it
    no more.
    """

    path: Path
    limit: int
    uses: list[tuple[float, int]] = field(default_factory=list)

    @classmethod
    def kept(cls, path: Path, limit: int) -> "Budget":
        """The budget with what earlier keepers of this account used; `WorkspaceError` for a damaged
        file.
        """
        if not path.exists():
            return cls(path, limit)
        try:
            uses = [(float(at), int(gas)) for at, gas in read_json(path)]
        except (TypeError, ValueError) as failure:
            raise WorkspaceError(f"{path} is no record of a keeper's gas.") from failure
        return cls(path, limit, uses)

    def left(self) -> int:
        """Gas that may be used now."""
        since = time.time() - PERIOD
        self.uses = [use for use in self.uses if use[0] > since]
        return self.limit - sum(gas for _, gas in self.uses)

    def spend(self, gas: int) -> None:
        """Takes note of gas before it is used: what happens then is not known for sure."""
        self.uses.append((time.time(), gas))
        write_json(self.path, self.uses)

    def correct(self, gas: int) -> None:
        """Replaces the last use by what it was in the end."""
        self.uses[-1] = (self.uses[-1][0], gas)
        write_json(self.path, self.uses)


@dataclass(frozen=True, slots=True)
class Round:
    """What a keeper did in one round, how many tasks others were faster with, and how many wait for
    the next budget.
    """

    deeds: list[Deed]
    lost: int
    waiting: int


class Keeper:
    """Follows a deployment and keeps it moving."""

    def __init__(self, office: Office, acting: Acting, budget: Budget) -> None:
        self._office = office
        self._acting = acting
        self._key = acting.key()
        self._budget = budget
        self._books = Books()
        self._next = office.deployment.first_block

    def round(self) -> Round:
        """Does all that is due now, and what that makes due."""
        deeds: list[Deed] = []
        lost = 0
        while True:
            self._follow()
            due = self._due()
            done, failed, waiting = self._work(due)
            deeds += done
            lost += failed
            if waiting or not done:
                return Round(deeds, lost, waiting)

    def _follow(self) -> None:
        last = self._office.node.block_number()
        if last < self._next - 1:
            self._books, self._next = Books(), self._office.deployment.first_block
        found = events.read(self._office.node, self._office.deployment, self._next, last)
        extend(self._books, found)
        self._next = last + 1

    def _due(self) -> list[Task]:
        """Tasks whose calls would succeed now, in an order of this keeper's own."""
        now = max(self._office.node.time(), int(time.time()) if not self._office.is_devnet else 0)
        found = list(tasks(self._office, self._books, now))
        sender = self._key.address
        asked = [Request("eth_estimateGas", (task.call.asked(sender),)) for task in found]
        answers = self._office.node.batch_raw(asked)
        due = [task for task, answer in zip(found, answers, strict=True) if "result" in answer]
        return sorted(due, key=lambda task: keccak(self._key.raw_address + task.subject))

    def _work(self, due: list[Task]) -> tuple[list[Deed], int, int]:
        deeds: list[Deed] = []
        lost = 0
        for i, task in enumerate(due):
            try:
                gas = self._office.check(task.call, self._key) + task.call.spare_gas
            except TransactionReverted:
                lost += 1
                continue
            if gas > self._budget.left():
                return deeds, lost, len(due) - i
            self._budget.spend(gas)
            try:
                receipt = self._office.send_own(task.call, self._acting)
            except TransactionReverted:
                lost += 1
                continue
            self._budget.correct(receipt.gas_used)
            deeds.append(Deed(task.kind, "0x" + task.subject.hex(), receipt))
        return deeds, lost, 0


@contextmanager
def keeping(workspace: Workspace, rpc: str | None, acting: Acting, gas: int) -> Iterator[Keeper]:
    """A keeper of a workspace's deployment that uses at most so much gas a day.

    `WorkspaceError` while another one of the same account runs there.
    """
    folder = workspace.folder / "keepers" / acting.key().address
    with exclusive(folder), sending(workspace, rpc) as open_office:
        yield Keeper(open_office, acting, Budget.kept(folder / "gas.json", gas))


def tasks(office: Office, books: Books, now: int) -> Iterator[Task]:
    """What could be due at `now`, seconds UTC, as far as events tell; the contracts know."""
    escrow, notes = office.bind(TradeEscrow), office.bind(ReceivableNote)
    credit = office.bind(CreditRegistry)
    for order_id, entry in books.orders.items():
        yield from _of_shipment(office, order_id, entry, books, now)
        if entry.shipment is not None and entry.is_journey_due(now):
            legs = [Leg(*astuple(leg)) for leg in entry.shipment.legs]
            yield Task("rate", order_id, credit.rate_journey(entry.order, legs))
        if entry.state is not OrderState.OPEN:
            note = books.notes.get(order_id)
            if note is not None and note.bond:
                yield Task("bond", order_id, notes.divide_bond(entry.order))
        elif entry.clauses != Clauses():
            yield Task("conclude", order_id, escrow.conclude(entry.order, entry.clauses))
            yield Task("advance", order_id, escrow.advance(entry.order, entry.clauses))
        elif _facts(entry)["deliveredAt"]:
            yield Task("settle", order_id, escrow.settle(entry.order))
            yield Task("refund", order_id, escrow.refund(entry.order))
        elif now > min(entry.order.ship_by, entry.order.refund_after):
            yield Task("refund", order_id, escrow.refund(entry.order))
    insurance = office.bind(CargoInsurance)
    for policy_id, policy in books.policies.items():
        entry = books.orders[policy.quote.order_id]
        if policy.state is not PolicyState.ACTIVE:
            continue
        if _may_be_decided(entry, policy, now):
            yield Task("claim", policy_id, insurance.claim(entry.order, policy.quote))
        is_overdue = now > entry.order.deliver_by + policy.quote.grace_days * DAY
        if is_overdue and not _facts(entry)["deliveredAt"]:
            yield Task("reserve", policy_id, insurance.reserve(entry.order, policy.quote))


def _of_shipment(
    office: Office, order_id: bytes, entry: OrderEntry, books: Books, now: int
) -> Iterator[Task]:
    facts = _facts(entry)
    over = {
        ShipmentState.TENDERED: facts["tenderedAt"] + entry.order.acceptance_window,
        ShipmentState.DISPUTED: facts["disputedAt"] + entry.order.arbitration_period,
    }.get(ShipmentState(facts["state"]))
    if over is not None and now > over:
        policies = [
            policy.quote
            for policy in books.policies.values()
            if policy.quote.order_id == order_id and policy.state is PolicyState.ACTIVE
        ]
        call = office.bind(ShipmentLedger).conclude_tender(entry.order, policies)
        yield Task("tender", order_id, custody.with_shortcuts(call, len(policies)))


def _may_be_decided(entry: OrderEntry, policy: PolicyEntry, now: int) -> bool:
    facts = _facts(entry)
    is_over = bool(facts["deliveredAt"]) or now > entry.order.refund_after
    is_unshipped = not facts["shippedAt"] and now > entry.order.ship_by
    return is_over or is_unshipped or policy.quote.perils != 0 or entry.state is OrderState.AGREED


def _facts(entry: OrderEntry) -> dict[str, int]:
    found = entry.shipment.facts if entry.shipment is not None else {}
    names = ("state", "shippedAt", "tenderedAt", "disputedAt", "deliveredAt")
    return {name: found.get(name, 0) for name in names}
