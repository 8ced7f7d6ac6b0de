"""The transaction pipeline: signed, sent in batches, mined at chosen times, every receipt checked.

Anvil runs the items of a JSON-RPC batch concurrently, so order inside a block rests on nonces:
what must happen in order goes through one sender. Blocks are mined explicitly; receipts are read
block by block, many blocks in one request.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from entrepot.core.signing import Fees, Key, contract_address, sign_transaction
from entrepot.errors import NodeError, RpcError, TransactionReverted
from entrepot.network.contracts import Abi, describe_error
from entrepot.network.node import DevNode, Request

_WINDOW = 1_000


@dataclass(frozen=True, slots=True)
class Sent:
    """A transaction on its way; `label` says for people what it does."""

    hash: bytes
    raw: bytes
    label: str
    to: bytes
    data: bytes
    sender: str


@dataclass(slots=True)
class Totals:
    """What a pipeline did so far."""

    transactions: int = 0
    gas_used: int = 0
    by_label: Counter[str] = field(default_factory=Counter)
    gas_by_label: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Block:
    """A block as it was sent: its time, seconds UTC, and its raw transactions."""

    timestamp: int
    raws: list[bytes]


class Pipeline:
    """Sends transactions to a devnet that mines when told to.

    `abis`: for naming custom errors. `on_confirmed(n)` is told of every n transactions whose
    receipts were checked.
    """

    def __init__(
        self,
        node: DevNode,
        *,
        abis: Iterable[Abi] = (),
        fees: Fees | None = None,
        on_confirmed: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.node = node
        self.totals = Totals()
        self.blocks: list[Block] = []
        self._abis = list(abis)
        self._chain_id = node.chain_id()
        self._fees = fees or Fees(0)
        self._on_confirmed = on_confirmed
        self._nonces: dict[str, int] = {}
        self._open: list[Sent] = []
        self._unchecked: list[Sent] = []
        self._first_unchecked = node.block_number() + 1

    def submit(self, key: Key, to: bytes, data: bytes, gas: int, label: str) -> None:
        """Adds a transaction to the next block."""
        nonce = self._next_nonce(key)
        raw, digest = sign_transaction(
            key, chain_id=self._chain_id, nonce=nonce, fees=self._fees, gas=gas, to=to, data=data
        )
        self._open.append(Sent(digest, raw, label, to, data, key.address))

    def create(self, key: Key, code: bytes, gas: int, label: str) -> bytes:
        """Adds the creation of a contract to the next block; its address."""
        address = contract_address(key.raw_address, self._next_nonce(key, peek=True))
        self.submit(key, b"", code, gas, label)
        return address

    def mine(self, timestamp: int) -> None:
        """Sends what was submitted and mines it as one block at `timestamp`, seconds UTC."""
        block = Block(timestamp, [sent.raw for sent in self._open])
        send_block(self.node, block)
        self.blocks.append(block)
        self._unchecked.extend(self._open)
        self._open = []
        if len(self._unchecked) >= _WINDOW:
            self.check()

    def check(self) -> None:
        """Reads the receipts of everything mined since the last check.

        `TransactionReverted` for the first failed one.
        """
        last = self.node.block_number()
        numbers = range(self._first_unchecked, last + 1)
        requests = [Request("eth_getBlockReceipts", (hex(number),)) for number in numbers]
        receipts = {
            receipt["transactionHash"]: receipt
            for block in self.node.batch(requests)
            for receipt in block
        }
        for sent in self._unchecked:
            receipt = receipts.get("0x" + sent.hash.hex())
            if receipt is None:
                raise NodeError(f"The node lost a transaction ({sent.label}); start again.")
            if receipt["status"] != "0x1":
                raise TransactionReverted(self._explain(sent, receipt["blockNumber"]))
            gas = int(receipt["gasUsed"], 16)
            self.totals.transactions += 1
            self.totals.gas_used += gas
            self.totals.by_label[sent.label] += 1
            self.totals.gas_by_label[sent.label] += gas
        self._on_confirmed(len(self._unchecked))
        self._unchecked = []
        self._first_unchecked = last + 1

    def _next_nonce(self, key: Key, *, peek: bool = False) -> int:
        nonce = self._nonces.get(key.address)
        if nonce is None:
            nonce = self.node.nonce(key.address)
        self._nonces[key.address] = nonce if peek else nonce + 1
        return nonce

    def _explain(self, sent: Sent, block: str) -> str:
        call = {"from": sent.sender, "data": "0x" + sent.data.hex()}
        if sent.to:
            call["to"] = "0x" + sent.to.hex()
        try:
            self.node.call("eth_call", call, block)
        except RpcError as failure:
            data = failure.data if isinstance(failure.data, str) else "0x"
            reason = describe_error(bytes.fromhex(data[2:]), self._abis)
        else:
            reason = "it ran out of gas, or the state has moved on since"
        number = int(block, 16)
        return f"Transaction 0x{sent.hash.hex()} ({sent.label}) failed in block {number}: {reason}."


def send_block(node: DevNode, block: Block) -> None:
    """Sends raw transactions and mines them as one block."""
    node.batch([Request("eth_sendRawTransaction", ("0x" + raw.hex(),)) for raw in block.raws])
    node.call("evm_mine", {"timestamp": block.timestamp, "blocks": 1})


def send_unchecked(node: DevNode, blocks: Iterable[Block], size: int) -> int:
    """What Anvil itself can take: the same raw transactions, `size` to a block.

    Nothing is signed and no receipt read. Number of transactions sent. Outcomes may differ, because
    time stands elsewhere.
    """
    by_size: dict[int, list[bytes]] = defaultdict(list)
    for i, raw in enumerate(raw for block in blocks for raw in block.raws):
        by_size[i // size].append(raw)
    for raws in by_size.values():
        node.batch([Request("eth_sendRawTransaction", ("0x" + raw.hex(),)) for raw in raws])
        node.call("evm_mine")
    return sum(len(raws) for raws in by_size.values())
