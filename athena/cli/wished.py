"""The config source of ``athena run`` with options: its file, read anew each time, with the options put into it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence

import click

from ..errors import Problem, SettingsError
from ..interfaces import ConfigSource
from ..models import Document
from ..settings.source import FileSource
from .compose import Composed, Wish, compose

__all__ = ["WishedSource"]

_log = logging.getLogger("athena.run")


class WishedSource(ConfigSource):
    """A file and options, or options alone."""

    def __init__(self, path: str, wishes: Sequence[Wish]) -> None:
        """Args:
        path: The file; "" for none.
        """
        self._file = FileSource(FileSource.Section(path=path)) if path else None
        self._wishes = tuple(wishes)
        self._latest: Composed | None = None

    async def read(self) -> Document:
        return self._composed(None if self._file is None else await self._file.read())

    async def watch(self) -> AsyncIterator[Document]:
        if self._file is None:
            await asyncio.get_running_loop().create_future()
            return
        async for document in self._file.watch():
            yield self._composed(document)

    async def feedback(self, version: str, ok: bool, reason: str) -> None:
        if self._file is not None:
            await self._file.feedback(version, ok, reason)

    def explain(self, error: SettingsError) -> SettingsError:
        """Told where the user wrote it: on the command line, or in the file's own lines."""
        return error if self._latest is None else self._latest.explain(error)

    def _composed(self, base: Document | None) -> Document:
        try:
            self._latest = compose(base, self._wishes)
        except click.UsageError as error:
            if self._latest is None:
                raise
            # Once it serves, an option that no longer fits the file is a configuration that is refused.
            raise SettingsError([Problem((), error.message, base.origin if base is not None else "")]) from error
        return self._latest.document
