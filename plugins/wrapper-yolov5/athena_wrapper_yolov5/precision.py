"""How good a detector is: mean average precision at one overlap, as PASCAL VOC counts it since 2010."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from .letterbox import Boxes
from .suppression import Classes, overlaps

__all__ = ["Guess", "guessed", "mean_average_precision"]


@frozen
class Guess:
    """One object that was found.

    Attributes:
        image: Its number.
        kind: The class.
        score: How sure the detector is.
        box: Left, top, right, bottom, in pixels.
    """

    image: int
    kind: int
    score: float
    box: tuple[float, float, float, float]


def guessed(answers: Sequence[Sequence[Mapping[str, Any]]]) -> list[Guess]:  # Any: JSON of the wrapper's output schema
    """What ``objects`` says of each image, as guesses."""
    return [
        Guess(number, each["class"], each["score"], tuple(each["box"]))
        for number, objects in enumerate(answers)
        for each in objects
    ]


def mean_average_precision(
    guesses: Sequence[Guess], truths: Sequence[tuple[Boxes, Classes]], overlap: float = 0.5
) -> float:
    """The mean, over the classes that there are, of the area under precision over recall.

    A guess is right when the object of its class and image that it overlaps most is overlapped by ``overlap`` or more
    and was not found by a surer guess.

    Args:
        guesses: Of all images, in any order.
        truths: For each image, the boxes that are there and their classes.
        overlap: Intersection over union.

    Returns:
        0 to 1.

    Raises:
        ValueError: There is nothing to be found.

    Source: Everingham et al., The PASCAL Visual Object Classes Challenge: A Retrospective (2015), section 3.5.
    """
    kinds = sorted({int(kind) for _, classes in truths for kind in classes})
    if not kinds:
        raise ValueError("expected an object in at least one image")
    return float(np.mean([_average(kind, guesses, truths, overlap) for kind in kinds]))


def _average(kind: int, guesses: Sequence[Guess], truths: Sequence[tuple[Boxes, Classes]], overlap: float) -> float:
    there = [boxes[classes == kind] for boxes, classes in truths]
    free = [np.ones(len(boxes), bool) for boxes in there]
    surest = sorted((guess for guess in guesses if guess.kind == kind), key=lambda guess: -guess.score)
    right = np.zeros(len(surest), bool)
    for number, guess in enumerate(surest):
        boxes = there[guess.image]
        if len(boxes):
            shared = overlaps(np.array(guess.box, np.float32), boxes)
            best = int(shared.argmax())
            right[number] = shared[best] >= overlap and free[guess.image][best]
            free[guess.image][best] &= not right[number]
    return _area(right, sum(map(len, there)))


def _area(right: NDArray[np.bool_], count: int) -> float:
    """Under precision over recall, where precision at a recall is the best at that or a larger one."""
    hits = np.cumsum(right)
    precision = hits / np.arange(1, len(right) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float(best[right].sum() / count)
