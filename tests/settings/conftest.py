"""Plugin classes with the keys of the real ones, and the way to them: settings are tested without any leaf."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from athena.errors import PluginMissing
from athena.section import Secret, between, option, section


@section
class Wire:
    """A transport's keys."""

    host: str = option("127.0.0.1", help="Address to bind.")
    port: int = option(0, help="Port to bind; 0 picks a free one.", check=between(0, 65535))


@section
class Secured:
    """A transport's keys, one of them secret."""

    host: str = option("127.0.0.1", help="Address to bind.")
    port: int = option(0, help="Port to bind; 0 picks a free one.", check=between(0, 65535))
    token: Secret | None = option(None, help="What callers must show.")


class Plain:
    """A plugin with its section."""

    Section = Wire


class Keyed:
    """A plugin with a secret."""

    Section = Secured


class Keyless:
    """A plugin without keys."""


@section
class Remote:
    """An executor's keys."""

    discovery: str = option(help="Where instances are found.")
    retries: int = option(2, help="Other instances to try.", check=between(0, 10))


class Forwarder:
    """An executor with a section."""

    Section = Remote


INSTALLED: dict[str, type] = {
    "transports.http": Keyed,
    "transports.grpc": Plain,
    "transports.zmq": Plain,
    "guards.token": Keyless,
    "executors.process": Keyless,
    "executors.thread": Keyless,
}

Resolve = Callable[[str, str], type | None]


def resolver(extra: dict[str, type]) -> Resolve:
    installed = INSTALLED | extra

    def resolve(group: str, name: str) -> type | None:
        plugin = f"{group}.{name}"
        if plugin in installed:
            return installed[plugin]
        there = ", ".join(sorted(known.split(".")[1] for known in installed if known.startswith(f"{group}.")))
        raise PluginMissing(f"{plugin} is not installed; installed: {there or 'none'}", plugin=plugin)

    return resolve


@pytest.fixture(scope="session")
def resolve() -> Resolve:
    """What a machine with the wires of this repository has."""
    return resolver({})


@pytest.fixture(scope="session")
def resolve_more() -> Resolve:
    """The same, and an executor that answers for any name."""
    return resolver({"executors.remote": Forwarder})
