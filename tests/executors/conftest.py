"""A wrapper's hooks without a wrapper, and an engine that runs them: rooms are tested one by one."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

import pytest

from athena.errors import ServiceError
from athena.executors.credit import Credit, size_of
from athena.executors.engine import Engine
from athena.link.token import Token
from athena.models import Description, Part, Reply, Request, SessionContext, Stage

BOUND = 10.0
"""Seconds: what has not come by then never comes."""


ITEM = Reply((Part("x", b"1"),), Stage.CONTINUE)
END = Reply((Part("x", b"last"),), Stage.END)


class FakeHooks:
    """What an engine calls; None where the wrapper has no such hook."""

    def __init__(self, **hooks: Callable[..., object]) -> None:
        self.description = Description()
        for name in ("once", "batch", "create", "write", "read", "destroy"):
            setattr(self, name, hooks.get(name))


class Call:
    """A call's sink, and what came of it."""

    def __init__(self, window: int = 64) -> None:
        self.items: list[Reply] = []
        self.outcomes: list[Reply | ServiceError | None] = []
        self.credit = Credit(messages=window)
        self._over = threading.Event()

    def item(self, reply: Reply) -> None:
        self.credit.take(size_of(reply))
        self.items.append(reply)

    def done(self, reply: Reply | None) -> None:
        self.outcomes.append(reply)
        self._over.set()

    def failed(self, error: ServiceError) -> None:
        self.outcomes.append(error)
        self._over.set()

    def outcome(self) -> Reply | ServiceError | None:
        assert self._over.wait(BOUND), "the engine never told what became of the call"
        return self.outcomes[0]

    def error(self) -> ServiceError:
        outcome = self.outcome()
        assert isinstance(outcome, ServiceError), outcome
        return outcome


class Talk:
    """A session's sink, and every event of it in order."""

    def __init__(self, window: int = 64) -> None:
        self.events: list[object] = []
        self.credit = Credit(messages=window)
        self._is_open = threading.Event()
        self._is_closed = threading.Event()

    def opened(self) -> None:
        self.events.append("opened")
        self._is_open.set()

    def emit(self, reply: Reply) -> None:
        self.credit.take(size_of(reply))
        self.events.append(reply)

    def ended(self, error: ServiceError | None) -> None:
        self.events.append(("ended", error))

    def closed(self) -> None:
        self.events.append("closed")
        self._is_closed.set()

    def open(self) -> None:
        assert self._is_open.wait(BOUND), self.events

    def over(self) -> None:
        assert self._is_closed.wait(BOUND), self.events

    @property
    def replies(self) -> list[Reply]:
        return [event for event in self.events if isinstance(event, Reply)]

    @property
    def terminals(self) -> list[ServiceError | None]:
        return [event[1] for event in self.events if isinstance(event, tuple)]


class Pulled:
    """A wrapper that is asked: what it has ready, and when it was asked."""

    def __init__(self, *ready: Reply) -> None:
        self.ready = deque(ready)
        self.asked: list[float] = []
        self.destroyed: list[object] = []

    def hooks(self) -> dict[str, Callable[..., object]]:
        return {
            "create": lambda context: self,
            "write": lambda session, request: None,
            "read": self.read,
            "destroy": self.destroyed.append,
        }

    def read(self, session: object) -> Reply:
        self.asked.append(time.monotonic())
        return self.ready.popleft() if self.ready else Reply()


class Pushing:
    """A wrapper that emits; ``write`` may be replaced."""

    def __init__(self) -> None:
        self.context: SessionContext | None = None
        self.destroyed: list[object] = []

    def hooks(self, write: Callable[[Pushing, Request], None] | None = None) -> dict[str, Callable[..., object]]:
        def emit(session: Pushing, request: Request) -> None:
            session.emit(ITEM)
            if request.ended:
                session.emit(END)

        return {"create": self.create, "write": write or emit, "destroy": self.destroyed.append}

    def create(self, context: SessionContext) -> object:
        self.context = context
        return self

    def emit(self, reply: Reply) -> None:
        assert self.context is not None
        self.context.outbox.emit(reply)


class Bench:
    """Makes engines and whatever they are given."""

    Hooks = FakeHooks
    Call = Call
    Talk = Talk
    ITEM = ITEM
    END = END
    Pulled = Pulled
    Pushing = Pushing

    def __init__(self) -> None:
        self._engines: list[Engine] = []

    def engine(self, threads: int = 2, limit: int = 1 << 20, **hooks: Callable[..., object]) -> Engine:
        made = Engine(FakeHooks(**hooks), "s", threads, max_message=limit)  # type: ignore[arg-type]
        made.start()
        self._engines.append(made)
        return made

    def request(self, *parts: Part, **params: str) -> Request:
        return Request("s", "sid", parts, params, cancellation=Token())

    def until(self, holds: Callable[[], bool], what: str) -> None:
        bound = time.monotonic() + BOUND
        while not holds():
            assert time.monotonic() < bound, f"it never came about that {what}"
            time.sleep(0.002)

    def stop(self) -> None:
        for engine in self._engines:
            engine.stop(BOUND)


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.stop()
