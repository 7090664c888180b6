"""``athena dev``: serve a wrapper that is being written; what is saved is running a moment later."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import os
import re
import sys
import webbrowser
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import uses_relative

import click

from ..errors import AthenaError, SettingsError
from ..kernel import Kernel, start
from ..models import Endpoint, ServiceSettings
from ..plugins import Catalog
from ..settings.source import FileSource
from ..telemetry import setup_logging
from .garbage import resume
from .run import Plan, Told, before, end, leave, obey, plan, run_loop
from .sources import Sources, places
from .terminal import complain, explain_problems, note

__all__ = ["AuthorLines", "command", "on_a_desktop", "page"]

LOOK = 0.3
"""Seconds between two looks at the files."""
SETTLE = 0.1
"""Seconds in which nothing more is saved before it is loaded: an editor may write several files."""

LOOKS = 10
"""Looks after which it is asked anew which files there are to look at: the toml may name others by then."""

_OURS = re.compile(
    r'^( *)File "(?:[^"]*/(?:athena/(?:executors|worker|plugins|link|kernel)|pluggy)/[^"]*|<frozen [^"]*)", line .*\n'
    r"(?:\1 +.*\n)*",
    re.M,
)
_BARE = re.compile(r"\n\n(?:The above|During handling).*:\n\nTraceback \(most recent call last\):\n(?! ).*")
"""An exception that was only handed on, when its frames are all ours."""


@click.command()
@click.argument("file", required=False, metavar="[FILE]")
@click.option(
    "--wrapper", "-w", "wrappers", multiple=True, metavar="[SERVICE=]NAME_OR_PATH", help="Serve this wrapper."
)
@click.option("--transport", "-t", "transports", multiple=True, metavar="NAME[=[HOST:]PORT]", help="Over this wire.")
@click.option(
    "--set", "sets", multiple=True, metavar="KEY=VALUE", help="Any key of the toml, say services.ocr.threads=2."
)
@click.option(
    "--open/--no-open", "show", default=None, help="Open the page to try it on in a browser; by default on a desktop."
)
def command(
    file: str | None, wrappers: Sequence[str], transports: Sequence[str], sets: Sequence[str], show: bool | None
) -> int:
    """Serve a wrapper that is being written: `athena run` that looks at the files.

    When a Python file of a wrapper's is saved, or FILE (aiges.toml), it is loaded anew; where that fails, the author's
    own traceback is told, and what ran before runs on. A start that fails is tried again after the next save. Answers
    that are not what their wrapper declares are refused, with the place.

    Prints the line of `athena run`, and the page to try it on, which it opens.
    """
    strict = () if file is not None and "://" in file else ("kernel.debug=true",)
    what = plan(file, wrappers, transports, (*strict, *sets))
    return leave(run_loop(obey(functools.partial(_serve, what, on_a_desktop() if show is None else show))))


class AuthorLines(logging.Formatter):
    """What another formatter makes of a record, without the frames in which Athena calls the author's code."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        """The line, and below it the traceback of the author's own frames."""
        return _BARE.sub("", _OURS.sub("", self._inner.format(record) + "\n")).rstrip("\n")


def on_a_desktop() -> bool:
    """Whether somebody sits before this terminal and a browser's window would come up beside it."""
    here = os.environ
    window = sys.platform == "darwin" or bool(here.get("DISPLAY") or here.get("WAYLAND_DISPLAY"))
    return window and "SSH_CONNECTION" not in here and sys.stderr.isatty()


def page(endpoints: Sequence[Endpoint]) -> str:
    """The page to try the wrappers on, where one of the transports is a browser's; else ""."""
    # Those are the schemes whose links Python resolves.
    return next((f"{one.url}/" for one in endpoints if one.scheme in uses_relative and one.port), "")


