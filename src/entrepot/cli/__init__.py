"""The `entrepot` command."""

import signal
import sys
from collections.abc import Sequence

_INTERRUPTED = 130


def main() -> None:
    """The console script. Being asked to end counts as an interruption, so that devnets stop."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.default_int_handler)
    sys.exit(run())


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs a command line, the process's own by default.

    0 on success, 1 on a finding or failure, 2 on wrong usage, 130 where it was interrupted; a
    failure is one sentence on stderr.
    """
    try:
        # Imported here, so that an interruption meanwhile ends like any other.
        from entrepot.cli.commands import app
        from entrepot.errors import EntrepotError

        try:
            app(arguments)
        except EntrepotError as failure:
            return _failed(str(failure), failure.exit_code)
        except OSError as failure:
            return _failed(f"The system refused: {failure.strerror or failure}.", 1)
        except SystemExit as end:
            if end.code == _INTERRUPTED:
                raise KeyboardInterrupt from None
            return int(end.code or 0)
    except KeyboardInterrupt:
        return _failed("Interrupted; the same command starts again.", _INTERRUPTED)
    return 0


def _failed(sentence: str, code: int) -> int:
    print(f"entrepot: {sentence}", file=sys.stderr)
    return code
