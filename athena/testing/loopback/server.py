"""The loopback's server end: a plugin that is its own Transport."""

from __future__ import annotations

import secrets

from athena.interfaces import PluginContext, Transport
from athena.models import Endpoint
from athena.section import option, section
from athena.specs import hookimpl

from .desk import Desk
from .door import Door

__all__ = ["BOUND", "Loopback"]

BOUND: dict[str, Door] = {}
"""The doors that are bound, by name: what ports are to a socket."""


class Loopback(Transport):
    """A transport without a socket, for tests.

    Give it in code, ``plugins={"transports.loopback": Loopback}``, and switch it on with ``[transports.loopback]``.
    """

    name = "loopback"

    @section
    class Section:
        """``[transports.loopback]``."""

        name: str = option("", help="The name to listen on; empty picks a free one.")

    def __init__(self, section: Section) -> None:
        self._name = section.name or secrets.token_hex(4)
        self._door: Door | None = None

    @hookimpl
    def athena_provide(self, context: PluginContext) -> tuple[object, ...]:
        """Itself."""
        self._door = Door(Desk(self.name, context), context.log)
        return (self,)

    async def start(self) -> tuple[Endpoint, ...]:
        """Take the name."""
        if self._name in BOUND:
            raise OSError(f"transports.loopback: the name {self._name} is in use; choose another, or leave it empty")
        BOUND[self._name] = self.door
        return (Endpoint("loopback", path=self._name),)

    async def accept(self) -> None:
        """Let callers in; those who came earlier wait at the door."""
        self.door.open()

    async def drain(self) -> None:
        """Refuse new work."""
        self.door.draining = True

    async def stop(self, grace: float = 0.0) -> None:
        """Give the name back, wait ``grace`` seconds for what runs, and end the rest."""
        if self._door is None:
            return
        if BOUND.get(self._name) is self._door:
            del BOUND[self._name]
        await self._door.shut(grace)

    @property
    def door(self) -> Door:
        """Where calls come in."""
        assert self._door is not None, "athena_provide comes before start"
        return self._door
