"""W3C trace context: the trace a request belongs to stands in HTTP's own headers, and goes on to the wrapper."""

from __future__ import annotations

from collections.abc import Mapping

from multidict import CIMultiDictProxy, istr

__all__ = ["TRACEPARENT", "over", "traced"]

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
    states = spoken.getall(TRACESTATE, ())
    trace = {"traceparent": parent} | ({"tracestate": ",".join(states)} if states else {})
    return over(headers, trace)


def over(headers: Mapping[str, str], told: Mapping[str, str]) -> Mapping[str, str]:
    """A message's headers, and over them what HTTP's own told; one trace or the other, not a mixture of both."""
    if not told:
        return headers
    if "traceparent" in told:
        headers = {name: value for name, value in headers.items() if name not in ("traceparent", "tracestate")}
    return {**headers, **told}
