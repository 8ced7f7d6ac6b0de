"""The main job: trades played on a devnet, in order of time, at their own times, to the unit."""

import hashlib
import resource
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from entrepot.core.money import cents_of_units
from entrepot.core.signing import keccak
from entrepot.errors import InputError
from entrepot.network import devnet
from entrepot.network.node import DevNode
from entrepot.network.transactions import Block, Pipeline, send_block
from entrepot.services import events, report
from entrepot.services.books import OrderState, PolicyState, rebuild
from entrepot.services.deploy import deploy, opened
from entrepot.services.progress import Progress, Silent
from entrepot.services.shipment_csv import Mapping, Rejection, read_shipments
from entrepot.services.summary import Rate, Summary
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
    times.
    """
    told = progress or Silent()
    workspace = Workspace(out)
    begins = min(trade.shipment.funded_at for trade in trades) - _SETUP_SECONDS
    with workspace.run(asked):
        with _node(rpc, out, begins - 1) as node:
            run = _Run(node, trades, begins, told)
            told.stage("Saving the chain", None)
            workspace.keep(run.desk.world.deployment, run.desk.parties.names())
            workspace.dump(node)
        if with_ceiling:
            run.measure_ceiling(out, told)
        summary = run.summary(str(asked["source"]), rejected)
        page = report.page(summary, run.books, run.desk.parties.names(), run.ended_at)
        workspace.finish(asdict(summary), page)
    return summary


def require_topology(topology: str) -> None:
    """`InputError` for a topology that this version does not play."""
    if topology not in TOPOLOGIES:
        raise InputError(f"There is no topology {topology!r}; this version plays `single`.")


@contextmanager
def _node(rpc: str | None, folder: Path, timestamp: int) -> Iterator[DevNode]:
    """The node to play on; where it is not given, a devnet of the run's own."""
    if rpc is not None:
        yield DevNode(rpc)
    else:
        with devnet.running(folder, timestamp=timestamp) as own:
            yield own.node


class _Run:
    """One run on one node, finished when it is constructed."""

    def __init__(
        self, node: DevNode, trades: Sequence[Trade], begins: int, progress: Progress
    ) -> None:
        self._begins = begins
        self._ceiling: float | None = None
        pipeline = opened(node, progress.advance)
        if node.time() >= begins:
            node.set_clock(begins - 1)
        progress.stage("Replaying", None)
        self._started = time.monotonic()
        with pipeline:
            salt = keccak(b"Entrepot devnet" + begins.to_bytes(8))
            world = deploy(pipeline, timestamp=begins, salt=salt)
            self.desk = Desk(world, trades)
            self.desk.prepare(begins + 2)
            self._play(trades, pipeline, progress)
            pipeline.check()
        self._seconds = time.monotonic() - self._started
        self._totals = pipeline.totals
        self._blocks = pipeline.blocks
        progress.stage("Reading the events", None)
        records = events.read(node, world.deployment)
        self.books = rebuild(records)
        self.ended_at = node.time()

    def _play(self, trades: Sequence[Trade], pipeline: Pipeline, progress: Progress) -> None:
        timeline = [(at, step, trade) for trade in trades for at, step in self.desk.steps(trade)]
        timeline.sort(key=lambda entry: entry[0])
        progress.stage("Replaying", len(timeline))
        now = None
        for at, step, trade in timeline:
            if now is not None and at != now:
                pipeline.mine(now)
            step(trade)
            now = at
        if now is not None:
            pipeline.mine(now)

    def measure_ceiling(self, folder: Path, progress: Progress) -> None:
        """Sends the same blocks to a fresh devnet, as fast as it takes them."""
        progress.stage("Measuring Anvil's ceiling", sum(len(b.raws) for b in self._blocks))
        with side_devnet(folder / "ceiling", self._begins - 1) as bare:
            self._ceiling = _send(bare.node, self._blocks, progress)

    def summary(self, source: str, rejected: Sequence[Rejection]) -> Summary:
        """What happened, from the books."""
        books = self.books
        ends = [entry.state for entry in books.orders.values()]
        covers = list(books.policies.values())
        returned = books.order_units(OrderState.REFUNDED, OrderState.CANCELLED)
        funded = sum(entry.order.amount for entry in books.orders.values())
        released = books.order_units(OrderState.RELEASED)
        paid = [entry.paid_units for entry in covers if entry.state is PolicyState.PAID]
        premiums = sum(
            entry.quote.premium for entry in covers if entry.state is not PolicyState.VOID
        )
        held = books.held_units()
        rate = self._totals.transactions / self._seconds
        return Summary(
            topology="single",
            source=source,
            orders=len(books.orders),
            rejected_rows=len(rejected),
            rejected=list(rejected),
            released=ends.count(OrderState.RELEASED),
            refunded=ends.count(OrderState.REFUNDED),
            cancelled=ends.count(OrderState.CANCELLED),
            funded_cents=cents_of_units(funded),
            released_cents=cents_of_units(released),
            refunded_cents=cents_of_units(returned),
            held_cents=cents_of_units(held),
            late=sum(
                books.orders[shipment.order_id].order.deliver_by < shipment.facts["deliveredAt"]
                for shipment in books.shipments.values()
            ),
            policies=len(covers),
            claims=len(paid),
            claims_paid_cents=cents_of_units(sum(paid)),
            premiums_cents=cents_of_units(premiums),
            participants=len(books.participants),
            product_lines=len(books.lines),
            batches=len(books.batches),
            transactions=self._totals.transactions,
            gas_used=self._totals.gas_used,
            seconds=round(self._seconds, 3),
            rate=Rate(
                transactions_per_second=round(rate, 1),
                ceiling_per_second=self._ceiling and round(self._ceiling, 1),
                ratio=self._ceiling and round(rate / self._ceiling, 3),
            ),
            peak_memory_mb=_peak_memory_mb(),
            money={
                "funded_units": funded,
                "released_units": released,
                "returned_units": returned,
                "held_units": held,
                "premiums_units": premiums,
                "claims_paid_units": sum(paid),
            },
            gas_by_action={
                label: gas // self._totals.by_label[label]
                for label, gas in sorted(self._totals.gas_by_label.items())
            },
        )


def _send(node: DevNode, blocks: Iterable[Block], progress: Progress) -> float:
    """Transactions per second."""
    node.call("evm_setAutomine", False)
    count = 0
    started = time.monotonic()
    for block in blocks:
        send_block(node, block)
        progress.advance(len(block.raws))
        count += len(block.raws)
    return count / (time.monotonic() - started)


def _peak_memory_mb() -> int:
    """Of this process and of the largest one that it started, in MiB."""
    unit = 1 if sys.platform == "darwin" else 1024
    peaks = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(resource.getrusage(who).ru_maxrss * unit for who in peaks) // 2**20
