"""`brownie run simulate main N SEED OUT`: trades drawn from a seed, on Brownie's active network."""

import sys

from brownie import web3

from entrepot.cli import run


def main(orders: str = "100", seed: str = "1", out: str = "out/brownie-simulation") -> None:
    """Plays the trades; the network's clock is set to their times."""
    node = web3.provider.endpoint_uri
    code = run(["simulate", "--orders", orders, "--seed", seed, "--out", out, "--rpc", node])
    if code:
        sys.exit(code)
