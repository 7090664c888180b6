"""A wrapper tried from its own file: ``m.run()``, with the values its fields carry, and a check of the answer."""

from __future__ import annotations

import logging
import queue
import sys
import time
from typing import Any

from . import binding, routing
from .core.types import DataEnd, DataOnce, Once
from .dto import DataListCls, DataListNode, Response, ResponseData

__all__ = ["check", "run_once", "run_stream"]

log = logging.getLogger("aiges.run")
PATIENCE = 30.0
"""Seconds without a result after which a session tried here is given up."""
SID = "test-111111"
ASKED_AFTER = 0.1
"""Seconds without a result by callback after which a wrapper that has a wrapperRead is asked."""
# Any, in this file: a wrapper is what its author wrote.


class _Collected:
    """Takes a session's results."""

    def __init__(self) -> None:
        self.results: queue.Queue[Any] = queue.Queue()

    def deliver(self, response: Any) -> bool:
        self.results.put(response)
        return True

    def failed(self, error: BaseException) -> None:
        self.results.put(error)


def run_once(wrapper: Any) -> bool:
    """Init, one call, and what is wrong with its answer.

    Returns:
        Whether nothing is.
    """
    _talkative()
    try:
        if not _began(wrapper):
            return False
        params = {"sid": SID, **_params(wrapper)}
        filled: list[Any] = []
        values = {"params": params, "data": _request(wrapper), "tag": SID, "sid": SID, "person": 0, "results": filled}
        returned = _bound(wrapper, "wrapperOnceExec", "params", "data", "tag", "person")(values)
        response = _filled(returned, filled)
    except Exception:
        log.exception("the wrapper failed: %s", wrapper.wrapperError(-1))
        return False
    return check(wrapper, response)


def run_stream(wrapper: Any) -> bool:
    """Init, one session with one write, and its results until the last.

    Returns:
        Whether the last one came, and nothing was wrong.
    """
    _talkative()
    collected = _Collected()
    routing.creating(SID, collected)
    try:
        if not _began(wrapper):
            return False
        params = {**_params(wrapper), "sid": SID}
        made = _bound(wrapper, "wrapperCreate", "params", "sid", "person", "tag")(
            {"params": params, "sid": SID, "tag": SID, "person": 0, "error": 0}
        )
        if getattr(made, "error_code", 0):
            return _failed(wrapper, "wrapperCreate", made.error_code)
        handle = getattr(made, "handle", made)
        if isinstance(handle, str) and handle:
            routing.bind(handle, collected)
        routing.opened()
        code = _bound(wrapper, "wrapperWrite", "handle", "data", "sid")(
            {"handle": handle, "data": _request(wrapper), "sid": SID}
        )
        well = not code if isinstance(code, int) else True
        well = _drained(wrapper, collected, handle) if well else _failed(wrapper, "wrapperWrite", code)
        wrapper.wrapperDestroy(handle)
        return well
    except Exception:
        log.exception("the wrapper failed: %s", wrapper.wrapperError(-1))
        return False
    finally:
        routing.opened()
        routing.close(SID, "", collected)


def check(wrapper: Any, response: Any) -> bool:
    """Say everything that is wrong with an answer.

    Returns:
        Whether nothing is.
    """
    code = getattr(response, "error_code", 0)
    if isinstance(response, Response) and code:
        log.info("the wrapper answered with error %s: %s", code, wrapper.wrapperError(code))
        return True
    wrong = list(_wrong(wrapper, response))
    for text in wrong:
        log.error("%s", text)
    if not wrong:
        log.info("the answer is well: %s", ", ".join(f"{node.key} ({node.len} bytes)" for node in _told(response)))
    return not wrong


