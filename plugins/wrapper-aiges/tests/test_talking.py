"""Sessions, hook by hook: handles, streams that end, threads that die, and handles that come back."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from aiges import routing
from athena import Kind, Part, Principal, Reply, Request, ServiceError, SessionContext, Stage
from athena.models import END_MARK

from .author import Box, loaded

POOL = """
from aiges.stream import StreamHandleThread
import time
class Wrapper(WrapperBase):
    def wrapperInit(self, config):
        self.session.init_handle_pool("thread", 1, Thread)
    def wrapperCreate(self, params, sid):
        s = SessionCreateResponse()
        s.handle = self.session.get_idle_handle()
        if not s.handle:
            s.error_code = 10110
            return s
        thread = self.session.get_session(s.handle)
        thread.setup_sid(sid)
        return s
    def wrapperWrite(self, handle, req):
        self.session.get_session(handle).in_q.put(req)
class Thread(StreamHandleThread):
    def run(self):
        while True:
            node = self.in_q.get().list[0]
            if node.data == b"die":
                raise KeyError("died")
            if node.data == b"slow":
                time.sleep(0.3)
            r = Response()
            r.list = [ResponseData("r", node.data, status=node.status)]
            self.session_thread.callback_fn(r, self.session_thread.sid)
            if node.status == 2:
                self.session_thread.reset()
"""


def context(sid: str, box: Box) -> SessionContext:
    return SessionContext(sid, "it", {}, {}, (), None, Principal("me"), box, box)


def write(data: bytes, stage: Stage = Stage.CONTINUE) -> Request:
    return Request("it", parts=(Part("data", data, Kind.TEXT, stage),))


def until(holds: Any) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


def test_a_result_that_comes_before_create_returns_finds_its_session(tmp_path: Path) -> None:
    text = """
        import threading
        class Wrapper(WrapperBase):
            def wrapperCreate(self, params, sid):
                callback(Response([ResponseData("r", b"early", status=1)]), "nobody knows this handle yet")
                other = Response([ResponseData("r", b"thread", status=1)])
                self.thread = threading.Thread(target=callback, args=(other, "h1"))
                self.thread.start()
                s = SessionCreateResponse()
                s.handle = "h1"
                return s
    """
    box, plugin = Box(), loaded(tmp_path, text)
    session = plugin.athena_session_create(context("s1", box))
    until(lambda: len(box.replies) == 2)
    assert [reply.part("r").data for reply in box.replies] == [b"early", b"thread"]
    plugin.athena_session_destroy(session)
    assert routing.deliver(None, ("h1",)) == -1


@pytest.mark.parametrize(("returned", "code"), [("-1", -1), ("('', 7)", 7), ("SessionCreateResponse('', 8)", 8)])
def test_a_create_that_refuses_says_its_number(tmp_path: Path, returned: str, code: int) -> None:
    text = f"class Wrapper(WrapperBase):\n    def wrapperCreate(self, params, sid): return {returned}"
    with pytest.raises(ServiceError) as caught:
        loaded(tmp_path, text).athena_session_create(context("s", Box()))
    assert caught.value.code == code
    assert routing.deliver(None, ("s",)) == -1


def test_a_bare_end_becomes_an_empty_last_piece_of_each_open_stream(tmp_path: Path) -> None:
    text = """
        class Wrapper(WrapperBase):
            seen = []
            def wrapperCreate(self, params, sid): return sid
            def wrapperWrite(self, handle, req):
                self.seen.append([(node.key, node.data, node.status) for node in req.list])
    """
    plugin = loaded(tmp_path, text)
    session = plugin.athena_session_create(context("s", Box()))
    plugin.athena_session_write(session, write(b"1", Stage.BEGIN))
    plugin.athena_session_write(session, Request("it", parts=(END_MARK,)))
    plugin.athena_session_write(session, Request("it", parts=(END_MARK,)))
    assert plugin.functions.owner.seen == [[("data", b"1", 0)], [("data", b"", 2)]]


def test_a_session_that_was_told_nothing_and_one_without_a_write_end_with_their_input(tmp_path: Path) -> None:
    text = "class Wrapper(WrapperBase):\n    def wrapperCreate(self, params, sid): return None"
    box, plugin = Box(), loaded(tmp_path, text)
    for request in (Request("it", parts=(END_MARK,)), write(b"1", Stage.ONCE)):
        session = plugin.athena_session_create(context("s", box))
        plugin.athena_session_write(session, request)
        assert box.replies.pop().stage is Stage.END


def test_a_thread_that_dies_ends_its_session_with_an_error_and_serves_the_next(tmp_path: Path) -> None:
    plugin = loaded(tmp_path, POOL)
    plugin.athena_init(None)
    box = Box()
    session = plugin.athena_session_create(context("s1", box))
    plugin.athena_session_write(session, write(b"die"))
    until(lambda: box.replies)
    assert isinstance(box.replies[0], ServiceError)
    assert "thread failed: KeyError" in box.replies[0].message
    plugin.athena_session_destroy(session)
    box = Box()
    session = plugin.athena_session_create(context("s2", box))
    plugin.athena_session_write(session, write(b"well", Stage.END))
    until(lambda: box.replies)
    assert isinstance(box.replies[0], Reply)
    plugin.athena_session_destroy(session)


def test_a_handle_comes_back_when_its_thread_has_finished_with_who_left(tmp_path: Path) -> None:
    plugin = loaded(tmp_path, POOL)
    plugin.athena_init(None)
    gone, stays = Box(), Box()
    session = plugin.athena_session_create(context("s1", gone))
    plugin.athena_session_write(session, write(b"slow"))
    worker = plugin.functions.owner.session.get_session(session.handle)
    until(lambda: worker.in_q.busy)
    plugin.athena_session_destroy(session)
    with pytest.raises(ServiceError) as caught:
        plugin.athena_session_create(context("s2", stays))
    assert caught.value.code == 10110, "its thread is still at work for the first one"
    until(lambda: worker.is_idle)
    session = plugin.athena_session_create(context("s3", stays))
    plugin.athena_session_write(session, write(b"mine", Stage.END))
    until(lambda: stays.replies)
    assert [reply.part("r").data for reply in stays.replies] == [b"mine"]
    assert gone.replies == []


def test_a_wrapper_that_is_asked_is_asked_no_more_once_it_calls_back(tmp_path: Path) -> None:
    text = """
        class Wrapper(WrapperBase):
            asked = 0
            def wrapperCreate(self, params, sid): return "h"
            def wrapperRead(self, handle):
                Wrapper.asked += 1
                return Response([ResponseData("r", b"x", status=1)]) if self.asked == 1 else None
    """
    plugin = loaded(tmp_path, text)
    session = plugin.athena_session_create(context("s", Box()))
    assert plugin.athena_session_read(session).part("r").data == b"x"
    assert plugin.athena_session_read(session).parts == ()
    routing.deliver([], ("h",))
    plugin.athena_session_read(session)
    assert plugin.functions.owner.asked == 2
    plugin.athena_session_destroy(session)
