"""The host of ``.so`` files: ``wrapper = "./libwrapper.so"``. Imported by the kernel too, hence without cffi."""

from __future__ import annotations

import importlib

from athena.errors import PluginRefused
from athena.interfaces import Host
from athena.models import ServiceSettings, WrapperContext
from athena.section import Free

from .options import split

__all__ = ["Native"]


class Native(Host):
    """Runs wrappers that are shared libraries with the C ABI of ``wrapper.h``."""

    Section = Free

    def __init__(self, table: Free) -> None:
        """Args:
        table: ``[services.x.config]``: the library's, but for the table ``native``.
        """
        self._options, self._config = split(table)

    def command(self, path: str, settings: ServiceSettings) -> None:
        """None: the standard child loads it."""

    def load(self, path: str, context: WrapperContext) -> object:
        """Open the library, in a process of its own.

        Raises:
            PluginRefused: The process is the kernel's, or the library lacks what it needs.
            PluginBroken: It cannot be opened.
        """
        if not context.isolated:
            text = (
                "a shared library runs in worker processes only, where a crash takes nothing else along; "
                'say executor = "process"'
            )
            raise PluginRefused(text, plugin="hosts.so")
        # Not above: who starts services has no use for cffi.
        made: object = importlib.import_module("athena_wrapper_native.wrapper").wrapped(
            path, self._options, self._config
        )
        return made
