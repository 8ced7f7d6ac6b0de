"""The record of a deployment: every event of its contracts, decoded, in order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from entrepot.network.contracts import Contract, Event
from entrepot.network.deployments import Deployment
from entrepot.network.node import LOG_SPAN, Node, Request
from entrepot.services.office import Office


@dataclass(frozen=True, slots=True)
class Record:
    """An event and the name of the contract that emitted it."""

    contract: str
    event: Event


def read(
    node: Node, deployment: Deployment, first: int | None = None, last: int | None = None
) -> Iterator[Record]:
    """All events from block `first`, or the deployment's first, to block `last`, or the latest,
    read as they are asked for.
    """
    contracts = {
        deployed.address: (name, deployment.contract(node, name).abi)
        for name, deployed in deployment.contracts.items()
    }
    by_raw = {address.lower(): found for address, found in contracts.items()}
    begins = deployment.first_block if first is None else first
    ends = node.block_number() if last is None else last
    for start in range(begins, ends + 1, LOG_SPAN):
        records = []
        for log in node.logs(list(contracts), start, min(start + LOG_SPAN - 1, ends)):
            name, abi = by_raw[log["address"].lower()]
            event = abi.decode_log(log)
            if event is not None:
                records.append(Record(name, event))
        dated = _dated(node, [each.event for each in records])
        yield from (
            Record(record.contract, event) for record, event in zip(records, dated, strict=True)
        )


def of(
    office: Office,
    contract: Contract,
    name: str | None = None,
    *indexed: str | None,
    last: int | None = None,
) -> list[Event]:
    """Events as `Office.logs` finds them, with the times of their blocks."""
    return _dated(office.node, office.logs(contract, name, *indexed, last=last))


def _dated(node: Node, found: Sequence[Event]) -> list[Event]:
    """With the times of the blocks, where the node's logs do not carry them."""
    numbers = sorted({each.block for each in found if each.timestamp == 0})
    if not numbers:
        return list(found)
    blocks = node.batch([Request("eth_getBlockByNumber", (hex(n), False)) for n in numbers])
    times = {n: int(block["timestamp"], 16) for n, block in zip(numbers, blocks, strict=True)}
    return [
        replace(each, timestamp=times[each.block]) if each.timestamp == 0 else each
        for each in found
    ]
