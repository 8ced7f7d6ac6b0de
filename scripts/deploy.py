"""`brownie run deploy`: deploys the contracts on Brownie's active network."""

import sys

from brownie import web3

from entrepot.cli import run


def main(workspace: str = ".entrepot/brownie") -> None:
    """Deploys; the addresses are kept in `workspace`."""
    code = run(["--workspace", workspace, "--rpc", web3.provider.endpoint_uri, "deploy"])
    if code:
        sys.exit(code)
