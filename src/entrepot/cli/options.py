"""What commands of several groups share: an option, and how a result is shown."""

import json
from collections.abc import Callable
from typing import Annotated, Any

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def show(value: Any, as_json: bool, people: Callable[[], None]) -> None:
    """Prints a value as JSON, or lets it be shown to people."""
    if as_json:
        print(json.dumps(value, indent=2, ensure_ascii=False))
    else:
        people()
