"""``athena create``: a complete wrapper distribution, ready to install, run, test and publish."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import click
import jinja2
from attrs import frozen

from .. import __version__
from .terminal import note

__all__ = ["Names", "command", "render"]

FILES: Mapping[str, str] = {
    "pyproject.toml": "pyproject.toml.j2",
    "README.md": "README.md.j2",
    "Makefile": "Makefile.j2",
    "aiges.toml": "aiges.toml.j2",
    ".gitignore": "gitignore.j2",
    "demo/input.txt": "input.txt.j2",
    "{module}/__init__.py": "init.py.j2",
    "{module}/wrapper.py": "wrapper.py.j2",
    "{module}/py.typed": "py.typed.j2",
    "tests/test_wrapper.py": "test_wrapper.py.j2",
}
"""The files of a new distribution, and the template of each."""

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@frozen
class Names:
    """One name in all its places.

    Attributes:
        name: ``my-ocr``: entry point, ``wrapper =``, and the service of the example.
        train: The ``X.Y`` of Athena it is made for.
    """

    name: str
    train: str

    @property
    def distribution(self) -> str:
        """``athena-wrapper-my-ocr``, also the folder."""
        return f"athena-wrapper-{self.name}"

    @property
    def module(self) -> str:
        """``athena_wrapper_my_ocr``."""
        return self.distribution.replace("-", "_")

    @property
    def cls(self) -> str:
        """``MyOcr``."""
        return "".join(word.capitalize() for word in self.name.split("-"))


def render(names: Names) -> dict[str, str]:
    """The new distribution's files, path to text."""
    room = jinja2.Environment(
        loader=jinja2.PackageLoader("athena.cli", "templates/wrapper"),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # what is made is Python and toml, not a page
    )
    return {
        path.format(module=names.module): room.get_template(template).render(names=names)
        for path, template in FILES.items()
    }


@click.command()
@click.argument("name")
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    show_default="here",
    help="The folder to make it in.",
)
def command(name: str, into: Path) -> None:
    """Make a new wrapper distribution, athena-wrapper-NAME.

    It installs with pip, is found by its entry point, runs, and passes WrapperContract: change one class from there.
    """
    name = name.removeprefix("athena-wrapper-")
    if NAME.fullmatch(name) is None:
        raise click.UsageError(f"{name!r} is no name for a wrapper: lower-case words joined by dashes, say my-ocr")
    names = Names(name, ".".join(__version__.split(".")[:2]))
    folder = into / names.distribution
    if folder.exists() and any(folder.iterdir()):
        raise click.UsageError(f"{folder} is there already and is not empty")
    for path, text in render(names).items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        click.echo(str(file))
    note(_next_steps(names, folder))


def _next_steps(names: Names, folder: Path) -> str:
    steps = (
        (f"cd {folder}", ""),
        ("make setup", "a virtual environment with it and Athena in it"),
        ("make run", f"serves it; {click.style('make call', bold=True)} in another terminal calls it"),
        ("make test", "asks it everything WrapperContract asks"),
        (f"$EDITOR {names.module}/wrapper.py", "your model goes here"),
    )
    lines = [f"  {click.style(step.ljust(44), bold=True)}{click.style(why, dim=True)}" for step, why in steps]
    return "\n".join(["", f"{names.distribution} is made. Next:", *lines])
