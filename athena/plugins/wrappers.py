"""Where a wrapper comes from: an entry point's name, an import string, a path, or an object; with its middleware."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import logging
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from athena.errors import AthenaError, PluginBroken, PluginMissing, PluginRefused
from athena.interfaces import Host
from athena.models import WrapperContext

from .catalog import Catalog
from .hooks import Hooks
from .programs import is_program
from .rules import manager_for
from .settling import settled

__all__ = ["construct", "load_wrapper"]

log = logging.getLogger("athena.plugins")
_ANSWERS = ("athena_once_exec", "athena_batch_exec", "athena_session_create")
_OURS = re.compile(rb"\b(?:import|from)\s+athena\b|\bathena_\w")


def load_wrapper(
    reference: object,
    *,
    service: str,
    config: Mapping[str, Any],  # Any: a table as the toml gives it
    middleware: Mapping[str, Mapping[str, Any]],
    folder: Path,
    catalog: Catalog | None = None,
    isolated: bool = False,
) -> Hooks:
    """Load, construct and check a wrapper and its middleware, in the process where they will live.

    Args:
        reference: What ``wrapper =`` says, or a class or object given in code.
        service: The service's name.
        config: The wrapper's table; its ``Section`` settles it.
        middleware: Each middleware's table, by name, in order: the first is the outermost.
        folder: What relative paths and import strings start from.
        catalog: What is installed; None for everything.
        isolated: Whether this process is the wrapper's own; a host may insist on it.

    Raises:
        PluginError: It cannot be loaded, or breaks a rule.
        SettingsError: Its table is wrong; the problems' paths start with ``config`` or ``middleware``.
    """
    catalog = Catalog() if catalog is None else catalog
    name, made, section = _resolve(reference, WrapperContext(service, isolated=isolated), config, folder, catalog)
    plugins: list[tuple[str, object]] = [(f"wrappers.{name}", made)]
    for other, table in middleware.items():
        loaded = catalog.load("middleware", other)
        plugins.append((f"middleware.{other}", construct(f"middleware.{other}", loaded, table, ("middleware", other))))
    # pluggy calls the last one registered first, so the middleware named first must be registered last.
    plugins[1:] = reversed(plugins[1:])
    # An object given in code has its settings already; the toml need not repeat them.
    own = settled(section, config, ("config",)) if config or isinstance(reference, str | type) else None
    hooks = Hooks(manager_for(plugins, wrapper=True), f"wrappers.{name}", section, own)
    if hooks.once is hooks.batch is hooks.create is None:
        log.warning("wrappers.%s answers nothing: it has none of %s", name, ", ".join(_ANSWERS))
    return hooks


def construct(plugin: str, cls: Any, table: Mapping[str, Any], path: tuple[str, ...]) -> object:  # Any: a plugin class
    """Make a plugin from its class and its table.

    Raises:
        SettingsError: The table does not fit its ``Section``; problems are told below ``path``.
        PluginBroken: Its constructor raised.
    """
    if not inspect.isclass(cls):
        raise PluginRefused(f"{plugin}: {cls!r} is not a class; a plugin is a class", plugin=plugin)
    section = getattr(cls, "Section", None)
    own = settled(section, table, path)
    arguments = () if section is None else (own,)
    try:
        return cls(*arguments)
    except AthenaError:
        raise
    except BaseException as error:
        text = f"{plugin}: {cls.__name__}() raised {type(error).__name__}: {str(error) or 'no reason given'}"
        raise PluginBroken(text, plugin=plugin) from error


def _resolve(
    reference: object, context: WrapperContext, config: Mapping[str, Any], folder: Path, catalog: Catalog
) -> tuple[str, object, type | None]:
    """Its name, the wrapper, and the ``Section`` that settles its table."""
    if not isinstance(reference, str):
        name = getattr(reference, "__name__", type(reference).__name__)
        if inspect.isclass(reference):
            return name, construct(f"wrappers.{name}", reference, config, ("config",)), _section_of(reference)
        return name, reference, _section_of(reference)
    if _is_path(reference):
        return Path(reference).name, *_from_path(reference, context, config, folder, catalog)
    cls = _imported(reference, folder) if ":" in reference else catalog.load("wrappers", reference)
    return reference, construct(f"wrappers.{reference}", cls, config, ("config",)), _section_of(cls)


def _section_of(plugin: object) -> type | None:
    found: type | None = getattr(plugin, "Section", None)
    return found


def _is_path(reference: str) -> bool:
    return "/" in reference or (":" not in reference and bool(Path(reference).suffix))


def _imported(reference: str, folder: Path) -> Any:  # Any: whatever the name holds
    module_name, _, name = reference.partition(":")
    _reach(folder)
    try:
        module = importlib.import_module(module_name)
    except BaseException as error:
        text = f'wrapper = "{reference}": {module_name} cannot be imported: {type(error).__name__}: {error}'
        raise PluginBroken(text, plugin=f"wrappers.{reference}") from error
    found = getattr(module, name, None)
    if found is None:
        classes = ", ".join(cls.__name__ for cls in _wrapper_classes(module)) or "none"
        text = f'wrapper = "{reference}": {module_name} has no {name}; its wrapper classes: {classes}'
        raise PluginMissing(text, plugin=f"wrappers.{reference}")
    return found


def _from_path(
    reference: str, context: WrapperContext, config: Mapping[str, Any], folder: Path, catalog: Catalog
) -> tuple[object, type | None]:
    path = (folder / reference).resolve()
    plugin = f"wrappers.{path.name}"
    if not path.is_file():
        raise PluginMissing(f'wrapper = "{reference}": no such file; looked in {folder}', plugin=plugin)
    if path.suffix != ".py":
        return _hosted(path, reference, context, config, folder, catalog)
    foreign = _foreign(path, catalog)
    found = None if foreign else _own(path, plugin, reference, config)
    if found is not None:
        return found
    try:
        return _hosted(path, reference, context, config, folder, catalog)
    except PluginMissing:
        # It may inherit its hooks from a module of its own, and name ours nowhere.
        found = _own(path, plugin, reference, config) if foreign else None
        if found is None:
            raise
        return found


def _own(path: Path, plugin: str, reference: str, config: Mapping[str, Any]) -> tuple[object, type | None] | None:
    """The wrapper a Python file defines with our hooks; None where it defines none."""
    classes = _wrapper_classes(_executed(path, plugin))
    if len(classes) > 1:
        names = ", ".join(cls.__name__ for cls in classes)
        one = f"{path.stem}:{classes[0].__name__}"
        text = f'wrapper = "{reference}": has several wrapper classes ({names}); name one: "{one}"'
        raise PluginRefused(text, plugin=plugin)
    if not classes:
        return None
    return construct(plugin, classes[0], config, ("config",)), _section_of(classes[0])


def _hosted(
    path: Path, reference: str, context: WrapperContext, config: Mapping[str, Any], folder: Path, catalog: Catalog
) -> tuple[object, type | None]:
    """The wrapper a host makes of a file."""
    plugin = f"wrappers.{path.name}"
    suffix = path.suffix.removeprefix(".")
    try:
        host = catalog.load("hosts", suffix)
    except PluginMissing as error:
        own = "it defines no class with athena hooks, and " if suffix == "py" else ""
        there = ", ".join(catalog.names("hosts")) or "none"
        text = f'wrapper = "{reference}": {own}no host for .{suffix} files is installed; installed: {there}'
        if is_program(reference, folder):
            text = f'wrapper = "{reference}": a program of its own, which needs executor = "process"'
        elif not suffix:
            text = f'wrapper = "{reference}": has no suffix, and may not be executed either; chmod +x makes it a worker'
        raise PluginMissing(text, plugin=plugin) from error
    made: Any = construct(f"hosts.{suffix}", host, config, ("config",))  # Any: the mro says that it is a Host
    if Host not in type(made).__mro__:
        raise PluginRefused(
            f"hosts.{suffix}: {type(made).__name__} does not inherit athena.interfaces.Host", plugin=plugin
        )
    # The host's table is the wrapper's: what it loads knows nothing of sections.
    return made.load(str(path), context), _section_of(host)


def _foreign(path: Path, catalog: Catalog) -> bool:
    """Whether a file says nothing of Athena, and a host is there to ask: it sees to where the file is run, and once."""
    return "py" in catalog.names("hosts") and _OURS.search(path.read_bytes()) is None


def _executed(path: Path, plugin: str) -> ModuleType:
    _reach(path.parent)
    name = f"athena_wrapper_file_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PluginBroken(f"{path.name} cannot be imported as Python", plugin=plugin)
    module = importlib.util.module_from_spec(spec)
    # attrs, typing and inspect look a class's module up here.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[name]
        raise PluginBroken(f"{path.name} cannot be imported: {type(error).__name__}: {error}", plugin=plugin) from error
    return module


def _wrapper_classes(module: ModuleType) -> list[type]:
    """The classes a module itself defines that carry a hook beyond the description."""
    found = []
    for value in vars(module).values():
        if inspect.isclass(value) and value.__module__ == module.__name__:
            hooks = [name for name in dir(value) if name.startswith("athena_") and name != "athena_describe"]
            if hooks:
                found.append(value)
    return found


def _reach(folder: Path) -> None:
    """Let imports find the modules beside the toml or the wrapper, after everything that is installed."""
    text = str(folder.resolve())
    if text not in sys.path:
        sys.path.append(text)
