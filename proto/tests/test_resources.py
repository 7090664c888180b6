"""Resources in the native codec: what goes in comes out, large data beside the message, and nonsense is refused."""

from __future__ import annotations

import pytest

from athena.errors import Fault, ServiceError
from athena.models import Kind, Part, Resource, ResourceView
from athena_proto import inference_pb2 as pb
from athena_proto.native import peek_service
from athena_proto.resources import (
    decode_listed,
    decode_resource,
    decode_unload,
    encode_listed,
    encode_resource,
    encode_unload,
)

PARTS = (Part("x", bytes(range(256)), Kind.OTHER), Part.from_text("t", "grüße"), Part("large", bytes(100_000)))
ONE = Resource("ann:1", PARTS, {"language": "de"})


def facts(resource: Resource) -> object:
    parts = [(part.key, part.tobytes(), part.kind, dict(part.attributes)) for part in resource.parts]
    return resource.id, dict(resource.attributes), parts


def test_a_resource_comes_out_as_it_went_in() -> None:
    data = encode_resource("asr", ONE)
    assert pb.Resource.FromString(data).id == "ann:1"
    assert peek_service(data) == "asr"
    service, found = decode_resource(data)
    assert service == "asr"
    assert facts(found) == facts(ONE)


def test_large_data_travel_beside_the_message_where_the_wire_can() -> None:
    segments: list[bytes | memoryview] = []
    data = encode_resource("asr", ONE, segments)
    assert [len(segment) for segment in segments] == [100_000]
    assert facts(decode_resource(data, segments)[1]) == facts(ONE)


def test_what_is_too_large_or_no_resource_is_refused() -> None:
    with pytest.raises(ServiceError) as caught:
        decode_resource(encode_resource("asr", ONE), max_message=1000)
    assert caught.value.fault is Fault.TOO_LARGE
    for data in (b"\xff\xff", pb.Resource(service="x" * 2000).SerializeToString()):
        with pytest.raises(ServiceError) as caught:
            decode_resource(data)
        assert caught.value.fault is Fault.BAD_REQUEST


def test_what_is_to_be_forgotten_and_what_is_there_come_out_as_they_went_in() -> None:
    assert decode_unload(encode_unload("asr", "ann:1")) == ("asr", "ann:1")
    views = (ResourceView("a", 2**40, "0" * 64, 3), ResourceView("b", 0, ""))
    assert decode_listed(encode_listed(views)) == views
    for decode in (decode_unload, decode_listed):
        with pytest.raises(ServiceError) as caught:
            decode(b"\xff\xff")  # type: ignore[operator]
        assert caught.value.fault is Fault.BAD_REQUEST
