"""The door to a node, with a fake node that answers over HTTP."""

import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from entrepot.errors import NoCode, NodeUnreachable, RpcError, UnsupportedEvm, WrongChain
from entrepot.network import node as module
from entrepot.network.node import BATCH, LOG_SPAN, DevNode, Node, Request
from tests.package.conftest import Answer

Serve = Callable[[Answer], str]
Methods = Callable[[dict[str, Any]], str]
ONE = "0x" + "0" * 63 + "1"
ADDRESS = "0x" + "11" * 20


def test_call_sends_json_rpc_and_gives_the_result(serve: Serve) -> None:
    bodies: list[Any] = []

    def answer(body: Any) -> Any:
        bodies.append(body)
        return {"jsonrpc": "2.0", "id": body["id"], "result": {"a": [1]}}

    assert Node(serve(answer)).call("a_method", 1, "x") == {"a": [1]}
    (body,) = bodies
    assert body == {"jsonrpc": "2.0", "id": body["id"], "method": "a_method", "params": [1, "x"]}


def test_call_gives_null_results(serve_methods: Methods) -> None:
    assert Node(serve_methods({"m": None})).call("m") is None


def test_error_answers_become_rpc_errors(serve_methods: Methods) -> None:
    error = {"code": 3, "message": "execution reverted", "data": "0x1234"}
    node = Node(serve_methods({"m": {"error": error}}))
    with pytest.raises(RpcError, match=r"^The node refused m: execution reverted$") as caught:
        node.call("m")
    assert (caught.value.code, caught.value.data) == (3, "0x1234")
    with pytest.raises(RpcError):
        node.batch([Request("m")])


@pytest.mark.parametrize("error", ["busy", 7, ["x"], {"code": None}, {"code": "x"}, {}])
def test_errors_of_any_shape_become_rpc_errors(serve: Serve, error: Any) -> None:
    node = Node(serve(lambda body: {"id": body["id"], "error": error}))
    with pytest.raises(RpcError, match=r"^The node refused m: "):
        node.call("m")


def test_nobody_there() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(NodeUnreachable, match=f"^No node answers at {url}; start it or"):
        Node(url).chain_id()


