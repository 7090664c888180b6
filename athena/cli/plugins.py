"""``athena plugins``: what is installed, from metadata alone; nothing of it is imported."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from collections.abc import Sequence

import click
from attrs import asdict, frozen
from rich.console import Console
from rich.table import Table

from ..plugins import GROUPS, Catalog, Claim
from .terminal import note

__all__ = ["command"]

FINE = "ok"


@frozen
class Row:
    """One plugin."""

    group: str
    name: str
    distribution: str
    version: str
    state: str
    object: str


@click.command()
@click.option("--group", type=click.Choice(GROUPS), metavar="GROUP", help=f"Only one group of: {', '.join(GROUPS)}.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def command(group: str | None, as_json: bool) -> None:
    """List what is installed: group, name, distribution, version, state.

    A plugin is used when aiges.toml names it; listing imports nothing.
    """
    rows = _rows(Catalog().installed(group))
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], indent=2))
        return
    if not rows:
        note(f"no plugin is installed in {group}" if group else "no plugin is installed")
        return
    Console(soft_wrap=True, highlight=False).print(_table(rows))


def _rows(claims: Sequence[Claim]) -> list[Row]:
    owners = Counter((group, name) for group, name, _ in {(c.group, c.name, c.distribution) for c in claims})
    return [
        Row(c.group, c.name, c.distribution, c.version, _state(c, owners[c.group, c.name]), c.value) for c in claims
    ]


def _state(claim: Claim, owners: int) -> str:
    """What metadata can tell; whether a plugin loads is known when it is loaded."""
    if owners > 1:
        return f"refused: {owners} distributions claim the name"
    module = claim.value.partition(":")[0].partition(".")[0]
    # Finding a top-level module runs none of its code; one below it would import its parents.
    return FINE if importlib.util.find_spec(module) is not None else f"broken: there is no module {module}"


def _table(rows: Sequence[Row]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("GROUP", "NAME", "DISTRIBUTION", "VERSION", "STATE"):
        table.add_column(title, no_wrap=True)
    before = ""
    for row in rows:
        colour = "green" if row.state == FINE else "red"
        group = row.group if row.group != before else ""
        table.add_row(group, f"[bold]{row.name}[/]", row.distribution, row.version, f"[{colour}]{row.state}[/]")
        before = row.group
    return table
