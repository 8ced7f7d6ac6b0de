"""The audit: what events say against what the chain stores and what the tokens hold.

Every check compares two independent sources. The books come from events alone; storage is read
through views; balances come from the token; ends of orders and policies are decided again from the
facts and the signed terms.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from entrepot.core.messages import contract_domain, deployment_domain, shipment_id
from entrepot.core.shipments import DAY
from entrepot.errors import DeploymentError
from entrepot.network.contracts import Contract, shown
from entrepot.network.deployments import Deployment
from entrepot.network.node import Node
from entrepot.services import events
from entrepot.services.books import (
    ZERO,
    Books,
    OrderEntry,
    OrderState,
    PolicyEntry,
    PolicyState,
    rating_of,
    rebuild,
)
from entrepot.services.deploy import CONTRACTS
from entrepot.services.events import Record
from entrepot.services.progress import Progress
from entrepot.services.summary import figures
from entrepot.services.workspace import Workspace

Reader = Callable[[Node, Deployment], Iterable[Record]]


@dataclass(frozen=True, slots=True)
class Violation:
    """One difference: in which check, about what, what the record says and what the chain says."""

    check: str
    subject: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what it compared, and how many of it."""

    name: str
    passed: bool
    evidence: str


@dataclass(frozen=True, slots=True)
class Report:
    """An audit; `violations` holds every difference, `events` and `blocks` count what was read."""

    chain_id: int
    first_block: int
    last_block: int
    events: int
    checks: list[Check]
    violations: list[Violation]

    @property
    def passed(self) -> bool:
        """Whether nothing differs."""
        return not self.violations

    def as_json(self) -> dict[str, Any]:
        """For `audit.json`."""
        return {"passed": self.passed, **asdict(self)}


def audit(
    node: Node,
    deployment: Deployment,
    read: Reader = events.read,
    summary: Mapping[str, Any] | None = None,
) -> Report:
    """Audits a deployment on the chain behind `node`; `read` gives the events that are its record.

    `summary`: what a run said of itself, to be checked too.

    `WrongChain` for another chain; anything else that is wrong is a violation of the report.
    """
    node.require_chain(deployment.chain_id)
    last_block = node.block_number()
    auditor = _Auditor(node, deployment)
    books = Books()
    if auditor.code():
        books = rebuild(read(node, deployment))
        auditor.compare(books)
        if summary is not None:
            auditor.summary(books, summary)
    return Report(
        chain_id=deployment.chain_id,
        first_block=deployment.first_block,
        last_block=last_block,
        events=books.events,
        checks=auditor.checks,
        violations=auditor.violations,
    )


def run(workspace: Workspace, rpc: str | None, progress: Progress) -> Report:
    """Audits what a workspace holds, on its own chain or on the one at `rpc`, and leaves
    `audit.json` in it.
    """
    deployment = workspace.deployment()
    progress.stage("Opening the chain", None)
    with workspace.node(rpc) as node:
        progress.stage("Auditing", None)
        report = audit(node, deployment, summary=workspace.summary())
    workspace.keep_audit(report.as_json())
    return report


