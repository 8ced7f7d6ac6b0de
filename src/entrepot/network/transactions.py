"""The transaction pipeline: signed here, sent in batches, mined at chosen times, every receipt
checked.

Anvil runs the items of a JSON-RPC batch concurrently, so order inside a block rests on nonces: what
must happen in order goes through one sender. Blocks are mined explicitly, by a thread of their own,
so that signing goes on while the node works; receipts are read block by block, many blocks in one
request.
"""

import queue
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from entrepot.core.signing import Fees, Key, contract_address, sign_transaction
from entrepot.errors import NodeError, RpcError, TransactionReverted
from entrepot.network.contracts import Abi, describe_error
from entrepot.network.node import DevNode, Mining, Request

_WINDOW = 1_000
_AHEAD = 32
_BLOCK_GAS = 10**12


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
    """What a pipeline did so far, as the checked receipts say."""

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

    Used as a context, in which the devnet does not automine and its blocks hold whatever is sent.

    `abis`: for naming custom errors. A failure in the sending thread is raised by the next `mine`
    or `check`.
    """

    def __init__(
        self,
        node: DevNode,
        *,
        abis: Iterable[Abi] = (),
    ) -> None:
        self.node = node
        self.totals = Totals()
        self.blocks: list[Block] = []
        self._abis = list(abis)
        self._chain_id = node.chain_id()
        self._fees = _fees(node)
        self._nonces: dict[str, int] = {}
        self._open: list[Sent] = []
        self._unchecked: list[Sent] = []
        self._first_unchecked = node.block_number() + 1
        self._queue: queue.Queue[tuple[Block, list[Sent]] | None] = queue.Queue(_AHEAD)
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="pipeline", daemon=True)

    def __enter__(self) -> Self:
        self._before = self.node.mining()
        self.node.set_mining(Mining(is_automatic=False, gas_limit=_BLOCK_GAS))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None and self._failure is None:
            self._failure = failure
        self._queue.put(None)
        self._thread.join()
        if kind is None:
            self.node.set_mining(self._before)

    def submit(
        self, key: Key, to: bytes, data: bytes, gas: int, label: str, value_wei: int = 0
    ) -> None:
        """Adds a transaction to the next block."""
        raw, digest = sign_transaction(
            key,
            chain_id=self._chain_id,
            nonce=self._next_nonce(key),
            fees=self._fees,
            gas=gas,
            to=to,
            data=data,
            value_wei=value_wei,
        )
        self._open.append(Sent(digest, raw, label, to, data, key.address))

    def create(self, key: Key, code: bytes, gas: int, label: str) -> bytes:
        """Adds the creation of a contract to the next block; its address."""
        address = contract_address(key.raw_address, self._next_nonce(key, peek=True))
        self.submit(key, b"", code, gas, label)
        return address

    def mine(self, timestamp: int) -> None:
        """Has what was submitted sent and mined as one block at `timestamp`, seconds UTC."""
        self._raise()
        block = Block(timestamp, [sent.raw for sent in self._open])
        self.blocks.append(block)
        self._queue.put((block, self._open))
        self._open = []

    def check(self) -> None:
        """Waits until everything that was mined is there and its receipts are checked.

        `TransactionReverted` for the first failed one.
        """
        self._queue.join()
        self._raise()
        self._check()

    def _raise(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _work(self) -> None:
        while (item := self._queue.get()) is not None:
            try:
                if self._failure is None:
                    block, sent = item
                    send_block(self.node, block)
                    self._unchecked.extend(sent)
                    if len(self._unchecked) >= _WINDOW:
                        self._check()
            except BaseException as failure:
                self._failure = failure
            finally:
                self._queue.task_done()

    def _check(self) -> None:
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


def _fees(node: DevNode) -> Fees:
    latest = node.call("eth_getBlockByNumber", "latest", False)
    return Fees(2 * int(latest.get("baseFeePerGas", "0x0"), 16))
