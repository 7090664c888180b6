"""From a part to its objects: in the pixels of the image that was sent, whatever its size."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from athena_wrapper_yolov5.scenes import NAMES, Scene
from athena_wrapper_yolov5.suppression import overlaps

from .conftest import SHIPPED, part


@pytest.fixture(scope="module")
def finder(finding: ModuleType):
    return finding.Finder(finding.Model(SHIPPED, finding.Options()), 300)


def objects(finder, *images: np.ndarray, confidence: float = 0.5):
    framed = [finder.framed(part(image), 10**7) for image in images]
    outputs = finder.outputs(framed, lambda: False)
    return [finder.objects(image, next(outputs), confidence, 0.45) for image in framed]


@pytest.mark.parametrize("times", [0.6, 1, 3.3])
def test_boxes_are_in_the_pixels_of_the_image_that_was_sent(finder, drawn: list[Scene], times: float) -> None:
    right = there = 0
    for each in drawn[:8]:
        rows, columns = each.pixels.shape[:2]
        larger = Image.fromarray(each.pixels).resize((round(columns * times), round(rows * times)))
        (found,) = objects(finder, np.asarray(larger))
        there += len(each.boxes)
        for box, kind in zip(each.boxes * times, each.classes, strict=True):
            same = np.array([one["box"] for one in found if one["class"] == kind], np.float32).reshape(-1, 4)
            right += bool((overlaps(box, same) >= 0.6).any())
    assert right >= 0.9 * there


def test_an_object_says_its_box_score_class_and_name_the_surest_first(finder, drawn: list[Scene]) -> None:
    (found,) = objects(finder, drawn[0].pixels)
    assert found
    for one in found:
        assert set(one) == {"box", "score", "class", "name"}
        left, top, right, bottom = one["box"]
        assert 0 <= left < right <= drawn[0].pixels.shape[1]
        assert 0 <= top < bottom <= drawn[0].pixels.shape[0]
        assert 0.5 <= one["score"] <= 1
        assert one["name"] == NAMES[one["class"]]
    scores = [one["score"] for one in found]
    assert scores == sorted(scores, reverse=True)


def test_images_of_a_list_are_found_in_as_each_alone(finder, drawn: list[Scene]) -> None:
    together = objects(finder, *(each.pixels for each in drawn[:9]))
    for each, found in zip(drawn, together, strict=False):
        (alone,) = objects(finder, each.pixels)
        assert [one["name"] for one in alone] == [one["name"] for one in found]
        for one, other in zip(alone, found, strict=True):
            assert one["box"] == pytest.approx(other["box"], abs=0.2)
            assert one["score"] == pytest.approx(other["score"], abs=0.002)


def test_there_are_no_more_objects_than_wanted(finding: ModuleType, drawn: list[Scene]) -> None:
    few = finding.Finder(finding.Model(SHIPPED, finding.Options()), 2)
    (found,) = objects(few, drawn[0].pixels, confidence=0.0)
    assert len(found) == 2


def test_an_image_of_nothing_has_no_objects(finder) -> None:
    assert objects(finder, np.full((90, 60, 3), 114, np.uint8)) == [[]]


def test_what_nobody_waits_for_is_not_run(finder, drawn: list[Scene]) -> None:
    framed = [finder.framed(part(each.pixels), 10**7) for each in drawn[:3]]
    outputs = finder.outputs(framed, lambda: True)
    assert [finder.objects(image, next(outputs), 0.25, 0.45) for image in framed] == [[], [], []]
