"""Which boxes stay: against the rule told as plain loops, and against OpenCV's."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from athena_wrapper_yolov5.suppression import overlaps, suppressed


def crowd(seed: int, count: int = 300, kinds: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    corners, sizes = rng.uniform(0, 100, (count, 2)), rng.uniform(5, 60, (count, 2))
    boxes = np.concatenate([corners, corners + sizes], axis=1).astype(np.float32)
    return boxes, (1 + rng.permutation(count)).astype(np.float32) / count, rng.integers(0, kinds, count)


def iou(one: np.ndarray, other: np.ndarray) -> float:
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(across, 0) * max(down, 0)
    return shared / ((one[2] - one[0]) * (one[3] - one[1]) + (other[2] - other[0]) * (other[3] - other[1]) - shared)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("limit", [0.2, 0.45, 0.7])
def test_it_keeps_what_plain_loops_keep(seed: int, limit: float) -> None:
    boxes, scores, kinds = crowd(seed)
    kept: list[int] = []
    for number in sorted(range(len(boxes)), key=lambda each: -scores[each]):
        if all(kinds[each] != kinds[number] or iou(boxes[each], boxes[number]) <= limit for each in kept):
            kept.append(number)
    assert suppressed(boxes, scores, kinds, limit, 1000).tolist() == kept
    assert 3 < len(kept) < len(boxes)


@pytest.mark.parametrize("seed", range(5))
def test_it_keeps_what_opencv_keeps(seed: int) -> None:
    boxes, scores, kinds = crowd(seed)
    sized = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    theirs = cv2.dnn.NMSBoxesBatched(sized.tolist(), scores.tolist(), kinds.tolist(), 0.0, 0.45)
    assert set(suppressed(boxes, scores, kinds, 0.45, 1000).tolist()) == set(np.ravel(theirs).tolist())


def test_boxes_of_other_classes_never_suppress_each_other() -> None:
    boxes = np.array([[0, 0, 10, 10]] * 3, np.float32)
    scores = np.array([0.5, 0.9, 0.7], np.float32)
    assert suppressed(boxes, scores, np.array([0, 1, 2]), 0.45, 10).tolist() == [1, 2, 0]
    assert suppressed(boxes, scores, np.array([0, 1, 1]), 0.45, 10).tolist() == [1, 0]


def test_no_more_stay_than_wanted_and_they_are_the_surest() -> None:
    boxes, scores, kinds = crowd(3)
    every = suppressed(boxes, scores, kinds, 0.45, 1000)
    assert suppressed(boxes, scores, kinds, 0.45, 4).tolist() == every[:4].tolist()
    assert scores[every].tolist() == sorted(scores[every].tolist(), reverse=True)


def test_of_equals_the_first_stays() -> None:
    boxes = np.array([[0, 0, 10, 10]] * 4, np.float32)
    assert suppressed(boxes, np.full(4, 0.5, np.float32), np.zeros(4, int), 0.45, 10).tolist() == [0]


def test_nothing_in_nothing_out() -> None:
    none = np.zeros((0, 4), np.float32)
    assert suppressed(none, np.zeros(0, np.float32), np.zeros(0, int), 0.45, 10).tolist() == []


def test_empty_boxes_overlap_nothing() -> None:
    empty = np.array([5, 5, 5, 5], np.float32)
    assert overlaps(empty, np.array([[5, 5, 5, 5], [0, 0, 10, 10]], np.float32)).tolist() == [0, 0]
