"""The ASE schema takes what the protocol's page shows, and refuses what does not fit with the path of the fault."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from athena.cli.validate import faults
from athena.describe import checker
from athena.errors import ServiceError
from athena.models import Request
from athena_proto.ase import decode_message
from athena_proto.ase_examples import example_request
from athena_proto.ase_schema import ase_schema, request_schema, response_schema

from .described import FORM, OCR, TALK

TEXT = (Path(__file__).parents[2] / "docs" / "ase-protocol.md").read_text(encoding="utf-8")
EXCHANGE = re.compile(
    r"<!-- sends: POST (?P<path>\S+) -->\n```json\n(?P<sent>.*?)```\s*<!-- answers: (?P<status>\d+) -->\n"
    r"```json\n(?P<answer>.*?)```",
    re.S,
)
SHOWN = [
    (found["path"].rpartition("/")[2], json.loads(found["sent"]), found["status"], json.loads(found["answer"]))
    for found in EXCHANGE.finditer(TEXT)
    if "sessions" not in found["path"]
]
GOOD: dict[str, Any] = {
    "header": {"app_id": "1", "status": 3},
    "parameter": {"form": {"mode": "fast", "times": 2}},
    "payload": {"text": {"plain": "hi"}},
}
PLACES: list[tuple[str, object, str]] = [
    ("", [], "document"),
    ("", "x", "document"),
    ("", None, "document"),
    ("header", 1, "header"),
    ("header", [], "header"),
    ("header", "x", "header"),
    ("header.status", 4, "header.status"),
    ("header.status", -1, "header.status"),
    ("header.status", True, "header.status"),
    ("header.status", "once", "header.status"),
    ("header.app_id", {}, "header.app_id"),
    ("header.uid", {"a": 1}, "header.uid"),
    ("header.x", {"a": 1}, "header.x"),
    ("header.x", [None], "header.x.0"),
    ("header.x", 2**64, "header.x"),
    ("parameter", None, "parameter"),
    ("parameter", [], "parameter"),
    ("parameter", {}, "parameter"),
    ("parameter.other", 3, "parameter.other"),
    ("parameter.form", "x", "parameter.form"),
    ("parameter.form", {"times": 1}, "parameter.form"),
    ("parameter.form.mode", "middling", "parameter.form.mode"),
    ("parameter.form.mode", None, "parameter.form.mode"),
    ("parameter.form.times", -1, "parameter.form.times"),
    ("parameter.form.times", "-1", "parameter.form.times"),
    ("parameter.form.times", 1.5, "parameter.form.times"),
    ("parameter.form.times", "many", "parameter.form.times"),
    ("parameter.form.times", 2**65, "parameter.form.times"),
    ("parameter.form.page", 0, "parameter.form.page"),
    ("parameter.form.page", 10, "parameter.form.page"),
    ("parameter.form.scale", "wide", "parameter.form.scale"),
    ("parameter.form.scale", "NaN", "parameter.form.scale"),
    ("parameter.form.scale", [], "parameter.form.scale"),
    ("parameter.form.loud", "yes", "parameter.form.loud"),
    ("parameter.form.loud", 1, "parameter.form.loud"),
    ("parameter.form.name", "long", "parameter.form.name"),
    ("parameter.form.boxes", {"format": []}, "parameter.form.boxes.format"),
    ("payload", [], "payload"),
    ("payload", {}, "payload"),
    ("payload.unknown", {"plain": "x"}, "payload"),
    ("payload.text", "hi", "payload.text"),
    ("payload.text", {}, "payload.text"),
    ("payload.text", [], "payload.text"),
    ("payload.text", [{"plain": 1}], "payload.text.0.plain"),
    ("payload.text", {"plain": 5}, "payload.text.plain"),
    ("payload.text", {"text": "not base64!"}, "payload.text.text"),
    ("payload.text", {"text": "YQ"}, "payload.text.text"),
    ("payload.text", {"text": 7}, "payload.text.text"),
    ("payload.text", {"image": "YQ=="}, "payload.text"),
    ("payload.text", {"plain": "x", "status": 5}, "payload.text.status"),
    ("payload.text", {"plain": "x", "seq": -1}, "payload.text.seq"),
    ("payload.text", {"plain": "x", "seq": 0.5}, "payload.text.seq"),
    ("payload.text", {"plain": "x", "lang": []}, "payload.text.lang"),
    ("payload.picture", {"image": "?"}, "payload.picture.image"),
    ("payload.picture", {"image": {}}, "payload.picture.image"),
    ("payload.picture", {"audio": "YQ=="}, "payload.picture"),
    ("payload.picture", {"image": "YQ==", "encoding": "tiff"}, "payload.picture"),
    ("payload.sound", {"audio": "YQ=", "encoding": "raw"}, "payload.sound.audio"),
    ("payload.options", {"text": {"colour": 1}}, "payload.options.text"),
]


def put(path: str, value: object) -> Any:
    """The good document, with something else at one place."""
    document: Any = json.loads(json.dumps(GOOD))
    *steps, last = path.split(".")
    if not path:
        return value
    place = document
    for step in steps:
        place = place[step]
    place[last] = value
    return document


def serve(body: bytes) -> None:
    """What a server does before it calls a wrapper."""
    message = decode_message(body, "form", 1 << 20)
    checker(FORM).request(Request("form", "", message.parts, message.params))


def test_there_are_fifty_ways_to_be_wrong() -> None:
    assert len(PLACES) >= 50
    assert list(faults(request_schema("form", FORM), GOOD)) == []


@pytest.mark.parametrize(("path", "value", "where"), PLACES, ids=lambda each: str(each)[:30])
def test_what_does_not_fit_is_refused_with_its_path(path: str, value: object, where: str) -> None:
    found = list(faults(request_schema("form", FORM), put(path, value)))
    assert found, "it was taken"
    assert any(line.startswith((f"{where}: ", f"{where}.")) for line in found), found


@pytest.mark.parametrize(("path", "value"), [(path, value) for path, value, _ in PLACES], ids=str)
def test_the_service_refuses_it_too(path: str, value: object) -> None:
    with pytest.raises(ServiceError):
        serve(json.dumps(put(path, value)).encode())


@pytest.mark.parametrize(("name", "sent", "status", "answer"), SHOWN)
def test_the_documented_requests_fit_and_so_do_their_answers(
    name: str, sent: object, status: str, answer: object
) -> None:
    described = OCR if name == "mmocr" else TALK
    taken = Draft202012Validator(request_schema(name, described)).is_valid(sent)
    assert taken is (status != "400"), list(faults(request_schema(name, described), sent))
    if status == "200":
        settled = json.loads(json.dumps(answer).replace('"text": "\\u2026"', '"text": []'))
        assert list(faults(response_schema(described), settled)) == []


@pytest.mark.parametrize("described", [FORM, OCR, TALK])
def test_the_meta_is_upstreams_and_the_schemas_are_schemas(described: Any) -> None:
    schema = ase_schema("form", described)
    assert set(schema) == {"meta", "schemainput", "schemaoutput"}
    assert (schema["meta"]["serviceId"], schema["meta"]["call"]) == ("form", "atmos")
    assert schema["meta"]["route"] == "/v1/private/form"
    for side in ("schemainput", "schemaoutput"):
        Draft202012Validator(schema[side])
    Draft202012Validator(schema["schemainput"]).validate(example_request("form", described))


def test_the_seeds_service_is_told_as_upstreams_file_tells_it() -> None:
    told = ase_schema("mmocr", OCR)["meta"]["mmocr"]
    assert told == {"input": {"data": {"dataType": "image"}}, "accept": {"boxes": {"dataType": "text"}}}
