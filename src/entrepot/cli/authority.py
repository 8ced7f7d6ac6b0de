"""The commands on keys that act on a chain or read one, which stand among those on keys."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

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
from entrepot.cli.options import AsJson, hexed, show, standing_json
from entrepot.cli.secret_input import Discreet
from entrepot.core.organisation import level_of_place
from entrepot.errors import InputError
from entrepot.services import grants, office, signed_files, supervision
from entrepot.services.authority import Authority
from entrepot.services.grants import Revocation
from entrepot.services.office import Acting
from entrepot.services.spelling import address_of, expiry_of, functions_of
from entrepot.storage.files import read_json

authority_app = typer.Typer(rich_markup_mode=None)

Write = Annotated[
    Path | None,
    typer.Option(
        "--write", metavar="FILE", help="Keep the message in a new file instead of sending it."
    ),
]
MessageFile = Annotated[Path, typer.Argument(metavar="FILE", help="File of a signed message.")]


@authority_app.command("grant", cls=Discreet)
def grant(
    context: typer.Context,
    keys: Annotated[
        list[str],
        typer.Argument(metavar="KEY…", help="Keys to grant, which accept; or their addresses."),
    ],
    functions: Annotated[
        str, typer.Option("--functions", metavar="A,B", help="What they may be used for.")
    ],
    expires: Annotated[
        str, typer.Option("--expires", metavar="DAY", help="Last day, YYYY-MM-DD UTC, or never.")
    ],
    level: Annotated[
        int | None,
        typer.Option(
            "--level", metavar="N", help="1 to 255; without it, the level that a place says."
        ),
    ] = None,
    granter: Annotated[
        str | None,
        typer.Option(
            "--granter", metavar="ADDRESS", help="A contract that grants, to sign the file later."
        ),
    ] = None,
    write: Write = None,
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Grants function keys, all in one transaction; who acts is the granter.

    An address alone cannot accept: write the grants to a file, which its holder signs.
    """
    acting = acting_of(context, password_stdin, payer=payer, yes=yes)
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as open_office:
        by = address_of(granter) if granter else acting.key().address
        found = [_granted(acting, name, level) for name in keys]
        message = grants.drafted(
            open_office.salt, by,
            [(address, key_level) for address, key_level, _ in found],
            functions_of(functions), expiry_of(expires),
        )  # fmt: skip
        grants.check(Authority(open_office), message)
        for key in [None if granter else acting.key(), *(key for *_, key in found)]:
            message = message.sign(key) if key else message
        finish(open_office, message, acting, write, as_json)


@authority_app.command("revoke", cls=Discreet)
def revoke(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="ADDRESS", help="Key to revoke.")],
    write: Write = None,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Revoke a grant that no chain has seen yet.")
    ] = False,
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Revokes a key for ever, and every key under it; who acts is the key or one above it."""
    acting = acting_of(context, password_stdin, payer=payer, yes=yes)
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as open_office:
        address = address_of(key)
        if not withdraw and not Authority(open_office).is_known(address):
            raise InputError(
                f"{address} was never granted; --withdraw revokes a grant that may still come."
            )
        by = acting.key()
        message = Revocation(open_office.salt, address, by.address).sign(by)
        finish(open_office, message, acting, write, as_json)


@authority_app.command("sign", cls=Discreet)
def sign(
    context: typer.Context,
    file: MessageFile,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Adds to a file the signatures that who acts can give: as granter, key, guardian, new root."""
    message = signed_files.sign(file, acting_of(context, password_stdin).key())
    show_file(file, message, as_json)


@authority_app.command("submit", cls=Discreet)
def submit(
    context: typer.Context,
    file: MessageFile,
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Brings a signed message to a chain of its deployment; anyone may."""
    message = signed_files.load(file)
    acting = acting_of(context, password_stdin, payer=payer, yes=yes)
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as open_office:
        show_receipt(signed_files.submit(open_office, message, acting), as_json)


@authority_app.command("whoami", cls=Discreet)
def whoami(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="ADDRESS", help="Address of a key.")],
    tree: Annotated[
        Path | None,
        typer.Option(
            "--tree", metavar="FILE", help="What `keys tree --json` printed, to tell its path."
        ),
    ] = None,
    out: Out = None,
    rpc: Rpc = None,
    as_json: AsJson = False,
) -> None:
    """Shows for whom a key acts, what it may do, who granted it, and if it cannot, why not.

    Exit 1 where it can do nothing.
    """
    address = address_of(key)
    place = _place(tree, address) if tree else {}
    with office.reading(workspace_of(context, out), rpc_of(context, rpc)) as open_office:
        standing = Authority(open_office).of(address)
    value = {**place, **standing_json(standing)}
    show(value, as_json, lambda: screen.record(value))
    raise typer.Exit(0 if standing.is_valid else 1)


@authority_app.command("supervise", cls=Discreet)
def supervise(
    context: typer.Context,
    xpub: Annotated[str, typer.Argument(metavar="XPUB", help="The branch's xpub.")],
    function: Annotated[
        str | None,
        typer.Option("--function", metavar="NAME", help="The function, where it is a unit's xpub."),
    ] = None,
    gap: Annotated[
        int,
        typer.Option("--gap", metavar="N", help="Unseen addresses in a row that end a level."),
    ] = 20,
    out: Out = None,
    rpc: Rpc = None,
    as_json: AsJson = False,
) -> None:
    """Lists the addresses of a branch that the chain has seen, their grants, and what they did."""
    if not 1 <= gap <= 1_000:
        raise InputError("--gap is 1 to 1000.")
    branch = supervision.branch_of(xpub, function)
    with office.reading(workspace_of(context, out), rpc_of(context, rpc)) as open_office:
        found = supervision.supervise(open_office, branch, gap)
    value = [
        {
            "place": each.place,
            **standing_json(each.standing),
            "acts": [hexed(asdict(act)) for act in each.acts],
        }
        for each in found
    ]
    show(value, as_json, lambda: screen.supervised(found))


def _granted(acting: Acting, name: str, level: int | None) -> tuple[str, int, Any]:
    """Address, level and, where it is at hand, the key of a KEY to be granted."""
    if name.startswith("0x"):
        address, key = address_of(name), None
    else:
        key = acting.ring.key(name)
        address = key.address
    place = name.partition("#")[2]
    found = level if level is not None else (level_of_place(place) if place else None)
    if found is None or not 1 <= found <= 255:
        raise InputError(f"Give --level for {name}: 1 to 255, a larger number is less power.")
    return address, found, key


def _place(tree: Path, address: str) -> dict[str, str]:
    content = read_json(tree)
    try:
        keys = [key for branch in content["branches"] for key in branch["keys"]]
        found = [key for key in keys if key["address"] == address]
        return {"name": found[0]["name"], "path": found[0]["path"]} if found else {}
    except (KeyError, TypeError):
        raise InputError(f"{tree} is not what `entrepot keys tree --json` prints.") from None
