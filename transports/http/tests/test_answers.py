"""Answers as bytes on the wire: one head, one body, and a connection that lives or ends as it said."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging

import pytest

from athena.errors import Executed, Fault, ServiceError
from athena_transport_http.answers import error_headers

from .conftest import There


def heads(answer: bytes) -> list[str]:
    return [line.lower() for line in answer.split(b"\r\n\r\n")[0].decode().split("\r\n")]


async def test_http_1_0_closes_unless_asked_to_stay(there: There) -> None:
    answer = await there.speak(b"GET /livez HTTP/1.0\r\nHost: localhost\r\n\r\n")
    assert answer.endswith(b'{"live":true}')
    assert "connection: close" in heads(answer)
    stays = b"GET /livez HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n"
    both = await there.speak(stays, b"GET /livez HTTP/1.0\r\nHost: localhost\r\n\r\n", pause=0.1)
    assert both.count(b'{"live":true}') == 2
    assert "connection: keep-alive" in heads(both)


async def test_http_1_1_stays_unless_asked_to_close(there: There) -> None:
    stays = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
    ends = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    answer = await there.speak(stays + stays + ends)
    assert answer.count(b"HTTP/1.1 200 OK") == 3
    assert answer.count(b"Connection: close") == 1


async def test_every_answer_has_a_date_a_length_and_a_type(there: There) -> None:
    answer = await there.speak(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert {"content-length: 13", "content-type: application/json", "server: athena"} <= set(heads(answer))
    assert any(line.startswith("date: ") and line.endswith("gmt") for line in heads(answer))


async def test_head_has_the_length_and_no_body(there: There) -> None:
    answer = await there.speak(b"HEAD /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert "content-length: 13" in heads(answer)
    assert answer.endswith(b"\r\n\r\n")


async def test_a_large_body_arrives_whole_although_it_is_written_apart(there: There) -> None:
    status, _, body = await there.post("/talk", {"parameter": {"talk": {"do": "large", "size": "3000000"}}})
    assert status == 200
    assert len(json.loads(body)["payload"]["data"]["other"]) == 4000000


def test_an_error_says_all_it_knows_in_headers() -> None:
    error = ServiceError(
        Fault.QUOTA, "zu schnell, grüße\r\nX: y", executed=Executed.UNKNOWN, code=7, retry_after=1.2, error_id="a b"
    )
    headers = error_headers(error, spoken=True)
    assert headers == {
        "x-athena-fault": "QUOTA",
        "x-athena-executed": "unknown",
        "x-athena-code": "7",
        "x-athena-error-id": "a%20b",
        "Retry-After": "2",
        "x-athena-message": "zu schnell, gr%C3%BC%C3%9Fe%0D%0AX: y",
    }
    assert set(error_headers(ServiceError(Fault.INTERNAL, "x"))) == {"x-athena-fault", "x-athena-executed"}


async def test_clients_that_go_before_their_answer_disturb_nobody(
    there: There, caplog: pytest.LogCaptureFixture
) -> None:
    body = json.dumps({"parameter": {"talk": {"do": "sleep", "seconds": "5"}}}).encode()
    head = "POST /talk HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    for _ in range(5):
        with contextlib.suppress(asyncio.TimeoutError):
            await there.speak(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body, within=0.05)
    status, _, _ = await there.post("/talk", {})
    assert status == 200
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
