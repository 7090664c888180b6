"""``athena reload``: have a running kernel take its configuration again, and say what came of it."""

from __future__ import annotations

import json
from collections.abc import Sequence

import attrs
import click

from ..control import ask
from ..errors import SettingsError
from .kernels import control_option, file_argument, pick
from .terminal import explain_problems, note

__all__ = ["command"]

REFUSED = 2


@click.command()
@file_argument
@control_option
@click.option(
    "--swap", "-s", multiple=True, metavar="SERVICE", help="Start its wrapper anew although the toml is as it was."
)
@click.option("--json", "as_json", is_flag=True, help="Say it as JSON.")
def command(file: str | None, control: str | None, swap: Sequence[str], as_json: bool) -> int:
    """Have a running kernel take its configuration again.

    It is taken whole or refused whole. New workers warm up before they are given work, and calls and sessions end where
    they began. FILE says which kernel is meant where several run.

    A wrapper whose code has changed under the same name is not seen in the toml: `athena reload --swap ocr`.
    """
    path = pick(file, control)
    try:
        told = ask(path, "reload", timeout=None, swap=list(swap))
    except SettingsError as error:
        if as_json:
            problems = [attrs.asdict(problem) for problem in error.problems]
            click.echo(json.dumps({"ok": False, "problems": problems}))
        else:
            explain_problems(error)
            note("refused: what ran before runs on unchanged")
        return REFUSED
    if as_json:
        click.echo(json.dumps({"ok": True, **told}))
        return 0
    config = told["config"]
    click.echo(f"reloaded: generation {config['generation']}, configuration {config['hash'][:12]}")
    for line in told["changed"] or ["nothing has changed"]:
        click.echo(f"  {line}")
    return 0
