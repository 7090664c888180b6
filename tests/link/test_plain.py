"""Plain heads: the same bytes as protobuf's own, and no head that says more is taken for one."""

from __future__ import annotations

import pytest

from athena.link import worker_pb2 as pb
from athena.link.plain import plain, plain_reply, plain_write, read_reply, read_write
from athena.models import EMPTY, Kind, Part, Stage


def test_a_plain_head_is_what_protobuf_writes_and_is_read_back() -> None:
    head = pb.Reply(stage=1, parts=[pb.Part(key="a", kind=2, stage=1, size=7)])
    told = plain_reply("a", Kind.IMAGE, Stage.CONTINUE, 7, Stage.CONTINUE)
    assert pb.Reply.FromString(told) == head
    assert read_reply(told) == ("a", Kind.IMAGE, Stage.CONTINUE, 7, Stage.CONTINUE)
    assert read_write(plain_write("b", Kind.TEXT, Stage.BEGIN, 0)) == ("b", Kind.TEXT, Stage.BEGIN, 0)


@pytest.mark.parametrize(
    "head",
    [
        pb.Request(sid="s", parts=[pb.Part(key="a")]),
        pb.Request(parts=[pb.Part(key="a", seq=0)]),
        pb.Request(parts=[pb.Part(key="a", attributes={"k": "v"})]),
        pb.Request(parts=[pb.Part(key="a"), pb.Part(key="b")]),
        pb.Request(parts=[pb.Part(key="a", kind=5)]),
        pb.Request(parts=[pb.Part(key="a", stage=4)]),
        pb.Request(params={"k": "v"}, parts=[pb.Part(key="a")]),
        pb.Request(parts=[pb.Part(key="a" * 200)]),
        pb.Request(),
    ],
)
def test_a_head_that_says_more_is_read_in_full(head: pb.Request) -> None:
    assert read_write(head.SerializeToString()) is None


def test_what_is_no_message_is_no_plain_head() -> None:
    assert read_write(b"\xff\xff") is None
    assert read_reply(b"\xff\xff") is None
    assert read_reply(pb.Reply(parts=[pb.Part(key="a")]).SerializeToString()) is None, "a reply always says its stage"


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (Part("a"), Part("b")),
        (Part("a", seq=1),),
        (Part("a", attributes={"k": "v"}),),
        (Part("a", memoryview(b"x")),),
        (Part("a" * 200),),
    ],
)
def test_what_is_special_about_parts_makes_them_not_plain(parts: tuple[Part, ...]) -> None:
    assert plain(parts) is None


def test_the_empty_mapping_is_nothing_special() -> None:
    part = Part("a", b"x", attributes=EMPTY)
    assert plain((part,)) is part
