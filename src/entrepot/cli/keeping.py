"""The command that keeps a deployment moving."""

import json
import time
from dataclasses import asdict
from typing import Annotated

import typer

from entrepot.cli import screen
from entrepot.cli.acting import PasswordsStdin, Rpc, Yes, acting_of, rpc_of, workspace_of
from entrepot.cli.options import AsJson
from entrepot.errors import NodeError
from entrepot.services.keeper import Deed, Round, keeping

_LONGEST_PAUSE = 300


def keeper(
    context: typer.Context,
    gas: Annotated[
        int, typer.Option("--gas", metavar="N", min=1, help="Gas that it may use in a day.")
    ] = 100_000_000,
    every: Annotated[
        int,
        typer.Option("--every", metavar="SECONDS", min=1, help="How often it looks what is due."),
    ] = 15,
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, and end.")] = False,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Settles, refunds, concludes, claims and rates whatever is due, for as long as it runs; anyone
    may.

    It pays from the account of who acts. Several can run at once, each with a key of its own.
    """
    acting = acting_of(context, password_stdin, yes=yes)
    with keeping(workspace_of(context), rpc_of(context, rpc), acting, gas) as keep:
        if once:
            _tell(keep.round(), as_json)
            return
        pause = every
        while True:
            try:
                _tell(keep.round(), as_json)
                pause = every
            except NodeError as failure:
                pause = min(2 * pause, _LONGEST_PAUSE)
                screen.note(f"{failure} Looking again in {pause} s.")
            time.sleep(pause)


def _tell(done: Round, as_json: bool) -> None:
    for deed in done.deeds:
        print(json.dumps(_value(deed)) if as_json else _line(deed), flush=True)
    if done.waiting:
        screen.note(f"The day's gas is used up; {done.waiting} tasks wait.")


def _value(deed: Deed) -> dict[str, object]:
    return {"did": deed.kind, "of": deed.subject, **asdict(deed.receipt)}


def _line(deed: Deed) -> str:
    receipt = deed.receipt
    return f"{deed.kind:<9} {deed.subject}  {receipt.gas_used:>9,} gas  {receipt.transaction}"
