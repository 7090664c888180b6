"""What is called alike in every room: one Session, and three that open it."""

from __future__ import annotations

import inspect

import pytest

from athena.interfaces import Channel, Dispatcher, Executor, Session


@pytest.mark.parametrize("room", [Dispatcher, Executor, Channel])
def test_every_room_answers_once_stream_and_open_the_same_way(room: type) -> None:
    assert inspect.iscoroutinefunction(room.once)  # type: ignore[attr-defined]
    assert inspect.iscoroutinefunction(room.open)  # type: ignore[attr-defined]
    stream = room.stream  # type: ignore[attr-defined]
    assert not inspect.iscoroutinefunction(stream), "a stream is iterated, not awaited"
    assert "AsyncGenerator[Reply, None]" in str(inspect.signature(stream).return_annotation)


def test_a_session_is_one_thing_everywhere() -> None:
    for method in (Session.write, Session.read, Session.close):
        assert inspect.iscoroutinefunction(method), method.__qualname__
    for room in (Dispatcher, Executor, Channel):
        assert inspect.signature(room.open).return_annotation == "Session"


def test_what_is_only_looked_at_is_not_awaited() -> None:
    for method in (Dispatcher.services, Dispatcher.session, Dispatcher.metrics, Executor.health, Channel.health):
        assert not inspect.iscoroutinefunction(method), method.__qualname__
