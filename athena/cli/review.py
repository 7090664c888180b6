"""What is wrong with a wrapper's Python file, read and not run: every fault at once, each with its line."""

from __future__ import annotations

import ast
import difflib
import inspect
from collections.abc import Iterator, Mapping

from ..settings import Problem
from ..specs import WRAPPER_SPECS, Lifecycle

__all__ = ["review"]

PREFIX = "athena_"
SPECS: Mapping[str, tuple[str, ...]] = {
    name: tuple(inspect.signature(hook).parameters)[1:]
    for spec in WRAPPER_SPECS
    for name, hook in vars(spec).items()
    if name.startswith(PREFIX)
}
"""Every hook a wrapper may have, and what it may be given."""
ANSWERS = ("athena_once_exec", "athena_batch_exec", "athena_session_create")
NEEDS = {
    "athena_session_write": ("athena_session_create", "no session ever begins"),
    "athena_session_read": ("athena_session_create", "no session ever begins"),
    "athena_session_destroy": ("athena_session_create", "no session ever begins"),
    "athena_resource_unload": ("athena_resource_load", "there is nothing to unload"),
    "athena_config_check": ("athena_config_reload", "it is never asked"),
}
"""Hooks that are not called without another."""

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Fault = tuple[str, int, str]
"""Where in the class, on which line, what."""


def review(text: str, origin: str) -> list[Problem]:
    """Every fault of the wrapper classes in a file, in order of its lines; none where it defines no wrapper.

    Args:
        text: The file.
        origin: What it is called in the problems.
    """
    try:
        module = ast.parse(text)
    except SyntaxError as error:
        return [Problem((), f"not Python: {error.msg}", origin, error.lineno or 0)]
    except ValueError as error:
        return [Problem((), f"not Python: {error}", origin)]
    names = _imported(module)
    problems = []
    for node in module.body:
        if isinstance(node, ast.ClassDef) and _is_wrapper(node, names):
            found = sorted(_Review(node, names).faults(), key=lambda fault: fault[1])
            problems += [
                Problem((node.name, *filter(None, (where,))), what, origin, line) for where, line, what in found
            ]
    return problems


