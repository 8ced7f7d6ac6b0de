"""The commands on the shipment of an order."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from entrepot.cli import screen
from entrepot.cli.acting import (
    Out,
    PasswordsStdin,
    Payer,
    Rpc,
    Yes,
    act,
    acting_of,
    rpc_of,
    workspace_of,
)
from entrepot.cli.options import AsJson, show
from entrepot.cli.orders import NO_DOCUMENT, Order
from entrepot.cli.secret_input import Discreet
from entrepot.services import (
    custody,
    deliveries,
    liability,
    office,
    orders,
    sensors,
    shipments,
    trajectory,
)
from entrepot.services.custody import Agreed
from entrepot.services.participants import document_of
from entrepot.services.places import NO_SITES
from entrepot.services.spelling import moment_of
from entrepot.storage.files import write_bytes

shipment_app = typer.Typer(
    help="Shipments: the goods of an order on their way, and who answers for them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Evidence = Annotated[
    str,
    typer.Option(
        "--evidence", metavar="HASH|FILE", help="A document of it, or its hash.", show_default=False
    ),
]
Lost = Annotated[
    str | None,
    typer.Option("--lost", metavar="SHARE", help="Share of all goods that is missing: 2.5%."),
]
Damaged = Annotated[
    str | None,
    typer.Option("--damaged", metavar="SHARE", help="Share of all goods that is damaged."),
]


@shipment_app.command("create", cls=Discreet)
def create(
    context: typer.Context,
    order: Order,
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Creates the shipment of an open order, in its seller's custody; anyone may."""
    act(
        context, order, custody.create,
        payer=payer, yes=yes, rpc=rpc, password_stdin=password_stdin, as_json=as_json,
    )  # fmt: skip


