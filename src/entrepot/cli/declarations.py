"""The commands of customs: goods declared, inspected, assessed, released, held or refused."""

from enum import StrEnum
from typing import Annotated

import typer

from entrepot.cli import screen
from entrepot.cli.acting import (
    Out,
    PasswordsStdin,
    Rpc,
    Yes,
    act,
    rpc_of,
    workspace_of,
)
from entrepot.cli.options import AsJson, show
from entrepot.cli.orders import NO_DOCUMENT, Order
from entrepot.cli.secret_input import Discreet
from entrepot.services import declarations, office, orders
from entrepot.services.declarations import Goods
from entrepot.services.participants import document_of
from entrepot.services.spelling import commitment_of

declaration_app = typer.Typer(
    help="Customs: declarations, inspections, duty, release or refusal.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; its hash is kept.")]


class Result(StrEnum):
    """What an inspection found."""

    passed = "passed"
    failed = "failed"


class Inspected(StrEnum):
    """What was inspected."""

    goods = "goods"
    quarantine = "quarantine"


@declaration_app.command("declare", cls=Discreet)
def declare(
    context: typer.Context,
    order: Order,
    hs: Annotated[
        str, typer.Option("--hs", metavar="CODE", help="HS code: 6, 8 or 10 digits, as 870323.")
    ],
    origin: Annotated[
        str, typer.Option("--origin", metavar="CC", help="Country of origin, ISO 3166-1, as JP.")
    ],
    destination: Annotated[
        str, typer.Option("--destination", metavar="CC", help="Country of destination, as FR.")
    ],
    value: Annotated[
        str, typer.Option("--value", metavar="AMOUNT", help="In the order's token, as 1250.00.")
    ],
    document: Annotated[
        str, typer.Option("--document", metavar="HASH|FILE", help="The declaration, or its hash.")
    ],
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Declares the goods of an order, or anew; who acts may declare for its seller or broker."""
    goods = Goods(hs, origin, destination, value, document_of(document))
    act(
        context, order, lambda at, who, known: declarations.declare(at, who, known, goods),
        yes=yes, rpc=rpc, password_stdin=password_stdin, as_json=as_json,
    )  # fmt: skip


@declaration_app.command("show", cls=Discreet)
def declaration_show(
    context: typer.Context, order: Order, out: Out = None, rpc: Rpc = None, as_json: AsJson = False
) -> None:
    """Shows what was declared, what inspections found, and what customs decided."""
    with office.reading(workspace_of(context, out), rpc_of(context, rpc)) as open_office:
        value = declarations.show(open_office, orders.find(open_office, order))
    show(value, as_json, lambda: screen.record(value))


@declaration_app.command("inspect", cls=Discreet)
def inspect(
    context: typer.Context,
    order: Order,
    result: Annotated[Result, typer.Option("--result", help="What was found.")],
    kind: Annotated[Inspected, typer.Option("--of", help="What was inspected.")] = Inspected.goods,
    evidence: Annotated[
        str,
        typer.Option(
            "--evidence", metavar="HASH|FILE", help="The report, or its hash.", show_default=False
        ),
    ] = NO_DOCUMENT,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Records what an inspection found; who acts may inspect for the order's inspector."""
    report = document_of(evidence)
    act(
        context, order,
        lambda at, who, known: declarations.inspect(at, who, known, kind, result, report),
        yes=yes, rpc=rpc, password_stdin=password_stdin, as_json=as_json,
    )  # fmt: skip


@declaration_app.command("assess", cls=Discreet)
def assess(
    context: typer.Context,
    order: Order,
    duty: Annotated[
        str, typer.Option("--duty", metavar="AMOUNT", help="In the order's token, as 62.50.")
    ],
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Assesses the duty, up to the cap that the order allows; who acts may clear."""
    act(
        context, order, lambda at, who, known: declarations.assess(at, who, known, duty),
        yes=yes, rpc=rpc, password_stdin=password_stdin, as_json=as_json,
    )  # fmt: skip


@declaration_app.command("release", cls=Discreet)
def release(
    context: typer.Context,
    order: Order,
    sequence: Annotated[
        int | None,
        typer.Option(
            "--sequence",
            metavar="N",
            min=0,
            max=2**24 - 1,
            help="Only the case that `declaration show` told, and none that was declared since.",
        ),
    ] = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Releases the goods, upon which the duty is due; who acts may clear."""
    act(
        context, order, lambda at, who, known: declarations.release(at, who, known, sequence),
        yes=yes, rpc=rpc, password_stdin=password_stdin, as_json=as_json,
    )  # fmt: skip


@declaration_app.command("hold", cls=Discreet)
def hold(
    context: typer.Context,
    order: Order,
    reason: Reason,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Holds the goods; who acts may clear."""
    commitment = commitment_of(reason)
    act(
        context, order, lambda at, who, known: declarations.hold(at, who, known, commitment),
        yes=yes, rpc=rpc, password_stdin=password_stdin, as_json=as_json,
    )  # fmt: skip


@declaration_app.command("refuse", cls=Discreet)
def refuse(
    context: typer.Context,
    order: Order,
    reason: Reason,
    duty: Annotated[
        str, typer.Option("--duty", metavar="AMOUNT", help="What is due all the same.")
    ] = "0",
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Refuses the goods, which stands once the appeal period is over; who acts may clear."""
    commitment = commitment_of(reason)
    act(
        context, order,
        lambda at, who, known: declarations.refuse(at, who, known, commitment, duty),
        yes=yes, rpc=rpc, password_stdin=password_stdin, as_json=as_json,
    )  # fmt: skip


@declaration_app.command("appeal", cls=Discreet)
def appeal(
    context: typer.Context,
    order: Order,
    grounds: Annotated[
        str, typer.Option("--grounds", metavar="TEXT", help="Why; its hash is kept.")
    ],
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Appeals against a refusal, once; who acts may declare for the declarant."""
    commitment = commitment_of(grounds)
    act(
        context, order, lambda at, who, known: declarations.appeal(at, who, known, commitment),
        yes=yes, rpc=rpc, password_stdin=password_stdin, as_json=as_json,
    )  # fmt: skip


@declaration_app.command("decide", cls=Discreet)
def decide(
    context: typer.Context,
    order: Order,
    is_upheld: Annotated[
        bool, typer.Option("--uphold/--reject", help="The appeal is right, or it is not.")
    ],
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Decides an appeal within the appeal period; who acts may clear. Silence rejects it."""
    act(
        context, order,
        lambda at, who, known: declarations.decide(at, who, known, is_upheld=is_upheld),
        yes=yes, rpc=rpc, password_stdin=password_stdin, as_json=as_json,
    )  # fmt: skip