def test_node_that_is_too_slow(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr(module, "_GREETING_SECONDS", 0.04)
    node = Node(serve(lambda _: time.sleep(0.3)))
    with pytest.raises(NodeUnreachable, match=r"did not answer in 0\.04 s\.$"):
        node.chain_id()
    with pytest.raises(NodeUnreachable, match=r"did not answer in 0\.05 s\.$"):
        node.call("m")


@pytest.mark.parametrize("raw", [b"", b"<html>", b"[]", b"1", b'"x"', b"null", b"{}", b"\xff\xfe"])
def test_answers_that_are_not_json_rpc(serve: Serve, raw: bytes) -> None:
    node = Node(serve(lambda _: raw))
    with pytest.raises(NodeUnreachable):
        node.call("m")
    with pytest.raises(NodeUnreachable):
        node.batch([Request("m")])


@pytest.mark.parametrize("url", ["nowhere", "ftp://localhost", "http://", "http://[::1"])
def test_address_that_is_none(url: str) -> None:
    with pytest.raises(NodeUnreachable):
        Node(url).call("m")


def test_batch_keeps_the_order_of_the_requests(serve_methods: Methods) -> None:
    node = Node(serve_methods({"double": lambda number: 2 * number}))
    numbers = range(2 * BATCH + 1)
    requests = [Request("double", (number,)) for number in numbers]
    assert node.batch(requests) == [2 * number for number in numbers]
    assert node.batch([]) == []


def test_batch_raises_the_first_error(serve_methods: Methods) -> None:
    node = Node(serve_methods({"good": 1}))
    with pytest.raises(RpcError, match="refused bad: method not found"):
        node.batch([Request("good"), Request("bad"), Request("worse")])
    answers = node.batch_raw([Request("good"), Request("bad")])
    assert answers[0]["result"] == 1
    assert answers[1]["error"]["code"] == -32601


@pytest.mark.parametrize(
    "reply",
    [
        [{"id": 0, "result": 1}],
        [{"id": 0, "result": 1}, {"id": 0, "result": 1}],
        [{"id": 0, "result": 1}, {"id": 2, "result": 1}],
        [{"id": 0, "result": 1}, {"id": None, "result": 1}],
        [{"id": 0, "result": 1}, {"result": 1}],
        [{"id": 0, "result": 1}, 1],
        {"id": 0, "result": 1},
        {"id": None, "error": {"code": -32600, "message": "no batches"}},
    ],
)
def test_node_without_batches(serve: Serve, reply: Any) -> None:
    node = Node(serve(lambda _: reply))
    with pytest.raises(NodeUnreachable, match="does not answer JSON-RPC batches"):
        node.batch([Request("a"), Request("b")])


def test_quantities(serve_methods: Methods) -> None:
    node = Node(
        serve_methods(
            {
                "eth_chainId": "0x7a69",
                "eth_blockNumber": "0x10",
                "eth_getBlockByNumber": lambda number, _: {"timestamp": {"latest": "0xff"}[number]},
                "eth_getBalance": lambda address, block: hex(10**30),
                "eth_getTransactionCount": lambda address, block: {"pending": "0x2"}[block],
            }
        )
    )
    assert node.chain_id() == 31337
    assert node.block_number() == 16
    assert node.time() == 255
    assert node.balance_wei(ADDRESS) == 10**30
    assert node.nonce(ADDRESS) == 2


@pytest.mark.parametrize("junk", [None, 5, "x", {}, [], ""])
def test_quantities_that_are_none(serve_methods: Methods, junk: Any) -> None:
    url = serve_methods({"eth_chainId": junk, "eth_getCode": junk, "eth_getBlockByNumber": junk})
    with pytest.raises(NodeUnreachable, match="eth_chainId"):
        Node(url).chain_id()
    with pytest.raises(NodeUnreachable, match="eth_getBlockByNumber"):
        Node(url).time()
    with pytest.raises(NodeUnreachable, match="eth_getCode"):
        Node(url).require_code(ADDRESS)


def test_wrong_chain(serve_methods: Methods) -> None:
    node = Node(serve_methods({"eth_chainId": "0x1"}))
    node.require_chain(1)
    with pytest.raises(WrongChain, match="runs chain 1, not 31337"):
        node.require_chain(31337)


def test_cancun_is_accepted(serve_methods: Methods) -> None:
    Node(serve_methods({"eth_call": ONE})).require_cancun()


@pytest.mark.parametrize(
    "answer", ["0x", "0x" + "0" * 64, {"error": {"code": -32000, "message": "invalid opcode"}}]
)
def test_evm_before_cancun(serve_methods: Methods, answer: Any) -> None:
    node = Node(serve_methods({"eth_call": answer}))
    with pytest.raises(UnsupportedEvm, match="older than Cancun"):
        node.require_cancun()


def test_code_at_an_address(serve_methods: Methods) -> None:
    assert Node(serve_methods({"eth_getCode": "0x6001"})).require_code(ADDRESS) == b"\x60\x01"
    url = serve_methods({"eth_getCode": "0x"})
    with pytest.raises(NoCode, match=f"^There is no contract at {ADDRESS} on {url}"):
        Node(url).require_code(ADDRESS)


def test_logs_are_read_span_by_span(serve_methods: Methods) -> None:
    asked: list[tuple[int, int]] = []

    def get_logs(query: dict[str, Any]) -> list[dict[str, str]]:
        assert query["address"] == [ADDRESS]
        asked.append((int(query["fromBlock"], 16), int(query["toBlock"], 16)))
        return [{"blockNumber": query["fromBlock"]}]

    node = Node(serve_methods({"eth_getLogs": get_logs}))
    logs = node.logs([ADDRESS], 5, 5 + 2 * LOG_SPAN)
    assert asked == [
        (5, 4 + LOG_SPAN),
        (5 + LOG_SPAN, 4 + 2 * LOG_SPAN),
        (5 + 2 * LOG_SPAN, 5 + 2 * LOG_SPAN),
    ]
    assert [int(log["blockNumber"], 16) for log in logs] == [first for first, _ in asked]
    assert node.logs([ADDRESS], 6, 5) == []


def test_devnet_mines_at_a_time(serve_methods: Methods) -> None:
    calls: list[Any] = []
    node = DevNode(
        serve_methods(
            {
                "evm_setNextBlockTimestamp": lambda at: calls.append(at),
                "evm_mine": lambda: calls.append("mine"),
                "anvil_setBalance": lambda *args: calls.append(args and list(args)),
            }
        )
    )
    node.mine(1_400_000_000)
    node.mine()
    node.set_balance(ADDRESS, 255)
    assert calls == [1_400_000_000, "mine", "mine", [ADDRESS, "0xff"]]
