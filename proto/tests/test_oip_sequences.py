"""Sequences on a real kernel: opened, written, read and closed by calls that know nothing of sessions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from athena import Part, Reply, Request, SessionContext, Stage, Wrapper, hookimpl
from athena.errors import Fault, ServiceError
from athena.kernel import Kernel, start
from athena.models import Document, Principal
from athena_proto.oip_calls import Call, Options, Sequence
from athena_proto.oip_sequences import Sequences, alias_of


class Counts(Wrapper):
    """Says how often it was written; twice on the word ``twice``, not at all on ``quiet``."""

    @hookimpl
    def athena_session_create(self, context: SessionContext) -> list[object]:
        return [context, 0]

    @hookimpl
    def athena_session_write(self, session: list, request: Request) -> None:
        session[1] += 1
        word = request.parts[0].text
        if word == "fail":
            raise ServiceError(Fault.USER_ERROR, "asked to")
        if word == "quiet":
            return
        for _ in range(2 if word == "twice" else 1):
            session[0].outbox.emit(Reply((Part.from_text("n", str(session[1])),)))
        if request.ended:
            session[0].outbox.emit(Reply((), Stage.END))


@pytest.fixture
async def kernel() -> AsyncIterator[Kernel]:
    document = Document("[kernel]\ndrain_timeout = 0.1\n", "1", "test.toml")
    async with start(document, wrappers={"counts": Counts()}) as running:
        yield running


def call(
    word: str = "", *, start: bool = False, end: bool = False, id: str = "1", who: str = "me", within=None
) -> Call:
    sequence = Sequence(id, start, end)
    parts = (Part.from_text("w", word, sequence.stage),) if word else ()
    deadline = None if within is None else asyncio.get_running_loop().time() + within
    request = Request("counts", parts=parts, principal=Principal(who), deadline=deadline)
    return Call(request, "", Options(sequence=sequence))


async def said(sequences: Sequences, one: Call) -> list[str]:
    assert one.options.sequence is not None
    reply = await asyncio.wait_for(sequences.answer(one, one.options.sequence), 20)
    return [part.text for part in reply.parts]


async def test_every_call_gets_the_next_reply_and_the_last_one_all_that_remain(kernel: Kernel) -> None:
    sequences = Sequences(kernel.dispatcher)
    assert await said(sequences, call("a", start=True)) == ["1"]
    assert await said(sequences, call("twice")) == ["2"]
    assert await said(sequences, call("b")) == ["2"]
    assert await said(sequences, call("c", end=True)) == ["3", "4"]
    with pytest.raises(ServiceError, match="no sequence 1 of 'counts' is open") as caught:
        await said(sequences, call("late"))
    assert caught.value.fault is Fault.NOT_FOUND


async def test_the_session_is_found_by_the_sequences_name(kernel: Kernel) -> None:
    sequences = Sequences(kernel.dispatcher)
    await said(sequences, call("a", start=True, id="x"))
    session = kernel.dispatcher.session(alias_of("counts", Sequence("x")), Principal("me"))
    await session.close()
    with pytest.raises(ServiceError, match="begin it with sequence_start"):
        await said(sequences, call("b", id="x"))


async def test_sequences_of_two_callers_and_two_ids_do_not_meet(kernel: Kernel) -> None:
    sequences = Sequences(kernel.dispatcher)
    await said(sequences, call("a", start=True))
    await said(sequences, call("a", start=True, id="2"))
    await said(sequences, call("a", start=True, who="you"))
    assert await said(sequences, call("b")) == ["2"]
    with pytest.raises(ServiceError, match="no sequence 2"):
        await said(sequences, call("b", id="2", who="you"))


async def test_a_start_begins_an_open_sequence_anew(kernel: Kernel) -> None:
    sequences = Sequences(kernel.dispatcher)
    await said(sequences, call("a", start=True))
    await said(sequences, call("b"))
    assert await said(sequences, call("c", start=True)) == ["1"]


async def test_calls_of_one_sequence_take_turns(kernel: Kernel) -> None:
    sequences = Sequences(kernel.dispatcher)
    await said(sequences, call("a", start=True))
    found = await asyncio.gather(*(said(sequences, call("x")) for _ in range(20)))
    assert [one for (one,) in found] == [str(number) for number in range(2, 22)]
    assert sequences._turns == {}


async def test_a_write_without_an_answer_comes_back_empty_when_its_time_is_up(kernel: Kernel) -> None:
    sequences = Sequences(kernel.dispatcher)
    assert await said(sequences, call("quiet", start=True, within=0.3)) == []
    assert await said(sequences, call("a", within=10)) == ["2"]


async def test_a_start_and_an_end_without_data_open_and_close(kernel: Kernel) -> None:
    sequences = Sequences(kernel.dispatcher)
    assert await said(sequences, call(start=True)) == []
    assert await said(sequences, call("a")) == ["1"]
    assert await said(sequences, call(end=True, within=0.3)) == []
    with pytest.raises(ServiceError, match="no sequence"):
        await said(sequences, call("b"))


async def test_what_a_write_raises_ends_the_sequence(kernel: Kernel) -> None:
    sequences = Sequences(kernel.dispatcher)
    await said(sequences, call("a", start=True))
    with pytest.raises(ServiceError, match="asked to"):
        await said(sequences, call("fail"))
    with pytest.raises(ServiceError, match="no sequence"):
        await said(sequences, call("b"))
