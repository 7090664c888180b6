"""Bodies: bounded before they are read, never waited for too long, and the ones that were signed."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time

import pytest

from athena import hookimpl
from athena.errors import Fault, ServiceError
from athena.interfaces import Guard
from athena.models import Attempt, Principal

from .conftest import Serve, There

LIMIT = 64 * 1024
HEAD = "POST /talk HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


def faults(answer: bytes) -> tuple[int, str]:
    """(status, fault) of an answer."""
    header = json.loads(answer.split(b"\r\n\r\n", 1)[1])["header"]
    return int(answer.split()[1]), header["fault"]


async def test_too_long_a_body_is_refused_before_it_is_read(serve: Serve) -> None:
    async with serve(limits={"max_message": LIMIT}) as there:
        answer = await there.speak(f"{HEAD}Content-Length: {2 * LIMIT + 1}\r\n\r\n".encode())
        assert faults(answer) == (413, "TOO_LARGE")


async def test_too_long_a_body_in_chunks_is_refused_on_the_way(serve: Serve) -> None:
    async with serve(limits={"max_message": LIMIT}) as there:
        chunk = b"4000\r\n" + bytes(0x4000) + b"\r\n"
        answer = await there.speak(f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode(), *[chunk] * 9)
        assert faults(answer) == (413, "TOO_LARGE")


async def test_between_message_and_wire_limit_the_codec_counts(serve: Serve) -> None:
    async with serve(limits={"max_message": LIMIT}) as there:
        status, headers, _ = await there.post("/talk", body=bytes(LIMIT + 1), Content_Type="application/octet-stream")
        assert (status, headers["x-athena-fault"]) == (413, "TOO_LARGE")
        status, _, body = await there.post("/talk", body=bytes(LIMIT), Content_Type="application/octet-stream")
        assert (status, len(body)) == (200, LIMIT)


async def test_a_body_of_tiny_chunks_is_taken_whole(there: There) -> None:
    body = json.dumps({"payload": {"data": {"plain": "x" * 3000}}}).encode()
    chunks = b"".join(b"1\r\n" + body[at : at + 1] + b"\r\n" for at in range(len(body))) + b"0\r\n\r\n"
    head = f"{HEAD}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n".encode()
    answer = await there.speak(head, *[chunks[at : at + 500] for at in range(0, len(chunks), 500)])
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"x" * 3000 in answer


async def test_a_body_that_comes_in_two_pieces_is_waited_for(there: There) -> None:
    answer = await there.speak(f"{HEAD}Content-Length: 2\r\nConnection: close\r\n\r\n".encode(), b"{", b"}", pause=0.05)
    assert answer.startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize("pieces", [1, 8])
async def test_a_body_at_a_trickle_is_given_up(serve: Serve, pieces: int) -> None:
    async with serve(body_timeout=0.3) as there:
        began = time.monotonic()
        head = f"{HEAD}Content-Length: 1000\r\n\r\n".encode()
        answer = await there.speak(head, *[b" "] * pieces, pause=0.1)
        assert faults(answer) == (408, "DEADLINE")
        assert time.monotonic() - began < 5


async def test_a_slow_but_steady_body_is_taken(serve: Serve) -> None:
    async with serve(body_timeout=0.2) as there:
        body = json.dumps({"payload": {"data": {"plain": "x" * 4000}}}).encode()
        head = f"{HEAD}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
        answer = await there.speak(head, *[body[at : at + 500] for at in range(0, len(body), 500)], pause=0.08)
        assert answer.startswith(b"HTTP/1.1 200 OK")


async def test_a_request_that_comes_with_the_end_of_the_body_before_it_is_no_broken_body(there: There) -> None:
    head = f"{HEAD}Content-Length: 2\r\n\r\n".encode()
    last = f"{HEAD}Content-Length: 2\r\nConnection: close\r\n\r\n{{}}".encode()
    answer = await there.speak(head, b"{", b"}" + last, pause=0.05)
    assert answer.count(b"HTTP/1.1 200 OK") == 2


@pytest.mark.parametrize("chunks", [b"zz\r\n{}\r\n0\r\n\r\n", b"2\r\n{}XX0\r\n\r\n"])
async def test_a_broken_chunk_is_a_bad_request_and_closes(there: There, chunks: bytes) -> None:
    answer = await there.speak(f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode(), chunks, pause=0.05)
    assert faults(answer) == (400, "BAD_REQUEST")


async def test_a_folded_body_is_refused(there: There) -> None:
    status, headers, body = await there.post("/talk", {}, Content_Encoding="gzip")
    assert (status, headers["x-athena-fault"]) == (415, "BAD_REQUEST")
    assert b"Content-Encoding" in body


async def test_who_waits_for_100_continue_is_told_to_go_on(there: There) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", there.port)
    writer.write(f"{HEAD}Content-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n".encode())
    assert await asyncio.wait_for(reader.readline(), 5) == b"HTTP/1.1 100 Continue\r\n"
    writer.write(b"{}")
    assert b"HTTP/1.1 200 OK" in await asyncio.wait_for(reader.read(), 5)
    writer.close()


class Signed(Guard):
    """Lets everybody in whose body is the one named in a header."""

    @hookimpl
    def athena_provide(self, context: object) -> tuple[object, ...]:
        return (self,)

    async def check(self, attempt: Attempt) -> Principal:
        if "x-digest" not in attempt.headers:
            raise ServiceError(Fault.UNAUTHENTICATED, "x-digest: missing")
        return Principal("signer", "signed", body_sha256=attempt.headers["x-digest"])


async def test_only_the_body_that_was_signed_is_taken(serve: Serve) -> None:
    async with serve(plugins={"guards.signed": Signed}) as there:
        digest = hashlib.sha256(b"{}").hexdigest()
        status, _, _ = await there.post("/talk", body=b"{}", x_digest=digest)
        assert status == 200
        status, headers, body = await there.post("/talk", body=b"{ }", x_digest=digest)
        assert (status, headers["x-athena-fault"]) == (401, "UNAUTHENTICATED")
        assert b"signed" in body


async def test_a_stranger_is_refused_before_a_byte_of_the_body_came(serve: Serve) -> None:
    async with serve(plugins={"guards.signed": Signed}) as there:
        reader, writer = await asyncio.open_connection("127.0.0.1", there.port)
        writer.write(f"{HEAD}Content-Length: 1000\r\n\r\n".encode())
        assert (await asyncio.wait_for(reader.readline(), 5)).startswith(b"HTTP/1.1 401")
        writer.close()
