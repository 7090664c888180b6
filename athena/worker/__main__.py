"""``python -m athena.worker``: read HELLO, load the wrapper, say READY or REFUSED, then serve until BYE."""

from __future__ import annotations

import argparse
import logging
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from athena.errors import AthenaError, PluginBroken
from athena.executors.engine import Engine
from athena.link import worker_pb2 as pb
from athena.link.child import Child
from athena.link.frames import HELLO, HELLO_LIMIT, PHASE, READY, REFUSED, FrameError, frame_limit
from athena.link.greeting import Hello, Ready, encode_ready, encode_refusal, hello_of
from athena.link.pipe import ANSWERS, Pipe
from athena.link.sockets import widen
from athena.link.tables import Tables
from athena.models import Resource, WrapperContext
from athena.plugins import Hooks, load_wrapper
from athena.specs import API, VERSION

from . import guard, heap, logs, turns

__all__ = ["main"]

log = logging.getLogger("athena.worker")

_STOP_GRACE = 30.0
"""Seconds running hooks may take after BYE; the kernel loses patience earlier, and says so with a signal."""


def main(arguments: Sequence[str]) -> int:
    """The worker's life.

    Returns:
        0 after BYE or a probe, 2 when the wrapper was refused, 3 when what came was not the protocol.
    """
    heap.settle()
    settled = turns.settle()
    connection = _connected(arguments)
    widen(connection)
    if not guard.settle(connection):
        return 1
    pipe = Pipe(connection, HELLO_LIMIT)
    try:
        frame = pipe.receive()
        if frame is None:
            guard.alone()
            return 1
        if frame.kind != HELLO:
            raise FrameError(f"a frame of kind {frame.kind}; expected HELLO first")
        hello = hello_of(frame)
        if settled and hello.gathers:
            turns.undo()
        return _serve(pipe, hello, probe="--probe" in arguments)
    except FrameError as error:
        print(f"athena.worker: {error}", file=sys.stderr)
        return 3


def _connected(arguments: Sequence[str]) -> socket.socket:
    parser = argparse.ArgumentParser(prog="python -m athena.worker", description=__doc__)
    parser.add_argument("--fd", type=int, help="inherited stream socket to the kernel")
    parser.add_argument("--probe", action="store_true", help="say what the wrapper is, without athena_init, and leave")
    fd: int | None = parser.parse_args(arguments).fd
    if fd is not None:
        return socket.socket(fileno=fd)
    path = os.environ.get("ATHENA_WORKER_SOCKET")
    if not path:
        parser.error("needs --fd N or ATHENA_WORKER_SOCKET=PATH; the kernel starts workers, people do not")
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.connect(path)
    return connection


def _serve(pipe: Pipe, hello: Hello, probe: bool) -> int:
    pipe.set_limit(frame_limit(hello.limits.max_message))
    logs.begin(pipe, hello.log_level)
    probe = probe or hello.probe
    try:
        hooks = _load(pipe, hello)
        if not probe:
            pipe.send(PHASE, 0, pb.Phase(name="init").SerializeToString())
            hooks.init(WrapperContext(hello.service, hello.devices, hello.limits, isolated=True))
        ready = encode_ready(Ready(hooks.description, hooks.names, VERSION, holds=ANSWERS))
    except BaseException as error:
        # BaseException: sys.exit() while loading is a refusal with a sentence, not a death without one.
        # A refusal of ours says all there is to say; where somebody's code raised, the log has the traceback.
        plain = isinstance(error, AthenaError) and error.__cause__ is None
        log.info("%s: the wrapper was refused", hello.service, exc_info=None if plain else error)
        pipe.send(REFUSED, 0, encode_refusal(error))
        return 2
    if probe:
        pipe.send(READY, 0, ready)
        return 0
    engine = Engine(hooks, hello.service, hello.threads, max_message=hello.limits.max_message, rest=pipe.flush)
    pipe.hurried, pipe.brisk = engine.hurried, engine.brisk
    engine.start()
    pipe.send(READY, 0, ready)
    if not Child(pipe, hello.service, engine, _Lifecycle(hooks)).serve():
        guard.alone()
    if engine.stop(_STOP_GRACE):
        hooks.fini()
    return 0


def _load(pipe: Pipe, hello: Hello) -> Hooks:
    low, high = hello.api
    if not low <= API <= high:
        text = f"this worker's athena-serving {VERSION} speaks api {API}, the kernel {low} to {high}"
        raise PluginBroken(text)
    pipe.send(PHASE, 0, pb.Phase(name="load").SerializeToString())
    return load_wrapper(
        hello.wrapper,
        service=hello.service,
        config=hello.tables.config,
        middleware=hello.tables.middleware,
        folder=Path(hello.folder),
        isolated=True,
    )


class _Lifecycle:
    """The wrapper's hooks that run alone, as the protocol asks for them."""

    def __init__(self, hooks: Hooks) -> None:
        self._hooks = hooks

    def check(self, tables: Tables, version: str) -> None:
        self._hooks.check(tables.config, version)

    def reload(self, tables: Tables, version: str) -> None:
        self._hooks.reload(tables.config, version)

    def resource_load(self, resource: Resource) -> None:
        self._hooks.resource_load(resource)

    def resource_unload(self, resource_id: str) -> None:
        self._hooks.resource_unload(resource_id)


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # Not sys.exit: a hook that never returns sits on a thread that the interpreter would wait for.
    os._exit(code)
