"""Entries: a call has one end, its slot is free before its caller is told, and its credit flows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from athena.errors import Executed, Fault, PluginBroken, ServiceError
from athena.link import worker_pb2 as pb
from athena.link.entries import Call, Greeting, Once, Question, Stream
from athena.link.frames import (
    CALL,
    CHECK,
    DONE,
    FAULT,
    HELLO,
    ITEM,
    KINDS,
    PHASE,
    PONG,
    READY,
    REFUSED,
    Frame,
    FrameError,
)
from athena.link.greeting import Ready, encode_ready, encode_refusal
from athena.link.heads import encode_request
from athena.models import Description, Part, Reply, Request
from athena.testing.bounded import eventually, refused

from .far import Far


def once(far: Far, limit: int = 1 << 20, ended: Callable[[Call], None] = lambda it: None) -> Once:
    entry = Once(Request("svc"), ended, asyncio.get_running_loop().create_future(), limit)
    begun(far, entry)
    return entry


def begun(far: Far, entry: Call) -> None:
    entry.peer = far.peer
    far.peer.begin(CALL, entry, *encode_request(entry.request))


async def test_the_slot_is_free_before_the_caller_is_told(far: Far) -> None:
    seen: list[bool] = []
    entry = once(far, ended=lambda it: seen.append(entry.future.done()))
    await far.reply(DONE, (await far.frame()).id, Reply())
    await asyncio.wait_for(entry.future, 5)
    assert seen == [False]
    assert entry.over


async def test_an_iterators_items_are_gathered_and_their_credit_is_given_at_once(far: Far) -> None:
    entry = once(far)
    id = (await far.frame()).id
    for n in range(3):
        await far.reply(ITEM, id, Reply((Part("n", bytes(n)),)))
    assert await far.names(3) == ["CREDIT"] * 3
    await far.say(DONE, id)
    items = await asyncio.wait_for(entry.future, 5)
    assert isinstance(items, list)
    assert [len(reply.parts[0].data) for reply in items] == [0, 1, 2]


async def test_items_beyond_the_limit_are_too_large_and_get_no_credit(far: Far) -> None:
    entry = once(far, limit=100)
    id = (await far.frame()).id
    await far.reply(ITEM, id, Reply((Part("n", bytes(101)),)))
    error = await refused(entry.future, Fault.TOO_LARGE)
    assert error.executed is Executed.YES
    assert not entry.over
    assert await far.silent()


async def test_a_fault_is_the_callers_error(far: Far) -> None:
    entry = once(far)
    await far.fault(FAULT, (await far.frame()).id, ServiceError(Fault.USER_ERROR, "no", code=42))
    error = await refused(entry.future, Fault.USER_ERROR)
    assert error.code == 42


async def test_a_nonsensical_answer_fails_its_own_call_too(far: Far) -> None:
    entry = once(far)
    await far.say(DONE, (await far.frame()).id, pb.Reply(stage=9).SerializeToString())
    await refused(entry.future, Fault.WORKER_LOST)
    await eventually(lambda: bool(far.reasons), "the peer was lost")


async def test_a_stream_ends_with_its_last_reply_or_its_fault(far: Far) -> None:
    first, second = Stream(Request("svc"), lambda it: None), Stream(Request("svc"), lambda it: None)
    begun(far, first)
    begun(far, second)
    await far.names(2)
    await far.reply(ITEM, first.id, Reply())
    await far.reply(DONE, first.id, Reply((Part("last"),)))
    await far.reply(ITEM, second.id, Reply())
    await far.fault(FAULT, second.id, ServiceError(Fault.USER_ERROR, "no"))
    got = [await first.inbox.get(5) for _ in range(3)]
    assert [reply is not None and bool(reply.parts) for reply in got] == [False, True, False]
    assert first.inbox.over
    assert await second.inbox.get(5) is not None
    with pytest.raises(ServiceError, match="no"):
        await second.inbox.get(5)


async def test_a_question_is_answered_with_yes_or_with_the_refusal(far: Far) -> None:
    loop = asyncio.get_running_loop()
    questions = [Question(loop.create_future()) for _ in range(4)]
    for question in questions:
        far.peer.begin(CHECK, question, b"")
    await far.names(4)
    await far.say(DONE, questions[0].id)
    await far.say(PONG, questions[1].id)
    await far.say(REFUSED, questions[2].id, encode_refusal(PluginBroken("I will not")))
    await asyncio.wait_for(questions[0].future, 5)
    await asyncio.wait_for(questions[1].future, 5)
    with pytest.raises(PluginBroken, match="I will not"):
        await asyncio.wait_for(questions[2].future, 5)
    far.peer.close("was killed")
    await refused(questions[3].future, Fault.WORKER_LOST)


async def test_a_greeting_follows_the_worker_to_ready(far: Far) -> None:
    greeting = Greeting(asyncio.get_running_loop().create_future())
    far.peer.greet(HELLO, greeting, b"")
    frame = await far.frame()
    assert (KINDS[frame.kind], frame.id, greeting.phase) == ("HELLO", 0, "start")
    await far.say(PHASE, 0, pb.Phase(name="init").SerializeToString())
    await eventually(lambda: greeting.phase == "init", "the phase was told")
    ready = Ready(Description("1"))
    await far.say(READY, 0, encode_ready(ready))
    assert await asyncio.wait_for(greeting.future, 5) == ready
    # Its id is free again: a second READY is one too many.
    await far.say(READY, 0, encode_ready(ready))
    await eventually(lambda: bool(far.reasons), "the peer was lost")


def test_frames_that_make_no_sense_for_an_entry_break_the_protocol() -> None:
    loop = asyncio.new_event_loop()
    frame_for = [(Greeting(loop.create_future()), DONE), (Question(loop.create_future()), READY)]
    for entry, kind in frame_for:
        with pytest.raises(FrameError, match="a frame of kind"):
            entry.take(Frame(kind, 1, b"", b""))
    loop.close()
