"""Connections: what strangers send before a request is one, and how long they may take."""

from __future__ import annotations

import asyncio
import json
import os
import time

import pytest

from athena.errors import Fault, ServiceError
from athena_transport_http.connection import at_once

from .conftest import Serve, There


def status(answer: bytes) -> int:
    return int(answer.split()[1]) if answer else 0


GARBAGE = {
    "a body with two lengths": b"POST /talk HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
    "length and chunks at once": b"POST /talk HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET",
    "a negative length": b"POST /talk HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    "a length that is a word": b"POST /talk HTTP/1.1\r\nHost: localhost\r\nContent-Length: two\r\n\r\n",
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "HTTP/2's preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a space in a header's name": b"GET /livez HTTP/1.1\r\nHost : localhost\r\n\r\n",
    "a NUL in a header": b"GET /livez HTTP/1.1\r\nHost: local\x00host\r\n\r\n",
    "a folded header": b"GET /livez HTTP/1.1\r\nHost: localhost\r\n folded: x\r\n\r\n",
    "an unknown method": b"GRAB /livez HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


@pytest.mark.parametrize("noise", GARBAGE.values(), ids=GARBAGE.keys())
async def test_what_is_no_request_is_refused_and_closed(there: There, noise: bytes) -> None:
    answer = await there.speak(noise)
    assert 400 <= status(answer) < 500, answer
    assert (await there.get("/livez"))[0] == 200


async def test_too_many_or_too_large_headers_are_431(there: There) -> None:
    many = "".join(f"x-{number}: 1\r\n" for number in range(150))
    answer = await there.speak(f"GET /livez HTTP/1.1\r\nHost: localhost\r\n{many}\r\n".encode())
    assert (status(answer), json.loads(answer.split(b"\r\n\r\n", 1)[1])["header"]["fault"]) == (431, "TOO_LARGE")
    answer = await there.speak(f"GET /livez HTTP/1.1\r\nHost: localhost\r\nx-long: {'a' * 40_000}\r\n\r\n".encode())
    assert status(answer) == 431
    large = "".join(f"x-{number}: {'a' * 4000}\r\n" for number in range(9))
    answer = await there.speak(f"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{large}\r\n".encode())
    assert status(answer) == 431


async def test_large_bodies_do_not_count_as_headers(there: There) -> None:
    for _ in range(2):
        got, _, body = await there.post("/talk", body=bytes(200_000), Content_Type="application/octet-stream")
        assert (got, len(body)) == (200, 200_000)


async def test_random_bytes_hurt_nobody(there: There) -> None:
    for size in (1, 10, 1000, 100_000):
        await there.speak(os.urandom(size) + b"\r\n\r\n")
    assert (await there.get("/livez"))[0] == 200


async def test_headers_that_never_end_are_given_up(serve: Serve) -> None:
    async with serve(header_timeout=0.3) as there:
        began = time.monotonic()
        for opening in (b"", b"GET /livez HTTP/1.1\r\nHo"):
            answer = await there.speak(opening)
            assert status(answer) == 408
        slow = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n" + b"x-a: b\r\n" * 40
        assert status(await there.speak(*[slow[at : at + 5] for at in range(0, len(slow), 5)], pause=0.05)) in (408, 0)
        assert time.monotonic() - began < 20


async def test_a_second_requests_headers_are_timed_as_the_first(serve: Serve) -> None:
    async with serve(header_timeout=0.3) as there:
        whole = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
        answer = await there.speak(whole, b"GET /li", pause=0.2)
        assert answer.startswith(b"HTTP/1.1 200")
        assert b"HTTP/1.1 408" in answer


async def test_an_idle_connection_between_requests_is_not_a_slow_one(serve: Serve) -> None:
    async with serve(header_timeout=0.3, idle_timeout=30.0) as there:
        reader, writer = await asyncio.open_connection("127.0.0.1", there.port)
        for _ in range(2):
            writer.write(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b"200" in await asyncio.wait_for(reader.readuntil(b"}"), 5)
            await asyncio.sleep(2.2)
        writer.close()


async def test_an_idle_connection_ends_in_time(serve: Serve) -> None:
    async with serve(idle_timeout=0.3) as there:
        answer = await there.speak(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200")


def test_the_answer_of_last_resort_is_whole() -> None:
    answer = at_once(503, ServiceError(Fault.OVERLOADED, "full", retry_after=1.0))
    head, body = answer.split(b"\r\n\r\n")
    assert b"Retry-After: 1" in head
    assert f"Content-Length: {len(body)}".encode() in head
    assert json.loads(body)["header"]["fault"] == "OVERLOADED"
