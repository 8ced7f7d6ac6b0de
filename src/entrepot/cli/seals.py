"""The commands on sealed keys, which stand among those on keys. Records are public."""

import re
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
    rpc_of,
    workspace_of,
)
from entrepot.cli.options import AsJson, show
from entrepot.cli.secret_input import (
    PATH_HELP,
    Discreet,
    KeyPath,
    PasswordStdin,
    read_password,
    steps_from,
)
from entrepot.core.keys import root_of_seed
from entrepot.core.seals import Record
from entrepot.core.signing import Key
from entrepot.errors import InputError, SealError
from entrepot.services import keystores, office, participants, seals
from entrepot.services.seals import RecordFile
from entrepot.services.workspace import Workspace

seals_app = typer.Typer(rich_markup_mode=None)

Sealed = Annotated[Path, typer.Argument(metavar="SEALED.json", help="The sealed key.")]
OwnKeystore = Annotated[
    Path,
    typer.Option("--keystore", metavar="FILE", help="Keystore of one key, or of a seed: --path."),
]
OwnPath = Annotated[str | None, typer.Option("--path", metavar="PATH", help=PATH_HELP)]
Salt = Annotated[
    str | None,
    typer.Option(
        "--salt", metavar="0x…", help="The deployment's salt; without it, the workspace's."
    ),
]


@seals_app.command("public", cls=Discreet)
def public(
    keystore: OwnKeystore,
    path: OwnPath = None,
    password_stdin: PasswordStdin = False,
    as_json: AsJson = False,
) -> None:
    """Shows the public key that others seal to: it opens nothing."""
    key = _key(keystore, path, password_stdin)
    found = {"address": key.address, "public": f"0x{key.public.hex()}"}
    show(found, as_json, lambda: screen.fields(found))


@seals_app.command("seal", cls=Discreet)
def seal(
    context: typer.Context,
    keystore: Annotated[
        Path, typer.Option("--keystore", metavar="FILE", help="Keystore of the seed to seal.")
    ],
    path: KeyPath,
    user: Annotated[
        int, typer.Option("--user", metavar="ID", help="The participant whose seed it is.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the records.")],
    agents: Annotated[
        list[str] | None,
        typer.Option(
            "--agent", metavar="PUBLIC", help="Public key to seal the whole seed to; repeatable."
        ),
    ] = None,
    guardians: Annotated[
        list[str] | None,
        typer.Option(
            "--guardian", metavar="PUBLIC", help="Public key to seal one share to; repeatable."
        ),
    ] = None,
    threshold: Annotated[
        int | None,
        typer.Option("--threshold", metavar="M", help="How many guardians give the seed back."),
    ] = None,
    salt: Salt = None,
    password_stdin: PasswordStdin = False,
    as_json: AsJson = False,
) -> None:
    """Seals a seed whole to agents, or in shares to guardians; the key at --path signs."""
    if bool(agents) == bool(guardians) or bool(guardians) != (threshold is not None):
        raise InputError("Give --agent, or --guardian for each guardian and --threshold M.")
    recipients = [seals.public_key(text) for text in agents or guardians or []]
    deployment, steps = _deployment(context, salt), steps_from(path)
    seed = _seed(keystore, password_stdin)
    key = root_of_seed(seed).descend(steps).key()
    if threshold is None:
        records = seals.seal_whole(
            out, seed, key, user=user, agents=recipients, deployment=deployment
        )
    else:
        records = seals.seal_shares(
            out, seed, key,
            user=user, guardians=recipients, threshold=threshold, deployment=deployment,
        )  # fmt: skip
    found = [_described(file, record) for file, record in records.items()]

    def people() -> None:
        for each in found:
            screen.fields({name: each[name] for name in ("file", "recipient", "hash")})

    show(found, as_json, people)


@seals_app.command("verify-seal", cls=Discreet)
def verify_seal(
    context: typer.Context,
    sealed: Sealed,
    origin: Annotated[
        Path | None,
        typer.Option("--origin", metavar="FILE", help="Sealed key that this was passed on from."),
    ] = None,
    anchored: Annotated[
        bool,
        typer.Option("--anchored", help="Also ask the chain when its hash was anchored there."),
    ] = False,
    salt: Salt = None,
    out: Out = None,
    rpc: Rpc = None,
    as_json: AsJson = False,
) -> None:
    """Verifies a sealed key without any secret; exit 1 where it does not hold, or is not anchored
    where that is asked.
    """
    record = seals.verify(sealed, _deployment(context, salt), origin)
    found = _described(sealed, record)
    if anchored:
        with office.reading(workspace_of(context, out), rpc_of(context, rpc)) as open_office:
            at = participants.anchored_at(open_office, record)
        found["anchored_at"] = at
        if at is None:
            raise SealError(f"The hash of {sealed} is not on this chain: `keys anchor` brings it.")
    show(found, as_json, lambda: screen.fields(found))


