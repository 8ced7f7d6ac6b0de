"""How a check compares what the record says with what the chain says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from entrepot.core.messages import ZERO_ADDRESS, contract_domain, deployment_domain
from entrepot.network.contracts import Contract, shown
from entrepot.network.deployments import Deployment
from entrepot.network.node import Node
from entrepot.services.deploy import CONTRACTS

Difference = tuple[str, str, str]


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


class Checker:
    """A deployment under audit, and what was found so far."""

    def __init__(self, node: Node, deployment: Deployment) -> None:
        self.checks: list[Check] = []
        self.violations: list[Violation] = []
        self.node = node
        self.deployment = deployment
        self.contracts = {name: deployment.contract(node, name) for name in CONTRACTS}
        self.at = {name: contract.address for name, contract in self.contracts.items()}
        self.domain = deployment_domain(bytes.fromhex(deployment.salt[2:]))
        self.domains = {
            name: contract_domain(f"Entrepot {name}", deployment.chain_id, self.at[name])
            for name in (
                "Council", "LabelRegistry", "TradeEscrow", "ReceivableNote", "ShipmentLedger",
                "SensorLog", "CargoInsurance",
            )
        }  # fmt: skip

    def compare(
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
        found = self.differences(contract, view, expected, ignore)
        self.differ(check, found, f"{len(expected)} compared with {contract.artifact.name}.{view}")

    def differences(
        self,
        contract: Contract,
        view: str,
        expected: Mapping[Any, Any],
        ignore: Sequence[str] = (),
    ) -> list[Difference]:
        """Where the results of `view` for the keys are not the values."""
        keys = [key if isinstance(key, tuple) else (key,) for key in expected]
        answers = contract.call_many(view, keys)
        found = []
        for key, rebuilt, stored in zip(keys, expected.values(), answers, strict=True):
            subject = " ".join([view, *map(shown, key)])
            if not isinstance(rebuilt, dict):
                if rebuilt != stored:
                    found.append((subject, shown(rebuilt), shown(stored)))
                continue
            for name, value in rebuilt.items():
                if name not in ignore and stored[name] != value:
                    found.append((f"{subject}: {name}", shown(value), shown(stored[name])))
        return found

    def held_by(self, holder: str, token: str) -> int:
        """What a contract holds in a token, or in native coin where that is the zero address."""
        if token == ZERO_ADDRESS:
            return self.node.balance_wei(holder)
        dollar = self.contracts["TestDollar"]
        found: int = Contract(self.node, token, dollar.artifact).call("balanceOf", holder)
        return found

    def equal(self, check: str, subject: str, expected: int, found: int, what: str) -> None:
        """Two amounts that must be the same."""
        wrong = [] if expected == found else [(subject, str(expected), str(found))]
        self.differ(check, wrong, f"{found} units {what}")

    def differ(self, check: str, found: Iterable[Difference], evidence: str = "") -> None:
        """Ends a check with the differences that it found; `evidence` says what was compared."""
        differences = [Violation(check, *each) for each in found]
        self.violations += differences
        if differences:
            evidence = f"{len(differences)} differ"
        self.checks.append(Check(check, not differences, evidence))
