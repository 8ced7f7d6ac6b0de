"""The devnet of a workspace, and the deployment on it."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from entrepot.core.signing import keccak
from entrepot.errors import DevnetError, InputError
from entrepot.network import devnet
from entrepot.network.bindings import TestDollar
from entrepot.network.deployments import Deployment
from entrepot.network.devnet import Devnet
from entrepot.network.node import DevNode
from entrepot.services import deploy as deployer
from entrepot.services import tokens
from entrepot.services.office import Acting, Office
from entrepot.services.replay import require_topology
from entrepot.services.signers import KeyRing
from entrepot.services.spelling import address_of
from entrepot.services.workspace import Workspace
from entrepot.storage.files import exclusive


def up(workspace: Path, topology: str = "single", port: int | None = None) -> Devnet:
    """The workspace's devnet, started where it does not run.

    What was deployed on an earlier one went with it. `WorkspaceError` where a run is kept there.
    """
    require_topology(topology)
    with exclusive(workspace):
        running = devnet.find(workspace)
        if running is not None:
            if port not in (None, running.port):
                raise DevnetError(f"A devnet runs at {running.url} already; stop it first.")
            return running
        kept = Workspace(workspace)
        kept.require_no_run()
        kept.forget()
        return devnet.start(workspace, port=port)


def down(workspace: Path) -> None:
    """Stops the workspace's devnet, if one runs."""
    running = devnet.find(workspace)
    if running is not None:
        running.stop()


def find(workspace: Path) -> Devnet | None:
    """The workspace's devnet, if one runs."""
    return devnet.find(workspace)


def status(found: Devnet | None) -> dict[str, Any]:
    """What a program wants to know of a devnet."""
    if found is None:
        return {"running": False}
    node = found.node
    return {
        "running": True,
        "url": found.url,
        "pid": found.pid,
        "chain_id": node.chain_id(),
        "block": node.block_number(),
    }


def deploy(workspace: Path, rpc: str | None, topology: str = "single") -> Deployment:
    """Deploys on the devnet at `rpc`, else on the workspace's, which is started where it does not
    run.

    Where the workspace's deployment stands on that node already, nothing is sent. `WorkspaceError`
    where a run is kept there.
    """
    require_topology(topology)
    url = rpc or up(workspace, topology).url
    node = DevNode(url)
    kept = Workspace(workspace)
    with exclusive(workspace):
        kept.require_no_run()
        if kept.has_deployment and kept.deployment().stands(node):
            return kept.deployment()
        timestamp = max(node.time() + 1, int(time.time()))
        with deployer.opened(node) as pipeline:
            world = deployer.deploy(
                pipeline,
                timestamp=timestamp,
                salt=keccak(b"Entrepot devnet" + timestamp.to_bytes(8)),
            )
            deployer.enrol_producer(world)
            pipeline.mine(timestamp + 2)
            pipeline.check()
        kept.forget()
        names = {deployer.INSURER_ID: "Insurer", deployer.PRODUCER_ID: "Producer"}
        kept.keep(world.deployment, names, rpc)
        return world.deployment


def pass_time(office: Office, seconds: int) -> int:
    """Lets so much time pass on a devnet, to its next block; that block's time, seconds UTC.

    `InputError` off a devnet.
    """
    if not office.is_devnet:
        raise InputError(f"{office.node.url} is no devnet: its time passes by itself.")
    DevNode(office.node.url).mine(office.node.time() + seconds)
    return office.node.time()


def fund(office: Office, ring: KeyRing, names: Sequence[str], dollars: str) -> list[dict[str, str]]:
    """Gives keys or addresses test dollars, a decimal text of them, and ether to act with.

    What each has then. `InputError` off a devnet.
    """
    if not office.is_devnet:
        raise InputError(f"{office.node.url} is no devnet: money is made on devnets only.")
    token = tokens.of_name(office, "TestDollar")
    units = token.asked("--dollars", dollars)
    accounts = [
        address_of(name) if name.startswith("0x") else ring.key(name).address for name in names
    ]
    node, dollar = DevNode(office.node.url), office.bind(TestDollar)
    for account in accounts:
        if units:
            office.send(dollar.mint(account, units), Acting(ring, None))
        node.top_up(account)
    return [
        {"account": account, "dollars": token.text(dollar.balance_of(account))}
        for account in accounts
    ]
