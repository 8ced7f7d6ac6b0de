"""`brownie run audit main OUT`: audits a run's saved chain on Brownie's active network."""

import sys
from pathlib import Path

from brownie import web3

from entrepot.cli import run
from entrepot.network.node import DevNode
from entrepot.services.workspace import Workspace


def main(out: str = "out/brownie") -> None:
    """Loads the chain that the run left into the network, and audits it there."""
    node = web3.provider.endpoint_uri
    DevNode(node).load_state(Workspace(Path(out)).saved())
    code = run(["audit", "--out", out, "--rpc", node])
    if code:
        sys.exit(code)
