"""The table of docs/operators/watching.md, written from a running kernel, and the picture of `athena top` on it.

`python -m tools.watching --write` writes the table, and a test compares; `--draw` draws the picture.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from athena import hookimpl
from athena.cli.readings import Reader
from athena.cli.screen import Top
from athena.cli.tables import SERVICES, WORKERS
from athena.control import ask
from athena.errors import ServiceError
from athena.interfaces import Figures, Meter, PluginContext
from athena.kernel import Kernel, start
from athena.models import Document, Part, Request
from athena.telemetry import Metrics
from tools import house

__all__ = ["PAGE", "PARTIES", "PICTURE", "SERVICES", "WORKERS", "draw", "families", "page", "table"]

PAGE = house.ROOT / "docs" / "operators" / "watching.md"
PICTURE = house.ROOT / "docs" / "operators" / "top.svg"
BEGIN = "<!-- Written by `python -m tools.watching --write` from a running kernel; a test compares. -->\n"
END = "<!-- written so far -->\n"
# Every feature of the kernel that counts: what is not switched on registers nothing.
TOML = """
[meters.look]
[services.process]
wrapper = "athena.testing.probe:Probe"
workers = 2
[services.thread]
wrapper = "echo"
executor = "thread"
[services.batch]
wrapper = "athena.testing.probe:BatchProbe"
[services.batch.batch]
max_size = 4
"""
PARTIES = {
    "ocr": 'wrapper = "echo"\nworkers = 2\nspares = 1\n',
    "asr": 'wrapper = "athena.testing.probe:Probe"\nthreads = 4\nmax_concurrency = 3\n',
    "vad": 'wrapper = "echo"\nexecutor = "thread"\n',
}


class Look(Meter):
    """A plugin that shows what it was given to count in."""

    figures: Figures

    @hookimpl
    def athena_provide(self, context: PluginContext) -> tuple[object, ...]:
        type(self).figures = context.figures
        return (self,)


async def families() -> list[tuple[str, str, str, str]]:
    """Name, kind, labels and meaning of every metric, the kernel's own first."""
    async with start(Document(TOML), plugins={"meters.look": Look}):
        metrics = Look.figures
        assert isinstance(metrics, Metrics)
        return sorted(metrics.families(), key=lambda family: (not family[0].startswith("athena_"), family[0]))


def table(found: list[tuple[str, str, str, str]]) -> Iterator[str]:
    """The lines between the marks."""
    yield "| metric | kind | labels | meaning |\n|---|---|---|---|\n"
    for name, kind, labels, text in found:
        yield f"| `{name}` | {kind} | {labels or '-'} | {text} |\n"


def page(found: list[tuple[str, str, str, str]]) -> str:
    """The whole page, its table written anew."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    return f"{before}{BEGIN}\n{''.join(table(found))}\n{END}{rest.partition(END)[2]}"


async def draw(seconds: float = 4.0) -> str:
    """What a terminal shows of a kernel at work, as SVG."""
    with tempfile.TemporaryDirectory() as folder:
        services = "".join(f"[services.{name}]\n{keys}" for name, keys in PARTIES.items())
        path = Path(folder) / "s"
        async with start(Document(f'[kernel]\ncontrol = "{path}"\n{services}')) as kernel:
            callers = [asyncio.create_task(_call(kernel, name, number)) for name in PARTIES for number in range(4)]
            session = await kernel.open("asr")
            top = Top(Reader(lambda operation: ask(path, operation)), 3600)
            async with top.run_test(size=(116, 14)) as pilot:
                await asyncio.sleep(seconds)
                await top.look()
                await pilot.pause()
                # Without the fonts it would fetch: our pages ask nobody for anything.
                picture = re.sub(r"@font-face \{.*?\}\s*", "", top.export_screenshot(title="athena top"), flags=re.S)
            for caller in callers:
                caller.cancel()
            await session.close()
    return picture


async def _call(kernel: Kernel, name: str, number: int) -> None:
    late = {"do": "poll", "seconds": "5"}
    while True:
        busy = name == "asr" and number == 0
        deadline = asyncio.get_running_loop().time() + 0.9 if busy else None
        request = Request("", parts=(Part("data", b"x" * 512),), params=late if busy else {}, deadline=deadline)
        with contextlib.suppress(ServiceError):
            await kernel.once(name, request)
        await asyncio.sleep(0.01 * (number + 1))


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page(asyncio.run(families())), encoding="utf-8")
    if "--draw" in sys.argv:
        PICTURE.write_text(asyncio.run(draw()), encoding="utf-8")
