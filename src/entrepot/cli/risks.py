"""The commands that warn: of a deployment, and how well warnings did on a record of the past."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from entrepot.cli import screen
from entrepot.cli.acting import Out, Rpc, rpc_of, workspace_of
from entrepot.cli.options import AsJson, show
from entrepot.services import office
from entrepot.services.risk import Kind
from entrepot.services.shipment_csv import read_shipments
from entrepot.services.shipment_mapping import load_mapping

risk_app = typer.Typer(invoke_without_command=True, rich_markup_mode=None)


@risk_app.callback()
def risk(
    context: typer.Context,
    kind: Annotated[
        list[Kind] | None,
        typer.Option(
            "--kind",
            metavar="KIND",
            help=f"Only warnings of this kind, one of {', '.join(Kind)}; may be repeated.",
        ),
    ] = None,
    days: Annotated[
        int,
        typer.Option(
            "--days",
            metavar="N",
            min=1,
            max=3650,
            help="How near in time alike orders are suspected of being one delivery.",
        ),
    ] = 30,
    out: Out = None,
    rpc: Rpc = None,
    as_json: AsJson = False,
) -> None:
    """Warns, from events alone: of open orders that will be late, unit prices out of line, money
    that goes round in a ring, suspect labels, insurers that hang on one party, customs refusals,
    and one delivery financed twice. A warning has a score from 0 to 1, a reason and evidence.

    Exit 1 where there is a warning, which is no proof.
    """  # fmt: skip
    if context.invoked_subcommand is not None:
        return
    # Imported here: what computes warnings takes a second to import, which no other command needs.
    from entrepot.services.risk.watch import warnings

    with (
        screen.progress() as progress,
        office.reading(workspace_of(context, out), rpc_of(context, rpc)) as open_office,
    ):
        kinds = kind or tuple(Kind)
        found = warnings(open_office, kinds, near_days=days, progress=progress)
    show([asdict(each) for each in found], as_json, lambda: screen.findings(found))
    raise typer.Exit(1 if found else 0)


@risk_app.command()
def evaluate(
    shipments: Annotated[Path, typer.Argument(metavar="SHIPMENTS.csv", help="The shipments.")],
    mapping: Annotated[
        Path | None,
        typer.Option("--mapping", metavar="FILE", help="YAML file for another column layout."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measures how well late deliveries are forecast on a record of real ones: quarter by quarter,
    each time from the past alone, beside the base rate and the seller's past late share.
    """
    from entrepot.services.risk.evaluation import evaluate as evaluate_forecasts
    from entrepot.services.risk.voyages import of_shipment

    file = read_shipments(shipments, load_mapping(mapping) if mapping else None)
    with screen.progress() as progress:
        found = evaluate_forecasts([of_shipment(each) for each in file.shipments], progress)
    show(asdict(found), as_json, lambda: screen.evaluation(found))
