"""Rows about single calls: what goes in comes out, on every wire alike."""

from __future__ import annotations

import asyncio
import json

from athena.errors import Fault
from athena.models import Expectation, Kind, Part, Request, Stage
from athena.testing.bounded import bounded, refused

from .ground import Ground
from .rows import Rows

__all__ = ["CallRows", "same"]

MANY = 64
MIB = bytes(range(256)) * 4096

SAMPLES = (
    Part("plain", b"hello", Kind.TEXT, Stage.ONCE, None, {"encoding": "utf8"}),
    Part("empty", b"", Kind.OTHER),
    Part("nothing", b"", Kind.TEXT),
    Part("bytes", b"\x00\xff\x00\xfe", Kind.OTHER, Stage.ONCE, 0),
    Part("nul", b"a\x00b", Kind.TEXT, Stage.ONCE, 7, {"format": "plain"}),
    Part("ключ-鍵", "grüße 世界".encode(), Kind.TEXT),
    Part("sound", b"RIFF", Kind.AUDIO, Stage.BEGIN, 1, {"sample_rate": "16000", "channels": "1"}),
    Part("picture", b"\x89PNG\r\n\x1a\n", Kind.IMAGE, Stage.CONTINUE, 2, {"encoding": "png"}),
    Part("film", b"\x00\x00\x00\x18ftyp", Kind.VIDEO, Stage.END, 3, {"note": "ünïcode"}),
)


def same(sent: Part, got: Part) -> None:
    """Both are the same part, by value."""
    facts = [
        (part.key, bytes(part.data), part.kind, part.stage, part.seq, dict(part.attributes)) for part in (sent, got)
    ]
    assert facts[0] == facts[1]


class CallRows(Rows):
    """Once and stream."""

    @bounded
    async def test_every_part_comes_back_as_it_was_sent(self, there: Ground) -> None:
        channel = await there.shared()
        for part in SAMPLES:
            reply = await channel.once(there.request(part))
            assert len(reply.parts) == 1, f"{part} came back as {reply.parts}"
            same(part, reply.parts[0])

    @bounded
    async def test_many_parts_keep_their_order(self, there: Ground) -> None:
        channel = await there.shared()
        parts = tuple(Part(f"part-{number}", bytes([number]), Kind.OTHER) for number in range(MANY))
        reply = await channel.once(there.request(*parts))
        assert [(part.key, bytes(part.data)) for part in reply.parts] == [(part.key, part.data) for part in parts]

    @bounded
    async def test_a_request_without_parts_is_a_request(self, there: Ground) -> None:
        reply = await (await there.shared()).once(there.request())
        assert reply.parts == ()

    @bounded
    async def test_a_mebibyte_comes_back_byte_for_byte(self, there: Ground) -> None:
        reply = await (await there.shared()).once(there.request(Part("big", MIB)))
        assert reply.part("big").tobytes() == MIB

    @bounded
    async def test_attributes_of_the_reply_survive(self, there: Ground) -> None:
        request = there.request(Part("a", b"1"), reply_model="v3", reply_note="ünï")
        reply = await (await there.shared()).once(request)
        assert {"model": "v3", "note": "ünï"}.items() <= dict(reply.attributes).items()

    @bounded
    async def test_the_wrapper_sees_who_calls_and_what_they_say(self, there: Ground) -> None:
        wish = Expectation("seen", Kind.TEXT, {"encoding": "utf8", "format": "json"})
        asked = there.request(do="see", word="grüße", tag=there.tag(), timeout="7", self="me")
        asked = Request(
            "probe",
            params=asked.params,
            headers={**asked.headers, "x-own": "yes"},
            expect=(wish,),
            deadline=asked.deadline,
        )
        reply = await (await there.shared()).once(asked)
        seen = json.loads(reply.part("seen").text)
        assert seen["service"] == "probe"
        assert seen["sid"], "the kernel mints an id for every call"
        assert dict(asked.params).items() <= seen["params"].items()
        assert seen["headers"]["x-own"] == "yes"
        assert seen["expect"] == [["seen", 0, {"encoding": "utf8", "format": "json"}]]
        assert seen["principal"] == "somebody"
        assert 5 < seen["remaining"] <= 15

    @bounded
    async def test_an_iterator_is_delivered_item_by_item(self, there: Ground) -> None:
        gate = there.folder / there.tag()
        replies = (await there.shared()).stream(there.request(do="count", n="3", wait_for=str(gate)))
        first = await replies.__anext__()
        gate.touch()  # only now does the wrapper make the second item
        rest = [reply async for reply in replies]
        assert [reply.part("item").text for reply in (first, *rest) if reply.parts] == ["0", "1", "2"]

    @bounded
    async def test_a_long_stream_arrives_whole_and_in_order(self, there: Ground) -> None:
        replies = (await there.shared()).stream(there.request(do="count", n="500"))
        items = [reply.part("item").text async for reply in replies if reply.parts]
        assert items == [str(number) for number in range(500)]

    @bounded
    async def test_once_joins_what_an_iterator_yields(self, there: Ground) -> None:
        reply = await (await there.shared()).once(there.request(do="count", n="5"))
        assert reply.part("item").text == "01234"

    @bounded
    async def test_a_plain_reply_is_a_stream_of_one(self, there: Ground) -> None:
        replies = (await there.shared()).stream(there.request(Part("a", b"1", Kind.OTHER)))
        with_parts = [reply async for reply in replies if reply.parts]
        assert len(with_parts) == 1
        same(Part("a", b"1"), with_parts[0].parts[0])

    @bounded
    async def test_calls_at_once_are_not_mixed_up(self, there: Ground) -> None:
        channel = await there.shared()

        async def one(number: int) -> None:
            reply = await channel.once(there.request(Part("n", str(number).encode()), reply_n=str(number)))
            assert (reply.part("n").text, reply.attributes["n"]) == (str(number), str(number))

        await asyncio.gather(*(one(number) for number in range(MANY)))

    @bounded
    async def test_a_batching_wrapper_answers_single_calls(self, there: Ground) -> None:
        channel = await there.shared()
        reply = await channel.once(there.request(Part("a", b"1"), service="batch"))
        assert reply.part("a").tobytes() == b"1"
        error = await refused(channel.once(there.request(service="batch", bad="exception")), Fault.USER_ERROR)
        assert error.executed.value == "yes"
