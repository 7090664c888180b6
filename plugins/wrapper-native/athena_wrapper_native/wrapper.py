"""A library as a wrapper: one class, put together from the hooks that its functions can answer."""

from __future__ import annotations

from collections.abc import Mapping

from athena import hookimpl
from athena.models import Description, Resource, WrapperContext

from .library import Library
from .once import Called, Returned
from .options import Options
from .resources import Resources
from .sessions import Answering, Read

__all__ = ["Whole", "wrapped"]


class Whole:
    """What every library answers."""

    def __init__(self, library: Library, config: Mapping[str, str]) -> None:
        """Args:
        config: What wrapperInit is given.
        """
        self.library = library
        self.resources = Resources(library)
        self._config = config

    @hookimpl
    def athena_describe(self) -> Description:
        library = self.library
        without = f"; without {', '.join(library.missing)}" if library.missing else ""
        return Description(library.version(), f"{library.name}, a shared library{without}.")

    @hookimpl
    def athena_init(self, context: WrapperContext) -> None:
        self.library.init(self._config)

    @hookimpl
    def athena_fini(self) -> None:
        self.library.fini()


class Personal:
    """What one with personalised resources answers too."""

    resources: Resources

    @hookimpl
    def athena_resource_load(self, resource: Resource) -> None:
        self.resources.load(resource)

    @hookimpl
    def athena_resource_unload(self, resource_id: str) -> None:
        self.resources.unload(resource_id)


def wrapped(path: str, options: Options, config: Mapping[str, str]) -> Whole:
    """Open a library.

    Raises:
        PluginError: It cannot be opened, or has nothing to call.
    """
    library = Library(path, options)
    rooms: list[type] = [Whole]
    if library.once:
        rooms.append(Returned if library.once == "sync" else Called)
    if library.sessions:
        rooms.append(Read if library.sessions == "sync" else Answering)
    if library.has("wrapperLoadRes", "wrapperUnloadRes"):
        rooms.append(Personal)
    made: Whole = type("Native", tuple(rooms), {})(library, config)
    return made
