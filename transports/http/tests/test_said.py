"""What a call's head says, and what in a head is refused before the body is looked at."""

from __future__ import annotations

import time

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from athena.errors import ServiceError
from athena_transport_http.front import Refused
from athena_transport_http.routes import Action, Route
from athena_transport_http.said import is_json, said_of, told

CALL = Route(Action.CALL, "echo")
OIP = Route(Action.OIP, "echo", asked="infer")


def headers(*pairs: tuple[str, str]) -> CIMultiDictProxy[str]:
    return CIMultiDictProxy(CIMultiDict(pairs))


def test_a_call_says_what_its_body_is_and_how_long_it_waits() -> None:
    said = said_of(headers(("content-type", "application/json"), ("X-Request-Timeout-Ms", "1500")), CALL)
    assert (said.route, said.json, said.size, said.told) == (CALL, True, None, {})
    assert said.timeout == 1.5
    assert said.deadline is not None
    assert 1.3 < said.deadline - time.monotonic() <= 1.5
    raw = said_of(headers(("Content-Type", "image/png")), CALL)
    assert (raw.json, raw.timeout, raw.deadline) == (False, None, None)


def test_a_call_of_the_open_inference_protocol_says_how_much_of_it_is_json() -> None:
    said = said_of(headers(("Inference-Header-Content-Length", "12"), ("x-priority", "9")), OIP)
    assert (said.json, said.size, said.told) == (True, 12, {"x-priority": "9"})
    assert said_of(headers(("Content-Type", "application/octet-stream")), OIP).size is None


@pytest.mark.parametrize("given", ["application/x-www-form-urlencoded", "", "application/json; charset=latin-1", "a/b"])
def test_a_type_that_is_no_calls_is_refused(given: str) -> None:
    with pytest.raises(Refused) as caught:
        is_json(headers(("Content-Type", given)))
    assert caught.value.status == 415


@pytest.mark.parametrize("length", ["", "-1", "1.5", "٣", "9" * 13])
def test_a_length_of_the_json_is_a_number(length: str) -> None:
    with pytest.raises(ServiceError, match="Inference-Header-Content-Length"):
        said_of(headers(("Inference-Header-Content-Length", length)), OIP)


def test_priority_and_trace_go_on_to_the_wrapper_and_nothing_else() -> None:
    assert told(headers(("Authorization", "Bearer x"), ("Accept", "*/*"))) == {}
    spoken = headers(("X-Priority", "1"), ("Traceparent", "00-a-b-01"), ("Cookie", "x"))
    assert told(spoken) == {"x-priority": "1", "traceparent": "00-a-b-01"}
