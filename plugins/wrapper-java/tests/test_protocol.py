"""The SDK's side of the worker protocol, frame by frame, from a kernel that is this test."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from athena.link import frames
from athena.link import worker_pb2 as pb
from athena.link.faults import fault_of
from athena.link.frames import Frame
from athena.link.greeting import Hello, encode_hello, ready_of
from athena.link.heads import encode_request, encode_resource, reply_of
from athena.models import Buffer, Kind, Limits, Part, Request, Resource

pytestmark = pytest.mark.xdist_group("java")


class Near:
    """The kernel's end of one JVM."""

    def __init__(self, archive: Path, folder: Path) -> None:
        path = folder / "socket"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen(1)
            listener.settimeout(20)
            environment = {**os.environ, "ATHENA_WORKER_SOCKET": str(path)}
            command = [str(shutil.which("java")), "-jar", str(archive)]
            self.process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
            self.stream, _ = listener.accept()
        self.stream.settimeout(20)

    def send(self, kind: int, number: int, head: bytes = b"", *segments: Buffer) -> None:
        size = sum(map(len, segments))
        self.stream.sendall(frames.prefix(kind, number, len(head), size) + head + b"".join(segments))

    def receive(self, passing: Collection[int] = (frames.PHASE, frames.LOG)) -> Frame:
        """The next frame that is none of those, which are not about a call."""
        while True:
            size, head, kind, number = (int.from_bytes(self.take(4), "big") for _ in range(4))
            found = Frame(kind, number, self.take(head), self.take(size - head))
            if kind not in passing:
                return found

    def take(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self.stream.recv(count - len(data))
            assert more, f"the worker has gone: {self.status()}"
            data += more
        return data

    def greet(self, **more: object) -> Frame:
        hello = Hello("odd", "./odd.jar", limits=Limits(), threads=1, **more)  # type: ignore[arg-type]
        self.send(frames.HELLO, 0, encode_hello(hello))
        return self.receive()

    def call(self, number: int, do: str, *, held: bool = False) -> None:
        request = Request("odd", parts=(Part.from_text("text", do),), params={"do": do})
        head, segments, _ = encode_request(request, held=held)
        self.send(frames.CALL, number, head, *segments)

    def status(self) -> tuple[int, str]:
        """Its exit status and what it said."""
        status = self.process.wait(timeout=20)
        assert self.process.stderr is not None
        return status, self.process.stderr.read()


@pytest.fixture
def near(archives: Path, tmp_path: Path) -> Iterator[Near]:
    made = Near(archives / "odd.jar", tmp_path)
    try:
        yield made
    finally:
        made.stream.close()
        made.process.kill()
        made.process.wait(timeout=20)
        with contextlib.suppress(AttributeError):
            made.process.stderr.close()  # type: ignore[union-attr]


def test_bye_ends_it_well_and_a_stream_that_ends_by_itself_ends_it_at_once(near: Near) -> None:
    ready = ready_of(near.greet())
    assert (ready.api, ready.version.split()[0]) == (1, "java")
    assert {"athena_once_exec", "athena_config_reload", "athena_session_create"} <= ready.hooks
    assert "athena_batch_exec" not in ready.hooks
    near.call(1, "see")
    assert "pid=" in reply_of(near.receive()).part("text").text
    near.send(frames.BYE, 0)
    assert near.status()[0] == 0


def test_a_kernel_that_has_gone_ends_it_though_a_hook_runs(near: Near) -> None:
    near.greet()
    near.call(1, "wait")
    near.stream.close()
    assert near.status()[0] == 1


@pytest.mark.parametrize(
    ("what", "text"),
    [
        (frames.prefix(frames.CALL, 1, 0, 0xFFFFFF00), "a frame of 4294967040 bytes"),
        (frames.prefix(99, 1, 0, 0), "a frame of kind 99"),
        (frames.prefix(frames.CALL, 1, 0, 3) + b"abc", "data that belongs to no part"),
        (frames.prefix(frames.CALL, 1, 2, 0) + b"\x12\x7f", "a head whose field reaches beyond it"),
        (frames.prefix(frames.CALL, 1, 1, 0) + b"\xff", "a head that ends within a number"),
    ],
)
def test_what_is_not_the_protocol_ends_it_with_a_status_of_its_own(near: Near, what: bytes, text: str) -> None:
    near.greet()
    near.stream.sendall(what)
    status, said = near.status()
    assert status == 3
    assert said.startswith(f"athena.wrapper: {text}")


def test_a_kernel_that_speaks_another_version_is_refused(near: Near) -> None:
    frame = near.greet(api=(2, 3))
    assert frame.kind == frames.REFUSED
    assert pb.Refused.FromString(frame.head).message == "this worker speaks api 1, the kernel 2 to 3"
    assert near.status()[0] == 2


def test_a_call_that_was_cancelled_while_it_waited_is_not_run(near: Near) -> None:
    near.greet()
    near.call(1, "wait")
    assert pb.Log.FromString(near.receive(()).head).message == "waits"
    near.call(2, "see")
    near.send(frames.CANCEL, 2)
    near.send(frames.CANCEL, 1)
    first, second = near.receive(), near.receive()
    assert (first.id, fault_of(first).executed.value) == (1, "yes")
    assert (second.id, fault_of(second).fault.value, fault_of(second).executed.value) == (2, "CANCELLED", "no")


def test_questions_are_answered_while_a_call_runs_and_resources_are_kept(near: Near) -> None:
    near.greet()
    near.call(1, "wait")
    near.send(frames.PING, 9)
    pong = near.receive()
    assert (pong.kind, pong.id) == (frames.PONG, 9)
    near.send(frames.CANCEL, 1)
    assert near.receive().id == 1
    resource = Resource("names", (Part("list", "Grüße".encode(), Kind.TEXT),), {})
    head, segments, _ = encode_resource(resource)
    near.send(frames.RESOURCE_LOAD, 5, head, *segments)
    done = near.receive()
    assert (done.kind, done.id) == (frames.DONE, 5)
    near.call(2, "see")
    assert "resources={names=Grüße}" in reply_of(near.receive()).part("text").text
    near.send(frames.RESOURCE_UNLOAD, 6, pb.ResourceId(id="names").SerializeToString())
    assert near.receive().kind == frames.DONE
    near.call(3, "see")
    assert "resources={}" in reply_of(near.receive()).part("text").text


def test_what_was_sent_in_one_piece_is_taken_frame_by_frame_and_in_pieces_too(near: Near) -> None:
    near.greet()
    request = Request("odd", parts=(Part("x", b"x" * 200_000), Part.from_text("text", "y")), params={"do": "see"})
    head, segments, size = encode_request(request)
    frame = frames.prefix(frames.CALL, 7, len(head), size) + head + b"".join(segments)
    near.stream.sendall(frame * 3)
    assert [near.receive().kind for _ in range(3)] == [frames.DONE] * 3
    for begin in range(0, len(frame), 30_011):
        near.stream.sendall(frame[begin : begin + 30_011])
    assert near.receive().id == 7
