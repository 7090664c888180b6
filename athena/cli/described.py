"""What a wrapper says of itself, asked in a process of its own: for a service of a file, or a wrapper alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ..describe import checker
from ..errors import AthenaError, PluginError, ServiceError, SettingsError
from ..executors.process import probe
from ..executors.sandbox import ProcessSection
from ..kernel import Kernel
from ..models import Description, ServiceSettings
from ..plugins import Catalog
from ..settings import Problem, Settings, locate
from ..settings.problems import refusal
from .compose import service_name, wrapper_wishes
from .wished import WishedSource

__all__ = ["DEFAULT", "PROBED", "alone", "ask", "describe"]

DEFAULT = "aiges.toml"
PROBED = frozenset({"process", "thread"})
"""Executors whose wrapper lives on this machine; what others run is theirs to ask."""


async def ask(settings: Settings, service: ServiceSettings, gate: asyncio.Semaphore) -> Description | list[Problem]:
    """Probe the wrapper of one service; its problems are told with their lines.

    Args:
        settings: The settled configuration.
        service: One of its services.
        gate: How many may be asked at once.
    """
    under = ("services", service.name)
    try:
        async with gate:
            section = settings.executors.get(service.name)
            found = await probe(
                service, settings.kernel.limits, section if isinstance(section, ProcessSection) else None
            )
        checker(found)  # as the start does: a JSON Schema that is none is told here
        return found
    except SettingsError as error:
        return list(locate(settings, error.problems, under))
    except PluginError as error:
        return list(locate(settings, [refusal(error)], under))
    except ServiceError as error:
        return list(locate(settings, [Problem(("wrapper",), str(error))], under))
    except OSError as error:
        return list(locate(settings, [Problem(("python",), f"cannot be started: {error}")], under))


async def describe(target: str, file: str = "") -> tuple[str, Description]:
    """The name and the description of a service or wrapper.

    Args:
        target: A service of the file; else what ``wrapper =`` may say: a name, ``module:Class``, or a path.
        file: The configuration; "" for ``aiges.toml`` where there is one.

    Raises:
        SettingsError: The configuration or the wrapper is refused.
        AthenaError: It is a service whose wrapper lives elsewhere.
    """
    path = file or _default()
    settings = await _settled(WishedSource(path, ())) if path else None
    if settings is None or target not in settings.services:
        return await alone(target)
    service = settings.services[target]
    if service.executor not in PROBED:
        raise AthenaError(f"{target}: its wrapper lives behind the executor {service.executor!r}; ask there")
    return service.name, await _description(settings, service)


async def alone(target: str) -> tuple[str, Description]:
    """The name and the description of a wrapper, whatever configuration there is.

    Args:
        target: What ``wrapper =`` may say, as ``athena run --wrapper`` takes it.

    Raises:
        SettingsError: The wrapper is refused.
    """
    settings = await _settled(WishedSource("", wrapper_wishes(target)))
    service = settings.services[target.partition("=")[0] if "=" in target else service_name(target)]
    return service.name, await _description(settings, service)


async def _description(settings: Settings, service: ServiceSettings) -> Description:
    found = await ask(settings, service, asyncio.Semaphore(1))
    if isinstance(found, Description):
        return found
    raise SettingsError(found)


def _default() -> str:
    return DEFAULT if Path(DEFAULT).is_file() else ""


async def _settled(source: WishedSource) -> Settings:
    try:
        return Kernel(source, {}, Catalog()).read(await source.read())
    except SettingsError as error:
        raise source.explain(error) from error
