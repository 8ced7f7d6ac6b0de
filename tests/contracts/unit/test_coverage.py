"""Every custom error and every function of a deployed contract is met by a test.

A function that changes state is tested in `unit/<contract>/test_<function>.py`, both in snake case;
a view is called somewhere in its contract's folder.
"""

import re
from pathlib import Path

import pytest

from entrepot.services.deploy import CONTRACTS

UNIT = Path(__file__).parent
TESTS = UNIT.parent
ROOT = TESTS.parent.parent
FUNCTION = re.compile(r"\bfunction\s+(\w+)\s*\([^)]*\)([^;{]*)[;{]")
ERROR = re.compile(r"\berror\s+(\w+)\s*\(")


def _snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _text_of_tests(folder):
    return "\n".join(p.read_text("utf-8") for p in folder.rglob("test_*.py"))


def _functions(contract):
    """Names of a contract's own external functions: those that change state, and views."""
    (source,) = (ROOT / "contracts").rglob(f"{contract}.sol")
    files = [source, ROOT / "interfaces" / f"I{contract}.sol"]
    text = "\n".join(path.read_text("utf-8") for path in files if path.exists())
    changing, views = set(), set()
    for name, attributes in FUNCTION.findall(text):
        words = attributes.split()
        if {"external", "public"} & set(words):
            (views if {"view", "pure"} & set(words) else changing).add(name)
    return changing, views


def test_every_custom_error_is_expected_by_a_test():
    declared = {
        name
        for folder in ("interfaces", "contracts/participants")
        for path in (ROOT / folder).glob("*.sol")
        for name in ERROR.findall(path.read_text("utf-8"))
    }
    text = _text_of_tests(TESTS)
    assert len(declared) > 50
    missing = sorted(name for name in declared if f'"{name}"' not in text)
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_changing_function_has_a_test_file(contract):
    changing, _ = _functions(contract)
    folder = UNIT / _snake(contract)
    files = {path.stem for path in folder.glob("test_*.py")}
    missing = sorted(name for name in changing if f"test_{_snake(name)}" not in files)
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("contract", [*CONTRACTS, "SecureElement"])
def test_every_view_is_called_in_its_contracts_tests(contract):
    _, views = _functions(contract)
    text = _text_of_tests(UNIT / _snake(contract))
    missing = sorted(name for name in views if f".{name}(" not in text)
    assert not missing, "\n".join(missing)
