"""The kernel's end: who is lost and who was never sent, and nothing the worker says takes the kernel along."""

from __future__ import annotations

import asyncio
import random

import pytest

from athena.errors import Executed, Fault, ServiceError
from athena.link import worker_pb2 as pb
from athena.link.entries import Once
from athena.link.frames import CALL, CANCEL, DONE, HELLO, LOG, OPENED, PREFIX, Frame
from athena.link.heads import encode_request
from athena.models import Part, Reply, Request
from athena.testing.bounded import eventually, refused

from .far import Far


def call(far: Far, *parts: Part) -> Once:
    entry = Once(Request("svc", parts=parts), lambda it: None, asyncio.get_running_loop().create_future(), 1 << 20)
    entry.peer = far.peer
    far.peer.begin(CALL, entry, *encode_request(entry.request))
    return entry


async def test_answers_find_their_calls_in_any_order(far: Far) -> None:
    calls = [call(far, Part("n", str(n).encode())) for n in range(20)]
    ids = [(await far.frame()).id for _ in calls]
    assert len(set(ids)) == 20
    order = list(zip(ids, range(20), strict=True))
    random.Random(7).shuffle(order)
    for id, n in order:
        await far.reply(DONE, id, Reply((Part("n", str(n).encode()),)))
    for n, entry in enumerate(calls):
        reply = await asyncio.wait_for(entry.future, 5)
        assert isinstance(reply, Reply)
        assert reply.part("n").data == str(n).encode()


async def test_the_end_of_the_stream_fails_every_call_once_and_each_with_an_error_of_its_own(far: Far) -> None:
    calls = [call(far) for _ in range(3)]
    await far.names(3)
    far.socket.close()
    await eventually(lambda: far.reasons == [""], "the peer was lost")
    assert far.peer.close("was killed by SIGKILL") == []
    assert far.peer.close("again") == []
    errors = [await refused(entry.future, Fault.WORKER_LOST) for entry in calls]
    assert {error.executed for error in errors} == {Executed.UNKNOWN}
    assert {error.message for error in errors} == {"the worker was killed by SIGKILL"}
    assert len({id(error) for error in errors}) == 3


async def test_what_was_never_written_is_returned_and_not_lost(far: Far) -> None:
    big = Part("a", bytes(2 * 1024 * 1024))
    first, second, third = call(far, big), call(far, big), call(far)
    await asyncio.sleep(0)
    assert (first.written, second.written, third.written) == (True, False, False)
    assert far.peer.close("was killed") == [second, third]
    await refused(first.future, Fault.WORKER_LOST)
    assert not second.future.done()
    assert not third.future.done()


async def test_cancel_overtakes_all_that_waits_for_the_socket(far: Far) -> None:
    big = Part("a", bytes(2 * 1024 * 1024))
    small = call(far)
    calls = [call(far, big) for _ in range(4)]
    await asyncio.sleep(0)
    # The small one and the first large one are with the worker, or half: theirs is a CANCEL. The rest never went.
    assert not far.peer.give_up(CANCEL, small)
    assert [far.peer.give_up(CANCEL, entry) for entry in calls] == [False, True, True, True]
    last = call(far)
    assert await far.names(5) == ["CALL", "CALL", "CANCEL", "CANCEL", "CALL"]
    assert last.written
    assert await far.silent()


async def test_a_large_request_arrives_whole_however_slowly_it_is_read(far: Far) -> None:
    data = random.Random(3).randbytes(3 * 1024 * 1024)
    call(far, Part("a", data[:1000]), Part("b", memoryview(data)[1000:]))
    call(far)
    frame = await far.frame()
    assert bytes(frame.data) == data
    assert (await far.frame()).kind == CALL


async def test_a_request_larger_than_the_limit_is_refused_and_leaves_nothing_behind() -> None:
    far = Far(limit=10_000)
    with pytest.raises(ServiceError) as caught:
        call(far, Part("a", bytes(20_000)))
    assert caught.value.fault is Fault.TOO_LARGE
    call(far)
    assert (await far.frame()).kind == CALL
    far.close()


@pytest.mark.parametrize(
    ("garbage", "said"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "protocol"),
        (PREFIX.pack(0xFFFFFFF0, 0, DONE, 1), "at most"),
        (PREFIX.pack(0, 0, DONE, 99), "not open"),
        (PREFIX.pack(0, 0, OPENED, 1), "for a call"),
        (PREFIX.pack(0, 0, HELLO, 1), "for a call"),
        (PREFIX.pack(3, 3, DONE, 1) + b"\xff\xff\xff", "no Reply"),
    ],
)
async def test_whatever_is_not_the_protocol_loses_the_worker_and_only_that(far: Far, garbage: bytes, said: str) -> None:
    entry = call(far)
    await far.raw(garbage)
    await eventually(lambda: bool(far.reasons), "the peer was lost")
    (reason,) = far.reasons
    assert reason.startswith("broke the worker protocol")
    assert said in reason
    far.peer.close(reason)
    await refused(entry.future, Fault.WORKER_LOST)


async def test_log_frames_are_handed_on(far: Far) -> None:
    await far.say(LOG, 0, pb.Log(level=20, message="hello").SerializeToString())
    await eventually(lambda: far.logs == ["hello"], "the log was told")


async def test_the_protocol_loses_no_frame_and_no_byte_in_a_storm_of_sizes(far: Far) -> None:
    chance = random.Random(11)
    sizes = [chance.choice([0, 1, 100, 16_384, 65_536, 300_000]) for _ in range(60)]
    waiting = {}
    for size in sizes:
        entry = call(far, Part("a", chance.randbytes(size)))
        waiting[entry.id] = entry

    async def echo() -> None:
        for _ in sizes:
            frame: Frame = await far.frame(10)
            await far.reply(DONE, frame.id, Reply((Part("a", bytes(frame.data)),)))

    await asyncio.wait_for(asyncio.gather(echo(), *(entry.future for entry in waiting.values())), 30)
    for entry in waiting.values():
        reply = entry.future.result()
        assert isinstance(reply, Reply)
        assert bytes(reply.parts[0].data) == bytes(entry.request.parts[0].data)
