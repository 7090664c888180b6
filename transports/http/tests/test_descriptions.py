"""A description shown as JSON is read back as the same description."""

from __future__ import annotations

import json

import pytest

from athena import fields
from athena.errors import Fault, ServiceError
from athena.models import Description
from athena_transport_http.descriptions import described, description_of

FULL = Description(
    "1.2",
    "Reads text.",
    (fields.image("data", formats=("jpg", "png")), fields.anything()),
    (fields.json_value("boxes", schema={"type": "array"}), fields.tensor("t", "<f4", (-1, 3))),
    (fields.integer("top", default=3, minimum=1, maximum=9), fields.string("mode", choices=("a", "b"), required=True)),
    frozenset({"once", "session"}),
)


@pytest.mark.parametrize("description", [FULL, Description()])
def test_it_comes_back_whole(description: Description) -> None:
    assert description_of(json.loads(json.dumps(described(description)))) == description


@pytest.mark.parametrize("shown", [None, [], {}, {"version": 1}, {**described(FULL), "inputs": [{"kind": "SMELL"}]}])
def test_what_is_no_description_is_said_to_be_none(shown: object) -> None:
    with pytest.raises(ServiceError, match="not understood") as caught:
        description_of(shown)
    assert caught.value.fault is Fault.INTERNAL
