"""The compiled contracts that the package carries."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from entrepot.errors import ArtifactMissing


@dataclass(frozen=True, slots=True)
class Artifact:
    """One compiled contract; `immutables` are (start, length) in the deployed bytecode."""

    name: str
    abi: list[dict[str, Any]]
    bytecode: bytes
    deployed_bytecode: bytes
    immutables: tuple[tuple[int, int], ...]
    storage_layout: list[dict[str, Any]]
    source_hash: str

    def masked(self, code: bytes) -> bytes:
        """Deployed code with its immutables zeroed, to compare it with the artifact's."""
        masked = bytearray(code)
        for start, length in self.immutables:
            masked[start : start + length] = bytes(length)
        return bytes(masked)


@cache
def load(name: str) -> Artifact:
    """The artifact of a contract; `ArtifactMissing` where it is not compiled."""
    return read(files("entrepot") / "artifacts" / f"{name}.json")


def read(source: Traversable) -> Artifact:
    """The artifact in a file; `ArtifactMissing` where there is none."""
    try:
        kept = json.loads(source.read_text("utf-8"))
    except FileNotFoundError as failure:
        name = source.name.removesuffix(".json")
        raise ArtifactMissing(
            f"The contract {name} is not compiled; run `make compile`."
        ) from failure
    immutables = tuple(
        (place["start"], place["length"])
        for places in kept["immutableReferences"].values()
        for place in places
    )
    return Artifact(
        name=kept["contractName"],
        abi=kept["abi"],
        bytecode=bytes.fromhex(kept["bytecode"][2:]),
        deployed_bytecode=bytes.fromhex(kept["deployedBytecode"][2:]),
        immutables=immutables,
        storage_layout=kept["storageLayout"]["storage"],
        source_hash=kept["sourceHash"],
    )
