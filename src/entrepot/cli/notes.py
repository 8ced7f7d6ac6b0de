"""The commands on notes: the seller's claim on an order, offered for, sold and passed on."""

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
    lacking,
    rpc_of,
    show_done,
    workspace_of,
)
from entrepot.cli.options import AsJson, show
from entrepot.cli.orders import Order, To, Token
from entrepot.cli.secret_input import Discreet
from entrepot.network.bindings import ReceivableNote
from entrepot.services import notes, office, orders
from entrepot.services.notes import Asked, SignedOffer
from entrepot.services.spelling import address_of, moment_of

note_app = typer.Typer(
    help="Notes: the seller's claim on a funded order, sold to a bank once and for ever.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

OfferPath = Annotated[Path, typer.Argument(metavar="FILE", help="The offer's file.")]


@note_app.command("offer", cls=Discreet)
def offer(
    context: typer.Context,
    order: Order,
    advance: Annotated[
        str, typer.Option("--advance", metavar="AMOUNT", help="What the bank pays, as 1250.00.")
    ],
    until: Annotated[
        str, typer.Option("--until", metavar="TIME", help="Good until YYYY-MM-DDTHH:MM:SSZ.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="New file of the offer.")],
    bond: Annotated[
        str,
        typer.Option(
            "--bond", metavar="AMOUNT", help="Part of the advance that stays behind until the end."
        ),
    ] = "0",
    bank: Annotated[
        int | None,
        typer.Option(
            "--bank", metavar="ID", min=1, help="The bank's participant; without it, read."
        ),
    ] = None,
    paid: Annotated[
        str | None,
        typer.Option(
            "--paid",
            metavar="A,B",
            help="What the order has paid already, such as shipped,duty or none; without it, read.",
        ),
    ] = None,
    account: Annotated[
        str | None,
        typer.Option("--account", metavar="ADDRESS", help="The bank's contract, if it is one."),
    ] = None,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Offers to buy the claim on an order; who acts is the bank's key.

    With an order's file, --bank and --paid it needs no node.
    """
    acting, workspace = acting_of(context, password_stdin), workspace_of(context)
    asked = Asked(
        advance, bond, moment_of(until), bank,
        notes.paid_of(paid) if paid else None, address_of(account) if account else None,
    )  # fmt: skip
    known = orders.known(workspace, rpc_of(context, rpc), order)
    if not asked.is_offline:
        with office.reading(workspace, rpc_of(context, rpc)) as open_office:
            asked = notes.completed(open_office, known, acting.key(), asked)
    signed = notes.offer(workspace.deployment(), known, acting.key(), asked)
    notes.create(out, signed)
    _show_offer(out, signed, as_json)


@note_app.command("accept", cls=Discreet)
def accept(
    context: typer.Context,
    file: OfferPath,
    is_contract: Annotated[
        bool, typer.Option("--for-contract", help="The seller's account is a contract.")
    ] = False,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Adds the signature of who acts, the seller, to an offer; needs no node."""
    key, deployment = acting_of(context, password_stdin).key(), workspace_of(context).deployment()
    _show_offer(file, notes.accept(file, deployment, key, is_contract=is_contract), as_json)


@note_app.command("approve", cls=Discreet)
def approve(
    context: typer.Context,
    file: OfferPath,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Lets the notes take the advance from who acts, the bank."""
    acting = acting_of(context, password_stdin, yes=yes)
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as open_office:
        signed = notes.load(file, open_office.deployment)
        done = notes.approve(open_office, acting, signed)
    show_done(done, as_json)


@note_app.command("sell", cls=Discreet)
def sell(
    context: typer.Context,
    file: OfferPath,
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Has note and advance change hands by an offer that bank and seller signed; anyone may."""
    acting = acting_of(context, password_stdin, payer=payer, yes=yes)
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as open_office:
        done = notes.sell(open_office, acting, file)
    show_done(done, as_json)


@note_app.command("show", cls=Discreet)
def note_show(
    context: typer.Context, order: Order, out: Out = None, rpc: Rpc = None, as_json: AsJson = False
) -> None:
    """Shows the note of an order: who holds it, for how much it was sold, its bond."""
    with office.reading(workspace_of(context, out), rpc_of(context, rpc)) as open_office:
        value = notes.show(open_office, orders.find(open_office, order))
    show(value, as_json, lambda: screen.outline(value))


@note_app.command("transfer", cls=Discreet)
def transfer(
    context: typer.Context,
    order: Order,
    to: Annotated[str, typer.Option("--to", metavar="ADDRESS", help="Who holds it then.")],
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Gives the note of an order to another account; who acts holds it."""
    receiver = address_of(to)
    act(
        context, order, lambda at, who, known: notes.transfer(at, who, known, receiver),
        yes=yes, rpc=rpc, password_stdin=password_stdin, as_json=as_json,
    )  # fmt: skip


@note_app.command("divide-bond", cls=Discreet)
def divide_bond(
    context: typer.Context,
    order: Order,
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Divides the bond once the order has ended, as the order was divided; anyone may."""
    act(
        context, order, notes.divide_bond,
        payer=payer, yes=yes, rpc=rpc, password_stdin=password_stdin, as_json=as_json,
    )  # fmt: skip


@note_app.command("withdraw", cls=Discreet)
def withdraw(
    context: typer.Context,
    token: Token,
    to: To = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Takes out what the notes could not pay to the account of who acts."""
    acting = acting_of(context, password_stdin, yes=yes)
    receiver = address_of(to) if to else None
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as open_office:
        done = orders.withdraw(open_office, acting, ReceivableNote, token, receiver)
    show_done(done, as_json, noun="account")


def _show_offer(file: Path, signed: SignedOffer, as_json: bool) -> None:
    value = {"file": str(file), **signed.as_json(), "unsigned": signed.lacking}
    short = {
        "file": str(file),
        "order": value["order"],
        "advance": value["advance"],
        "bond": value["bond"],
        "paid": value["paid"],
        "until": value["until"],
        "unsigned": lacking(signed.lacking),
    }
    show(value, as_json, lambda: screen.record(short))
