"""Services the documents are made of: one of everything, the seed's OCR service, and one that takes anything."""

from __future__ import annotations

from athena import fields
from athena.models import Description

FORM = Description(
    version="2.1",
    summary="Takes one of everything.",
    inputs=(
        fields.text("text", summary="What to say."),
        fields.image("picture", required=False, formats=("png", "jpg")),
        fields.audio("sound", required=False),
        fields.json_value("options", required=False, schema={"type": "object", "required": ["size"]}),
        fields.tensor("numbers", "<f4", [-1, 4], required=False),
    ),
    outputs=(fields.text("text"), fields.json_value("boxes")),
    params=(
        fields.integer("times", minimum=0, default=1),
        fields.integer("page", minimum=1, maximum=9),
        fields.number("scale"),
        fields.boolean("loud", default=False),
        fields.string("mode", required=True, choices=("fast", "slow")),
        fields.string("name", max_length=3),
    ),
    operations=frozenset({"once", "session"}),
)
OCR = Description(inputs=(fields.image("data"),), outputs=(fields.json_value("boxes"),), operations=frozenset({"once"}))
TALK = Description(inputs=(fields.anything(),))
