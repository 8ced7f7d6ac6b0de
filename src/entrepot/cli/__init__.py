"""The `entrepot` command."""

import signal
import sys
from collections.abc import Sequence

from entrepot.cli.commands import app
from entrepot.errors import EntrepotError


def main() -> None:
    """The console script. Being asked to end counts as an interruption, so that devnets stop."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(run())


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs a command line, the process's own by default.

    0 on success, 1 on a finding or failure, 2 on wrong usage; a failure is one sentence on stderr.
    """
    try:
        app(arguments)
    except EntrepotError as failure:
        print(f"entrepot: {failure}", file=sys.stderr)
        return failure.exit_code
    except SystemExit as end:
        return int(end.code or 0)
    return 0
