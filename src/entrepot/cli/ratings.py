"""The commands on ratings: what they are, how they came to be, and why."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from entrepot.cli import screen
from entrepot.cli.acting import Out, Rpc, rpc_of, workspace_of
from entrepot.cli.options import AsJson, show
from entrepot.core.credit import RATED_ROLES
from entrepot.core.roles import Role
from entrepot.errors import InputError
from entrepot.services import explanations, office, ratings
from entrepot.services.spelling import moment_of
from entrepot.storage.files import write_bytes

rating_app = typer.Typer(help="Credit ratings.", no_args_is_help=True, rich_markup_mode=None)

Participant = Annotated[int, typer.Argument(metavar="ID", help="Participant's number.")]
At = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="TIME",
        help="As of YYYY-MM-DDTHH:MM:SSZ; without it, as of the latest block.",
    ),
]


@rating_app.command("show")
def rating_show(
    context: typer.Context,
    participant: Participant,
    at: At = None,
    out: Out = None,
    rpc: Rpc = None,
    as_json: AsJson = False,
) -> None:
    """Shows a participant's credit rating, over all roles and in each, as the chain computes it.

    It is computed from the events, too; exit 1 where they and the chain differ.
    """
    workspace, time = workspace_of(context, out), _moment(at)
    with workspace.node(rpc_of(context, rpc)) as node:
        rating = ratings.show(node, workspace.deployment(), participant, time)
    show(asdict(rating), as_json, lambda: screen.rating(rating))


@rating_app.command("history")
def rating_history(
    context: typer.Context,
    participant: Participant,
    role: Annotated[
        str | None,
        typer.Option(
            "--role", metavar="ROLE", help="In one role, such as seller; without it, over all."
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--from", metavar="TIME", help="Changes from YYYY-MM-DDTHH:MM:SSZ on."),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="TIME",
            help="Changes up to then; of a time to come, what forgetting alone will do.",
        ),
    ] = None,
    chart: Annotated[
        Path | None, typer.Option("--chart", metavar="FILE", help="Draw it as SVG, too.")
    ] = None,
    out: Out = None,
    rpc: Rpc = None,
    as_json: AsJson = False,
) -> None:
    """Shows every change of a participant's grade, to the second, and what did it: something that
    ended, or forgetting.
    """
    chosen = None if role is None else _role(role)
    begin, end = _moment(since), _moment(until)
    with office.reading(workspace_of(context, out), rpc_of(context, rpc)) as here:
        whole = ratings.read(here, participant, end)
        account = whole.within(whole.now, chosen)
        first, last = begin or 0, whole.now if end is None else end
        if first > last:
            named = "the latest block; give --to, too" if end is None else "--to"
            raise InputError(f"--from is after {named}.")
        value = ratings.changes_json(here, account, ratings.changes(account, first, last))
    if chart is not None:
        write_bytes(chart, ratings.picture(account, first, last, chosen).encode())
    show(value, as_json, lambda: screen.grades(account, value))


@rating_app.command("explain")
def rating_explain(
    context: typer.Context,
    participant: Participant,
    at: At = None,
    top: Annotated[
        int,
        typer.Option(
            "--top", metavar="N", min=1, max=1_000, help="How many endings on either side."
        ),
    ] = 5,
    out: Out = None,
    rpc: Rpc = None,
    as_json: AsJson = False,
) -> None:
    """Says why a participant has its grade: what holds it up, what presses it down, with what is
    left of each and the score without it, and what would change the grade.
    """
    time = _moment(at)
    with office.reading(workspace_of(context, out), rpc_of(context, rpc)) as here:
        account = ratings.read(here, participant, time)
        found = explanations.explain(here, account, account.now if time is None else time, top)
    value = explanations.as_json(found)
    show(value, as_json, lambda: screen.explanation(value, top))


def _moment(text: str | None) -> int | None:
    """A time that was given, in seconds UTC."""
    return None if text is None else moment_of(text)


def _role(name: str) -> Role:
    """A role that is rated, by its name."""
    known = {role.name.lower(): role for role in RATED_ROLES}
    found = known.get(name.strip().lower().replace("-", "_"))
    if found is None:
        raise InputError(f"{name!r} is no role that is rated; there are {', '.join(known)}.")
    return found
