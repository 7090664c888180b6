"""YOLOv5's rows and YOLOv8's columns say the same, each in its way; what is neither is refused with what would do."""

from __future__ import annotations

import numpy as np
import pytest

from athena_wrapper_yolov5.layout import Layout, layout_of

V5 = Layout(3, objectness=True, columns=False)
V8 = Layout(3, objectness=False, columns=True)


@pytest.mark.parametrize(
    ("shape", "named", "expected"),
    [
        ((1, 25200, 85), 80, Layout(80, True, False)),
        ((1, 84, 8400), 80, Layout(80, False, True)),
        ((1, 25200, 85), 0, Layout(80, True, False)),
        ((1, 84, 8400), 0, Layout(80, False, True)),
        ((1, 8400, 84), 80, Layout(80, False, False)),  # YOLOv8, transposed by who exported it
        ((1, 85, 25200), 80, Layout(80, True, True)),
        ((4, 960, 6), 1, Layout(1, True, False)),
        ((1, 5, 8400), 1, Layout(1, False, True)),
    ],
)
def test_the_shape_and_the_names_tell_the_layout(shape: tuple[int, ...], named: int, expected: Layout) -> None:
    assert layout_of(shape, named) == expected


@pytest.mark.parametrize(
    ("shape", "named", "words"),
    [
        ((1, 25200, 85), 20, r"1x25200x85: expected 25 numbers for each box \(YOLOv5\) or 24 \(YOLOv8\).*got 85"),
        ((1, 116, 8400), 80, "got 116"),
        ((1, 4, 8400), 0, "expected 1 x N"),
        ((1, 8400, 5), 0, "at least one class"),
        ((1, 1000), 0, "output of 1x1000: expected"),
    ],
)
def test_what_is_no_such_output_is_refused_with_what_would_do(shape: tuple[int, ...], named: int, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        layout_of(shape, named)


def test_a_row_becomes_corners_the_likeliest_class_and_its_score() -> None:
    rows = np.array([[50, 40, 20, 10, 0.8, 0.1, 0.9, 0.2], [5, 5, 2, 2, 0.3, 0.9, 0.1, 0.1]], np.float32)
    boxes, scores, classes = V5.candidates(rows, 0.25)
    np.testing.assert_allclose(boxes, [[40, 35, 60, 45], [4, 4, 6, 6]])
    np.testing.assert_allclose(scores, [0.72, 0.27], rtol=1e-6)
    assert classes.tolist() == [1, 0]


def test_columns_without_objectness_say_the_same() -> None:
    rows = np.random.default_rng(1).uniform(0, 1, (50, 8)).astype(np.float32)
    columns = np.concatenate([rows[:, :4], rows[:, 5:] * rows[:, 4:5]], axis=1).T
    for one, other in zip(V5.candidates(rows, 0.3), V8.candidates(columns, 0.3), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("confidence", [0.0, 0.5, 1.0])
def test_a_score_of_the_limit_is_enough(confidence: float) -> None:
    row = np.array([[50, 40, 20, 10, 1.0, confidence, 0, 0]], np.float32)
    assert len(V5.candidates(row, confidence)[0]) == 1
    assert len(V5.candidates(np.zeros((0, 8), np.float32), confidence)[0]) == 0
