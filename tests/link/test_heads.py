"""Heads: what goes in comes out, and what the wire cannot hold is a fault with a sentence."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from athena.errors import Executed, Fault, ServiceError
from athena.link import worker_pb2 as pb
from athena.link.faults import fault_of
from athena.link.frames import CALL, DONE, RESOURCE_LOAD, WRITE, Frame, FrameError
from athena.link.heads import (
    Encoded,
    encode_reply,
    encode_request,
    encode_resource,
    encode_write,
    reply_of,
    request_of,
    resource_of,
    write_of,
)
from athena.link.token import Token
from athena.models import ANONYMOUS, Expectation, Kind, Part, Principal, Reply, Request, Resource, Stage

text = st.text(st.characters(blacklist_categories=["Cs"]), max_size=12)
mapping = st.dictionaries(text, text, max_size=3)
seqs = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1))
parts = st.builds(
    Part, text, st.binary(max_size=64), st.sampled_from(Kind), st.sampled_from(Stage), seqs, mapping
)  # fmt: skip
part_tuples = st.lists(parts, max_size=4).map(tuple)


def framed(kind: int, encoded: Encoded) -> Frame:
    head, segments, size = encoded
    data = b"".join(segments)
    assert len(data) == size
    return Frame(kind, 1, head, data)


def told(part: Part) -> tuple[object, ...]:
    return part.key, bytes(part.data), part.kind, part.stage, part.seq, dict(part.attributes)


@settings(max_examples=100, deadline=None)
@given(part_tuples, mapping, mapping, st.sampled_from(Stage))
def test_requests_and_replies_come_out_as_they_went_in(
    some: tuple[Part, ...], params: dict[str, str], attributes: dict[str, str], stage: Stage
) -> None:
    request = Request("svc", "sid", some, params, attributes)
    found, held = request_of(framed(CALL, encode_request(request)), "svc", None)
    assert not held
    assert [told(part) for part in found.parts] == [told(part) for part in some]
    assert (found.sid, dict(found.params), dict(found.headers)) == ("sid", params, attributes)
    reply = reply_of(framed(DONE, encode_reply(Reply(some, stage, attributes))))
    assert [told(part) for part in reply.parts] == [told(part) for part in some]
    assert (reply.stage, dict(reply.attributes)) == (stage, attributes)


@pytest.mark.parametrize(
    "principal",
    [
        ANONYMOUS,
        Principal("ann", "keys"),
        Principal("ann", "keys", frozenset({"ocr", "asr"}), 1234.5, "ab" * 32),
        Principal("ann", scopes=frozenset()),
    ],
)
def test_a_principal_keeps_the_difference_between_no_scopes_and_all(principal: Principal) -> None:
    request = Request("svc", principal=principal)
    found, _ = request_of(framed(CALL, encode_request(request)), "svc", None)
    assert found.principal == principal


def test_a_deadline_travels_as_time_that_is_left() -> None:
    token = Token()
    request = Request("svc", deadline=time.monotonic() + 5.0, expect=(Expectation("a"), Expectation("b", Kind.TEXT)))
    frame = framed(CALL, encode_request(request, held=True))
    assert 4_000_000 < pb.Request.FromString(frame.head).remaining_us <= 5_000_000
    found, held = request_of(frame, "svc", token)
    assert held
    assert found.cancellation is token
    assert found.remaining is not None
    assert 4.0 < found.remaining <= 5.0
    assert found.expect == request.expect
    without, _ = request_of(framed(CALL, encode_request(Request("svc"))), "svc", None)
    assert without.deadline is None


@settings(max_examples=100, deadline=None)
@given(part_tuples, mapping, mapping)
def test_a_write_leaves_out_what_is_the_sessions_and_loses_nothing_else(
    some: tuple[Part, ...], params: dict[str, str], headers: dict[str, str]
) -> None:
    opening = Request("svc", "sid", deadline=7.0, principal=Principal("ann"))
    frame = framed(WRITE, encode_write(Request("x", "y", some, params, headers, principal=Principal("eve"))))
    found = write_of(frame, opening)
    assert [told(part) for part in found.parts] == [told(part) for part in some]
    assert (dict(found.params), dict(found.headers)) == (params, headers)
    assert (found.service, found.sid, found.deadline, found.principal) == ("svc", "sid", 7.0, Principal("ann"))
    for unsaid in (b"eve", b"sid"):
        assert unsaid not in frame.head or unsaid in str(([told(part) for part in some], params, headers)).encode()


@pytest.mark.parametrize(
    "request_",
    [
        Request("svc", params={"k": "\ud800"}),
        Request("svc", params={"k": 5}),  # type: ignore[dict-item]
        Request("svc", parts=(Part("a", seq=2**63),)),
    ],
)
def test_a_request_the_wire_cannot_hold_is_a_bad_request(request_: Request) -> None:
    with pytest.raises(ServiceError) as caught:
        encode_request(request_)
    assert caught.value.fault is Fault.BAD_REQUEST


def test_a_reply_the_wire_cannot_hold_is_the_wrappers_error() -> None:
    with pytest.raises(ServiceError) as caught:
        encode_reply(Reply((Part.from_text("a", "x", encoding="\ud800"),)))
    assert (caught.value.fault, caught.value.executed) == (Fault.USER_ERROR, Executed.YES)


def test_heads_above_the_limit_are_too_large() -> None:
    huge = {"k": "x" * (5 * 1024 * 1024)}
    for encode in (
        lambda: encode_request(Request("svc", headers=huge)),
        lambda: encode_reply(Reply((), attributes=huge)),
    ):
        with pytest.raises(ServiceError) as caught:
            encode()
        assert caught.value.fault is Fault.TOO_LARGE


@pytest.mark.parametrize(
    ("part", "data"),
    [
        (pb.Part(key="a", size=5), b"1234"),
        (pb.Part(key="a", size=3), b"1234"),
        (pb.Part(key="a", kind=5, size=4), b"1234"),
        (pb.Part(key="a", stage=4, size=4), b"1234"),
        (pb.Part(key="a", size=2**63), b"1234"),
    ],
)
def test_sizes_and_enums_that_do_not_fit_are_refused(part: pb.Part, data: bytes) -> None:
    head = pb.Reply(parts=[part]).SerializeToString()
    with pytest.raises(FrameError):
        reply_of(Frame(DONE, 1, head, data))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80), st.binary(max_size=20))
def test_no_head_whatever_raises_anything_but_the_protocols_error(head: bytes, data: bytes) -> None:
    frame = Frame(DONE, 1, head, data)
    for read in (reply_of, fault_of, resource_of, lambda it: request_of(it, "svc", None)):
        try:
            read(frame)
        except FrameError as error:
            assert str(error)


def test_a_resource_comes_out_as_it_went_in() -> None:
    resource = Resource("voice", (Part("a", b"12"), Part("b", memoryview(b"345"))), {"lang": "en"})
    found = resource_of(framed(RESOURCE_LOAD, encode_resource(resource)))
    assert (found.id, dict(found.attributes)) == ("voice", {"lang": "en"})
    assert [told(part) for part in found.parts] == [told(part) for part in resource.parts]


def test_data_of_large_frames_is_not_copied() -> None:
    data = memoryview(bytes(1000))
    head = pb.Reply(parts=[pb.Part(key="a", size=400), pb.Part(key="b", size=600)], stage=3).SerializeToString()
    first, second = reply_of(Frame(DONE, 1, head, data)).parts
    for part in (first, second):
        assert isinstance(part.data, memoryview)
        assert part.data.obj is data.obj
