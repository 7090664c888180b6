"""A part's kind by the type of its bytes, and the type of a part's bytes by its kind."""

from __future__ import annotations

import pytest

from athena import fields
from athena.errors import ServiceError
from athena.models import Description, Kind
from athena_transport_http.front import Refused
from athena_transport_http.media import BYTES, part_of, type_of

ABOUT = Description(inputs=(fields.audio("sound"), fields.text("words", required=False)))


@pytest.mark.parametrize(
    ("content_type", "kind", "encoding"),
    [
        ("image/jpeg", Kind.IMAGE, "jpg"),
        ("IMAGE/PNG; q=1", Kind.IMAGE, "png"),
        ("audio/mpeg", Kind.AUDIO, "mp3"),
        ("video/mp4", Kind.VIDEO, "mp4"),
        ("text/plain", Kind.TEXT, "utf8"),
        (BYTES, Kind.AUDIO, None),
        ("", Kind.AUDIO, None),
    ],
)
def test_a_part_is_what_its_type_says(content_type: str, kind: Kind, encoding: str | None) -> None:
    part = part_of(content_type, "", memoryview(b"x"), ABOUT)
    assert (part.key, part.kind, part.attributes.get("encoding")) == ("sound", kind, encoding)


def test_bytes_that_nobody_declared_are_other_and_called_data() -> None:
    part = part_of(BYTES, "", b"x", None)
    assert (part.key, part.kind) == ("data", Kind.OTHER)


def test_text_is_utf8_and_says_so() -> None:
    with pytest.raises(ServiceError):
        part_of("text/plain", "a", b"\xff", None)
    with pytest.raises(Refused):
        part_of("text/plain; charset=latin-1", "a", b"x", None)


@pytest.mark.parametrize(
    ("kind", "attributes", "content_type"),
    [
        (Kind.IMAGE, {"encoding": "jpg"}, "image/jpeg"),
        (Kind.AUDIO, {"encoding": "wav"}, "audio/wav"),
        (Kind.TEXT, {"format": "json"}, "application/json"),
        (Kind.TEXT, {}, "text/plain; charset=utf-8"),
        (Kind.IMAGE, {"encoding": "x\r\ny: z"}, BYTES),
        (Kind.OTHER, {"encoding": "jpg"}, BYTES),
    ],
)
def test_the_type_of_a_parts_bytes(kind: Kind, attributes: dict[str, str], content_type: str) -> None:
    assert type_of(kind, attributes) == content_type
