"""Every command starts without what only some need."""

import subprocess
import sys

HEAVY = ("sklearn", "scipy", "networkx", "ecies", "reportlab", "searoute", "pycountry")


def test_the_command_starts_without_heavy_libraries() -> None:
    code = (
        "import sys, entrepot.cli.commands;"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
