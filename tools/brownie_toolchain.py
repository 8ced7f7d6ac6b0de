"""Makes `.venv-brownie/bin/brownie` find the project's compiler and Anvil by itself, whoever calls
it, and start an Anvil that takes a saved chain, which is larger than 2 MB.

Run by the environment's own Python: leaves a `.pth` file, whose line Python executes at every
start, and changes the networks that Brownie starts out with.
"""

import site
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Writes the file."""
    compilers, commands = str(ROOT / ".solcx"), str(ROOT / "node_modules" / ".bin")
    line = (
        "import os; "
        f"os.environ.setdefault('SOLCX_BINARY_PATH', {compilers!r}); "
        f"os.environ['PATH'] = {commands!r} + os.pathsep + os.environ.get('PATH', '')\n"
    )
    packages = Path(site.getsitepackages()[0])
    (packages / "entrepot_toolchain.pth").write_text(line, "utf-8")
    networks = packages / "brownie" / "data" / "network-config.yaml"
    text = networks.read_text("utf-8")
    command = "    cmd: anvil --no-request-size-limit\n"
    networks.write_text(text.replace("    cmd: anvil\n", command), "utf-8")


if __name__ == "__main__":
    main()
