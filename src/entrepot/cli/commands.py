"""The commands, one function each: options in, a service called, its result shown."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from entrepot import __version__
from entrepot.cli import screen
from entrepot.cli.acting import Globals, Out, Rpc, acting_of, globals_of, rpc_of, workspace_of
from entrepot.cli.authority import authority_app
from entrepot.cli.credentials import credential_app
from entrepot.cli.declarations import declaration_app
from entrepot.cli.demonstrations import coldchain
from entrepot.cli.devices import device_app
from entrepot.cli.keeping import keeper
from entrepot.cli.keys import keys_app
from entrepot.cli.label_checks import checks_app
from entrepot.cli.labels import label_app
from entrepot.cli.notes import note_app
from entrepot.cli.options import AsJson, show
from entrepot.cli.orders import order_app
from entrepot.cli.participants import participant_app
from entrepot.cli.policies import bond_app, policy_app, pool_app
from entrepot.cli.ratings import rating_app
from entrepot.cli.risks import risk_app
from entrepot.cli.seals import seals_app
from entrepot.cli.secret_input import Discreet
from entrepot.cli.shipments import shipment_app
from entrepot.errors import InputError
from entrepot.services import audit as audits
from entrepot.services import devnets, office
from entrepot.services.order_file import duration_of
from entrepot.services.replay import replay as play_replay
from entrepot.services.shipment_mapping import load_mapping
from entrepot.services.simulate import simulate as play_simulate
from entrepot.services.spelling import moment

app = typer.Typer(
    name="entrepot",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
devnet_app = typer.Typer(help="Local devnets.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(devnet_app, name="devnet")
app.add_typer(rating_app, name="rating")
app.add_typer(credential_app, name="credential")
keys_app.add_typer(authority_app)
keys_app.add_typer(seals_app)
app.add_typer(keys_app, name="keys")
label_app.add_typer(checks_app)
app.add_typer(label_app, name="label")
app.add_typer(participant_app, name="participant")
app.add_typer(order_app, name="order")
app.add_typer(shipment_app, name="shipment")
app.add_typer(device_app, name="device")
app.add_typer(declaration_app, name="declaration")
app.add_typer(note_app, name="note")
app.add_typer(policy_app, name="policy")
app.add_typer(bond_app, name="bond")
app.add_typer(pool_app, name="pool")
app.add_typer(risk_app, name="risk")
app.command("keeper", cls=Discreet)(keeper)
app.command("coldchain")(coldchain)


Topology = Annotated[str, typer.Option("--topology", help="How many chains: `single`.")]


def _version(is_asked: bool) -> None:
    if is_asked:
        print(f"entrepot {__version__}")
        raise typer.Exit


@app.callback()
def entrepot(
    context: typer.Context,
    workspace: Annotated[
        Path,
        typer.Option("--workspace", metavar="DIR", help="Folder of devnets and deployments."),
    ] = Path(".entrepot"),
    rpc: Rpc = None,
    acting: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="KEY",
            help="Who acts: a keystore FILE, a place in one FILE#PLACE, or on a devnet devnet:N.",
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Cross-border trade on chain: labels, escrow, insurance and ratings that settle themselves."""
    context.obj = Globals(workspace, rpc, acting)


@app.command()
def replay(
    context: typer.Context,
    shipments: Annotated[Path, typer.Argument(metavar="SHIPMENTS.csv", help="The shipments.")],
    mapping: Annotated[
        Path | None,
        typer.Option("--mapping", metavar="FILE", help="YAML file for another column layout."),
    ] = None,
    topology: Topology = "single",
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", help="Only the first N rows.")
    ] = None,
    out: Out = None,
    rpc: Rpc = None,
    ceiling: Annotated[
        bool, typer.Option(help="Also measure what Anvil takes at most; doubles the time.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Plays real shipments: labels, orders, custody, cover and ratings, at their own dates."""
    layout = load_mapping(mapping) if mapping else None
    folder = out or Path("out") / shipments.stem
    with screen.progress() as progress:
        summary = play_replay(
            shipments, folder,
            mapping=layout, limit=limit, topology=topology, rpc=rpc_of(context, rpc),
            with_ceiling=ceiling, progress=progress,
        )  # fmt: skip
    show(asdict(summary), as_json, lambda: screen.summary(summary, folder))


@app.command()
def simulate(
    context: typer.Context,
    orders: Annotated[int, typer.Option("--orders", metavar="N", help="How many orders.")],
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="What they are drawn from.")],
    topology: Topology = "single",
    out: Out = None,
    rpc: Rpc = None,
    ceiling: Annotated[bool, typer.Option(help="Also measure what Anvil takes at most.")] = False,
    as_json: AsJson = False,
) -> None:
    """Plays trades drawn from a seed: late, disputed, cancelled and uninsured ones among them."""
    folder = out or Path("out") / f"simulation-{orders}-{seed}"
    with screen.progress() as progress:
        summary = play_simulate(
            orders, seed, folder,
            topology=topology, rpc=rpc_of(context, rpc), with_ceiling=ceiling, progress=progress,
        )  # fmt: skip
    show(asdict(summary), as_json, lambda: screen.summary(summary, folder))


