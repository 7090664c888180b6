"""Where the bytes of resources lie, and what tells one content from another."""

from __future__ import annotations

from athena.models import Kind, Part, Resource
from athena.service.spool import digest, spooled

MANY = Resource("a", (Part("x", b"12"), Part("empty", b""), Part.from_text("t", "grüße")), {"lang": "de"})


def test_what_is_spooled_is_the_same_resource() -> None:
    found = spooled(MANY)
    assert (found.id, found.attributes) == ("a", {"lang": "de"})
    assert [(part.key, part.tobytes(), part.kind) for part in found.parts] == [
        (part.key, part.tobytes(), part.kind) for part in MANY.parts
    ]


def test_its_data_are_no_memory_of_ours_and_read_only() -> None:
    data = spooled(MANY).parts[0].data
    assert isinstance(data, memoryview)
    assert data.readonly
    nothing = Resource("a", (Part("empty", b""),))
    assert spooled(nothing) is nothing


def test_the_same_content_has_the_same_digest_whatever_its_id_and_wherever_its_data_lie() -> None:
    again = Resource("b", MANY.parts, MANY.attributes)
    assert digest(again) == digest(MANY) == digest(spooled(MANY))


def test_every_difference_in_content_is_one_in_the_digest() -> None:
    text = Part("x", b"12", Kind.TEXT)
    others = (
        Resource("a", (text,)),
        Resource("a", (Part("x", b"12"),)),
        Resource("a", (Part("x1", b"2"),)),
        Resource("a", (Part("x", b"12", attributes={"k": "v"}),)),
        Resource("a", (Part("x", b"12"),), {"k": "v"}),
        Resource("a", (Part("x", b"1"), Part("x", b"2"))),
    )
    assert len({digest(one) for one in others}) == len(others)
