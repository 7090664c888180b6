"""The server's own paths in its OpenAPI document: health, what is served, what was counted, detached sessions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["pages", "resources", "sessions"]

Schema = dict[str, Any]  # Any: JSON

_JSON = "application/json"
RESOURCES = "/v1/services/{service}/resources"
_FAILED = {"$ref": "#/components/responses/Error"}


def _page(operation: str, summary: str, answers: Schema, parameters: Sequence[Schema] = ()) -> Schema:
    item: Schema = {"operationId": operation, "summary": summary, "tags": ["server"], "responses": answers}
    return {"get": {**item, "parameters": list(parameters)} if parameters else item}


def _json(description: str, schema: Schema) -> Schema:
    return {"description": description, "content": {_JSON: {"schema": schema}}}


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


_HEALTH = _object(ready={"type": "boolean"}, reason={"type": "string"}, workers={"type": "object"})
_SERVICE = _object(name={"type": "string"}, health=_HEALTH, description={"type": "object"})
_READY = _object(ready={"type": "boolean"}, reason={"type": "string"}, services={"type": "object"})
_FIXED: Schema = {
    "/v1/services": _page(
        "listServices",
        "What is served",
        {
            "200": _json("Every service.", _object(services={"type": "array", "items": _SERVICE})),
            "4XX": _FAILED,
        },
    ),
    "/livez": _page(
        "live", "Is the process alive", {"200": _json("It is.", _object(live={"type": "boolean"})), "4XX": _FAILED}
    ),
    "/readyz": _page(
        "ready",
        "Can every service take work",
        {"200": _json("It can.", _READY), "503": _json("What cannot, and why.", _READY), "4XX": _FAILED},
    ),
    "/metrics": _page(
        "metrics",
        "Prometheus' counters",
        {
            "200": {"description": "The text format.", "content": {"text/plain": {"schema": {"type": "string"}}}},
            "4XX": _FAILED,
        },
    ),
    "/openapi.json": _page(
        "openapi", "This document", {"200": _json("This document.", {"type": "object"}), "4XX": _FAILED}
    ),
}


def pages(services: Sequence[str]) -> Schema:
    """The paths that every server has.

    Args:
        services: What it serves.
    """
    named: Schema = {"type": "string", "minLength": 1, **({"enum": list(services)} if services else {})}
    name = {"name": "service", "in": "path", "required": True, "schema": named}
    one = _page("describeService", "One service", {"200": _json("The service.", _SERVICE), "4XX": _FAILED}, [name])
    return {**_FIXED, "/v1/services/{service}": one}


def sessions(services: Sequence[str]) -> Schema:
    """The paths of detached sessions.

    Args:
        services: Those that hold sessions.
    """
    about = "An answer; its payload is empty where there is nothing yet."
    document = _json(about, {"$ref": "#/components/schemas/Answer"})
    key = {"name": "sid", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    body = {"required": True, "content": {_JSON: {"schema": {"type": "object"}}}}
    service = {"name": "service", "in": "query", "required": True, "schema": {"enum": list(services)}}
    failed = {"4XX": _FAILED, "5XX": _FAILED}

    def operation(name: str, summary: str, parameters: list[Schema], **more: Schema) -> Schema:
        return {
            "operationId": name,
            "summary": summary,
            "tags": ["server"],
            "parameters": parameters,
            **more,
            "responses": {"200": document, **failed},
        }

    wait = {"name": "wait", "in": "query", "schema": {"type": "number", "minimum": 0, "maximum": 60}}
    return {
        "/v1/sessions": {"post": operation("openSession", "Open a session", [service])},
        "/v1/sessions/{sid}": {
            "post": operation("writeSession", "Write to a session", [key], requestBody=body),
            "get": operation("readSession", "The next answer of a session", [key, wait]),
            "delete": operation("closeSession", "End a session", [key]),
        },
    }


_RESOURCE = _object(
    id={"type": "string"}, size={"type": "integer"}, sha256={"type": "string"}, users={"type": "integer"}
)


def resources(services: Sequence[str]) -> Schema:
    """The paths of personalised resources.

    Args:
        services: Those that take them.
    """
    service = {"name": "service", "in": "path", "required": True, "schema": {"enum": list(services)}}
    named: Schema = {"type": "string", "pattern": "^[A-Za-z0-9._:@+-]{1,128}$"}
    key = {"name": "id", "in": "path", "required": True, "schema": named}
    binary: Schema = {"schema": {"type": "string", "format": "binary"}}
    kinds = {"application/octet-stream": binary, "text/plain": {"schema": {"type": "string"}}}
    shown = _json("The resource.", _RESOURCE)
    failed = {"4XX": _FAILED, "5XX": _FAILED}

    def operation(name: str, summary: str, parameters: list[Schema], answers: Schema, **more: Schema) -> Schema:
        told = {"operationId": name, "summary": summary, "tags": ["server"], "parameters": parameters}
        return {**told, **more, "responses": {**answers, **failed}}

    body: Schema = {"required": True, "content": kinds}
    every = _json("Those that are there.", _object(resources={"type": "array", "items": _RESOURCE}))
    one = f"{RESOURCES}/{{id}}"
    return {
        RESOURCES: {"get": operation("listResources", "The resources of a service", [service], {"200": every})},
        one: {
            "put": operation(
                "loadResource",
                "Load a resource that calls name by id",
                [service, key],
                {"200": shown},
                requestBody=body,
            ),
            "get": operation("describeResource", "One resource", [service, key], {"200": shown}),
            "delete": operation(
                "unloadResource",
                "Unload it when nobody uses it",
                [service, key],
                {"204": {"description": "It is gone."}},
            ),
        },
    }
