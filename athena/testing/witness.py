"""A guard for tests: takes a caller's word for who it is, and remembers every attempt."""

from __future__ import annotations

from typing import ClassVar

from athena.errors import Fault, ServiceError
from athena.interfaces import Guard, PluginContext
from athena.models import Attempt, Principal
from athena.specs import hookimpl

__all__ = ["CALL", "PRINCIPAL", "Witness"]

PRINCIPAL = "x-test-principal"
"""The header that says who is calling; ``nobody`` is refused."""
CALL = "x-test-call"
"""The header that tells one call of a test from another."""


class Witness(Guard):
    """Vouches for whoever the header names. Each kernel is given a subclass with attempts of its own."""

    attempts: ClassVar[list[Attempt]] = []

    @classmethod
    def fresh(cls) -> type[Witness]:
        """A guard with an empty memory."""
        return type("Witness", (cls,), {"attempts": []})

    @classmethod
    def saw(cls, call: str) -> list[Attempt]:
        """The attempts of one call."""
        return [attempt for attempt in cls.attempts if attempt.headers.get(CALL) == call]

    @hookimpl
    def athena_provide(self, context: PluginContext) -> tuple[object, ...]:
        """Itself."""
        return (self,)

    async def check(self, attempt: Attempt) -> Principal:
        """Believe the header; without one the caller is ``somebody``."""
        self.attempts.append(attempt)
        name = attempt.headers.get(PRINCIPAL, "somebody")
        if name == "nobody":
            raise ServiceError(Fault.UNAUTHENTICATED, "nobody is not let in")
        return Principal(name, "witness")
