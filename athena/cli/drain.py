"""``athena drain``: have a running kernel finish what it has and stop, and wait for its end."""

from __future__ import annotations

import click

from ..control import Connection
from .kernels import control_option, file_argument, pick
from .terminal import complain, note

__all__ = ["command"]

FAILED = 1
AFTER = 10.0
"""Seconds beyond ``drain_timeout`` after which a kernel that is still there is given up on."""


@click.command()
@file_argument
@control_option
@click.option("--no-wait", is_flag=True, help="Return at once.")
def command(file: str | None, control: str | None, no_wait: bool) -> int:
    """Have a running kernel finish what it has accepted, and stop.

    As SIGTERM does. FILE says which kernel is meant where several run.
    """
    with Connection(pick(file, control)) as kernel:
        told = kernel.ask("drain")
        timeout = told["drain_timeout"]
        note(f"draining: {told['in_flight']} calls and {told['sessions']} sessions have at most {timeout:g} s")
        if no_wait:
            return 0
        kernel.patience(timeout + AFTER)
        if not kernel.gone():
            complain(f"the kernel is still there {timeout + AFTER:g} s later")
            return FAILED
    click.echo("drained")
    return 0
