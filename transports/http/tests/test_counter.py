"""Plain calls are answered as all others are, by whichever of the two ways a request comes."""

from __future__ import annotations

import json
from typing import ClassVar

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from athena import hookimpl
from athena.interfaces import Guard
from athena.models import Attempt, Principal
from athena.testing.stand_in import StandIn, StandInContext
from athena_transport_http.counter import Counter
from athena_transport_http.front import Front
from athena_transport_http.oip import Oip
from athena_transport_http.origins import Origins
from athena_transport_http.routes import Action, Route
from athena_transport_http.section import HttpSection

from .conftest import Serve

CALL = Route(Action.CALL, "talk")
OWN = {"Host": "127.0.0.1", "Content-Type": "application/json"}


def counter() -> Counter:
    section = HttpSection()
    front = Front(section, StandInContext("transports.http", StandIn()))
    return Counter(front, Origins(section), Oip(front))


@pytest.mark.parametrize(
    "more",
    [
        {"Origin": "http://127.0.0.1"},
        {"Content-Encoding": "gzip"},
        {"Host": "elsewhere"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Content-Type": "a/b"},
        {"x-request-timeout-ms": "soon"},
    ],
)
def test_a_head_that_is_refused_or_more_than_plain_goes_the_general_way(more: dict[str, str]) -> None:
    assert counter().said(CIMultiDictProxy(CIMultiDict(OWN)), CALL) is not None
    assert counter().said(CIMultiDictProxy(CIMultiDict(OWN | more)), CALL) is None


class Doorman(Guard):
    """Knows whoever knows the word, and remembers whom it was asked about."""

    asked: ClassVar[list[Attempt]] = []

    @hookimpl
    def athena_provide(self) -> tuple[object, ...]:
        return (self,)

    async def check(self, attempt: Attempt) -> Principal | None:
        self.asked.append(attempt)
        return Principal("friend", "doorman") if attempt.headers.get("authorization") == "Bearer please" else None


def post(body: bytes, *headers: str) -> bytes:
    lines = ["POST /talk HTTP/1.1", "Host: localhost", "Content-Type: application/json", *headers]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def bodies(said: bytes) -> list[tuple[int, dict[str, dict[str, object]]]]:
    """(status, document) of each answer."""
    return [
        (int(answer.split()[0]), json.loads(answer.partition(b"\r\n\r\n")[2]))
        for answer in said.split(b"HTTP/1.1 ")[1:]
    ]


DOCUMENT = b'{"payload":{"text":{"status":3,"text":"aGk="}}}'


async def test_a_call_with_a_head_that_is_known_gets_the_very_answer_of_one_that_is_not(serve: Serve) -> None:
    async with serve() as there:
        calls = [DOCUMENT, DOCUMENT, b"{", DOCUMENT.replace(b"hi", b"there"), DOCUMENT]
        known = bodies(await there.speak(*map(post, calls), post(DOCUMENT, "Connection: close"), pause=0.05))
        fresh = [bodies(await there.speak(post(body, "Connection: close")))[0] for body in [*calls, DOCUMENT]]
    for _, document in (*known, *fresh):
        document["header"].pop("sid", None)
    assert known == fresh
    assert [status for status, _ in known] == [200, 200, 400, 200, 200, 200]


async def test_a_guard_is_asked_of_every_call_though_its_head_is_known(serve: Serve) -> None:
    Doorman.asked.clear()
    good, bad = "Authorization: Bearer please", "Authorization: Bearer now"
    async with serve(plugins={"guards.doorman": Doorman}) as there:
        pieces = [post(DOCUMENT, good), post(DOCUMENT, good), post(DOCUMENT, bad), post(DOCUMENT, bad)]
        said = bodies(await there.speak(*pieces, post(DOCUMENT, "Connection: close"), pause=0.05))
    assert [status for status, _ in said] == [200, 200, 401, 401, 401]
    assert [(attempt.operation, attempt.target) for attempt in Doorman.asked] == [("once", "/talk")] * 5
