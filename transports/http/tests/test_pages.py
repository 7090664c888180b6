"""The server's own pages: alive, ready, what it serves and what it has counted."""

from __future__ import annotations

import json

import pytest

from athena import hookimpl
from athena.errors import Fault, ServiceError
from athena.interfaces import Guard
from athena.models import Attempt, Description, Health, Principal, ServiceSettings, ServiceView
from athena.testing.stand_in import StandIn, StandInContext
from athena_transport_http.front import Front
from athena_transport_http.pages import answer_page
from athena_transport_http.routes import Action, Route
from athena_transport_http.section import HttpSection

from .conftest import Serve, There


async def test_alive_ready_and_what_is_served(there: There) -> None:
    assert (await there.get("/livez"))[::2] == (200, b'{"live":true}')
    status, _, body = await there.get("/readyz")
    assert (status, json.loads(body)["ready"]) == (200, True)
    assert set(json.loads(body)["services"]) == {"talk", "mmocr"}
    _, _, body = await there.get("/v1/services")
    names = [service["name"] for service in json.loads(body)["services"]]
    assert sorted(names) == ["mmocr", "talk"]
    _, _, body = await there.get("/v1/services/mmocr")
    assert json.loads(body)["description"]["inputs"][0]["kind"] == "IMAGE"
    assert (await there.get("/v1/services/none"))[0] == 404


async def test_the_counters_count_this_transport(there: There) -> None:
    await there.post("/talk", {"payload": {"data": {"plain": "x"}}})
    status, headers, body = await there.get("/metrics")
    assert (status, headers["Content-Type"].startswith("text/plain")) == (200, True)
    assert b'transport="http"' in body


class Nobody(Guard):
    """Lets nobody in."""

    @hookimpl
    def athena_provide(self, context: object) -> tuple[object, ...]:
        return (self,)

    async def check(self, attempt: Attempt) -> Principal:
        raise ServiceError(Fault.UNAUTHENTICATED, f"not you, not {attempt.operation}")


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("POST", "/talk", "once"),
        ("POST", "/nowhere", "once"),
        ("GET", "/metrics", "metrics"),
        ("GET", "/v1/services", "describe"),
        ("GET", "/v1/services/none", "describe"),
        ("GET", "/openapi.json", "describe"),
        ("GET", "/", "describe"),
        ("GET", "/docs", "describe"),
        ("GET", "/assets/main.js", "describe"),
        ("POST", "/v1/sessions?service=talk", "open"),
        ("GET", "/v1/sessions/x", "session"),
        ("POST", "/v1/sessions/x", "session"),
        ("DELETE", "/v1/sessions/x", "session"),
    ],
)
async def test_every_door_but_two_asks_who_is_there(serve: Serve, method: str, path: str, operation: str) -> None:
    async with serve(plugins={"guards.nobody": Nobody}) as there:
        async with there.client.request(method, there.url + path, json={}) as response:
            assert response.status == 401
            assert operation in (await response.json())["header"]["message"]
        for open_to_all in ("/livez", "/readyz"):
            assert (await there.get(open_to_all))[0] == 200


async def test_an_upgrade_is_refused_before_it_happens(serve: Serve) -> None:
    async with serve(plugins={"guards.nobody": Nobody}) as there:
        answer = await there.speak(
            b"GET /talk HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
            within=5,
        )
        assert answer.startswith(b"HTTP/1.1 401")
        assert b"x-athena-message: not you" in answer


async def test_not_ready_says_what_is_not_and_why() -> None:
    class Sick(StandIn):
        def services(self) -> dict[str, ServiceView]:
            health = Health(False, "both workers died", {"dead": 2})
            return {"ocr": ServiceView("ocr", Description(), health, ServiceSettings("ocr"))}

    front = Front(HttpSection(), StandInContext("transports.http", Sick()))
    answer = await answer_page(front, None, Route(Action.READY))  # type: ignore[arg-type]  # the request is not looked at
    assert answer.status == 503
    assert json.loads(answer._body)["reason"] == "ocr: both workers died"
    front.draining = True
    answer = await answer_page(front, None, Route(Action.READY))  # type: ignore[arg-type]
    assert json.loads(answer._body)["reason"] == "draining"


async def test_the_openapi_document_tells_of_what_is_served(there: There) -> None:
    status, headers, body = await there.get("/openapi.json")
    document = json.loads(body)
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert {"/v1/private/talk", "/v1/private/mmocr", "/v1/sessions", "/openapi.json"} <= set(document["paths"])
    shown = document["paths"]["/v1/private/talk"]["post"]["requestBody"]["content"]["application/json"]["examples"]
    got, _, _ = await there.post("/v1/private/talk", shown["whole"]["value"])
    assert got == 200
