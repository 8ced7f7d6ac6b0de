"""The commands on credentials: proofs about a rating that do not say whose it is."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from entrepot.cli import screen
from entrepot.cli.acting import Out, PasswordsStdin, Rpc, acting_of, rpc_of, workspace_of
from entrepot.cli.options import AsJson, show
from entrepot.cli.secret_input import Discreet, PasswordStdin, read_password
from entrepot.core.credentials import LARGEST, Terms
from entrepot.core.credit import Grade
from entrepot.errors import InputError
from entrepot.services import credentials, office
from entrepot.services.credential_files import grade_of
from entrepot.services.credentials import Definition

credential_app = typer.Typer(
    help="Proofs about a credit rating that do not say whose it is.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

DefinitionFile = Annotated[
    Path, typer.Option("--definition", metavar="FILE", help="The agency's definition.")
]
Keystore = Annotated[
    Path, typer.Option("--keystore", metavar="FILE", help="Keystore of the agency's issuing key.")
]
Wallet = Annotated[
    Path, typer.Option("--wallet", metavar="FILE", help="Wallet of the credential's secrets.")
]
Write = Annotated[Path, typer.Option("--write", metavar="FILE", help="New file for it.")]
Offer = Annotated[Path, typer.Argument(metavar="OFFER", help="The offer.")]
Challenge = Annotated[Path, typer.Argument(metavar="CHALLENGE", help="The challenge.")]


@credential_app.command("open", cls=Discreet)
def open_agency(
    context: typer.Context,
    agency: Annotated[int, typer.Argument(metavar="ID", help="The rating agency.")],
    keystore: Keystore,
    write: Write,
    rpc: Rpc = None,
    password_stdin: PasswordStdin = False,
    as_json: AsJson = False,
) -> None:
    """Makes an agency's issuing key, in a new keystore, and its definition; takes seconds.

    It counts once the agency has published it: `participant qualify ID --kind rating-credentials
    --document DEFINITION`.
    """
    password = read_password(password_stdin, twice=True, what=f"Password of {keystore}")
    with office.reading(workspace_of(context), rpc_of(context, rpc)) as here:
        made = credentials.open_agency(here, agency, keystore, write, password)
    value = {"definition": made.hex, "file": str(write), "keystore": str(keystore)}
    show(value, as_json, lambda: screen.fields(value))


@credential_app.command("offer")
def offer(
    participant: Annotated[int, typer.Argument(metavar="ID", help="Who may ask.")],
    definition: DefinitionFile,
    write: Write,
    as_json: AsJson = False,
) -> None:
    """Offers a participant a credential; for one request. Needs no node and no key."""
    credentials.offer(Definition.load(definition), participant, write)
    value = {"file": str(write), "participant": str(participant)}
    show(value, as_json, lambda: screen.fields(value))


@credential_app.command("request", cls=Discreet)
def request(
    context: typer.Context,
    offered: Offer,
    definition: DefinitionFile,
    wallet: Wallet,
    write: Write,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Takes up an offer: a new wallet, and a request that who acts signs for the participant.

    Says how many definitions the agency has on chain: under each, only its own holders hide.
    """
    acting = acting_of(context, password_stdin)
    key = acting.key()
    password = read_password(password_stdin, twice=True, what=f"Password of {wallet}")
    with office.reading(workspace_of(context), rpc_of(context, rpc)) as here:
        count = credentials.request(
            here, Definition.load(definition), offered, key, wallet, write, password
        )
    value = {"file": str(write), "wallet": str(wallet), "definitions": count}
    show(value, as_json, lambda: screen.record(value))


