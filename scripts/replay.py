"""`brownie run replay main SHIPMENTS.csv OUT`: the main job on Brownie's active network."""

import sys

from brownie import web3

from entrepot.cli import run


def main(shipments: str = "data/sample_shipments.csv", out: str = "out/brownie") -> None:
    """Replays the shipments; the network's clock is set to their times."""
    code = run(["replay", shipments, "--out", out, "--rpc", web3.provider.endpoint_uri])
    if code:
        sys.exit(code)
