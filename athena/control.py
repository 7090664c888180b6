"""The operator's way in: a Unix socket of one running kernel, one line of JSON per question and per answer.

Only a process of the same user (or root) gets an answer; the socket's mode is 0600 and its folder is private.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import re
import socket
import stat
import struct
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from .errors import AthenaError, Problem, SettingsError

__all__ = ["Connection", "ControlSocket", "ask", "default_path", "found"]

log = logging.getLogger("athena.control")

# Any: what stands in a JSON document.
Operation = Callable[[Mapping[str, Any]], Awaitable[object]]

LONGEST_QUESTION = 1024 * 1024
LONGEST_ANSWER = 64 * 1024 * 1024
LONGEST_PATH = 102
"""Bytes of a Unix socket's path (107), and of what it is called while it is made."""
_PEER = struct.Struct("3i")


class ControlSocket:
    """The kernel's end."""

    def __init__(self, path: Path, operations: Mapping[str, Operation]) -> None:
        """Args:
        path: Where the socket is to be.
        operations: What may be asked, by name; each is given the question's other members.
        """
        self.path = path
        self._operations = operations
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Bind and answer.

        Raises:
            OSError: It cannot be bound, or another kernel answers there.
        """
        listener = _bound(self.path)
        self._server = await asyncio.start_unix_server(self._serve, sock=listener, limit=LONGEST_QUESTION)

    async def stop(self) -> None:
        """Close it, hang up on everybody, and take it off the disk."""
        if self._server is None:
            return
        self._server.close()
        for writer in list(self._open):
            writer.close()
        with contextlib.suppress(OSError):
            self.path.unlink()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            if not _is_ours(writer.get_extra_info("socket")):
                log.warning("%s: a process of another user was turned away", self.path)
                return
            while line := await reader.readline():
                writer.write(json.dumps(await self._answer(line), default=str).encode() + b"\n")
                await writer.drain()
        except (OSError, ValueError) as error:
            # ValueError: a line beyond the limit. Whoever asks like that gets no answer.
            log.debug("%s: a connection ended: %s", self.path, error)
        finally:
            self._open.discard(writer)
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, object]:
        try:
            question = json.loads(line)
            operation = self._operations[question.pop("op")]
        except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
            there = ", ".join(self._operations)
            return {"ok": False, "error": f'expected a line of JSON {{"op": NAME, ...}}; the operations are: {there}'}
        try:
            return {"ok": True, "result": await operation(question)}
        except SettingsError as error:
            return {"ok": False, "error": str(error), "problems": [_told(problem) for problem in error.problems]}
        except AthenaError as error:
            return {"ok": False, "error": str(error)}
        except Exception as error:
            log.exception("an operation of the control socket failed")
            return {"ok": False, "error": f"internal error: {type(error).__name__}: {error}"}


class Connection:
    """The operator's end: questions to one kernel, one after the other; it blocks."""

    def __init__(self, path: str | os.PathLike[str], timeout: float | None = 10.0) -> None:
        """Args:
        timeout: Seconds for each step; None waits for ever.

        Raises:
            AthenaError: No kernel answers there.
        """
        self._path = os.fspath(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        try:
            self._socket.connect(self._path)
        except OSError as error:
            self._socket.close()
            raise AthenaError(f"no kernel answers at {self._path}: {error.strerror or error}") from error
        self._lines = self._socket.makefile("rb")

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._lines.close()
        self._socket.close()

    def ask(self, operation: str, **arguments: object) -> Any:  # Any: what stands in a JSON document
        """One question, its answer.

        Raises:
            SettingsError: A configuration was refused, with its problems.
            AthenaError: The kernel refused otherwise, or went away.
        """
        try:
            self._socket.sendall(json.dumps({"op": operation, **arguments}).encode() + b"\n")
            line = self._lines.readline(LONGEST_ANSWER)
        except OSError as error:
            raise AthenaError(f"the kernel at {self._path} did not answer: {error}") from error
        if not line.endswith(b"\n"):
            raise AthenaError(f"the kernel at {self._path} went away before it answered")
        answer = json.loads(line)
        if answer["ok"]:
            return answer["result"]
        if "problems" in answer:
            raise SettingsError(Problem(tuple(told.pop("path")), **told) for told in answer["problems"])
        raise AthenaError(answer["error"])

    def patience(self, timeout: float | None) -> None:
        """Seconds for each later step; None waits for ever."""
        self._socket.settimeout(timeout)

    def gone(self) -> bool:
        """Wait until the kernel hangs up, which it does at its end; False when the timeout passes first."""
        try:
            return not self._lines.read(1)
        except TimeoutError:
            return False
        except OSError:
            return True


def ask(
    path: str | os.PathLike[str], operation: str, *, timeout: float | None = 10.0, **arguments: object
) -> Any:  # Any: what stands in a JSON document
    """Ask the kernel whose socket is at ``path``; it blocks.

    Args:
        path: See :func:`found`.
        operation: ``status``, ``metrics``, ``reload`` or ``drain``.
        timeout: Seconds; None waits for ever.
        arguments: The operation's own.

    Raises:
        SettingsError: A configuration was refused, with its problems.
        AthenaError: No kernel answers there, or it refused.
    """
    with Connection(path, timeout) as connection:
        return connection.ask(operation, **arguments)


def default_path(name: str) -> Path:
    """Where this process's kernel of that name is controlled from, in a folder that is private to its user.

    Raises:
        AthenaError: The folder is somebody else's, or others may enter it.
    """
    folder = _folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise AthenaError(f"{folder} cannot be used for control sockets: {error.strerror or error}") from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise AthenaError(f"{folder} is not a folder of ours alone (mode 0700); remove it, or set kernel.control")
    return folder / f"{re.sub(r'[^A-Za-z0-9._-]', '_', name)[:40]}-{os.getpid()}.sock"


def found() -> list[Path]:
    """The sockets of this user's kernels that answer, the youngest first; what dead ones left behind is removed."""
    alive: list[tuple[float, Path]] = []
    for path in _folder().glob("*.sock"):
        with contextlib.suppress(OSError):
            if _answers(path):
                alive.append((path.stat().st_mtime, path))
            else:
                path.unlink()
    return [path for _, path in sorted(alive, reverse=True)]


def _folder() -> Path:
    given = os.environ.get("XDG_RUNTIME_DIR")
    for base in (Path(given) if given else None, Path(f"/run/user/{os.geteuid()}")):
        if base is not None and base.is_dir() and os.access(base, os.W_OK):
            return base / "athena"
    return Path(tempfile.gettempdir()) / f"athena.{os.geteuid()}"


def _bound(path: Path) -> socket.socket:
    if len(os.fsencode(path)) > LONGEST_PATH:
        raise OSError(f"{path}: a Unix socket's path has at most {LONGEST_PATH} bytes; name a shorter kernel.control")
    if path.is_socket() and _answers(path):
        raise OSError(f"{path}: another kernel answers there; give this one its own kernel.control")
    if path.exists() and not path.is_socket():
        raise OSError(f"{path}: is there and is no socket; name another kernel.control")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # Bound and listening under another name first: who looks for kernels takes a silent socket for a dead one's.
    early = path.with_name(f".{path.name}.new")
    # The mode is there from the first moment: between bind and chmod anybody could connect.
    mask = os.umask(0o177)
    try:
        early.unlink(missing_ok=True)
        listener.bind(str(early))
        listener.listen()
        early.replace(path)
    except OSError as error:
        listener.close()
        raise OSError(f"{path}: the control socket cannot be bound: {error.strerror or error}") from error
    finally:
        os.umask(mask)
    return listener


def _answers(path: Path) -> bool:
    """Whether somebody listens; a kernel too busy to take us in at once is none the less alive."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            return True
    return True


def _is_ours(connection: socket.socket) -> bool:
    if not hasattr(socket, "SO_PEERCRED"):
        return True  # macOS: the socket's mode and its folder's are what there is
    told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
    _, uid, _ = _PEER.unpack(told)
    return _trusted(uid)


def _trusted(uid: int) -> bool:
    return uid in {0, os.geteuid()}


def _told(problem: Problem) -> dict[str, object]:
    return {"path": problem.path, "text": problem.text, "origin": problem.origin, "line": problem.line}
