"""A switchboard, one service, and guards, quotas and meters that remember: doors are tested without wires."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import attrs

from athena.dispatcher import Door, Sessions, Switchboard
from athena.errors import Fault, ServiceError
from athena.interfaces import Executor, Guard, Meter, Quota, Session
from athena.models import (
    Attempt,
    Change,
    Description,
    Health,
    Limits,
    Part,
    Principal,
    Reply,
    Request,
    ServiceSettings,
    Stage,
    Usage,
)
from athena.service import Service

__all__ = [
    "ALICE", "BOB", "END", "ITEM", "OPEN", "Ledger", "Purse", "Room", "Talk", "Talking", "Voucher", "house", "opened",
    "over", "write",
]  # fmt: skip

ALICE, BOB = Principal("alice", "voucher"), Principal("bob", "voucher")
OPEN = Request("s", principal=ALICE)
ITEM = Reply((Part("x", b"1"),), Stage.CONTINUE)
END = Reply((), Stage.END)


class Voucher(Guard):
    """Knows whom it is told to know; ``gone`` are no longer valid."""

    def __init__(self, *known: Principal) -> None:
        self.known = {principal.id: principal for principal in known}
        self.asked: list[Attempt] = []
        self.gone: set[str] = set()
        self.error: Exception | None = None

    async def check(self, attempt: Attempt) -> Principal | None:
        self.asked.append(attempt)
        if self.error is not None:
            raise self.error
        return self.known.get(attempt.headers.get("who", ""))

    async def valid(self, principal: Principal) -> bool:
        return principal.id not in self.gone


class Purse(Quota):
    """Counts what it gave and got back; an empty one refuses."""

    def __init__(self, left: int = 1_000_000) -> None:
        self.left = left
        self.out = 0
        self.acquired = 0
        self.spoilt = False

    async def acquire(self, principal: Principal, service: str) -> None:
        if self.out >= self.left:
            raise ServiceError(Fault.QUOTA, "the purse is empty", retry_after=2.0)
        self.out += 1
        self.acquired += 1
        await asyncio.sleep(0)

    def release(self, principal: Principal, service: str) -> None:
        self.out -= 1
        if self.spoilt:
            raise ValueError("a defect of the quota")


class Ledger(Meter):
    """Every account, in order."""

    def __init__(self) -> None:
        self.begun: list[Usage] = []
        self.over: list[Usage] = []
        self.full = False
        self.spoilt = False

    def began(self, usage: Usage) -> None:
        if self.full:
            raise ServiceError(Fault.UNAVAILABLE, "the ledger is full")
        self.begun.append(usage)

    def ended(self, usage: Usage) -> None:
        self.over.append(usage)
        if self.spoilt:
            raise ValueError("a defect of the meter")

    @property
    def balanced(self) -> bool:
        """Whether every beginning has one end."""
        return sorted(usage.sid for usage in self.begun) == sorted(usage.sid for usage in self.over)


class Talking(Executor):
    """Answers at once with ``reply`` or ``error``; sessions are :class:`Talk`."""

    def __init__(self) -> None:
        self.reply = Reply()
        self.error: BaseException | None = None
        self.wait = asyncio.Event()
        self.wait.set()
        self.requests: list[Request] = []
        self.talks: list[Talk] = []
        self.ready = Health(True, "", {"ready": 2})

    async def start(self) -> Description | None:
        return Description(operations=frozenset({"once", "session"}))

    async def describe(self, service: str) -> Description:
        return Description(operations=frozenset({"once", "session"}))

    async def once(self, request: Request) -> Reply:
        self.requests.append(request)
        await self.wait.wait()
        if self.error is not None:
            raise self.error
        return self.reply

    async def stream(self, request: Request) -> AsyncGenerator[Reply, None]:
        self.requests.append(request)
        for _ in range(2):
            yield self.reply
        await self.wait.wait()
        if self.error is not None:
            raise self.error
        yield self.reply

    async def open(self, request: Request) -> Session:
        self.requests.append(request)
        await self.wait.wait()
        if self.error is not None:
            raise self.error
        self.talks.append(Talk(request.sid))
        return self.talks[-1]

    async def check(self, change: Change) -> bool:
        return True

    async def reload(self, change: Change) -> None: ...

    def health(self) -> Health:
        return self.ready

    async def drain(self) -> None: ...

    async def stop(self, grace: float | None = None) -> None: ...


class Talk(Session):
    """A session whose replies a test puts in."""

    def __init__(self, sid: str) -> None:
        self.sid = sid
        self.written: list[Request] = []
        self.closed: list[Fault | None] = []
        self.replies: asyncio.Queue[Reply | ServiceError] = asyncio.Queue()
        self.slow: asyncio.Event | None = None

    async def write(self, request: Request) -> None:
        if self.slow is not None:
            await self.slow.wait()
        self.written.append(request)

    async def read(self, wait: float | None = None) -> Reply:
        try:
            got = await asyncio.wait_for(self.replies.get(), wait)
        except asyncio.TimeoutError:
            return Reply((), Stage.CONTINUE)
        if isinstance(got, ServiceError):
            raise got
        return got

    async def close(self, reason: Fault | None = None) -> None:
        self.closed.append(reason)
        self.replies.put_nowait(ServiceError(reason or Fault.SESSION_CLOSED, "closed"))


class Room:
    """The house: one door, one service ``s``, and everything a test may want to look at."""

    def __init__(self, limits: Limits) -> None:
        self.board = Switchboard(limits)
        self.sessions = Sessions(self.board)
        self.door = Door(self.board, self.sessions, "wire")
        self.executor = Talking()
        self.ledger, self.purse = Ledger(), Purse()

    async def add(self, name: str = "s", **settings: Any) -> Service:
        """A service in front of the executor."""
        chosen = ServiceSettings(name, **{"threads": 64, "queue": 1000, **settings})
        service = Service(chosen, self.executor, self.board.clock, self.board.views.changed)
        self.board.services[name] = service
        await service.start()
        return service

    def metered(self) -> Room:
        """With a meter and a quota."""
        self.board.meters.append(self.ledger)
        self.board.quotas.append(self.purse)
        return self

    def clean(self) -> None:
        """Nothing is left over of whatever went through."""
        assert self.board.in_flight.running == 0
        assert self.purse.out == 0
        assert self.ledger.balanced
        for service in self.board.services.values():
            assert (service.admission.running, service.admission.waiting) == (0, 0)


async def house(**limits: Any) -> Room:
    """A house with the service ``s``."""
    room = Room(attrs.evolve(Limits(), **limits))
    await room.add()
    return room


def write(*parts: Part) -> Request:
    """A write of those parts."""
    return Request("", parts=parts)


async def opened(room: Room, request: Request = OPEN, **more: Any) -> tuple[Any, Talk]:
    """A detached session, unless told otherwise, and the executor's side of it."""
    session = await room.door.open(request, **{"detached": True, **more})
    return session, room.executor.talks[-1]


async def over(room: Room) -> None:
    """Nothing of any session is left."""
    assert room.sessions.count == 0
    assert room.board.services["s"].sessions == 0
    room.clean()
