"""``python -m benchmarks``: measure, judge, write down."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
from rich.console import Console

from . import report as reports
from .load import missing
from .measure import ROOT
from .pairs import LOAD_CORE, Plan
from .peers import alone, environments
from .peers.catalog import PEERS
from .peers.rounds import Absent, why_not
from .results import Record, Run, begin, newest, place
from .takes import Take, takes

console = Console(width=None if sys.stdout.isatty() else 200)


@click.group(invoke_without_command=True)
@click.option("--rows", "pattern", default="", metavar="PATTERN", help="Only rows whose name this finds (a regex).")
@click.option("--pairs", default=5, show_default=True, type=click.IntRange(1), help="Pairs that count, a row.")
@click.option("--seconds", default=3.0, show_default=True, type=click.FloatRange(1), help="Seconds of each half.")
@click.option("--noise", default=0.1, show_default=True, help="Cores that others may use before a pair is discarded.")
@click.option("--peers/--no-peers", "peers", default=False, help="Also other people's servers; see peers --prepare.")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Where the result is written.")
@click.option("--list", "listing", is_flag=True, help="Print the rows' names.")
@click.pass_context
def main(
    context: click.Context,
    pattern: str,
    pairs: int,
    seconds: float,
    noise: float,
    peers: bool,
    path: Path | None,
    listing: bool,
) -> None:
    """Measure Athena beside bare servers, and beside its peers, in pairs, on two cores."""
    if context.invoked_subcommand is not None:
        return
    wanted = re.compile(pattern)
    chosen = [take for take in takes(peers) if any(map(wanted.search, (take.name, *take.records)))]
    if not chosen:
        raise click.ClickException(f"no row has {pattern!r} in its name; --list prints them")
    if listing:
        click.echo("\n".join(name for take in chosen for name in take.records))
        return
    _ready(peers)
    command = shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]])
    if failed := _measure(chosen, Plan(pairs, seconds, noise), command, path):
        raise click.ClickException(f"could not be measured: {', '.join(failed)}")


def _ready(peers: bool) -> None:
    """Everything a measurement needs, or a sentence that says what is missing; does not return where peers are met."""
    if gone := missing():
        raise click.ClickException(gone)
    if len(os.sched_getaffinity(0)) < 2:
        raise click.ClickException("two cores are needed: one for the server, one for the load")
    if peers:
        alone.enter()
    os.sched_setaffinity(0, {LOAD_CORE})


def _measure(chosen: list[Take], plan: Plan, command: str, path: Path | None) -> list[str]:
    """Take by take; one that fails is told and left out, a peer that is not there is told and named.

    Returns:
        The names of what failed.
    """
    records: list[Record] = []
    failed: list[str] = []
    absent: dict[str, str] = {}
    for take in chosen:
        try:
            fresh = take.run(plan, lambda text: console.print(text, style="dim"))
        except Absent as reason:
            absent[take.name] = str(reason)
            console.print(f"{take.name}: absent, {reason}", style="yellow", markup=False)
            continue
        except Exception as error:
            failed.append(take.name)
            console.print(f"{take.name}: {type(error).__name__}: {error}", style="red", markup=False)
            continue
        records += fresh
        run = begin(command, plan, records, absent)
        run.write(path or place(run))  # after every row: an hour is not lost to the last one
        for record in fresh:
            console.print("  ".join(reports.cells(record)), style=reports.COLOURS[record.verdict], markup=False)
    if records or absent:
        run = begin(command, plan, records, absent)
        run.write(path or place(run))
        reports.show(run, console)
        console.print(f"written to {(path or place(run)).name}")
    return failed


@main.command("report")
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
def report(path: Path | None) -> None:
    """Write the figures of PATH (the newest result where none is named) into benchmarks/README.md, and draw them."""
    found = path or newest()
    if found is None:
        raise click.ClickException("there is no result yet; run python -m benchmarks")
    run = Run.read(found)
    reports.show(run, console)
    if importlib.util.find_spec("matplotlib") is None:
        raise click.ClickException("the plots need matplotlib: pip install -r benchmarks/requirements.txt")
    # In a process of its own: matplotlib is not loaded for anything else.
    subprocess.run([sys.executable, "-m", "benchmarks.plots", str(found.absolute())], cwd=ROOT, check=True)
    reports.put(run)


@main.command("peers")
@click.option("--prepare", is_flag=True, help="Make the environments that are missing.")
def peers_command(prepare: bool) -> None:
    """Say which peers can be measured, where their environments lie, and why the others cannot."""
    if prepare:
        for name in environments.names():
            environments.prepare(name, click.echo)
    click.echo(f"environments: {environments.folder()} ({environments.VARIABLE} names another folder)")
    for peer in PEERS:
        # Whether there is a namespace is seen when it is entered.
        reason = environments.absence(peer.environment) if peer.alone else why_not(peer)
        version = environments.version(peer.environment, peer.environment)
        click.echo(f"{peer.title} {version}: {reason or 'ready'}")


if __name__ == "__main__":
    main()
