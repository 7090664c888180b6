"""What every call goes through: one authentication, and nothing but a status comes out."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, cast

import grpc
import pytest

from athena.errors import Executed, Fault, ServiceError
from athena.models import Part, Principal, Request
from athena.testing.stand_in import StandIn, StandInContext
from athena_proto.native import encode_request
from athena_transport_grpc.entry import Entry, Wire, method

if TYPE_CHECKING:
    from conftest import Serve, Served

MESSAGE = encode_request(Request("standin", parts=(Part("a", b"1"),)))


async def status(
    channel: grpc.aio.Channel, message: bytes = MESSAGE, name: str = "Once", **more: object
) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await channel.unary_unary(method(name))(message, timeout=10, **more)
    return caught.value


def fact(error: grpc.aio.AioRpcError, name: str) -> object:
    return dict(error.trailing_metadata() or ()).get(name)


async def test_the_guard_sees_who_calls_what(served: Served, bare: grpc.aio.Channel) -> None:
    metadata = (("authorization", "one"), ("authorization", "two"), ("x-own", "yes"), ("raw-bin", b"\x00"))
    await bare.unary_unary(method("Once"))(MESSAGE, metadata=metadata)
    (attempt,) = served.dispatcher.attempts
    assert (attempt.transport, attempt.operation, attempt.service) == ("grpc", "once", "standin")
    assert attempt.target == "/athena.v1.Inference/Once"
    assert attempt.peer.startswith("127.0.0.1:")
    assert attempt.headers["authorization"] == "one, two"
    assert attempt.headers["x-own"] == "yes"
    assert "raw-bin" not in attempt.headers


@pytest.mark.parametrize(
    "error",
    [SystemExit(3), KeyboardInterrupt(), StopIteration(), StopAsyncIteration(), MemoryError(), RecursionError()],
)
async def test_nothing_that_is_raised_ends_the_server(
    served: Served, bare: grpc.aio.Channel, error: BaseException
) -> None:
    served.dispatcher.error = error
    for name in ("Once", "Write"):
        told = await status(bare, name=name)
        assert told.code() is grpc.StatusCode.INTERNAL
        assert fact(told, "athena-fault") == "INTERNAL"
        assert fact(told, "athena-error-id")
    served.dispatcher.error = None
    assert await bare.unary_unary(method("Once"))(MESSAGE)


async def test_a_cancellation_that_nobody_asked_for_does_not_hang_the_client(
    served: Served, bare: grpc.aio.Channel
) -> None:
    served.dispatcher.error = asyncio.CancelledError()
    told = await status(bare)
    assert (told.code(), fact(told, "athena-fault")) == (grpc.StatusCode.CANCELLED, "CANCELLED")


async def test_a_signature_of_another_body_is_refused_before_it_is_decoded(
    served: Served, bare: grpc.aio.Channel
) -> None:
    served.dispatcher.principal = Principal("ann", body_sha256=hashlib.sha256(MESSAGE).hexdigest())
    assert await bare.unary_unary(method("Once"))(MESSAGE)
    told = await status(bare, b"\xff not even a message")
    assert told.code() is grpc.StatusCode.UNAUTHENTICATED
    assert fact(told, "athena-executed") == Executed.NO.value


async def test_garbage_is_an_invalid_argument_and_says_so(served: Served, bare: grpc.aio.Channel) -> None:
    for name in ("Once", "Describe", "Services", "Open", "Write", "Read", "Close"):
        told = await status(bare, b"\xff\xff\xff", name)
        assert told.code() is grpc.StatusCode.INVALID_ARGUMENT, name
        assert "not an athena.v1" in (told.details() or "")
    assert len(served.dispatcher.attempts) == 7


async def test_a_flood_of_metadata_is_refused(served: Served, bare: grpc.aio.Channel) -> None:
    told = await status(bare, metadata=(("x-flood", "x" * 20_000),))
    assert told.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert served.dispatcher.attempts == []


async def test_ipv6_peers_are_written_as_people_do(serve: Serve) -> None:
    try:
        served = await serve(host="::1")
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    async with grpc.aio.insecure_channel(served.target) as channel:
        await channel.unary_unary(method("Once"))(MESSAGE)
    assert served.dispatcher.attempts[0].peer.startswith("[::1]:")


async def test_a_status_that_comes_too_late_for_grpc_is_no_error() -> None:
    class Over:
        """A call that gRPC has ended while its answer was on the way."""

        async def abort(self, *_: object) -> None:
            raise grpc.aio.InternalError("Failed 'execute_batch'")

    entry = Entry(StandInContext("transports.grpc", StandIn()), mutual=False)
    with pytest.raises(asyncio.CancelledError):
        await entry.refuse(cast(Wire, Over()), ServiceError(Fault.DEADLINE, "late"))
