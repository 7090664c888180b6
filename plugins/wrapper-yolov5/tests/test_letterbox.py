"""Into the frame and back out of it: shape kept, boxes where they were."""

from __future__ import annotations

import numpy as np
import pytest

from athena_wrapper_yolov5.letterbox import GREY, letterboxed

SIZES = [(128, 128), (64, 128), (128, 64), (300, 17), (1, 500), (1080, 1920), (97, 131)]


@pytest.mark.parametrize(("rows", "columns"), SIZES)
@pytest.mark.parametrize("frame", [(128, 128), (96, 160), (640, 640)])
def test_boxes_come_back_to_where_they_were(rows: int, columns: int, frame: tuple[int, int]) -> None:
    _, fit = letterboxed(np.zeros((rows, columns, 3), np.uint8), *frame)
    boxes = np.array([[0, 0, columns, rows], [columns / 4, rows / 3, columns / 2, rows / 1.5]], np.float32)
    framed = fit.framed(boxes)
    assert framed.min() >= 0
    assert (framed[:, 2] <= frame[1]).all()
    assert (framed[:, 3] <= frame[0]).all()
    np.testing.assert_allclose(fit.back(framed), boxes, atol=0.01)


def test_the_image_lies_in_the_middle_of_grey_as_large_as_it_can() -> None:
    pixels, fit = letterboxed(np.full((50, 100, 3), 255, np.uint8), 128, 128)
    assert pixels.shape == (128, 128, 3)
    assert (fit.corner, fit.scale) == ((0, 32), (1.28, 1.28))
    assert (pixels[32:96] == 255).all()
    assert (pixels[:32] == GREY).all()
    assert (pixels[96:] == GREY).all()


def test_an_image_of_the_frames_size_is_not_touched() -> None:
    image = np.random.default_rng(1).integers(0, 256, (128, 128, 3)).astype(np.uint8)
    pixels, _ = letterboxed(image, 128, 128)
    np.testing.assert_array_equal(pixels, image)


def test_a_box_that_reaches_into_the_grey_ends_at_the_images_edge() -> None:
    _, fit = letterboxed(np.zeros((50, 100, 3), np.uint8), 128, 128)
    np.testing.assert_allclose(fit.back(np.array([[-9, 0, 128, 200]], np.float32)), [[0, 0, 100, 50]], atol=1e-4)
