"""A session's frames, without a socket: what is written, what is sent, and how it ends."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from athena.errors import Fault, ServiceError
from athena.models import ANONYMOUS
from athena.testing.stand_in import StandInContext
from athena_transport_http.front import Front
from athena_transport_http.section import HttpSection
from athena_transport_http.strands import Strand

from .conftest import There


class Heard:
    """A way that keeps what is sent on it."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []
        self.over = asyncio.Event()
        self.error: ServiceError | None = None

    async def send(self, body: bytes) -> None:
        self.frames.append(json.loads(body))

    async def done(self, strand: Strand) -> None:
        self.over.set()

    async def failed(self, strand: Strand, error: ServiceError) -> None:
        self.error = error
        self.over.set()


def strand(there: There, way: Heard, service: str = "talk") -> Strand:
    front = Front(HttpSection(), StandInContext("transports.http", there.kernel.dispatcher))
    return Strand(front, way, service, ANONYMOUS, None, CIMultiDictProxy(CIMultiDict()))


def frame(text: str, status: int, **more: object) -> bytes:
    return json.dumps({"payload": {"data": {"plain": text, "status": status}}, **more}).encode()


async def test_the_first_frame_opens_and_the_last_reply_is_the_end(there: There) -> None:
    way = Heard()
    session = strand(there, way)
    assert not session.open
    await session.take(frame("a", 0))
    assert (session.open, session.sid) == (True, way.frames[0]["header"]["sid"])
    await session.take(frame("b", 2))
    await asyncio.wait_for(way.over.wait(), 5)
    await session.finish(None)
    assert [each["header"]["status"] for each in way.frames] == [0, 1, 2]
    assert way.error is None


async def test_what_cannot_be_opened_says_so_to_whoever_wrote(there: There) -> None:
    with pytest.raises(ServiceError) as caught:
        await strand(there, Heard(), "nowhere").take(frame("a", 0))
    assert caught.value.fault is Fault.NOT_FOUND


async def test_a_wrappers_refusal_comes_by_the_way(there: There) -> None:
    way = Heard()
    session = strand(there, way)
    await session.take(frame("a", 0, parameter={"talk": {"do": "refuse"}}))
    await asyncio.wait_for(way.over.wait(), 5)
    assert way.error is not None
    assert (way.error.fault, way.error.code) == (Fault.USER_ERROR, 12)
    await session.finish(Fault.USER_ERROR)
