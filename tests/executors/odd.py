"""A wrapper that does to its worker what no wrapper should; loaded by its path, in worker processes."""

from __future__ import annotations

import os
import resource
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from athena.models import Change, Part, Reply, Request, SessionContext, Stage, WrapperContext
from athena.section import option, section
from athena.specs import hookimpl
from athena.wrapper import Wrapper


@section
class OddSection:
    doom: str = option("", help="While a file of that name exists, athena_init ends the process.")
    note: str = option("", help="Shown by do=see.")
    slow: float = option(0.0, help="Seconds that athena_init takes.")
    refuse: str = option("", help="Hook that raises on reload: check or reload.")


class Odd(Wrapper):
    """Echoes, unless it is told to do something odd."""

    Section = OddSection

    def __init__(self, own: OddSection) -> None:
        self.own = own
        self.devices: tuple[str, ...] = ()
        self.made = 0
        self.leaked: list[bytes] = []

    @hookimpl
    def athena_init(self, context: WrapperContext) -> None:
        self.devices = context.devices
        if self.own.doom and Path(self.own.doom).exists():
            os._exit(3)
        time.sleep(self.own.slow)

    @hookimpl
    def athena_config_check(self, change: Change) -> None:
        assert isinstance(change.new, OddSection)
        if change.new.refuse == "check":
            raise ValueError("not this one")

    @hookimpl
    def athena_config_reload(self, change: Change) -> None:
        assert isinstance(change.new, OddSection)
        if change.new.refuse == "reload":
            sys.exit(5)
        self.own = change.new

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply | Iterator[Reply]:
        act: Callable[[Request], Reply | Iterator[Reply]] = getattr(self, request.params.get("do", "echo"))
        return act(request)

    @hookimpl
    def athena_session_create(self, context: SessionContext) -> SessionContext:
        return context

    @hookimpl
    def athena_session_write(self, session: SessionContext, request: Request) -> None:
        last = Stage.END if request.ended else Stage.CONTINUE
        session.outbox.emit(Reply((*request.parts, Part.from_text("pid", str(os.getpid()))), last))

    def echo(self, request: Request) -> Reply:
        return Reply(request.parts)

    def see(self, request: Request) -> Reply:
        status = Path("/proc/self/status").read_text()
        return Reply(
            (
                Part.from_json(
                    "seen",
                    {
                        "pid": os.getpid(),
                        "group": os.getpgrp(),
                        "note": self.own.note,
                        "devices": self.devices,
                        "environment": dict(os.environ),
                        "core": resource.getrlimit(resource.RLIMIT_CORE)[0],
                        "no_new_privs": "NoNewPrivs:\t1" in status,
                        "sockets": len(self.sockets()),
                        "path": sys.path,
                        "cwd": os.getcwd(),
                        "files": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
                        "cpus": sorted(os.sched_getaffinity(0)),
                    },
                ),
            )
        )

    def sleep(self, request: Request) -> Reply:
        if "began" in request.params:
            Path(request.params["began"]).touch()
        time.sleep(float(request.params["seconds"]))
        return self.echo(request)

    def leak(self, request: Request) -> Reply:
        self.leaked.append(b"x" * (int(request.params["mib"]) * 1024 * 1024))
        return self.echo(request)

    def leave(self, request: Request) -> Reply:
        os._exit(int(request.params.get("status", "9")))

    def garbage(self, request: Request) -> Reply:
        data = {
            "text": b"HTTP/1.1 200 OK\r\n\r\n" * 20,
            "bomb": struct.pack(">IIII", 0xFFFFFFF0, 0, 36, 1),
            "stray": struct.pack(">IIII", 0, 0, 36, 99_999),
        }[request.params["what"]]
        for end in self.sockets():
            os.write(end, data)
        time.sleep(10)
        return Reply()

    def flood(self, request: Request) -> Reply:
        line = b"x" * 200 + b"\n"
        until = time.monotonic() + float(request.params["seconds"])
        while time.monotonic() < until:
            os.write(1, line * 50)
        return Reply((Part.from_text("done", "yes"),))

    def many(self, request: Request) -> Iterator[Reply]:
        for _ in range(int(request.params["n"])):
            self.made += 1
            yield Reply((Part.from_text("made", str(self.made)),))

    def made_so_far(self, request: Request) -> Reply:
        return Reply((Part.from_text("made", str(self.made)),))

    def grandchild(self, request: Request) -> Reply:
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        return Reply((Part.from_text("pid", str(process.pid)),))

    def forked(self, request: Request) -> Reply:
        pid = os.fork()
        if not pid:
            time.sleep(60)
            os._exit(0)
        return Reply((Part.from_text("pid", str(pid)),))

    @staticmethod
    def sockets() -> list[int]:
        found = []
        for name in os.listdir("/proc/self/fd"):
            try:
                if os.readlink(f"/proc/self/fd/{name}").startswith("socket:"):
                    with socket.socket(fileno=os.dup(int(name))) as end:
                        if end.family == socket.AF_UNIX:
                            found.append(int(name))
            except OSError:
                continue
        return found
