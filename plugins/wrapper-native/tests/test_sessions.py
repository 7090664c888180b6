"""Sessions, read and by callback: in order, to the end, destroyed once, and nobody is there after that."""

from __future__ import annotations

import logging
import time
from typing import Any

import pytest

from athena import Cancelled, Fault, Kind, Part, Reply, Request, ServiceError, Stage
from athena.models import END_MARK
from athena_wrapper_native.nodes import words

ASYNC = {"asynchronous": True}


def text(data: str, stage: Stage = Stage.CONTINUE, key: str = "a") -> Part:
    return Part(key, data.encode(), Kind.TEXT, stage)


def write(wrapper: Any, session: Any, *parts: Part) -> None:
    wrapper.athena_session_write(session, Request("s", "sid", parts))


def answers(reply: Any) -> list[bytes]:
    return [bytes(part.data) for part in reply.parts]


def until(true: Any, what: str) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.01)


def line(wrapper: Any, session: Any) -> str:
    """What the library says of a session."""
    return words(wrapper.library.lib.wrapperDebugInfo(session.handle))


def unheard(wrapper: Any) -> int:
    """Callbacks that the library was told -1 for."""
    reply = wrapper.athena_once_exec(Request("s", "x", params={"do": "returned"}))
    return int(reply.part("returned").text.split()[1])


def test_each_write_is_read_once_and_after_the_last_until_the_end(opened: Any, context: Any) -> None:
    wrapper = opened()
    session = wrapper.athena_session_create(context())
    assert wrapper.athena_session_read(session).parts == ()
    write(wrapper, session, text("1", Stage.BEGIN))
    first = wrapper.athena_session_read(session)
    assert (answers(first), first.stage) == ([b"1"], Stage.CONTINUE)
    assert wrapper.athena_session_read(session).parts == ()
    assert line(wrapper, session) == "1 writes 1 reads"
    write(wrapper, session, text("2", Stage.END))
    last = wrapper.athena_session_read(session)
    assert (answers(last), last.stage) == ([b"2"], Stage.END)
    wrapper.athena_session_destroy(session)
    assert len(wrapper.library.tags) == 0


def test_without_realtime_nothing_is_read_before_the_input_has_ended(opened: Any, context: Any) -> None:
    wrapper = opened(native={"realtime": False})
    session = wrapper.athena_session_create(context())
    write(wrapper, session, text("1", Stage.BEGIN))
    assert wrapper.athena_session_read(session).parts == ()
    assert line(wrapper, session) == "1 writes 0 reads"
    write(wrapper, session, text("2", Stage.END))
    assert answers(wrapper.athena_session_read(session)) == [b"1", b"2"]
    wrapper.athena_session_destroy(session)


def test_a_bare_end_mark_ends_every_stream_that_is_open(opened: Any, context: Any) -> None:
    wrapper = opened()
    session = wrapper.athena_session_create(context())
    write(wrapper, session, text("1", Stage.BEGIN), text("2", Stage.BEGIN, "b"), text("3", Stage.ONCE, "c"))
    write(wrapper, session, END_MARK)
    parts = wrapper.athena_session_read(session).parts
    assert [(p.key, p.stage, p.data) for p in parts[3:]] == [("a", Stage.END, b""), ("b", Stage.END, b"")]
    wrapper.athena_session_destroy(session)


@pytest.mark.parametrize("own", [{}, ASYNC], ids=["read", "callback"])
def test_a_session_that_was_told_nothing_ends_with_nothing(
    opened: Any, context: Any, box: Any, own: dict[str, bool]
) -> None:
    wrapper = opened(native=own)
    session = wrapper.athena_session_create(context())
    write(wrapper, session, END_MARK)
    reply = box.told[0] if own else wrapper.athena_session_read(session)
    assert (reply.parts, reply.stage) == ((), Stage.END)
    wrapper.athena_session_destroy(session)


def test_a_library_that_never_ends_is_given_up_after_a_hundred_empty_reads(opened: Any, context: Any) -> None:
    wrapper = opened()
    session = wrapper.athena_session_create(context({"do": "silent"}))
    write(wrapper, session, text("1", Stage.END))
    for _ in range(100):
        assert wrapper.athena_session_read(session).parts == ()
    with pytest.raises(ServiceError, match="gave nothing 100 times after the input had ended"):
        wrapper.athena_session_read(session)
    wrapper.athena_session_destroy(session)


@pytest.mark.parametrize("what", ["bad write", "bad read"])
def test_codes_of_write_and_read_are_kept(opened: Any, context: Any, what: str) -> None:
    wrapper = opened()
    session = wrapper.athena_session_create(context({"do": what, "code": "20009"}))

    def talk() -> None:
        write(wrapper, session, text("1", Stage.END))
        wrapper.athena_session_read(session)

    with pytest.raises(ServiceError) as caught:
        talk()
    assert (caught.value.code, caught.value.message) == (20009, "the words for it")
    wrapper.athena_session_destroy(session)


