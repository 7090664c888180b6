"""``athena run``: serve until told to stop; one line on stdout says when and where."""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import functools
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import click
from attrs import field, frozen

from .._compat import optional, tomllib
from ..errors import AthenaError, SettingsError
from ..kernel import Kernel, start
from ..kernel.drain import LAST
from ..plugins import Catalog
from ..telemetry import setup_logging
from ..worker import heap
from .compose import Wish, set_wish, transport_wishes, wrapper_wishes
from .garbage import resume
from .terminal import complain, note
from .wished import WishedSource

__all__ = ["Plan", "Told", "before", "command", "end", "leave", "obey", "plan", "run_loop"]

DEFAULT = "aiges.toml"
FAILED = 1
BEYOND = 1.0
"""Seconds after the end of the drain's clock after which a process that is still there is ended from beside."""

_log = logging.getLogger("athena.run")


@frozen
class Plan:
    """What is to be served.

    Attributes:
        source: A path or URL; "" where there are only options.
        wishes: What the options say.
    """

    source: str
    wishes: tuple[Wish, ...] = field(default=())

    def open(self) -> str | WishedSource:
        """What the kernel reads, and reads again."""
        return WishedSource(self.source, self.wishes) if self.wishes else self.source


@click.command()
@click.argument("file", required=False, metavar="[FILE]")
@click.option(
    "--wrapper", "-w", "wrappers", multiple=True, metavar="[SERVICE=]NAME_OR_PATH", help="Serve this wrapper."
)
@click.option("--transport", "-t", "transports", multiple=True, metavar="NAME[=[HOST:]PORT]", help="Over this wire.")
@click.option(
    "--set", "sets", multiple=True, metavar="KEY=VALUE", help="Any key of the toml, say services.ocr.threads=2."
)
def command(file: str | None, wrappers: Sequence[str], transports: Sequence[str], sets: Sequence[str]) -> int:
    """Serve wrappers until told to stop.

    FILE is a toml or a URL. Without it, ./aiges.toml is served, or the options alone: `athena run --wrapper echo`
    serves echo over every installed transport.

    Prints one line when ready: "ready", and the endpoints. SIGTERM and SIGINT drain, a second one cancels what is
    still running; SIGHUP reloads.
    """
    what = plan(file, wrappers, transports, sets)
    heap.settle()
    return leave(run_loop(obey(functools.partial(_serve, what))))


def plan(file: str | None, wrappers: Sequence[str], transports: Sequence[str], sets: Sequence[str]) -> Plan:
    """What the words of the command line ask for.

    Raises:
        click.UsageError: There is nothing to serve, or a word makes no sense.
    """
    if file is None and not wrappers:
        if not Path(DEFAULT).is_file():
            text = f"nothing to serve: there is no {DEFAULT} here; name a file, or a wrapper with --wrapper NAME"
            raise click.UsageError(text)
        file = DEFAULT
    wishes = [wish for given in wrappers for wish in wrapper_wishes(given)]
    taken: set[str] = set()
    for wish in wishes:
        if wish.path[1] in taken:
            raise click.UsageError(f"{wish.option}: a second service {wish.path[1]!r}; say --wrapper NAME={wish.value}")
        taken.add(wish.path[1])
    if file is None and not transports:
        transports = Catalog().names("transports")
    wishes += [wish for given in transports for wish in transport_wishes(given)]
    wishes += [wish for given in sets for wish in set_wish(given)]
    if wishes and file is not None and "://" in file:
        raise click.UsageError(f"options change a file, and {file} is none; write them into what it serves")
    return Plan(file or "", tuple(wishes))


def run_loop(main: Coroutine[Any, Any, int]) -> int:  # Any: what coroutines yield is the loop's business
    """Run on uvloop where it is installed (it is faster, never needed), else on asyncio's own loop."""
    make: Callable[[], asyncio.AbstractEventLoop]
    try:
        make = optional("uvloop", "a faster event loop").new_event_loop
    except ModuleNotFoundError:
        make = asyncio.new_event_loop
    loop = make()
    try:
        asyncio.set_event_loop(loop)
        return loop.run_until_complete(main)
    finally:
        asyncio.set_event_loop(None)
        with contextlib.suppress(RuntimeError):
            loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


