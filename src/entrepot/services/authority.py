"""What keys may do now, and why not: the registry's answer, with the reason behind it."""

from collections.abc import Sequence
from dataclasses import dataclass

from entrepot.core.roles import Function, Refusal, function_names, role_names
from entrepot.network.bindings import KeyRecord, Participant, ParticipantRegistry
from entrepot.network.contracts import Event
from entrepot.network.deployments import Deployment
from entrepot.network.node import Node

_NOBODY = "0x" + "0" * 40
_FOREVER = 2**40 - 1
_REASONS = {
    Refusal.UNKNOWN_KEY: "it was never granted",
    Refusal.REVOKED_KEY: "it was revoked",
    Refusal.EXPIRED_KEY: "it has expired",
    Refusal.RECALLED_KEY: "the root that it hangs on was replaced",
    Refusal.ROLE_MISSING: "no role of the participant carries any of its functions",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A key as the registry sees it at its latest block.

    `expiry` in seconds UTC, None for never; `functions` were granted, `usable` work now;
    `granted_by` is None for a root. `reason` is None while the key can do anything, and else says
    why not.
    """

    address: str
    participant: int | None
    is_root: bool
    roles: list[str]
    functions: list[str]
    usable: list[str]
    level: int | None
    expiry: int | None
    granted_by: str | None
    reason: str | None

    @property
    def is_valid(self) -> bool:
        """Whether it can do anything now."""
        return self.reason is None


class Authority:
    """The registry of a deployment, asked about keys; what it says is remembered."""

    def __init__(self, node: Node, deployment: Deployment) -> None:
        self._registry = deployment.bind(node, ParticipantRegistry)
        self._first_block = deployment.first_block
        self._node = node
        self._now = node.time()
        self._records: dict[str, KeyRecord] = {}
        self._participants: dict[int, Participant] = {}

    def of(self, address: str) -> Standing:
        """Standing of one key."""
        return self.of_all([address])[0]

    def of_all(self, addresses: Sequence[str]) -> list[Standing]:
        """Standings of keys, in their order."""
        self._read(addresses)
        return [self._standing(address) for address in addresses]

    def is_known(self, address: str) -> bool:
        """Whether the address is a root or was granted."""
        self._read([address])
        return self._records[address].functions != 0

    def _standing(self, address: str) -> Standing:
        record = self._records[address]
        if record.functions == 0:
            withdrawn = self._withdrawn(address)
            reason = _REASONS[Refusal.UNKNOWN_KEY] + (f"; {withdrawn}" if withdrawn else "")
            return Standing(address, None, False, [], [], [], None, None, None, reason)
        line = self._line(address)
        number = self._records[line[-1]].participant_id
        participant = self._participant(number)
        answers = self._node.batch_raw(
            [self._registry.request("authorize", address, fn) for fn in Function]
        )
        usable = [
            fn.name.lower()
            for fn, answer in zip(Function, answers, strict=True)
            if "result" in answer
        ]
        return Standing(
            address=address,
            participant=number,
            is_root=record.is_root,
            roles=role_names(participant.roles),
            functions=function_names(record.functions),
            usable=usable,
            level=record.level,
            expiry=None if record.expiry == _FOREVER else record.expiry,
            granted_by=None if record.is_root else self._granter(address),
            reason=None if usable else self._reason(line, participant),
        )

    def _line(self, address: str) -> list[str]:
        """The key and all above it, up to the one that hangs on a root."""
        line = [address]
        while (parent := self._records[line[-1]].parent) != _NOBODY:
            self._read([parent])
            line.append(parent)
        return line

    def _reason(self, line: Sequence[str], participant: Participant) -> str:
        for place, address in enumerate(line):
            record = self._records[address]
            fault = None
            if record.is_revoked:
                fault = Refusal.REVOKED_KEY
            elif record.expiry < self._now:
                fault = Refusal.EXPIRED_KEY
            elif address == line[-1] and record.epoch != participant.epoch:
                fault = Refusal.RECALLED_KEY
            if fault is not None and place == 0:
                return _REASONS[fault]
            if fault is not None:
                return f"it hangs on {address}, of which the same is true: {_REASONS[fault]}"
        return _REASONS[Refusal.ROLE_MISSING]

    def _withdrawn(self, address: str) -> str | None:
        found = self._logs("GrantWithdrawn", address)
        names = ", ".join(sorted({event.args["revoker"] for event in found}))
        return f"its grants by {names} were withdrawn" if names else None

    def _granter(self, address: str) -> str:
        (event,) = self._logs("KeyGranted", address)
        granter: str = event.args["granter"]
        return granter

    def _logs(self, event: str, key: str) -> list[Event]:
        abi = self._registry.abi
        topics = [abi.topic(event), "0x" + key[2:].lower().rjust(64, "0")]
        logs = self._node.logs(
            [self._registry.address], self._first_block, self._node.block_number(), topics
        )
        return [found for log in logs if (found := abi.decode_log(log)) is not None]

    def _participant(self, number: int) -> Participant:
        if number not in self._participants:
            self._participants[number] = self._registry.participant_of(number)
        return self._participants[number]

    def _read(self, addresses: Sequence[str]) -> None:
        fresh = [each for each in dict.fromkeys(addresses) if each not in self._records]
        found = self._registry.call_many("keyOf", [(each,) for each in fresh])
        for address, record in zip(fresh, found, strict=True):
            self._records[address] = KeyRecord(*record.values())
