"""A wrapper's hooks, resolved once at load to callables that are as cheap as a method call."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs
import pluggy

from athena.errors import PluginBroken, PluginRefused
from athena.models import Change, Description, Resource, WrapperContext

from .settling import settled

__all__ = ["Hooks"]

log = logging.getLogger("athena.hooks")
Hook = Callable[..., Any]  # Any: each hook has its own arguments and result; the engine checks the results

OPERATIONS = {
    "once": "athena_once_exec",
    "batch": "athena_batch_exec",
    "session": "athena_session_create",
    "read": "athena_session_read",
    "resource": "athena_resource_load",
}


class Hooks:
    """What an engine calls.

    Attributes:
        once, batch, create, write, read, destroy: Positional callables, None where the wrapper has no such hook.
        description: What ``athena_describe`` said, with ``operations`` filled in.
    """

    def __init__(
        self, manager: pluggy.PluginManager, name: str, section_class: type | None = None, section: object = None
    ) -> None:
        """Args:
        manager: Holds exactly one wrapper, and its middleware.
        name: The wrapper's registered name, for errors.
        section_class: The wrapper's ``Section``, which settles later configurations too.
        section: The section it was made with.
        """
        self._section_class = section_class
        self._section = section
        self._manager = manager
        self._name = name
        self.names = frozenset(caller.name for caller in vars(manager.hook).values() if caller.get_hookimpls())
        self.once = self._resolve("athena_once_exec")
        self.batch = self._resolve("athena_batch_exec")
        self.create = self._resolve("athena_session_create")
        self.write = self._resolve("athena_session_write")
        self.read = self._resolve("athena_session_read")
        self.destroy = self._resolve("athena_session_destroy")
        self.description = self._describe()

    def init(self, context: WrapperContext) -> None:
        """Raises PluginBroken, naming the hook."""
        for _ in self._each("athena_init", context=context):
            pass

    def check(self, config: Mapping[str, Any], version: str = "") -> None:  # Any: a table as the toml gives it
        """Phase 1 of a reload: settle the new table, and ask the wrapper.

        Raises:
            SettingsError: The table is wrong; the problems' paths start with ``config``.
            PluginBroken: The wrapper refuses, or cannot take a new configuration while it runs; the hook is named.
        """
        change = self._change(config, version)
        if not self._impls("athena_config_reload"):
            raise PluginBroken(
                f"{self._name}: has no athena_config_reload: a new config needs a restart", plugin=self._name
            )
        for _ in self._each("athena_config_check", change=change):
            pass

    def reload(self, config: Mapping[str, Any], version: str = "") -> None:  # Any: as above
        """Phase 2: give it the new section.

        Raises:
            PluginBroken: It raised, and must be replaced by one that starts on the new configuration.
        """
        change = self._change(config, version)
        for _ in self._each("athena_config_reload", change=change):
            pass
        self._section = change.new

    def fini(self) -> None:
        """Let go; failures are logged."""
        try:
            for _ in self._each("athena_fini"):
                pass
        except PluginBroken:
            log.exception("%s: athena_fini failed", self._name)

    def resource_load(self, resource: Resource) -> None:
        """Raises PluginBroken, naming the hook."""
        for _ in self._each("athena_resource_load", resource=resource):
            pass

    def resource_unload(self, resource_id: str) -> None:
        """Failures are logged: the resource is gone all the same."""
        try:
            for _ in self._each("athena_resource_unload", resource_id=resource_id):
                pass
        except PluginBroken:
            log.exception("%s: athena_resource_unload failed", self._name)

    def _change(self, config: Mapping[str, Any], version: str) -> Change:
        return Change(self._section, settled(self._section_class, config, ("config",)), version)

    def _impls(self, hook: str) -> list[pluggy.HookImpl]:
        caller: pluggy.HookCaller = getattr(self._manager.hook, hook)
        return caller.get_hookimpls()

    def _resolve(self, hook: str) -> Hook | None:
        impls = self._impls(hook)
        if not _answered(impls):
            return None
        caller: pluggy.HookCaller = getattr(self._manager.hook, hook)
        names = caller.spec.argnames if caller.spec is not None else ()
        if len(impls) > 1:
            return _by_name(caller, tuple(names))
        return _by_position(impls[0], tuple(names))

    def _each(self, hook: str, **arguments: object) -> Iterable[None]:
        """Call the implementations one by one, middleware first: one that fails is known by name."""
        for impl in self._impls(hook):
            try:
                impl.function(*(arguments[name] for name in impl.argnames))
            except BaseException as error:
                # BaseException: sys.exit() in a hook is a refusal with a name, never the end of this process.
                text = str(error) or "no reason given"
                raise PluginBroken(
                    f"{impl.plugin_name}: {hook} raised {type(error).__name__}: {text}",
                    plugin=impl.plugin_name,
                ) from error
            yield

    def _describe(self) -> Description:
        described: object = Description()
        impls = self._impls("athena_describe")
        if impls:
            try:
                described = self._manager.hook.athena_describe()
            except BaseException as error:
                raise PluginBroken(
                    f"{self._name}: athena_describe raised {type(error).__name__}: {error}",
                    plugin=self._name,
                ) from error
        if not isinstance(described, Description):
            raise PluginRefused(
                f"{self._name}: athena_describe returned {type(described).__name__}; expected a Description",
                plugin=self._name,
            )
        operations = frozenset(operation for operation, hook in OPERATIONS.items() if _answered(self._impls(hook)))
        return attrs.evolve(described, operations=operations)


def _answered(impls: Iterable[pluggy.HookImpl]) -> bool:
    """Whether somebody answers the hook; middleware around nothing is no answer."""
    return any(not impl.wrapper and not impl.hookwrapper for impl in impls)


def _by_name(caller: pluggy.HookCaller, names: tuple[str, ...]) -> Hook:
    """The hook caller: with middleware every implementation has its say."""
    return lambda *values: caller(**dict(zip(names, values, strict=True)))


def _by_position(impl: pluggy.HookImpl, names: tuple[str, ...]) -> Hook:
    """The implementation itself; a shorter argument list is adapted here, once."""
    if tuple(impl.argnames) == names:
        return impl.function
    function, chosen = impl.function, [names.index(name) for name in impl.argnames]
    return lambda *values: function(*[values[index] for index in chosen])
