"""What keys may do now, and why not: the registry's answer, with the reason behind it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from entrepot.core.messages import ZERO_ADDRESS
from entrepot.core.roles import Function, Refusal, function_names, role_names
from entrepot.network.bindings import KeyRecord, Participant, ParticipantRegistry
from entrepot.network.contracts import topic_of
from entrepot.services.office import Office

_FOREVER = 2**40 - 1
_REASONS = {
    Refusal.UNKNOWN_KEY: "was never granted",
    Refusal.REVOKED_KEY: "was revoked",
    Refusal.EXPIRED_KEY: "has expired",
    Refusal.RECALLED_KEY: "hangs on a root that was replaced",
    Refusal.ROLE_MISSING: "has no function that a role of its participant carries",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A key as the registry sees it at its latest block.

    `expiry` in seconds UTC, None for never; `functions` were granted, `usable` work now;
    `granted_by` is None for a root. `reason` is None while the key can do anything, and else says
    why not. `is_good`: neither it nor a key above it is revoked, expired or cut off.
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
    is_good: bool

    @property
    def is_valid(self) -> bool:
        """Whether it can do anything now."""
        return self.reason is None


class Authority:
    """The registry of a deployment, asked about keys; what it says is remembered.

    `now`: time of its latest block, seconds UTC.
    """

    def __init__(self, office: Office) -> None:
        self._office = office
        self._registry = office.bind(ParticipantRegistry)
        self.now = office.node.time()
        self._records: dict[str, KeyRecord] = {}
        self._participants: dict[int, Participant] = {}
        self._withdrawn: dict[str, set[str]] | None = None

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
            reason = self._unknown(address)
            return Standing(address, None, False, [], [], [], None, None, None, reason, False)
        line = self._line(address)
        fault = self._fault(line)
        number = self._records[line[-1]].participant_id
        participant = self._participant(number)
        answers = self._office.node.batch_raw(
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
            granted_by=None if record.is_root else self._granter(record),
            reason=None if usable else fault or "it " + _REASONS[Refusal.ROLE_MISSING],
            is_good=fault is None,
        )

    def _line(self, address: str) -> list[str]:
        """The key and all above it, up to the one that hangs on a root."""
        line = [address]
        while (parent := self._records[line[-1]].parent) != ZERO_ADDRESS:
            self._read([parent])
            line.append(parent)
        return line

    def _fault(self, line: Sequence[str]) -> str | None:
        """What is wrong with a key or one above it; None where nothing is."""
        participant = self._participant(self._records[line[-1]].participant_id)
        for address in line:
            record = self._records[address]
            if record.is_revoked:
                fault = _REASONS[Refusal.REVOKED_KEY]
            elif record.expiry < self.now:
                fault = _REASONS[Refusal.EXPIRED_KEY]
            elif address == line[-1] and record.epoch != participant.epoch:
                fault = _REASONS[Refusal.RECALLED_KEY]
            else:
                continue
            return ("it " if address == line[0] else f"{address}, which is above it, ") + fault
        return None

    def _unknown(self, address: str) -> str:
        """Why a key that was never granted can do nothing."""
        if self._withdrawn is None:
            self._withdrawn = defaultdict(set)
            for event in self._office.logs(self._registry, "GrantWithdrawn"):
                self._withdrawn[event.args["key"]].add(event.args["revoker"])
        reason = "it " + _REASONS[Refusal.UNKNOWN_KEY]
        names = ", ".join(sorted(self._withdrawn.get(address, ())))
        return f"{reason}; its grants by {names} were withdrawn" if names else reason

    def _granter(self, record: KeyRecord) -> str:
        if record.parent != ZERO_ADDRESS:
            return record.parent
        participant = self._participant(record.participant_id)
        if record.born == participant.epoch:
            return participant.root
        number = topic_of(record.participant_id)
        moved = self._office.logs(self._registry, "RootMoved", number)
        former: str = moved[record.born].args["oldRoot"]
        return former

    def _participant(self, number: int) -> Participant:
        if number not in self._participants:
            self._participants[number] = self._registry.participant_of(number)
        return self._participants[number]

    def _read(self, addresses: Sequence[str]) -> None:
        fresh = [each for each in dict.fromkeys(addresses) if each not in self._records]
        found = self._registry.call_many("keyOf", [(each,) for each in fresh])
        for address, record in zip(fresh, found, strict=True):
            self._records[address] = KeyRecord(*record.values())
