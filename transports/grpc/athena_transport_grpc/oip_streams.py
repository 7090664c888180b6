"""``ModelStreamInfer``: calls of one stream run side by side, and are answered in the order in which they came."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Protocol

import grpc

from athena.errors import ServiceError
from athena.interfaces import Dispatcher
from athena.models import Description, Reply
from athena_proto import oip, oip_messages
from athena_proto import oip_pb2 as pb
from athena_proto.answers import internal
from athena_proto.native import verify

from .entry import Call, Entry

__all__ = ["IN_FLIGHT", "Stream"]

IN_FLIGHT = 16
"""Calls of one stream that run at once; the next message is read when the first of them is answered."""
AHEAD = 4
"""Answers of one call that wait for their turn; its wrapper is held up behind them."""


class Rooms(Protocol):
    """What the stream needs of the service's other methods."""

    def decoded(self, message: pb.ModelInferRequest, call: Call) -> tuple[oip.Call, Description]: ...

    async def of_sequence(self, asked: oip.Call, sequence: oip.Sequence) -> Reply: ...

    def open_house(self) -> None: ...


class Stream:
    """One stream of one client."""

    def __init__(self, rooms: Rooms, entry: Entry, call: Call) -> None:
        self._rooms = rooms
        self._log = entry.log
        self._limit = entry.limits.max_message
        self._dispatcher: Dispatcher = entry.dispatcher
        self._call = call
        self._turns: asyncio.Queue[asyncio.Queue[bytes | None] | None] = asyncio.Queue(IN_FLIGHT)
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Answer until the client has half-closed and everything is answered; who leaves early ends what runs."""
        reader = asyncio.ensure_future(self._read())
        try:
            while (turn := await self._turns.get()) is not None:
                while (answer := await turn.get()) is not None:
                    await self._call.wire.write(answer)
            await reader
        finally:
            reader.cancel()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(reader, *self._tasks, return_exceptions=True)

    async def _read(self) -> None:
        """One task for every message, until there are no more; the stream is told in any case."""
        wire = self._call.wire
        first = True
        try:
            while (message := await wire.read()) is not grpc.aio.EOF:
                if first:
                    verify(self._call.principal, message)
                    first = False
                turn: asyncio.Queue[bytes | None] = asyncio.Queue(AHEAD)
                await self._turns.put(turn)
                task = asyncio.ensure_future(self._serve(message, turn))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        except asyncio.CancelledError:
            raise  # nobody takes turns any more
        except BaseException:
            await self._turns.put(None)
            raise
        await self._turns.put(None)

    async def _serve(self, message: bytes, turn: asyncio.Queue[bytes | None]) -> None:
        """Every answer to one message, then the end; an error is an answer too, and ends nothing else."""
        service = id = ""
        try:
            asked = oip_messages.parse_infer(message, self._limit)
            service, id = asked.model_name, asked.id
            async with aclosing(self._answers(asked)) as answers:
                async for answer in answers:
                    await turn.put(answer)
        except ServiceError as error:
            await turn.put(oip_messages.encode_failure(error, service, id))
        except Exception as error:
            await turn.put(oip_messages.encode_failure(internal(error, self._log), service, id))
        await turn.put(None)

    async def _answers(self, message: pb.ModelInferRequest) -> AsyncGenerator[bytes, None]:
        asked, description = self._rooms.decoded(message, self._call)
        if asked.options.sequence is not None:
            reply = await self._rooms.of_sequence(asked, asked.options.sequence)
            yield oip_messages.streamed(asked, reply, description, self._limit)
        else:
            self._rooms.open_house()
            async with aclosing(self._dispatcher.stream(asked.request)) as replies:
                async for reply in replies:
                    yield oip_messages.streamed(asked, reply, description, self._limit)
        if asked.options.final:
            yield oip_messages.encode_final(asked, description)
