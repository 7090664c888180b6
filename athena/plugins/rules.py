"""What a plugin may not do, found before it runs: misspelt hooks, unmarked hooks, async hooks, wrong arguments."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterable, Mapping

import pluggy

from athena.errors import PluginRefused
from athena.specs import KERNEL_SPECS, NAME, WRAPPER_SPECS, Lifecycle

__all__ = ["inspect_plugin", "manager_for"]


def manager_for(plugins: Iterable[tuple[str, object]], *, wrapper: bool) -> pluggy.PluginManager:
    """A plugin manager with these plugins, registered in order under their names.

    Args:
        plugins: Registered name and object.
        wrapper: True for the manager of a worker, False for the kernel's.

    Raises:
        PluginRefused: A plugin breaks a rule.
    """
    manager = pluggy.PluginManager(NAME)
    specs = WRAPPER_SPECS if wrapper else KERNEL_SPECS
    for spec in specs:
        manager.add_hookspecs(spec)
    known = {name: hook for spec in specs for name, hook in vars(spec).items() if name.startswith("athena_")}
    for name, plugin in plugins:
        inspect_plugin(name, plugin, frozenset(known))
        _arguments(name, plugin, known)
        try:
            manager.register(plugin, name)
            manager.check_pending()
        except pluggy.PluginValidationError as error:
            raise PluginRefused(f"{name}: {error}", plugin=name) from error
    return manager


def inspect_plugin(name: str, plugin: object, known: frozenset[str]) -> None:
    """Refuse what pluggy lets pass.

    Raises:
        PluginRefused: Naming the plugin, the hook, and where it is defined.
    """
    lifecycle = frozenset(hook for hook in vars(Lifecycle) if hook.startswith("athena_"))
    for attribute in dir(plugin):
        if not attribute.startswith("athena_"):
            continue
        hook = getattr(plugin, attribute)
        marks = getattr(hook, f"{NAME}_impl", None)
        where = _where(hook)
        if attribute not in known:
            close = difflib.get_close_matches(attribute, known, 1)
            hint = f"; did you mean {close[0]}?" if close else f"; the hooks are: {', '.join(sorted(known))}"
            raise PluginRefused(f"{name}: {attribute}{where} is not a hook{hint}", plugin=name)
        if marks is None:
            raise PluginRefused(
                f"{name}: {attribute}{where} has no @hookimpl; mark it, or it is never called", plugin=name
            )
        if inspect.iscoroutinefunction(hook) or inspect.isasyncgenfunction(hook):
            text = (
                f"{name}: {attribute}{where} is async; hooks are plain def, the worker's threads are what runs beside"
            )
            raise PluginRefused(text, plugin=name)
        if attribute in lifecycle and (marks.get("wrapper") or marks.get("hookwrapper")):
            text = f"{name}: {attribute}{where} is a wrapper=True; only describe, exec and session hooks can be wrapped"
            raise PluginRefused(text, plugin=name)


def _arguments(name: str, plugin: object, known: Mapping[str, Callable[..., object]]) -> None:
    """Refuse a hook that wants what nobody gives it; one may leave out what it does not need.

    Raises:
        PluginRefused: Naming the hook, where it is defined, and what there is.
    """
    for attribute, spec in known.items():
        hook = getattr(plugin, attribute, None)
        if hook is None:
            continue
        given = [argument for argument in inspect.signature(spec).parameters if argument != "self"]
        wanted = [one.name for one in inspect.signature(hook).parameters.values() if _is_asked_for(one)]
        if wrong := [argument for argument in wanted if argument not in given]:
            there = f"its arguments are: {', '.join(given)}" if given else "it has no arguments"
            text = f"{name}: {attribute}{_where(hook)} asks for {', '.join(wrong)}; {there}"
            raise PluginRefused(text, plugin=name)


def _is_asked_for(parameter: inspect.Parameter) -> bool:
    named = parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    return named and parameter.default is parameter.empty


def _where(hook: object) -> str:
    code = getattr(inspect.unwrap(hook) if callable(hook) else hook, "__code__", None)
    return f" ({code.co_filename}:{code.co_firstlineno})" if code is not None else ""