@shipment_app.command("load", cls=Discreet)
def load(
    context: typer.Context,
    order: Order,
    cargo: Annotated[
        list[str] | None,
        typer.Option(
            "--cargo",
            metavar="GTIN:LOT:FIRST:COUNT",
            help="Items of a batch on board; several times for several.",
        ),
    ] = None,
    watches: Annotated[
        list[str] | None,
        typer.Option(
            "--watch",
            metavar="DEVICE:METRIC:LOW:HIGH",
            help="A device, by its key or address, what it measures (temperature in °C, humidity "
            "in %, shock in g), and what is allowed; up to eight times, all of them at once.",
        ),
    ] = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Declares what is on board and which devices watch over it; who acts is the seller.

    Cargo is added to what was declared before; watches take the place of earlier ones. Once the
    carrier has the goods nothing changes any more.
    """
    aboard = [custody.cargo_of(each) for each in cargo or []]
    act(
        context, order,
        lambda at, who, known: custody.load(
            at, who, known, aboard,
            [sensors.watch_of(each, lambda name: who.ring.key(name).address)
             for each in watches or []],
        ),
        yes=yes, rpc=rpc, password_stdin=password_stdin, as_json=as_json,
    )  # fmt: skip


@shipment_app.command("hand-over", cls=Discreet)
def hand_over(
    context: typer.Context,
    order: Order,
    to: Annotated[str, typer.Option("--to", metavar="KEY", help="Key that receives.")],
    at: Annotated[
        str, typer.Option("--at", metavar="LOCATION", help="Where: a UN/LOCODE or a GLN.")
    ] = "",
    due: Annotated[
        str,
        typer.Option(
            "--due",
            metavar="TIME",
            help="Until when the receiver is to pass the goods on; without it, the order's "
            "deliver-by.",
        ),
    ] = "",
    liability: Annotated[
        str,
        typer.Option(
            "--liability", metavar="AMOUNT", help="Most that the receiver answers for on its leg."
        ),
    ] = "0",
    seal: Annotated[str, typer.Option("--seal", metavar="TEXT", help="Number of the seal.")] = "",
    condition: Annotated[
        str,
        typer.Option(
            "--condition",
            metavar="HASH|FILE",
            help="A note on the goods as both saw them, or its hash.",
            show_default=False,
        ),
    ] = NO_DOCUMENT,
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Passes custody from who acts to a key at hand; the first time, to the carrier, it ships."""
    agreed = Agreed(at, due, liability, seal, document_of(condition))
    act(
        context, order,
        lambda here, who, known: custody.hand_over(here, who, known, who.ring.key(to), agreed),
        payer=payer, yes=yes, rpc=rpc, password_stdin=password_stdin, as_json=as_json,
    )  # fmt: skip


@shipment_app.command("checkpoint", cls=Discreet)
def checkpoint(
    context: typer.Context,
    order: Order,
    at: Annotated[str, typer.Option("--at", metavar="LOCATION", help="A UN/LOCODE or a GLN.")],
    evidence: Evidence = NO_DOCUMENT,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Says where the goods are; who acts has custody."""
    commitment = document_of(evidence)
    act(
        context, order,
        lambda here, who, known: custody.checkpoint(here, who, known, at, commitment),
        yes=yes, rpc=rpc, password_stdin=password_stdin, as_json=as_json,
    )  # fmt: skip


@shipment_app.command("tender", cls=Discreet)
def tender(
    context: typer.Context,
    order: Order,
    evidence: Evidence = NO_DOCUMENT,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Offers delivery with evidence, which opens the acceptance window; who acts has custody."""
    commitment = document_of(evidence)
    act(
        context, order, lambda here, who, known: deliveries.tender(here, who, known, commitment),
        yes=yes, rpc=rpc, password_stdin=password_stdin, as_json=as_json,
    )  # fmt: skip


@shipment_app.command("refuse", cls=Discreet)
def refuse(
    context: typer.Context,
    order: Order,
    evidence: Evidence = NO_DOCUMENT,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Refuses goods that were tendered, within the acceptance window; who acts is the consignee."""
    commitment = document_of(evidence)
    act(
        context, order, lambda here, who, known: deliveries.refuse(here, who, known, commitment),
        yes=yes, rpc=rpc, password_stdin=password_stdin, as_json=as_json,
    )  # fmt: skip


@shipment_app.command("rule", cls=Discreet)
def rule(
    context: typer.Context,
    order: Order,
    is_upheld: Annotated[
        bool, typer.Option("--uphold/--reject", help="The goods were delivered, or they were not.")
    ],
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Decides a refused tender within the arbitration period; who acts may arbitrate."""
    act(
        context, order,
        lambda here, who, known: deliveries.rule(here, who, known, is_upheld=is_upheld),
        yes=yes, rpc=rpc, password_stdin=password_stdin, as_json=as_json,
    )  # fmt: skip


@shipment_app.command("conclude", cls=Discreet)
def conclude(
    context: typer.Context,
    order: Order,
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Ends a tender on which nobody spoke in time; anyone may. Exit 1 while somebody still may."""
    done = act(
        context, order, deliveries.conclude,
        payer=payer, yes=yes, rpc=rpc, password_stdin=password_stdin, as_json=as_json,
    )  # fmt: skip
    raise typer.Exit(1 if done.is_pending else 0)


@shipment_app.command("deliver", cls=Discreet)
def deliver(
    context: typer.Context,
    order: Order,
    lost: Lost = None,
    damaged: Damaged = None,
    witness: Annotated[
        str | None,
        typer.Option(
            "--with", metavar="KEY", help="The custodian's key, which signs the reserve too."
        ),
    ] = None,
    evidence: Evidence = NO_DOCUMENT,
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Records the delivery that who acts, the consignee, signs.

    With a reserve, what is lost and damaged is a fact only if the custodian signs it too, admits
    it, or the arbiter determines it.
    """
    commitment, shares = document_of(evidence), deliveries.shares_of(lost, damaged)
    act(
        context, order,
        lambda here, who, known: deliveries.deliver(
            here, who, known, commitment, shares, who.ring.key(witness) if witness else None
        ),
        payer=payer, yes=yes, rpc=rpc, password_stdin=password_stdin, as_json=as_json,
    )  # fmt: skip


@shipment_app.command("admit", cls=Discreet)
def admit(
    context: typer.Context,
    order: Order,
    lost: Lost = None,
    damaged: Damaged = None,
    evidence: Evidence = NO_DOCUMENT,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Admits loss or damage; who acts has custody, or had it last, and answers for it."""
    commitment, shares = document_of(evidence), deliveries.shares_of(lost, damaged)
    act(
        context, order,
        lambda here, who, known: deliveries.admit(here, who, known, shares, commitment),
        yes=yes, rpc=rpc, password_stdin=password_stdin, as_json=as_json,
    )  # fmt: skip


@shipment_app.command("determine", cls=Discreet)
def determine(
    context: typer.Context,
    order: Order,
    at: Annotated[
        str,
        typer.Option("--at", metavar="TIME", help="When it happened: YYYY-MM-DDTHH:MM:SSZ."),
    ],
    lost: Lost = None,
    damaged: Damaged = None,
    evidence: Evidence = NO_DOCUMENT,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Determines loss or damage and when it happened, which says who answers; who acts may
    arbitrate.
    """
    commitment, shares = document_of(evidence), deliveries.shares_of(lost, damaged)
    occurred = moment_of(at)
    act(
        context, order,
        lambda here, who, known: deliveries.determine(
            here, who, known, shares, occurred, commitment
        ),
        yes=yes, rpc=rpc, password_stdin=password_stdin, as_json=as_json,
    )  # fmt: skip


@shipment_app.command("rate", cls=Discreet)
def rate(
    context: typer.Context,
    order: Order,
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Rates who carried and who declared the goods, 30 days after the order's end; anyone may.

    Exit 1 while it is too early, or a tender is pending.
    """
    done = act(
        context, order, deliveries.rate,
        payer=payer, yes=yes, rpc=rpc, password_stdin=password_stdin, as_json=as_json,
    )  # fmt: skip
    raise typer.Exit(1 if done.is_pending else 0)


@shipment_app.command("show", cls=Discreet)
def shipment_show(
    context: typer.Context, order: Order, out: Out = None, rpc: Rpc = None, as_json: AsJson = False
) -> None:
    """Shows where the shipment of an order stands, what became of the goods, what devices saw."""
    with office.reading(workspace_of(context, out), rpc_of(context, rpc)) as open_office:
        value = shipments.show(open_office, orders.find(open_office, order))
    show(value, as_json, lambda: screen.outline(value))


@shipment_app.command("trajectory", cls=Discreet)
def shipment_trajectory(
    context: typer.Context,
    order: Order,
    svg: Annotated[
        Path | None, typer.Option("--svg", metavar="FILE", help="Draw it on a map, too.")
    ] = None,
    modes: Annotated[
        str | None,
        typer.Option(
            "--modes", metavar="A,B", help="How each leg went: sea, air or road, in order."
        ),
    ] = None,
    places: Annotated[
        Path | None,
        typer.Option(
            "--places", metavar="FILE", help="YAML file of names and places of GLNs and UN/LOCODEs."
        ),
    ] = None,
    out: Out = None,
    rpc: Rpc = None,
    as_json: AsJson = False,
) -> None:
    """Shows who held the goods when and where, as a table and on a map."""
    sites = shipments.sites_of(places) if places else NO_SITES
    ways = shipments.modes_of(modes)
    with office.reading(workspace_of(context, out), rpc_of(context, rpc)) as open_office:
        stays = shipments.stays_of(open_office, orders.find(open_office, order), ways)
    value = shipments.trajectory_json(stays, sites)
    if svg is not None:
        write_bytes(svg, trajectory.picture(stays, sites).encode())
    show(value, as_json, lambda: screen.trajectory(value))


@shipment_app.command("liability", cls=Discreet)
def shipment_liability(
    context: typer.Context,
    order: Order,
    write: Annotated[
        Path | None,
        typer.Option(
            "--write", metavar="FILE", help="Keep the evidence in a new file, signed by who acts."
        ),
    ] = None,
    out: Out = None,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Says who answers for every excursion, loss, damage and delay, and why, with the evidence.

    A third party checks the file with `shipment verify-liability`.
    """
    key = acting_of(context, password_stdin).key() if write else None
    with office.reading(workspace_of(context, out), rpc_of(context, rpc)) as here:
        value = liability.gather(here, orders.find(here, order))
        if key is not None and write is not None:
            value = liability.sign(here, value, key)
            liability.create(write, value)
    show(value, as_json, lambda: screen.liability(value["findings"]))


@shipment_app.command("verify-liability", cls=Discreet)
def verify_liability(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The evidence.")],
    out: Out = None,
    rpc: Rpc = None,
    as_json: AsJson = False,
) -> None:
    """Checks evidence of liability against the chain at its block, and its findings by the rule.

    Says where they differ; exit 1 if anywhere.
    """
    with office.reading(workspace_of(context, out), rpc_of(context, rpc)) as here:
        found = liability.verify(here, file)
    show(asdict(found), as_json, lambda: screen.evidence(found))
    raise typer.Exit(1 if found.differences else 0)
