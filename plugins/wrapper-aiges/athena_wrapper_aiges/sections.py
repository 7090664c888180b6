"""Upstream's tables, one function each: what every key of them has become."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from athena.errors import Problem, SettingsError
from athena.models import Became

from .moves import UNGUARDED, Moves
from .values import texts

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["SECTIONS", "service_keys"]

Table = Mapping[str, Any]  # Any: a toml's values
Section = Callable[[Moves, str, Table], None]

_GRPC = "the gRPC transport keeps to bounds of its own"
_TOML = "[discovery.<name>] announces a service"
SERVICE = {
    "finder": _TOML,
    "netcard": "an address is named by host",
    "grpctimeout": "calls have deadlines: services.<name>.deadline, kernel.limits.max_deadline",
    "conn-rbuf": _GRPC,
    "conn-wbuf": _GRPC,
    "reuseport": "one kernel serves one port; workers are its processes",
    "keepalive": _GRPC,
    "keepalive-timeout": _GRPC,
    "rate": "[quotas.<name>] bounds callers",
    "burst": "[quotas.<name>] bounds callers",
}
AIGES = {
    "sub": "upstream reads it and does nothing with it",
    "sessMode": "single calls and WebSocket sessions are served beside each other, on the same route",
    "realTimeRlt": "results are sent when they are there",
    "sessDelGt": "sessions are ended as they end",
    "asyncRelease": "sessions are ended as they end",
    "httpRetry": "nothing is downloaded for a request",
    "wrapperTrace": "the middleware otel traces calls",
    "gray": "a label of upstream's metrics",
    "wrapperDelayDetectPeriod": "upstream reads it and does nothing with it; deadlines end what hangs",
    "storageData": "requests are not written to files",
    "gesMock": "not even upstream reads it",
    "numaNode": "not even upstream reads it; services.<name>.process has the processors",
}
FC = {
    "able": "calls are always admitted one by one",
    "router": "calls are always admitted one by one",
    "best": "balancers see how busy an instance is",
    "roll": "sessions are ended at their time, not in sweeps",
}
_REPORT = "a load report to upstream's balancer; [discovery.<name>] announces a service"
LEVELS = {"debug": "debug", "info": "info", "warn": "warning", "warning": "warning", "error": "error", "fatal": "error"}
DEAD = {
    "lbv2": _REPORT,
    "lb": _REPORT,
    "trace": "the middleware otel traces calls",
    "sonar": "/metrics has the figures",
    "metrics": "/metrics has the figures",
    "bvt": "a self-test of upstream's; athena check, and tests with athena.testing",
    "vcpu": "not used by upstream's loader either",
    "pprof": "Go's profiler; py-spy looks into a worker",
    "dataProcess": "upstream reads it and does nothing with it",
    "downAsync": "results go to who asked; nothing is pushed to a queue",
    "auth": "not even upstream reads it; [guards.<name>] says who may call, [meters.<name>] counts",
    "resource": "not even upstream reads it; a wrapper with wrapperLoadRes takes resources",
    "elog": "not even upstream reads it",
}


def service_keys(moves: Moves, name: str, table: Table) -> None:
    """The table that bears the service's name: where it listens."""
    for key, value in table.items():
        old = (name, key)
        if key == "port":
            moves.move(old, ("transports", "grpc", "port"), value, "upstream's RPC is served beside our own")
        elif key == "host":
            new = ("transports", "grpc", "host")
            held = "grpc" in moves.tables.get("transports", {}) and "host" in moves.tables["transports"]["grpc"]
            text = UNGUARDED if not held and moves.serve_on(new, str(value)) else ""
            moves.became.append(Became(old, new, "the file's own key of that name holds" if held else text))
        elif key == "http_listen":
            moves.listens["service"] = (old, value)
        elif key in ("maxreceive", "maxsend"):
            moves.move(old, ("kernel", "limits", "max_message"), value)
        else:
            moves.lost(old, SERVICE.get(key, "not a key upstream reads"))
    moves.put(("transports", "grpc", "port"), 0)


def _aiges(moves: Moves, name: str, table: Table) -> None:
    for key, value in table.items():
        old = (name, key)
        if key == "asyncMode":
            _async_mode(moves, old, value)
        elif key == "headerPass":
            headers = [word.strip() for word in str(value).split(";") if word.strip()]
            moves.of_service(old, f"config.{_host(moves)}.header_pass", [*headers, *_listed(moves)])
        elif key == "realTimeRlt" and value is False and _host(moves) == "native":
            moves.of_service(old, "config.native.realtime", False, "sessions are read when their input has ended")
        elif key == "usrCfg":
            _own_file(moves, old, value)
        elif key == "pythonPluginCmd":
            _command(moves, old, value)
        else:
            moves.lost(old, AIGES.get(key, "not a key upstream reads"))


