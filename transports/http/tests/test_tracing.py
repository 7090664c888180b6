"""The trace of an HTTP request is that of what it carries."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from athena_transport_http.tracing import TRACEPARENT, over, traced

OURS = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
THEIRS = "00-11111111111111111111111111111111-2222222222222222-00"


def spoken(*pairs: tuple[str, str]) -> CIMultiDictProxy[str]:
    return CIMultiDictProxy(CIMultiDict(pairs))


def test_a_request_without_a_trace_leaves_the_messages_headers_as_they_are() -> None:
    headers = {"traceparent": THEIRS}
    assert traced(headers, spoken(("Host", "x"))) is headers


@pytest.mark.parametrize("name", ["traceparent", "Traceparent", "TRACEPARENT"])
def test_the_trace_is_found_however_it_is_spelt(name: str) -> None:
    there = spoken((name, OURS))
    assert TRACEPARENT in there
    assert traced({"x": "y"}, there) == {"x": "y", "traceparent": OURS}


def test_the_last_hop_is_the_parent_and_its_state_replaces_the_messages() -> None:
    headers = {"traceparent": THEIRS, "tracestate": "a=1"}
    assert traced(headers, spoken(("traceparent", OURS))) == {"traceparent": OURS}
    more = spoken(("traceparent", OURS), ("tracestate", "b=2"), ("tracestate", "c=3"))
    assert traced(headers, more) == {"traceparent": OURS, "tracestate": "b=2,c=3"}


def test_what_http_told_stands_over_a_messages_headers_with_one_trace_or_the_other() -> None:
    headers = {"x": "y", "traceparent": THEIRS, "tracestate": "a=1", "x-priority": "1"}
    assert over(headers, {}) is headers
    assert over(headers, {"x-priority": "2"}) == {**headers, "x-priority": "2"}
    assert over(headers, {"traceparent": OURS}) == {"x": "y", "x-priority": "1", "traceparent": OURS}
