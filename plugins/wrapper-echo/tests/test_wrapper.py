"""What the echo wrapper promises, asked hook by hook."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from athena import Cancelled, Kind, Part, Principal, Reply, Request, SessionContext, Stage
from athena_wrapper_echo.wrapper import Echo


class Box:
    """An outbox and a cancellation in one: what a session's wrapper is given."""

    cancelled = False

    def __init__(self) -> None:
        self.replies: list[Reply] = []

    def emit(self, reply: Reply) -> None:
        self.replies.append(reply)


class Gone:
    cancelled = True


def talk(*writes: tuple[Part, ...]) -> list[Reply]:
    box = Box()
    echo = Echo()
    session = echo.athena_session_create(SessionContext("s", "echo", {}, {}, (), None, Principal("me"), box, box))
    for parts in writes:
        echo.athena_session_write(session, Request("echo", "s", parts))
    return box.replies


def part(key: str, text: str, stage: Stage = Stage.ONCE) -> Part:
    return Part.from_text(key, text, stage)


def test_once_answers_with_the_very_parts_it_was_sent() -> None:
    parts = (part("a", "1"), Part("b", b"\x00\x01", Kind.IMAGE, Stage.ONCE, 7, {"encoding": "jpg"}))
    reply = Echo().athena_once_exec(Request("echo", parts=parts))
    assert isinstance(reply, Reply)
    assert reply.parts == parts


@pytest.mark.parametrize("times", [0, 1, 3])
def test_with_times_it_answers_with_so_many_items(times: int) -> None:
    answer = Echo().athena_once_exec(Request("echo", parts=(part("a", "1"),), params={"times": str(times)}))
    assert isinstance(answer, Iterator)
    assert [item.part("a").text for item in answer] == ["1"] * times


def test_delay_ms_is_waited_before_the_reply() -> None:
    began = time.monotonic()
    Echo().athena_once_exec(Request("echo", params={"delay_ms": "30"}))
    assert time.monotonic() - began >= 0.03


def test_nobody_waits_for_a_caller_who_has_gone() -> None:
    with pytest.raises(Cancelled):
        Echo().athena_once_exec(Request("echo", params={"delay_ms": "60000"}, cancellation=Gone()))


def test_a_batch_is_answered_in_its_order() -> None:
    requests = [Request("echo", parts=(part("a", str(number)),)) for number in range(4)]
    replies = Echo().athena_batch_exec(requests)
    assert [reply.part("a").text for reply in replies if isinstance(reply, Reply)] == ["0", "1", "2", "3"]


def test_a_session_echoes_each_write_and_ends_with_the_last() -> None:
    replies = talk((part("a", "1", Stage.BEGIN),), (part("a", "2", Stage.CONTINUE),), (part("a", "3", Stage.END),))
    assert [reply.part("a").text for reply in replies] == ["1", "2", "3"]
    assert [reply.stage for reply in replies] == [Stage.CONTINUE, Stage.CONTINUE, Stage.END]


def test_a_session_of_two_streams_ends_when_both_have_ended() -> None:
    replies = talk(
        (part("a", "1", Stage.BEGIN), part("b", "1", Stage.BEGIN)),
        (part("a", "2", Stage.END),),
        (part("b", "2", Stage.END),),
    )
    assert [reply.stage for reply in replies] == [Stage.CONTINUE, Stage.CONTINUE, Stage.END]


def test_a_bare_end_mark_ends_every_stream_and_is_not_echoed() -> None:
    replies = talk((part("a", "1", Stage.BEGIN),), (Part("", b"", Kind.OTHER, Stage.END),))
    assert [(len(reply.parts), reply.stage) for reply in replies] == [(1, Stage.CONTINUE), (0, Stage.END)]


def test_it_describes_itself_before_anything_is_loaded() -> None:
    described = Echo().athena_describe()
    assert described.summary == "Answers with what it was sent: once, item by item, in a session, in a batch."
    assert {param.key for param in described.params} == {"times", "delay_ms"}
