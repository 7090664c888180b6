"""How a list of images is cut into runs of the network, so that no list is slower than one image after another."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

__all__ = ["MARGIN", "SIZES", "cuts", "measured"]

SIZES = (1, 2, 4, 8, 16)
"""Images of one run that are tried."""
MARGIN = 0.03
"""A larger run has to be faster by so much of its time: a draw is not worth its memory, and may be noise."""
ROUNDS = 9
PATIENCE = 1.0
"""Seconds that are spent at most on finding out; a network so slow that this is too little gains little by batches."""


def measured(
    run: Callable[[int], object], most: int, patience: float = PATIENCE, clock: Callable[[], float] = time.perf_counter
) -> dict[int, float]:
    """Seconds of one run of each size up to ``most``; sizes there was no time for are missing, 1 never is.

    The sizes take turns, and of each the fastest counts: another process that disturbs one turn decides nothing.

    Args:
        run: Runs the network on so many images.
        most: The largest size.
        patience: Seconds.
        clock: For tests.
    """
    began = clock()
    best: dict[int, float] = {}
    sizes = [size for size in SIZES if size <= most]
    for turn in range(ROUNDS):
        for size in list(sizes):
            if best and clock() - began + best.get(size, size * best[1]) > patience:
                # No time for another turn of it; and of no use where not even one turn was had.
                sizes.remove(size)
                continue
            started = clock()
            run(size)
            took = clock() - started
            # The first turn of a size makes its buffers, and is not what later ones cost.
            best[size] = took if turn <= 1 else min(best[size], took)
    return best


def cuts(seconds: Mapping[int, float], count: int) -> list[int]:
    """The sizes of the runs for so many images, the largest first, that take the least time in all.

    Args:
        seconds: Of one run, by its size; 1 is among them.
        count: How many images.
    """
    cost = [0.0]
    last = [0]
    for images in range(1, count + 1):
        size = min(
            (each for each in sorted(seconds) if each <= images),
            key=lambda each: cost[images - each] + seconds[each] * (1 + (MARGIN if each > 1 else 0)),
        )
        last.append(size)
        cost.append(cost[images - size] + seconds[size] * (1 + (MARGIN if size > 1 else 0)))
    found = []
    while count:
        found.append(last[count])
        count -= last[count]
    return sorted(found, reverse=True)