@seals_app.command("anchor", cls=Discreet)
def anchor(
    context: typer.Context,
    sealed: Annotated[
        list[Path], typer.Argument(metavar="SEALED.json…", help="Sealed keys of one participant.")
    ],
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Keeps the hashes of sealed keys on chain; who acts is the participant's root."""
    acting = acting_of(context, password_stdin, payer=payer, yes=yes)
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as open_office:
        records = {path: seals.verify(path, open_office.salt) for path in sealed}
        waiting = {
            path: record
            for path, record in records.items()
            if participants.anchored_at(open_office, record) is None
        }
        for record in waiting.values():
            call = participants.anchor(open_office, acting.key(), record)
            open_office.send(call, acting)
        found = [
            {"file": str(path), "hash": f"0x{record.digest.hex()}",
             "anchored_at": participants.anchored_at(open_office, record)}
            for path, record in records.items()
        ]  # fmt: skip

    def people() -> None:
        for each in found:
            screen.fields(each)

    show(found, as_json, people)


@seals_app.command("pass-on", cls=Discreet)
def pass_on(
    context: typer.Context,
    sealed: Sealed,
    to: Annotated[str, typer.Option("--to", metavar="PUBLIC", help="The owner's new public key.")],
    keystore: OwnKeystore,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="New file for the record.")],
    path: OwnPath = None,
    salt: Salt = None,
    password_stdin: PasswordStdin = False,
    as_json: AsJson = False,
) -> None:
    """Seals what was sealed to you to its owner's new key. Be sure whose key that is."""
    recipient, deployment = seals.public_key(to), _deployment(context, salt)
    keystores.check_free(out)
    key = _key(keystore, path, password_stdin)
    found = _described(out, seals.pass_on(sealed, key, recipient, deployment, out))
    show(found, as_json, lambda: screen.fields(found))


@seals_app.command("recall", cls=Discreet)
def recall(
    context: typer.Context,
    sealed: Annotated[
        list[Path], typer.Argument(metavar="SEALED.json…", help="Sealed keys, all to one key.")
    ],
    keystore: OwnKeystore,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="New keystore for the seed.")],
    path: OwnPath = None,
    salt: Salt = None,
    password_stdin: PasswordStdin = False,
    out_password_stdin: Annotated[
        bool,
        typer.Option("--out-password-stdin", help="Read the new file's password: the next line."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Brings a seed back from what was sealed to you, into a new keystore."""
    deployment = _deployment(context, salt)
    keystores.check_free(out)
    key = _key(keystore, path, password_stdin)
    password = read_password(out_password_stdin, twice=True, what="Password of the new file")
    identity = seals.recall(sealed, key, deployment, out, password)
    found = {"keystore": str(out), "identity": f"0x{identity.hex()}"}
    show(found, as_json, lambda: screen.fields(found))


def _key(keystore: Path, path: str | None, password_stdin: bool) -> Key:
    if path is None:
        _check_there(keystore)
        return keystores.open_key(keystore, read_password(password_stdin))
    steps = steps_from(path)
    return root_of_seed(_seed(keystore, password_stdin)).descend(steps).key()


def _seed(keystore: Path, password_stdin: bool) -> bytes:
    _check_there(keystore)
    return keystores.open_seed(keystore, read_password(password_stdin))


def _check_there(keystore: Path) -> None:
    if not keystore.is_file():
        raise InputError(f"There is no keystore {keystore}; `entrepot keys new` makes one.")


def _deployment(context: typer.Context, salt: str | None) -> bytes:
    if salt is None:
        workspace = Workspace(context.obj.workspace)
        if not workspace.has_deployment:
            raise InputError("Give --salt, or the --workspace of the deployment.")
        salt = workspace.deployment().salt
    if re.fullmatch("0x[0-9a-f]{64}", salt) is None:
        raise InputError("--salt is 0x and 64 digits 0-9a-f.")
    return bytes.fromhex(salt[2:])


def _described(path: Path, record: Record) -> dict[str, Any]:
    members = RecordFile.of(record).model_dump(
        mode="json", exclude={"kind", "version", "c1", "c2", "signature"}
    )
    return {"file": str(path), "hash": f"0x{record.digest.hex()}", **members}
