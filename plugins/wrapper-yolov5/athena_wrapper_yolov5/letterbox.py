"""An image into the frame a network wants, and boxes back out of it. The training uses the same lines."""

from __future__ import annotations

import numpy as np
from attrs import frozen
from numpy.typing import NDArray
from PIL import Image

__all__ = ["Boxes", "Fit", "Pixels", "letterboxed"]

Pixels = NDArray[np.uint8]
"""Rows of red, green, blue: height x width x 3."""
Boxes = NDArray[np.float32]
"""One row per box: left, top, right, bottom, in pixels."""

GREY = 114
"""What fills the frame beside the image: that of YOLOv5, which its networks have learnt to ignore."""


@frozen
class Fit:
    """How an image lies in its frame.

    Attributes:
        width: Of the image, in pixels.
        height: Of the image, in pixels.
        scale: Pixels of the frame for one of the image, across and down; rounding makes them differ a little.
        corner: Where the image's upper left corner lies in the frame.
    """

    width: int
    height: int
    scale: tuple[float, float]
    corner: tuple[int, int]

    def framed(self, boxes: Boxes) -> Boxes:
        """Boxes of the image, in pixels of the frame."""
        placed: Boxes = (boxes * np.array(self.scale * 2) + np.array(self.corner * 2)).astype(np.float32)
        return placed

    def back(self, boxes: Boxes) -> Boxes:
        """Boxes of the frame, in pixels of the image, and no larger than it."""
        placed = (boxes - np.array(self.corner * 2)) / np.array(self.scale * 2)
        edge = np.array([self.width, self.height] * 2)
        clipped: Boxes = np.clip(placed, 0, edge).astype(np.float32)
        return clipped


def letterboxed(image: Pixels, height: int, width: int) -> tuple[Pixels, Fit]:
    """The whole image, its shape kept, as large as the frame allows, in the middle of grey.

    Args:
        image: Any size.
        height: Of the frame.
        width: Of the frame.

    Source: ``letterbox`` of YOLOv5 (``auto=False``), which its exported networks were trained with. That takes single
    pixels where an image is made smaller; Pillow averages, so that fine lines do not come and go.
    """
    rows, columns = image.shape[:2]
    ratio = min(height / rows, width / columns)
    size = max(1, round(columns * ratio)), max(1, round(rows * ratio))
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    if size != (columns, rows):
        image = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BILINEAR))
    frame = np.full((height, width, 3), GREY, np.uint8)
    frame[top : top + size[1], left : left + size[0]] = image
    return frame, Fit(columns, rows, (size[0] / columns, size[1] / rows), (left, top))
