"""What is counted: whoever has something to count asks for a family once and changes its numbers in place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping, Sequence
from typing import Protocol

__all__ = ["Distribution", "Figures"]


Ask = Callable[[], Iterable[tuple[Sequence[str], float]]]
"""Gives the label values and the number of each."""


class Distribution(Protocol):
    """A histogram."""

    def observe(self, values: tuple[str, ...], amount: float) -> None:
        """Count one amount under these label values."""


class Figures(Protocol):
    """The figures of one kernel. A name asked for twice is one family; ``athena_`` is the kernel's own prefix.

    Numbers are changed on the loop's thread, and outlive whoever changes them: a worker, an executor, a service.
    """

    def counter(
        self, name: str, help_text: str, labels: Sequence[str], ask: Ask | None = None
    ) -> MutableMapping[tuple[str, ...], int]:
        """What only grows: ``restarts[service, reason] += 1``.

        Args:
            ask: For whoever keeps its count elsewhere: called at every scrape.

        Raises:
            ValueError: There is a family of that name that is of another kind, or has other labels.
        """

    def histogram(self, name: str, help_text: str, labels: Sequence[str], bounds: Sequence[float]) -> Distribution:
        """What has a size: ``items.observe((service,), 8)``; ``bounds`` are the buckets' upper ends, ascending."""

    def gauge(self, name: str, help_text: str, labels: Sequence[str], ask: Ask) -> None:
        """What goes up and down: ``ask`` is called at every scrape."""
