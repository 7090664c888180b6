"""A worker's end in a thread with a runner that tests drive, and a kernel's end that tests write by hand."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from queue import SimpleQueue

from athena.link.child import Child
from athena.link.frames import BYE, KINDS, Decoder, Frame, prefix
from athena.link.heads import encode_request
from athena.link.outlets import CallOutlet, SessionOutlet
from athena.link.pipe import Pipe
from athena.link.tables import Tables
from athena.models import BatchSettings, Request, Resource


class Run:
    """A session that keeps what it is told."""

    def __init__(self, request: Request, sink: SessionOutlet) -> None:
        self.request = request
        self.sink = sink
        self.told: SimpleQueue[str] = SimpleQueue()
        self.writes: SimpleQueue[tuple[Request, Callable[[], None]]] = SimpleQueue()

    def write(self, request: Request, acknowledge: Callable[[], None]) -> None:
        self.writes.put((request, acknowledge))

    def ask(self) -> None:
        self.told.put("ask")

    def close(self) -> None:
        self.told.put("close")


class Runner:
    """Hands everything to the test; also the lifecycle."""

    def __init__(self) -> None:
        self.calls: SimpleQueue[tuple[Request, CallOutlet]] = SimpleQueue()
        self.batches: SimpleQueue[list[tuple[Request, CallOutlet]]] = SimpleQueue()
        self.runs: SimpleQueue[Run] = SimpleQueue()
        self.told: list[str] = []
        self.calm = True
        self.error: BaseException | None = None
        self.refusal: Exception | None = None

    def call(self, request: Request, sink: CallOutlet) -> None:
        self.calls.put((request, sink))

    def batch(self, requests: Sequence[Request], sinks: Sequence[CallOutlet]) -> None:
        self.batches.put(list(zip(requests, sinks, strict=True)))

    def open(self, request: Request, sink: SessionOutlet) -> Run:
        if self.refusal is not None:
            raise self.refusal
        run = Run(request, sink)
        self.runs.put(run)
        return run

    def settle(self, limits: BatchSettings) -> None:
        self.told.append(f"at most {limits.max_size} for {limits.max_wait_ms} ms")

    @contextmanager
    def alone(self, timeout: float) -> Iterator[bool]:
        yield self.calm

    def check(self, tables: Tables, version: str) -> None:
        self._note(f"check {dict(tables.config)} {version}")

    def reload(self, tables: Tables, version: str) -> None:
        self._note(f"reload {dict(tables.config)} {version}")

    def resource_load(self, resource: Resource) -> None:
        self._note(f"load {resource.id} {[bytes(part.data) for part in resource.parts]}")

    def resource_unload(self, resource_id: str) -> None:
        self._note(f"unload {resource_id}")

    def _note(self, text: str) -> None:
        if self.error is not None:
            raise self.error
        self.told.append(text)


class Near:
    """A served child, and the kernel's end of it, blocking."""

    def __init__(self) -> None:
        self.socket, theirs = socket.socketpair()
        self.socket.settimeout(5)
        self.pipe = Pipe(theirs, 1 << 26)
        self.runner = Runner()
        self.outcome: SimpleQueue[bool | BaseException] = SimpleQueue()
        self._decoder = Decoder(1 << 26)
        self._frames: list[Frame] = []
        child = Child(self.pipe, "svc", self.runner, self.runner)
        self._thread = threading.Thread(target=self._serve, args=(child,), daemon=True)
        self._thread.start()

    def _serve(self, child: Child) -> None:
        try:
            self.outcome.put(child.serve())
        except BaseException as error:
            self.outcome.put(error)

    def say(self, kind: int, id: int, head: bytes = b"", data: bytes = b"") -> None:
        """Send a frame."""
        self.socket.sendall(prefix(kind, id, len(head), len(data)) + head + data)

    def ask(self, kind: int, id: int, request: Request, *, held: bool = False) -> None:
        """Send a CALL, OPEN or WRITE."""
        head, segments, _ = encode_request(request, held=held)
        self.say(kind, id, head, b"".join(segments))

    def frame(self) -> Frame:
        """The next frame the worker sends."""
        while not self._frames:
            count = self.socket.recv_into(self._decoder.space())
            if not count:
                raise EOFError
            self._frames = self._decoder.received(count)
        return self._frames.pop(0)

    def names(self, count: int) -> list[str]:
        """The kinds of the next frames, by name."""
        return [KINDS[self.frame().kind] for _ in range(count)]

    def silent(self, seconds: float = 0.05) -> bool:
        """Whether the worker sends nothing for a while."""
        self.socket.settimeout(seconds)
        try:
            self._frames.insert(0, self.frame())
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(5)
        return False

    def close(self) -> None:
        """Say BYE and wait for the thread."""
        with suppress(OSError):
            self.say(BYE, 0)
        self._thread.join(5)
        self.socket.close()
        self.pipe.close()