async def _serve(what: Plan, show: bool, told: Told) -> None:
    _log_for_people()
    files = Sources()
    kernel = await _started(what, told, files)
    if kernel is None:
        return
    kernel.reloaded = lambda settings: _log_for_people(settings.log.level)
    watching = asyncio.create_task(_watch(kernel, files))
    resume()
    try:
        click.echo(" ".join(["ready", *(endpoint.url for endpoint in kernel.endpoints)]))
        url = page(kernel.endpoints)
        if url:
            note(f"try it on {click.style(url, bold=True)}")
        if url and show:
            await asyncio.to_thread(webbrowser.open, url)
        await before(asyncio.ensure_future(kernel.wait()), told.stop)
    finally:
        watching.cancel()
        await end(kernel, told)


def _log_for_people(level: str = "info") -> None:
    setup_logging(level, "console")
    for handler in logging.getLogger().handlers:
        if handler.formatter is not None:
            handler.setFormatter(AuthorLines(handler.formatter))


async def _started(what: Plan, told: Told, files: Sources) -> Kernel | None:
    """The kernel; one that is refused is tried again after each save. None when we are told to stop first."""
    while True:
        # Looked at before it is loaded: what is saved meanwhile is loaded after.
        within = await _before_start(what)
        files.saved(within)
        starting = asyncio.ensure_future(start(what.open(), operated=True).__aenter__())
        try:
            return starting.result() if await before(starting, told.stop) else None
        except AthenaError as error:
            _tell(error)
        note("not started; the next save is tried")
        if not await before(asyncio.ensure_future(_saved(files, within)), told.stop):
            return None


async def _before_start(what: Plan) -> tuple[Path, ...]:
    """What to look at while nothing runs: the toml, its folder, and what it names as far as it can be read."""
    opened = what.open()
    source = FileSource(FileSource.Section(path=opened)) if isinstance(opened, str) else opened
    own = [what.source] if what.source and "://" not in what.source else []
    services: Iterable[ServiceSettings] = ()
    with contextlib.suppress(AthenaError, click.UsageError):  # the start says why
        services = Kernel(source, {}, Catalog()).read(await source.read()).services.values()
    around = [Path(place) for path in own for place in (path, os.path.dirname(path) or os.curdir)]
    return (*around, *(place for one in services for place in places(one, Catalog())))


async def _saved(files: Sources, within: Sequence[Path]) -> None:
    """Wait until something is saved."""
    while not await _save(files, within):
        pass


async def _save(files: Sources, within: Sequence[Path]) -> frozenset[Path]:
    """What is saved, and what is saved with it; nothing where nothing is for a while."""
    saved: frozenset[Path] = frozenset()
    for _ in range(LOOKS):
        await asyncio.sleep(LOOK)
        saved = await asyncio.to_thread(files.saved, within)
        if saved:
            break
    more = saved
    while more:
        await asyncio.sleep(SETTLE)
        more = await asyncio.to_thread(files.saved, within)
        saved |= more
    return saved


async def _watch(kernel: Kernel, files: Sources) -> None:
    """Load anew what is saved, for as long as it serves. The toml is the kernel's own to watch."""
    while True:
        services = kernel.settings.services
        where = {name: places(service, Catalog()) for name, service in services.items()}
        saved = await _save(files, [place for each in where.values() for place in each])
        names = [name for name, each in where.items() if any(_holds(each, path) for path in saved)]
        if names:
            there = sorted({path.name for path in saved if any(_holds(each, path) for each in where.values())})
            note(f"saved: {', '.join(there)}; loading {', '.join(names)} anew")
            await _swap(kernel, names)


def _holds(within: Sequence[Path], path: Path) -> bool:
    return any(path == place or path.is_relative_to(place) for place in within)


async def _swap(kernel: Kernel, names: Sequence[str]) -> None:
    try:
        for line in await kernel.reload(swap=names):
            note(line)
    except AthenaError as error:
        _tell(error)
        note("refused: what ran before runs on")


def _tell(error: AthenaError) -> None:
    if isinstance(error, SettingsError):
        explain_problems(error)
    else:
        complain(str(error))
