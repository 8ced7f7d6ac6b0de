"""The one door to a node: JSON-RPC over HTTP, alone or in batches."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from entrepot.errors import NoCode, NodeUnreachable, RpcError, UnsupportedEvm, WrongChain

BATCH = 100
LOG_SPAN = 250
_TIMEOUT_SECONDS = 300
_GREETING_SECONDS = 10
# PUSH1 1 PUSH0 TSTORE PUSH0 TLOAD PUSH0 MSTORE, PUSH1 32 PUSH0 PUSH1 32 MCOPY,
# PUSH1 32 PUSH1 32 RETURN
_CANCUN_PROBE = "0x60015f5d5f5c5f5260205f60205e60206020f3"
_ETHER = 10**18
_ONE = "0x" + "0" * 63 + "1"


@dataclass(frozen=True, slots=True)
class Request:
    """One JSON-RPC request."""

    method: str
    params: Sequence[Any] = ()


class Node:
    """A node at `url`. Every failure is a `NodeError` with one clear sentence."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Content-Type"] = "application/json"
        self._session.mount("http://", HTTPAdapter(pool_maxsize=4))

    def call(self, method: str, *params: Any) -> Any:
        """Result of one request; `RpcError` where the node answers with an error."""
        return self._ask(Request(method, params), _TIMEOUT_SECONDS)

    def batch(self, calls: Sequence[Request]) -> list[Any]:
        """Results in the order of the requests; raises the first error."""
        return [
            _result(request, answer)
            for request, answer in zip(calls, self.batch_raw(calls), strict=True)
        ]

    def batch_raw(self, calls: Sequence[Request]) -> list[dict[str, Any]]:
        """Answers, each with `result` or `error`, in the order of the requests."""
        answers: list[dict[str, Any]] = []
        for start in range(0, len(calls), BATCH):
            part = calls[start : start + BATCH]
            reply = self._post([_body(i, request) for i, request in enumerate(part)])
            replies = reply if isinstance(reply, list) else []
            by_id = {answer.get("id"): answer for answer in replies if isinstance(answer, dict)}
            if len(replies) != len(part) or by_id.keys() != set(range(len(part))):
                raise NodeUnreachable(f"{self.url} does not answer JSON-RPC batches.")
            answers.extend(by_id[i] for i in range(len(part)))
        return answers

    def quantity(self, method: str, *params: Any) -> int:
        """Result of a request that answers with a number."""
        return self._number(method, self.call(method, *params))

    def chain_id(self) -> int:
        """Id of the node's chain. The first thing asked, so a node that hangs is told soon."""
        return self._number("eth_chainId", self._ask(Request("eth_chainId"), _GREETING_SECONDS))

    def require_chain(self, expected: int) -> None:
        """`WrongChain` unless the node runs chain `expected`."""
        actual = self.chain_id()
        if actual != expected:
            raise WrongChain(
                f"{self.url} runs chain {actual}, not {expected}; give --rpc of the right node."
            )

    def require_cancun(self) -> None:
        """`UnsupportedEvm` unless the EVM has MCOPY and TSTORE. Nothing is sent."""
        try:
            answer = self.call("eth_call", {"data": _CANCUN_PROBE}, "latest")
        except RpcError:
            answer = None
        if answer != _ONE:
            raise UnsupportedEvm(
                f"{self.url} has an EVM older than Cancun (no MCOPY or TSTORE); "
                "use a node of Cancun or later, such as Anvil."
            )

    def require_code(self, address: str) -> bytes:
        """Code at an address; `NoCode` where there is none."""
        found = self._code(address)
        if not found:
            raise NoCode(f"There is no contract at {address} on {self.url}.")
        return found

    def is_contract(self, address: str) -> bool:
        """Whether an account has code, which then decides what its signatures are (ERC-1271)."""
        return bool(self._code(address))

    def _code(self, address: str) -> bytes:
        answer = self.call("eth_getCode", address, "latest")
        if not isinstance(answer, str) or not answer.startswith("0x"):
            raise NodeUnreachable(f"{self.url} answers eth_getCode with no code.")
        return bytes.fromhex(answer[2:])

    def block_number(self) -> int:
        """Number of the latest block."""
        return self.quantity("eth_blockNumber")

    def time(self) -> int:
        """Time of the latest block, seconds UTC."""
        method = "eth_getBlockByNumber"
        block = self.call(method, "latest", False)
        return self._number(method, block.get("timestamp") if isinstance(block, dict) else None)

    def balance_wei(self, address: str) -> int:
        """Balance of an account at the latest block."""
        return self.quantity("eth_getBalance", address, "latest")

    def nonce(self, address: str) -> int:
        """Next nonce of an account, pending transactions counted."""
        return self.quantity("eth_getTransactionCount", address, "pending")

    def logs(
        self, addresses: Sequence[str], first: int, last: int, topics: Sequence[str | None] = ()
    ) -> list[dict[str, Any]]:
        """Logs of the addresses in blocks `first` to `last`, in order; with these topics if any."""
        wanted = {"address": list(addresses), "topics": list(topics)}
        spans = [
            Request("eth_getLogs", ({**wanted, "fromBlock": hex(a), "toBlock": hex(b)},))
            for a in range(first, last + 1, LOG_SPAN)
            for b in (min(a + LOG_SPAN - 1, last),)
        ]
        return [log for span in spans for log in self.call(span.method, *span.params)]

    def _number(self, method: str, answer: Any) -> int:
        try:
            return int(answer, 16)
        except (TypeError, ValueError):
            raise NodeUnreachable(f"{self.url} answers {method} with no number.") from None

    def _ask(self, request: Request, seconds: int) -> Any:
        answer = self._post(_body(0, request), seconds)
        if not isinstance(answer, dict):
            raise NodeUnreachable(f"{self.url} does not answer with JSON-RPC.")
        return _result(request, answer)

    def _post(self, body: Any, seconds: int = _TIMEOUT_SECONDS) -> Any:
        try:
            response = self._session.post(self.url, data=json.dumps(body), timeout=seconds)
            return response.json()
        except requests.ConnectionError as failure:
            raise NodeUnreachable(
                f"No node answers at {self.url}; start it or give --rpc of one that runs."
            ) from failure
        except requests.Timeout as failure:
            raise NodeUnreachable(f"{self.url} did not answer in {seconds} s.") from failure
        except (requests.RequestException, ValueError) as failure:
            raise NodeUnreachable(f"{self.url} does not answer with JSON-RPC.") from failure


