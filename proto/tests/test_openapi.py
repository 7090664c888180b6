"""The OpenAPI document: every service, its example, the paths of sessions where there are any, and what is added."""

from __future__ import annotations

import json

from jsonschema_rs import Draft202012Validator

from athena.errors import Executed, Fault, ServiceError
from athena.models import Description
from athena_proto.ase import encode_error
from athena_proto.ase_schema import request_schema
from athena_proto.openapi import openapi, openapi_of_one

from .described import FORM, OCR, TALK


def test_every_service_has_its_path_its_schema_and_an_example() -> None:
    document = openapi({"form": FORM, "mm/ocr": OCR})
    call = document["paths"]["/v1/private/form"]["post"]
    content = call["requestBody"]["content"]["application/json"]
    assert content["schema"] == request_schema("form", FORM, {"$ref": "#/components/schemas/Value"})
    assert call["summary"] == "Takes one of everything"
    whole = {"components": document["components"], **content["schema"]}
    Draft202012Validator(whole).validate(content["examples"]["whole"]["value"])
    assert document["paths"]["/v1/private/mm%2Focr"]["post"]["operationId"] == "call_mm_2Focr"
    assert document["openapi"] == "3.1.0"


def test_sessions_stand_there_where_a_service_holds_some() -> None:
    assert "/v1/sessions" not in openapi({"ocr": OCR})["paths"]
    document = openapi({"ocr": OCR, "form": FORM})
    (service,) = document["paths"]["/v1/sessions"]["post"]["parameters"]
    assert service["schema"]["enum"] == ["form"]
    assert "Answer" in document["components"]["schemas"]


def test_a_service_of_sessions_only_takes_no_post() -> None:
    document = openapi({"talk": Description(operations=frozenset({"session"}))})
    item = document["paths"]["/v1/private/talk"]
    assert set(item) == {"summary", "description"}
    assert "Value" not in document["components"]["schemas"]


def test_an_embedded_value_holds_anything_but_integers_beyond_64_bits() -> None:
    schemas = openapi({"form": FORM})["components"]["schemas"]
    value = Draft202012Validator({"components": {"schemas": schemas}, "$ref": "#/components/schemas/Value"})
    assert value.is_valid({"a": [1, None, 1.5, {"b": "c"}]})
    assert not value.is_valid([[2**64]])
    assert not value.is_valid("text")


def test_ids_are_unique_tags_are_declared_and_references_lead_somewhere() -> None:
    extra = ("/v2", {"get": {"operationId": "more", "tags": ["oip"], "responses": {}}})
    document = openapi({"form": FORM, "ocr": OCR, "talk": TALK, "bare": Description()}, more=[extra])
    operations = [each for item in document["paths"].values() for each in item.values() if isinstance(each, dict)]
    ids = [each["operationId"] for each in operations]
    assert len(set(ids)) == len(ids)
    assert {tag for each in operations for tag in each["tags"]} <= {tag["name"] for tag in document["tags"]}
    assert "/v2" in document["paths"]
    text = json.dumps(document)
    for kind, names in document["components"].items():
        for name in names:
            assert f"#/components/{kind}/{name}" in text
    assert text.count('"$ref": "#/components/') == text.count('"$ref"')


def test_an_error_is_what_the_codec_writes() -> None:
    schema = openapi({})["components"]["schemas"]["Error"]
    error = ServiceError(Fault.QUOTA, "later", executed=Executed.NO, code=3, retry_after=1.5, error_id="x")
    Draft202012Validator(schema).validate(json.loads(encode_error(error)))
    assert not Draft202012Validator(schema).is_valid({"header": {"code": 1}})


def test_one_service_is_a_document_of_its_own() -> None:
    assert openapi_of_one("form", FORM) == openapi({"form": FORM})
