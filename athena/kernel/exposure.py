"""Who can reach us: an address beyond loopback needs a guard, or an explicit word in the toml."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator

from athena.errors import Problem
from athena.models import Endpoint
from athena.settings import Settings

__all__ = ["exposed", "exposed_endpoints"]

_WHY = (
    "can be reached from other machines and no guard is configured; "
    "add a [guards.<name>], bind to 127.0.0.1, or set kernel.unguarded = true"
)


def exposed(settings: Settings) -> Iterator[Problem]:
    """What the tables say of it, before anything is started: the key ``host`` of a transport."""
    if settings.kernel.unguarded or any(group == "guards" for group, _ in settings.sections):
        return
    for (group, name), section in settings.sections.items():
        host = getattr(section, "host", None)
        if group == "transports" and isinstance(host, str) and host and not _is_loopback(host):
            yield Problem((group, name, "host"), f"{host} {_WHY}")


def exposed_endpoints(registered: str, endpoints: Iterable[Endpoint]) -> Iterator[Problem]:
    """What was bound in the end, whatever key said so; for a kernel without guards."""
    group, _, name = registered.partition(".")
    for endpoint in endpoints:
        if endpoint.host and not _is_loopback(endpoint.host):
            yield Problem((group, name), f"{endpoint.url} {_WHY}")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
