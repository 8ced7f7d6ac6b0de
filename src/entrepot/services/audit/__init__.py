"""The audit: what events say against what the chain stores and what the tokens hold.

Every check compares two independent sources. The books come from events alone; storage is read
through views; balances come from the tokens and the node; payments and ends of orders and policies
are decided again from the facts as they were then and the signed terms.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from entrepot.network.deployments import Deployment
from entrepot.network.node import Node
from entrepot.services import events
from entrepot.services.audit import (
    cargo,
    governance,
    money,
    participants,
    record,
    settlement,
    trade,
)
from entrepot.services.audit.checker import Check, Checker, Violation
from entrepot.services.books import Books, rebuild
from entrepot.services.events import Record
from entrepot.services.progress import Progress
from entrepot.services.workspace import Workspace

__all__ = ["Check", "Reader", "Report", "Violation", "audit", "run"]

Reader = Callable[[Node, Deployment], Iterable[Record]]


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
    checker = Checker(node, deployment)
    books = Books()
    if record.code(checker):
        books = rebuild(read(node, deployment))
        record.links(checker)
        record.history(checker, books)
        participants.check(checker, books)
        governance.check(checker, books)
        trade.records(checker, books)
        cargo.records(checker, books)
        cargo.cover(checker, books)
        settlement.check(checker, books)
        money.check(checker, books)
        cargo.payouts(checker, books)
        trade.ratings(checker, books)
        if summary is not None:
            record.summary(checker, books, summary)
    return Report(
        chain_id=deployment.chain_id,
        first_block=deployment.first_block,
        last_block=last_block,
        events=books.events,
        checks=checker.checks,
        violations=checker.violations,
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
