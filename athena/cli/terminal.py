"""How commands speak: results on stdout, everything else on stderr, colour only where somebody looks."""

from __future__ import annotations

import os
import sys
from typing import TextIO

import click

from ..errors import Executed, ServiceError, SettingsError
from ..settings import Problem
from ..settings.problems import dotted

__all__ = ["coloured", "complain", "describe_fault", "explain_problems", "note"]


def coloured(stream: TextIO) -> bool:
    """Whether a person looks at the stream and has not asked for plain text (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def note(text: str) -> None:
    """One line for the person, beside the results."""
    click.echo(text, err=True, color=coloured(sys.stderr))


def complain(text: str) -> None:
    """What went wrong, as a sentence."""
    note(f"{click.style('athena:', fg='red', bold=True)} {text}")


def explain_problems(error: SettingsError) -> None:
    """Every problem on a line of its own, ``file:line: key: text``."""
    for problem in error.problems:
        note(_coloured_problem(problem))


def _coloured_problem(problem: Problem) -> str:
    place = f"{problem.origin}:{problem.line}" if problem.line else problem.origin
    words = (
        click.style(place, bold=True) if place else "",
        click.style(dotted(problem.path), fg="cyan") if problem.path else "",
        problem.text,
    )
    return ": ".join(word for word in words if word)


def describe_fault(error: ServiceError) -> str:
    """A fault as one line: its name, the sentence, and what may be done about it."""
    hints = []
    if error.executed is not Executed.NO:
        hints.append(f"executed: {error.executed.value}")
    if error.code is not None:
        hints.append(f"code {error.code}")
    if error.error_id:
        hints.append(f"error {error.error_id}")
    if error.retry_after is not None:
        hints.append(f"try again after {error.retry_after:g} s")
    behind = f" ({', '.join(hints)})" if hints else ""
    return f"{click.style(error.fault.name, bold=True)}: {error.message}{behind}"