@app.command()
def audit(
    context: typer.Context, out: Out = None, rpc: Rpc = None, as_json: AsJson = False
) -> None:
    """Rebuilds everything from events and compares it with storage and balances.

    Exit 1 on a difference.
    """
    with screen.progress() as progress:
        report = audits.run(workspace_of(context, out), rpc_of(context, rpc), progress)
    show(report.as_json(), as_json, lambda: screen.audit(report))
    raise typer.Exit(0 if report.passed else 1)


@app.command()
def deploy(
    context: typer.Context, topology: Topology = "single", rpc: Rpc = None, as_json: AsJson = False
) -> None:
    """Deploys the contracts on the workspace's devnet, or on the one at --rpc; once."""
    deployment = devnets.deploy(globals_of(context).workspace, rpc_of(context, rpc), topology)
    show(asdict(deployment), as_json, lambda: screen.deployment(deployment))


@devnet_app.command("fund", cls=Discreet)
def devnet_fund(
    context: typer.Context,
    keys: Annotated[
        list[str], typer.Argument(metavar="KEY…", help="Keys, or addresses, that get money.")
    ],
    dollars: Annotated[
        str, typer.Option("--dollars", metavar="AMOUNT", help="Test dollars for each.")
    ] = "100000",
    rpc: Rpc = None,
    as_json: AsJson = False,
) -> None:
    """Gives accounts on a devnet test dollars, and ether for transactions."""
    ring = acting_of(context, False).ring
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as open_office:
        value = devnets.fund(open_office, ring, keys, dollars)
    show(value, as_json, lambda: screen.records(value))


@devnet_app.command("pass", cls=Discreet)
def devnet_pass(
    context: typer.Context,
    period: Annotated[str, typer.Argument(metavar="PERIOD", help="How much: P3D, PT12H.")],
    rpc: Rpc = None,
    as_json: AsJson = False,
) -> None:
    """Lets time pass on a devnet: its next block is so much later."""
    try:
        seconds = duration_of(period)
    except ValueError as failure:
        raise InputError(f"PERIOD cannot be used: {failure}.") from None
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as open_office:
        value = {"time": moment(devnets.pass_time(open_office, max(seconds, 1)))}
    show(value, as_json, lambda: screen.fields(value))


@devnet_app.command("up")
def devnet_up(
    context: typer.Context,
    topology: Topology = "single",
    port: Annotated[
        int | None,
        typer.Option("--port", min=1, max=65_535, help="Port; without it, one that is free."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Starts the workspace's devnet in the background; does nothing where it runs."""
    found = devnets.up(globals_of(context).workspace, topology, port)
    show(devnets.status(found), as_json, lambda: screen.devnet(found))


@devnet_app.command("down")
def devnet_down(context: typer.Context) -> None:
    """Stops the workspace's devnet; does nothing where none runs."""
    devnets.down(globals_of(context).workspace)


@devnet_app.command("status")
def devnet_status(context: typer.Context, as_json: AsJson = False) -> None:
    """Shows the workspace's devnet; exit 1 where none runs."""
    found = devnets.find(globals_of(context).workspace)
    show(devnets.status(found), as_json, lambda: screen.devnet(found))
    raise typer.Exit(0 if found else 1)
