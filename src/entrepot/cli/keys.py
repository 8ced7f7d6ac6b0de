"""The commands on keys. Secrets come by stdin or prompt and never leave but encrypted.

The one exception are the words of `keys new`, which are shown once.
"""

import secrets
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from entrepot.cli import screen
from entrepot.cli.acting import Out, Rpc, rpc_of, workspace_of
from entrepot.cli.options import AsJson, show, standing_json
from entrepot.cli.secret_input import (
    Discreet,
    KeyPath,
    PasswordStdin,
    parts_from,
    read_password,
    read_secret,
    steps_from,
)
from entrepot.core import organisation as organisations
from entrepot.core import words as bip39
from entrepot.core.keys import HARDENED, Node, PublicNode, path_of, root_of_seed
from entrepot.core.organisation import TreeBranch, TreeKey
from entrepot.errors import InputError
from entrepot.services import keystores, office
from entrepot.services.authority import Authority, Standing
from entrepot.services.organisation_file import load_organisation

keys_app = typer.Typer(
    help="Hierarchical keys: seeds, addresses, organisations.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

WordsStdin = Annotated[
    bool, typer.Option("--words-stdin", help="Read the words: a line of stdin, or a prompt.")
]
PassphraseStdin = Annotated[
    bool, typer.Option("--passphrase-stdin", help="Read a BIP-39 passphrase: the next line.")
]
Keystore = Annotated[
    Path | None, typer.Option("--keystore", metavar="FILE", help="Keystore of the seed.")
]


@keys_app.command("new", cls=Discreet)
def new(
    keystore: Annotated[
        Path, typer.Option("--keystore", metavar="FILE", help="New file for the seed.")
    ],
    words: Annotated[
        str, typer.Option("--words", metavar="12|15|18|21|24", help="How many words.")
    ] = "24",
    language: Annotated[
        str, typer.Option("--language", metavar="NAME", help="Language of the words.")
    ] = "english",
    passphrase_stdin: PassphraseStdin = False,
    password_stdin: PasswordStdin = False,
    words_to_stdout: Annotated[
        bool,
        typer.Option("--words-to-stdout", help="Print the words even where stdout is no terminal."),
    ] = False,
) -> None:
    """Draws a seed, shows its words once, and keeps it encrypted."""
    if words not in map(str, bip39.COUNTS):
        raise InputError("--words is 12, 15, 18, 21 or 24: how many to draw.")
    if language not in bip39.LANGUAGES:
        raise InputError(f"--language is one of {', '.join(bip39.LANGUAGES)}.")
    is_shown = sys.stdout.isatty()
    if not is_shown and not words_to_stdout:
        raise InputError(
            "The words are shown on a terminal only; --words-to-stdout prints them elsewhere."
        )
    keystores.check_free(keystore)
    phrase = bip39.words_of(secrets.token_bytes(int(words) * 4 // 3), language)
    passphrase = read_secret("BIP-39 passphrase", twice=True) if passphrase_stdin else ""
    password = read_password(password_stdin, twice=True)
    keystores.keep_seed(keystore, bip39.checked_seed_of(phrase, passphrase), password)
    if is_shown:
        screen.words(phrase.split())
    else:
        print(phrase)
    print(f"The seed is in {keystore}. Write the words down: they are shown once.", file=sys.stderr)


@keys_app.command("derive", cls=Discreet)
def derive(
    path: KeyPath,
    words_stdin: WordsStdin = False,
    passphrase_stdin: PassphraseStdin = False,
    keystore: Keystore = None,
    password_stdin: PasswordStdin = False,
    export: Annotated[
        Path | None,
        typer.Option(
            "--export", metavar="FILE", help="Also keep this one key, encrypted, in a new file."
        ),
    ] = None,
    export_password_stdin: Annotated[
        bool,
        typer.Option(
            "--export-password-stdin", help="Read the new file's password: the next line."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Shows the address of a key; hands the key out encrypted, if its branch is sealed."""
    steps = steps_from(path)
    if export is not None:
        if not steps or steps[-1] < HARDENED:
            raise InputError(
                "A single key of a supervised branch is not handed out: with the branch's xpub it "
                "would reveal the whole branch."
            )
        keystores.check_free(export)
    node = _root(words_stdin, passphrase_stdin, keystore, password_stdin).descend(steps)
    found = {"path": path_of(steps), "address": node.address}
    if export is not None:
        password = read_password(export_password_stdin, twice=True, what="Password of the new file")
        keystores.keep_key(export, node, password)
        found["keystore"] = str(export)
    show(found, as_json, lambda: screen.fields(found))


@keys_app.command("xpub", cls=Discreet)
def xpub(
    path: KeyPath,
    words_stdin: WordsStdin = False,
    passphrase_stdin: PassphraseStdin = False,
    keystore: Keystore = None,
    password_stdin: PasswordStdin = False,
    as_json: AsJson = False,
) -> None:
    """Shows the xpub of a branch: whoever has it sees its addresses and can spend nothing."""
    steps = steps_from(path)
    node = _root(words_stdin, passphrase_stdin, keystore, password_stdin).descend(steps)
    found = {"path": path_of(steps), "xpub": node.public.xpub()}
    show(found, as_json, lambda: screen.fields(found))


@keys_app.command("addresses", cls=Discreet)
def addresses(
    xpub: Annotated[str, typer.Argument(metavar="XPUB", help="The branch's xpub.")],
    path: Annotated[
        str, typer.Option("--path", metavar="PATH", help="Path below the xpub, such as 2 or 0/1.")
    ] = "",
    count: Annotated[int, typer.Option("--count", metavar="N", help="How many.")] = 20,
    first: Annotated[int, typer.Option("--first", metavar="N", help="The first index.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Lists the addresses below an xpub, without any secret."""
    if count < 1 or not 0 <= first <= HARDENED - count:
        raise InputError("--first and --count name indices between 0 and 2^31 - 1, at least one.")
    try:
        node = PublicNode.from_xpub(xpub)
    except ValueError as failure:
        raise InputError(f"The extended key cannot be used: {failure}.") from None
    try:
        found = list(node.descend(parts_from(path)).addresses(first, count))
    except ValueError as failure:
        raise InputError(f"The path cannot be derived: {failure}.") from None
    show(found, as_json, lambda: print("\n".join(found)))


@keys_app.command("tree", cls=Discreet)
def tree(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="TREE.yaml", help="The organisation.")],
    words_stdin: WordsStdin = False,
    passphrase_stdin: PassphraseStdin = False,
    keystore: Keystore = None,
    password_stdin: PasswordStdin = False,
    state: Annotated[
        bool, typer.Option("--state", help="Also show what the chain says of each key.")
    ] = False,
    out: Out = None,
    rpc: Rpc = None,
    as_json: AsJson = False,
) -> None:
    """Draws an organisation: its branches, and every key's name, path and address."""
    organisation = load_organisation(file)
    root = _root(words_stdin, passphrase_stdin, keystore, password_stdin)
    found = organisations.derive(root, organisation)
    standings = _standings(context, out, rpc, found) if state else {}
    branches = [
        {
            "name": each.name,
            "branch": "sealed" if each.branch.is_sealed else "supervised",
            "path": each.path,
            "keys": [_tree_key(key, standings.get(key.address)) for key in each.keys],
        }
        for each in found
    ]
    value = {"organisation": organisation.name, "branches": branches}
    show(value, as_json, lambda: screen.tree(organisation.name, found, standings))


def _standings(
    context: typer.Context, out: Path | None, rpc: str | None, branches: Sequence[TreeBranch]
) -> dict[str, Standing]:
    addresses = [key.address for branch in branches for key in branch.keys]
    with office.reading(workspace_of(context, out), rpc_of(context, rpc)) as open_office:
        return dict(zip(addresses, Authority(open_office).of_all(addresses), strict=True))


def _tree_key(key: TreeKey, standing: Standing | None) -> dict[str, Any]:
    return asdict(key) | ({"state": standing_json(standing)} if standing else {})


def _root(
    words_stdin: bool, passphrase_stdin: bool, keystore: Path | None, password_stdin: bool
) -> Node:
    if words_stdin == (keystore is not None):
        raise InputError("Give either --words-stdin or --keystore FILE: where the seed comes from.")
    if keystore is not None:
        if passphrase_stdin:
            raise InputError("A keystore's seed has its passphrase in it: leave it out.")
        if not keystore.is_file():
            raise InputError(f"There is no keystore {keystore}; `entrepot keys new` makes one.")
        return root_of_seed(keystores.open_seed(keystore, read_password(password_stdin)))
    if password_stdin:
        raise InputError("--password-stdin belongs to --keystore.")
    phrase = read_secret("Words")
    passphrase = read_secret("BIP-39 passphrase") if passphrase_stdin else ""
    try:
        return root_of_seed(bip39.checked_seed_of(phrase, passphrase))
    except ValueError as failure:
        raise InputError(f"The words cannot be used: {failure}.") from None
