"""The Solidity compiler: native where py-solc-x can download it, else the npm one (wasm).

`python tools/compiler.py` leaves `.solcx/solc-v<version>`, which py-solc-x, Brownie and Forge all
use, and does nothing where it is there already.
"""

import os
import sys
from pathlib import Path

VERSION = "0.8.37"
ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".solcx"
COMPILER = FOLDER / f"solc-v{VERSION}"


def install() -> Path:
    """Path of an executable compiler of `VERSION`."""
    if os.access(COMPILER, os.X_OK):
        return COMPILER
    FOLDER.mkdir(exist_ok=True)
    os.environ["SOLCX_BINARY_PATH"] = str(FOLDER)
    import requests
    import solcx
    from solcx.exceptions import DownloadError, SolcInstallationError, UnexpectedVersionError

    try:
        solcx.install_solc(VERSION, show_progress=False)
    except (
        requests.RequestException,
        DownloadError,
        SolcInstallationError,
        UnexpectedVersionError,
    ) as failure:
        COMPILER.unlink(missing_ok=True)
        COMPILER.symlink_to(os.path.relpath(ROOT / "tools" / "solc", FOLDER))
        print(
            f"solc {VERSION}: the npm compiler; no native one to be had ({type(failure).__name__})"
        )
    else:
        print(f"solc {VERSION}: the native compiler")
    return COMPILER


if __name__ == "__main__":
    install()
    sys.exit(0)
