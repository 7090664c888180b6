"""The remote API, played on this machine: it knows a tune by its humming, and has every trouble that a remote API has.

``python demos/music-api/standin.py --port 8099 [--key SECRET] [--trouble 0.3]``

    POST /v1/recognise?mode=humming&limit=3      a WAV file; with Idempotency-Key, an answer is worked out once
    200 {"songs": [{"title", "composer", "score"}, ...]}      422, 401, 429, 500, 503 {"error": "a sentence"}
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from melody import NoMusic, recognised

MOST = 4 << 20  # bytes of a recording


@dataclass(frozen=True)
class Trouble:
    """What goes wrong with one request.

    Attributes:
        status: Answered instead of the songs; 0: the songs.
        headers: Beside it, such as Retry-After.
        before: Seconds before anything is done.
        drop: Close the connection after so many bytes of the answer; None: do not. What was asked has been done.
        body: Sent instead of JSON.
    """

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    before: float = 0.0
    drop: int | None = None
    body: bytes | None = None


class Api:
    """The API's own side: what was asked of it, what it has worked out, and what shall go wrong next.

    Attributes:
        troubles: One for each of the next requests; without any, all goes well.
        seen: The headers of every request, names in lower case, with ``at``, its time.
        worked: How often a recording was listened to.
    """

    def __init__(self, key: str = "", trouble: float = 0.0) -> None:
        self.key = key
        self.troubles: list[Trouble] = []
        self.seen: list[dict[str, str]] = []
        self.gone = 0
        self.worked = 0
        self.url = ""
        self._share = trouble
        self._answers: dict[str, tuple[int, object]] = {}
        self._lock = threading.Lock()

    def next(self) -> Trouble:
        """What goes wrong with the request that has just come."""
        with self._lock:
            if self.troubles:
                return self.troubles.pop(0)
        if random.random() >= self._share:
            return Trouble()
        return random.choice([Trouble(500), Trouble(503), Trouble(429, {"Retry-After": "1"}), Trouble(drop=0)])

    def answer(self, key: str, data: bytes, mode: str, limit: int) -> tuple[int, object]:
        """Listen to a recording, once for each key."""
        with self._lock:
            if key and key in self._answers:
                return self._answers[key]
            self.worked += 1
            try:
                found: tuple[int, object] = 200, {"songs": recognised(data, mode, limit)}
            except NoMusic as error:
                found = 422, {"error": str(error)}
            if key:
                self._answers[key] = found
            return found


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    api: Api

    def do_POST(self) -> None:
        """One request."""
        self.api.seen.append(
            {name.lower(): value for name, value in self.headers.items()} | {"at": str(time.monotonic())}
        )
        size = int(self.headers.get("Content-Length", "0"))
        if size > MOST:
            # Read it all the same: a caller who is cut off while it sends does not see the answer.
            while size > 0 and (read := len(self.rfile.read(min(size, 1 << 16)))):
                size -= read
            self._send(413, {"error": "too long a recording"})
            return
        data, trouble = self.rfile.read(size), self.api.next()
        if trouble.before and self._left(trouble.before):
            self.api.gone += 1
            return
        if trouble.status:
            self._send(trouble.status, {"error": "something is wrong here"}, trouble)
        elif self.api.key and self.headers.get("Authorization") != f"Bearer {self.api.key}":
            self._send(401, {"error": "who are you?"})
        else:
            url = urlsplit(self.path)
            told = {name: values[-1] for name, values in parse_qs(url.query).items()}
            key = self.headers.get("Idempotency-Key", "")
            answer = self.api.answer(key, data, told.get("mode", "humming"), int(told.get("limit", "3")))
            self._send(*answer, trouble)

    def _send(self, status: int, value: object, trouble: Trouble | None = None) -> None:
        trouble = trouble or Trouble()
        body = json.dumps(value).encode() if trouble.body is None else trouble.body
        if trouble.drop is not None:
            self.close_connection = True
        if trouble.drop == 0:
            return
        self.send_response(status)
        for name, text in {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            **trouble.headers,
        }.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body[: trouble.drop])

    def _left(self, seconds: float) -> bool:
        """Sleep; True as soon as the caller has closed the connection."""
        self.connection.settimeout(seconds)
        try:
            return not self.connection.recv(1, socket.MSG_PEEK)
        except (TimeoutError, ConnectionError):
            return False
        finally:
            self.connection.settimeout(None)

    def log_message(self, format: str, *args: object) -> None:
        """The demo's output is its own."""


@contextlib.contextmanager
def serving(port: int = 0, key: str = "", trouble: float = 0.0) -> Iterator[Api]:
    """The API on loopback, until the block ends."""
    api = Api(key, trouble)
    server = ThreadingHTTPServer(("127.0.0.1", port), type("OneApisHandler", (Handler,), {"api": api}))
    server.daemon_threads = True
    api.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def main(words: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="standin.py", description="A remote API on this machine.")
    parser.add_argument("--port", type=int, default=8099)
    parser.add_argument("--key", default="", help="asked for as a bearer token")
    parser.add_argument(
        "--trouble", type=float, default=0.0, help="the share of requests that something goes wrong with"
    )
    told = parser.parse_args(words)
    with serving(told.port, told.key, told.trouble) as api, contextlib.suppress(KeyboardInterrupt):
        print(f"listening {api.url}", flush=True)
        threading.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
