"""Group ``athena.hosts``, name ``py``: a wrapper.py written for upstream's loader, run as it is."""

from __future__ import annotations

from athena.interfaces import Host
from athena.models import ServiceSettings, WrapperContext
from athena.section import Free

from .loading import imported, owner_of
from .options import options_of
from .wrapped import hosted

__all__ = ["Aiges"]


class Aiges(Host):
    """Loads class-style and function-style wrappers."""

    Section = Free

    def __init__(self, section: Free) -> None:
        self._options, self._config = options_of(section)

    def command(self, path: str, settings: ServiceSettings) -> tuple[str, ...] | None:
        """None: the standard worker, which calls ``load``."""
        return None

    def load(self, path: str, context: WrapperContext) -> object:
        """The wrapper of that file as a plugin.

        Raises:
            PluginMissing: The file has no upstream wrapper.
            PluginBroken: It cannot be imported or constructed.
        """
        module = imported(path, isolated=context.isolated)
        return hosted(owner_of(module, path), module, self._options, self._config)