def _async_mode(moves: Moves, old: tuple[str, ...], value: object) -> None:
    if _host(moves) == "native":
        moves.of_service(old, "config.native.asynchronous", value)
    elif value is True:
        moves.of_service(old, "config.aiges.results", "callback")
    else:
        moves.lost(old, "whether a wrapper calls back is seen in its code")


def _host(moves: Moves) -> str:
    """The table of the host that runs the wrapper: a library's is another than a Python file's."""
    wrapper = moves.tables.get("services", {}).get(moves.service, {}).get("wrapper", "")
    return "native" if str(wrapper).endswith(".so") else "aiges"


def _command(moves: Moves, old: tuple[str, ...], value: object) -> None:
    program = str(value).split(" ", 1)[0]
    text = "the wrapper runs in a worker of the kernel's own"
    if os.path.isabs(program) and os.path.basename(program).startswith("python") and os.access(program, os.X_OK):
        moves.of_service(old, "python", program, f"{text}, with this interpreter")
    else:
        moves.lost(old, f"{text}; services.{moves.service}.python names another interpreter")


def _own_file(moves: Moves, old: tuple[str, ...], value: object) -> None:
    path = Path(moves.folder, str(value))
    if not value:
        moves.lost(old, "empty")
        return
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError([Problem(old, f"{value} cannot be read: {error}")]) from error
    for key, text in texts(found).items():
        moves.put(("services", moves.service, "config", key), text)
    moves.became.append(Became(old, ("services", moves.service, "config"), "what stands in that file"))


def _listed(moves: Moves) -> list[str]:
    with contextlib.suppress(OSError, UnicodeDecodeError):
        lines = Path(moves.folder, "headerPass.wrapper").read_text(encoding="utf-8").splitlines()
        return [line.strip() for line in lines if line.strip()]
    return []


def _wrapper(moves: Moves, name: str, table: Table) -> None:
    for key, value in table.items():
        if key == "http_listen":
            moves.listens["wrapper"] = ((name, key), value)
            moves.put(("services", moves.service, "config", key), value)  # upstream hands it to the wrapper, too
        else:
            moves.move((name, key), ("services", moves.service, "config", key), value)


def _fc(moves: Moves, name: str, table: Table) -> None:
    for key, value in table.items():
        old = (name, key)
        if key == "max":
            moves.of_service(old, "max_concurrency", value, "as are max_sessions and threads; nobody waits: queue = 0")
            for each in ("max_sessions", "threads"):
                moves.put(("services", moves.service, each), value)
            moves.put(("services", moves.service, "queue"), 0)
        elif key == "ttl":
            seconds = value / 1000 if isinstance(value, int | float) and not isinstance(value, bool) else value
            moves.move(old, ("kernel", "limits", "idle_timeout"), seconds, "in seconds")
        else:
            moves.lost(old, FC.get(key, _REPORT))


def _ws(moves: Moves, name: str, table: Table) -> None:
    for key, value in table.items():
        if key == "sessionTimeout":
            moves.move((name, key), ("kernel", "limits", "max_lifetime"), value)
        elif key == "readTimeout":
            moves.lost((name, key), "a connection that is gone is found by pings: transports.http.ping_interval")
        else:
            moves.lost((name, key), "not a key upstream reads")


def _log(moves: Moves, name: str, table: Table) -> None:
    for key, value in table.items():
        if key == "level":
            moves.move((name, key), ("log", "level"), LEVELS.get(str(value).lower(), value))
        elif key in ("format", "access"):
            moves.move((name, key), ("log", key), value)
        else:
            moves.lost((name, key), "the log goes to stderr; whoever runs the kernel keeps it")


def _dead(moves: Moves, name: str, table: Table) -> None:
    for key in table:
        moves.lost((name, key), DEAD[name])


SECTIONS: Mapping[str, Section] = {
    "aiges": _aiges,
    "wrapper": _wrapper,
    "fc": _fc,
    "ws": _ws,
    "log": _log,
    **dict.fromkeys(DEAD, _dead),
}
"""What reads each of upstream's tables, but for the one that bears the service's name."""
