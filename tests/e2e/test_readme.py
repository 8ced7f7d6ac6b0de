"""What README.md tells people to type works, and prints what it says.

Commands run in a folder of links to this checkout, so that nothing is left behind in it. Two kinds
are not run but checked otherwise: make targets that would run this test, or set up or rewrite the
checkout, must exist and their recipes must resolve (`make --dry-run`); Brownie's commands, whose
environment takes minutes, must name a script that has the function and takes the arguments.
"""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(console|sh|python)\n(.*?)^```$", README, re.M | re.S)
SHELL = [text for kind, text in BLOCKS if kind != "python"]
RUN_TARGETS = {"demo", "help"}
# What is built already; without this a `make` in the links would set the environment up on them.
BUILT = (".make/runtime", ".make/npm", "src/entrepot/artifacts/build.json")
SECONDS = 50


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Links to all of the checkout but what commands write."""
    links = tmp_path_factory.mktemp("readme")
    for path in ROOT.iterdir():
        if path.name not in {".entrepot", ".git", "out"}:
            (links / path.name).symlink_to(path)
    yield links
    run(".venv/bin/entrepot devnet down", links)


def run(command: str, folder: Path) -> str:
    """What a command prints on stdout; it must succeed."""
    environment = {**os.environ, "COLUMNS": "100", "PYTHONDONTWRITEBYTECODE": "1"}
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
        environment.pop(name, None)
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def sessions(block: str) -> list[tuple[str, str]]:
    """Commands and what the page shows of their output."""
    parts = re.split(r"^\$ ", block, flags=re.M)
    assert parts[0] == "", "a block begins with a command"
    pairs = (part.partition("\n") for part in parts[1:])
    return [(command.partition("#")[0].strip(), shown) for command, _, shown in pairs]


def shown_as(shown: str) -> str:
    """Pattern of an output: `…` alone stands for lines, `…` in a line for what is in it."""
    pattern = ""
    for line in shown.splitlines():
        if line == "…":
            pattern += r"(?:[^\n]*\n)*?"
        else:
            text = ".*".join(map(re.escape, line.strip().split("…")))
            pattern += rf"[ ]*{text}[ ]*\n"
    return pattern


@cache
def check(command: str, folder: Path) -> str | None:
    """Runs a command, once however often it stands on the page, or checks it otherwise.

    Its output if it was run.
    """
    program, *arguments = command.split()
    if program == "make":
        if set(arguments) <= RUN_TARGETS:
            return run(" ".join([command, *(f"-o {path}" for path in BUILT)]), folder)
        assert run(f"make --dry-run {' '.join(arguments)}", folder)
        return None
    if program.endswith("/brownie"):
        verb, script, *rest = arguments
        assert verb == "run"
        tree = ast.parse((ROOT / "scripts" / f"{script}.py").read_text("utf-8"))
        functions = {f.name: f.args.args for f in tree.body if isinstance(f, ast.FunctionDef)}
        name, *values = rest or ["main"]
        assert len(values) <= len(functions[name])
        return None
    return run(command, folder)


@pytest.mark.parametrize("block", SHELL, ids=lambda block: sessions(block)[0][0])
def test_commands_work_and_print_what_is_shown(block: str, folder: Path) -> None:
    for command, shown in sessions(block):
        output = check(command, folder)
        if shown:
            assert output is not None
            assert re.fullmatch(shown_as(shown), output), output


def test_python_example_runs(folder: Path) -> None:
    (example,) = [text for kind, text in BLOCKS if kind == "python"]
    (folder / "example.py").write_text(example, "utf-8")
    lines = run(f"{sys.executable} example.py", folder).splitlines()
    assert lines[0] == "70 shipments, 9 rejected rows"
    assert lines[1].endswith(" cents funded, 0 held")
    assert lines[2].startswith("True ")


def test_page_is_short() -> None:
    assert len(README.splitlines()) < 200


def test_links_lead_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]
    lost = []
    for page in pages:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
            if target.startswith("https://"):
                continue
            name, _, anchor = target.partition("#")
            found = page.parent / name if name else page
            if not found.exists() or (anchor and anchor not in anchors(found)):
                lost.append(f"{page.relative_to(ROOT)}: {target}")
    assert not lost


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
