"""Keys as people name them: in keystores, or among the public ones of a devnet.

| spelt | stands for |
|---|---|
| `FILE` | the one key in a keystore |
| `FILE#PLACE` | a key of the seed in a keystore, by a path `m/…` or a name |
| `devnet:N` | public devnet key number N: everybody has it |
"""

import re
from collections.abc import Callable
from pathlib import Path

from entrepot.core.keys import Node, Wallet, root_of_seed
from entrepot.core.organisation import steps_of_place
from entrepot.core.signing import Key
from entrepot.errors import InputError
from entrepot.services import keystores

_SECRET = re.compile(r"(?:0x)?[0-9a-fA-F]{64}|xprv\w+|\S+(?:\s+\S+){11,}\s*")
_DEVNET = re.compile(r"devnet:(0|[1-9]\d{0,8})")


class KeyRing:
    """Opens keys by their names, each keystore once.

    `ask`: gives the password of a file.
    """

    def __init__(self, ask: Callable[[Path], str]) -> None:
        self._ask = ask
        self._wallet = Wallet()
        self._seeds: dict[Path, Node] = {}
        self._keys: dict[Path, Key] = {}

    def key(self, name: str) -> Key:
        """The key of a name; `InputError` for none, `KeystoreError` for a wrong password."""
        devnet = _DEVNET.fullmatch(name)
        if devnet is not None:
            return self._wallet.key(int(devnet[1]))
        file, mark, place = name.partition("#")
        path = Path(file)
        if not path.is_file():
            # Somebody may have given the secret itself.
            shown = "such keystore" if _SECRET.fullmatch(file) else f"keystore {file}"
            raise InputError(
                f"There is no {shown}: a key is FILE, FILE#PLACE or, on a devnet, devnet:N."
            )
        if mark:
            try:
                steps = steps_of_place(place)
            except ValueError as failure:
                raise InputError(f"The place in {file} cannot be used: {failure}.") from None
            return self._seed(path).descend(steps).key()
        if path not in self._keys:
            self._keys[path] = keystores.open_key(path, self._ask(path))
        return self._keys[path]

    def _seed(self, path: Path) -> Node:
        if path not in self._seeds:
            self._seeds[path] = root_of_seed(keystores.open_seed(path, self._ask(path)))
        return self._seeds[path]


def is_public(name: str) -> bool:
    """Whether a key is one that everybody has."""
    return name.startswith("devnet:")
