"""A deployment in use: its contracts behind a node, and who acts on it and pays."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

from entrepot.core.signing import Key
from entrepot.errors import InputError, RpcError
from entrepot.network.artifacts import load
from entrepot.network.contracts import Abi, Call, Contract, Event
from entrepot.network.deployments import Deployment
from entrepot.network.node import DevNode, Node
from entrepot.network.sender import Receipt, Sender
from entrepot.services.deploy import CONTRACTS
from entrepot.services.signers import KeyRing, is_public
from entrepot.services.workspace import Workspace

_DEVNET_PAYER = "devnet:0"
Bound = TypeVar("Bound", bound=Contract)


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts: the name of the key that does, of the one that pays, and whether it is meant off a
    devnet.
    """

    ring: KeyRing
    name: str | None
    payer: str | None = None
    is_sure: bool = False

    def key(self) -> Key:
        """The key that acts; `InputError` where none was named."""
        if self.name is None:
            raise InputError("Say who acts: --as KEY goes before the command.")
        return self.ring.key(self.name)


class Office:
    """A deployment behind a node, verified."""

    def __init__(self, node: Node, deployment: Deployment) -> None:
        deployment.require_here(node)
        self.node = node
        self.deployment = deployment

    @property
    def salt(self) -> bytes:
        """The deployment's salt, 32 bytes."""
        return bytes.fromhex(self.deployment.salt[2:])

    @cached_property
    def is_devnet(self) -> bool:
        """Whether the node takes Anvil's commands."""
        try:
            self.node.call("anvil_nodeInfo")
        except RpcError:
            return False
        return True

    def bind(self, kind: type[Bound]) -> Bound:
        """A contract with typed functions."""
        return self.deployment.bind(self.node, kind)

    def logs(
        self,
        contract: Contract,
        event: str | None = None,
        *indexed: str | None,
        last: int | None = None,
    ) -> list[Event]:
        """Events of a contract with a name and these indexed values, each a topic or None for any;
        of all to block `last`, else to the latest.
        """
        end = self.node.block_number() if last is None else last
        topics = [contract.abi.topic(event) if event else None, *indexed]
        found = self.node.logs([contract.address], self.deployment.first_block, end, topics)
        decoded = (contract.abi.decode_log(log) for log in found)
        return [each for each in decoded if each is not None]

    def send(self, call: Call, acting: Acting) -> Receipt:
        """Sends a call from the payer's account and waits for it.

        The payer is, where none is named, a public key on a devnet and elsewhere who acts.
        `InputError` off a devnet where it is not said to be meant, or a key is public.
        """
        is_devnet = self.is_devnet
        if not is_devnet and not acting.is_sure:
            raise InputError(f"{self.node.url} is no devnet: add --yes to send to it.")
        payer = acting.payer or (_DEVNET_PAYER if is_devnet else acting.name)
        if payer is None:
            raise InputError("Say with --payer which key pays for the transaction.")
        if not is_devnet and is_public(payer):
            raise InputError(f"{payer} is a key that everybody has: name another with --payer.")
        return self._sender(acting.ring.key(payer)).send(call)

    def send_own(self, call: Call, acting: Acting) -> Receipt:
        """Sends a call from the account of who acts, which the contract asks for its right.

        On a devnet a public key that has nothing is given what transactions cost.
        """
        address = acting.key().address
        if acting.name is not None and is_public(acting.name) and self.is_devnet:
            DevNode(self.node.url).top_up(address, call.value_wei)
        return self.send(call, replace(acting, payer=acting.name))

    def check(self, call: Call, key: Key) -> int:
        """Gas to offer for a call from a key's own account; `TransactionReverted` where it would
        fail now.
        """
        return self._sender(key).estimate(call)

    def _sender(self, key: Key) -> Sender:
        return Sender(self.node, key, [Abi(load(name).abi) for name in CONTRACTS])


@contextmanager
def reading(workspace: Workspace, rpc: str | None) -> Iterator[Office]:
    """The deployment of a workspace, to read; also that of a finished run."""
    with workspace.node(rpc) as node:
        yield Office(node, workspace.deployment())


@contextmanager
def sending(workspace: Workspace, rpc: str | None) -> Iterator[Office]:
    """The deployment of a workspace on a chain that runs."""
    with workspace.live_node(rpc) as node:
        yield Office(node, workspace.deployment())
