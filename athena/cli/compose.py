"""One document out of a file and the options of ``athena run``; knows which line came from which of them."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import tomlkit
from attrs import evolve, field, frozen
from tomlkit.exceptions import TOMLKitError

from .._compat import tomllib
from ..errors import SettingsError
from ..models import Document
from ..settings import Problem
from ..settings.problems import dotted

__all__ = ["Composed", "Wish", "compose", "service_name", "set_wish", "transport_wishes", "wrapper_wishes"]


@frozen
class Wish:
    """One value an option puts into the document.

    Attributes:
        option: As it was typed; problems are told under it.
        path: The key.
        value: What a toml would hold; an empty mapping makes sure that the table is there.
    """

    option: str
    path: tuple[str, ...]
    value: Any  # Any: a toml's values


@frozen
class Composed:
    """A document, and for each of its lines the option or the line of the file it came from."""

    document: Document
    sources: Sequence[tuple[str, int]] = field(default=(), repr=False)

    def explain(self, error: SettingsError) -> SettingsError:
        """The same problems, told where the user wrote what is wrong."""
        return SettingsError(self._told(problem) for problem in error.problems)

    def _told(self, problem: Problem) -> Problem:
        if problem.origin != self.document.origin or not 0 < problem.line <= len(self.sources):
            return problem
        origin, line = self.sources[problem.line - 1]
        return evolve(problem, origin=origin, line=line)


def compose(base: Document | None, wishes: Iterable[Wish]) -> Composed:
    """Put the options into the file's text; the file's own lines stay as they are.

    Args:
        base: The file, or None where there is none.
        wishes: Later ones win.

    Raises:
        click.UsageError: An option wants a table where the file has a value.
    """
    base = Document("", origin="command line") if base is None else base
    text = base.text
    sources = [(base.origin, number) for number in range(1, text.count("\n") + 2)]
    for wish in wishes:
        try:
            changed = _put(text, wish)
        except TOMLKitError:
            break  # the file is no toml: whoever reads it next says where, and better than we could
        sources = _carry(text, changed, sources, wish.option)
        text = changed
    return Composed(evolve(base, text=text), tuple(sources))


def _put(text: str, wish: Wish) -> str:
    document = tomlkit.parse(text)
    place: Any = document  # Any: tomlkit's containers share no typed face
    *tables, last = wish.path if wish.value != {} else (*wish.path, "")
    for depth, name in enumerate(tables):
        if name not in place:
            # A table of tables alone needs no header of its own.
            place.add(name, tomlkit.table(is_super_table=depth < len(tables) - 1))
        place = place[name]
        if not isinstance(place, Mapping):
            raise click.UsageError(f"{wish.option}: {dotted(tuple(tables[: depth + 1]))} has a value; it is no table")
    if last:
        place[last] = wish.value
    return tomlkit.dumps(document)


def _carry(before: str, after: str, sources: list[tuple[str, int]], option: str) -> list[tuple[str, int]]:
    """Whose the lines of ``after`` are: unchanged ones stay whose they were, new ones are the option's."""
    lines = before.split("\n"), after.split("\n")
    carried: list[tuple[str, int]] = []
    for tag, low, high, start, end in difflib.SequenceMatcher(None, *lines, autojunk=False).get_opcodes():
        carried.extend(sources[low:high] if tag == "equal" else [(option, 0)] * (end - start))
    return carried


def wrapper_wishes(given: str) -> list[Wish]:
    """``--wrapper [SERVICE=]NAME_OR_PATH``: a service for that wrapper."""
    service, equals, reference = given.partition("=")
    if not equals:
        service, reference = service_name(given), given
    if "/" in reference or Path(reference).suffix in {".py", ".so", ".jar"}:
        # Typed in a shell, a path starts from where the shell is, not from where the toml is.
        reference = str(Path(reference).absolute())
    return [Wish(f"--wrapper {given}", ("services", service, "wrapper"), reference)]


def service_name(reference: str) -> str:
    """What a service is called by its wrapper alone: ``./ocr/wrapper.py`` → ``ocr``, ``m:Echo`` → ``echo``."""
    if "/" not in reference and ":" in reference:
        return reference.rpartition(":")[2].lower()
    path = Path(reference)
    generic = path.stem in {"wrapper", "libwrapper"}
    return path.absolute().parent.name if generic and path.suffix else path.stem


def transport_wishes(given: str) -> list[Wish]:
    """``--transport NAME[=[HOST:]PORT]``: that transport, at that address."""
    name, _, address = given.partition("=")
    option = f"--transport {given}"
    table = ("transports", name)
    wishes = [Wish(option, table, {})]
    if not address:
        return wishes
    host, colon, port = address.rpartition(":")
    if not colon and not port.isdecimal():
        host, port = address, ""
    if host:
        wishes.append(Wish(option, (*table, "host"), host.removeprefix("[").removesuffix("]")))
    if port:
        if not port.isdecimal():
            raise click.UsageError(f"{option}: expected NAME, NAME=PORT or NAME=HOST:PORT")
        wishes.append(Wish(option, (*table, "port"), int(port)))
    return wishes


def set_wish(given: str) -> list[Wish]:
    """``--set KEY=VALUE``: any key, dotted as in a toml; a value that is no toml is a string."""
    option = f"--set {given}"
    key, equals, value = given.partition("=")
    if not equals:
        raise click.UsageError(f"{option}: expected KEY=VALUE, say services.ocr.threads=2")
    parsed = None if "\n" in value else _loads(f"{key} = {value}")
    if parsed is None:
        parsed = _loads(f"{key} = {json.dumps(value)}")
    if parsed is None:
        raise click.UsageError(f"{option}: {key!r} is no key; write it as in a toml, say services.ocr.threads")
    path: list[str] = []
    while isinstance(parsed, dict) and len(parsed) == 1:
        ((name, parsed),) = parsed.items()
        path.append(name)
    return [Wish(option, tuple(path), parsed)]


def _loads(text: str) -> Any:  # Any: a toml's values
    try:
        return tomllib.loads(text)
    except ValueError:
        return None
