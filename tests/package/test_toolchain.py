"""One compiler, one set of settings, and dependency ranges that hold what is locked."""

import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from packaging.requirements import Requirement

from entrepot.network import artifacts

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def compile_tool(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    return tool("compile")


def test_brownie_forge_and_the_shipped_artifacts_share_their_settings(
    compile_tool: ModuleType,
) -> None:
    brownie = yaml.safe_load((ROOT / "brownie-config.yaml").read_text())["compiler"]
    forge = tomllib.loads((ROOT / "foundry.toml").read_text())["profile"]["default"]
    settings, version = compile_tool.SETTINGS, compile_tool.compiler.VERSION

    assert settings["evmVersion"] == brownie["evm_version"] == forge["evm_version"]
    assert settings["optimizer"] == brownie["solc"]["optimizer"]
    assert settings["optimizer"] == {
        "enabled": forge["optimizer"],
        "runs": forge["optimizer_runs"],
    }
    assert settings["remappings"] == brownie["solc"]["remappings"]
    assert set(settings["remappings"]) <= set(forge["remappings"])
    assert brownie["solc"]["version"] == version
    assert forge["solc"] == f".solcx/solc-v{version}"
    assert not {"via_ir", "viaIR"} & (forge.keys() | brownie["solc"].keys() | settings.keys())


def test_shipped_artifacts_are_those_of_the_sources(compile_tool: ModuleType) -> None:
    assert artifacts.load("TradeEscrow").source_hash == compile_tool.tree_hash(
        compile_tool.sources()
    )


def test_npm_compiler_is_the_same_version(compile_tool: ModuleType) -> None:
    package = yaml.safe_load((ROOT / "package.json").read_text())
    dependencies = {**package.get("dependencies", {}), **package.get("devDependencies", {})}
    assert dependencies["solc"] == compile_tool.compiler.VERSION


def test_sources_compile_with_this_compiler_alone(compile_tool: ModuleType) -> None:
    version = compile_tool.compiler.VERSION
    for path, text in compile_tool.sources().items():
        assert re.findall(r"pragma solidity ([^;]+);", text) == [version], path


def locked(environment: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{environment}.txt").read_text()
    return {
        name.lower().replace("_", "-"): version
        for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", text, re.M)
    }


@pytest.mark.parametrize("environment", ["runtime", "dev"])
@pytest.mark.parametrize("text", PROJECT["dependencies"])
def test_ranges_hold_the_locked_versions(environment: str, text: str) -> None:
    requirement = Requirement(text)
    version = locked(environment).get(requirement.name.lower())
    assert version is not None or environment == "dev"
    assert version is None or requirement.specifier.contains(version)


@pytest.mark.parametrize("environment", ["runtime", "dev", "brownie"])
def test_every_locked_version_has_its_hashes(environment: str) -> None:
    text = (ROOT / "requirements" / f"{environment}.txt").read_text()
    entries = re.split(r"\n(?=\S)", text.strip())
    assert entries
    assert all("--hash=sha256:" in entry for entry in entries)
