"""The wrapper with its model loaded, what torch says, and a folder with a made-up network."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from athena.models import WrapperContext
from athena_wrapper_embedding.wrapper import Embedding

ORACLE = json.loads((Path(__file__).parent / "data" / "oracle.json").read_text(encoding="utf-8"))
# Gives the tokens 0 to 4 the vectors (0,0) (1,0) (0,1) (3,4) (5,0), and padding nothing; knows no token types.
# Made with onnx.helper: Gather, Cast, Unsqueeze, Mul.
TINY = (
    "CAg6yAIKHQoFdGFibGUKCWlucHV0X2lkcxIBZyIGR2F0aGVyCiQKDmF0dGVudGlvbl9tYXNrEgFtIgRDYXN0KgkKAnRvGAGgAQIKFQoBbQoCYXgSAXUi"
    "CVVuc3F1ZWV6ZQoTCgFnCgF1EgZoaWRkZW4iA011bBIEdGlueSo3CAUIAhABQgV0YWJsZUooAAAAAAAAAAAAAIA/AAAAAAAAAAAAAIA/AABAQAAAgEAA"
    "AKBAAAAAACoSCAEQB0ICYXhKCAIAAAAAAAAAWigKCWlucHV0X2lkcxIbChkIBxIVCgcSBWJhdGNoCgoSCHNlcXVlbmNlWi0KDmF0dGVudGlvbl9tYXNr"
    "EhsKGQgHEhUKBxIFYmF0Y2gKChIIc2VxdWVuY2ViKQoGaGlkZGVuEh8KHQgBEhkKBxIFYmF0Y2gKChIIc2VxdWVuY2UKAggCQgQKABAR"
)
IDENTITY = "CAg6OwoQCgF4EgF5IghJZGVudGl0eRIFb3RoZXJaDwoBeBIKCggIARIECgIIAWIPCgF5EgoKCAgBEgQKAggBQgQKABAR"


@pytest.fixture(scope="session")
def oracle() -> list[dict[str, Any]]:
    """Texts, their tokens and vectors, by torch and transformers."""
    found: list[dict[str, Any]] = ORACLE
    return found


@pytest.fixture(scope="session")
def embedding() -> Embedding:
    """The wrapper, initialised."""
    return loaded()


def loaded(**section: Any) -> Embedding:  # Any: each key has a type of its own
    """The wrapper of a section, initialised."""
    wrapper = Embedding(Embedding.Section(**section))
    wrapper.athena_init(WrapperContext("embedding"))
    return wrapper


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A sentence-transformers folder whose vectors are counted on the fingers; ``<`` is token 1, a word is 2 to 4."""
    vocabulary = {"?": 0, "<": 1, "up": 2, "slant": 3, "far": 4}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(single="< $A", special_tokens=[("<", 1)])
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    (tmp_path / "model.onnx").write_bytes(base64.b64decode(TINY))
    said = {"1_Pooling/config.json": {"word_embedding_dimension": 2, "pooling_mode_mean_tokens": True}}
    said["sentence_bert_config.json"] = {"max_seq_length": 4}
    for name, value in said.items():
        write(tmp_path / name, value)
    return tmp_path


def write(path: Path, value: object) -> None:
    """A JSON file."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")
