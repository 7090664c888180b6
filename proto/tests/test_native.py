"""The native codec: what goes in comes out, and what is no request is BAD_REQUEST, whatever the bytes."""

from __future__ import annotations

import hashlib
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena.errors import Fault, ServiceError
from athena.models import Expectation, Kind, Part, Principal, Reply, Request, Stage
from athena_proto import inference_pb2 as pb
from athena_proto import native

TEXTS = st.text(max_size=20)
MAPS = st.dictionaries(TEXTS, TEXTS, max_size=4)
PARTS = st.builds(
    Part,
    key=TEXTS,
    data=st.binary(max_size=200),
    kind=st.sampled_from(Kind),
    stage=st.sampled_from(Stage),
    seq=st.none() | st.integers(0, 2**63),
    attributes=MAPS,
)


def plain(parts: tuple[Part, ...]) -> list[tuple[object, ...]]:
    return [(p.key, bytes(p.data), p.kind, p.stage, p.seq, dict(p.attributes)) for p in parts]


def refusal(data: bytes, *segments: bytes, **more: int) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        native.decode_request(data, segments, **more)  # type: ignore[arg-type]
    return caught.value


@given(
    st.builds(
        Request,
        service=TEXTS,
        sid=TEXTS,
        parts=st.lists(PARTS, max_size=20).map(tuple),
        params=MAPS,
        headers=MAPS,
        expect=st.lists(st.builds(Expectation, TEXTS, st.none() | st.sampled_from(Kind), MAPS), max_size=3).map(tuple),
    ),
    TEXTS,
)
def test_a_request_survives_the_wire(request_: Request, alias: str) -> None:
    back, named = native.decode_request(native.encode_request(request_, alias))
    assert named == alias
    assert (back.service, back.sid, plain(back.parts)) == (request_.service, request_.sid, plain(request_.parts))
    assert (dict(back.params), dict(back.headers)) == (request_.params, request_.headers)
    assert back.expect == request_.expect
    assert back.deadline is None


@given(st.lists(PARTS, max_size=20).map(tuple), st.sampled_from(Stage), MAPS, TEXTS)
def test_a_reply_survives_the_wire(parts: tuple[Part, ...], stage: Stage, attributes: dict[str, str], sid: str) -> None:
    back, named = native.decode_reply(native.encode_reply(Reply(parts, stage, attributes), sid))
    assert (named, back.stage, dict(back.attributes)) == (sid, stage, attributes)
    assert plain(back.parts) == plain(parts)


def test_what_protobuf_itself_writes_is_read_the_same() -> None:
    message = pb.Request(service="echo", params={"a": "1"}, remaining_us=2_000_000)
    message.parts.add(key="text", data=b"hi", kind=pb.IMAGE, stage=pb.BEGIN, seq=0, attributes={"format": "raw"})
    message.parts.add(key="rest")
    before = time.monotonic()
    request, _ = native.decode_request(message.SerializeToString())
    assert plain(request.parts) == [
        ("text", b"hi", Kind.IMAGE, Stage.BEGIN, 0, {"format": "raw"}),
        ("rest", b"", Kind.OTHER, Stage.ONCE, None, {}),
    ]
    assert request.deadline is not None
    assert before + 1.9 < request.deadline < before + 60


def test_what_we_write_protobuf_reads() -> None:
    part = Part("text", b"hi", Kind.TEXT, Stage.END, 7, {"encoding": "utf8"})
    message = pb.Request.FromString(native.encode_request(Request("echo", parts=(part,), params={"k": "v"})))
    assert message.service == "echo"
    assert dict(message.params) == {"k": "v"}
    only = message.parts[0]
    assert (only.key, only.data, only.kind, only.stage, only.seq) == ("text", b"hi", pb.TEXT, pb.END, 7)
    assert only.HasField("kind")


def test_large_data_are_views_into_the_message_and_the_small_rest_is_read_too() -> None:
    body = random.Random(1).randbytes(300_000)
    sent = Request(
        "echo",
        "sid",
        (Part("big", body, Kind.IMAGE, Stage.BEGIN, 3, {"w": "1"}), Part("small", b"x"), Part("none")),
        {"k": "v"},
    )
    data = native.encode_request(sent)
    back, _ = native.decode_request(data)
    assert plain(back.parts) == plain(sent.parts)
    assert (back.service, back.sid, dict(back.params)) == ("echo", "sid", {"k": "v"})
    view = back.parts[0].data
    assert isinstance(view, memoryview)
    assert view.obj is data
    assert view.readonly


def test_large_data_travel_beside_the_message_where_the_wire_can() -> None:
    body = bytes(native.LARGE)
    sent = Request("echo", parts=(Part("a", b"x"), Part("b", body), Part("c", memoryview(body))))
    segments: list[bytes | memoryview] = []
    data = native.encode_request(sent, "", segments)
    assert len(data) < 100
    assert len(segments) == 2
    back, _ = native.decode_request(data, segments)
    assert plain(back.parts) == plain(sent.parts)
    assert back.parts[1].data is body


def test_no_more_segments_are_made_than_a_wire_takes() -> None:
    sent = Request("echo", parts=tuple(Part(f"p{number}", bytes(native.LARGE)) for number in range(20)))
    segments: list[bytes | memoryview] = []
    data = native.encode_request(sent, "", segments)
    assert len(segments) == native.MAX_SEGMENTS
    assert plain(native.decode_request(data, segments)[0].parts) == plain(sent.parts)


