"""``python -m athena.worker``, spoken to by hand: greetings, refusals and exits."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from athena.errors import PluginBroken, PluginMissing, SettingsError
from athena.link import worker_pb2 as pb
from athena.link.frames import BYE, CALL, HELLO, KINDS, LOG, PING, Decoder, Frame, prefix
from athena.link.greeting import Hello, encode_hello, ready_of, refusal_of
from athena.link.heads import encode_request, reply_of
from athena.link.tables import Tables
from athena.models import Part, Request
from athena.testing.misbehave import RAISES

PROBE = "athena.testing.probe:Probe"


class Started:
    """A worker process and the kernel's end of its stream."""

    def __init__(self, *arguments: str) -> None:
        self.socket, theirs = socket.socketpair()
        self.socket.settimeout(15)
        argv = [sys.executable, "-m", "athena.worker", "--fd", str(theirs.fileno()), *arguments]
        self.process = subprocess.Popen(argv, pass_fds=(theirs.fileno(),), stderr=subprocess.PIPE, text=True)
        theirs.close()
        self._decoder = Decoder(1 << 26)
        self._frames: list[Frame] = []

    def say(self, kind: int, id: int, head: bytes = b"", data: bytes = b"") -> None:
        self.socket.sendall(prefix(kind, id, len(head), len(data)) + head + data)

    def greet(self, wrapper: str = PROBE, probe: bool = False, **config: object) -> None:
        self.say(HELLO, 0, encode_hello(Hello("svc", wrapper, ".", Tables(config), probe=probe)))

    def frame(self) -> Frame:
        """The next frame that is no log record."""
        while True:
            while not self._frames:
                count = self.socket.recv_into(self._decoder.space())
                if not count:
                    raise EOFError
                self._frames = self._decoder.received(count)
            frame = self._frames.pop(0)
            if frame.kind != LOG:
                return frame

    def until(self, name: str) -> Frame:
        """The first frame of that kind; PHASE frames before it are passed over."""
        while KINDS[(frame := self.frame()).kind] == "PHASE":
            pass
        assert KINDS[frame.kind] == name
        return frame

    def status(self) -> int:
        return self.process.wait(10)

    def close(self) -> None:
        self.socket.close()
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def worker() -> Iterator[Started]:
    made = Started()
    yield made
    made.close()


def test_from_hello_to_bye(worker: Started) -> None:
    worker.greet()
    phases = [worker.frame() for _ in range(2)]
    assert [pb.Phase.FromString(frame.head).name for frame in phases] == ["load", "init"]
    ready = ready_of(worker.until("READY"))
    assert {"once", "session", "read"} <= ready.description.operations
    assert {"athena_init", "athena_config_reload", "athena_once_exec"} <= ready.hooks
    assert (ready.api, bool(ready.version)) == (1, True)
    head, segments, _ = encode_request(Request("", parts=(Part("a", b"hello"),)))
    worker.say(CALL, 1, head, b"".join(segments))
    assert reply_of(worker.until("DONE")).part("a").data == b"hello"
    worker.say(BYE, 0)
    assert worker.status() == 0


@pytest.mark.parametrize("by", ["argument", "hello"])
def test_a_probe_describes_without_init_and_leaves(by: str) -> None:
    started = Started(*(["--probe"] if by == "argument" else []))
    started.greet(probe=by == "hello", fail_in="init", fail_with="os-exit")
    assert ready_of(started.until("READY")).description.version == "1.0"
    assert started.status() == 0
    started.close()


@pytest.mark.parametrize("bad", RAISES)
@pytest.mark.parametrize(("hook", "named"), [("init", "athena_init"), ("describe", "athena_describe")])
def test_whatever_a_lifecycle_hook_raises_is_a_refusal_that_names_it(hook: str, named: str, bad: str) -> None:
    started = Started()
    started.greet(fail_in=hook, fail_with=bad)
    error = refusal_of(started.until("REFUSED"))
    assert isinstance(error, PluginBroken)
    assert f"{named} raised" in str(error)
    assert started.status() == 2
    started.close()


def test_a_table_that_does_not_fit_is_refused_with_its_keys(worker: Started) -> None:
    worker.greet(jurnal="x", note=5)
    error = refusal_of(worker.until("REFUSED"))
    assert isinstance(error, SettingsError)
    assert sorted(problem.path for problem in error.problems) == [("config", "jurnal"), ("config", "note")]


def test_a_wrapper_that_is_not_there_is_missing(worker: Started) -> None:
    worker.greet("athena.testing.probe:Nobody")
    error = refusal_of(worker.until("REFUSED"))
    assert isinstance(error, PluginMissing)
    assert "Nobody" in str(error)


def test_a_kernel_of_another_api_is_refused(worker: Started) -> None:
    worker.say(HELLO, 0, encode_hello(Hello("svc", PROBE, api=(7, 9))))
    assert "speaks api 1, the kernel 7 to 9" in str(refusal_of(worker.until("REFUSED")))
    assert worker.status() == 2


def test_what_is_not_the_protocol_ends_it_with_status_3() -> None:
    for first in (b"GET / HTTP/1.1\r\n\r\n", prefix(PING, 1, 0, 0), prefix(HELLO, 0, 1 << 25, 0)):
        started = Started()
        started.socket.sendall(first)
        assert started.status() == 3
        assert started.process.stderr is not None
        assert "athena.worker: " in started.process.stderr.read()
        started.close()


def test_garbage_after_ready_ends_it_too(worker: Started) -> None:
    worker.greet()
    worker.until("READY")
    worker.socket.sendall(b"\xff" * 64)
    assert worker.status() == 3


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_end_of_the_stream_is_its_end(worker: Started, when: str) -> None:
    if when == "after":
        worker.greet()
        worker.until("READY")
    worker.socket.shutdown(socket.SHUT_RDWR)
    assert worker.status() != 0


def test_it_connects_by_path_where_no_descriptor_is_inherited(tmp_path: Path) -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "s"))
    listener.listen(1)
    listener.settimeout(15)
    environment = {**os.environ, "ATHENA_WORKER_SOCKET": str(tmp_path / "s")}
    process = subprocess.Popen([sys.executable, "-m", "athena.worker"], env=environment)
    connection, _ = listener.accept()
    connection.sendall(prefix(BYE, 0, 0, 0))
    assert process.wait(10) == 3
    connection.close()
    listener.close()


def test_people_who_start_it_are_told_that_they_should_not() -> None:
    environment = {key: value for key, value in os.environ.items() if key != "ATHENA_WORKER_SOCKET"}
    ran = subprocess.run(
        [sys.executable, "-m", "athena.worker"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert ran.returncode == 2
    assert "the kernel starts workers, people do not" in ran.stderr


def test_a_hook_that_never_returns_does_not_hold_the_exit(worker: Started) -> None:
    worker.greet()
    worker.until("READY")
    head, _, _ = encode_request(Request("", params={"do": "sleep", "seconds": "60"}))
    worker.say(CALL, 1, head)
    worker.say(PING, 2)
    worker.until("PONG")
    worker.socket.shutdown(socket.SHUT_RDWR)
    assert worker.status() != 0
