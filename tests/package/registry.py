"""A label registry in memory, in place of a deployment behind a node."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from entrepot.core.keys import Wallet
from entrepot.errors import TransactionReverted
from entrepot.network.bindings import Batch
from entrepot.network.sender import Receipt
from entrepot.services.deploy import FUNCTION_KEYS, PRODUCER_ID
from entrepot.services.office import Acting, Office
from entrepot.services.signers import KeyRing

NOW = 1_800_000_000
KEY = Wallet().key(FUNCTION_KEYS + PRODUCER_ID)
SALT = b"\7" * 32


def acting(name: str | None = None) -> Acting:
    return Acting(KeyRing(lambda path: str(path)), name)


@dataclass
class Registry:
    """What commissioning asks of an `Office`. `on_send` stands between a call and its receipt."""

    producer: int = PRODUCER_ID
    batches: dict[tuple[int, bytes], Batch] = field(default_factory=dict)
    sent: int = 0
    is_devnet: bool = True
    on_send: Callable[[], None] = lambda: None
    is_late: bool = False
    """Whether what was sent is mined only when the next call comes."""
    _waiting: Callable[[], None] = lambda: None

    address = "0x" + "11" * 20
    node = SimpleNamespace(time=lambda: NOW)
    deployment = SimpleNamespace(salt="0x" + SALT.hex(), chain_id=31337)

    @property
    def office(self) -> Office:
        return cast(Office, self)

    def bind(self, _: type) -> "Registry":
        return self

    def line_of(self, _: int) -> Any:
        return SimpleNamespace(producer_id=self.producer)

    def state_of(self, gtin: int, lot: bytes) -> int:
        return int((gtin, lot) in self.batches)

    def commit_batch(self, gtin: int, lot: bytes, batch: Batch) -> Any:
        return (gtin, lot), batch

    def check(self, call: Any, key: Any) -> None:
        assert key.address == KEY.address
        self._waiting()
        if call[0] in self.batches:
            raise TransactionReverted("taken")

    def send(self, call: Any, sender: Acting) -> Receipt:
        assert sender.payer == sender.name
        self.check(call, sender.key())
        self.sent += 1

        def mine() -> None:
            self.batches[call[0]] = call[1]

        if self.is_late:
            self._waiting = mine
        else:
            mine()
        self.on_send()
        return Receipt("0x" + "22" * 32, 9, 50_000)

    def logs(self, _: Any, event: str, gtin: str, lot: str) -> Any:
        assert event == "BatchCommitted"
        batch = self.batches[int(gtin, 16), bytes.fromhex(lot[2:42])]
        args = {"batch": {"root": batch.root}}
        return [SimpleNamespace(args=args, transaction="0x" + "22" * 32, block=9)]


def names(folder: Path) -> set[str]:
    """Files of a folder, without its lock."""
    return {path.name for path in folder.iterdir() if path.name != ".lock"}
