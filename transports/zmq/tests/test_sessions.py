"""Sessions, as any ZeroMQ client has them: attached to a connection, or found again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from athena.errors import Fault, ServiceError
from athena.interfaces import Session
from athena.models import END_MARK, Part, Reply, Request, Stage
from athena.testing.bounded import eventually
from athena_proto import inference_pb2 as pb
from athena_proto.answers import decode_fault
from athena_proto.native import encode_request
from athena_transport_zmq.envelope import Operation
from athena_transport_zmq.flow import MESSAGES

if TYPE_CHECKING:
    from conftest import Bare, Connect, Served


class Echoes(Session):
    """Gives each write back, and ends when its input does."""

    def __init__(self) -> None:
        self.sid = "minted"
        self.written: list[Request] = []
        self.closed: list[Fault | None] = []
        self.refuse: ServiceError | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self._replies: asyncio.Queue[Reply | ServiceError] = asyncio.Queue()

    async def write(self, request: Request) -> None:
        await self.gate.wait()
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


@pytest.fixture
def session(served: Served) -> Echoes:
    session = Echoes()

    async def open_(request: Request, *, detached: bool, alias: str | None = None) -> Session:
        return session

    def found(key: str, principal: object) -> Session:
        if key != session.sid:
            raise ServiceError(Fault.NOT_FOUND, "no such session")
        return session

    served.dispatcher.open = open_  # type: ignore[method-assign, assignment]
    served.dispatcher.session = found  # type: ignore[method-assign, assignment]
    return session


def write(number: int, stage: Stage = Stage.CONTINUE) -> bytes:
    return encode_request(Request("", parts=(Part("n", str(number).encode(), stage=stage),)))


async def opened(bare: Bare, number: int = 1) -> None:
    bare.send(Operation.OPEN, number, encode_request(Request("s")))
    operation, same, message, _ = await bare.receive()
    assert (operation, same, pb.Reply.FromString(message).sid) == (Operation.OPENED, number, "minted")


async def test_writes_come_back_until_the_end(session: Echoes, bare: Bare) -> None:
    await opened(bare)
    for number in range(50):
        bare.send(Operation.WRITE, 1, write(number))
        while True:
            operation, _, message, _ = await bare.receive()
            if operation != Operation.GRANTED:
                break
        assert (operation, pb.Reply.FromString(message).parts[0].data) == (Operation.ITEM, str(number).encode())
        bare.send(Operation.CREDIT, 1, pb.Credit(messages=1, bytes=len(message)).SerializeToString())
    bare.send(Operation.WRITE, 1, encode_request(Request("", parts=(END_MARK,))))
    operation, _, message, _ = await bare.receive()
    assert pb.Reply.FromString(message).stage == pb.END
    await eventually(lambda: session.closed == [None], "the session was closed once")
    bare.send(Operation.WRITE, 1, write(99))  # too late: the client has been told
    await bare.silence(0.05)
    assert len(session.written) == 51


async def test_the_opening_message_may_carry_the_first_write(session: Echoes, bare: Bare) -> None:
    bare.send(Operation.OPEN, 1, encode_request(Request("s", parts=(Part("n", b"0", stage=Stage.BEGIN),))))
    assert (await bare.receive())[0] == Operation.OPENED
    assert pb.Reply.FromString((await bare.receive())[2]).parts[0].data == b"0"


async def test_accepted_writes_are_granted_again(session: Echoes, bare: Bare) -> None:
    await opened(bare)
    granted = 0
    for number in range(MESSAGES // 2):
        bare.send(Operation.WRITE, 1, write(number))
    for _ in range(MESSAGES // 2 + 2):
        operation, _, message, _ = await bare.receive()
        if operation == Operation.GRANTED:
            granted += pb.Credit.FromString(message).messages
    assert granted == MESSAGES // 2


async def test_who_writes_beyond_its_credit_is_ended(session: Echoes, bare: Bare) -> None:
    session.gate.clear()
    await opened(bare)
    for number in range(MESSAGES * 3):
        bare.send(Operation.WRITE, 1, write(number))
    await asyncio.sleep(0.2)
    session.gate.set()
    operations = []
    while Operation.FAULT not in operations:
        operation, _, message, _ = await bare.receive()
        operations.append(operation)
    assert decode_fault(message).fault is Fault.OVERLOADED
    assert len(session.written) <= 1


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"\xff\xff", Fault.BAD_REQUEST),
        (encode_request(Request("", parts=(Part("n", bytes(3 << 19)),))), Fault.TOO_LARGE),
    ],
)
async def test_a_write_that_cannot_be_read_ends_the_session(
    session: Echoes, bare: Bare, data: bytes, fault: Fault
) -> None:
    await opened(bare)
    bare.send(Operation.WRITE, 1, data)
    operation, _, message, _ = await bare.receive()
    assert (operation, decode_fault(message).fault) == (Operation.FAULT, fault)
    assert fault in session.closed
    assert session.written == []


async def test_a_refused_write_ends_it_with_its_own_fault(session: Echoes, bare: Bare) -> None:
    session.refuse = ServiceError(Fault.OUT_OF_ORDER, "write 9 came where 1 was expected")
    await opened(bare)
    bare.send(Operation.WRITE, 1, write(9))
    error = decode_fault((await bare.receive())[2])
    assert (error.fault, error.message) == (Fault.OUT_OF_ORDER, "write 9 came where 1 was expected")


@pytest.mark.parametrize("how", ["cancel", "gone"])
async def test_it_ends_with_a_cancel_or_with_its_connection(
    served: Served, session: Echoes, connect: Connect, how: str
) -> None:
    client = connect(served)
    await opened(client)
    if how == "cancel":
        client.send(Operation.CANCEL, 1)
    else:
        client.close()
    await eventually(lambda: bool(session.closed), "the session was closed", within=1.0)
    await asyncio.sleep(0.05)
    assert session.closed == [Fault.CANCELLED]
    assert session.written == [], "nobody is told that its input had ended"


async def test_the_four_operations_of_a_detached_session(session: Echoes, bare: Bare) -> None:
    bare.send(Operation.OPEN_DETACHED, 1, encode_request(Request("s"), "mine"))
    assert (await bare.receive())[0] == Operation.OPENED
    bare.send(Operation.WRITE_DETACHED, 2, encode_request(Request("", "minted", (Part("n", b"0", stage=Stage.BEGIN),))))
    assert (await bare.receive())[:2] == (Operation.ACCEPTED, 2)
    bare.send(Operation.READ, 3, pb.ReadRequest(sid="minted").SerializeToString())
    operation, number, message, _ = await bare.receive()
    assert (operation, number, pb.Reply.FromString(message).parts[0].data) == (Operation.REPLY, 3, b"0")
    bare.send(Operation.READ, 4, pb.ReadRequest(sid="minted", wait_us=1000).SerializeToString())
    assert len(pb.Reply.FromString((await bare.receive())[2]).parts) == 0
    bare.send(Operation.CLOSE, 5, pb.CloseRequest(sid="minted", reason="CANCELLED").SerializeToString())
    assert (await bare.receive())[:2] == (Operation.CLOSED, 5)
    assert session.closed == [Fault.CANCELLED]
    for operation, message in (
        (Operation.OPEN, encode_request(Request("s"), "mine")),
        (Operation.OPEN_DETACHED, encode_request(Request("s", parts=(Part("n"),)))),
        (Operation.CLOSE, pb.CloseRequest(sid="minted", reason="BECAUSE").SerializeToString()),
    ):
        bare.send(operation, 6, message)
        assert decode_fault((await bare.receive())[2]).fault is Fault.BAD_REQUEST, operation.name
    bare.send(Operation.READ, 7, pb.ReadRequest(sid="other").SerializeToString())
    assert decode_fault((await bare.receive())[2]).fault is Fault.NOT_FOUND
