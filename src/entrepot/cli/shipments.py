"""The commands on the shipment of an order."""

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
    rpc_of,
    workspace_of,
)
from entrepot.cli.options import AsJson, show
from entrepot.cli.orders import NO_DOCUMENT, Order
from entrepot.cli.secret_input import Discreet
from entrepot.services import custody, office, orders
from entrepot.services.participants import document_of

shipment_app = typer.Typer(
    help="Shipments: the goods of an order on their way.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Evidence = Annotated[
    str,
    typer.Option(
        "--evidence", metavar="HASH|FILE", help="A document of it, or its hash.", show_default=False
    ),
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


@shipment_app.command("hand-over", cls=Discreet)
def hand_over(
    context: typer.Context,
    order: Order,
    to: Annotated[str, typer.Option("--to", metavar="KEY", help="Key that receives.")],
    evidence: Evidence = NO_DOCUMENT,
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Passes custody from who acts to a key at hand; the first time, to the carrier, it ships."""
    commitment = document_of(evidence)
    act(
        context, order,
        lambda at, who, known: custody.hand_over(at, who, known, who.ring.key(to), commitment),
        payer=payer, yes=yes, rpc=rpc, password_stdin=password_stdin, as_json=as_json,
    )  # fmt: skip


@shipment_app.command("deliver", cls=Discreet)
def deliver(
    context: typer.Context,
    order: Order,
    evidence: Evidence = NO_DOCUMENT,
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Records the delivery that who acts, the consignee, signs."""
    commitment = document_of(evidence)
    act(
        context, order, lambda at, who, known: custody.deliver(at, who, known, commitment),
        payer=payer, yes=yes, rpc=rpc, password_stdin=password_stdin, as_json=as_json,
    )  # fmt: skip


@shipment_app.command("show", cls=Discreet)
def shipment_show(
    context: typer.Context, order: Order, out: Out = None, rpc: Rpc = None, as_json: AsJson = False
) -> None:
    """Shows where the shipment of an order stands."""
    with office.reading(workspace_of(context, out), rpc_of(context, rpc)) as open_office:
        value = custody.show(open_office, orders.find(open_office, order))
    show(value, as_json, lambda: screen.record(value))
