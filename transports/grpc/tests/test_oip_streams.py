"""ModelStreamInfer: order, errors between answers, half-close, clients that leave, and who is held up."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import grpc
import pytest

import athena
from athena import Cancelled, Part, Reply, Request, Wrapper, hookimpl
from athena.models import Document
from athena_proto import oip_pb2 as pb
from athena_transport_grpc.oip_streams import AHEAD, IN_FLIGHT

METHOD = "/inference.GRPCInferenceService/ModelStreamInfer"


class Counter(Wrapper):
    """Counts to ``n``; slowly, where asked; remembers how far it got and how many ran at once."""

    def __init__(self) -> None:
        self.counted = 0
        self.running = self.most = 0
        self.lock = threading.Lock()

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply | Iterator[Reply]:
        pause = float(request.params.get("pause", "0"))
        if "n" not in request.params:
            with self.lock:
                self.running += 1
                self.most = max(self.most, self.running)
            until = time.monotonic() + pause
            while time.monotonic() < until:
                if request.cancelled:
                    raise Cancelled("gone")
                time.sleep(0.005)
            with self.lock:
                self.running -= 1
            return Reply((Part.from_text("n", "plain"),))
        return self._count(int(request.params["n"]))

    def _count(self, n: int) -> Iterator[Reply]:
        for number in range(n):
            self.counted = number
            yield Reply((Part.from_text("n", str(number)),))


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
async def stream(counter: Counter) -> AsyncIterator[Any]:
    document = Document("[transports.grpc]\nport = 0\n[services.counter]\nthreads = 4\n", "1", "test.toml")
    async with athena.start(document, wrappers={"counter": counter}) as kernel:
        target = kernel.endpoints[0].url.partition("://")[2]
        async with grpc.aio.insecure_channel(target) as channel:
            yield channel.stream_stream(METHOD)


def asks(id: str, **params: str) -> bytes:
    message = pb.ModelInferRequest(model_name="counter", id=id)
    for name, value in params.items():
        message.parameters[name].string_param = value
    return message.SerializeToString()


async def heard(call: Any) -> list[tuple[str, str]]:
    """(id, text or the error) of every answer until the end."""
    found = []
    while (data := await asyncio.wait_for(call.read(), 10)) is not grpc.aio.EOF:
        answer = pb.ModelStreamInferResponse.FromString(data)
        text = answer.error_message or answer.infer_response.raw_output_contents[0][4:].decode()
        found.append((answer.infer_response.id, text))
    return found


async def test_calls_run_side_by_side_and_are_answered_in_order(stream: Any, counter: Counter) -> None:
    call = stream(timeout=20)
    for number in range(40):
        await call.write(asks(str(number), pause="0.05" if number % 2 else "0"))
    await call.done_writing()
    assert await heard(call) == [(str(number), "plain") for number in range(40)]
    assert 1 < counter.most <= IN_FLIGHT


async def test_an_error_is_an_answer_and_what_follows_is_answered_too(stream: Any) -> None:
    call = stream(timeout=20)
    for message in (asks("a", n="2"), b"\xff\xff", asks("b", n="x"), asks("c", n="1"), b""):
        await call.write(message)
    await call.done_writing()
    found = await heard(call)
    assert found[:2] == [("a", "0"), ("a", "1")]
    assert found[2] == ("", "message: not an inference.ModelInferRequest")
    assert found[3][0] == "b"
    assert found[3][1].startswith("athena_once_exec raised ValueError")
    assert found[4] == ("c", "0")
    assert found[5][1].startswith("no service ''")


async def test_a_stream_without_a_call_ends_well(stream: Any) -> None:
    call = stream(timeout=10)
    await call.done_writing()
    assert await heard(call) == []
    assert await call.code() == grpc.StatusCode.OK


async def test_a_client_that_leaves_ends_the_iterator(stream: Any, counter: Counter) -> None:
    call = stream(timeout=20)
    await call.write(asks("a", n="100000000"))
    assert await asyncio.wait_for(call.read(), 10)
    call.cancel()
    again = stream(timeout=20)
    for number in range(8):
        await again.write(asks(str(number)))
    await again.done_writing()
    assert len(await heard(again)) == 8, "every lane is free again"
    reached = counter.counted
    await asyncio.sleep(0.2)
    assert counter.counted == reached


async def test_answers_that_wait_for_their_turn_hold_their_wrapper_up(stream: Any, counter: Counter) -> None:
    call = stream(timeout=20)
    await call.write(asks("slow", pause="1"))
    await call.write(asks("many", n="100000"))
    await asyncio.sleep(0.6)
    assert counter.counted < 1000 + AHEAD, "no more than the credits of a link, and those that wait"
    call.cancel()
