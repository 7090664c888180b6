"""``athena create``: a complete wrapper distribution, ready to install, run, test and publish."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click
import jinja2
from attrs import frozen

from .. import __version__
from .terminal import note

__all__ = ["KINDS", "Here", "Names", "command", "render"]

KINDS: Mapping[str, str] = {
    "once": "one request, one reply",
    "stream": "a session: it answers while the client still writes",
    "batch": "calls that come together, in one run of the model",
    "c": "a shared library, built with a C compiler",
    "java": "an archive, built with a JDK",
}
"""What a wrapper may be made as."""

TOOLS: Mapping[str, tuple[str, ...]] = {"c": ("cc",), "java": ("java", "javac", "jar")}
"""The programs that a kind is built with."""
PACKAGES: Mapping[str, str] = {"c": "gcc libc6-dev", "java": "default-jdk-headless"}
"""Where they come from."""

COMMON: Mapping[str, str] = {
    "README.md": "README.md.j2",
    "Makefile": "Makefile.j2",
    "aiges.toml": "aiges.toml.j2",
    ".gitignore": "gitignore.j2",
    "local.mk": "local.mk.j2",
    "demo/input.txt": "{kind}/input.txt.j2",
    "tests/test_wrapper.py": "{kind}/test_wrapper.py.j2",
}
PYTHON: Mapping[str, str] = {
    **COMMON,
    "pyproject.toml": "pyproject.toml.j2",
    "{module}/__init__.py": "init.py.j2",
    "{module}/wrapper.py": "{kind}/wrapper.py.j2",
    "{module}/py.typed": "py.typed.j2",
}
BUILT: Mapping[str, str] = {**COMMON, "requirements.txt": "requirements.txt.j2", "pytest.ini": "pytest.ini.j2"}
FILES: Mapping[str, Mapping[str, str]] = {
    "once": PYTHON,
    "stream": PYTHON,
    "batch": PYTHON,
    "c": {**BUILT, "wrapper.c": "c/wrapper.c.j2"},
    "java": {**BUILT, "{cls}Wrapper.java": "java/Wrapper.java.j2"},
}
"""The files of a new one of each kind, and the template of each."""

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
        """``athena-wrapper-my-ocr``."""
        return f"athena-wrapper-{self.name}"

    @property
    def module(self) -> str:
        """``athena_wrapper_my_ocr``."""
        return self.distribution.replace("-", "_")

    @property
    def cls(self) -> str:
        """``MyOcr``."""
        return "".join(word.capitalize() for word in self.name.split("-"))


@frozen
class Here:
    """What only this machine knows, for ``local.mk``.

    Attributes:
        python: The interpreter that Athena runs on.
        clone: The folder Athena was installed from; "" where it came from an index.
    """

    python: str
    clone: str = ""

    @classmethod
    def found(cls) -> Here:
        """As it is."""
        name = f"python{sys.version_info.major}.{sys.version_info.minor}"
        python = Path(sys.base_prefix, "bin", name)
        return cls(str(python) if python.is_file() else name, _clone())


def _clone() -> str:
    """The folder athena-serving says it was installed from, while that is there and has the other distributions too."""
    try:
        said = metadata.distribution("athena-serving").read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return ""
    parts = urlsplit(json.loads(said)["url"] if said else "")
    folder = Path(unquote(parts.path))
    return str(folder) if parts.scheme == "file" and (folder / "everything.txt").is_file() else ""


def render(names: Names, kind: str = "once", here: Here | None = None) -> dict[str, str]:
    """The new distribution's files, path to text.

    Args:
        names: What it is called.
        kind: One of ``KINDS``.
        here: What this machine is like; None looks.
    """
    here = Here.found() if here is None else here
    room = jinja2.Environment(
        loader=jinja2.PackageLoader("athena.cli", "templates/wrapper"),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # what is made is Python and toml, not a page
    )
    return {
        path.format(module=names.module, cls=names.cls): room.get_template(template.format(kind=kind)).render(
            names=names, kind=kind, here=here
        )
        for path, template in FILES[kind].items()
    }


@click.command()
@click.argument("name")
@click.option(
    "--kind",
    "-k",
    type=click.Choice(list(KINDS)),
    default="once",
    show_default=True,
    help="; ".join(f"{kind}: {about}" for kind, about in KINDS.items()) + ".",
)
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    show_default="here",
    help="The folder to make it in.",
)
def command(name: str, kind: str, into: Path) -> None:
    """Make a new wrapper distribution, athena-wrapper-NAME, in the folder NAME.

    It installs with pip, is found by its entry point, runs, and passes WrapperContract: change one class from there.
    One in C or Java is a folder with its source and a Makefile: it is named by the path of what that builds.
    """
    folder, name = into / name, name.removeprefix("athena-wrapper-")
    if NAME.fullmatch(name) is None:
        raise click.UsageError(f"{name!r} is no name for a wrapper: lower-case words joined by dashes, say my-ocr")
    names = Names(name, ".".join(__version__.split(".")[:2]))
    if folder.exists() and any(folder.iterdir()):
        raise click.UsageError(f"{folder} is there already and is not empty")
    for path, text in render(names, kind).items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        click.echo(str(file))
    note(_next_steps(names, kind, folder))


def _next_steps(names: Names, kind: str, folder: Path) -> str:
    source = {"c": "wrapper.c", "java": f"{names.cls}Wrapper.java"}.get(kind, f"{names.module}/wrapper.py")
    steps = (
        (f"cd {folder}", ""),
        ("make test", "sets up an environment, and asks it everything WrapperContract asks"),
        ("make run", f"serves it; {click.style('make call', bold=True)} in another terminal calls it"),
        (f"$EDITOR {source}", "your model goes here"),
    )
    width = max(len(step) for step, _ in steps) + 2
    lines = [
        f"  {click.style(step.ljust(width), bold=True)}{click.style(why, dim=True)}".rstrip() for step, why in steps
    ]
    if missing := [tool for tool in TOOLS.get(kind, ()) if shutil.which(tool) is None]:
        lines.append(f"There is no {' and no '.join(missing)} here to build it with: apt-get install {PACKAGES[kind]}")
    made = names.name if kind in TOOLS else names.distribution
    return "\n".join(["", f"{made} is made. Next:", *lines])
