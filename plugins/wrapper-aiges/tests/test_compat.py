"""Every shape of the survey, unchanged, in worker processes, on every wire: once, in sessions, and when it fails."""

from __future__ import annotations

import asyncio
import io
import json
import wave
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from athena import Fault, Kind, Part, ServiceError, Stage
from athena.interfaces import Session
from athena.kernel import Kernel, start
from athena.models import END_MARK, ChannelOptions, Document, Reply, Request
from athena.testing.found import connect

from .shapes import FOLDER, NAMES, ONCES, STREAMS

WIRES = ("http", "grpc", "zmq")
BOUND = 30.0
THREADED = [name for name in STREAMS if "threading.Thread(target=self.answer" in (FOLDER / f"{name}.py").read_text()]
"""Those that answer each write from a thread of its own: which of two answers comes first, they leave to chance."""
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("compat"), pytest.mark.timeout(120)]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def kernel() -> AsyncIterator[Kernel]:
    """One kernel with all of them, each in a process of its own."""
    text = "".join(f'[services.{name}]\nwrapper = "./{name}.py"\ninit_timeout = 110\n' for name in NAMES)
    text += "".join(f"[transports.{wire}]\nport = 0\n" for wire in WIRES)
    async with start(Document(text, "1", str(FOLDER / "aiges.toml"))) as running:
        yield running


class Wire:
    """The wires' client ends, made when first asked for."""

    def __init__(self, kernel: Kernel) -> None:
        self._urls = {endpoint.url.partition(":")[0]: endpoint.url for endpoint in kernel.endpoints}
        self._open: dict[str, Any] = {}

    async def __call__(self, wire: str) -> Any:  # Any: the class of a channel is its transport's business
        if wire not in self._open:
            self._open[wire] = await connect(self._urls[wire], ChannelOptions())
        return self._open[wire]

    async def stop(self) -> None:
        for channel in self._open.values():
            await channel.stop()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def wire(kernel: Kernel) -> AsyncIterator[Wire]:
    wires = Wire(kernel)
    yield wires
    await wires.stop()


def asked(service: str, data: bytes = b"abc", stage: Stage = Stage.ONCE, **params: str) -> Request:
    return Request(service, parts=(Part("data", data, Kind.TEXT, stage),), params=params)


async def once(wire: Wire, over: str, request: Request) -> Reply:
    channel = await wire(over)
    return await asyncio.wait_for(channel.once(request), BOUND)


@pytest.mark.parametrize("over", WIRES)
@pytest.mark.parametrize("name", ONCES)
async def test_a_single_call_is_answered(wire: Wire, name: str, over: str) -> None:
    reply = await once(wire, over, asked(name, p="x"))
    (part,) = reply.parts
    assert (part.key, part.tobytes(), part.kind, part.stage) == ("result", b"abc|x", Kind.TEXT, Stage.ONCE)


@pytest.mark.parametrize("over", WIRES)
@pytest.mark.parametrize("name", ONCES)
async def test_an_error_keeps_its_number_and_its_text(wire: Wire, name: str, over: str) -> None:
    with pytest.raises(ServiceError) as caught:
        await once(wire, over, asked(name, fail="100"))
    assert (caught.value.fault, caught.value.code) == (Fault.USER_ERROR, 100)
    assert "told 100;code=100" in caught.value.message
    with pytest.raises(ServiceError) as caught:
        await once(wire, over, asked(name, fail="7"))
    assert caught.value.code == 7


async def answered(session: Session) -> Reply:
    """The first reply that says something."""
    while not (reply := await asyncio.wait_for(session.read(), BOUND)).parts:
        assert reply.stage is not Stage.END
    return reply


async def replies(session: Session) -> list[Reply]:
    found = []
    while not found or found[-1].stage is not Stage.END:
        found.append(await asyncio.wait_for(session.read(), BOUND))
    return found


async def failure(channel: Any, opening: Request, *writes: Request) -> ServiceError:  # Any: as in Wire
    """What a session comes to that is to fail: the wires differ in which of its calls says so."""
    session = None
    try:
        session = await asyncio.wait_for(channel.open(opening), BOUND)
        for write in writes:
            await asyncio.wait_for(session.write(write), BOUND)
        await replies(session)
    except ServiceError as error:
        return error
    finally:
        if session is not None:
            await session.close()
    raise AssertionError("it did not fail")


