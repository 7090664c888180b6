"""The loads for other people's servers take the echo for an echo, and nothing else."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
import pytest

from benchmarks.load.foreign import JsonLoad, RpcLoad, UpstreamLoad, text_of
from benchmarks.messages import block, framed

TEXT, DATA = text_of(128), block(128)


class Answers(BaseHTTPRequestHandler):
    """Echoes under /echo, wraps under /v2, errs elsewhere."""

    def do_POST(self) -> None:
        document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        known = {"/echo": document["data"], "/v2": json.dumps({"outputs": [document]}), "/other": '"b3RoZXI="'}
        body = known.get(self.path, "no such model").encode()
        self.send_response(200 if self.path in known else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Nobody reads it."""


@pytest.fixture(scope="module")
def http() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def upstream() -> Iterator[str]:
    """What upstream's SDK does: an empty reply at once, the result on the one stream."""
    results: queue.Queue[bytes | None] = queue.Queue()

    def once(request: bytes, context: object) -> bytes:
        results.put(request)
        return b""

    def communicate(requests: object, context: object) -> Iterator[bytes]:
        while (result := results.get()) is not None:
            yield result

    server = grpc.server(futures.ThreadPoolExecutor(3))
    unary = grpc.unary_unary_rpc_method_handler
    handlers = {
        "wrapperInit": unary(lambda request, context: b""),
        "wrapperOnceExec": unary(once),
        "communicate": grpc.stream_stream_rpc_method_handler(communicate),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("aiges.WrapperService", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"grpc://127.0.0.1:{port}"
    results.put(None)
    server.stop(None).wait(10)


def test_an_echo_is_found_where_the_server_puts_it(http: str) -> None:
    document = {"data": TEXT}
    assert JsonLoad("/echo", document, None).check(http) == len(TEXT)
    assert JsonLoad("/v2", document, ("outputs", 0, "data")).check(http) > len(TEXT)


def test_other_data_is_refused(http: str) -> None:
    with pytest.raises(AssertionError, match="holds other data"):
        JsonLoad("/other", {"data": TEXT}, ()).check(http)


def test_an_error_says_what_the_server_said(http: str) -> None:
    with pytest.raises(AssertionError, match="404 for /nowhere: b'no such model'"):
        JsonLoad("/nowhere", {"data": TEXT}, ()).check(http)


def test_a_call_over_grpc_has_to_bring_the_data_back(upstream: str) -> None:
    init = "/aiges.WrapperService/wrapperInit"
    assert RpcLoad(init, b"x", b"").check(upstream) == len(framed(b""))
    with pytest.raises(AssertionError, match="holds other data"):
        RpcLoad(init, DATA, DATA).check(upstream)


def test_a_result_of_upstream_comes_on_the_stream_that_stays_open(upstream: str) -> None:
    load = UpstreamLoad(DATA, DATA)
    assert load.check(upstream) == load.check(upstream) == len(framed(b""))


def test_a_result_of_upstream_with_other_data_is_refused(upstream: str) -> None:
    with pytest.raises(AssertionError, match="holds other data"):
        UpstreamLoad(b"something else", DATA).check(upstream)