def test_a_segment_belongs_to_exactly_one_part() -> None:
    def message(*numbers: int, data: bytes = b"") -> bytes:
        parts = [pb.Part(key="k", segment=number, data=data) for number in numbers]
        return pb.Request(service="s", parts=parts).SerializeToString()

    assert native.decode_request(message(2, 1), (b"a", b"b"))[0].parts[0].data == b"b"
    for data, segments in (
        (message(1, 1), (b"a",)),
        (message(2), (b"a",)),
        (message(1), (b"a", b"b")),
        (message(1, data=b"own"), (b"a",)),
        (message(0), (b"a",)),
    ):
        assert refusal(data, *segments).fault is Fault.BAD_REQUEST


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\x00", "not an athena.v1 Request"),
        (b"\xff" * 40, "not an athena.v1 Request"),
        (b"GET / HTTP/1.1\r\n\r\n", "not an athena.v1 Request"),
        (b"\x0a\x02\xc3\x28", "not an athena.v1 Request"),  # a service name that is not UTF-8
        (b"\x0a\x7f", "not an athena.v1 Request"),
        (b"\x22\x02\x18\x09", "kind: expected 0 to 4, got 9"),
        (b"\x22\x02\x20\x04", "stage: expected 0 to 3, got 4"),
        (b"\x3a\x02\x10\x09", "kind: expected 0 to 4, got 9"),
        (pb.Request(remaining_us=-1).SerializeToString(), "remaining_us"),
        (pb.Request(parts=[pb.Part()] * 257).SerializeToString(), "257; at most 256"),
        (pb.Request(parts=[pb.Part(data=bytes(900))] * 257).SerializeToString(), "257; at most 256"),
        (pb.Request(expect=[pb.Expectation()] * 257).SerializeToString(), "257; at most 256"),
        (pb.Request(params={str(n): "" for n in range(257)}).SerializeToString(), "params: 257 entries"),
        (pb.Request(service="s" * 2000).SerializeToString(), "1024 characters"),
        (pb.Request(parts=[pb.Part(key="k" * 2000)]).SerializeToString(), "2000 characters"),
    ],
)
def test_a_wrong_shape_is_a_bad_request_that_says_what(data: bytes, says: str) -> None:
    error = refusal(data)
    assert error.fault is Fault.BAD_REQUEST
    assert says in error.message


def test_too_large_counts_message_and_segments_together() -> None:
    data = pb.Request(parts=[pb.Part(segment=1)]).SerializeToString()
    assert refusal(data, bytes(100), max_message=100).fault is Fault.TOO_LARGE
    assert refusal(bytes(101), max_message=100).fault is Fault.TOO_LARGE
    assert native.decode_request(data, (bytes(100 - len(data)),), max_message=100)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_request_or_a_bad_request(data: bytes) -> None:
    try:
        native.decode_request(data)
    except ServiceError as error:
        assert error.fault is Fault.BAD_REQUEST


@given(st.integers(0, 400_000), st.integers(0, 255), st.booleans())
def test_a_large_message_with_one_byte_changed_is_a_request_or_a_bad_request(at: int, byte: int, cut: bool) -> None:
    data = bytearray(native.encode_request(Request("echo", parts=(Part("a", bytes(70_000)), Part("b", b"x")))))
    data[at % len(data)] = byte
    if cut:
        del data[at % len(data) :]
    try:
        native.decode_request(bytes(data))
    except ServiceError as error:
        assert error.fault is Fault.BAD_REQUEST


def test_what_the_wire_carries_wins_over_what_the_message_says() -> None:
    soon = time.monotonic() + 1
    data = native.encode_request(Request("s", headers={"a": "mine", "b": "mine"}, deadline=soon + 60))
    caller = Principal("ann")
    request, _ = native.decode_request(data, principal=caller, headers={"a": "wire"}, deadline=soon)
    assert dict(request.headers) == {"a": "wire", "b": "mine"}
    assert request.deadline == soon
    assert request.principal is caller


def test_a_deadline_that_has_passed_still_travels_as_one() -> None:
    late, _ = native.decode_request(native.encode_request(Request("s", deadline=time.monotonic() - 5)))
    assert late.deadline is not None
    assert late.deadline <= time.monotonic()


def test_the_service_is_known_before_the_message_is_decoded() -> None:
    assert native.peek_service(native.encode_request(Request("ocr", "sid"))) == "ocr"
    for data in (b"", b"\x0a", b"\x12\x01x", b"\x0a\xff\xff"):
        assert native.peek_service(data) == ""
    assert native.peek_service(b"\x0a\x02\xff\xfe") == "\ufffd\ufffd"


def test_a_signed_body_is_the_one_that_came() -> None:
    signed = Principal("ann", body_sha256=hashlib.sha256(b"one two").hexdigest().upper())
    native.verify(signed, b"one ", b"two")
    native.verify(Principal("ann"), b"anything")
    with pytest.raises(ServiceError) as caught:
        native.verify(signed, b"one three")
    assert caught.value.fault is Fault.UNAUTHENTICATED
