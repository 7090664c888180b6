"""What a call's body is taken for, and what a reply's only part is given as."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from athena.errors import Fault, ServiceError
from athena.models import ANONYMOUS, Kind, Limits, Part, Reply
from athena.testing.stand_in import StandIn, StandInContext
from athena_transport_http.calls import Call, decoded, raw
from athena_transport_http.front import Front
from athena_transport_http.routes import Action, Route
from athena_transport_http.said import said_of
from athena_transport_http.section import HttpSection

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def front() -> Front:
    made = Front(HttpSection(), StandInContext("transports.http", StandIn()))
    made.limits = Limits(max_message=64)
    return made


def call(front: Front, body: bytes, query: str = "", **headers: str) -> Call:
    spoken = CIMultiDictProxy(CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()}))
    return decoded(front, said_of(spoken, Route(Action.CALL, "echo", "", query)), body, 1.5, ANONYMOUS)


def test_a_document_is_a_call_with_http_s_trace_and_priority_over_its_own_headers(front: Front) -> None:
    body = b'{"header":{"traceparent":"x","uid":"u"},"payload":{"a":{"text":"aGk="}}}'
    made = call(front, body, Content_Type="application/json", Traceparent=TRACE, X_Priority="3")
    assert made.request.part("a").data == b"hi"
    assert made.request.headers == {"uid": "u", "traceparent": TRACE, "x-priority": "3"}
    assert (made.request.deadline, made.request.sid, made.raw) == (1.5, made.sid, False)


def test_bytes_are_one_part_named_by_the_query_and_answered_with_bytes(front: Front) -> None:
    made = call(front, b"\x89PNG", "key=page&lang=de", Content_Type="image/png", Cookie="secret", X_Own="1")
    part = made.request.part("page")
    assert (part.data, part.kind, dict(part.attributes)) == (b"\x89PNG", Kind.IMAGE, {"encoding": "png"})
    assert made.request.params == {"lang": "de"}
    assert made.request.headers == {"content-type": "image/png", "x-own": "1"}
    assert made.raw
    assert not call(front, b"x", Content_Type="image/png", Accept="application/json").raw


def test_a_body_and_a_reply_have_their_limit(front: Front) -> None:
    with pytest.raises(ServiceError, match="65 bytes; at most 64") as caught:
        call(front, bytes(65), Content_Type="application/octet-stream")
    assert caught.value.fault is Fault.TOO_LARGE
    with pytest.raises(ServiceError) as caught:
        raw(front, Reply((Part("a", bytes(65)),)), "sid")
    assert caught.value.fault is Fault.TOO_LARGE


def test_a_parameter_stands_once_in_a_query(front: Front) -> None:
    with pytest.raises(ServiceError, match="lang stands there twice"):
        call(front, b"x", "lang=de&lang=en", Content_Type="text/plain")


def test_a_reply_of_one_part_is_its_bytes_with_its_type_and_its_key(front: Front) -> None:
    answer = raw(front, Reply((Part("sound", b"RIFF", Kind.AUDIO, attributes={"encoding": "wav"}),)), "s1")
    assert answer._type == "audio/wav"
    assert answer._headers == {"x-athena-sid": "s1", "x-athena-key": "sound"}
    assert raw(front, Reply((Part("grüß", b""),)), "s1")._headers == {"x-athena-sid": "s1"}
