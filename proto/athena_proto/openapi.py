"""What is served as an OpenAPI 3.1 document: each service by its description, and the server's own pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from athena.models import Description

from .ase_errors import ASE_CODES
from .ase_examples import example_request
from .ase_schema import HIGHEST, LOWEST, request_schema, response_schema
from .openapi_pages import pages, resources, sessions

__all__ = ["openapi", "openapi_of_one"]

Schema = dict[str, Any]  # Any: JSON

ABOUT = (
    "Every service takes an ASE JSON document: `header`, `parameter` by service, `payload` with one unit per input. "
    "The same path takes one part as it is (an image, audio, text), answers `Accept: text/event-stream` with an event "
    "per item, and opens a session with `Upgrade: websocket`."
)
_JSON = "application/json"
_ANSWERS = frozenset({"once", "batch"})
_EVENTS = "text/event-stream"


def openapi_of_one(name: str, description: Description) -> Schema:
    """The document of a server that serves one service.

    Args:
        name: The service.
        description: What it takes and gives.
    """
    return openapi({name: description})


def openapi(
    services: Mapping[str, Description],
    *,
    title: str = "Athena",
    version: str = "1",
    more: Iterable[tuple[str, Schema]] = (),
) -> Schema:
    """The document of a server.

    Args:
        services: What it serves.
        title: Its name.
        version: Its version.
        more: Paths of other surfaces, each with its path item.
    """
    paths: Schema = {f"/v1/private/{quote(name, safe='')}": _service(name, each) for name, each in services.items()}
    schemas = {"Error": _error()}
    if any("requestBody" in item.get("post", ()) for item in paths.values()):
        schemas["Value"] = _value()
        schemas["Item"] = _item()
    held = [name for name, each in services.items() if "session" in each.operations]
    if held:
        paths |= sessions(held)
        schemas["Answer"] = response_schema(Description())
    taking = [name for name, each in services.items() if "resource" in each.operations]
    if taking:
        paths |= resources(taking)
    extra = dict(more)
    tags = {tag for item in extra.values() for operation in item.values() for tag in operation.get("tags", ())}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": version,
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [],
        "tags": [
            *({"name": name, "description": each.summary or f"The service {name}."} for name, each in services.items()),
            {"name": "server", "description": "Sessions, health, what is served, what was counted."},
            *({"name": tag, "description": f"The {tag} surface."} for tag in sorted(tags - {"server", *services})),
        ],
        "paths": {**paths, **pages(list(services)), **extra},
        "components": {"schemas": schemas, "responses": {"Error": _failed()}},
    }


def _service(name: str, description: Description) -> Schema:
    if description.operations and not description.operations & _ANSWERS:
        text = "It answers sessions only: open one with `Upgrade: websocket`, or by /v1/sessions."
        return {"summary": description.summary.rstrip(".") or name, "description": text}
    operations = ", ".join(sorted(description.operations)) or "nothing that is known"
    answer = {"schema": response_schema(description)}
    return {
        "post": {
            "operationId": f"call_{quote(name, safe='').replace('%', '_')}",
            "summary": description.summary.rstrip(".") or f"Call {name}",
            "description": f"It has {operations}. The header `x-request-timeout-ms` says how long the caller waits.",
            "tags": [name],
            "requestBody": {
                "required": True,
                "content": {
                    _JSON: {
                        "schema": request_schema(name, description, {"$ref": "#/components/schemas/Value"}),
                        "examples": {"whole": {"summary": "A call", "value": example_request(name, description)}},
                    }
                },
            },
            "responses": {
                "200": {
                    "description": "The answer; or, where events were asked for, one after the other.",
                    "content": {_JSON: answer, _EVENTS: {"schema": {"type": "string"}}},
                },
                "4XX": {"$ref": "#/components/responses/Error"},
                "5XX": {"$ref": "#/components/responses/Error"},
            },
        }
    }


def _failed() -> Schema:
    return {
        "description": "What went wrong, whether the service ran, and when to try again.",
        "headers": {
            "x-athena-fault": {"description": "The fault's name.", "schema": {"type": "string"}},
            "x-athena-executed": {"description": "Whether the service ran.", "schema": {"type": "string"}},
        },
        "content": {_JSON: {"schema": {"$ref": "#/components/schemas/Error"}}},
    }


def _value() -> Schema:
    """An embedded JSON value: an object or array of anything, but no integer that parties read differently."""
    itself = {"$ref": "#/components/schemas/Item"}
    return {
        "description": "A JSON object or array, as it is.",
        "anyOf": [
            {"type": "object", "additionalProperties": itself},
            {"type": "array", "items": itself},
        ],
    }


def _item() -> Schema:
    return {
        "anyOf": [
            {"type": ["string", "boolean", "null"]},
            {"type": "integer", "minimum": LOWEST, "maximum": HIGHEST},
            {"type": "number", "not": {"type": "integer"}},
            {"$ref": "#/components/schemas/Value"},
        ]
    }


def _error() -> Schema:
    """As :func:`athena_proto.ase.error_header` writes it."""
    return {
        "type": "object",
        "properties": {
            "header": {
                "type": "object",
                "properties": {
                    "code": {"type": "integer"},
                    "message": {"type": "string", "description": "One sentence: where, what, and what would do."},
                    "sid": {"type": "string"},
                    "fault": {"type": "string", "enum": [fault.name for fault in ASE_CODES]},
                    "executed": {"type": "string", "enum": ["no", "yes", "unknown"]},
                    "retry_after": {"type": "number", "description": "Seconds."},
                    "wrapper_code": {"type": "integer"},
                    "error_id": {"type": "string", "description": "Finds the story in the server's log."},
                },
                "required": ["code", "message", "sid", "fault", "executed"],
            }
        },
        "required": ["header"],
    }
