"""The main job: trades played on a devnet, in order of time, at their own times, to the unit."""

import hashlib
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from itertools import groupby
from pathlib import Path

from entrepot.core.signing import keccak
from entrepot.errors import InputError, NodeError, NodeUnreachable
from entrepot.network import devnet
from entrepot.network.node import DevNode, Mining
from entrepot.network.transactions import Block, send_block
from entrepot.services import events, report
from entrepot.services.books import rebuild
from entrepot.services.deploy import deploy, opened
from entrepot.services.progress import Progress, Silent
from entrepot.services.shipment_csv import Mapping, Rejection, read_shipments
from entrepot.services.summary import Run, Summary, summarize
from entrepot.services.trading import Desk, Trade
from entrepot.services.workspace import Workspace, side_devnet

TOPOLOGIES = ("single",)
_SETUP_SECONDS = 86_400


def replay(
    csv_path: Path,
    out: Path,
    *,
    mapping: Mapping | None = None,
    limit: int | None = None,
    topology: str = "single",
    rpc: str | None = None,
    with_ceiling: bool = True,
    progress: Progress | None = None,
) -> Summary:
    """Plays the shipments of a CSV file, see `docs/specification.md`, and leaves the record of it
    in `out`.

    `InputError` for a file without one valid row, or an unknown topology; errors of the network
    layer pass.
    """
    require_topology(topology)
    file = read_shipments(csv_path, mapping, limit)
    if not file.shipments:
        first = file.rejected[0]
        raise InputError(
            f"{csv_path} has no valid row; line {first.line} is rejected: {first.reason}."
        )
    trades = [Trade(i, shipment) for i, shipment in enumerate(file.shipments, 1)]
    asked: dict[str, object] = {
        "source": csv_path.name,
        "sha256": hashlib.sha256(csv_path.read_bytes()).hexdigest(),
        "limit": limit,
        "topology": topology,
    }
    return play(
        trades, out,
        asked=asked, rejected=file.rejected, rpc=rpc, with_ceiling=with_ceiling, progress=progress,
    )  # fmt: skip


def play(
    trades: Sequence[Trade],
    out: Path,
    *,
    asked: dict[str, object],
    rejected: Sequence[Rejection] = (),
    rpc: str | None = None,
    with_ceiling: bool = True,
    progress: Progress | None = None,
) -> Summary:
    """Plays trades on a devnet of its own, or on the one at `rpc`, whose clock it sets to their
    times. `with_ceiling` counts only for a devnet of its own.
    """
    told = progress or Silent()
    workspace = Workspace(out)
    begins = min(trade.shipment.funded_at for trade in trades) - _SETUP_SECONDS
    with workspace.run(asked), _own_node_named(rpc):
        ceiling = None
        with _node(rpc, out, begins - 1) as node:
            salt = keccak(json.dumps(asked, sort_keys=True).encode())
            run = _perform(node, trades, begins, salt, told)
            told.stage("Saving the chain", None)
            workspace.keep(run.deployment, run.names)
            workspace.dump(node)
            own = devnet.find(out)
            memory_mb = devnet.peak_memory_mb(os.getpid()) + (own.peak_memory_mb if own else 0)
        if with_ceiling and rpc is None:
            with suppress(NodeError):
                ceiling = _ceiling(run.blocks, out / "ceiling", begins - 1, told)
        summary = summarize(run, str(asked["source"]), rejected, ceiling, memory_mb)
        workspace.finish(asdict(summary), report.page(summary, run))
    return summary


def require_topology(topology: str) -> None:
    """`InputError` for a topology that this version does not play."""
    if topology not in TOPOLOGIES:
        raise InputError(f"There is no topology {topology!r}; this version plays `single`.")


@contextmanager
def _own_node_named(rpc: str | None) -> Iterator[None]:
    """Says of a devnet of the run's own that it ended, not that it should be started."""
    try:
        yield
    except NodeUnreachable as failure:
        if rpc is not None:
            raise
        raise NodeError("The run's own devnet ended; start the run again.") from failure


@contextmanager
def _node(rpc: str | None, folder: Path, timestamp: int) -> Iterator[DevNode]:
    """The node to play on; where it is not given, a devnet of the run's own."""
    if rpc is not None:
        yield DevNode(rpc)
    else:
        with devnet.running(folder, timestamp=timestamp) as own:
            yield own.node


def _perform(
    node: DevNode, trades: Sequence[Trade], begins: int, salt: bytes, progress: Progress
) -> Run:
    """Deploys, plays every step of every trade in order of time, and reads the record."""
    pipeline = opened(node)
    if node.time() >= begins:
        node.set_clock(begins - 1)
    progress.stage("Deploying", None)
    started = time.monotonic()
    with pipeline:
        world = deploy(pipeline, timestamp=begins, salt=salt)
        desk = Desk(world, trades)
        desk.prepare(begins + 2)
        timeline = desk.timeline()
        progress.stage("Replaying", len(timeline))
        for at, steps in groupby(timeline, key=lambda entry: entry[0]):
            for _, step, trade in steps:
                step(trade)
                progress.advance(1)
            pipeline.mine(at)
        pipeline.check()
    seconds = time.monotonic() - started
    progress.stage("Reading the events", None)
    return Run(
        deployment=world.deployment,
        names=desk.parties.names(),
        books=rebuild(events.read(node, world.deployment)),
        totals=pipeline.totals,
        blocks=pipeline.blocks,
        seconds=seconds,
        ended_at=node.time(),
    )


def _ceiling(blocks: Sequence[Block], folder: Path, timestamp: int, progress: Progress) -> float:
    """Transactions per second of a fresh devnet that is sent the same blocks as fast as it can."""
    count = sum(len(block.raws) for block in blocks)
    progress.stage("Measuring Anvil's ceiling", count)
    with side_devnet(folder, timestamp) as bare:
        node = bare.node
        node.set_mining(Mining(is_automatic=False, gas_limit=node.mining().gas_limit))
        started = time.monotonic()
        for block in blocks:
            send_block(node, block)
            progress.advance(len(block.raws))
        seconds = time.monotonic() - started
        mined = node.quantity("eth_getBlockTransactionCountByNumber", "latest")
        if mined != len(blocks[-1].raws):
            raise NodeError("The fresh devnet did not mine what the run mined; start it again.")
        return count / seconds
