"""The commands on participants: who they are, what they may call themselves, who guards them."""

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
    acting_of,
    finish,
    rpc_of,
    show_file,
    show_receipt,
    workspace_of,
)
from entrepot.cli.options import AsJson, show
from entrepot.cli.secret_input import Discreet
from entrepot.core.messages import Registration
from entrepot.errors import InputError
from entrepot.services import office, participants, registrations, signed_files
from entrepot.services.moves import Move
from entrepot.services.spelling import address_of, expiry_of, first_second_of, roles_of

participant_app = typer.Typer(
    help="Participants: qualifications, guardians, and moves of a lost root.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Number = Annotated[int, typer.Argument(metavar="ID", help="Participant's number.")]
_DAY = 86_400


@participant_app.command("register", cls=Discreet)
def register(
    context: typer.Context,
    number: Number,
    root: Annotated[
        str, typer.Option("--root", metavar="KEY", help="Its root, which accepts; or its address.")
    ],
    roles: Annotated[str, typer.Option("--roles", metavar="A,B", help="What it is.")],
    write: Annotated[
        Path | None,
        typer.Option(
            "--write", metavar="FILE", help="New file for root and members of the council to sign."
        ),
    ] = None,
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Registers a participant: at once on a devnet, whose council's keys are public, and elsewhere
    by a file that members of the council `keys sign`, before `keys submit`.
    """
    acting = acting_of(context, password_stdin, payer=payer, yes=yes)
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as open_office:
        key = None if root.startswith("0x") else acting.ring.key(root)
        address = key.address if key else address_of(root)
        message = registrations.drafted(
            open_office, [Registration(number, roles_of(roles), address)]
        )
        message = message.sign(key) if key else message
        if write is None:
            for member in registrations.devnet_members(open_office):
                message = message.sign(member)
        finish(open_office, message, acting, write, as_json)


@participant_app.command("show", cls=Discreet)
def participant_show(
    context: typer.Context,
    number: Number,
    out: Out = None,
    rpc: Rpc = None,
    as_json: AsJson = False,
) -> None:
    """Shows a participant's root, roles, guardians and qualifications."""
    with office.reading(workspace_of(context, out), rpc_of(context, rpc)) as open_office:
        found = participants.show(open_office, number)
    show(asdict(found), as_json, lambda: screen.participant(found))


@participant_app.command("qualify", cls=Discreet)
def qualify(
    context: typer.Context,
    number: Number,
    kind: Annotated[
        str, typer.Option("--kind", metavar="NAME", help="What it is, such as customs-broker.")
    ],
    document: Annotated[
        Path,
        typer.Option("--document", metavar="FILE", help="The document; its hash goes on chain."),
    ],
    expires: Annotated[
        str, typer.Option("--expires", metavar="DAY", help="Last day, YYYY-MM-DD UTC, or never.")
    ],
    begins: Annotated[
        str | None,
        typer.Option("--from", metavar="DAY", help="First day, YYYY-MM-DD UTC; without it, today."),
    ] = None,
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Vouches for a licence or certificate of a participant; who acts may certify."""
    acting = acting_of(context, password_stdin, payer=payer, yes=yes)
    commitment = participants.commitment_of(document)
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as open_office:
        first = first_second_of(begins) if begins else open_office.node.time()
        identity, call = participants.qualify(
            open_office, acting.key(), number,
            kind=kind, commitment=commitment, first=first, expiry=expiry_of(expires),
        )  # fmt: skip
        show_receipt(open_office.send(call, acting), as_json, qualification=identity)


@participant_app.command("disqualify", cls=Discreet)
def disqualify(
    context: typer.Context,
    qualification: Annotated[str, typer.Argument(metavar="0x…", help="Id of a qualification.")],
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Revokes a qualification for ever; who acts may certify for its issuer."""
    acting = acting_of(context, password_stdin, payer=payer, yes=yes)
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as open_office:
        call = participants.disqualify(open_office, acting.key(), qualification)
        show_receipt(open_office.send(call, acting), as_json, qualification=qualification)


@participant_app.command("guard", cls=Discreet)
def guard(
    context: typer.Context,
    number: Number,
    guardians: Annotated[
        list[str], typer.Option("--guardian", metavar="ADDRESS", help="A guardian; repeatable.")
    ],
    threshold: Annotated[
        int, typer.Option("--threshold", metavar="M", help="How many move the root.")
    ],
    override: Annotated[
        int,
        typer.Option("--override", metavar="N", help="How many, more than M, overrule the root."),
    ],
    delay: Annotated[
        int, typer.Option("--delay-days", metavar="D", help="Days that a move or change waits.")
    ] = 3,
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Names guardians who can move a lost root; who acts is the root."""
    acting = acting_of(context, password_stdin, payer=payer, yes=yes)
    accounts = [address_of(each) for each in guardians]
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as open_office:
        call = participants.guard(
            open_office, acting.key(), number, accounts,
            threshold=threshold, override_threshold=override, delay=delay * _DAY,
        )  # fmt: skip
        show_receipt(open_office.send(call, acting), as_json)


@participant_app.command("move-root", cls=Discreet)
def move_root(
    context: typer.Context,
    number: Number,
    to: Annotated[str, typer.Option("--to", metavar="ADDRESS", help="The new root.")],
    write: Annotated[
        Path, typer.Option("--write", metavar="FILE", help="New file for guardians to sign.")
    ],
    keep: Annotated[
        list[str] | None,
        typer.Option(
            "--keep", metavar="ADDRESS", help="Key of the old root that stays good; repeatable."
        ),
    ] = None,
    rpc: Rpc = None,
    as_json: AsJson = False,
) -> None:
    """Drafts a move of a lost root: the new root and guardians `keys sign` it, then `keys submit`.

    Keys that are not kept are cut off for ever when the move is finished.
    """
    kept = [address_of(each) for each in keep or []]
    with office.reading(workspace_of(context), rpc_of(context, rpc)) as open_office:
        draft = participants.draft_move(open_office, number, address_of(to), kept)
    signed_files.create(write, draft)
    show_file(write, draft, as_json)


@participant_app.command("finish-move", cls=Discreet)
def finish_move(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File of the announced move.")],
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Executes an announced move, once its delay is over; anyone may."""
    acting = acting_of(context, password_stdin, payer=payer, yes=yes)
    message = signed_files.load(file)
    if not isinstance(message, Move):
        raise InputError(f"{file} holds no root move.")
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as open_office:
        call = participants.finish_move(open_office, message)
        show_receipt(open_office.send(call, acting), as_json)


@participant_app.command("cancel-move", cls=Discreet)
def cancel_move(
    context: typer.Context,
    number: Number,
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Refuses, once, to be moved; who acts is the root. The higher threshold overrules it."""
    acting = acting_of(context, password_stdin, payer=payer, yes=yes)
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as open_office:
        call = participants.cancel_move(open_office, acting.key(), number)
        show_receipt(open_office.send(call, acting), as_json)
