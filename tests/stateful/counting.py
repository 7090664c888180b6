"""The rules of a play: counted where they were about something, and told in order when one fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar

T = TypeVar("T")


def one_of(some: Sequence[T], pick: int) -> T:
    if not some:
        raise NobodyThere
    return some[pick % len(some)]


class NobodyThere(Exception):
    """There is no session that a rule could be about."""


def counted(step: Callable[..., None]) -> Callable[..., None]:
    """A rule that counts as one step where it is about something.

    Which rules are possible depends on what was answered in time; hypothesis may not know of it, or it would say that
    plays are not repeated exactly.
    """

    @wraps(step)
    def run(self: Any, **drawn: Any) -> None:  # Any: the machine, and what was drawn
        self.history.append(f"{step.__name__}({', '.join(f'{name}={value!r}' for name, value in drawn.items())})")
        try:
            step(self, **drawn)
            type(self).steps += 1
        except NobodyThere:
            self.history.pop()
        except AssertionError as error:
            # Hypothesis prints a play only where it fails again in the same way, which a race does not.
            raise AssertionError("\n  ".join([str(error), *self.history])) from error

    return run
