"""Fixtures of the package's tests: a fake node, and Hypothesis without deadlines."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("package", max_examples=50, deadline=None, derandomize=True)
settings.load_profile("package")

Answer = Callable[[Any], Any]


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A client that has given up is part of a test."""


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], str]]:
    """Starts an HTTP server that answers JSON bodies by a function; returns its address.

    The function gives a value to send as JSON, or bytes to send as they are.
    """
    servers: list[_Server] = []

    def start(answer: Answer) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                reply = answer(body)
                raw = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: object) -> None:
                pass

        server = _Server(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def serve_methods(serve: Callable[[Answer], str]) -> Callable[[dict[str, Any]], str]:
    """Starts a fake node that knows some methods: a result each, or a function of the params.

    An `{"error": …}` is sent as the error; any other method is not found.
    """

    def reply(methods: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
        answer = {"jsonrpc": "2.0", "id": request["id"]}
        missing = {"error": {"code": -32601, "message": "method not found"}}
        result = methods.get(request["method"], missing)
        if callable(result):
            result = result(*request["params"])
        if isinstance(result, dict) and "error" in result:
            return {**answer, **result}
        return {**answer, "result": result}

    def start(methods: dict[str, Any]) -> str:
        def answer(body: Any) -> Any:
            if isinstance(body, list):
                return [reply(methods, request) for request in reversed(body)]
            return reply(methods, body)

        return serve(answer)

    return start
