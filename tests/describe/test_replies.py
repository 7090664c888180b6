"""An answer that is not what its wrapper declares is named with every path; what is declared, or nothing, fits."""

from __future__ import annotations

import pytest

from athena import fields
from athena.describe import judge_reply
from athena.errors import Executed, Fault, ServiceError
from athena.models import Description, Kind, Part, Reply, Stage

DECLARED = Description(
    outputs=(
        fields.text("text"),
        fields.image("drawn", formats=("png", "jpg"), required=False),
        fields.tensor("scores", "<f4", [-1], required=False),
    )
)
TEXT = Part.from_text("text", "x")


def test_what_is_declared_fits_and_so_does_anything_where_nothing_is() -> None:
    png = Part("drawn", b"x", Kind.IMAGE, attributes={"encoding": "png"})
    judge_reply(DECLARED, Reply((TEXT, png, Part("", b""))), whole=True)
    judge_reply(DECLARED, Reply(), whole=False)
    judge_reply(Description(), Reply((Part("x", b"1"),)), whole=True)
    judge_reply(Description(outputs=(fields.anything(),)), Reply((Part("x", b"1"),)), whole=True)


def test_a_json_value_fits_its_schema_or_is_named() -> None:
    described = Description(outputs=(fields.json_value("found", schema={"type": "array"}),))
    judge_reply(described, Reply((Part.from_json("found", []),)), whole=True)
    judge_reply(described, Reply((Part("found", b"[1,", Kind.TEXT, Stage.BEGIN),)), whole=False)
    with pytest.raises(ServiceError, match=r'payload\.found: \{\} is not of type "array"'):
        judge_reply(described, Reply((Part.from_json("found", {}),)), whole=True)
    broken = Description(outputs=(fields.json_value("found", schema={"type": 5}),))
    with pytest.raises(ServiceError, match=r"payload\.found: its declared JSON Schema is none: 5 is not valid"):
        judge_reply(broken, Reply((Part.from_json("found", {}),)), whole=True)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (Part("txt", b"x"), "payload.txt: unknown; it declares: drawn, scores, text"),
        (Part("text", b"x", Kind.IMAGE), "payload.text: expected text, got image"),
        (Part("drawn", b"x", Kind.IMAGE, attributes={"encoding": "gif"}), "payload.drawn: expected format png or jpg"),
        (Part("scores", b"", Kind.OTHER, attributes={"dtype": "<f8"}), "payload.scores: expected dtype <f4, got <f8"),
    ],
)
def test_each_part_that_does_not_fit_is_named_beside_what_is_missing(part: Part, said: str) -> None:
    with pytest.raises(ServiceError) as caught:
        judge_reply(DECLARED, Reply((part,)), whole=True)
    error = caught.value
    assert (error.fault, error.executed) == (Fault.USER_ERROR, Executed.YES)
    assert said in error.message
    assert ("payload.text: missing" in error.message) == (part.key != "text")