@pytest.mark.parametrize("own", [{}, ASYNC], ids=["read", "callback"])
def test_a_session_that_cannot_be_created_is_an_error_and_leaves_nothing(
    opened: Any, context: Any, own: dict[str, bool]
) -> None:
    wrapper = opened(native=own)
    with pytest.raises(ServiceError) as caught:
        wrapper.athena_session_create(context({"do": "error", "code": "20010"}))
    assert caught.value.code == 20010
    with pytest.raises(ServiceError, match="wrapperCreate gave no session"):
        wrapper.athena_session_create(context({"do": "null"}))
    with pytest.raises(ServiceError, match="no resource '5' is loaded"):
        wrapper.athena_session_create(context(res_id="5"))
    assert len(wrapper.library.tags) == 0


def test_callbacks_from_foreign_threads_are_emitted_in_order(opened: Any, context: Any, box: Any) -> None:
    wrapper = opened(native=ASYNC)
    session = wrapper.athena_session_create(context())
    for number in range(5):
        write(wrapper, session, text(str(number), Stage.END if number == 4 else Stage.CONTINUE))
        until(lambda seen=number + 1: len(box.told) == seen, "the callback came")
    assert [answers(reply) for reply in box.told] == [[b"0"], [b"1"], [b"2"], [b"3"], [b"4"]]
    assert [reply.stage for reply in box.told] == [Stage.CONTINUE] * 4 + [Stage.END]
    wrapper.athena_session_destroy(session)


@pytest.mark.parametrize("what", ["here", "early"])
def test_a_callback_may_come_from_within_create_and_write(opened: Any, context: Any, box: Any, what: str) -> None:
    wrapper = opened(native=ASYNC)
    session = wrapper.athena_session_create(context({"do": what}))
    write(wrapper, session, text("1", Stage.END))
    until(lambda: box.told and box.told[-1].stage is Stage.END, "the end came")
    wrapper.athena_session_destroy(session)


def test_a_callbacks_code_is_emitted_as_the_end(opened: Any, context: Any, box: Any) -> None:
    wrapper = opened(native=ASYNC)
    session = wrapper.athena_session_create(context({"do": "fail", "code": "20011"}))
    write(wrapper, session, text("1"))
    until(lambda: box.told, "the error came")
    (error,) = box.told
    assert (error.fault, error.code, error.message) == (Fault.USER_ERROR, 20011, "the words for it")
    wrapper.athena_session_destroy(session)


def test_a_callback_after_destroy_is_minus_one_by_copy_and_by_our_pointer(opened: Any, context: Any, box: Any) -> None:
    wrapper = opened(native=ASYNC)
    before = unheard(wrapper)
    session = wrapper.athena_session_create(context({"do": "late"}))
    write(wrapper, session, text("1"))
    wrapper.athena_session_destroy(session)
    until(lambda: unheard(wrapper) == before + 2, "both late callbacks came back")
    assert box.told == []


def test_a_session_that_is_over_for_its_client_says_so_to_the_library(opened: Any, context: Any, box: Any) -> None:
    def emit(reply: Reply) -> None:
        raise Cancelled("the session is over")

    box.emit = emit
    wrapper = opened(native=ASYNC)
    before = unheard(wrapper)
    session = wrapper.athena_session_create(context({"do": "here"}))
    write(wrapper, session, text("1"))
    assert unheard(wrapper) == before + 1
    wrapper.athena_session_destroy(session)


def test_a_reply_that_cannot_travel_is_how_the_session_ends(opened: Any, context: Any, box: Any) -> None:
    told: list[object] = []

    def emit(reply: object) -> None:
        told.append(reply)
        if isinstance(reply, Reply):
            raise ServiceError(Fault.TOO_LARGE, "too much")

    box.emit = emit
    wrapper = opened(native=ASYNC)
    session = wrapper.athena_session_create(context({"do": "here"}))
    write(wrapper, session, text("1"))
    assert [type(one).__name__ for one in told] == ["Reply", "ServiceError"]
    wrapper.athena_session_destroy(session)


def test_units_of_a_session_are_usage_of_its_next_reply(
    opened: Any, context: Any, caplog: pytest.LogCaptureFixture
) -> None:
    wrapper = opened()
    session = wrapper.athena_session_create(context({"do": "meter"}))
    write(wrapper, session, text("1"))
    assert wrapper.athena_session_read(session).attributes["usage.chars"] == "7"
    write(wrapper, session, text("2"))
    with caplog.at_level(logging.DEBUG):
        wrapper.athena_session_destroy(session)
    assert "told after its last reply, and not counted: {'usage.chars': '7'" in caplog.text
    assert "2 writes 1 reads" in caplog.text, "wrapperDebugInfo is asked once, before the end"
