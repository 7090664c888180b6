"""``athena check``: would this configuration start, and is this wrapper right? Each is asked in its own process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs
import click
from attrs import field, frozen
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..errors import SettingsError, dotted
from ..kernel import Kernel
from ..models import Became, Description
from ..plugins import Catalog
from ..settings import Problem, Settings
from ..settings.problems import ordered
from ..settings.source import FileSource
from .described import PROBED, alone, ask
from .review import review
from .terminal import explain_problems, note

__all__ = ["command"]

REFUSED = 2
WRAPPERS = frozenset({".py", ".so", ".jar"})
"""Suffixes that a wrapper has and a configuration has not."""
AT_ONCE = 4
"""Wrappers asked at the same time: each is a process that imports a whole model library."""


@frozen
class Finding:
    """What came of a check.

    Attributes:
        settings: The settled configuration; None where it is none.
        wrappers: What each service's wrapper says of itself; those that live elsewhere are not asked.
        problems: Everything that keeps it from starting.
    """

    settings: Settings | None
    wrappers: Mapping[str, Description] = field(factory=dict)
    problems: Sequence[Problem] = ()


@click.command()
@click.argument("file", default="aiges.toml", metavar="[FILE]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--explain", is_flag=True, help="Show what each key of another program's file has become.")
def command(file: str, as_json: bool, explain: bool) -> int:
    """Say whether FILE (aiges.toml) would start; start nothing.

    Every fault is told at once, each with its line: in the tables, in the wrappers' tables, in the wrappers themselves.
    A wrapper is loaded in a process of its own, without its athena_init and without a GPU.

    FILE may be a wrapper, too, say ./wrapper.py: what is wrong with its hooks is read from it before any of it runs.
    """
    if Path(file).suffix in WRAPPERS:
        return _check_wrapper(file, as_json)
    found = asyncio.run(_check(file))
    if as_json:
        click.echo(json.dumps(_told(found), indent=2))
    elif found.problems:
        explain_problems(SettingsError(found.problems))
    elif found.settings is not None:
        _show(file, found.settings, found.wrappers)
    if explain and not as_json and found.settings is not None:
        _explain(file, found.settings)
    return REFUSED if found.problems else 0


async def _check(file: str) -> Finding:
    source = FileSource(FileSource.Section(path=file))
    try:
        settings = Kernel(source, {}, Catalog()).read(await source.read())
    except SettingsError as error:
        return Finding(None, problems=error.problems)
    gate = asyncio.Semaphore(AT_ONCE)
    asked = [service for service in settings.services.values() if service.executor in PROBED]
    answers = await asyncio.gather(*(ask(settings, service, gate) for service in asked))
    problems = [problem for answer in answers if isinstance(answer, list) for problem in answer]
    wrappers = {
        service.name: answer for service, answer in zip(asked, answers, strict=True) if isinstance(answer, Description)
    }
    return Finding(settings, wrappers, ordered(problems))


def _check_wrapper(file: str, as_json: bool) -> int:
    problems, described = _reviewed(file), None
    if not problems:
        try:
            _, described = asyncio.run(alone(file))
        except SettingsError as error:
            problems = [attrs.evolve(each, origin=file, line=0, path=each.path[2:]) for each in error.problems]
    # A table that lacks what it has to say is nothing that is wrong with the wrapper.
    lacking = [each for each in problems if each.path[:1] == ("config",)]
    ok = len(lacking) == len(problems)
    if as_json:
        told = [{**attrs.asdict(each), "sentence": str(each)} for each in problems]
        description = None if described is None else attrs.asdict(described, value_serializer=_plain)
        click.echo(json.dumps({"ok": ok, "problems": told, "description": description}, indent=2))
        return 0 if ok else REFUSED
    if problems:
        explain_problems(SettingsError(problems))
    if ok:
        click.echo(f"{file}: nothing is wrong with it" + ("" if described is None else f"; {_answers(described)}"))
    if lacking:
        note("its table has to say that; what it takes and gives is known only then")
    return 0 if ok else REFUSED


def _reviewed(file: str) -> list[Problem]:
    """What is wrong with a Python file as it is read; a file of another kind, or one that is away, is asked itself."""
    if Path(file).suffix != ".py":
        return []
    try:
        return review(Path(file).read_text("utf-8-sig"), file)
    except OSError:
        return []
    except UnicodeDecodeError as error:
        return [Problem((), f"not UTF-8 at byte {error.start}", file)]


def _answers(described: Description) -> str:
    answers = f"it answers {', '.join(sorted(described.operations)) or 'nothing'}"
    takes = ", ".join(each.key for each in described.inputs)
    gives = ", ".join(each.key for each in described.outputs)
    return ", ".join(filter(None, (answers, f"takes {takes}" if takes else "", f"gives {gives}" if gives else "")))


def _told(found: Finding) -> dict[str, object]:
    settings = found.settings
    return {
        "ok": not found.problems,
        "problems": [{**attrs.asdict(problem), "sentence": str(problem)} for problem in found.problems],
        "services": {} if settings is None else {name: _service(found, name) for name in settings.services},
        "plugins": [] if settings is None else [".".join(key) for key in settings.sections],
        "became": [] if settings is None else [_key(one) for one in settings.became],
    }


def _service(found: Finding, name: str) -> dict[str, object]:
    assert found.settings is not None  # _told asks only then
    service, described = found.settings.services[name], found.wrappers.get(name)
    told: dict[str, object] = {"wrapper": service.wrapper, "executor": service.executor}
    if described is not None:
        told["description"] = attrs.asdict(described, value_serializer=_plain)
    return told


def _plain(_: object, __: object, value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else value


def _show(file: str, settings: Settings, wrappers: Mapping[str, Description]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"[bold]{escape(file)}[/]: [green]would start[/]\n")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("SERVICE", "WRAPPER", "RUNS", "ANSWERS"):
        table.add_column(title)
    for service in settings.services.values():
        described = wrappers.get(service.name)
        runs = f"{service.executor}, {service.workers} x {service.threads}"
        answers = "not asked" if described is None else ", ".join(sorted(described.operations)) or "nothing"
        table.add_row(f"[cyan]{escape(service.name)}[/]", escape(service.wrapper), runs, answers)
    console.print(table)
    if settings.sections:
        console.print(f"\n[bold]with[/]  {', '.join('.'.join(key) for key in settings.sections)}")
    else:
        console.print("\n[yellow]no transport is configured: nobody can call it from outside[/]")


def _key(one: Became) -> dict[str, str]:
    return {"old": dotted(one.old), "new": dotted(one.new), "text": one.text}


def _explain(file: str, settings: Settings) -> None:
    # Wider than any terminal: a key that is cut is no key.
    console = Console(highlight=False, width=1000)
    if not settings.became:
        console.print(f"\n{escape(file)} is written for Athena: there is nothing to explain")
        return
    console.print()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("LINE", "OLD KEY", "HAS BECOME", ""):
        table.add_column(title)
    for one in settings.became:
        new = f"[cyan]{escape(dotted(one.new))}[/]" if one.new else "[yellow]no meaning any more[/]"
        table.add_row(str(settings.where.line(one.old)), escape(dotted(one.old)), new, escape(one.text))
    console.print(table)
