"""RapidOCR's three models put together so that the detector's own score of each box comes out too.

Importing this module imports onnxruntime, which writes into the user's cache folder: see :mod:`.wrapper`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidocr_onnxruntime import RapidOCR

from .images import Pixels

__all__ = ["Line", "Reader"]

Corners = NDArray[np.float32]
Line = dict[str, object]
"""``{"box": [8 ints], "box_score": float, "text": str, "text_score": float}``, ready for JSON."""


class Reader:
    """The loaded models. Calls change nothing in it, so threads may share one.

    RapidOCR's own ``__call__`` takes the same steps, but drops the score that the detector gives each box, and keeps
    state of the image at hand in the detector; a test compares the two.
    """

    def __init__(self, *, threads: int, box_score: float, max_side: int) -> None:
        """Args:
        threads: How many threads one model may use; 0 leaves it to onnxruntime.
        box_score: Boxes that the detector scores lower are not read.
        max_side: Larger images are scaled down to it first, in pixels.
        """
        # Any: rapidocr ships no types.
        self._engine: Any = RapidOCR(intra_op_num_threads=threads or -1, inter_op_num_threads=1, max_side_len=max_side)
        self._engine.text_det.postprocess_op.box_thresh = box_score

    def read(self, image: Pixels, text_score: float) -> list[Line]:
        """The lines of one page, from top to bottom.

        Args:
            image: Rows of blue, green, red.
            text_score: Lines that the recogniser scores lower are left out.
        """
        scaled, ratio_y, ratio_x = self._engine.preprocess(image)
        framed, record = self._engine.maybe_add_letterbox(scaled, {})
        boxes, scores = self._detect(framed)
        if not boxes:
            return []
        crops, _, _ = self._engine.text_cls(self._engine.get_crop_img_list(framed, boxes))
        texts, _ = self._engine.text_rec(crops, False)
        placed = _placed(np.array(boxes), record["padding_1"], (ratio_x, ratio_y), image.shape)
        return [
            {"box": box, "box_score": score, "text": text, "text_score": float(sure)}
            for box, score, (text, sure) in zip(placed, scores, (row[:2] for row in texts), strict=True)
            if float(sure) >= text_score
        ]

    def _detect(self, image: Pixels) -> tuple[list[Corners], list[float]]:
        """Boxes in reading order, and the detector's score of each."""
        detector = self._engine.text_det
        shape = image.shape[:2]
        predicted = detector.infer(detector.get_preprocess(max(shape))(image))[0]
        found = detector.postprocess_op(predicted, shape)
        scores: dict[bytes, float] = {}
        kept = []
        for raw, score in zip(*found, strict=True):
            # One box at a time: the filter drops small ones without saying which.
            for box in detector.filter_tag_det_res([raw], shape):
                scores[box.tobytes()] = float(score)
                kept.append(box)
        if not kept:
            return [], []
        boxes: list[Corners] = self._engine.sorted_boxes(np.array(kept))
        return boxes, [scores[box.tobytes()] for box in boxes]


def _placed(
    boxes: Corners, frame: Mapping[str, int], ratio: tuple[float, float], shape: tuple[int, ...]
) -> list[list[int]]:
    """Boxes in the pixels of the image as it came: x and y of four corners, clockwise from the upper left."""
    points = (boxes - np.array([frame["left"], frame["top"]])) * np.array(ratio)
    points = np.clip(points, 0, np.array([shape[1], shape[0]]))
    return [[int(value) for value in row] for row in np.rint(points).reshape(len(boxes), 8)]