def _wrong(wrapper: Any, response: Any) -> Any:
    if not isinstance(response, Response):
        yield f"the answer is {type(response).__name__}; expected a Response"
        return
    nodes = _told(response)
    if not nodes:
        yield "the answer's list is empty"
    declared = {field.key: field.data_type for field in wrapper.__mappings__["accepts"].values()}
    keys = [node.key for node in nodes]
    if len(keys) != len(set(keys)):
        yield f"keys are used twice: {', '.join(keys)}"
    for node in nodes:
        data = node.data.encode() if isinstance(node.data, str) else node.data
        if not isinstance(data, bytes | bytearray | memoryview):
            yield f"{node.key}: data is {type(node.data).__name__}; expected bytes or str"
            continue
        if node.len and node.len not in (len(data), len(node.data)):
            yield f"{node.key}: len is {node.len}, and its data has {len(data)} bytes"
        if node.status != Once:
            yield f"{node.key}: status is {node.status}; a single call's is Once (3)"
        if declared and node.key not in declared:
            yield f"{node.key}: not among the keys of responseCls: {', '.join(declared)}"
        elif declared and node.type != declared[node.key]:
            yield f"{node.key}: type is {node.type}; responseCls says {declared[node.key]}"


def _told(response: Any) -> list[Any]:
    """Its nodes, without the empty one a Response begins with."""
    return [node for node in response.list if node.key or node.data]


def _filled(returned: Any, filled: list[Any]) -> Any:
    """The answer of the older style, which fills a list and returns a number, as a Response."""
    if not filled or not (returned is None or isinstance(returned, int)):
        return returned
    nodes = [ResponseData(**node) if isinstance(node, dict) else node for node in filled]
    return Response(nodes, int(returned or 0))


def _drained(wrapper: Any, collected: _Collected, handle: Any) -> bool:
    asks = type(wrapper).wrapperRead.__module__ != "aiges.sdk"  # its own, not what it inherits
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            response = collected.results.get(timeout=ASKED_AFTER)
            asks = False
        except queue.Empty:
            response = _read(wrapper, handle) if asks else None
        if response is None:
            continue
        if isinstance(response, BaseException):
            log.error("the wrapper's thread failed: %r", response)
            return False
        if getattr(response, "error_code", 0):
            return _failed(wrapper, "the session", response.error_code)
        nodes = _told(response)
        for node in nodes:
            log.info("%s: status %s, %r", node.key, node.status, node.data)
        if any(node.status in (DataEnd, DataOnce) for node in nodes):
            return True
        until = time.monotonic() + PATIENCE if nodes else until
    log.error("no result came for %g s; the last one has status DataEnd (2)", PATIENCE)
    return False


def _read(wrapper: Any, handle: Any) -> Any:
    """What ``wrapperRead`` has, as a Response; None for nothing."""
    found = _bound(wrapper, "wrapperRead", "handle", "sid")({"handle": handle, "sid": SID})
    return Response(found) if isinstance(found, list | tuple) else found or None


def _began(wrapper: Any) -> bool:
    config = getattr(wrapper, "config", None) or {}
    code = _bound(wrapper, "wrapperInit", "config")({"config": config})
    return not code or _failed(wrapper, "wrapperInit", code)


def _failed(wrapper: Any, what: str, code: object) -> bool:
    log.error("%s: error %s: %s", what, code, wrapper.wrapperError(code))
    return False


def _params(wrapper: Any) -> dict[str, Any]:
    return {field.key: field.test_value for field in wrapper.__mappings__["params"].values()}


def _request(wrapper: Any) -> DataListCls:
    fields = wrapper.__mappings__["inputs"].values()
    if not fields:
        log.warning("requestCls names no inputs: the wrapper is tried without any")
    found = [(field, field.test_value) for field in fields]
    return DataListCls(DataListNode(field.key, data, len(data), field.data_type, field.status) for field, data in found)


def _talkative() -> None:
    """Show what is logged: whoever runs a wrapper's file looks at the terminal. Not stdout, which may be a channel."""
    if not logging.getLogger().handlers:
        logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")


def _bound(wrapper: Any, name: str, *order: str) -> Any:
    found = binding.bound(wrapper, name, *order)
    assert found is not None, name  # the base class has them all
    return found