@credential_app.command("issue", cls=Discreet)
def issue(
    context: typer.Context,
    requested: Annotated[Path, typer.Argument(metavar="REQUEST", help="The request.")],
    offered: Annotated[
        Path, typer.Option("--offer", metavar="FILE", help="The offer that it takes up.")
    ],
    definition: DefinitionFile,
    keystore: Keystore,
    write: Write,
    block: Annotated[
        int | None,
        typer.Option("--block", metavar="N", help="As of which block; without it, the latest."),
    ] = None,
    out: Out = None,
    rpc: Rpc = None,
    password_stdin: PasswordStdin = False,
    as_json: AsJson = False,
) -> None:
    """Issues what the chain says of the participant; of no use without its wallet."""
    password = read_password(password_stdin, what=f"Password of {keystore}")
    with office.reading(workspace_of(context, out), rpc_of(context, rpc)) as here:
        issued = credentials.issue(
            here, Definition.load(definition), offered, requested, keystore, write, password, block
        )
    value = {"file": str(write), **asdict(issued)}
    show(value, as_json, lambda: screen.record(value))


@credential_app.command("challenge")
def challenge(
    verifier: Annotated[
        str, typer.Option("--for", metavar="NAME", help="Who asks: the holder reads it.")
    ],
    definition: DefinitionFile,
    block: Annotated[
        int, typer.Option("--not-before-block", metavar="N", help="How old the rating may be.")
    ],
    write: Write,
    grade: Annotated[
        str | None, typer.Option("--grade", metavar="GRADE", help="At least which: AAA to D.")
    ] = None,
    settled: Annotated[
        int, typer.Option("--settled", metavar="N", min=0, max=LARGEST, help="At least how many.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Asks for a proof: at least a grade, at least so many settled orders, or both; for one answer.

    Needs no node.
    """
    if not 0 < len(verifier) <= 200:
        raise InputError("--for is who asks, in up to 200 characters.")
    try:
        terms = Terms(Grade.NR if grade is None else grade_of(grade), settled, block)
    except ValueError as failure:
        raise InputError(f"Nothing can be asked so: {failure}.") from None
    identity = credentials.challenge(Definition.load(definition), verifier, terms, write)
    value = {"file": str(write), "challenge": identity, "asked": terms.sentences}
    show(value, as_json, lambda: screen.record(value))


@credential_app.command("crowd")
def crowd(
    context: typer.Context,
    asked: Challenge,
    definition: DefinitionFile,
    out: Out = None,
    rpc: Rpc = None,
    as_json: AsJson = False,
) -> None:
    """Says how many participants meet a challenge now, so how many a holder can hide among."""
    with office.reading(workspace_of(context, out), rpc_of(context, rpc)) as here:
        count = credentials.crowd(here, asked, Definition.load(definition))
    show({"crowd": count}, as_json, lambda: screen.record({"crowd": count}))


@credential_app.command("prove", cls=Discreet)
def prove(
    asked: Challenge,
    definition: DefinitionFile,
    credential: Annotated[
        Path, typer.Option("--credential", metavar="FILE", help="The credential as it was issued.")
    ],
    wallet: Wallet,
    write: Write,
    password_stdin: PasswordStdin = False,
    as_json: AsJson = False,
) -> None:
    """Answers a challenge, and tells nothing but what it asks; needs no node.

    Exit 1 where the credential does not reach what is asked.
    """
    password = read_password(password_stdin, what=f"Password of {wallet}")
    message = credentials.prove(
        Definition.load(definition), asked, credential, wallet, write, password
    )
    value = {
        "file": str(write),
        "for": message.verifier.decode(),
        "proves": message.terms.sentences,
    }
    show(value, as_json, lambda: screen.record(value))


@credential_app.command("check")
def check(
    context: typer.Context,
    proof: Annotated[Path, typer.Argument(metavar="PROOF", help="The answer.")],
    asked: Annotated[
        Path, typer.Option("--challenge", metavar="FILE", help="The challenge that you wrote.")
    ],
    definition: DefinitionFile,
    out: Out = None,
    rpc: Rpc = None,
    as_json: AsJson = False,
) -> None:
    """Checks the answer to a challenge of yours, and says what is proven and what is not.

    Exit 1 where nothing is.
    """
    with office.reading(workspace_of(context, out), rpc_of(context, rpc)) as here:
        finding = credentials.check(here, Definition.load(definition), asked, proof)
    show(asdict(finding), as_json, lambda: screen.record(asdict(finding)))
    raise typer.Exit(0 if finding.valid else 1)
