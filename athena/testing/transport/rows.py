"""The ground that every family of rows shares: what the contract is about, and the kernel it runs on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
import pytest_asyncio

from athena.models import EMPTY
from athena.testing.declared import Declared

from .ground import Case, Ground, ground

__all__ = ["Rows"]


class Rows(Declared):
    """What a contract declares.

    Attributes:
        transport: The name of the transport, as ``[transports.<name>]`` has it.
        executor: The executor of the probes behind it.
        section: The transport's table, such as ``{"port": 0}``.
        wire: False for a transport without a socket: then no row sends garbage or kills a client.
        plugins: Classes in code by ``<group>.<name>``, for what is not installed.
        channel: The channel's class, where no entry point of ``athena.channels`` has its scheme.
    """

    pytestmark: ClassVar[Any] = pytest.mark.asyncio(loop_scope="class")  # Any: pytest takes a mark or a list

    transport: ClassVar[str] = ""
    executor: ClassVar[str] = "thread"
    section: ClassVar[Mapping[str, object]] = EMPTY
    wire: ClassVar[bool] = True
    plugins: ClassVar[Mapping[str, type[Any]]] = {}  # Any: plugins have no common base
    channel: ClassVar[type[Any] | None] = None  # Any: any Channel

    @classmethod
    def has(cls) -> frozenset[str]:
        """Rows about sockets need a ``wire``."""
        return frozenset({"wire"}) if cls.wire else frozenset()

    @pytest.fixture(scope="class")
    @classmethod
    def case(cls) -> Case:
        """What is tested, from the class's attributes; a matrix parametrises it."""
        return Case(cls.transport, cls.executor, cls.section, cls.wire, cls.plugins, cls.channel)

    @pytest_asyncio.fixture(loop_scope="class", scope="class")
    @classmethod
    async def there(cls, case: Case, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ground]:
        """The kernel that the rows of one case share."""
        folder: Path = tmp_path_factory.mktemp("contract")
        async with ground(case, folder) as running:
            yield running
