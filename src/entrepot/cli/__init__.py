"""The `entrepot` command."""

import signal
import sys

import click

from entrepot.cli.commands import app
from entrepot.errors import EntrepotError

_INTERRUPTED = 130


def main() -> None:
    """Runs the command line: exit 0 on success, 1 on a finding or failure, 2 on wrong usage."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        code = app(standalone_mode=False)
    except EntrepotError as failure:
        _say(str(failure))
        code = failure.exit_code
    except click.ClickException as failure:
        _say(failure.format_message())
        code = 2
    except (KeyboardInterrupt, click.Abort):
        _say("Interrupted; the same command starts again.")
        code = _INTERRUPTED
    sys.exit(code or 0)


def _say(sentence: str) -> None:
    print(f"entrepot: {sentence}", file=sys.stderr)
