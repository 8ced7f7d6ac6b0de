"""What commands of several groups share: an option, and how a result is shown."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

import typer

from entrepot.network.contracts import shown
from entrepot.services.authority import Standing
from entrepot.services.spelling import moment

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def show(value: Any, as_json: bool, people: Callable[[], None]) -> None:
    """Prints a value as JSON, or lets it be shown to people."""
    if as_json:
        print(json.dumps(value, indent=2, ensure_ascii=False))
    else:
        people()


def standing_json(found: Standing) -> dict[str, Any]:
    """A key's standing as JSON has it."""
    value = asdict(found)
    del value["is_good"]
    value["expiry"] = moment(found.expiry) if found.expiry is not None else None
    return {"address": value.pop("address"), "valid": found.is_valid, **value}


def hexed(value: Any) -> Any:
    """A value of the chain for JSON: bytes in hex."""
    if isinstance(value, dict):
        return {key: hexed(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [hexed(each) for each in value]
    return shown(value) if isinstance(value, bytes) else value
