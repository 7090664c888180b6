"""Parts: the constant that ends a session's input is the kernel's own, and every kind and stage has its mark."""

from __future__ import annotations

from athena.models import Kind, Part, Stage
from athena_proto import inference_pb2 as pb
from athena_proto import parts


def test_the_messages_have_the_numbers_of_the_values() -> None:
    assert {name: int(kind) for name, kind in Kind.__members__.items()} == dict(pb.Kind.items())
    assert {name: int(stage) for name, stage in Stage.__members__.items()} == dict(pb.Stage.items())


def test_joined_parts_say_their_kind_and_stage_even_where_they_are_zero() -> None:
    data = parts.join(b"", b"\x22", (Part("k", b"", Kind.TEXT, Stage.BEGIN),), b"", None)
    only = pb.Request.FromString(data).parts[0]
    assert only.HasField("kind")
    assert only.HasField("stage")
