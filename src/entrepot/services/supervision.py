"""What the keys of a branch did, seen with nothing but the branch's xpub."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from entrepot.core.keys import HARDENED, PublicNode
from entrepot.core.organisation import BRANCH_DEPTH, MAX_LEVEL, number_of
from entrepot.core.signing import checksum_address
from entrepot.errors import InputError
from entrepot.network.contracts import Abi
from entrepot.network.node import Request
from entrepot.services import events
from entrepot.services.authority import Authority, Standing
from entrepot.services.events import Record
from entrepot.services.office import Office


@dataclass(frozen=True, slots=True)
class Act:
    """An event that an address caused. `how`: it sent the transaction, signed what the transaction
    brought, or is named by the event. `timestamp` in seconds UTC.
    """

    how: str
    contract: str
    event: str
    args: dict[str, Any]
    block: int
    timestamp: int
    transaction: str


@dataclass(frozen=True, slots=True)
class Supervised:
    """An address of the branch that the chain has seen; `place` is its path below the xpub."""

    place: str
    address: str
    standing: Standing
    acts: list[Act]


def branch_of(xpub: str, function: str | None) -> PublicNode:
    """The node of an xpub, of a unit's if a function is named; `InputError` where it is no branch
    nor a level of one.
    """
    try:
        node = PublicNode.from_xpub(xpub)
        if function is not None:
            node = node.child(number_of(function))
    except ValueError as failure:
        raise InputError(f"The extended key cannot be used: {failure}.") from None
    return node


def supervise(office: Office, branch: PublicNode, gap: int) -> list[Supervised]:
    """Every address of a branch that the chain has seen, with its standing and what it caused.

    The branch is a function's, with levels below it, or else keys lie right below it. Of each level
    addresses are tried until `gap` in a row were never seen.
    """
    acts = _acts_by_address(office)
    authority = Authority(office)
    found = []
    for place, address in _seen(branch, gap, acts.keys()):
        found.append(Supervised(place, address, authority.of(address), acts[address]))
    return found


def _seen(branch: PublicNode, gap: int, known: Iterable[str]) -> Iterator[tuple[str, str]]:
    known = set(known)
    if branch.depth != BRANCH_DEPTH:
        yield from _seen_below(branch, "", gap, known)
        return
    for level in range(MAX_LEVEL + 1):
        yield from _seen_below(branch.child(level), f"{level}/", gap, known)


def _seen_below(
    node: PublicNode, prefix: str, gap: int, known: set[str]
) -> Iterator[tuple[str, str]]:
    index = unseen = 0
    while unseen < gap and index < HARDENED - gap:
        for address in node.addresses(index, gap):
            if address in known:
                yield f"{prefix}{index}", address
            unseen = 0 if address in known else unseen + 1
            index += 1
            if unseen == gap:
                break


def _acts_by_address(office: Office) -> Mapping[str, list[Act]]:
    """Events by the addresses that caused them."""
    records = list(events.read(office.node, office.deployment))
    hashes = list(dict.fromkeys(record.event.transaction for record in records))
    answers = office.node.batch([Request("eth_getTransactionByHash", (each,)) for each in hashes])
    abis = {
        contract.address.lower(): office.deployment.contract(office.node, name).abi
        for name, contract in office.deployment.contracts.items()
    }
    senders = {
        each: checksum_address(bytes.fromhex(answer["from"][2:]))
        for each, answer in zip(hashes, answers, strict=True)
    }
    signers = {each: _signers(answer, abis) for each, answer in zip(hashes, answers, strict=True)}
    acts: defaultdict[str, list[Act]] = defaultdict(list)
    for record in records:
        transaction = record.event.transaction
        causes = dict.fromkeys(_addresses(record.event.args), "named")
        causes |= dict.fromkeys(signers[transaction], "signed")
        causes[senders[transaction]] = "sent"
        for address, how in causes.items():
            acts[address].append(_act(record, how))
    return acts


def _signers(transaction: dict[str, Any], abis: Mapping[str, Abi]) -> set[str]:
    """Who signed what a transaction brought, as its call names them: the accounts among the
    arguments of a call that has a signature, and the signers beside signatures. A key that somebody
    revokes does not sign.
    """
    abi = abis.get((transaction["to"] or "").lower())
    call = abi.decode_call(bytes.fromhex(transaction["input"][2:])) if abi else None
    if call is None:
        return set()
    args = call[1]
    beside = {v["signer"] for v in args.values() if isinstance(v, dict) and "signer" in v}
    if not any(name.lower().endswith("signature") for name in args):
        return beside
    return beside | {v for name, v in args.items() if _is_address(v) and name != "key"}


def _addresses(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _addresses(item)
    elif _is_address(value):
        yield value


def _is_address(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 42 and value.startswith("0x")


def _act(record: Record, how: str) -> Act:
    event = record.event
    return Act(
        how, record.contract, event.name, event.args, event.block, event.timestamp,
        event.transaction,
    )  # fmt: skip
