"""``athena explain``: a table of aiges.toml, key by key, from the class that settles it."""

from __future__ import annotations

import json
import textwrap
from typing import Any

import attrs
import click
from rich.console import Console
from rich.markup import escape

from ..models import Description
from ..plugins import GROUPS, Catalog, construct
from ..settings.explain import Row, explain
from ..settings.rules import KERNEL_TABLES

__all__ = ["command"]

OWN = {
    "kernel": "The kernel itself: its name, its limits, how long it drains.",
    "services": "One service: a wrapper, and how it is run.",
    "log": "What is logged, and how.",
    "plugins": "Which plugins may be used at all.",
}
"""What the kernel's own tables are for."""
WIDEST = 40
"""Columns of ``key = default`` beyond which types no longer line up."""


@click.command()
@click.argument("name", metavar="TABLE")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(name: str, as_json: bool) -> None:
    """Show the keys of TABLE: type, default, bounds, meaning.

    TABLE is one of the kernel's own (kernel, services, log, plugins) or GROUP.NAME of an installed plugin, such as
    wrappers.echo or executors.process.
    """
    title, summary, rows, described = _look_up(name)
    if as_json:
        told: dict[str, object] = {"table": title, "summary": summary, "keys": [attrs.asdict(row) for row in rows]}
        if described is not None:
            told["wrapper"] = attrs.asdict(described, value_serializer=_plain)
        click.echo(json.dumps(told, indent=2))
        return
    console = Console(highlight=False)
    console.print(f"[bold]\\[{escape(title)}][/]" + (f"  {escape(summary)}" if summary else ""))
    console.print()
    if rows:
        _print_keys(console, rows)
    else:
        console.print("no keys")
    if described is not None:
        _print_description(console, described)


def _look_up(name: str) -> tuple[str, str, tuple[Row, ...], Description | None]:
    """Title, summary, keys, and for a wrapper what it takes and gives."""
    if name in KERNEL_TABLES:
        title = "services.<name>" if name == "services" else name
        return title, OWN.get(name, ""), explain(KERNEL_TABLES[name]), None
    group, _, plugin = name.partition(".")
    if not plugin or group not in GROUPS:
        own, groups = ", ".join(KERNEL_TABLES), ", ".join(GROUPS)
        raise click.UsageError(f"{name!r} is no table: expected one of {own}, or <group>.<name> of a group: {groups}")
    loaded = Catalog().load(group, plugin)
    section = getattr(loaded, "Section", None)
    if group == "wrappers":
        return "services.<name>.config", _summary(loaded), explain(section), _description(name, loaded)
    return name, _summary(loaded), explain(section), None


def _summary(cls: object) -> str:
    return (getattr(cls, "__doc__", None) or "").strip().partition("\n")[0].replace("``", "")


def _description(name: str, cls: Any) -> Description | None:  # Any: a plugin class
    """What the wrapper says of itself; None where it needs settings first, or says nothing."""
    section = getattr(cls, "Section", None)
    if section is not None and any(row.default == "required" for row in explain(section)):
        return None
    describe = getattr(construct(name, cls, {}, ("config",)), "athena_describe", None)
    described = describe() if callable(describe) else None
    return described if isinstance(described, Description) else None


def _plain(_: object, __: object, value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else value


def _print_keys(console: Console, rows: tuple[Row, ...]) -> None:
    """As they would stand in the toml, with what is not toml beside and below."""
    width = min(WIDEST, max(len(row.key) + len(row.default) + 3 for row in rows))
    for row in rows:
        required = row.default == "required"
        value = "[red]...[/]" if required else escape(row.default) or "[dim]# not set[/]"
        beside = ", ".join(filter(None, (row.type, row.bounds, "required" if required else "")))
        shown = 3 if required else len(row.default) or len("# not set")
        gap = " " * max(2, width + 2 - len(row.key) - 3 - shown)
        if row.type == "a table":
            console.print(f"[cyan]{escape(row.key)}[/]  [dim]a table[/]")
        else:
            console.print(f"[cyan]{escape(row.key)}[/] = {value}{gap}[dim]{escape(beside)}[/]")
        for line in textwrap.wrap(row.help, max(40, console.width - 4)):
            console.print(f"    {escape(line)}", soft_wrap=True)


def _print_description(console: Console, described: Description) -> None:
    for title, fields in (("takes", described.inputs), ("gives", described.outputs)):
        console.print(f"\n[bold]{title}[/]" + ("" if fields else "  not described"))
        for each in fields:
            kind = each.kind.name if each.kind is not None else "any kind"
            words = [kind, *each.formats, "" if each.required else "optional", each.dtype]
            console.print(f"  [cyan]{escape(each.key)}[/]  {' '.join(filter(None, words))}  {escape(each.summary)}")
    if described.params:
        console.print("\n[bold]parameters[/]")
    for param in described.params:
        least, most = param.minimum, param.maximum
        bounds = [f">= {least:.15g}" if least is not None else "", f"<= {most:.15g}" if most is not None else ""]
        words = [param.type, *filter(None, bounds), *param.choices, f"default {param.default}" if param.default else ""]
        console.print(f"  [cyan]{escape(param.key)}[/]  {' '.join(filter(None, words))}  {escape(param.summary)}")
