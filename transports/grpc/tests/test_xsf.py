"""A client made of the documented messages alone calls a kernel as it would call a loader of upstream's."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

import athena
from athena import Part, Reply, Request, Stage, Wrapper, fields, hookimpl
from athena.errors import Fault, ServiceError
from athena.models import Document

from .upstream_messages import messages

M = messages()
STREAM, ONCE = 0, 1
BEGIN, CONTINUE, END = "0", "1", "2"


class Echo(Wrapper):
    """Upper case, once; in a session each write is answered, and a ``refused`` one ends it."""

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        if request.params.get("fail"):
            raise ServiceError(Fault.USER_ERROR, "as asked", code=40001)
        return Reply(tuple(Part(part.key, bytes(part.data).upper(), part.kind) for part in request.parts))

    @hookimpl
    def athena_session_create(self, context: Any) -> Any:
        return context

    @hookimpl
    def athena_session_write(self, session: Any, request: Request) -> None:
        for part in request.parts:
            if part.data == b"refused":
                raise ServiceError(Fault.USER_ERROR, "that word", code=40002)
            stage = Stage.END if part.stage is Stage.END else Stage.CONTINUE
            session.outbox.emit(Reply((Part(part.key, bytes(part.data).upper(), part.kind, stage),), stage))


class Described(Wrapper):
    """Says what it gives, and what was expected of it."""

    outputs = (fields.text("said"),)

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        return Reply((Part.from_text("said", " ".join(f"{wish.key}:{wish.kind}" for wish in request.expect)),))


class Loader:
    """Calls, and takes answers apart."""

    def __init__(self, call: Any) -> None:
        self._call = call
        self.session: Any = M["Session"]()

    async def ask(self, op: str, inner: Any = None, **param: str) -> Any:
        message = M["ReqData"](op=op, s=self.session, param=param)
        if inner is not None:
            message.data.add(data=inner.SerializeToString())
        answer = M["ResData"].FromString(await self._call(message.SerializeToString(), timeout=10))
        self.session = answer.s
        return answer

    async def output(self, op: str, inner: Any = None, **param: str) -> Any:
        return M["LoaderOutput"].FromString((await self.ask(op, inner, **param)).data[0].data)

    async def until(self, count: int) -> list[Any]:
        """Payloads, read one after another."""
        found: list[Any] = []
        while len(found) < count:
            output = await asyncio.wait_for(self.output("AIOut", SeqNo="2", waitTime="1000"), 10)
            assert output.code == 0, output.err
            found.extend(output.pl)
        return found


def given(data: bytes, *, state: int, status: str = "", number: int = 0, **more: Any) -> Any:
    inner = M["LoaderInput"](serviceId="echo", state=state, sync_id=number, **more)
    inner.pl.add(meta=M["MetaDesc"](name="text", attribute={"status": status} if status else {}), data=data)
    return inner


@pytest.fixture
async def loader() -> AsyncIterator[Loader]:
    toml = Document("[transports.grpc]\nport = 0\n", origin="xsf.toml")
    async with (
        athena.start(toml, wrappers={"echo": Echo, "described": Described}) as kernel,
        grpc.aio.insecure_channel(kernel.endpoints[0].url.partition("://")[2]) as channel,
    ):
        yield Loader(channel.unary_unary("/utils.XsfCall/call"))


async def test_once(loader: Loader) -> None:
    answer = await loader.ask("AIIn", given(b"abc", state=ONCE), SeqNo="1", waitTime="5000")
    output = M["LoaderOutput"].FromString(answer.data[0].data)
    assert (answer.code, output.code, output.status, output.serviceId) == (0, 0, 3, "echo")
    (payload,) = output.pl
    assert (payload.meta.name, payload.data) == ("text", b"ABC")
    assert (payload.meta.attribute["seq"], payload.meta.attribute["status"]) == ("0", "3")


async def test_a_handle_leads_back_to_the_server(loader: Loader) -> None:
    answer = await loader.ask("ping")
    host, _, port = answer.s.sess["PeerAddr"].rpartition(":")
    assert re.fullmatch(r"0[0-9a-f]{25}", answer.s.h)
    assert ".".join(str(int(answer.s.h[at : at + 2], 16)) for at in (1, 3, 5, 7)) == host
    assert int(answer.s.h[9:13], 16) == int(port)


async def test_a_stream_of_many_frames(loader: Loader) -> None:
    first = await loader.output("AIIn", M["LoaderInput"](serviceId="echo", sync_id=1), SeqNo="1")
    assert (first.code, len(first.pl)) == (0, 0)
    brought: list[Any] = []
    for number, status in ((2, BEGIN), (3, CONTINUE), (4, CONTINUE)):
        inner = given(b"frame%d" % number, state=STREAM, status=status, number=number)
        brought += (await loader.output("AIIn", inner, SeqNo="2")).pl
    last = await loader.output("AIIn", given(b"last", state=STREAM, status=END, number=5), SeqNo="2")
    brought += last.pl
    brought += await loader.until(4 - len(brought))
    assert [payload.data for payload in brought] == [b"FRAME2", b"FRAME3", b"FRAME4", b"LAST"]
    assert [payload.meta.attribute["seq"] for payload in brought] == ["1", "2", "3", "4"]
    assert brought[-1].meta.attribute["status"] == END
    assert (await loader.output("AIOut", SeqNo="2")).code == 10101, "known, and given back"


async def test_packets_that_overtake_each_other_are_put_in_order_and_copies_run_once(loader: Loader) -> None:
    await loader.ask("AIIn", M["LoaderInput"](serviceId="echo", sync_id=1), SeqNo="1")
    packets = [given(b"%d" % number, state=STREAM, status=CONTINUE, number=number) for number in (4, 2, 3, 2, 4)]
    outputs = await asyncio.gather(*(loader.output("AIIn", packet, SeqNo="2") for packet in packets))
    found = [payload.data for output in outputs for payload in output.pl]
    found += [payload.data for payload in await loader.until(3 - len(found))]
    assert sorted(found) == [b"2", b"3", b"4"]
    assert [output.code for output in outputs] == [0] * 5
    await loader.ask("AIExcp", SeqNo="2")


async def test_what_the_wrapper_raises_is_told_inside_with_its_code(loader: Loader) -> None:
    answer = await loader.ask("AIIn", given(b"", state=ONCE, params={"fail": "1"}), SeqNo="1", waitTime="5000")
    output = M["LoaderOutput"].FromString(answer.data[0].data)
    assert (answer.code, output.code, output.err, output.status) == (0, 40001, "as asked", 2)
    await loader.ask("AIIn", M["LoaderInput"](serviceId="echo"), SeqNo="1")
    await loader.ask("AIIn", given(b"refused", state=STREAM, status=CONTINUE), SeqNo="2")
    output = await loader.output("AIOut", SeqNo="2", waitTime="5000")
    assert output.code in (40002, 10101), "the terminal fault, unless the write's own answer has brought it"


async def test_an_abort_ends_the_session_and_a_handle_nobody_knows_is_10008(loader: Loader) -> None:
    await loader.ask("AIIn", M["LoaderInput"](serviceId="echo"), SeqNo="1")
    assert not (await loader.ask("AIExcp", SeqNo="2")).data
    assert (await loader.output("AIOut", SeqNo="2")).code == 10101
    loader.session = M["Session"](h="0" * 26)
    assert (await loader.output("AIOut", SeqNo="2")).code == 10008


async def test_bad_packets_are_answered_and_harm_nobody(loader: Loader) -> None:
    assert (await loader.output("AIDance")).code == 10003
    assert (await loader.output("AIIn")).code == 10163
    unknown = M["LoaderInput"](serviceId="nobody", state=ONCE)
    assert (await loader.output("AIIn", unknown, SeqNo="1")).code == 10404
    for idle in ("AIHotword", "AILBType", "AIDetect", "AILoad", "AIUnLoad"):
        assert (await loader.ask(idle)).code == 0
    assert (await loader.output("AIIn", given(b"x", state=ONCE), SeqNo="1", waitTime="5000")).code == 0


async def test_where_there_is_no_room_the_code_stands_outside_too_and_the_next_one_finds_it() -> None:
    toml = Document("[services.echo]\nmax_sessions = 1\n[transports.grpc]\nport = 0\n", origin="x.toml")
    async with (
        athena.start(toml, wrappers={"echo": Echo}) as kernel,
        grpc.aio.insecure_channel(kernel.endpoints[0].url.partition("://")[2]) as channel,
    ):
        one, other = (Loader(channel.unary_unary("/utils.XsfCall/call")) for _ in range(2))
        opening = M["LoaderInput"](serviceId="echo", sync_id=1)
        assert (await one.ask("AIIn", opening, SeqNo="1")).code == 0
        refused = await other.ask("AIIn", opening, SeqNo="1")
        inner = M["LoaderOutput"].FromString(refused.data[0].data)
        assert (refused.code, inner.code, inner.status) == (10110, 10110, 2)
        assert "max_sessions" in refused.error_info
        await one.ask("AIExcp", SeqNo="2")
        other.session = M["Session"]()
        assert (await other.ask("AIIn", opening, SeqNo="1")).code == 0
        await other.ask("AIExcp", SeqNo="2")


async def test_what_a_client_does_not_expect_is_filled_in_from_the_description(loader: Loader) -> None:
    silent = M["LoaderInput"](serviceName="described", state=ONCE)
    output = await loader.output("AIIn", silent, SeqNo="1", waitTime="5000")
    assert output.pl[0].data == b"said:0", "by its name too, where there is no id"
    loader.session = M["Session"]()
    told = M["LoaderInput"](serviceId="described", state=ONCE, expect=[M["MetaDesc"](name="other", dataType=2)])
    assert (await loader.output("AIIn", told, SeqNo="1", waitTime="5000")).pl[0].data == b"other:2"
