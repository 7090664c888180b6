"""Mean average precision, against cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from athena_wrapper_yolov5.precision import Guess, guessed, mean_average_precision

BOX = (0.0, 0.0, 10.0, 10.0)
FAR = (50.0, 50.0, 60.0, 60.0)
Truth = tuple[np.ndarray, np.ndarray]


def there(*objects: tuple[int, tuple[float, float, float, float]]) -> Truth:
    boxes = np.array([box for _, box in objects], np.float32).reshape(-1, 4)
    return boxes, np.array([kind for kind, _ in objects], np.int64)


def test_every_object_found_and_nothing_else_is_1() -> None:
    truths = [there((0, BOX), (1, FAR)), there((1, BOX))]
    guesses = [Guess(0, 0, 0.9, BOX), Guess(0, 1, 0.8, FAR), Guess(1, 1, 0.3, BOX)]
    assert mean_average_precision(guesses, truths) == 1.0


def test_nothing_found_is_0() -> None:
    assert mean_average_precision([], [there((0, BOX))]) == 0.0


def test_a_wrong_guess_that_is_surer_halves_what_comes_after_it() -> None:
    guesses = [Guess(0, 0, 0.9, FAR), Guess(0, 0, 0.8, BOX)]
    assert mean_average_precision(guesses, [there((0, BOX))]) == 0.5


def test_a_wrong_guess_that_is_less_sure_than_all_right_ones_costs_nothing() -> None:
    guesses = [Guess(0, 0, 0.9, BOX), Guess(0, 0, 0.8, FAR)]
    assert mean_average_precision(guesses, [there((0, BOX))]) == 1.0


def test_right_wrong_right_of_two_is_five_sixths() -> None:
    # Recall 1/2 at precision 1, recall 1 at precision 2/3: 1/2 + 1/2 * 2/3.
    truths = [there((0, BOX)), there((0, BOX))]
    guesses = [Guess(0, 0, 0.9, BOX), Guess(0, 0, 0.8, FAR), Guess(1, 0, 0.7, BOX)]
    assert mean_average_precision(guesses, truths) == pytest.approx(5 / 6)


def test_precision_is_the_best_at_that_or_a_larger_recall() -> None:
    # Wrong, right, right: precision 1/2 then 2/3; the envelope is 2/3 for both.
    truths = [there((0, BOX)), there((0, BOX))]
    guesses = [Guess(0, 0, 0.9, FAR), Guess(0, 0, 0.8, BOX), Guess(1, 0, 0.7, BOX)]
    assert mean_average_precision(guesses, truths) == pytest.approx(2 / 3)


def test_the_second_guess_at_one_object_is_wrong() -> None:
    truths = [there((0, BOX)), there((0, BOX))]
    guesses = [Guess(0, 0, 0.9, BOX), Guess(0, 0, 0.8, BOX), Guess(1, 0, 0.7, BOX)]
    assert mean_average_precision(guesses, truths) == pytest.approx(5 / 6)


def test_an_overlap_counts_from_the_limit_on() -> None:
    half = (0.0, 0.0, 10.0, 5.0)  # exactly half of the box
    less = (0.0, 0.0, 10.0, 4.9)
    assert mean_average_precision([Guess(0, 0, 0.9, half)], [there((0, BOX))]) == 1.0
    assert mean_average_precision([Guess(0, 0, 0.9, less)], [there((0, BOX))]) == 0.0


def test_a_guess_of_another_class_or_in_another_image_is_wrong() -> None:
    truths = [there((0, BOX)), there((1, BOX))]
    assert mean_average_precision([Guess(0, 1, 0.9, BOX), Guess(1, 0, 0.9, BOX)], truths) == 0.0


def test_each_class_that_there_is_counts_the_same() -> None:
    truths = [there((0, BOX), (0, FAR), (7, (20.0, 20.0, 30.0, 30.0)))]
    guesses = [Guess(0, 0, 0.9, BOX), Guess(0, 0, 0.8, FAR), Guess(0, 3, 0.9, BOX)]
    assert mean_average_precision(guesses, truths) == 0.5


def test_without_any_object_there_is_no_figure() -> None:
    with pytest.raises(ValueError, match="expected an object"):
        mean_average_precision([], [there()])


def test_what_the_wrapper_says_becomes_guesses() -> None:
    answers = [[], [{"box": [0, 0, 10, 10], "score": 0.9, "class": 2, "name": "triangle"}]]
    assert guessed(answers) == [Guess(1, 2, 0.9, (0, 0, 10, 10))]
