"""The generate extension: values in, values out, and what cannot be either."""

from __future__ import annotations

import json
from typing import Any

import numpy
import pytest

from athena import fields
from athena.errors import Executed, Fault, ServiceError
from athena.models import Description, Kind, Part, Reply
from athena_proto.oip_generate import decode_generate, encode_generate

ANY = Description(inputs=(fields.anything(),))
MODEL = Description(
    "4",
    inputs=(
        fields.tensor("bias", "<f4", [-1, 2], required=False),
        fields.text("prompt"),
        fields.image("page", required=False),
        fields.json_value("tools", required=False),
    ),
)


def decoded(document: object, description: Description = MODEL) -> Any:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return decode_generate(body, "m", description, 100_000)


def test_declared_inputs_are_values_and_the_rest_is_params() -> None:
    document = {
        "id": "7",
        "prompt": "hé",
        "bias": [[1, 2.5]],
        "page": "iVBO",
        "tools": {"a": [1]},
        "stream": False,
        "nothing": None,
        "parameters": {"temperature": 0.5, "timeout": 1_000_000, "priority": 1},
    }
    asked = decoded(document)
    parts = {part.key: part for part in asked.call.request.parts}
    assert (parts["prompt"].text, parts["prompt"].kind) == ("hé", Kind.TEXT)
    assert parts["bias"].array().tolist() == [[1.0, 2.5]]
    assert (parts["page"].tobytes(), parts["page"].kind) == (b"\x89PN", Kind.IMAGE)
    assert (json.loads(parts["tools"].text), parts["tools"].attributes["format"]) == ({"a": [1]}, "json")
    assert dict(asked.call.request.params) == {"stream": "false", "temperature": "0.5"}
    assert (asked.call.id, asked.call.options.timeout, asked.renamed) == ("7", 1.0, False)
    assert dict(asked.call.request.headers) == {"x-priority": "9"}


@pytest.mark.parametrize(
    ("description", "key"), [(MODEL, "prompt"), (ANY, "text_input"), (Description(), "text_input")]
)
def test_text_input_is_the_first_text_there_is(description: Description, key: str) -> None:
    asked = decoded({"text_input": "x"}, description)
    assert ([part.key for part in asked.call.request.parts], asked.renamed) == ([key], True)
    own = decoded({"text_input": "x"}, Description(inputs=(fields.text("a"), fields.text("text_input"))))
    assert ([part.key for part in own.call.request.parts], own.renamed) == (["text_input"], False)


def test_an_array_of_strings_is_a_part_each_and_a_number_is_a_tensor() -> None:
    asked = decoded({"prompt": ["a", "b"]})
    assert [part.text for part in asked.call.request.parts] == ["a", "b"]
    (part,) = decoded({"n": 3}, Description(inputs=(fields.tensor("n", "<i8", [1]),))).call.request.parts
    assert part.array().tolist() == [3]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([], "body: expected an object"),
        (b"{", "body: "),
        (b'{"prompt":"a","prompt":"b"}', "stands twice"),
        (b'{"prompt":"\\ud800"}', "body: "),
        ({"id": 7}, "id: expected a string"),
        ({"parameters": 1}, "parameters: expected an object"),
        ({"parameters": {"sequence_id": 1}}, "sequences are for infer"),
        ({"prompt": 7}, "prompt: expected a string"),
        ({"prompt": ["a", 7]}, "prompt: expected a string"),
        ({"page": "no!"}, "page: not base64"),
        ({"bias": [1, 2]}, r"expected \[-1, 2\], got \[2\]"),
        ({"bias": [[1, 2], [3]]}, "rows of different lengths"),
        ({"bias": [[1, 2], 3]}, "bias: "),
        ({"bias": [["1", "2"]]}, "expected FP32, nested as its shape is"),
        ({"bias": [[[1], [2]], [3, 4]]}, "bias: "),
        ({"other": {"a": 1}}, "other: expected a string, number"),
    ],
)
def test_what_is_malformed_is_refused_with_its_place(document: object, words: str) -> None:
    with pytest.raises(ServiceError, match=words) as caught:
        decoded(document)
    assert caught.value.fault is Fault.BAD_REQUEST


def test_a_service_without_text_has_no_text_input() -> None:
    with pytest.raises(ServiceError, match="no input is text; there are: p"):
        decoded({"text_input": "x"}, Description(inputs=(fields.image("p"),)))
    with pytest.raises(ServiceError, match="BF16 has no JSON"):
        decoded({"x": [1]}, Description(inputs=(fields.tensor("x", "bfloat16", [-1]),)))


def test_a_body_beyond_the_limit_is_refused() -> None:
    with pytest.raises(ServiceError, match="at most 1 are taken") as caught:
        decode_generate(b"{}", "m", ANY, 1)
    assert caught.value.fault is Fault.TOO_LARGE


def answered(document: dict[str, Any], *parts: Part, limit: int = 10_000) -> dict[str, Any]:
    body = encode_generate(decoded(document), Reply(parts), "m", MODEL, limit)
    found: dict[str, Any] = json.loads(body)
    return found


def test_every_output_is_a_value_under_its_key() -> None:
    shown = answered(
        {"id": "7", "prompt": "x"},
        Part.from_text("word", "é"),
        Part.from_json("boxes", [{"a": 1}]),
        Part.from_array("scores", numpy.array([0.5, 1.0], "<f4")),
        Part.from_array("n", numpy.array([3], "<i4")),
        Part("png", b"\x89", Kind.IMAGE),
        Part.from_text("more", "a"),
        Part.from_text("more", "b"),
    )
    assert shown == {
        "word": "é", "boxes": [{"a": 1}], "scores": [0.5, 1.0], "n": 3, "png": "iQ==", "more": ["a", "b"],
        "model_name": "m", "model_version": "4", "id": "7",
    }  # fmt: skip


def test_who_said_text_input_reads_text_output() -> None:
    assert answered({"text_input": "x"}, Part("png", b""), Part.from_text("word", "a"))["text_output"] == "a"
    own = answered({"text_input": "x"}, Part.from_text("word", "a"), Part.from_text("text_output", "b"))
    assert (own["word"], own["text_output"]) == ("a", "b")
    assert "text_output" not in answered({"prompt": "x"}, Part.from_text("word", "a"))


@pytest.mark.parametrize(
    "part", [Part("t", b"\xff", Kind.TEXT), Part("t", b"{", Kind.TEXT, attributes={"format": "json"})]
)
def test_text_that_is_none_is_the_wrappers_error(part: Part) -> None:
    with pytest.raises(ServiceError, match="not the text or the JSON") as caught:
        answered({"prompt": "x"}, part)
    assert (caught.value.fault, caught.value.executed) == (Fault.USER_ERROR, Executed.YES)


def test_an_answer_beyond_the_limit_is_refused() -> None:
    with pytest.raises(ServiceError, match="at most 10 are sent"):
        answered({"prompt": "x"}, Part.from_text("t", "long enough"), limit=10)
