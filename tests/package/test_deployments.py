"""What is deployed where, and the artifacts that it is compared with."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from entrepot.core.signing import checksum_address
from entrepot.errors import (
    ArtifactMissing,
    CodeMismatch,
    DeploymentError,
    NoCode,
    WorkspaceError,
    WrongChain,
)
from entrepot.network import artifacts, deployments
from entrepot.network.deployments import Deployed, Deployment
from entrepot.network.node import Node

ADDRESS = checksum_address(b"\x33" * 20)
DEPLOYMENT = Deployment(
    version="0.1.0",
    topology="single",
    chain_id=31337,
    salt="0x" + "01" * 32,
    source_hash="ab",
    first_block=1,
    contracts={"TradeEscrow": Deployed("TradeEscrow", ADDRESS, 1, ["x"])},
)


def test_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "deployment.json"
    DEPLOYMENT.save(path)
    assert deployments.load(path) == DEPLOYMENT


@pytest.mark.parametrize(
    "content",
    [
        "[]", "{}", "1", "null", '"x"', '{"contracts": {}}', '{"contracts": []}',
        '{"contracts": {"A": 1}}', '{"contracts": {"A": {"name": "A"}}}',
    ],
)  # fmt: skip
def test_other_json_is_no_deployment(tmp_path: Path, content: str) -> None:
    path = tmp_path / "deployment.json"
    path.write_text(content)
    with pytest.raises(DeploymentError, match=r"deployment\.json does not describe a deployment"):
        deployments.load(path)


def test_missing_and_damaged_files(tmp_path: Path) -> None:
    path = tmp_path / "deployment.json"
    with pytest.raises(WorkspaceError, match="is missing"):
        deployments.load(path)
    path.write_text("{")
    with pytest.raises(WorkspaceError, match="cannot be read"):
        deployments.load(path)


def test_contract_that_is_not_part_of_it(serve_methods: Any) -> None:
    node = Node(serve_methods({}))
    assert DEPLOYMENT.contract(node, "TradeEscrow").address == ADDRESS
    with pytest.raises(DeploymentError, match="no contract CustomsDesk"):
        DEPLOYMENT.contract(node, "CustomsDesk")


def with_immutables(artifact: artifacts.Artifact) -> bytearray:
    code = bytearray(artifact.deployed_bytecode)
    for start, length in artifact.immutables:
        code[start : start + length] = b"\xee" * length
    return code


def test_verify_accepts_our_code_with_any_immutables(serve_methods: Any) -> None:
    artifact = artifacts.load("TradeEscrow")
    assert artifact.immutables
    code = "0x" + with_immutables(artifact).hex()
    DEPLOYMENT.verify(Node(serve_methods({"eth_chainId": "0x7a69", "eth_getCode": code})))


def test_verify_raises_given_other_code(serve_methods: Any) -> None:
    code = with_immutables(artifacts.load("TradeEscrow"))
    code[0] ^= 1
    methods = {"eth_chainId": "0x7a69", "eth_getCode": "0x" + code.hex()}
    with pytest.raises(CodeMismatch, match=f"The code at {ADDRESS} is not this version's"):
        DEPLOYMENT.verify(Node(serve_methods(methods)))
    with pytest.raises(CodeMismatch):
        DEPLOYMENT.verify(Node(serve_methods({**methods, "eth_getCode": "0x60"})))
    with pytest.raises(NoCode):
        DEPLOYMENT.verify(Node(serve_methods({**methods, "eth_getCode": "0x"})))
    with pytest.raises(WrongChain):
        replace(DEPLOYMENT, chain_id=1).verify(Node(serve_methods(methods)))


def test_artifact_that_is_missing() -> None:
    with pytest.raises(ArtifactMissing, match=r"^The contract Nothing is not compiled; run `make"):
        artifacts.load("Nothing")
