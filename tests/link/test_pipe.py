"""The worker's end of the stream: frames whole from any thread, credits that never let a sender run away."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from athena.errors import Cancelled
from athena.link.frames import (
    CREDIT_BYTES,
    CREDIT_MESSAGES,
    DONE,
    EMIT,
    KINDS,
    WRITE,
    Decoder,
    Frame,
    FrameError,
    feed,
    prefix,
)
from athena.link.pipe import ANSWERS, Credits, Pipe


@pytest.fixture
def pair() -> Iterator[tuple[Pipe, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.settimeout(5)
    pipe = Pipe(theirs, 1 << 20)
    yield pipe, ours
    pipe.close()
    ours.close()


def test_frames_of_many_threads_arrive_whole(pair: tuple[Pipe, socket.socket]) -> None:
    pipe, ours = pair
    sizes = [0, 10, 20_000, 200_000]

    def send(id: int) -> None:
        for size in sizes:
            # Many segments: more than one sendmsg takes.
            segments = [bytes([id])] * min(size, 1500) + ([bytes([id]) * (size - 1500)] if size > 1500 else [])
            pipe.send(EMIT, id, b"h%d" % id, segments, size)

    threads = [threading.Thread(target=send, args=(id,)) for id in range(1, 9)]
    for thread in threads:
        thread.start()
    decoder, frames = Decoder(1 << 20), list[Frame]()
    while len(frames) < 32:
        frames += feed(decoder, ours.recv(65_536))
    for thread in threads:
        thread.join(5)
    for id in range(1, 9):
        mine = [frame for frame in frames if frame.id == id]
        assert [len(frame.data) for frame in mine] == sizes
        assert all(frame.head == b"h%d" % id and set(bytes(frame.data)) <= {id} for frame in mine)


def test_receive_gives_one_frame_at_a_time_and_none_at_the_end(pair: tuple[Pipe, socket.socket]) -> None:
    pipe, ours = pair
    ours.sendall(b"".join(prefix(WRITE, id, 1, 0) + b"x" for id in (1, 2, 3)))
    got = [pipe.receive() for _ in range(3)]
    assert [(KINDS[frame.kind], frame.id) for frame in got if frame is not None] == [("WRITE", id) for id in (1, 2, 3)]
    ours.close()
    assert pipe.receive() is None
    assert pipe.gone


def test_a_limit_set_later_holds_for_the_next_frame(pair: tuple[Pipe, socket.socket]) -> None:
    pipe, ours = pair
    ours.sendall(prefix(WRITE, 1, 0, 100) + bytes(100))
    assert pipe.receive() is not None
    pipe.set_limit(99)
    ours.sendall(prefix(WRITE, 1, 0, 100))
    with pytest.raises(FrameError, match="at most 99"):
        pipe.receive()


def test_sending_to_who_has_gone_raises_nothing_and_is_noted(pair: tuple[Pipe, socket.socket]) -> None:
    pipe, ours = pair
    ours.close()
    pipe.send(EMIT, 1, b"h", [bytes(100_000)], 100_000)
    assert pipe.gone


def test_credits_let_one_large_message_go_and_hold_the_next() -> None:
    credits = Credits(threading.Condition())
    credits.take(2 * CREDIT_BYTES)
    taken = threading.Event()
    thread = threading.Thread(target=lambda: (credits.take(1), taken.set()), daemon=True)
    thread.start()
    assert not taken.wait(0.05)
    credits.give(1, 2 * CREDIT_BYTES)
    assert taken.wait(5)


def test_closed_credits_cancel_whoever_waits_and_whoever_comes() -> None:
    credits = Credits(threading.Condition())
    for _ in range(CREDIT_MESSAGES):
        credits.take(0)
    raised: list[BaseException] = []

    def run() -> None:
        try:
            credits.take(0)
        except Cancelled as error:
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    credits.close()
    thread.join(5)
    assert len(raised) == 1
    with pytest.raises(Cancelled):
        credits.take(0)


def test_a_sessions_frames_are_held_while_more_follow_and_go_before_anything_else() -> None:
    ours, theirs = socket.socketpair()
    pipe = Pipe(ours, 1 << 20)
    decoder = Decoder(1 << 20)
    theirs.settimeout(5)
    pipe._flusher.wake = lambda: None  # type: ignore[method-assign]  # no backstop: the test sees what is held
    pipe.hurried = lambda: True
    pipe.send_soon(EMIT, 1, b"", [b"one"], 3)
    pipe.send_soon(EMIT, 2, b"", [b"two"], 3)
    theirs.setblocking(False)
    with pytest.raises(BlockingIOError):
        theirs.recv(1)
    pipe.send(DONE, 3)
    theirs.settimeout(5)
    frames: list[Frame] = []
    while len(frames) < 3:
        frames += decoder.received(theirs.recv_into(decoder.space()))
    assert [(frame.id, bytes(frame.data)) for frame in frames] == [(1, b"one"), (2, b"two"), (3, b"")]
    ours.close()
    theirs.close()


def test_what_is_held_goes_by_itself_when_a_hook_is_slow_after_all() -> None:
    ours, theirs = socket.socketpair()
    pipe = Pipe(ours, 1 << 20)
    pipe.hurried = lambda: True
    pipe.send_soon(EMIT, 1, b"", [b"x"], 1)
    theirs.settimeout(5)
    assert theirs.recv(100)
    ours.close()
    theirs.close()


def test_large_frames_and_frames_of_a_worker_at_rest_are_not_held() -> None:
    ours, theirs = socket.socketpair()
    pipe = Pipe(ours, 1 << 20)
    pipe._flusher.wake = lambda: None  # type: ignore[method-assign]
    theirs.settimeout(5)
    pipe.send_soon(EMIT, 1, b"", [b"x"], 1)
    assert theirs.recv(100)
    pipe.hurried = lambda: True
    pipe.send_soon(EMIT, 1, b"", [bytes(5000)], 5000)
    assert theirs.recv(100)
    ours.close()
    theirs.close()


def test_quick_answers_are_written_together_and_never_more_are_held_than_ready_says() -> None:
    ours, theirs = socket.socketpair()
    pipe = Pipe(ours, 1 << 20)
    pipe._flusher.wake = lambda: None  # type: ignore[method-assign]  # no backstop: the test sees what is held
    theirs.setblocking(False)
    pipe.answer(DONE, 1)
    assert len(theirs.recv(1000)) == 16  # a worker at rest holds nothing
    pipe.brisk = lambda: True
    for id in range(2, ANSWERS + 1):
        pipe.answer(DONE, id)
        with pytest.raises(BlockingIOError):
            theirs.recv(1)
    pipe.answer(DONE, ANSWERS + 1)
    written = list(feed(Decoder(1 << 20), theirs.recv(1000)))
    assert [frame.id for frame in written] == list(range(2, ANSWERS + 2))
    pipe.answer(DONE, 1)
    pipe.answer(DONE, 2, b"", [bytes(5000)], 5000)  # a large one takes along what is held
    assert [frame.id for frame in feed(Decoder(1 << 20), theirs.recv(10_000))] == [1, 2]
    ours.close()
    theirs.close()
