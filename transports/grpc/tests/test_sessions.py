"""Sessions, as any gRPC client makes them: one stream, or four calls."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import grpc
import pytest

from athena.errors import Fault, ServiceError
from athena.interfaces import Session
from athena.models import END_MARK, Reply, Request, Stage
from athena.testing.bounded import eventually
from athena_proto import inference_pb2 as pb
from athena_transport_grpc.entry import method

if TYPE_CHECKING:
    from conftest import Served


class Echoes(Session):
    """Gives each write back, and ends when its input does."""

    def __init__(self) -> None:
        self.sid = "minted"
        self.opened: Request | None = None
        self.written: list[Request] = []
        self.closed: list[Fault | None] = []
        self.refuse: ServiceError | None = None
        self._replies: asyncio.Queue[Reply | ServiceError] = asyncio.Queue()

    async def write(self, request: Request) -> None:
        if self.refuse is not None:
            raise self.refuse
        self.written.append(request)
        self._replies.put_nowait(Reply(request.parts, Stage.END if request.ended else Stage.CONTINUE))

    async def read(self, wait: float | None = None) -> Reply:
        try:
            reply = await asyncio.wait_for(self._replies.get(), wait)
        except asyncio.TimeoutError:
            return Reply((), Stage.CONTINUE)
        if isinstance(reply, ServiceError):
            raise reply
        return reply

    async def close(self, reason: Fault | None = None) -> None:
        self.closed.append(reason)
        self._replies.put_nowait(ServiceError(Fault.SESSION_CLOSED, "closed"))


def install(served: Served) -> Echoes:
    session = Echoes()

    async def open_(request: Request, *, detached: bool, alias: str | None = None) -> Session:
        session.opened = request
        return session

    def found(key: str, principal: object) -> Session:
        if key != session.sid:
            raise ServiceError(Fault.NOT_FOUND, "no such session")
        return session

    served.dispatcher.open = open_  # type: ignore[method-assign, assignment]
    served.dispatcher.session = found  # type: ignore[method-assign, assignment]
    return session


def stream(channel: grpc.aio.Channel) -> grpc.aio.StreamStreamCall:
    return channel.stream_stream(
        method("Session"),
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=pb.Reply.FromString,
    )()


def write(text: bytes, stage: int = pb.CONTINUE) -> pb.Request:
    return pb.Request(parts=[pb.Part(key="a", data=text, stage=stage)])


async def test_the_first_reply_says_that_it_is_open_and_the_last_has_the_end(
    served: Served, bare: grpc.aio.Channel
) -> None:
    session = install(served)
    call = stream(bare)
    await call.write(pb.Request(service="s", params={"k": "v"}))
    first = await call.read()
    assert (first.sid, len(first.parts)) == ("minted", 0)
    assert session.opened is not None
    assert (session.opened.parts, dict(session.opened.params)) == ((), {"k": "v"})
    await call.write(write(b"1"))
    assert (await call.read()).parts[0].data == b"1"
    await call.write(write(b"2", pb.END))
    assert (await call.read()).stage == pb.END
    assert await call.read() is grpc.aio.EOF
    assert await call.code() is grpc.StatusCode.OK
    assert session.closed == [None]


async def test_the_opening_message_may_carry_the_first_write(served: Served, bare: grpc.aio.Channel) -> None:
    session = install(served)
    call = stream(bare)
    await call.write(pb.Request(service="s", parts=[pb.Part(key="a", data=b"1", stage=pb.BEGIN)]))
    assert (await call.read()).sid == "minted"
    assert (await call.read()).parts[0].data == b"1"
    assert session.opened is not None
    assert session.opened.parts == ()
    call.cancel()


async def test_the_metadata_is_of_the_opening_and_a_write_has_the_headers_of_its_message(
    served: Served, bare: grpc.aio.Channel
) -> None:
    session = install(served)
    call = bare.stream_stream(
        method("Session"),
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=pb.Reply.FromString,
    )(metadata=(("x-own", "yes"),))
    await call.write(pb.Request(service="s"))
    await call.read()
    assert session.opened is not None
    assert session.opened.headers["x-own"] == "yes"
    said = write(b"1")
    said.headers["x-of-this-one"] = "1"
    await call.write(said)
    await call.read()
    await call.write(write(b"2"))
    await call.read()
    assert [dict(request.headers) for request in session.written] == [{"x-of-this-one": "1"}, {}]
    call.cancel()


async def test_half_closing_ends_the_input_once(served: Served, bare: grpc.aio.Channel) -> None:
    session = install(served)
    call = stream(bare)
    await call.write(pb.Request(service="s"))
    await call.read()
    await call.done_writing()
    assert (await call.read()).stage == pb.END
    assert await call.code() is grpc.StatusCode.OK
    (mark,) = session.written
    assert (mark.parts[0].key, mark.parts[0].stage) == (END_MARK.key, END_MARK.stage)


async def test_a_refused_write_ends_the_stream_with_its_own_fault(served: Served, bare: grpc.aio.Channel) -> None:
    session = install(served)
    session.refuse = ServiceError(Fault.OUT_OF_ORDER, "write 9 came where 1 was expected")
    call = stream(bare)
    await call.write(pb.Request(service="s"))
    await call.read()
    await call.write(write(b"1"))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call.read()
    assert dict(caught.value.trailing_metadata() or ())["athena-fault"] == "OUT_OF_ORDER"
    assert caught.value.details() == "write 9 came where 1 was expected"
    assert Fault.OUT_OF_ORDER in session.closed


async def test_garbage_in_the_middle_ends_the_stream(served: Served, bare: grpc.aio.Channel) -> None:
    session = install(served)
    call = bare.stream_stream(method("Session"))()
    await call.write(pb.Request(service="s").SerializeToString())
    await call.read()
    await call.write(b"\xff\xff")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call.read()
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert session.written == []


async def test_a_client_that_breaks_off_closes_the_session(served: Served, bare: grpc.aio.Channel) -> None:
    session = install(served)
    call = stream(bare)
    await call.write(pb.Request(service="s"))
    await call.read()
    call.cancel()
    await eventually(lambda: bool(session.closed), "the session was closed", within=5)
    assert session.written == []


@pytest.mark.parametrize(
    ("first", "says"), [(None, "ended before"), (pb.Request(service="s", alias="mine"), "alias: only a detached")]
)
async def test_a_stream_that_opens_nothing_is_a_bad_request(
    served: Served, bare: grpc.aio.Channel, first: pb.Request | None, says: str
) -> None:
    install(served)
    call = stream(bare)
    if first is not None:
        await call.write(first)
    await call.done_writing()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call.read()
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert says in (caught.value.details() or "")


async def test_the_four_calls_of_a_detached_session(served: Served, bare: grpc.aio.Channel) -> None:
    session = install(served)

    async def call(name: str, message: pb.Request | pb.ReadRequest | pb.CloseRequest) -> bytes:
        return await bare.unary_unary(method(name))(message.SerializeToString(), timeout=5)

    assert pb.Opened.FromString(await call("Open", pb.Request(service="s", alias="mine"))).sid == "minted"
    assert await call("Write", pb.Request(sid="minted", parts=[pb.Part(key="a", data=b"1", stage=pb.CONTINUE)])) == b""
    assert pb.Reply.FromString(await call("Read", pb.ReadRequest(sid="minted"))).parts[0].data == b"1"
    assert pb.Reply.FromString(await call("Read", pb.ReadRequest(sid="minted", wait_us=1000))).parts == []
    assert await call("Close", pb.CloseRequest(sid="minted", reason="CANCELLED")) == b""
    assert session.closed == [Fault.CANCELLED]
    for name, message in (
        ("Open", pb.Request(service="s", parts=[pb.Part(key="a")])),
        ("Close", pb.CloseRequest(sid="minted", reason="BECAUSE")),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(name, message)
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT, name


async def test_a_read_comes_back_before_its_client_stops_waiting(served: Served, bare: grpc.aio.Channel) -> None:
    install(served)
    message = pb.ReadRequest(sid="minted").SerializeToString()
    reply = await bare.unary_unary(method("Read"))(message, timeout=0.4)
    assert pb.Reply.FromString(reply).parts == []