class Told:
    """What signals have told us.

    Attributes:
        stop: To stop; the first SIGTERM or SIGINT.
        hurry: To wait for nothing more; the second one.
        reload: SIGHUP.
        patient: Whether it was a supervisor who said stop, and not a person at the keyboard.
    """

    def __init__(self) -> None:
        self.stop, self.hurry, self.reload = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.patient = True

    def obey(self, number: int) -> None:
        """A signal to stop: the first lets work finish, the second cancels it, the third is the end."""
        if self.hurry.is_set():
            note("stopped at once: what was running is lost")
            # Workers see their end of the socket close, and go.
            os._exit(FAILED)
        if self.stop.is_set():
            note("stopping now: what is still running is cancelled")
            self.hurry.set()
        self.patient = self.patient and number == signal.SIGTERM
        self.stop.set()


async def obey(serve: Callable[[Told], Coroutine[Any, Any, None]]) -> int:  # Any: as run_loop
    """Serve until a signal says stop."""
    told = Told()
    serving = asyncio.create_task(serve(told))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.obey, number)
    loop.add_signal_handler(signal.SIGHUP, told.reload.set)
    try:
        await serving
    except OSError as error:
        complain(f"cannot serve: {error if error.filename else error.strerror or error}")
        return FAILED
    return 0


async def _serve(what: Plan, told: Told) -> None:
    source = what.open()
    setup_logging(*_log_style(await _text(source)))
    starting = asyncio.ensure_future(start(source, operated=True).__aenter__())
    if not await before(starting, told.stop):
        return
    kernel = starting.result()
    kernel.reloaded = lambda settings: setup_logging(settings.log.level, settings.log.format)
    reloading = asyncio.create_task(_reload_when_told(kernel, told.reload))
    resume()
    try:
        click.echo(" ".join(["ready", *(endpoint.url for endpoint in kernel.endpoints)]))
        await before(asyncio.ensure_future(kernel.wait()), told.stop)
    finally:
        reloading.cancel()
        await end(kernel, told)


async def end(kernel: Kernel, told: Told) -> None:
    """Stop it, and be gone by then, whatever hangs."""
    limit = kernel.settings.kernel.drain_timeout + LAST + BEYOND
    # Its thread needs no interpreter lock: it ends us even where a wrapper of the thread executor never lets go of it.
    faulthandler.dump_traceback_later(limit, exit=True)
    ending = asyncio.ensure_future(kernel.stop(lame_duck=told.patient))
    await before(asyncio.shield(ending), told.hurry)
    if not ending.done():
        await kernel.stop(0)
    await ending
    faulthandler.cancel_dump_traceback_later()


async def before(task: asyncio.Future[Any], stop: asyncio.Event) -> bool:  # Any: its result is the caller's business
    """Wait for a task; False when we are told to stop first, and then it is cancelled."""
    told = asyncio.create_task(stop.wait())
    await asyncio.wait({task, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if task.done():
        task.result()
        return True
    task.cancel()
    await asyncio.wait({task})
    return False


def leave(code: int) -> int:
    """Go now, where the interpreter would wait for threads: a hook that hangs must not hold the exit."""
    if any(thread is not threading.main_thread() and not thread.daemon for thread in threading.enumerate()):
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


async def _text(source: str | WishedSource) -> str:
    """The configuration as text, read ahead; "" where it cannot be had yet, and the start will say why."""
    if isinstance(source, WishedSource):
        return (await source.read()).text
    try:
        return await asyncio.to_thread(Path(source).read_text, "utf-8-sig")
    except (OSError, ValueError):
        return ""


def _log_style(text: str) -> tuple[str, str]:
    """What ``[log]`` says, so that the start itself is logged that way; a wrong table is refused later."""
    try:
        table = tomllib.loads(text).get("log", {})
        level, style = str(table.get("level", "info")), str(table.get("format", "auto"))
    except (ValueError, AttributeError):
        return "info", "auto"
    return (level, style) if level in {"debug", "info", "warning", "error"} else ("info", style)


async def _reload_when_told(kernel: Kernel, told: asyncio.Event) -> None:
    while True:
        await told.wait()
        told.clear()
        try:
            await kernel.reload()
        except SettingsError:
            pass  # the kernel has said so
        except AthenaError as error:
            _log.warning("the reload was refused, the running configuration stays: %s", error)
