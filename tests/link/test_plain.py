"""Plain heads: what protobuf reads in them is what was said, and no head that says more is taken for one."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena.link import plain as room
from athena.link import worker_pb2 as pb
from athena.link.plain import call_head, plain, read_call, read_reply, read_write, reply_head, write_head
from athena.models import ANONYMOUS, EMPTY, Expectation, Kind, Part, Principal, Reply, Request, Stage

STRINGS = st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=4)
PARTS = st.builds(
    Part, st.text(max_size=20), st.binary(max_size=300), st.sampled_from(Kind), st.sampled_from(Stage),
    st.none(), STRINGS,
)  # fmt: skip
PRINCIPALS = st.sampled_from([ANONYMOUS, Principal("a"), Principal("b", "jwt", frozenset({"ocr"}), 7.5, "ab")])
SIDS = st.text("0123456789abcdef", min_size=1, max_size=127)


@given(SIDS, PARTS, STRINGS, STRINGS, PRINCIPALS, st.booleans(), st.one_of(st.none(), st.floats(0, 30_000)))
def test_a_call_is_what_protobuf_reads_and_is_read_back(
    sid: str,
    part: Part,
    params: dict[str, str],
    headers: dict[str, str],
    who: Principal,
    held: bool,
    left: float | None,
) -> None:
    deadline = None if left is None else time.monotonic() + left + 1
    head = call_head(Request("s", sid, (part,), params, headers, (), deadline, who), part, held)
    assert head is not None
    seen = pb.Request.FromString(head)
    said = pb.Part(key=part.key, kind=part.kind, stage=part.stage, attributes=part.attributes, size=len(part.data))
    assert (seen.sid, list(seen.parts), dict(seen.params), dict(seen.headers)) == (sid, [said], params, headers)
    assert (seen.held, seen.HasField("remaining_us")) == (held, left is not None)
    told = read_call(head)
    assert told is not None
    assert (told[0], told[3]) == (sid, len(part.data))
    assert told[1] is None if left is None else told[1] == seen.remaining_us / 1e6
    assert told[2] == (part.key, part.kind, part.stage, part.attributes, params, headers, who, held, Stage.ONCE, EMPTY)


@given(PARTS, st.sampled_from(Stage), STRINGS)
def test_a_reply_and_a_write_are_what_protobuf_reads_and_are_read_back(
    part: Part, of: Stage, about: dict[str, str]
) -> None:
    said = pb.Part(key=part.key, kind=part.kind, stage=part.stage, attributes=part.attributes, size=len(part.data))
    head = reply_head(Reply((part,), of, about), part)
    assert pb.Reply.FromString(head) == pb.Reply(parts=[said], stage=of, attributes=about)
    told = read_reply(head)
    assert told is not None
    kept, size = told
    assert (kept.key, kept.kind, kept.stage, kept.attributes) == (part.key, part.kind, part.stage, part.attributes)
    assert (kept.of, kept.about, size) == (of, about, len(part.data))
    head = write_head(Request("s", "sid", (part,), about, about), part)
    assert pb.Request.FromString(head) == pb.Request(parts=[said], params=about, headers=about)
    written = read_write(head)
    assert written is not None
    kept, size = written
    assert (kept.key, kept.params, kept.headers, size) == (part.key, about, about, len(part.data))


@given(st.binary(max_size=80))
def test_what_is_read_in_a_plain_head_is_what_protobuf_reads(junk: bytes) -> None:
    told = read_reply(junk)
    if told is not None:
        seen = pb.Reply.FromString(junk)
        assert (seen.parts[0].key, seen.parts[0].size, seen.stage) == (told[0].key, told[1], told[0].of)
    call = read_call(junk)
    if call is not None:
        request = pb.Request.FromString(junk)
        assert (request.sid, request.parts[0].key, request.parts[0].size) == (call[0], call[2].key, call[3])


@pytest.mark.parametrize(
    "head",
    [
        pb.Request(sid="s", parts=[pb.Part(key="a", seq=0)]),
        pb.Request(sid="s", parts=[pb.Part(key="a"), pb.Part(key="b")]),
        pb.Request(sid="s", parts=[pb.Part(key="a", kind=5)]),
        pb.Request(sid="s", parts=[pb.Part(key="a", stage=4)]),
        pb.Request(sid="s", parts=[pb.Part(key="a")], expect=[pb.Expectation(key="e")]),
        pb.Request(sid="s", parts=[pb.Part(key="a")], remaining_us=5),
        pb.Request(sid="s" * 200, parts=[pb.Part(key="a")]),
        pb.Request(sid="s"),
        pb.Request(),
    ],
)
def test_a_head_that_says_more_is_read_in_full(head: pb.Request) -> None:
    wide = b"\x30\x81\x80\x80\x80\x00"  # the size 1, as a plain head ends
    for told in (head.SerializeToString(), head.SerializeToString() + wide, head.SerializeToString() + wide[1:]):
        assert read_call(told) is None
        assert read_write(told) is None


def test_a_size_behind_a_whole_part_is_no_size() -> None:
    part = pb.Part(key="a", size=3).SerializeToString()
    told = pb.Reply(stage=3).SerializeToString() + b"\x0a" + bytes((len(part),)) + part + b"\x80\x80\x80\x80\x00"
    assert read_reply(told) is None


def test_what_is_no_message_is_no_plain_head() -> None:
    for junk in (b"", b"\xff\xff", b"\x0a", b"\x0a\x7f" + b"x" * 20, b"\x80\x80\x80\x80\x00"):
        assert read_call(junk) is None
        assert read_write(junk) is None
        assert read_reply(junk) is None
    late = pb.Reply(parts=[pb.Part(key="a")]).SerializeToString()
    assert read_reply(late) is None, "a reply always says its stage"


@pytest.mark.parametrize(
    "request_",
    [
        Request("s", "", (Part("a"),)),
        Request("s", "x" * 128, (Part("a"),)),
        Request("s", "ü" * 100, (Part("a"),)),
        Request("s", "1", (Part("a"),), expect=(Expectation("a"),)),
        Request("s", "1", (Part("a"),), deadline=1.0),
        Request("s", "1", (Part("a"),), deadline=time.monotonic() + 40_000),
    ],
)
def test_what_has_no_place_in_a_plain_head_is_written_out(request_: Request) -> None:
    assert call_head(request_, request_.parts[0], held=False) is None


@pytest.mark.parametrize("parts", [(), (Part("a"), Part("b")), (Part("a", seq=1),), (Part("a", memoryview(b"x")),)])
def test_what_is_special_about_parts_makes_them_not_plain(parts: tuple[Part, ...]) -> None:
    assert plain(parts) is None


def test_what_is_kept_is_bounded_in_number_and_in_length() -> None:
    for number in range(3000):
        write_head(Request("s"), Part(f"key {number}"))
    assert 0 < len(room._calls) <= 1024
    before = len(room._calls)
    head = write_head(Request("s"), Part("k" * 2000))
    assert len(room._calls) == before
    assert read_write(head) is not None
    assert all(len(key) <= 1024 for key in room._read_calls)


def test_a_number_of_the_wrong_type_is_refused_as_protobuf_refuses_it() -> None:
    with pytest.raises((TypeError, ValueError)):
        write_head(Request("s"), Part("a", b"", 9 << 40))  # type: ignore[arg-type]  # what a careless caller does
    with pytest.raises((TypeError, ValueError)):
        write_head(Request("s"), Part("\ud800"))
