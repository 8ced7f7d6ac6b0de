"""Sends single transactions to any node and waits for them."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from entrepot.core.signing import Fees, Key, sign_transaction
from entrepot.errors import NodeError, RpcError, TransactionReverted
from entrepot.network.contracts import Abi, Call, describe_error
from entrepot.network.node import Node

_WAIT_SECONDS = 300
_MARGIN = 1.2


@dataclass(frozen=True, slots=True)
class Receipt:
    """A transaction that was mined and did not fail."""

    transaction: str
    block: int
    gas_used: int


class Sender:
    """Sends calls from a key's account, one after the other.

    `abis`: for naming custom errors.
    """

    def __init__(self, node: Node, key: Key, abis: Iterable[Abi]) -> None:
        self._node = node
        self._key = key
        self._abis = list(abis)
        self._chain_id = node.chain_id()

    def send(self, call: Call) -> Receipt:
        """Sends a call and waits until it is mined.

        `TransactionReverted` where it fails, before it costs anything if that can be seen;
        `NodeError` where it is not mined in time.
        """
        gas = self.estimate(call) + call.spare_gas
        raw, digest = sign_transaction(
            self._key,
            chain_id=self._chain_id,
            nonce=self._node.nonce(self._key.address),
            fees=self._fees(),
            gas=gas,
            to=call.to,
            data=call.data,
            value_wei=call.value_wei,
        )
        self._node.call("eth_sendRawTransaction", "0x" + raw.hex())
        return self._wait("0x" + digest.hex(), call)

    def estimate(self, call: Call) -> int:
        """Gas to offer for a call; `TransactionReverted` where it would fail now."""
        asked = call.asked(self._key.address)
        try:
            return int(self._node.quantity("eth_estimateGas", asked) * _MARGIN)
        except RpcError as failure:
            if not isinstance(failure.data, str):
                raise
            reason = describe_error(bytes.fromhex(failure.data[2:]), self._abis)
            raise TransactionReverted(f"The contract refuses {call.function}: {reason}.") from None

    def _fees(self) -> Fees:
        latest = self._node.call("eth_getBlockByNumber", "latest", False)
        tip = self._node.quantity("eth_maxPriorityFeePerGas")
        return Fees(2 * int(latest["baseFeePerGas"], 16) + tip, tip)

    def _wait(self, transaction: str, call: Call) -> Receipt:
        deadline = time.monotonic() + _WAIT_SECONDS
        pause = 0.02
        while (receipt := self._node.call("eth_getTransactionReceipt", transaction)) is None:
            if time.monotonic() > deadline:
                raise NodeError(
                    f"Transaction {transaction} ({call.function}) was not mined in "
                    f"{_WAIT_SECONDS} s; it may still be. Look before you send it again."
                )
            time.sleep(pause)
            pause = min(2 * pause, 2.0)
        block = int(receipt["blockNumber"], 16)
        if receipt["status"] != "0x1":
            raise TransactionReverted(
                f"Transaction {transaction} ({call.function}) failed in block {block}."
            )
        return Receipt(transaction, block, int(receipt["gasUsed"], 16))
