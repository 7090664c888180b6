"""The plugins of one kernel: loaded by the names in the toml, constructed, asked, sorted by what they hand over."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any, Protocol, TypeVar

import pluggy

from athena import interfaces
from athena.errors import AthenaError, PluginBroken, PluginRefused
from athena.interfaces import Dispatcher, Figures, PluginContext
from athena.models import Limits
from athena.plugins import Catalog, manager_for
from athena.settings import Settings

__all__ = ["Parts"]

ORDER: tuple[type, ...] = (
    interfaces.ConfigSource, interfaces.Tracer, interfaces.Meter, interfaces.Guard, interfaces.Quota,
    interfaces.Allocator, interfaces.Registry, interfaces.Balancer, interfaces.ExecutorFactory, interfaces.Transport,
)  # fmt: skip
"""What a plugin may hand over, in the order of starting."""

P = TypeVar("P")


class Doors(Protocol):
    """Makes the dispatcher of one plugin."""

    def __call__(self, name: str) -> Dispatcher: ...


class Context(PluginContext):
    """What one plugin is given."""

    def __init__(self, name: str, limits: Limits, dispatcher: Dispatcher, parts: Parts) -> None:
        self.name = name
        self.limits = limits
        self.log = logging.getLogger(f"athena.{name}")
        self.dispatcher = dispatcher
        self.figures = parts.figures
        self._parts = parts

    def find(self, protocol: type[P], name: str | None = None) -> P:
        return self._parts.find(protocol, name)


class Parts:
    """Every plugin object of a kernel, by registered name."""

    def __init__(self, settings: Settings, catalog: Catalog, doors: Doors, figures: Figures) -> None:
        self.figures = figures
        self._plugins: dict[str, Any] = {}  # Any: plugin classes have nothing in common but their hooks
        self._provided: list[tuple[str, object]] = []
        self._begun: list[str] = []
        self.contexts: dict[str, Context] = {}
        self._doors = doors
        self._managers: dict[str, pluggy.PluginManager] = {}
        for (group, name), section in _wanted(settings):
            self._take(group, name, catalog, section, settings.kernel.limits)

    def begin(self, *names: str) -> None:
        """``athena_init`` and ``athena_provide`` of each, one by one.

        Args:
            names: Registered names; all where none is given.

        Raises:
            PluginBroken: A hook raised; it is named.
            PluginRefused: It handed over something that inherits no interface.
        """
        for registered in names or tuple(self._plugins):
            context = self.contexts[registered]
            self._call(registered, "athena_init", context=context)
            self._begun.append(registered)
            handed = self._call(registered, "athena_provide", context=context) or ()
            if not isinstance(handed, tuple | list):
                text = f"{registered}: athena_provide returned {type(handed).__name__}; expected a tuple of objects"
                raise PluginRefused(text, plugin=registered)
            for provided in handed:
                if not any(protocol in type(provided).__mro__ for protocol in ORDER):
                    known = ", ".join(protocol.__name__ for protocol in ORDER)
                    text = f"{registered}: handed over a {type(provided).__name__} that inherits none of: {known}"
                    raise PluginRefused(text, plugin=registered)
                self._provided.append((registered, provided))

    def lend(self, executor: str, catalog: Catalog, limits: Limits) -> list[interfaces.ExecutorFactory]:
        """The plugin of an executor that no service had named at the start; [] where it is here already.

        Raises:
            PluginError: It cannot be loaded, or its hooks failed.
        """
        registered = f"executors.{executor}"
        if registered in self._begun:
            return []
        self._take("executors", executor, catalog, None, limits)
        self.begin(registered)
        return [made for name, made in self.named(interfaces.ExecutorFactory) if name == registered]

    def _take(self, group: str, name: str, catalog: Catalog, section: object, limits: Limits) -> None:
        registered = f"{group}.{name}"
        plugin = _made(registered, catalog.load(group, name), section)
        # One manager each: another plugin may come later, and nothing is ever asked of all of them at once.
        self._managers[registered] = manager_for([(registered, plugin)], wrapper=False)
        self._plugins[registered] = plugin
        self.contexts[registered] = Context(registered, limits, self._doors(name), self)

    def end(self) -> None:
        """``athena_fini`` of each whose ``athena_init`` had returned, in reverse; failures are logged."""
        for registered in reversed(self._begun):
            try:
                self._call(registered, "athena_fini")
            except PluginBroken:
                logging.getLogger("athena.kernel").exception("%s: athena_fini failed", registered)
        self._begun.clear()

    def all(self, protocol: type[P]) -> list[P]:
        """Every object of that kind, in the order of the toml."""
        return [made for _, made in self.named(protocol)]

    def named(self, protocol: type[P]) -> list[tuple[str, P]]:
        """The same, with registered names."""
        found: list[tuple[str, Any]] = self._provided
        return [(name, made) for name, made in found if protocol in type(made).__mro__]

    def find(self, protocol: type[P], name: str | None = None) -> P:
        """See :meth:`athena.interfaces.PluginContext.find`."""
        for registered, made in self.named(protocol):
            if name is None or registered.partition(".")[2] == name:
                return made
        named = "" if name is None else f" named {name}"
        raise LookupError(f"no {protocol.__name__}{named} is configured")

    def check(self, registered: str, **change: object) -> None:
        """Phase 1 of a reload of one plugin; raises PluginBroken with its reason."""
        self._call(registered, "athena_config_check", **change)

    def reload(self, registered: str, **change: object) -> None:
        """Phase 2; raises PluginBroken."""
        self._call(registered, "athena_config_reload", **change)

    def reloadable(self, registered: str) -> bool:
        """Whether that plugin takes new sections while it runs."""
        return hasattr(self._plugins[registered], "athena_config_reload")

    def _call(self, registered: str, hook: str, **arguments: object) -> Any:  # Any: each hook's own result
        """One hook of one plugin; what it raises is a refusal with its name."""
        caller = getattr(self._managers[registered].hook, hook)
        for impl in caller.get_hookimpls():
            try:
                return impl.function(*(arguments[name] for name in impl.argnames))
            except BaseException as error:
                # BaseException: sys.exit() in a hook is a refusal with a name, not the end of the kernel.
                text = f"{registered}: {hook} raised {type(error).__name__}: {str(error) or 'no reason given'}"
                raise PluginBroken(text, plugin=registered) from error
        return None


def _wanted(settings: Settings) -> Iterable[tuple[tuple[str, str], object]]:
    """The plugins the toml names: its tables, and the executors of its services."""
    wanted: dict[tuple[str, str], object] = {}
    for (group, name), section in settings.sections.items():
        if group != "middleware":
            wanted[group, name] = section
    for service in settings.services.values():
        wanted.setdefault(("executors", service.executor), None)
    return wanted.items()


def _made(registered: str, cls: Any, section: object) -> object:  # Any: a plugin class
    arguments: tuple[object, ...] = ()
    if isinstance(getattr(cls, "Section", None), type) and section is not None:
        arguments = (section,)
    try:
        return cls(*arguments)
    except AthenaError:
        raise
    except BaseException as error:
        text = f"{registered}: {cls.__name__}() raised {type(error).__name__}: {str(error) or 'no reason given'}"
        raise PluginBroken(text, plugin=registered) from error
