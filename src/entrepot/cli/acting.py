"""What commands that act on chain share: who acts, who pays, and how a receipt is shown."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from entrepot.cli import screen
from entrepot.cli.options import show
from entrepot.cli.secret_input import read_password
from entrepot.errors import InputError
from entrepot.network.sender import Receipt
from entrepot.services import office, orders, signed_files
from entrepot.services.office import Acting, Office
from entrepot.services.orders import Done, Known
from entrepot.services.signed_files import Signed
from entrepot.services.signers import KeyRing
from entrepot.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Globals:
    """The options before a command."""

    workspace: Path
    rpc: str | None
    acting: str | None


Rpc = Annotated[
    str | None, typer.Option("--rpc", metavar="URL", help="Node to use instead of an own devnet.")
]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Folder of the run: its record and summary."),
]
Payer = Annotated[
    str | None,
    typer.Option(
        "--payer",
        metavar="KEY",
        help="Key that pays; without it, a public one on a devnet and who acts elsewhere.",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Send it, also off a devnet.")]
PasswordsStdin = Annotated[
    bool,
    typer.Option(
        "--password-stdin",
        help="Read the keystores' passwords, a line each, in the order in which they are named.",
    ),
]


def globals_of(context: typer.Context) -> Globals:
    """The options before the command."""
    found: Globals = context.obj
    return found


def rpc_of(context: typer.Context, own: str | None) -> str | None:
    """Where the node answers, if that was said."""
    url = own or globals_of(context).rpc
    if url is not None and not url.startswith(("http://", "https://")):
        raise InputError(f"{url} is no node's address: give --rpc http://host:port.")
    return url


def workspace_of(context: typer.Context, out: Path | None = None) -> Workspace:
    """The workspace, or the folder of a run."""
    return Workspace(out or globals_of(context).workspace)


def acting_of(
    context: typer.Context,
    password_stdin: bool,
    *,
    payer: str | None = None,
    yes: bool = False,
) -> Acting:
    """Who acts and pays; keystores are opened when they are needed."""
    ring = KeyRing(lambda path: read_password(password_stdin, what=f"Password of {path}"))
    return Acting(ring, globals_of(context).acting, payer, yes)


def show_receipt(receipt: Receipt, as_json: bool, **more: Any) -> None:
    """What was done, and the transaction that did it."""
    value = {**more, **asdict(receipt)}
    show(value, as_json, lambda: screen.fields({key: str(each) for key, each in value.items()}))


def show_done(done: Done, as_json: bool, noun: str = "order") -> None:
    """What a command led to, and the transaction if there was one."""
    value = done_json(done, noun)
    show(value, as_json, lambda: screen.record(value))


def done_json(done: Done, noun: str = "order") -> dict[str, Any]:
    """What a command led to, as JSON has it."""
    receipt = asdict(done.receipt) if done.receipt else {}
    return {noun: done.subject, "status": done.status, **receipt}


def act(
    context: typer.Context,
    order: str,
    action: Callable[[Office, Acting, Known], Done],
    *,
    payer: str | None = None,
    yes: bool,
    rpc: str | None,
    password_stdin: bool,
    as_json: bool,
) -> Done:
    """Does something on chain with an order, by its file or its id, and shows what came of it."""
    acting = acting_of(context, password_stdin, payer=payer, yes=yes)
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as open_office:
        done = action(open_office, acting, orders.find(open_office, order))
    show_done(done, as_json)
    return done


def lacking(names: Sequence[str]) -> str:
    """Who has not signed, for people."""
    return ", ".join(names) or "nobody"


def finish(
    open_office: Office, message: Signed, acting: Acting, write: Path | None, as_json: bool
) -> None:
    """Keeps a message in a new file, or brings it to the chain."""
    if write is not None:
        signed_files.create(write, message)
        show_file(write, message, as_json)
    else:
        show_receipt(signed_files.submit(open_office, message, acting), as_json)


def show_file(file: Path, message: Signed, as_json: bool) -> None:
    """A message's file, and who has not signed yet."""
    value = {"file": str(file), "unsigned": message.lacking}
    unsigned = lacking(message.lacking)
    show(value, as_json, lambda: screen.fields({"file": str(file), "unsigned by": unsigned}))
