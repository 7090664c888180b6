"""Open and closed loops over HTTP from one thread without a framework: what it measures is the server, not itself.

``python -m benchmarks.load.openloop`` reads one JSON object from stdin (the fields of Plan) and prints one line of JSON
for each request: when it was due, sent and answered, its priority, and the status (0: no answer came).
"""

from __future__ import annotations

import gc
import json
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Iterator

from attrs import asdict, define, field, frozen

__all__ = ["Load", "Plan", "Shot"]

PATIENCE = 5.0
"""Seconds after the last request in which answers still count."""


@frozen
class Plan:
    """What is sent.

    Attributes:
        rate: Requests a second, whatever becomes of them; 0.0 for a closed loop.
        at_once: Connections, and in a closed loop the requests under way.
        priorities: Taken in turn; None sends no header.
    """

    port: int
    path: str
    seconds: float
    rate: float = 0.0
    at_once: int = 1
    priorities: tuple[int | None, ...] = (None,)


@define
class Shot:
    """One request. Times are ``time.monotonic()``, which every process of a machine shares."""

    due: float
    sent: float
    priority: int | None
    done: float = 0.0
    status: int = 0


@define
class _Line:
    """One connection, and what it waits for."""

    socket: socket.socket
    shot: Shot | None = None
    received: bytes = b""


@define
class Load:
    """One run of a plan."""

    plan: Plan
    shots: list[Shot] = field(factory=list)
    _free: deque[_Line] = field(factory=deque)
    _lines: dict[int, _Line] = field(factory=dict)
    _poll: select.epoll = field(factory=select.epoll)

    def run(self) -> list[Shot]:
        """Send all there is to send, and wait for the answers."""
        plan = self.plan
        for _ in range(plan.at_once):
            self._connect()
        heads = {priority: _head(plan, priority) for priority in plan.priorities}
        began = time.monotonic()
        for number, due in enumerate(self._dues(began)):
            while (now := time.monotonic()) < due or not self._free:
                if now > began + plan.seconds + PATIENCE:
                    return self.shots
                self._turn(max(0.0, due - now) if self._free or now < due else 0.05)
            priority = plan.priorities[number % len(plan.priorities)]
            self._send(heads[priority], Shot(due, 0.0, priority))
            self._turn(0.0)
        until = time.monotonic() + PATIENCE
        while len(self._free) < len(self._lines) and time.monotonic() < until:
            self._turn(0.05)
        return self.shots

    def _dues(self, began: float) -> Iterator[float]:
        plan = self.plan
        if plan.rate:
            yield from (began + number / plan.rate for number in range(int(plan.seconds * plan.rate)))
        else:
            while time.monotonic() < began + plan.seconds:
                yield 0.0

    def _connect(self) -> None:
        made = socket.create_connection(("127.0.0.1", self.plan.port), PATIENCE)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.setblocking(False)
        line = self._lines[made.fileno()] = _Line(made)
        self._poll.register(made.fileno(), select.EPOLLIN)
        self._free.append(line)

    def _send(self, head: bytes, shot: Shot) -> None:
        line = self._free.popleft()
        line.shot = shot
        self.shots.append(shot)
        shot.sent = time.monotonic()
        line.socket.send(head)  # far smaller than any socket's buffer

    def _turn(self, wait: float) -> None:
        for fd, _ in self._poll.poll(wait):
            self._receive(self._lines[fd])

    def _receive(self, line: _Line) -> None:
        try:
            data = line.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            # A server that refuses a connection closes it: the next request goes over a fresh one.
            self._poll.unregister(line.socket.fileno())
            del self._lines[line.socket.fileno()]
            line.socket.close()
            self._connect()
            return
        line.received += data
        status = _status(line.received)
        if status and line.shot is not None:
            line.shot.done = time.monotonic()
            line.shot.status = status
            line.shot = None
            line.received = b""
            self._free.append(line)


def _head(plan: Plan, priority: int | None) -> bytes:
    more = "" if priority is None else f"x-priority: {priority}\r\n"
    return (
        f"POST {plan.path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n{more}Content-Length: 1\r\n\r\nx"
    ).encode()


def _status(received: bytes) -> int:
    """The status of a whole answer; 0 while it is not whole."""
    head, end, body = received.partition(b"\r\n\r\n")
    if not end:
        return 0
    _, _, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(head[9:12]) if len(body) >= int(rest.partition(b"\r\n")[0] or 0) else 0


def main() -> None:
    """Run the plan on stdin."""
    told = json.load(sys.stdin)
    plan = Plan(**{**told, "priorities": tuple(told["priorities"])})
    gc.disable()
    shots = Load(plan).run()
    print("\n".join(json.dumps(asdict(shot)) for shot in shots))


if __name__ == "__main__":
    main()
