"""The vectors beside those of torch, and beside what can be counted on the fingers."""

from __future__ import annotations

import base64
import random
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from athena_wrapper_embedding.folder import read, shipped
from athena_wrapper_embedding.model import Floats, Model, runs

from .conftest import IDENTITY, write


@pytest.fixture(scope="module")
def model() -> Model:
    return Model(shipped())


def embedded(model: Model, *texts: str) -> Floats:
    return model.embed([model.tokens(text).ids for text in texts])


def test_the_vectors_are_those_of_torch_but_for_the_eight_bits_of_the_weights(
    model: Model, oracle: list[dict[str, Any]]
) -> None:
    rows = embedded(model, *(each["text"] for each in oracle))
    true = np.array([each["vector"] for each in oracle], np.float32)
    cosines = (rows * true).sum(axis=1)
    assert rows.dtype == np.float32
    assert cosines.min() > 0.99
    assert np.median(cosines) > 0.999
    assert np.abs(rows @ rows.T - true @ true.T).max() < 0.02


def test_the_tokens_are_counted_and_cut_as_transformers_does(model: Model, oracle: list[dict[str, Any]]) -> None:
    found = [model.tokens(each["text"]) for each in oracle]
    assert [len(each.ids) for each in found] == [each["tokens"] for each in oracle]
    assert [each.cut for each in found] == [each["tokens"] == 256 for each in oracle]
    assert found[0].ids[0] == 101
    assert {each.ids[-1] for each in found} == {102}  # also of what was cut


def test_what_a_text_is_beside_changes_nothing_in_its_row() -> None:
    words = ["river", "bank", "money", "the", "a", "of", "unbelievable", "transformation", "kettle"]
    rng = random.Random(7)
    texts = [" ".join(rng.choices(words, k=rng.randint(1, 60))) for _ in range(23)]
    model = Model(shipped(), run=8)
    together = embedded(model, *texts)
    alone = np.concatenate([embedded(model, text) for text in texts])
    assert together == pytest.approx(alone, abs=1e-6)


def test_a_run_holds_texts_of_like_length_and_no_more_than_it_may() -> None:
    assert list(runs([3, 10, 8, 7, 9, 3, 3], 3)) == [[1, 4, 2], [3], [0, 5, 6]]
    assert list(runs([5] * 5, 2)) == [[0, 1], [2, 3], [4]]
    assert list(runs([], 2)) == []


def test_every_row_has_length_one_unless_it_was_not_wanted() -> None:
    assert np.linalg.norm(embedded(Model(shipped()), "one", "a second one"), axis=1) == pytest.approx(1)
    longer = np.linalg.norm(embedded(Model(shipped(), normalise=False), "one", "a second one"), axis=1)
    assert longer.min() > 1.5


def test_padding_counts_for_nothing_in_the_mean(tiny: Path) -> None:
    rows = embedded(Model(read(tiny), normalise=False), "up", "far far far", "up slant")
    assert rows.tolist() == [[0.5, 0.5], [4.0, 0.0], [pytest.approx(4 / 3), pytest.approx(5 / 3)]]


def test_where_the_folder_says_so_the_first_tokens_vector_is_the_texts(tiny: Path) -> None:
    write(tiny / "1_Pooling" / "config.json", {"pooling_mode_cls_token": True})
    assert embedded(Model(read(tiny), normalise=False), "up", "far far").tolist() == [[1, 0], [1, 0]]


def test_a_row_of_zeros_stays_one(tiny: Path) -> None:
    model = Model(read(tiny))
    assert model.embed([[0, 0]]).tolist() == [[0, 0]]


def test_texts_are_cut_at_the_folders_length_or_a_smaller_one(tiny: Path) -> None:
    assert len(Model(read(tiny)).tokens("up up up up up").ids) == 4
    assert len(Model(read(tiny), max_tokens=3).tokens("up up up up up").ids) == 3
    with pytest.raises(ValueError, match="the model takes at most 4, got 5"):
        Model(read(tiny), max_tokens=5)


def test_of_a_text_of_megabytes_only_the_beginning_is_looked_at(model: Model) -> None:
    began = time.process_time()
    long = model.tokens("word " * 2_000_000)
    assert time.process_time() - began < 5  # the whole would take half a minute
    assert (len(long.ids), long.cut) == (256, True)
    assert list(long.ids) == list(model.tokens("word " * 300).ids)
    assert model.tokens("x" * 100_000).cut  # one unknown word, and who knows what comes after it


def test_a_run_that_nobody_waits_for_any_more_is_left_out(tiny: Path) -> None:
    model, asked = Model(read(tiny), run=1), []

    def gone(numbers: Sequence[int]) -> bool:
        asked.append(list(numbers))
        return 1 in numbers

    first, second, third = model.embed([[1, 2], [1, 2, 4], [1]], gone).tolist()
    assert second == [0, 0]
    assert [0, 0] not in (first, third)
    assert asked == [[1], [0], [2]]
    assert model.embed([[1, 2]], lambda numbers: True).shape == (1, 0)
    assert model.embed([]).shape == (0, 0)


def test_a_network_of_another_sort_is_refused(tiny: Path) -> None:
    (tiny / "model.onnx").write_bytes(base64.b64decode(IDENTITY))
    with pytest.raises(ValueError, match="not a network of input_ids and attention_mask"):
        Model(read(tiny))


def test_weights_without_what_makes_a_network_of_them_say_what_to_install(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tiny / "model.onnx").rename(tiny / "model.safetensors")
    monkeypatch.setitem(sys.modules, "athena_wrapper_embedding.bert", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'athena-wrapper-embedding\[safetensors\]'"):
        Model(read(tiny))


def test_any_number_of_threads_may_ask_at_once(model: Model) -> None:
    texts = [f"sentence number {number} " + "and more " * (number % 7) for number in range(24)]
    alone = [embedded(model, text) for text in texts]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda text: embedded(model, text), texts))
    assert np.concatenate(together) == pytest.approx(np.concatenate(alone), abs=1e-6)
