"""What is drawn is what the boxes say, and a seed is one set of images."""

from __future__ import annotations

import numpy as np

from athena_wrapper_yolov5.scenes import COVERED, LARGEST, MOST, NAMES, SIDES, SMALLEST, Scene, scenes


def test_a_seed_is_one_set_of_images_and_another_seed_is_another(drawn: list[Scene]) -> None:
    again, other = scenes(2024, 24), scenes(2025, 24)
    for one, two, three in zip(drawn, again, other, strict=True):
        np.testing.assert_array_equal(one.pixels, two.pixels)
        np.testing.assert_array_equal(one.boxes, two.boxes)
        assert one.pixels.shape != three.pixels.shape or (one.pixels != three.pixels).any()


def test_the_first_images_do_not_depend_on_how_many_are_drawn(drawn: list[Scene]) -> None:
    np.testing.assert_array_equal(scenes(2024, 1)[0].pixels, drawn[0].pixels)


def test_every_image_holds_what_the_module_says(drawn: list[Scene]) -> None:
    for each in drawn:
        rows, columns, colours = each.pixels.shape
        assert colours == 3
        assert SIDES[0] <= max(rows, columns) <= SIDES[1]
        assert min(rows, columns) >= 0.59 * max(rows, columns)
        assert 1 <= len(each.boxes) == len(each.classes) <= MOST
        assert each.boxes.min() >= 0
        assert (each.boxes[:, 2] <= columns).all()
        assert (each.boxes[:, 3] <= rows).all()
        sizes = (each.boxes[:, 2:] - each.boxes[:, :2]).max(axis=1) / max(rows, columns)
        assert sizes.min() >= SMALLEST - 1e-3
        assert sizes.max() <= LARGEST + 1e-3
    assert {int(kind) for each in drawn for kind in each.classes} == set(range(len(NAMES)))


def test_no_shape_hides_much_of_another(drawn: list[Scene]) -> None:
    for each in drawn:
        for number, one in enumerate(each.boxes):
            for other in each.boxes[:number]:
                shared = np.prod(np.maximum(np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2]), 0))
                smaller = min(np.prod(box[2:] - box[:2]) for box in (one, other))
                assert shared <= COVERED * smaller + 1


def test_the_middle_of_a_shape_that_nothing_covers_is_of_one_colour(drawn: list[Scene]) -> None:
    # Noise apart: the last shape of each image lies on top.
    for each in drawn:
        x, y = ((each.boxes[-1][:2] + each.boxes[-1][2:]) / 2).astype(int)
        middle = each.pixels[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3).astype(float)
        assert middle.std(axis=0).max() < 40
