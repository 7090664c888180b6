"""``athena call``: one call, stream or session over any wire that has a channel."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path

import click

from ..models import ChannelOptions, Reply
from .parts import given, pairs
from .replies import Printer
from .talk import Call, once, open_channel, stream, talk

__all__ = ["command"]

CONNECT = 5.0
"""Seconds to reach the other side."""

Way = Callable[..., AsyncGenerator[Reply, None]]


@click.command(
    epilog="""\b
Examples:
  athena call ENDPOINT ocr data=@page.png
  athena call ENDPOINT echo text=hello --param times=3 --stream
  athena call ENDPOINT echo --session text=@-
ENDPOINT is what `athena run` prints after "ready"."""
)
@click.argument("endpoint")
@click.argument("service")
@click.argument("parts", nargs=-1, metavar="[KEY[:KIND]=TEXT | KEY[:KIND]=@FILE]...")
@click.option("--param", "-p", "params", multiple=True, metavar="KEY=VALUE", help="A parameter of the wrapper.")
@click.option("--header", "headers", multiple=True, metavar="KEY=VALUE", help="Sent beside the call, say credentials.")
@click.option("--stream", "streaming", is_flag=True, help="Print an iterator's replies as they come.")
@click.option("--session", is_flag=True, help="Send each part, and each line of stdin, as one write of a session.")
@click.option(
    "--chunk", type=click.IntRange(0), default=0, metavar="BYTES", help="In a session: cut files into writes."
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="How long it may take.  [default: 30; a session lasts as long as the service lets it]",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per reply.")
@click.option("--raw", default="", metavar="KEY", help="Write the bytes of that part, and nothing else.")
@click.option("--output", "-o", type=click.Path(file_okay=False, path_type=Path), help="Save the parts in that folder.")
def command(
    endpoint: str,
    service: str,
    parts: Sequence[str],
    params: Sequence[str],
    headers: Sequence[str],
    streaming: bool,
    session: bool,
    chunk: int,
    timeout: float | None,
    as_json: bool,
    raw: str,
    output: Path | None,
) -> None:
    """Call SERVICE at ENDPOINT and print what comes back.

    A part is KEY=TEXT, KEY=@FILE or, from stdin, KEY=@-. Its kind is guessed from the file's name; KEY:audio=@FILE says
    it.
    """
    found = tuple(given(part) for part in parts)
    if sum(each.stdin for each in found) > 1:
        raise click.UsageError("stdin can be one part only")
    told = {name.lower(): value for name, value in pairs(headers, "--header").items()}
    call = Call(endpoint, service, found, pairs(params, "--param"), told, timeout, chunk)
    printer = Printer(as_json=as_json, raw=raw, folder=output)
    way = talk if session else stream if streaming else once
    asyncio.run(_print(way, call, printer))


async def _print(way: Way, call: Call, printer: Printer) -> None:
    channel = open_channel(call.endpoint, ChannelOptions(timeout=min(call.timeout or CONNECT, CONNECT)))
    try:
        await channel.start()
        async with contextlib.aclosing(way(channel, call)) as replies:
            async for reply in replies:
                printer.show(reply)
    finally:
        await channel.stop()
