"""One executor made by its factory, with a probe in it: what the rows of an ExecutorContract stand on."""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

import attrs
import pytest
import pytest_asyncio

from athena.interfaces import Executor, ExecutorFactory
from athena.link.token import Token
from athena.models import EMPTY, Limits, Part, Request, ServiceSettings
from athena.testing.found import made, plugin_class, provided
from athena.testing.stand_in import StandIn, StandInContext
from athena.testing.watched import WatchedJournal

__all__ = ["Rig", "Rows", "rig"]

LIMIT = 3 * 1024 * 1024
THREADS = 4
_numbers = itertools.count(1)


@attrs.frozen
class Kind:
    """Which executor, and what it can."""

    name: str
    isolates: bool
    table: Mapping[str, object]
    settings: Mapping[str, Any]  # Any: fields of ServiceSettings
    factory: type[ExecutorFactory] | None
    gathers: bool = True

    def among(self, workers: int) -> Kind:
        """The same, with so many workers of two threads."""
        return attrs.evolve(self, settings={**self.settings, "workers": workers, "threads": 2})


class Rig:
    """A started executor.

    Attributes:
        executor: It.
        journal: What its probe did.
        changes: How often the executor said that its health or description changed.
    """

    def __init__(self, executor: Executor, journal: WatchedJournal) -> None:
        self.executor = executor
        self.journal = journal
        self.changes = 0

    def changed(self) -> None:
        """What the executor calls."""
        self.changes += 1

    def tag(self) -> str:
        """A name no other call has."""
        return f"e{next(_numbers)}"

    def request(self, /, *parts: Part, within: float = 15.0, **params: str) -> Request:
        """A request as the service hands it over: with sid, deadline and a token."""
        sid = secrets.token_hex(8)
        deadline = time.monotonic() + within
        return Request("probe", sid, parts, params, deadline=deadline, cancellation=Token())


@asynccontextmanager
async def rig(kind: Kind, folder: Path, probe: str = "Probe", **config: str) -> AsyncIterator[Rig]:
    """An executor with that probe, not started yet."""
    context = StandInContext(f"executors.{kind.name}", StandIn(), Limits(max_message=LIMIT))
    cls = kind.factory or plugin_class("executors", kind.name)
    factory = provided(made(cls, EMPTY), context, ExecutorFactory)
    journal = WatchedJournal(folder / f"journal-{next(_numbers)}")
    settings = ServiceSettings(
        "probe",
        wrapper=f"athena.testing.probe:{probe}",
        executor=kind.name,
        config={"journal": journal.path, **config},
        **{"threads": THREADS, "init_timeout": 20.0, **kind.settings},
    )
    own = cls.Section(**kind.table) if hasattr(cls, "Section") else None
    there: list[Rig] = []
    executor = factory.create(settings, own, context, lambda: there[0].changed() if there else None)
    there.append(Rig(executor, journal))
    await factory.start()
    try:
        yield there[0]
    finally:
        await executor.stop()
        await factory.stop()


class Rows:
    """What an ExecutorContract declares.

    Attributes:
        executor: Its name in ``athena.executors``.
        isolates: Whether a wrapper that takes its process down leaves the kernel standing.
        table: Its own section, ``[services.x.<executor>]``.
        settings: Other keys of ``[services.x]``.
        factory: The factory's class, where it is not installed.
        gathers: Whether it gathers calls where the service has a table ``batch``.
        resources: Whether it passes personalised resources on.
    """

    pytestmark: ClassVar[Any] = pytest.mark.asyncio(loop_scope="class")  # Any: pytest takes a mark or a list

    executor: ClassVar[str] = ""
    isolates: ClassVar[bool] = False
    table: ClassVar[Mapping[str, object]] = EMPTY
    settings: ClassVar[Mapping[str, Any]] = EMPTY  # Any: as in Kind
    factory: ClassVar[type[ExecutorFactory] | None] = None
    gathers: ClassVar[bool] = True
    resources: ClassVar[bool] = True

    @pytest.fixture(scope="class")
    @classmethod
    def kind(cls) -> Kind:
        """What is tested."""
        return Kind(cls.executor, cls.isolates, cls.table, cls.settings, cls.factory, cls.gathers)

    @pytest_asyncio.fixture(loop_scope="class", scope="class")
    @classmethod
    async def there(cls, kind: Kind, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
        """The started executor that most rows share."""
        async with rig(kind, tmp_path_factory.mktemp("executor")) as started:
            await started.executor.start()
            yield started
