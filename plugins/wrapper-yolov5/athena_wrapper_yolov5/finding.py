"""From an image part to its objects: into the frame, through the network, out of the frame, without doubles."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from attrs import field, frozen

from athena import Part

from .images import decoded
from .layout import Output
from .letterbox import Fit, Pixels, letterboxed
from .model import Model, Options, shipped
from .suppression import suppressed

__all__ = ["Finder", "Found", "Framed", "Model", "Options", "shipped"]

Found = dict[str, object]
"""``{"box": [left, top, right, bottom], "score": float, "class": int, "name": str}``, ready for JSON."""


@frozen
class Framed:
    """An image as the network takes it, and how it lies in its frame."""

    pixels: Pixels = field(eq=False, repr=False)
    fit: Fit


class Finder:
    """A model, and what comes before and after it."""

    def __init__(self, model: Model, most: int) -> None:
        """Args:
        model: Loaded.
        most: Objects of an image, at most.
        """
        self._model = model
        self._most = most

    def framed(self, part: Part, most: int) -> Framed:
        """Decode an image part; it is kept no larger than the network wants it.

        Args:
            part: The part that holds the file.
            most: Pixels it may have.

        Raises:
            ServiceError: BAD_REQUEST, TOO_LARGE.
        """
        return Framed(*letterboxed(decoded(part, most), self._model.height, self._model.width))

    def outputs(self, images: Sequence[Framed], gone: Callable[[], bool]) -> Iterator[Output]:
        """The network's output for each image, in order.

        Args:
            images: Of any number of requests.
            gone: Whether nobody waits any more; asked before each image, and then what is left is blank.
        """
        found = self._model.runs([image.pixels for image in images])
        for _ in images:
            if gone():
                break
            yield next(found)
        while True:
            yield np.zeros((0, 0), np.float32)

    def objects(self, image: Framed, output: Output, confidence: float, iou: float) -> list[Found]:
        """The objects of one image, the surest first.

        Args:
            image: The image.
            output: The network's.
            confidence: Objects with a lower score are left out.
            iou: Of two boxes of a class that overlap by more, the better stays.
        """
        if not output.size:
            return []
        boxes, scores, classes = self._model.layout.candidates(output, confidence)
        kept = suppressed(boxes, scores, classes, iou, self._most)
        placed = image.fit.back(boxes[kept])
        return [
            {
                "box": [round(float(edge), 1) for edge in box],
                "score": round(float(score), 3),
                "class": int(number),
                "name": self._model.names[number],
            }
            for box, score, number in zip(placed, scores[kept], classes[kept], strict=True)
        ]
