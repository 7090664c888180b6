"""A network made from weights gives what torch gives."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from athena_wrapper_embedding.bert import network_of
from athena_wrapper_embedding.folder import read, said
from athena_wrapper_embedding.model import Model

from .conftest import loaded, write
from .test_wrapper import request, rows

TINY = Path(__file__).parent / "data" / "tiny-bert"
ORACLE = json.loads((TINY / "oracle.json").read_text(encoding="utf-8"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The tiny model, to be spoilt."""
    return Path(shutil.copytree(TINY, tmp_path / "tiny"))


def test_the_vectors_of_a_folder_of_weights_are_those_of_torch() -> None:
    model = Model(read(TINY))
    tokens = [model.tokens(each["text"]) for each in ORACLE]
    assert [list(each.ids) for each in tokens] == [each["ids"] for each in ORACLE]
    true = np.array([each["vector"] for each in ORACLE], np.float32)
    assert model.embed([each.ids for each in tokens]) == pytest.approx(true, abs=2e-5)
    for each, row in zip(tokens, true, strict=True):
        assert model.embed([each.ids])[0] == pytest.approx(row, abs=2e-5)


def test_the_wrapper_serves_such_a_folder() -> None:
    own = loaded(model=str(TINY))
    found = rows(own.athena_once_exec(request(*(each["text"] for each in ORACLE))))
    assert found == pytest.approx(np.array([each["vector"] for each in ORACLE]), abs=2e-5)


@pytest.mark.parametrize(
    ("key", "value"), [("model_type", "mpnet"), ("hidden_act", "relu"), ("position_embedding_type", "relative_key")]
)
def test_another_sort_of_model_is_refused_by_what_it_is(folder: Path, key: str, value: str) -> None:
    write(folder / "config.json", {**said(folder / "config.json"), key: value})
    with pytest.raises(ValueError, match=f"{key}: expected '.*', got '{value}'; export a model.onnx"):
        network_of(folder)


def test_what_is_missing_is_named(folder: Path) -> None:
    told = said(folder / "config.json")
    write(folder / "config.json", {**told, "num_hidden_layers": 3})
    with pytest.raises(ValueError, match=r"has encoder\.layer\.2\.attention\.self\.query\.weight"):
        network_of(folder)
    del told["num_attention_heads"]
    write(folder / "config.json", told)
    with pytest.raises(ValueError, match="has num_attention_heads"):
        network_of(folder)
