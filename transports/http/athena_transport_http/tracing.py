"""W3C trace context: the trace a request belongs to stands in HTTP's own headers, and goes on to the wrapper."""

from __future__ import annotations

from collections.abc import Mapping

from multidict import CIMultiDictProxy, istr

__all__ = ["TRACEPARENT", "traced"]

TRACEPARENT, TRACESTATE = istr("traceparent"), istr("tracestate")


def traced(headers: Mapping[str, str], spoken: CIMultiDictProxy[str]) -> Mapping[str, str]:
    """A message's headers, with the trace that HTTP's headers name.

    HTTP's win over the message's own: a proxy between puts its own span there, and cannot write into the body.

    Args:
        headers: Those of the message.
        spoken: HTTP's.
    """
    parent = spoken.get(TRACEPARENT)
    if parent is None:
        return headers
    rest = {name: value for name, value in headers.items() if name not in ("traceparent", "tracestate")}
    states = spoken.getall(TRACESTATE, ())
    return {**rest, "traceparent": parent} | ({"tracestate": ",".join(states)} if states else {})
