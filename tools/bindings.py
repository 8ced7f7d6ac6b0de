"""Writes `src/entrepot/network/bindings.py`: the contracts with typed functions, from their ABIs.

`python tools/bindings.py` after the contracts were compiled. Views read the chain; every other
function gives a `Call` to be sent; overloads are left out. Sentences come from the contracts'
NatSpec.
"""

import json
import re
import subprocess
import sys
import textwrap
from collections import Counter
from dataclasses import fields
from keyword import iskeyword
from pathlib import Path
from typing import Any

from entrepot.core import messages

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "src" / "entrepot" / "network" / "bindings.py"
CONTRACTS = (
    "Council",
    "ParticipantRegistry",
    "GuardianRegistry",
    "QualificationRegistry",
    "LabelRegistry",
    "CreditRegistry",
    "TradeEscrow",
    "ReceivableNote",
    "CustomsDesk",
    "ShipmentLedger",
    "SensorLog",
    "CargoInsurance",
    "CarrierBond",
    "InsurancePool",
    "TestDollar",
)
HEAD = '''"""The contracts with typed functions. Written by `make bindings`; not by hand.

A view reads the chain at its latest block. Any other function gives a `Call` to be sent. Amounts
are in the token's smallest unit, times in seconds UTC, enums their numbers.
"""

from dataclasses import dataclass

from entrepot.core.messages import {messages}
from entrepot.network.contracts import Call, Contract
'''


def snake(name: str) -> str:
    """A name as Python writes it."""
    words = name if name.isupper() else re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return words.lower() + "_" * iskeyword(words.lower())


class Writer:
    """Collects structs as the functions name them."""

    def __init__(self) -> None:
        self.structs: dict[str, list[tuple[str, str]]] = {}
        self.messages: set[str] = set()

    def type_of(self, spec: dict[str, Any]) -> str:
        """The Python type of a parameter."""
        kind: str = spec["type"]
        if kind.endswith("]"):
            return f"list[{self.type_of({**spec, 'type': kind[: kind.rindex('[')]})}]"
        if kind == "tuple":
            return self._struct(spec)
        if kind in ("address", "string"):
            return "str"
        if kind == "bool":
            return "bool"
        return "bytes" if kind.startswith("bytes") else "int"

    def _struct(self, spec: dict[str, Any]) -> str:
        name = re.sub(r"\[.*", "", spec["internalType"].removeprefix("struct ")).split(".")[-1]
        members = [(snake(each["name"]), self.type_of(each)) for each in spec["components"]]
        message = getattr(messages, name, None)
        if message is not None and [each.name for each in fields(message)] == [
            member for member, _ in members
        ]:
            self.messages.add(name)
        else:
            self.structs[name] = members
        return name

    def function(self, entry: dict[str, Any], notice: str) -> list[str]:
        """The method of a function."""
        names = [snake(each["name"]) or f"argument_{i}" for i, each in enumerate(entry["inputs"])]
        parameters = ["self"] + [
            f"{name}: {self.type_of(each)}"
            for name, each in zip(names, entry["inputs"], strict=True)
        ]
        arguments = ", ".join([f'"{entry["name"]}"', *names])
        is_view = entry["stateMutability"] in ("view", "pure")
        if not is_view:
            result, body = "Call", [f"return self.prepare({arguments})"]
        else:
            result, body = self._reading(entry["outputs"], arguments)
        notice = notice or f"`{entry['name']}` of the contract."
        lines = [f"def {snake(entry['name'])}({', '.join(parameters)}) -> {result}:"]
        return lines + [f"    {line}" for line in docstring(notice, 92) + body]

    def _reading(self, outputs: list[dict[str, Any]], arguments: str) -> tuple[str, list[str]]:
        types = [self.type_of(each) for each in outputs]
        result = types[0] if len(types) == 1 else f"tuple[{', '.join(types)}]"
        if len(outputs) == 1 and outputs[0]["type"] == "tuple":
            return result, [f"return {result}(*self.call({arguments}).values())"]
        if any(each["type"].startswith("tuple") for each in outputs):
            names = ["found"] if len(outputs) == 1 else [f"found_{i}" for i in range(len(outputs))]
            built = [_built(*each) for each in zip(types, outputs, names, strict=True)]
            call = f"{', '.join(names)} = self.call({arguments})"
            return result, [call, f"return {', '.join(built)}"]
        return result, [f"found: {result} = self.call({arguments})", "return found"]

    def struct(self, name: str) -> list[str]:
        """The dataclass of a struct."""
        members = [f"    {member}: {kind}" for member, kind in self.structs[name]]
        return ["@dataclass(frozen=True, slots=True)", f"class {name}:", *members]


def _built(kind: str, output: dict[str, Any], value: str) -> str:
    """An expression for a value of which the ABI's decoder gives structs as dicts."""
    if output["type"] == "tuple":
        return f"{kind}(*{value}.values())"
    if output["type"] == "tuple[]":
        return f"[{kind[5:-1]}(*each.values()) for each in {value}]"
    return value


def docstring(text: str, width: int) -> list[str]:
    """A docstring, its first sentence apart where all of it does not fit on one line."""
    text = " ".join(text.split())
    text = text if text.endswith(".") else text + "."
    if len(text) + 6 <= width:
        return [f'"""{text}"""']
    first, _, rest = text.partition(". ") if ". " in text else text.partition("; ")
    paragraphs = [first + "." if rest else first, rest] if rest else [first]
    lines: list[str] = []
    for i, paragraph in enumerate(paragraphs):
        lines += [""] if i else []
        lines += textwrap.wrap(('"""' if i == 0 else "") + paragraph, width, break_on_hyphens=False)
    return [*lines, '"""']


def contract(writer: Writer, name: str) -> list[str]:
    """The class of a contract."""
    path = ROOT / "src" / "entrepot" / "artifacts" / f"{name}.json"
    kept = json.loads(path.read_text("utf-8"))
    notices = {
        signature.partition("(")[0]: each.get("notice", "")
        for signature, each in json.loads(kept["metadata"])["output"]["userdoc"]["methods"].items()
    }
    lines = [f"class {name}(Contract):", f'    """`{kept["sourcePath"]}`."""']
    functions = [entry for entry in kept["abi"] if entry["type"] == "function"]
    names = Counter(entry["name"] for entry in functions)
    for entry in functions:
        if names[entry["name"]] == 1:
            notice = notices.get(entry["name"], "")
            lines += ["", *(f"    {line}" for line in writer.function(entry, notice))]
    return lines


def text() -> str:
    """The whole module, formatted."""
    writer = Writer()
    classes = [contract(writer, name) for name in CONTRACTS]
    structs = [writer.struct(name) for name in writer.structs]
    body = ["\n".join(part) for part in [*structs, *classes]]
    used = [each for each in sorted(writer.messages) if re.search(rf"\b{each}\b", "".join(body))]
    parts = [HEAD.format(messages=", ".join(used)), *body]
    formatted = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--stdin-filename", TARGET, "-"],
        input="\n\n\n".join(parts) + "\n",
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return formatted.stdout


if __name__ == "__main__":
    TARGET.write_text(text(), "utf-8")