def _imported(module: ast.Module) -> Mapping[str, str]:
    """What the file's names mean: ours are told as we call them, those of others with their module before them."""
    return {
        alias.asname or alias.name: alias.name if _is_ours(node) else f"{node.module}.{alias.name}"
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def _is_ours(node: ast.ImportFrom) -> bool:
    return (node.module or "").partition(".")[0] == "athena"


def _meant(node: ast.expr, names: Mapping[str, str]) -> str:
    """The last word of a name, a dotted name or a call of one, as Athena calls it."""
    if isinstance(node, ast.Call):
        return _meant(node.func, names)
    if isinstance(node, ast.Attribute):
        return node.attr
    return names.get(node.id, node.id) if isinstance(node, ast.Name) else ""


def _is_wrapper(node: ast.ClassDef, names: Mapping[str, str]) -> bool:
    functions = [each for each in node.body if isinstance(each, _Function)]
    return (
        any(_meant(base, names) == "Wrapper" for base in node.bases)
        or any(each.name.startswith(PREFIX) for each in functions)
        or any(_mark(each, names) is not None for each in functions)
    )


def _mark(function: _Function, names: Mapping[str, str]) -> ast.expr | None:
    return next((each for each in function.decorator_list if _meant(each, names) == "hookimpl"), None)


class _Review:
    """One class."""

    def __init__(self, node: ast.ClassDef, names: Mapping[str, str]) -> None:
        self._node = node
        self._names = names
        self._functions = {each.name: each for each in node.body if isinstance(each, _Function)}
        # What it inherits of its own it may have from there; ours has no hook but athena_describe.
        self._alone = all(_meant(base, names) in {"Wrapper", "object"} for base in node.bases)
        self._ours = any(_meant(base, names) == "Wrapper" for base in node.bases)

    def faults(self) -> Iterator[_Fault]:
        """All of them, in no order."""
        for name, function in self._functions.items():
            for text in self._of_function(function):
                yield name, function.lineno, text
        yield from self._of_section()
        if not self._alone:
            return
        for name, (other, why) in NEEDS.items():
            if name in self._functions and other not in self._functions:
                yield name, self._functions[name].lineno, f"is there without {other}: {why}"
        hooks = [name for name in self._functions if name.startswith(PREFIX)]
        if self._ours and not set(hooks) & set(ANSWERS) and all(name in SPECS for name in hooks):
            yield "", self._node.lineno, f"answers nothing: it has none of {', '.join(ANSWERS)}"

    def _of_function(self, function: _Function) -> Iterator[str]:
        name, mark = function.name, _mark(function, self._names)
        if name not in SPECS:
            if not name.startswith(PREFIX) and mark is None:
                return
            near = difflib.get_close_matches(name, SPECS, 1, 0.5)
            yield "is not a hook" + (f"; did you mean {near[0]}?" if near else f"; the hooks are: {', '.join(SPECS)}")
            return
        if mark is None:
            yield "has no @hookimpl; mark it, or it is never called"
        if isinstance(function, ast.AsyncFunctionDef):
            yield "is async; hooks are plain def, the worker's threads are what runs beside"
        if (
            name in vars(Lifecycle)
            and isinstance(mark, ast.Call)
            and any(each.arg in {"wrapper", "hookwrapper"} for each in mark.keywords)
        ):
            yield "is a wrapper=True; only describe, exec and session hooks can be wrapped"
        yield from _of_arguments(function)

    def _of_section(self) -> Iterator[_Fault]:
        """Whether the constructor takes what it will be given."""
        section = next((each for each in self._node.body if _defines(each, "Section")), None)
        if isinstance(section, ast.ClassDef) and not section.decorator_list:
            yield "Section", section.lineno, "has no @section (of athena.section); its keys are not read without it"
        init = self._functions.get("__init__")
        if not self._alone:
            return
        taken = _required(init) if init is not None else []
        if section is None and taken:
            text = f"asks for {', '.join(taken)}, and is given nothing: only a class with a Section is given one"
            yield "__init__", init.lineno if init is not None else 0, text
        if section is not None and init is None:
            yield "", self._node.lineno, "has a Section and no __init__(self, section) that takes it"
        elif section is not None and init is not None and len(taken) != 1 and not _spare(init):
            yield "__init__", init.lineno, f"is given its Section, and takes {', '.join(taken) or 'nothing'}"


def _defines(node: ast.stmt, name: str) -> bool:
    if isinstance(node, ast.Assign):
        return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
    return isinstance(node, ast.ClassDef) and node.name == name


def _is_static(function: _Function) -> bool:
    return any(isinstance(each, ast.Name) and each.id == "staticmethod" for each in function.decorator_list)


def _required(function: _Function) -> list[str]:
    """The arguments after ``self`` that have no default."""
    given = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
    required = given[: len(given) - len(function.args.defaults)]
    return required if _is_static(function) else required[1:]


def _spare(function: _Function) -> bool:
    """Whether it can take one argument although it asks for none."""
    return function.args.vararg is not None or (not _required(function) and bool(function.args.defaults))


def _of_arguments(function: _Function) -> Iterator[str]:
    arguments, allowed = function.args, SPECS[function.name]
    if not (arguments.posonlyargs or arguments.args or arguments.vararg or _is_static(function)):
        yield "has no self"
        return
    wrong = [name for name in _required(function) if name not in allowed]
    optional = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    wrong += [each.arg for each, default in optional if default is None]
    if wrong:
        given = ", ".join(("self", *allowed))
        yield f"asks for {', '.join(wrong)}, which nobody gives it; write {function.name}({given})"
