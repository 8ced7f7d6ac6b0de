"""What is deployed where."""

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from entrepot.core.messages import deployment_domain
from entrepot.errors import CodeMismatch, DeploymentError, WrongChain
from entrepot.network.artifacts import load as load_artifact
from entrepot.network.contracts import Contract
from entrepot.network.node import Node
from entrepot.storage.files import read_json, write_json

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_SALT = re.compile(r"0x[0-9a-f]{64}")
Bound = TypeVar("Bound", bound=Contract)

if TYPE_CHECKING:
    from web3 import Web3
    from web3.contract import Contract as Web3Contract


@dataclass(frozen=True, slots=True)
class Deployed:
    """One contract: where it is and how it came there. `args` are the constructor's, as text."""

    name: str
    address: str
    block: int
    args: list[str]


@dataclass(frozen=True, slots=True)
class Deployment:
    """All contracts of a deployment on one chain."""

    version: str
    topology: str
    chain_id: int
    salt: str
    source_hash: str
    first_block: int
    contracts: dict[str, Deployed]

    def contract(self, node: Node, name: str) -> Contract:
        """The contract `name`, read through `node`; `DeploymentError` where it is no part of it."""
        return Contract.at(node, self._deployed(name).address, name)

    def bind(self, node: Node, kind: type[Bound]) -> Bound:
        """The contract of a class of `bindings`, with typed functions."""
        name = kind.__name__
        return kind(node, self._deployed(name).address, load_artifact(name))

    def web3_contract(self, w3: "Web3", name: str) -> "Web3Contract":
        """The contract `name` as web3.py has contracts, for code that builds on a deployment.

        `DeploymentError` where it is no part of it.
        """
        address = w3.to_checksum_address(self._deployed(name).address)
        return w3.eth.contract(address=address, abi=load_artifact(name).abi)

    def verify(self, node: Node) -> None:
        """Raises unless the node runs the right chain and has our code at every address."""
        node.require_chain(self.chain_id)
        for deployed in self.contracts.values():
            artifact = load_artifact(deployed.name)
            code = node.require_code(deployed.address)
            if artifact.masked(code) != artifact.deployed_bytecode:
                raise CodeMismatch(
                    f"The code at {deployed.address} is not this version's {deployed.name}."
                )

    def require_here(self, node: Node) -> None:
        """`verify`, and `WrongChain` where the same code was deployed with another salt there."""
        self.verify(node)
        salted = self.contract(node, "ParticipantRegistry").call("domainSeparator")
        if salted != deployment_domain(bytes.fromhex(self.salt[2:])):
            raise WrongChain(
                f"{node.url} has contracts of another deployment: give the --workspace of that, or "
                "another --rpc."
            )

    def stands(self, node: Node) -> bool:
        """Whether the node has this deployment's contracts."""
        try:
            self.require_here(node)
        except (DeploymentError, WrongChain):
            return False
        return True

    def _deployed(self, name: str) -> Deployed:
        if name not in self.contracts:
            raise DeploymentError(f"The deployment has no contract {name}.")
        return self.contracts[name]

    def save(self, path: Path) -> None:
        """Writes it as JSON."""
        write_json(path, asdict(self))


def load(path: Path) -> Deployment:
    """A deployment that was saved.

    `WorkspaceError` for a file that is missing or damaged, `DeploymentError` for anything else.
    """
    kept: dict[str, Any] = read_json(path)
    try:
        contracts = {name: Deployed(**each) for name, each in kept.pop("contracts").items()}
        found = Deployment(**kept, contracts=contracts)
        is_sound = (
            all(_ADDRESS.fullmatch(each.address) for each in contracts.values())
            and _SALT.fullmatch(found.salt)
            and found.first_block == min(each.block for each in contracts.values())
            and isinstance(found.chain_id, int)
        )
    except (AttributeError, KeyError, TypeError, ValueError) as failure:
        raise DeploymentError(f"{path} does not describe a deployment.") from failure
    if not is_sound:
        raise DeploymentError(f"{path} does not describe a deployment.")
    return found
