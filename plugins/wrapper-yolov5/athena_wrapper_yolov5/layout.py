"""What the rows of a network's output mean: YOLOv5 lists boxes with an objectness, YOLOv8 columns without."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from attrs import evolve, frozen
from numpy.typing import NDArray

from .letterbox import Boxes
from .suppression import Classes, Scores

__all__ = ["Layout", "layout_of"]

Output = NDArray[np.float32]


@frozen
class Layout:
    """How to read an output.

    Attributes:
        classes: How many there are.
        objectness: Whether a column before the classes says how sure it is that there is anything (YOLOv5).
        columns: Whether each box is a column, not a row (YOLOv8).
    """

    classes: int
    objectness: bool
    columns: bool

    def candidates(self, output: Output, confidence: float) -> tuple[Boxes, Scores, Classes]:
        """The boxes of one image that are sure enough, each with its likeliest class.

        Args:
            output: Of one image: N x (5 + C), or (4 + C) x N.
            confidence: Boxes with a lower score are left out.
        """
        rows = output.T if self.columns else output
        if self.objectness:
            rows = rows[rows[:, 4] >= confidence]  # no class is surer than that there is anything
            scores = rows[:, 5:] * rows[:, 4:5]
        else:
            scores = rows[:, 4:]
        classes = scores.argmax(axis=1)
        best = scores[np.arange(len(scores)), classes]
        sure = best >= confidence
        middles, halves = rows[sure, 0:2].astype(np.float32), rows[sure, 2:4].astype(np.float32) / 2
        boxes: Boxes = np.concatenate([middles - halves, middles + halves], axis=1)
        return boxes, best[sure].astype(np.float32), classes[sure]


def layout_of(shape: Sequence[int], named: int) -> Layout:
    """The layout of an output of this shape.

    There are far more boxes than numbers for each, so the longer axis is that of the boxes. How many names there are
    then says whether there is an objectness; without names the orientation does, as no YOLOv5 has columns.

    Args:
        shape: Of the output for one batch: 1 x N x (5 + C), or 1 x (4 + C) x N.
        named: How many classes have names; 0 where nobody said.

    Raises:
        ValueError: It is no output of this kind, or has another number of classes.
    """
    told = "x".join(map(str, shape))
    if len(shape) != 3 or min(shape[1:]) < 5:
        raise ValueError(f"output of {told}: expected 1 x N x (5 + classes) or 1 x (4 + classes) x N")
    columns = shape[1] < shape[2]
    numbers = min(shape[1:])
    v5 = Layout(numbers - 5, objectness=True, columns=columns)
    v8 = evolve(v5, classes=numbers - 4, objectness=False)
    if not named:
        found = v8 if columns else v5
        if found.classes < 1:
            raise ValueError(f"output of {told}: expected 5 numbers and at least one class, got {numbers}")
        return found
    for layout in (v8, v5) if columns else (v5, v8):
        if layout.classes == named:
            return layout
    raise ValueError(
        f"output of {told}: expected {named + 5} numbers for each box (YOLOv5) or {named + 4} (YOLOv8), for"
        f" {named} named classes; got {numbers}"
    )
