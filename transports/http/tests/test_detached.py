"""Detached sessions as a curl user has them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import There


def read(body: bytes) -> Any:
    return json.loads(body)


async def opened(there: There, query: str = "service=talk") -> str:
    status, _, body = await there.post(f"/v1/sessions?{query}", {"header": {"app_id": "1"}})
    assert (status, read(body)["header"]["status"]) == (200, 0)
    sid = read(body)["header"]["sid"]
    assert isinstance(sid, str)
    assert sid
    return sid


async def test_it_is_opened_written_read_and_closed(there: There) -> None:
    sid = await opened(there)
    assert (await there.post(f"/v1/sessions/{sid}", {"payload": {"data": {"plain": "a", "status": 0}}}))[0] == 200
    status, _, body = await there.get(f"/v1/sessions/{sid}?wait=5&plain=true")
    assert (status, read(body)["payload"]["data"]["plain"], read(body)["header"]["sid"]) == (200, "a", sid)
    status, _, body = await there.get(f"/v1/sessions/{sid}?wait=0.01")
    assert (status, read(body)["payload"]) == (200, {})
    assert (await there.post(f"/v1/sessions/{sid}", {"payload": {"data": {"plain": "b", "status": 2}}}))[0] == 200
    _, _, body = await there.get(f"/v1/sessions/{sid}?wait=5")
    assert read(body)["header"]["status"] == 2


async def test_closing_ends_it_and_then_it_is_not_found(there: There) -> None:
    sid = await opened(there)
    async with there.client.delete(f"{there.url}/v1/sessions/{sid}") as response:
        assert response.status == 200
    status, headers, body = await there.get(f"/v1/sessions/{sid}")
    assert (status, headers["x-athena-fault"], read(body)["header"]["code"]) == (404, "NOT_FOUND", 10008)


async def test_it_is_opened_without_a_body_too_and_found_by_the_clients_own_id(there: There) -> None:
    status, _, _ = await there.post("/v1/sessions?service=talk&alias=mine%2F1", body=b"", Content_Type="")
    assert status == 200
    status, _, _ = await there.post("/v1/sessions/mine%2F1", {"payload": {"data": {"plain": "a", "status": 0}}})
    assert status == 200
    status, _, body = await there.get("/v1/sessions/mine%2F1?wait=5")
    assert read(body)["payload"]["data"]["text"] == "YQ=="


async def test_a_header_with_status_2_alone_half_closes(there: There) -> None:
    sid = await opened(there)
    assert (await there.post(f"/v1/sessions/{sid}", {"header": {"status": 2}}))[0] == 200
    status, headers, _ = await there.post(f"/v1/sessions/{sid}", {"payload": {"data": {"plain": "late"}}})
    assert (status, headers["x-athena-fault"]) == (409, "SESSION_CLOSED")


@pytest.mark.parametrize(
    ("path", "document", "status", "word"),
    [
        ("/v1/sessions", {}, 400, "service"),
        ("/v1/sessions?service=none", {}, 404, "none"),
        ("/v1/sessions?service=talk", {"payload": {"data": {"plain": "x"}}}, 400, "opened without data"),
        ("/v1/sessions?service=talk", [], 400, "body"),
        ("/v1/sessions/unknown", {}, 404, "session"),
    ],
)
async def test_what_cannot_be_done_is_refused(
    there: There, path: str, document: object, status: int, word: str
) -> None:
    got, _, body = await there.post(path, document)
    assert (got, word in read(body)["header"]["message"]) == (status, True)


@pytest.mark.parametrize("wait", ["soon", "-1", "nan", "inf", "4000"])
async def test_a_wait_is_a_number_of_seconds(there: There, wait: str) -> None:
    sid = await opened(there)
    status, _, body = await there.get(f"/v1/sessions/{sid}?wait={wait}")
    assert (status, "wait" in read(body)["header"]["message"]) == (400, True)


async def test_other_methods_and_types_are_refused(there: There) -> None:
    async with there.client.put(f"{there.url}/v1/sessions/x") as response:
        assert (response.status, response.headers["Allow"]) == (405, "POST, GET, DELETE")
    async with there.client.get(f"{there.url}/v1/sessions?service=talk") as response:
        assert (response.status, response.headers["Allow"]) == (405, "POST")
    status, _, _ = await there.post("/v1/sessions/x", body=b"x", Content_Type="text/plain")
    assert status == 415
