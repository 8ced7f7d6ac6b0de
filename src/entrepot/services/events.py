"""The record of a deployment: every event of its contracts, decoded, in order."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from entrepot.network.contracts import Event
from entrepot.network.deployments import Deployment
from entrepot.network.node import LOG_SPAN, Node, Request


@dataclass(frozen=True, slots=True)
class Record:
    """An event and the name of the contract that emitted it."""

    contract: str
    event: Event


def read(node: Node, deployment: Deployment) -> Iterator[Record]:
    """All events from the deployment's first block to the latest, read as they are asked for."""
    contracts = {
        deployed.address: (name, deployment.contract(node, name).abi)
        for name, deployed in deployment.contracts.items()
    }
    by_raw = {address.lower(): found for address, found in contracts.items()}
    last = node.block_number()
    for first in range(deployment.first_block, last + 1, LOG_SPAN):
        records = []
        for log in node.logs(list(contracts), first, min(first + LOG_SPAN - 1, last)):
            name, abi = by_raw[log["address"].lower()]
            event = abi.decode_log(log)
            if event is not None:
                records.append(Record(name, event))
        yield from _dated(node, records)


def _dated(node: Node, records: list[Record]) -> list[Record]:
    """With the times of the blocks, where the node's logs do not carry them."""
    numbers = sorted({r.event.block for r in records if r.event.timestamp == 0})
    if not numbers:
        return records
    blocks = node.batch([Request("eth_getBlockByNumber", (hex(n), False)) for n in numbers])
    times = {n: int(block["timestamp"], 16) for n, block in zip(numbers, blocks, strict=True)}
    return [
        replace(r, event=replace(r.event, timestamp=times[r.event.block]))
        if r.event.timestamp == 0
        else r
        for r in records
    ]
