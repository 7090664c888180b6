"""With ``[kernel] debug`` an answer that is not what its wrapper declares is refused, of whatever it is part."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from athena import Part, Reply, Request, SessionContext, Stage, Wrapper, fields, hookimpl
from athena.errors import Fault
from athena.kernel import start
from athena.models import Document
from athena.testing.bounded import refused


class Liar(Wrapper):
    """Declares ``text``, and answers with whatever key it is asked for."""

    inputs = (fields.text("key"),)
    outputs = (fields.text("text"),)

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        return Reply((Part.from_text(request.part("key").text, "x"),))

    @hookimpl
    def athena_session_create(self, context: SessionContext) -> SessionContext:
        return context

    @hookimpl
    def athena_session_write(self, session: SessionContext, request: Request) -> None:
        session.outbox.emit(Reply((Part.from_text(request.part("key").text, "x"),), Stage.CONTINUE))


class Flowing(Liar):
    """Answers piece by piece."""

    @hookimpl
    def athena_once_exec(self, request: Request) -> Iterator[Reply]:  # type: ignore[override]
        for key in request.part("key").text.split():
            yield Reply((Part.from_text(key, "x"),))


def asked(service: str, key: str, stage: Stage = Stage.ONCE) -> Request:
    return Request(service, parts=(Part.from_text("key", key, stage),))


@pytest.mark.parametrize("debug", [False, True])
async def test_calls_streams_and_sessions_are_judged_when_they_are_to_be(debug: bool) -> None:
    text = f"[kernel]\ndebug = {str(debug).lower()}\n"
    async with start(Document(text, origin="judged.toml"), wrappers={"liar": Liar, "flowing": Flowing}) as kernel:
        assert (await kernel.once("liar", asked("liar", "text"))).part("text").text == "x"
        session = await kernel.open("liar")
        await session.write(asked("liar", "text", Stage.CONTINUE))
        assert (await session.read()).part("text").text == "x"
        await session.write(asked("liar", "txt", Stage.CONTINUE))
        if not debug:
            assert (await session.read()).part("txt").text == "x"
            assert (await kernel.once("liar", asked("liar", "txt"))).part("txt").text == "x"
            await session.close()
            return
        error = await refused(session.read(), Fault.USER_ERROR)
        assert error.message == "the answer is not what the wrapper declares: payload.txt: unknown; it declares: text"
        await refused(session.read(), Fault.SESSION_CLOSED)
        error = await refused(kernel.once("liar", asked("liar", "txt")), Fault.USER_ERROR)
        assert "payload.text: missing" in error.message
        flow = kernel.stream("flowing", asked("flowing", "text txt text"))
        assert (await anext(flow)).part("text").text == "x"
        error = await refused(anext(flow), Fault.USER_ERROR)
        assert "payload.txt: unknown" in error.message
