"""How commands take secrets and the places of keys: from stdin or a prompt, never as arguments."""

import getpass
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from entrepot.core.keys import steps_of
from entrepot.core.organisation import steps_of_place
from entrepot.errors import InputError

_UsageError: Any = typer.BadParameter.__base__


class Discreet(TyperCommand):
    """A command whose usage errors do not repeat what was typed: it might have been a secret."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except _UsageError as failure:
            if type(failure).__name__ == "MissingParameter":
                raise
            raise _UsageError(
                "Wrong arguments. Words and passwords are read from stdin, never from here.", ctx
            ) from None


PasswordStdin = Annotated[
    bool,
    typer.Option("--password-stdin", help="Read the keystore's password: the next line."),
]
PATH_HELP = (
    "A path from the root, m/44'/60'/…, or a name, organisation/unit/function:level/index; "
    "' behind the function: sealed."
)
KeyPath = Annotated[str, typer.Option("--path", metavar="PATH", help=PATH_HELP)]


def steps_from(path: str) -> tuple[int, ...]:
    """Indices of a path from the root or of a name; `InputError` where it is neither."""
    try:
        return steps_of_place(path)
    except ValueError as failure:
        raise InputError(f"--path cannot be used: {failure}.") from None


def parts_from(path: str) -> tuple[int, ...]:
    """Indices of a relative path, which may be empty; `InputError` where it is none."""
    try:
        return steps_of(path) if path else ()
    except ValueError as failure:
        raise InputError(f"--path cannot be used: {failure}.") from None


def read_password(from_stdin: bool, *, twice: bool = False, what: str = "Password") -> str:
    """A password; `InputError` where stdin is no terminal and was not said to have it."""
    if not from_stdin and not _is_terminal():
        raise InputError("A password is asked for on a terminal; elsewhere, say that stdin has it.")
    return read_secret(what, twice=twice)


def read_secret(what: str, *, twice: bool = False) -> str:
    """The next line of stdin, or what is typed without an echo where that is a terminal."""
    if sys.stdin is None:
        raise InputError(f"{what}: stdin is closed.")
    if not _is_terminal():
        try:
            line = sys.stdin.readline()
            line.encode()  # a locale without UTF-8 lets other bytes through as half characters
        except UnicodeError:
            raise InputError(f"{what}: stdin is not UTF-8 text.") from None
        if not line:
            raise InputError(f"{what}: stdin has no line for it.")
        return line.rstrip("\r\n")
    typed = getpass.getpass(f"{what}: ")
    if twice and getpass.getpass(f"{what}, again: ") != typed:
        raise InputError(f"{what}: the two differ.")
    return typed


def _is_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()