class _Auditor:
    def __init__(self, node: Node, deployment: Deployment) -> None:
        self.checks: list[Check] = []
        self.violations: list[Violation] = []
        self._node = node
        self._deployment = deployment
        self._contracts = {name: deployment.contract(node, name) for name in CONTRACTS}
        self._at = {name: contract.address for name, contract in self._contracts.items()}
        self._domains = {
            name: contract_domain(f"Entrepot {name}", deployment.chain_id, self._at[name])
            for name in ("TradeEscrow", "ShipmentLedger", "CargoInsurance")
        }

    def code(self) -> bool:
        """Whether this version's code is at every address.

        Nothing else can be trusted otherwise.
        """
        try:
            self._deployment.verify(self._node)
        except DeploymentError as failure:
            self._differ("code", [("deployment", "this version's contracts", str(failure))])
            return False
        self._differ("code", [], f"{len(self._at)} contracts run this version's code")
        return True

    def compare(self, books: Books) -> None:
        """Every check of the books."""
        self._links()
        self._record(books)
        self._participants(books)
        self._labels(books)
        self._orders(books)
        self._shipments(books)
        self._policies(books)
        self._settings(books)
        self._escrow_money(books)
        self._pool_money(books)
        self._tokens(books)
        self._ends(books)
        self._payouts(books)
        self._ratings(books)

    def summary(self, books: Books, said: Mapping[str, Any]) -> None:
        """What a run said of itself, against its books."""
        found = figures(books)
        wrong = [
            (f"summary.json: {name}", str(value), str(said.get(name)))
            for name, value in found.items()
            if said.get(name) != value
        ]
        self._differ("summary", wrong, f"{len(found)} figures of summary.json follow")

    def _links(self) -> None:
        """The contracts are bound to each other and to the deployment's salt."""
        salt = bytes.fromhex(self._deployment.salt[2:])
        orders = self._domains["TradeEscrow"]
        expected = {
            ("ParticipantRegistry", "authority"): self._at["Consortium"],
            ("ParticipantRegistry", "domainSeparator"): deployment_domain(salt),
            ("LabelRegistry", "REGISTRY"): self._at["ParticipantRegistry"],
            ("CreditRegistry", "ESCROW"): self._at["TradeEscrow"],
            ("CreditRegistry", "INSURANCE"): self._at["CargoInsurance"],
            ("TradeEscrow", "authority"): self._at["Consortium"],
            ("TradeEscrow", "REGISTRY"): self._at["ParticipantRegistry"],
            ("TradeEscrow", "CREDIT"): self._at["CreditRegistry"],
            ("TradeEscrow", "domainSeparator"): orders,
            ("ShipmentLedger", "REGISTRY"): self._at["ParticipantRegistry"],
            ("ShipmentLedger", "ESCROW"): self._at["TradeEscrow"],
            ("ShipmentLedger", "INSURANCE"): self._at["CargoInsurance"],
            ("ShipmentLedger", "ORDER_DOMAIN"): orders,
            ("ShipmentLedger", "domainSeparator"): self._domains["ShipmentLedger"],
            ("CargoInsurance", "authority"): self._at["Consortium"],
            ("CargoInsurance", "REGISTRY"): self._at["ParticipantRegistry"],
            ("CargoInsurance", "ESCROW"): self._at["TradeEscrow"],
            ("CargoInsurance", "CREDIT"): self._at["CreditRegistry"],
            ("CargoInsurance", "ORDER_DOMAIN"): orders,
            ("CargoInsurance", "domainSeparator"): self._domains["CargoInsurance"],
            ("InsurancePool", "REGISTRY"): self._at["ParticipantRegistry"],
            ("InsurancePool", "UNDERWRITER"): self._at["CargoInsurance"],
            ("InsurancePool", "asset"): self._at["TestDollar"],
        }
        wrong = [
            (f"{name}.{view}", shown(value), shown(found))
            for (name, view), value in expected.items()
            if (found := self._contracts[name].call(view)) != value
        ]
        self._differ("links", wrong, f"{len(expected)} bindings of contracts to each other")

    def _record(self, books: Books) -> None:
        found = [("events", "a possible history", each) for each in books.contradictions]
        found += [
            (f"order {shown(order_id)}", "the digest of its terms", shown(digest))
            for order_id, entry in books.orders.items()
            if (digest := entry.order.digest(self._domains["TradeEscrow"])) != order_id
        ]
        found += [
            (f"policy {shown(policy_id)}", "the digest of its quote", shown(digest))
            for policy_id, policy in books.policies.items()
            if (digest := policy.quote.digest(self._domains["CargoInsurance"])) != policy_id
        ]
        found += [
            (
                f"shipment {shown(number)}",
                "an id that follows from its order",
                shown(shipment.order_id),
            )
            for number, shipment in books.shipments.items()
            if shipment_id(shipment.order_id, self._at["ShipmentLedger"]) != number
            or shipment.order_id not in books.orders
        ]
        count = len(books.orders) + len(books.policies) + len(books.shipments)
        self._differ("record", found, f"{count} ids follow from the terms that were signed")

    def _participants(self, books: Books) -> None:
        registry = self._contracts["ParticipantRegistry"]
        self._compare(
            "participants", registry, "participantOf",
            {(number,): {"root": root, "roles": roles}
             for number, (root, roles) in books.participants.items()},
        )  # fmt: skip
        self._compare(
            "keys", registry, "keyOf",
            {(address,): {
                "participantId": key.participant_id, "parent": key.parent,
                "functions": key.functions, "level": key.level, "expiry": key.expiry,
                "isRoot": key.is_root, "isRevoked": key.is_revoked,
             } for address, key in books.keys.items()},
        )  # fmt: skip

    def _labels(self, books: Books) -> None:
        registry = self._contracts["LabelRegistry"]
        self._compare(
            "product lines", registry, "lineOf",
            {(gtin,): {"producerId": producer, "registeredAt": at}
             for gtin, (producer, at) in books.lines.items()},
        )  # fmt: skip
        states = {number: int(batch.state) for number, batch in books.batches.items()}
        self._compare("batches", registry, "stateOf", states)
        nothing = bytes(20), ZERO
        answers = self._node.batch_raw(
            [
                registry.request("contains", *number, batch.committed, nothing, [])
                for number, batch in books.batches.items()
            ]
        )
        wrong = [
            (f"batch {shown(gtin)} {shown(lot)}", "the batch of the event", "another commitment")
            for (gtin, lot), answer in zip(books.batches, answers, strict=True)
            if "error" in answer
        ]
        self._differ("commitments of batches", wrong, f"{len(answers)} batches as committed")

    def _orders(self, books: Books) -> None:
        self._compare(
            "orders", self._contracts["TradeEscrow"], "recordOf",
            {(order_id,): {**_end(entry), "openedAt": entry.opened_at}
             for order_id, entry in books.orders.items()},
        )  # fmt: skip

    def _shipments(self, books: Books) -> None:
        ledger = self._contracts["ShipmentLedger"]
        now = self._node.time()
        self._compare(
            "shipments", ledger, "factsOf",
            {(number,): {**entry.facts, "asOf": now} for number, entry in books.shipments.items()},
            ignore=("asOf",),
        )  # fmt: skip

    def _policies(self, books: Books) -> None:
        insurance = self._contracts["CargoInsurance"]
        self._compare(
            "policies", insurance, "recordOf",
            {(number,): {**_end(entry), "inceptedAt": entry.incepted_at}
             for number, entry in books.policies.items()},
        )  # fmt: skip
        covered = {(order_id,): books.covered[order_id] for order_id in books.orders}
        self._compare("cover of orders", insurance, "coveredOf", covered)
        over = [
            (
                f"order {shown(order_id)}",
                f"cover up to {books.orders[order_id].order.amount}",
                str(sum_),
            )
            for order_id, sum_ in books.covered.items()
            if order_id in books.orders and sum_ > books.orders[order_id].order.amount
        ]
        self._differ("cover within value", over, f"{len(books.covered)} insured orders")

    def _settings(self, books: Books) -> None:
        escrow, insurance = self._contracts["TradeEscrow"], self._contracts["CargoInsurance"]
        self._compare(
            "listed tokens", escrow, "listingOf",
            {(token,): {"isListed": True, "decimals": d} for token, d in books.listings.items()},
        )  # fmt: skip
        pools = {(pool,): is_listed for pool, is_listed in books.pools.items()}
        self._compare("listed pools", insurance, "isPoolListed", pools)
        self._compare("pause", escrow, "isOpeningPaused", {(): books.is_opening_paused})
        paused = {(): books.is_underwriting_paused}
        self._compare("pause of cover", insurance, "isUnderwritingPaused", paused)

    def _escrow_money(self, books: Books) -> None:
        escrow, token = self._contracts["TradeEscrow"], self._contracts["TestDollar"]
        self._compare("payments that wait", escrow, "withdrawable", dict(books.deferred))
        held = token.call("balanceOf", escrow.address)
        owed = books.held_units()
        short = [] if held >= owed else [("the escrow", f"at least {owed}", str(held))]
        self._differ("escrow balance", short, f"{held} units held where {owed} are owed")

        left = books.balances[escrow.address]
        lost = [] if left >= owed else [("the escrow", f"at least {owed}", str(left))]
        funded = sum(entry.order.amount for entry in books.orders.values())
        evidence = f"{funded} units funded, {left} left after all that was paid"
        self._differ("money in, money out", lost, evidence)

    def _pool_money(self, books: Books) -> None:
        contract, kept = self._contracts["InsurancePool"], books.pool
        rebuilt = {
            "locked": kept.locked, "liabilities": kept.liabilities, "firstLoss": kept.first_loss
        }  # fmt: skip
        self._compare("pool books", contract, "books", {(): rebuilt})
        active = [e for e in books.policies.values() if e.state is PolicyState.ACTIVE]
        pool = contract.address
        maxima = sum(e.quote.maximum for e in active if e.quote.pool == pool)
        self._equal("locked capital", pool, maxima, kept.locked, "locked for active policies")
        premiums = sum(e.quote.premium for e in active if e.quote.pool == pool)
        owed = premiums + sum(kept.deferred.values())
        self._equal("pool liabilities", pool, owed, kept.liabilities, "owed")
        capital = self._contracts["TestDollar"].call("balanceOf", pool) - kept.liabilities
        short = [] if capital >= kept.locked else [(pool, f"at least {kept.locked}", str(capital))]
        self._differ("collateral", short, f"{capital} held against {kept.locked} locked")
        deferred = {(payee,): units for payee, units in kept.deferred.items()}
        self._compare("pool payments that wait", contract, "deferredOf", deferred)
        self._compare(
            "exits", contract, "exitOf",
            {(owner,): {"shares": shares, "maturesAt": at}
             for owner, (shares, at) in kept.exits.items()},
        )  # fmt: skip

    def _tokens(self, books: Books) -> None:
        for name, check, ledger in (
            ("TestDollar", "token balances", books.balances),
            ("InsurancePool", "pool shares", books.shares),
        ):
            contract = self._contracts[name]
            held = {(owner,): units for owner, units in ledger.items() if owner != ZERO}
            self._compare(check, contract, "balanceOf", held)
            supply = contract.call("totalSupply")
            self._equal(f"supply of {check}", contract.address, -ledger[ZERO], supply, "in all")

    def _ends(self, books: Books) -> None:
        """Every order ended as the facts demand."""
        wrong = []
        for order_id, entry in books.orders.items():
            facts = self._facts(books, order_id, entry)
            if facts is None or entry.state in (OrderState.OPEN, OrderState.CANCELLED):
                continue
            order, ended_at = entry.order, entry.ended_at
            delivered, shipped = facts.get("deliveredAt", 0), facts.get("shippedAt", 0)
            is_earned = 0 < delivered <= order.refund_after
            is_unshipped = (shipped == 0 or shipped >= ended_at) and ended_at > order.ship_by
            is_due = ended_at > order.refund_after or is_unshipped
            if entry.state is OrderState.RELEASED and not is_earned:
                wrong.append((f"order {shown(order_id)}", "a delivery in time", f"{delivered}"))
            if entry.state is OrderState.REFUNDED:
                if is_earned and delivered < ended_at:
                    wrong.append(
                        (f"order {shown(order_id)}", "no delivery in time", f"{delivered}")
                    )
                if not is_due:
                    wrong.append((f"order {shown(order_id)}", "a missed deadline", f"{ended_at}"))
        ended = sum(entry.state is not OrderState.OPEN for entry in books.orders.values())
        self._differ("ends of orders", wrong, f"{ended} orders ended as their facts demand")

    def _payouts(self, books: Books) -> None:
        """Every policy paid what its schedule gives."""
        wrong = []
        for policy_id, policy in books.policies.items():
            entry = books.orders.get(policy.quote.order_id)
            if entry is None or policy.state is PolicyState.ACTIVE:
                continue
            facts = self._facts(books, policy.quote.order_id, entry)
            if facts is None:
                continue
            due = _due(entry, policy, facts)
            paid = None if policy.state is PolicyState.VOID else policy.paid_units
            if paid != due:
                wrong.append((f"policy {shown(policy_id)}", str(due), str(paid)))
        ended = sum(each.state is not PolicyState.ACTIVE for each in books.policies.values())
        self._differ("payouts", wrong, f"{ended} policies paid what their schedules give")

    def _ratings(self, books: Books) -> None:
        registry = self._contracts["CreditRegistry"]
        self._compare(
            "evidence", registry, "evidenceOf",
            {key: {"good": e.good, "bad": e.bad, "updatedAt": e.updated_at}
             for key, e in books.evidence.items()},
        )  # fmt: skip
        self._compare(
            "counterparties", registry, "counterpartiesOf",
            {key: e.sketch_word() for key, e in books.evidence.items()},
        )  # fmt: skip
        now = self._node.time()
        ratings = {
            (number,): {"grade": int(r.grade), "score": r.score, "confidence": r.confidence}
            for number in books.participants
            for r in (rating_of(books, number, now),)
        }
        self._compare("ratings", registry, "ratingOf", ratings)

    def _facts(self, books: Books, order_id: bytes, entry: OrderEntry) -> dict[str, int] | None:
        """Facts of an order's shipment; none where its source is not the deployment's ledger."""
        if entry.order.source != self._at["ShipmentLedger"]:
            return None
        shipment = books.shipments.get(shipment_id(order_id, entry.order.source))
        return shipment.facts if shipment is not None else {}

    def _compare(
        self,
        check: str,
        contract: Contract,
        view: str,
        expected: Mapping[Any, Any],
        ignore: Sequence[str] = (),
    ) -> None:
        """Reads `view` for the arguments that are the keys and compares the results with the
        values.
        """
        keys = [key if isinstance(key, tuple) else (key,) for key in expected]
        answers = contract.call_many(view, keys)
        found = []
        for key, rebuilt, stored in zip(keys, expected.values(), answers, strict=True):
            subject = " ".join([view, *map(shown, key)])
            if not isinstance(rebuilt, dict):
                if rebuilt != stored:
                    found.append((subject, str(rebuilt), str(stored)))
                continue
            for name, value in rebuilt.items():
                if name not in ignore and stored[name] != value:
                    found.append((f"{subject}: {name}", str(value), str(stored[name])))
        self._differ(check, found, f"{len(keys)} compared with {contract.artifact.name}.{view}")

    def _equal(self, check: str, subject: str, expected: int, found: int, what: str) -> None:
        wrong = [] if expected == found else [(subject, str(expected), str(found))]
        self._differ(check, wrong, f"{found} units {what}")

    def _differ(
        self, check: str, found: Iterable[tuple[str, str, str]], evidence: str = ""
    ) -> None:
        differences = [Violation(check, *each) for each in found]
        self.violations += differences
        if differences:
            evidence = f"{len(differences)} differ"
        self.checks.append(Check(check, not differences, evidence))


def _due(entry: OrderEntry, policy: PolicyEntry, facts: dict[str, int]) -> int | None:
    """What a policy that has ended was to pay, in token units.

    None where its cover never attached.
    """
    order, quote = entry.order, policy.quote
    delivered, shipped = facts.get("deliveredAt", 0), facts.get("shippedAt", 0)
    is_in_time = policy.incepted_at <= shipped <= order.ship_by
    if not is_in_time or 0 < entry.ended_at < shipped:
        return None
    if policy.is_cancelled:
        return 0
    until = delivered if 0 < delivered <= order.refund_after else order.refund_after
    days_late = -(-max(until - order.deliver_by, 0) // DAY)
    bps = min(max(days_late - quote.grace_days, 0) * quote.bps_per_day, quote.cap_bps)
    return order.amount * bps // 10_000


def _end(entry: OrderEntry | PolicyEntry) -> dict[str, int]:
    return {"state": int(entry.state), "endedAt": entry.ended_at, "weight": entry.weight}
