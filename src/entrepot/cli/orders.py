"""The commands on orders: signed in files, opened, advanced, ended by facts or by consent."""

from enum import StrEnum
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
    done_json,
    lacking,
    rpc_of,
    show_done,
    workspace_of,
)
from entrepot.cli.options import AsJson, show
from entrepot.cli.secret_input import Discreet
from entrepot.errors import InputError
from entrepot.network.bindings import TradeEscrow
from entrepot.services import consents, office, order_file, orders
from entrepot.services.consents import Agreement
from entrepot.services.participants import document_of
from entrepot.services.spelling import address_of, moment_of, share_of

order_app = typer.Typer(
    help="Orders: signed, opened, paid as the facts say, contested, ended by consent.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class Side(StrEnum):
    """Whose signature a key gives."""

    buyer = "buyer"
    seller = "seller"


NO_DOCUMENT = "0x" + "0" * 64
"""The commitment to none."""

Order = Annotated[
    str, typer.Argument(metavar="ORDER", help="The order: its file, or its id once it is open.")
]
OrderPath = Annotated[Path, typer.Argument(metavar="FILE", help="The order's file.")]
For = Annotated[
    Side | None,
    typer.Option("--for", help="Sign for this side's contract account, or for who holds the note."),
]
Share = Annotated[
    str, typer.Option("--share", metavar="SHARE", help="The seller's side's: 40% or 4000 bps.")
]
Token = Annotated[
    str, typer.Option("--token", metavar="TOKEN", help="TestDollar, native, or an address.")
]
To = Annotated[
    str | None,
    typer.Option("--to", metavar="ADDRESS", help="Receiver; without it, who acts."),
]


@order_app.command("sign", cls=Discreet)
def sign(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An order's or a consent's file.")],
    side: For = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Adds the signature of who acts, as buyer or seller, to an order or a consent; needs no node.

    What is signed is good for the workspace's deployment alone.
    """
    acting, deployment = acting_of(context, password_stdin), workspace_of(context).deployment()
    if consents.is_consent(file):
        show_consent(file, consents.sign(file, deployment, acting.key(), side), as_json)
        return
    draft = order_file.load(file, deployment)
    signed, sides = order_file.sign(draft, acting.key(), side)
    value = {
        "file": str(file),
        "order": "0x" + signed.id.hex(),
        "signed_as": sides,
        "unsigned": signed.lacking,
    }
    show(value, as_json, lambda: screen.record({**value, "unsigned": lacking(signed.lacking)}))


@order_app.command("show", cls=Discreet)
def order_show(
    context: typer.Context,
    order: Order,
    offline: Annotated[
        bool, typer.Option("--offline", help="Only what the file says; needs no node.")
    ] = False,
    out: Out = None,
    rpc: Rpc = None,
    as_json: AsJson = False,
) -> None:
    """Shows an order: its terms, who signed, where it stands, what was paid."""
    workspace = workspace_of(context, out)
    if offline:
        known = orders.known(workspace, None, order)
        value = {"order": known.hex, **orders.told(known)}
    else:
        with office.reading(workspace, rpc_of(context, rpc)) as open_office:
            value = orders.show(open_office, orders.find(open_office, order))
    show(value, as_json, lambda: screen.outline(value))


@order_app.command("open", cls=Discreet)
def order_open(
    context: typer.Context,
    file: OrderPath,
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Opens and funds an order that both sides signed; anyone may.

    A token is taken from the buyer, who approved it; native coin from who pays the transaction.
    """
    act(
        context, str(file), orders.open_,
        payer=payer, yes=yes, rpc=rpc, password_stdin=password_stdin, as_json=as_json,
    )  # fmt: skip


@order_app.command("approve", cls=Discreet)
def approve(
    context: typer.Context,
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="Orders to be opened.")],
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Lets the escrow take from who acts, the buyer, what the orders cost together."""
    acting = acting_of(context, password_stdin, yes=yes)
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as open_office:
        found = [orders.find(open_office, file) for file in files]
        done = orders.approve(open_office, acting, found)
    show_done(done, as_json)


@order_app.command("quote", cls=Discreet)
def quote(
    context: typer.Context, order: Order, out: Out = None, rpc: Rpc = None, as_json: AsJson = False
) -> None:
    """Shows who would get what if an open order were settled now."""
    with office.reading(workspace_of(context, out), rpc_of(context, rpc)) as open_office:
        value = orders.quote(open_office, orders.find(open_office, order))
    show(value, as_json, lambda: screen.outline(value))


@order_app.command("advance", cls=Discreet)
def advance(
    context: typer.Context,
    order: Order,
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Pays what is due before the end, milestones and duty; anyone may."""
    act(
        context, order, orders.advance,
        payer=payer, yes=yes, rpc=rpc, password_stdin=password_stdin, as_json=as_json,
    )  # fmt: skip


@order_app.command("conclude", cls=Discreet)
def conclude(
    context: typer.Context,
    names: Annotated[
        list[str], typer.Argument(metavar="ORDER…", help="Orders: files, or ids once open.")
    ],
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Ends orders as the facts say, all in one transaction: pays the seller's side, or refunds.

    Anyone may. Exit 1 where one of them is undecided and stays open.
    """
    acting = acting_of(context, password_stdin, payer=payer, yes=yes)
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as open_office:
        found = [orders.find(open_office, name) for name in names]
        done = orders.conclude(open_office, acting, found)
    value = [done_json(each) for each in done]
    show(value, as_json, lambda: screen.records(value))
    raise typer.Exit(1 if any(each.is_pending for each in done) else 0)


@order_app.command("agree", cls=Discreet)
def agree(
    context: typer.Context,
    order: Annotated[
        str,
        typer.Argument(metavar="ORDER", help="The order's file or id; or a consent's file."),
    ],
    share: Annotated[
        str | None,
        typer.Option(
            "--share", metavar="SHARE", help="What the seller's side gets: 40% or 4000 bps."
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="TIME", help="Good until YYYY-MM-DDTHH:MM:SSZ."),
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option(
            "--write", metavar="FILE", help="Keep the consent in a new file; needs no node."
        ),
    ] = None,
    side: For = None,
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Ends an order by consent, of what it still holds a share to the seller's side.

    The seller's side gives it all up with 0% where it sends itself, the buyer alone accepts with
    100%; all else needs both: one writes a file, the other signs it with `order sign`, and anyone
    brings it by this command without --share and --until.
    """
    acting = acting_of(context, password_stdin, payer=payer, yes=yes)
    workspace, url = workspace_of(context), rpc_of(context, rpc)
    if (share is None) != (until is None) or (share is None and (write or side)):
        raise InputError(
            "Give --share and --until together, or only the file of a consent that is signed."
        )
    if share is None or until is None:
        agreement = consents.load(Path(order), workspace.deployment())
    else:
        known = orders.known(workspace, url, order)
        agreement = consents.drafted(
            workspace.deployment(), known, share_of(share), moment_of(until)
        ).sign(acting.key(), side)
    if write is not None:
        consents.create(write, agreement)
        show_consent(write, agreement, as_json)
        return
    with office.sending(workspace, url) as open_office:
        done = consents.submit(open_office, acting, agreement)
    show_done(done, as_json)


@order_app.command("contest", cls=Discreet)
def contest(
    context: typer.Context,
    order: Order,
    evidence: Annotated[
        str, typer.Option("--evidence", metavar="HASH|FILE", help="A document, or its hash.")
    ],
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Contests delivered goods within the inspection window; who acts is the buyer."""
    commitment = document_of(evidence)
    act(
        context, order, lambda at, who, known: orders.contest(at, who, known, commitment),
        yes=yes, rpc=rpc, password_stdin=password_stdin, as_json=as_json,
    )  # fmt: skip


@order_app.command("arbitrate", cls=Discreet)
def arbitrate(
    context: typer.Context,
    order: Order,
    share: Share,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Divides what a contested order holds; who acts may arbitrate for its arbiter."""
    part = share_of(share)
    act(
        context, order, lambda at, who, known: orders.arbitrate(at, who, known, part),
        yes=yes, rpc=rpc, password_stdin=password_stdin, as_json=as_json,
    )  # fmt: skip


@order_app.command("withdraw", cls=Discreet)
def withdraw(
    context: typer.Context,
    token: Token,
    to: To = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Takes out what the escrow could not pay to the account of who acts."""
    acting = acting_of(context, password_stdin, yes=yes)
    receiver = address_of(to) if to else None
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as open_office:
        done = orders.withdraw(open_office, acting, TradeEscrow, token, receiver)
    show_done(done, as_json, noun="account")


def show_consent(file: Path, agreement: Agreement, as_json: bool) -> None:
    """A consent's file, and who has to sign it still."""
    value = {"file": str(file), **agreement.as_json(), "unsigned": agreement.lacking}
    short = {
        "file": str(file),
        "order": value["order"],
        "share": value["share"],
        "until": value["until"],
        "unsigned": lacking(agreement.lacking),
    }
    show(value, as_json, lambda: screen.record(short))
