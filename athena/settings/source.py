"""The kernel's own config source: a file, read whole, and looked at again when the system says that it changed."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from athena._compat import optional
from athena.errors import SettingsError
from athena.interfaces import ConfigSource
from athena.models import Document
from athena.section import BadValue, not_empty, option, section
from athena.specs import hookimpl

from .problems import Problem
from .reader import LIMIT

if TYPE_CHECKING:
    from athena.interfaces import PluginContext

__all__ = ["FileSource"]

LOOK = 0.5
"""Seconds between two looks at the file, where watchfiles is not installed."""
FIRST = 1.0
"""Seconds before changes are watched for; what changes meanwhile is found by the first look."""
SELDOM = 2.0
"""The same where it is: what it cannot see is looked for all the same, a link's target, or a network's file system."""
SETTLE = 0.1
"""Seconds a changed file must stay as it is before it is read: half a toml is often a toml."""

_log = logging.getLogger(__name__)
_Look = tuple[int, int, int]


class FileSource(ConfigSource):
    """Group ``athena.sources``, name ``file``."""

    @section
    class Section:
        """``[sources.file]``, or a path on the command line."""

        path: str = option("aiges.toml", help="The configuration file.", check=not_empty)

        @classmethod
        def from_url(cls, url: str) -> FileSource.Section:
            """From a plain path, or ``file:///path``.

            Raises:
                BadValue: The URL names another scheme or another machine.
            """
            if not url.lower().startswith("file:"):
                return cls(path=url)
            parts = urlsplit(url)
            if parts.netloc not in {"", "localhost"}:
                raise BadValue("path", "a file of this machine, file:///path", url)
            return cls(path=unquote(parts.path))

    def __init__(self, section: FileSource.Section) -> None:
        self.section = section
        self._version = ""
        self._seen: _Look | None = None

    @hookimpl
    def athena_provide(self, context: PluginContext) -> tuple[FileSource, ...]:
        """Itself; it needs nothing of the kernel."""
        return (self,)

    async def read(self) -> Document:
        """The file as it is now.

        Raises:
            SettingsError: It cannot be read, is too large, or is not text.
        """
        self._seen = await asyncio.to_thread(self._look)
        document = await asyncio.to_thread(self._read)
        self._version = document.version
        return document

    async def watch(self) -> AsyncIterator[Document]:
        """Each later version: a file written in place, or put in its place. A file that is away is waited for."""
        complained = ""
        async for _ in _occasions(Path(self.section.path)):
            look = await asyncio.to_thread(self._look)
            if look is None or look == self._seen or not await self._settled(look):
                continue
            self._seen = look
            try:
                document = await asyncio.to_thread(self._read)
            except SettingsError as error:
                if str(error) != complained:
                    complained = str(error)
                    _log.warning("%s; the running configuration stays", complained)
                continue
            complained = ""
            if document.version != self._version:
                self._version = document.version
                yield document

    async def feedback(self, version: str, ok: bool, reason: str) -> None:
        """A file has nobody to tell, and the kernel's log has said it."""
        _log.debug("%s: version %.12s %s", self.section.path, version, "is running" if ok else f"was refused: {reason}")

    async def _settled(self, look: _Look) -> bool:
        await asyncio.sleep(SETTLE)
        return await asyncio.to_thread(self._look) == look

    def _look(self) -> _Look | None:
        try:
            found = Path(self.section.path).stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size

    def _read(self) -> Document:
        path = self.section.path
        try:
            with Path(path).open("rb") as file:
                data = file.read(LIMIT + 1)
        except OSError as error:
            raise SettingsError([Problem((), _refusal(error), path)]) from error
        if len(data) > LIMIT:
            raise SettingsError([Problem((), f"more than {LIMIT} bytes; a configuration has at most that", path)])
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise SettingsError([Problem((), f"not UTF-8 at byte {error.start}", path, line)]) from None
        return Document(text, hashlib.sha256(data).hexdigest(), path)


async def _occasions(path: Path) -> AsyncIterator[None]:
    """Moments to look again: when something became of the file, and now and then in any case."""

    def ours(change: object, changed: str) -> bool:
        # Its folder is watched, since the file may be replaced; a log that is written there is nobody's concern.
        return Path(changed).name == path.name

    # Loading it takes as long as much of a start does, and who has just started has first calls to answer.
    await asyncio.sleep(FIRST)
    try:
        # Any: it may not be there
        watchfiles: Any = await asyncio.to_thread(optional, "watchfiles", "seeing changes at once")
    except ModuleNotFoundError:
        watchfiles = None
    # It tells at info of every change it has seen.
    logging.getLogger("watchfiles").setLevel(logging.WARNING)
    while True:
        yield
        if watchfiles is not None:
            with contextlib.suppress(OSError, RuntimeError):  # the folder is away, or there are no watches left
                # Small debounces: a file that is still written is waited for by looking, see SETTLE.
                async for _ in watchfiles.awatch(
                    path.parent, watch_filter=ours, recursive=False, debounce=50, step=10,
                    rust_timeout=round(SELDOM * 1000), yield_on_timeout=True,
                ):  # fmt: skip
                    yield
        await asyncio.sleep(LOOK)


def _refusal(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    return f"cannot be read: {(error.strerror or str(error)).lower()}"
