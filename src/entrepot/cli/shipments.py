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
    acting_of,
    rpc_of,
    show_done,
    workspace_of,
)
from entrepot.cli.options import AsJson, show
from entrepot.cli.orders import Order
from entrepot.cli.secret_input import Discreet
from entrepot.services import custody, office, orders
from entrepot.services.participants import document_of

shipment_app = typer.Typer(
    help="Shipments: the goods of an order on their way.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_NOTHING = "0x" + "0" * 64
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
    acting = acting_of(context, password_stdin, payer=payer, yes=yes)
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as open_office:
        done = custody.create(open_office, acting, orders.find(open_office, order))
    show_done(done, as_json)


@shipment_app.command("hand-over", cls=Discreet)
def hand_over(
    context: typer.Context,
    order: Order,
    to: Annotated[str, typer.Option("--to", metavar="KEY", help="Key that receives.")],
    evidence: Evidence = _NOTHING,
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Passes custody from who acts to a key at hand; the first time, to the carrier, it ships."""
    acting = acting_of(context, password_stdin, payer=payer, yes=yes)
    commitment = document_of(evidence)
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as open_office:
        known = orders.find(open_office, order)
        done = custody.hand_over(open_office, acting, known, acting.ring.key(to), commitment)
    show_done(done, as_json)


@shipment_app.command("deliver", cls=Discreet)
def deliver(
    context: typer.Context,
    order: Order,
    evidence: Evidence = _NOTHING,
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Records the delivery that who acts, the consignee, signs."""
    acting = acting_of(context, password_stdin, payer=payer, yes=yes)
    commitment = document_of(evidence)
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as open_office:
        done = custody.deliver(open_office, acting, orders.find(open_office, order), commitment)
    show_done(done, as_json)


@shipment_app.command("show", cls=Discreet)
def shipment_show(
    context: typer.Context, order: Order, out: Out = None, rpc: Rpc = None, as_json: AsJson = False
) -> None:
    """Shows where the shipment of an order stands."""
    with office.reading(workspace_of(context, out), rpc_of(context, rpc)) as open_office:
        value = custody.show(open_office, orders.find(open_office, order))
    show(value, as_json, lambda: screen.record(value))
