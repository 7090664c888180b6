"""Paths: a service is the last segment, whatever stands before it; a few paths are reserved."""

from __future__ import annotations

import pytest

from athena_transport_http.routes import CACHED, Action, Route, Routes, allowed


@pytest.mark.parametrize(
    ("method", "target", "route"),
    [
        ("POST", "/mmocr", Route(Action.CALL, "mmocr")),
        ("POST", "/v1/private/mmocr", Route(Action.CALL, "mmocr")),
        ("POST", "/v2.1/private/mmocr", Route(Action.CALL, "mmocr")),
        ("POST", "/any/where/mmocr/", Route(Action.CALL, "mmocr")),
        ("GET", "/v1/private/mmocr", Route(Action.CALL, "mmocr")),
        ("POST", "/mmocr?key=data&x=%20", Route(Action.CALL, "mmocr", "", "key=data&x=%20")),
        ("POST", "/v1/private/a%2Fb%20c", Route(Action.CALL, "a/b c")),
        ("POST", "/livez", Route(Action.LIVE)),
        ("GET", "/openapi.json", Route(Action.OPENAPI)),
        ("GET", "/livez", Route(Action.LIVE)),
        ("HEAD", "/readyz", Route(Action.READY)),
        ("GET", "/metrics?x=1", Route(Action.METRICS, "", "", "x=1")),
        ("GET", "/v1/services", Route(Action.SERVICES)),
        ("GET", "/v1/services/mm%20ocr", Route(Action.SERVICES, "mm ocr")),
        ("POST", "/v1/services/mmocr", Route(Action.SERVICES, "mmocr")),
        ("POST", "/v1/private/livez", Route(Action.CALL, "livez")),
        ("POST", "/v1/sessions?service=x", Route(Action.OPEN, "", "", "service=x")),
        ("GET", "/v1/sessions/s%2F1?wait=2", Route(Action.SESSION, "", "s/1", "wait=2")),
        ("POST", "/v1/private/sessions", Route(Action.CALL, "sessions")),
        ("GET", "/", Route(Action.SITE, "", "/")),
        ("GET", "/docs", Route(Action.SITE, "", "/docs")),
        ("GET", "/assets/main.js", Route(Action.SITE, "", "/assets/main.js")),
        ("POST", "//", Route(Action.NONE)),
        ("OPTIONS", "*", Route(Action.CALL, "*")),
    ],
)
def test_a_request_line_has_one_meaning(method: str, target: str, route: Route) -> None:
    routes = Routes()
    assert routes.find(method, target) == route
    assert routes.find(method, target) == route


def test_what_is_remembered_is_bounded_and_holds_no_session() -> None:
    routes = Routes()
    for number in range(2 * CACHED):
        routes.find("POST", f"/{number}")
        routes.find("GET", f"/v1/sessions/{number}")
    assert len(routes._known) == CACHED
    assert all(route.action is Action.CALL for route in routes._known.values())


def test_a_resource_says_what_it_takes() -> None:
    assert allowed(Action.CALL) == "POST, OPTIONS"
    assert allowed(Action.SESSION) == "POST, GET, DELETE, OPTIONS"
    assert allowed(Action.METRICS) == allowed(Action.OPENAPI) == "GET, HEAD, OPTIONS"
