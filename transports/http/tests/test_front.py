"""What requests share: ids, deadlines, lower-case headers, and what a bug is turned into."""

from __future__ import annotations

import logging
import time
from types import SimpleNamespace
from typing import Any

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from athena.errors import Executed, Fault, ServiceError
from athena.testing.stand_in import StandIn, StandInContext
from athena_transport_http.front import Front, Lower
from athena_transport_http.section import HttpSection

from .conftest import Serve


@pytest.fixture
def front() -> Front:
    return Front(HttpSection(), StandInContext("transports.http", StandIn()))


def asking(timeout: str) -> Any:
    return SimpleNamespace(headers=CIMultiDictProxy(CIMultiDict({"X-Request-Timeout-Ms": timeout})))


def test_headers_are_seen_with_lower_case_names_and_found_in_any_case() -> None:
    seen = Lower(CIMultiDictProxy(CIMultiDict([("X-Own", "1"), ("Accept", "a"), ("accept", "b")])))
    assert list(seen) == ["x-own", "accept"]
    assert (seen["x-own"], seen.get("accept"), seen.get("none"), len(seen)) == ("1", "a", None, 2)
    assert "X-OWN" in seen


def test_every_call_has_an_id_of_its_own(front: Front) -> None:
    assert len({front.mint() for _ in range(100)}) == 100


def test_a_timeout_in_milliseconds_is_a_deadline(front: Front) -> None:
    deadline = front.deadline(asking("1500"))
    assert deadline is not None
    assert 1.3 < deadline - time.monotonic() <= 1.5


@pytest.mark.parametrize("timeout", ["", "-1", "1.5", "soon", "٣", "9" * 13])
def test_any_other_timeout_is_refused(front: Front, timeout: str) -> None:
    with pytest.raises(ServiceError, match="x-request-timeout-ms"):
        front.deadline(asking(timeout))


def test_a_bug_is_a_sentence_with_an_id_and_its_story_in_the_log(
    front: Front, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        error = front.fault(RuntimeError("s3cret in /etc"))
    assert (error.fault, error.executed) == (Fault.INTERNAL, Executed.UNKNOWN)
    assert "s3cret" not in error.message
    assert error.error_id in error.message
    assert error.error_id in caplog.text
    assert "s3cret" in caplog.text


def test_draining_refuses_with_a_time_to_come_back(front: Front) -> None:
    front.admit()
    front.draining = True
    with pytest.raises(ServiceError, match="draining") as caught:
        front.admit()
    assert (caught.value.fault, caught.value.retry_after) == (Fault.UNAVAILABLE, 1.0)


async def test_what_is_kept_runs_to_its_end(front: Front) -> None:
    done: list[int] = []

    async def work() -> None:
        done.append(1)

    await front.keep(work())
    assert done == [1]


async def test_a_code_may_have_another_status_and_the_rest_stays(serve: Serve) -> None:
    async with serve(tables="[transports.http.code_map]\n4711 = 422\n10404 = 200\n") as there:
        status, headers, body = await there.post("/talk", {"parameter": {"talk": {"do": "refuse"}}})
        assert (status, headers["x-athena-fault"], headers["x-athena-code"]) == (422, "USER_ERROR", "4711")
        assert b'"code":4711' in body
        assert (await there.post("/nowhere", {}))[0] == 200
        assert (await there.post("/talk", body=b"{"))[0] == 400
