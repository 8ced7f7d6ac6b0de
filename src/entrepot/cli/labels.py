"""The commands of producers: lines registered, batches commissioned, labels printed."""

from pathlib import Path
from typing import Annotated

import typer

from entrepot.cli import screen
from entrepot.cli.acting import (
    PasswordsStdin,
    Rpc,
    Yes,
    acting_of,
    rpc_of,
    show_receipt,
    workspace_of,
)
from entrepot.cli.options import AsJson, show
from entrepot.errors import InputError
from entrepot.services import commission as batches
from entrepot.services import label_sheets, office
from entrepot.services.batch_folder import BatchFolder
from entrepot.services.deploy import producer_key_name

label_app = typer.Typer(
    help="Labels: made, printed, verified, activated and recalled.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Gtin = Annotated[str, typer.Argument(metavar="GTIN", help="The line: 8 to 14 digits.")]


@label_app.command("register")
def register(
    context: typer.Context,
    gtin: Gtin,
    name: Annotated[
        str, typer.Option("--name", metavar="TEXT", help="The product; its hash goes on chain.")
    ],
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Registers a product line of the producer that acts.

    On a devnet, without --as, the demo producer does.
    """
    line = batches.gtin_of(gtin)
    acting = acting_of(context, password_stdin, yes=yes)
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as open_office:
        receipt = batches.register(open_office, acting, line, name)
    show_receipt(receipt, as_json, gtin=f"{line:014}", name=name)


@label_app.command("commission")
def commission(
    context: typer.Context,
    gtin: Gtin,
    lot: Annotated[str, typer.Option("--lot", metavar="LOT", help="The batch's lot.")],
    expires: Annotated[
        str, typer.Option("--expires", metavar="DAY", help="Last day, YYYY-MM-DD UTC, or never.")
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder of the batch, to be kept safe.")
    ],
    count: Annotated[
        int | None, typer.Option("--count", metavar="N", help="Items, with serials 1 to N.")
    ] = None,
    serials: Annotated[
        Path | None,
        typer.Option("--serials", metavar="FILE", help="CSV with a column `serial`, or only one."),
    ] = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Makes the labels of a batch, 1 to 5,000,000, and commits it in one transaction.

    After an interruption the same command goes on; when all is done it changes nothing.
    """
    line = batches.gtin_of(gtin)
    if (count is None) == (serials is None):
        raise InputError("Say either how many items with --count, or their serials with --serials.")
    source = batches.listed(serials) if serials else batches.counted(count or 0)
    asked = batches.Asked(line, lot, batches.day_of(expires), source, count)
    acting = acting_of(context, password_stdin, yes=yes)
    with (
        office.sending(workspace_of(context), rpc_of(context, rpc)) as open_office,
        screen.progress() as progress,
    ):
        batch, is_new = batches.commission(open_office, acting, out, asked, progress)
    value = {
        "batch": str(out),
        **batch.model_dump(mode="json", exclude={"kind", "version", "secret"}),
        "status": "committed" if is_new else "committed before, nothing was sent",
    }
    show(value, as_json, lambda: screen.record(value))


@label_app.command("print")
def print_(
    context: typer.Context,
    batch: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the batch.")],
    out: Annotated[
        Path,
        typer.Option(
            "--out", metavar="PATH", help="New file, ending as the format; otherwise a folder."
        ),
    ],
    kind: Annotated[
        label_sheets.Format, typer.Option("--format", help="Sheets, or one label in a file.")
    ] = "pdf",
    serial: Annotated[
        str | None, typer.Option("--serial", metavar="S", help="Only the item with this serial.")
    ] = None,
    first: Annotated[
        int, typer.Option("--from", metavar="I", help="First item, counted from 1.")
    ] = 1,
    count: Annotated[
        int | None, typer.Option("--count", metavar="N", help="Items; without it, all that follow.")
    ] = None,
    grid: Annotated[
        str, typer.Option("--grid", help=f"Labels on A4: {', '.join(label_sheets.GRIDS)}.")
    ] = "3x8",
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Prints labels with their scratch codes; who acts is the key that signed them.

    On a devnet, without --as, that is the demo producer's. Into a folder the same command goes on
    after an interruption; when all is done it changes nothing.
    """
    found = BatchFolder(batch)
    if serial is not None:
        if first != 1 or count is not None:
            raise InputError("Give either --serial, or --from and --count.")
        first, count = found.index_of(serial) + 1, 1
    last = found.file.size if count is None else first - 1 + count
    items = range(first - 1, last)
    acting = acting_of(context, password_stdin)
    key = acting.ring.key(acting.name or producer_key_name())
    with screen.progress() as progress:
        printed = label_sheets.print_labels(found, key, items, out, progress, kind=kind, grid=grid)
    value = {
        "folder" if out.is_dir() else "file": str(out), "labels": len(items), "printed": printed,
    }  # fmt: skip
    show(value, as_json, lambda: screen.record(value))
