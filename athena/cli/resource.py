"""``athena resource``: load, unload and list the personalised resources of a service, over any wire."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import click
from attrs import asdict, evolve

from ..errors import Fault, ServiceError
from ..interfaces import Resources
from ..models import ChannelOptions, Part, Resource, ResourceView
from .parts import given, pairs
from .talk import open_channel

__all__ = ["command"]

CONNECT = 5.0
"""Seconds to reach the other side."""
PATIENCE = 120.0
"""Seconds the other side may take when nobody says otherwise: every worker loads it."""
KEY = "data"
"""The part's key where the argument names none."""

T = TypeVar("T")

_header = click.option(
    "--header", "headers", multiple=True, metavar="KEY=VALUE", help="Sent beside it, say credentials."
)
_timeout = click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=PATIENCE,
    show_default=True,
    metavar="SECONDS",
    help="How long it may take.",
)


@click.group(
    epilog="""\b
Examples:
  athena resource load ENDPOINT asr words-of-ann @words.txt
  athena resource list ENDPOINT asr
  athena call ENDPOINT asr audio=@call.wav --param res_id=words-of-ann
  athena resource unload ENDPOINT asr words-of-ann
ENDPOINT is what `athena run` prints after "ready"."""
)
def command() -> None:
    """Give a service data that later calls name by id."""


@command.command("load")
@click.argument("endpoint")
@click.argument("service")
@click.argument("resource_id", metavar="ID")
@click.argument("parts", nargs=-1, required=True, metavar="@FILE | KEY[:KIND]=@FILE | KEY[:KIND]=TEXT...")
@click.option("--attribute", "-a", "attributes", multiple=True, metavar="KEY=VALUE", help="About the resource.")
@_header
@_timeout
def load(
    endpoint: str,
    service: str,
    resource_id: str,
    parts: Sequence[str],
    attributes: Sequence[str],
    headers: Sequence[str],
    timeout: float,
) -> None:
    """Have SERVICE take a resource under ID: it is in every worker when this ends, or in none."""
    resource = Resource(resource_id, tuple(map(_part, parts)), pairs(attributes, "--attribute"))
    _run(endpoint, headers, timeout, lambda there: there.load(service, resource))


@command.command("unload")
@click.argument("endpoint")
@click.argument("service")
@click.argument("resource_id", metavar="ID")
@_header
@_timeout
def unload(endpoint: str, service: str, resource_id: str, headers: Sequence[str], timeout: float) -> None:
    """Have SERVICE forget the resource ID; ends when no call or session uses it any more."""
    _run(endpoint, headers, timeout, lambda there: there.unload(service, resource_id))


@command.command("list")
@click.argument("endpoint")
@click.argument("service")
@_header
@_timeout
@click.option("--json", "as_json", is_flag=True, help="One JSON object per resource.")
def listed(endpoint: str, service: str, headers: Sequence[str], timeout: float, as_json: bool) -> None:
    """Print the resources that SERVICE holds: id, bytes, users, and the beginning of its SHA-256."""
    found: tuple[ResourceView, ...] = _run(endpoint, headers, timeout, lambda there: there.listed(service))
    width = max((len(one.id) for one in found), default=0)
    for one in found:
        plain = f"{one.id.ljust(width)}  {one.size:>12}  {one.users:>5}  {one.sha256[:12]}"
        click.echo(json.dumps(asdict(one)) if as_json else plain)


def _part(argument: str) -> Part:
    found = given(f"{KEY}={argument}" if argument.startswith("@") and not argument.startswith("@@") else argument)
    return evolve(found.part, data=sys.stdin.buffer.read()) if found.stdin else found.part


def _run(endpoint: str, headers: Sequence[str], timeout: float, ask: Callable[[Resources], Awaitable[T]]) -> T:
    told = {name.lower(): value for name, value in pairs(headers, "--header").items()}
    options = ChannelOptions(told, timeout=min(timeout, CONNECT))

    async def asked() -> T:
        channel = open_channel(endpoint, options)
        try:
            await channel.start()
            if channel.resources is None:
                raise ServiceError(Fault.UNSUPPORTED, f"{endpoint}: this wire carries no resources")
            return await asyncio.wait_for(ask(channel.resources), timeout)
        except asyncio.TimeoutError:
            raise ServiceError(Fault.DEADLINE, f"no answer within {timeout:g} s") from None
        finally:
            await channel.stop()

    return asyncio.run(asked())