@dataclass(frozen=True, slots=True)
class Mining:
    """How a devnet mines: a block for each transaction or when told to, and the gas of a block."""

    is_automatic: bool
    gas_limit: int


class DevNode(Node):
    """A node of ours that also takes Anvil's commands."""

    def mine(self, timestamp: int | None = None) -> None:
        """Mines one block, at `timestamp` (seconds UTC) if given."""
        if timestamp is not None:
            self.call("evm_setNextBlockTimestamp", timestamp)
        self.call("evm_mine")

    def mining(self) -> Mining:
        """How it mines now."""
        latest = self.call("eth_getBlockByNumber", "latest", False)
        return Mining(bool(self.call("anvil_getAutomine")), int(latest["gasLimit"], 16))

    def set_mining(self, mining: Mining) -> None:
        """Changes how it mines."""
        self.call("evm_setBlockGasLimit", hex(mining.gas_limit))
        self.call("evm_setAutomine", mining.is_automatic)

    def dump_state(self) -> bytes:
        """The whole chain, logs and blocks included, packed as Anvil packs it."""
        return bytes.fromhex(self.call("anvil_dumpState")[2:])

    def load_state(self, state: bytes) -> None:
        """Takes over a chain that `dump_state` gave; `RpcError` where it is none."""
        self.call("anvil_loadState", "0x" + state.hex())

    def set_clock(self, timestamp: int) -> None:
        """Sets the time from which the next block may be mined, seconds UTC; also back."""
        self.call("anvil_setTime", timestamp)

    def set_balance(self, address: str, wei: int) -> None:
        """Gives an account ether."""
        self.call("anvil_setBalance", address, hex(wei))

    def top_up(self, address: str, wei: int = 0) -> None:
        """Gives an account ether to act with, and `wei` beyond that, where it lacks them."""
        if self.balance_wei(address) < _ETHER + wei:
            self.set_balance(address, 10 * _ETHER + wei)


def _body(number: int, request: Request) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": request.method, "params": request.params}


def _result(request: Request, answer: dict[str, Any]) -> Any:
    error = answer.get("error")
    if error is not None:
        parts = error if isinstance(error, dict) else {"message": error}
        code = parts.get("code")
        raise RpcError(
            request.method,
            code if isinstance(code, int) else 0,
            str(parts.get("message", parts)),
            parts.get("data"),
        )
    if "result" not in answer:
        raise NodeUnreachable(f"The node's answer to {request.method} has no result.")
    return answer["result"]
