"""Writes `docs/cli.md` from the `--help` of every command. `make docs` runs it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from entrepot.cli.commands import app

PAGE = Path(__file__).resolve().parent.parent / "docs" / "cli.md"
_HEADING = """# Command line

Written by `make docs` from `--help`; do not edit.

Exit codes: 0 success; 1 a finding, a failure or "cannot tell"; 2 wrong usage. A failure is one
sentence on stderr. Results go to stdout, progress to stderr where that is a terminal. `--json`
prints a result for programs.
"""


def page() -> str:
    """The text of the page."""
    sections = [f"## {name}\n\n```text\n{text}\n```\n" for name, text in _helps()]
    return "\n".join([_HEADING, *sections])


def _helps() -> Iterator[tuple[str, str]]:
    yield from _walk(typer.main.get_command(app), "entrepot", None)


def _walk(command: Any, name: str, parent: Any) -> Iterator[tuple[str, str]]:
    context = command.context_class(command, info_name=name, parent=parent, terminal_width=80)
    text = "\n".join(line.rstrip() for line in command.get_help(context).strip().splitlines())
    yield context.command_path, text
    for inner, found in getattr(command, "commands", {}).items():
        yield from _walk(found, inner, context)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