@pytest.mark.parametrize("over", WIRES)
@pytest.mark.parametrize("name", STREAMS)
async def test_a_session_is_answered_write_by_write(wire: Wire, name: str, over: str) -> None:
    channel = await wire(over)
    session = await asyncio.wait_for(channel.open(Request(name)), BOUND)
    try:
        got = []
        for data, stage in ((b"one", Stage.BEGIN), (b"two", Stage.CONTINUE), (b"three", Stage.END)):
            await asyncio.wait_for(session.write(asked(name, data, stage)), BOUND)
            while not (reply := await asyncio.wait_for(session.read(), BOUND)).parts:
                pass
            got += [part.tobytes() for part in reply.parts]
        assert got == [b"ONE", b"TWO", b"THREE"]
        if reply.stage is not Stage.END:
            await replies(session)
    finally:
        await session.close()


@pytest.mark.parametrize("over", WIRES)
@pytest.mark.parametrize("name", STREAMS)
async def test_a_bare_end_and_a_closed_session_leave_the_next_one_well(wire: Wire, name: str, over: str) -> None:
    channel = await wire(over)
    for end in ("", "behind its answer", "at once"):
        session = await asyncio.wait_for(channel.open(Request(name)), BOUND)
        await asyncio.wait_for(session.write(asked(name, b"one", Stage.BEGIN)), BOUND)
        if end:
            got = [] if end == "at once" and name not in THREADED else [await answered(session)]
            await asyncio.wait_for(session.write(Request(name, parts=(END_MARK,))), BOUND)
            got += await replies(session)
            assert b"".join(part.tobytes() for reply in got for part in reply.parts) == b"ONE"
        await session.close()


@pytest.mark.parametrize("over", WIRES)
@pytest.mark.parametrize("name", STREAMS)
async def test_a_session_that_fails_says_the_number(wire: Wire, name: str, over: str) -> None:
    channel = await wire(over)
    if name != "functions_v1_stream":  # whose wrapperCreate can only answer with a handle
        error = await failure(channel, Request(name, params={"fail": "100"}))
        assert (error.fault, error.code) == (Fault.USER_ERROR, 100)
    error = await failure(channel, Request(name), asked(name, b"fail", Stage.BEGIN))
    assert (error.fault, error.code) == (Fault.USER_ERROR, 100)
    assert "told 100;code=100" in error.message


@pytest.mark.parametrize("over", WIRES)
async def test_an_image_goes_in_and_another_comes_out_beside_the_text(wire: Wire, over: str) -> None:
    image = Part("img", b"\x89PNG", Kind.IMAGE)
    asking = asked("once_and_stream_sdk", p="y", draw="true", scale="2")
    reply = await once(wire, over, Request(asking.service, parts=(*asking.parts, image), params=asking.params))
    assert [(part.key, part.kind, part.tobytes()) for part in reply.parts] == [
        ("result", Kind.TEXT, b"abc|y"), ("drawn", Kind.IMAGE, b"\x89PNG" * 2),
    ]  # fmt: skip


@pytest.mark.parametrize("over", WIRES)
async def test_a_wave_file_is_read_and_comes_back_with_what_was_found(wire: Wire, over: str) -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 16000, 0, "NONE", ""))
        sound.writeframes(bytes(320))
    reply = await once(wire, over, Request("once_speech", parts=(Part("data", file.getvalue(), Kind.AUDIO),)))
    assert json.loads(reply.part("result").text) == [{"label": "frames", "score": 160}]
    assert (reply.part("echo").kind, reply.part("echo").tobytes()) == (Kind.AUDIO, file.getvalue())


@pytest.mark.parametrize("over", WIRES)
async def test_one_write_is_answered_by_many_results_while_they_are_made(wire: Wire, over: str) -> None:
    channel = await wire(over)
    session = await asyncio.wait_for(channel.open(Request("stream_vllm", params={"max_tokens": "20"})), BOUND)
    try:
        await asyncio.wait_for(session.write(asked("stream_vllm", b"hi", Stage.END)), BOUND)
        got = await replies(session)
    finally:
        await session.close()
    parts = [part for reply in got for part in reply.parts]
    assert [part.tobytes().decode() for part in parts if part.data] == [f"hi{number} " for number in range(20)]
    assert [part.attributes["seq_no"] for part in parts] == [str(number) for number in range(21)]
    assert [part.stage for part in parts] == [Stage.BEGIN, *[Stage.CONTINUE] * 19, Stage.END]


@pytest.mark.parametrize("over", WIRES)
async def test_a_create_that_nothing_follows_makes_no_sessions(wire: Wire, over: str) -> None:
    error = await failure(await wire(over), Request("once_create_alone"), asked("once_create_alone", b"x", Stage.END))
    assert error.fault is Fault.UNSUPPORTED
