"""Compiles `contracts/` into the canonical artifacts that the package ships.

`python tools/compile.py` writes `src/entrepot/artifacts/<Contract>.json`. It does nothing while the
sources, the libraries and the settings are those of the last run; when they changed it also clears
Brownie's `build/contracts`, because Brownie does not rebuild dependents when only an interface
changes.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from typing import Any

import compiler

ROOT = compiler.ROOT
ARTIFACTS = ROOT / "src" / "entrepot" / "artifacts"
STAMP = ARTIFACTS / "build.json"
BROWNIE_BUILD = ROOT / "build" / "contracts"
REMAPPINGS = ["@openzeppelin/=node_modules/@openzeppelin/"]
SETTINGS: dict[str, Any] = {
    "evmVersion": "cancun",
    "optimizer": {"enabled": True, "runs": 10000},
    "remappings": REMAPPINGS,
}
OUTPUT = [
    "abi",
    "metadata",
    "storageLayout",
    "evm.bytecode.object",
    "evm.deployedBytecode.object",
    "evm.deployedBytecode.immutableReferences",
]
LIBRARIES, DOUBLES = "contracts/libraries/", "contracts/testing/"
SHIPPED_DOUBLES = {"TestDollar"}
# EIP-1153's warning is about guards that are not cleared; OpenZeppelin's is.
QUIET_WARNINGS = {"2394"}


def sources() -> dict[str, str]:
    """Own Solidity sources by path from the root."""
    folders = ("contracts", "interfaces")
    paths = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.sol"))
    return {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in paths}


def tree_hash(files: dict[str, str]) -> str:
    """Hash over everything that decides the artifacts."""
    lock = (ROOT / "package-lock.json").read_text("utf-8")
    text = json.dumps([compiler.VERSION, SETTINGS, OUTPUT, files, lock], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def compile_all(files: dict[str, str]) -> dict[str, Any]:
    """The compiler's answer; leaves the program with its messages where there are errors."""
    command = [str(compiler.install()), "--standard-json", "--base-path", ".", "--allow-paths", "."]
    request = {
        "language": "Solidity",
        "sources": {path: {"content": text} for path, text in files.items()},
        "settings": {**SETTINGS, "outputSelection": {"*": {"*": OUTPUT}}},
    }
    done = subprocess.run(
        command, input=json.dumps(request), capture_output=True, text=True, cwd=ROOT, check=False
    )
    if done.returncode != 0:
        sys.exit(f"The compiler failed: {done.stderr.strip()}")
    answer: dict[str, Any] = json.loads(done.stdout)
    errors = [e for e in answer.get("errors", []) if e.get("errorCode") not in QUIET_WARNINGS]
    for error in errors:
        print(error["formattedMessage"], file=sys.stderr)
    if any(error["severity"] == "error" for error in errors):
        sys.exit("Compilation failed.")
    return answer


def artifact(path: str, name: str, contract: dict[str, Any], source_hash: str) -> dict[str, Any]:
    """What is kept of one contract."""
    deployed = contract["evm"]["deployedBytecode"]
    return {
        "contractName": name,
        "sourcePath": path,
        "testing": path.startswith(DOUBLES),
        "compiler": compiler.VERSION,
        "sourceHash": source_hash,
        "abi": contract["abi"],
        "bytecode": "0x" + contract["evm"]["bytecode"]["object"],
        "deployedBytecode": "0x" + deployed["object"],
        "immutableReferences": deployed["immutableReferences"],
        "storageLayout": contract["storageLayout"],
        "metadata": contract["metadata"],
    }


def main() -> None:
    """Compiles if anything changed."""
    files = sources()
    source_hash = tree_hash(files)
    if STAMP.exists() and json.loads(STAMP.read_text("utf-8")).get("sourceHash") == source_hash:
        print("Contracts are up to date.")
        return
    answer = compile_all(files)
    shutil.rmtree(BROWNIE_BUILD, ignore_errors=True)
    fresh = ARTIFACTS.with_name("artifacts.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    names = []
    for path, contracts in answer["contracts"].items():
        for name, contract in contracts.items():
            is_own = path.startswith("contracts/") and not path.startswith(LIBRARIES)
            is_shipped = not path.startswith(DOUBLES) or name in SHIPPED_DOUBLES
            if not is_own or not is_shipped or not contract["evm"]["bytecode"]["object"]:
                continue
            names.append(name)
            kept = artifact(path, name, contract, source_hash)
            (fresh / f"{name}.json").write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
    stamp = {"sourceHash": source_hash, "contracts": sorted(names)}
    (fresh / STAMP.name).write_text(json.dumps(stamp, indent=1) + "\n", "utf-8")
    shutil.rmtree(ARTIFACTS, ignore_errors=True)
    fresh.replace(ARTIFACTS)
    print(f"Compiled {len(names)} contracts.")


if __name__ == "__main__":
    main()
