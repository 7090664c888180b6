"""The open loop sends on time whatever the server does, and notes what became of each request."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Iterator

import pytest

from benchmarks.load.openloop import Load, Plan


class Server(socketserver.ThreadingTCPServer):
    """Answers 200, but 503 to priority 0; counts the requests it holds."""

    allow_reuse_address = daemon_threads = True
    seconds = 0.0
    held = most = 0
    lock = threading.Lock()


class Answers(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        while head := self.rfile.readline():
            lines = [head]
            while (line := self.rfile.readline()).strip():
                lines.append(line)
            self.rfile.read(1)
            with self.server.lock:
                self.server.held += 1
                self.server.most = max(self.server.most, self.server.held)
            time.sleep(self.server.seconds)
            with self.server.lock:
                self.server.held -= 1
            status = b"503 no" if b"x-priority: 0\r\n" in lines else b"200 OK"
            self.wfile.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\n\r\nok")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Answers) as made:
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        yield made
        made.shutdown()


def test_an_open_loop_sends_at_its_rate_though_answers_take_longer(server: Server) -> None:
    server.seconds = 0.2
    shots = Load(Plan(server.server_address[1], "/x", 0.5, 100.0, 64)).run()
    assert len(shots) == 50
    assert [round(shot.due - shots[0].due, 6) for shot in shots[:3]] == [0.0, 0.01, 0.02]
    assert {shot.status for shot in shots} == {200}
    assert all(shot.done - shot.sent >= 0.19 for shot in shots)
    assert server.most > 5


def test_a_closed_loop_has_as_many_under_way_as_it_has_connections(server: Server) -> None:
    server.seconds = 0.05
    shots = Load(Plan(server.server_address[1], "/x", 0.3, at_once=3)).run()
    assert server.most == 3
    assert 3 <= len(shots) <= 21


def test_priorities_are_sent_in_turn_and_refusals_noted(server: Server) -> None:
    shots = Load(Plan(server.server_address[1], "/x", 0.2, 100.0, 8, (9, 0, None))).run()
    assert [(shot.priority, shot.status) for shot in shots[:3]] == [(9, 200), (0, 503), (None, 200)]
