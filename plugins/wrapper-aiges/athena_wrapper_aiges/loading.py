"""Imports a wrapper's file as upstream's loader does: from its own folder, under its own name."""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import inspect
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from aiges.sdk import WrapperBase
from athena.errors import PluginBroken, PluginMissing

__all__ = ["calls_back", "imported", "owner_of"]

_CALLBACKS = frozenset({"callback", "callback_fn", "setup_callback_fn"})


def imported(path: str, *, isolated: bool) -> ModuleType:
    """The module of that file.

    Args:
        isolated: Whether this process is the wrapper's own.

    Raises:
        PluginBroken: It cannot be imported.
    """
    file = Path(path)
    _enter(file.parent, isolated)
    if not isolated:
        _refuse_twins(file)
    name = file.stem if file.stem not in sys.modules else f"athena_wrapper_file_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise PluginBroken(f"{file.name} cannot be imported as Python", plugin=f"wrappers.{file.name}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[name]
        text = f"{file.name} cannot be imported: {type(error).__name__}: {error}"
        raise PluginBroken(text, plugin=f"wrappers.{file.name}") from error
    return module


def owner_of(module: ModuleType, path: str) -> Any:  # Any: an object or a module with upstream's functions
    """What has the wrapper's functions: an instance of its class, or the module itself.

    Raises:
        PluginMissing: Nothing has them.
        PluginBroken: The class cannot be constructed.
    """
    name = Path(path).name
    found = getattr(module, "Wrapper", None)
    if not inspect.isclass(found):
        own = [each for each in vars(module).values() if _is_wrapper(each, module)]
        found = own[0] if len(own) == 1 else None
    if found is None:
        if any(callable(getattr(module, each, None)) for each in ("wrapperOnceExec", "wrapperCreate")):
            return module
        said = f"{name}: it defines no class with athena hooks, and neither"
        text = f"{said} a class Wrapper nor the functions wrapperInit and wrapperOnceExec, as upstream's wrappers do"
        raise PluginMissing(text, plugin=f"wrappers.{name}")
    try:
        return found()
    except BaseException as error:
        text = f"{name}: {found.__name__}() raised {type(error).__name__}: {str(error) or 'no reason given'}"
        raise PluginBroken(text, plugin=f"wrappers.{name}") from error


def calls_back(module: ModuleType) -> bool:
    """Whether its code uses a callback, beyond importing one; then nobody asks its wrapperRead, as upstream."""
    path = getattr(module, "__file__", None)
    if path is None:
        return False
    with contextlib.suppress(OSError, SyntaxError, ValueError):
        for node in ast.walk(ast.parse(Path(path).read_bytes())):
            name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
            if name in _CALLBACKS:
                return True
    return False


def _refuse_twins(file: Path) -> None:
    """Two wrappers of one process that each bring a module of the same name would share whichever came first.

    Raises:
        PluginBroken: What lies beside this one is not what its import would find.
    """
    for name in _imports(file):
        places = (file.parent / f"{name}.py", file.parent / name / "__init__.py")
        own = next((place for place in places if place.is_file()), None)
        spec = None if own is None else importlib.util.find_spec(name)
        if own is None or spec is None or spec.origin is None or os.path.realpath(spec.origin) == os.path.realpath(own):
            continue
        text = f'its module {name} would be {spec.origin}, not the one beside it; use executor = "process"'
        raise PluginBroken(f"{file.name}: {text}", plugin=f"wrappers.{file.name}")


def _imports(file: Path) -> Iterator[str]:
    """The first words of what a file imports."""
    with contextlib.suppress(OSError, SyntaxError, ValueError):
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0]


def _is_wrapper(value: object, module: ModuleType) -> bool:
    return inspect.isclass(value) and issubclass(value, WrapperBase) and value.__module__ == module.__name__


def _enter(folder: Path, isolated: bool) -> None:
    """Let the wrapper find what lies beside it, by import and by relative path."""
    text = str(folder)
    if not isolated:
        # Threads of a kernel: its folder and its modules are not this wrapper's to change.
        if text not in sys.path:
            sys.path.append(text)
        return
    sys.path[:] = [text, *(each for each in sys.path if each != text)]
    private = os.environ.get("TMPDIR", "")
    if private and os.path.realpath(os.getcwd()) == os.path.realpath(private):
        os.chdir(folder)  # unless [services.x.process] says where the worker is to be
