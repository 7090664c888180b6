"""Which of many boxes around the same thing is kept: non-maximum suppression, class by class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .letterbox import Boxes

__all__ = ["overlaps", "suppressed"]

Scores = NDArray[np.float32]
Classes = NDArray[np.int64]


def suppressed(boxes: Boxes, scores: Scores, classes: Classes, iou: float, most: int) -> NDArray[np.int64]:
    """The boxes that stay, the best first.

    A box goes when one of its own class with a higher score, that stays, overlaps it by more than ``iou``.

    Args:
        boxes: N x 4: left, top, right, bottom.
        scores: N.
        classes: N.
        iou: Of 0 to 1.
        most: How many stay at most.

    Returns:
        Indices of boxes.
    """
    # Stable: boxes of one score keep their order, so that a batch and a single image give the same answer.
    waiting = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    # One turn for each box that stays, each against all that wait: no more than `most` turns, whatever the crowd.
    while len(waiting) and len(kept) < most:
        best, waiting = waiting[0], waiting[1:]
        kept.append(int(best))
        apart = (classes[waiting] != classes[best]) | (overlaps(boxes[best], boxes[waiting]) <= iou)
        waiting = waiting[apart]
    return np.array(kept, np.int64)


def overlaps(box: Boxes, others: Boxes) -> Scores:
    """Intersection over union of one box with each of N; 0 where both are empty."""
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[2:], others[:, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=1)
    size = np.prod(np.maximum(box[2:] - box[:2], 0))
    union = size + np.prod(np.maximum(others[:, 2:] - others[:, :2], 0), axis=1) - shared
    found: Scores = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return found
