"""One call of a load, measured: once, as a stream, or as a session whose frames keep their pace."""

from __future__ import annotations

import asyncio
import time
from random import Random

from attrs import define, field

from ...errors import Fault, ServiceError
from ...interfaces import Channel, Session
from ...models import Expectation, Kind, Reply, Request, Stage
from ..talk import PATIENCE, next_reply
from .inputs import Input, Inputs
from .pacing import Clock, until
from .plan import Plan
from .recorder import UNFINISHED, Answered, Recorder

__all__ = ["Shots"]

SLACK = 1.0
"""Seconds after its deadline in which the server may say itself that a session is over."""


class Shots:
    """Fires calls at one channel and tells the recorder what came of them."""

    def __init__(
        self,
        channel: Channel,
        plan: Plan,
        inputs: Inputs,
        recorder: Recorder,
        chance: Random | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        self._channel = channel
        self._plan = plan
        self._inputs = inputs
        self._recorder = recorder
        self._chance = chance
        self._clock = clock
        self._expect = tuple(Expectation(each.key, Kind[each.kind.upper()], each.attributes) for each in plan.expect)
        self._way = {"once": self._once, "stream": self._stream, "session": self._session}[plan.way]

    async def fire(self, number: int, due: float) -> bool:
        """Make the call of that number, due at that moment; whether it went well."""
        what = self._inputs.draw(number, self._chance)
        sent = self._clock()
        self._recorder.began(due, sent, what.size)
        try:
            answer = await self._way(what, due, sent)
        except ServiceError as error:
            # The id is each failure's own: kept, every one of them would be a row.
            message = error.message.replace(error.error_id, "…") if error.error_id else error.message
            self._recorder.failed(due, self._clock(), error.fault.name, message)
        except asyncio.CancelledError:
            self._recorder.failed(due, self._clock(), UNFINISHED, "still under way when the run was over")
            raise
        except Exception as error:  # a channel's own failure is a row of the table, never the end of the run
            self._recorder.failed(due, self._clock(), type(error).__name__, str(error))
        else:
            self._recorder.answered(due, sent, self._clock(), answer)
            return True
        return False

    def _request(self, what: Input, sent: float) -> Request:
        patience = self._plan.deadline
        return Request(
            self._plan.service,
            parts=() if what.frames else what.parts,
            params=what.params,
            headers=what.headers,
            expect=self._expect,
            deadline=None if patience is None else sent + patience,
        )

    def _patience(self, what: Input) -> float:
        """Seconds that a session may take: a server that never ends one must not hold the run for ever."""
        if self._plan.deadline is not None:
            return self._plan.deadline + SLACK
        return what.frames[-1].due + PATIENCE

    async def _once(self, what: Input, due: float, sent: float) -> Answered:
        reply = await self._channel.once(self._request(what, sent))
        return Answered(1, _size(reply))

    async def _stream(self, what: Input, due: float, sent: float) -> Answered:
        first: float | None = None
        replies = received = 0
        async for reply in self._channel.stream(self._request(what, sent)):
            first = self._clock() if first is None else first
            replies += 1
            received += _size(reply)
        return Answered(replies, received, first)

    async def _session(self, what: Input, due: float, sent: float) -> Answered:
        session = await self._channel.open(self._request(what, sent))
        talk = _Talk(session, what, self._plan, self._clock)
        writing = asyncio.create_task(talk.write())
        try:
            await asyncio.wait_for(talk.read(writing), self._patience(what))
        except asyncio.TimeoutError as error:
            text = f"the session had not ended after {self._patience(what):g} s"
            raise ServiceError(Fault.DEADLINE, text) from error
        finally:
            writing.cancel()
            await asyncio.wait({writing})
            await session.close()
        return talk.answered()


@define(eq=False)
class _Talk:
    """One session's writes and replies, with their moments."""

    session: Session
    what: Input
    plan: Plan
    clock: Clock
    due: list[float] = field(factory=list)
    late: list[float] = field(factory=list)
    heard: list[float] = field(factory=list)
    received: int = 0
    turn: asyncio.Event = field(factory=asyncio.Event)

    async def write(self) -> None:
        """Every frame when it is due; without a pace as soon as the one before was taken, or answered."""
        start = self.clock()
        write, service, sid = self.session.write, self.plan.service, self.session.sid
        for frame in self.what.frames:
            paced = frame.due > 0
            if paced:
                await until(start + frame.due, self.clock)
            elif self.plan.lockstep and self.due:
                await self.turn.wait()
                self.turn.clear()
            now = self.clock()
            if frame.part.key:
                self.due.append(start + frame.due if paced else now)
            if paced:
                self.late.append(now - start - frame.due)
            await write(Request(service, sid, (frame.part,)))

    async def read(self, writing: asyncio.Task[None]) -> None:
        """Every reply, to the end."""
        while True:
            reply = await next_reply(self.session, writing)
            if reply.parts:
                self.heard.append(self.clock())
                self.received += _size(reply)
                self.turn.set()
            if reply.stage is Stage.END:
                return

    def answered(self) -> Answered:
        """What it amounts to; a frame's time is known only where every frame had one reply."""
        paired = len(self.heard) == len(self.due)
        return Answered(
            len(self.heard),
            self.received,
            self.heard[0] if self.heard else None,
            self.due[-1] if self.due else None,
            tuple(heard - due for due, heard in zip(self.due, self.heard, strict=False)) if paired else (),
            tuple(self.late),
        )


def _size(reply: Reply) -> int:
    return sum(len(part.data) for part in reply.parts)
