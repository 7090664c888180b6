"""Audio in any pieces, to frames and events with times: one stream as it comes, or many files side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from .audio import RATE, SAMPLE, wrong
from .model import WINDOW, Memory, Model, floats, shipped
from .turns import Turns

__all__ = ["Found", "Model", "Stream", "shipped", "together"]

SIZE = WINDOW * SAMPLE


class Found:
    """What was found: the JSON object that is answered."""

    __slots__ = ("_number", "_turns", "events", "frames")

    def __init__(self, turns: Turns) -> None:
        self.frames: list[dict[str, float]] = []
        self.events: list[dict[str, object]] = []
        self._turns = turns
        self._number = 0

    def add(self, probability: float) -> None:
        """The next frame."""
        begin, end = seconds(self._number * WINDOW), seconds((self._number + 1) * WINDOW)
        self._number += 1
        self.frames.append({"time": begin, "probability": probability})
        event = self._turns.hear(begin, end, probability)
        if event is not None:
            self.events.append(event)

    def close(self, samples: int) -> None:
        """The audio is over, after so many samples."""
        event = self._turns.close(seconds(samples))
        if event is not None:
            self.events.append(event)

    def take(self) -> dict[str, object]:
        """What came since it was taken last."""
        taken: dict[str, object] = {"frames": self.frames, "events": self.events}
        self.frames, self.events = [], []
        return taken


class Stream:
    """One stream: keeps the samples that do not fill a window yet."""

    def __init__(self, model: Model, found: Found) -> None:
        self._model = model
        self._found = found
        self._memory = Memory()
        self._rest = bytearray()
        self._bytes = 0

    def hear(self, data: bytes) -> None:
        """Take a piece of any length, also one that ends within a sample."""
        self._bytes += len(data)
        self._rest += data
        whole = len(self._rest) // SIZE * SIZE
        for at in range(0, whole, SIZE):
            self._window(bytes(self._rest[at : at + SIZE]))
        del self._rest[:whole]

    def end(self) -> None:
        """No more comes: what is left is filled up with silence.

        Raises:
            ServiceError: BAD_REQUEST, for half a sample.
        """
        if self._bytes % SAMPLE:
            raise wrong(f"ended after {self._bytes} bytes, within a sample; they are 16-bit")
        if self._rest:
            self._window(bytes(self._rest).ljust(SIZE, b"\0"))
            self._rest.clear()
        self._found.close(self._bytes // SAMPLE)

    def _window(self, data: bytes) -> None:
        (probability,) = self._model.hear(floats(data)[None], self._memory)
        self._found.add(probability)


def together(
    model: Model, files: Sequence[bytes], found: Sequence[Found], gone: Callable[[], bool] = lambda: False
) -> None:
    """Whole files side by side, window by window; the longest lead, so that those that end drop off at the end.

    Args:
        model: The network.
        files: Bare samples, each at least one.
        found: Where what is found in each file goes.
        gone: Asked now and then; True stops the work.
    """
    order = sorted(range(len(files)), key=lambda number: -len(files[number]))
    counts = [-(-len(files[number]) // SIZE) for number in order]
    padded = [files[number].ljust(count * SIZE, b"\0") for number, count in zip(order, counts, strict=True)]
    memory, left = Memory(len(files)), len(files)
    for step in range(counts[0] if counts else 0):
        if step % 32 == 0 and gone():
            return
        while counts[left - 1] <= step:
            left -= 1
        memory.keep(left)
        rows = np.stack([floats(data[step * SIZE : (step + 1) * SIZE]) for data in padded[:left]])
        for number, probability in zip(order, model.hear(rows, memory), strict=False):
            found[number].add(probability)
    for each, data in zip(found, files, strict=True):
        each.close(len(data) // SAMPLE)


def seconds(samples: int) -> float:
    """A time, to the millisecond."""
    return round(samples / RATE, 3)
