"""``athena top``: what a running kernel does, live in a terminal, or once for a script."""

from __future__ import annotations

import importlib
import json
import sys
import time
from functools import partial

import attrs
import click
from rich.console import Console

from ..control import ask
from .kernels import control_option, file_argument, pick
from .readings import Reader
from .tables import services_table, summary, workers_table
from .terminal import coloured

__all__ = ["command"]

WIDTH = 120
"""Columns of what goes into a file or a pipe."""


@click.command()
@file_argument
@control_option
@click.option("--once", is_flag=True, help="Print it once, and end.")
@click.option("--json", "as_json", is_flag=True, help="Print it once, as JSON.")
@click.option(
    "--interval", "-i", type=click.FloatRange(0.1, 3600), default=1.0, show_default=True, help="Seconds between looks."
)
def command(file: str | None, control: str | None, once: bool, as_json: bool, interval: float) -> int:
    """Watch a running kernel: services, rates, percentiles, faults and workers.

    Rates and percentiles are those of the last interval; faults count from the kernel's start. FILE says which kernel
    is meant where several run. Keys: q quits, space pauses.
    """
    once = once or as_json
    if not once and not sys.stdout.isatty():
        raise click.UsageError("stdout is no terminal; print it once with --once, or as JSON with --once --json")
    reader = Reader(partial(ask, pick(file, control)))
    if not once:
        # Fetched here: what draws a live view takes longer to import than the rest of this command to run.
        importlib.import_module(".screen", __package__).Top(reader, interval).run()
        return 0
    reader.read()
    time.sleep(interval)
    reading = reader.read()
    if as_json:
        click.echo(json.dumps(attrs.asdict(reading)))
        return 0
    # A pipe has no width of its own, and tables squeezed into 80 columns are hard to read.
    console = Console(width=None if sys.stdout.isatty() else WIDTH, no_color=not coloured(sys.stdout), highlight=False)
    console.print(summary(reading))
    console.print(services_table(reading))
    console.print(workers_table(reading))
    return 0
