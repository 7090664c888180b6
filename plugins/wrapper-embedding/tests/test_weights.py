"""Safetensors are read whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from athena_wrapper_embedding.weights import weights_of


def written(path: Path, **tensors: tuple[str, np.ndarray]) -> Path:
    """A file of tensors: name to type and array."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    body = b""
    for name, (dtype, array) in tensors.items():
        header[name] = {"dtype": dtype, "shape": array.shape, "data_offsets": [len(body), len(body) + array.nbytes]}
        body += array.tobytes()
    head = json.dumps(header).encode()
    path.write_bytes(len(head).to_bytes(8, "little") + head + body)
    return path


def test_every_floating_type_becomes_32_bits_and_whole_numbers_are_left_out(tmp_path: Path) -> None:
    values = np.array([[1.5, -2.0], [0.25, 96.0]])
    half = (values.astype("<f4").view("<u4") >> 16).astype("<u2")
    path = written(
        tmp_path / "x.safetensors",
        double=("F64", values),
        single=("F32", values.astype("<f4")),
        short=("F16", values.astype("<f2")),
        brain=("BF16", half),
        places=("I64", np.arange(4)),
    )
    found = weights_of(path)
    assert sorted(found) == ["brain", "double", "short", "single"]
    for each in found.values():
        assert each.dtype == np.float32
        assert each.tolist() == values.tolist()


def test_a_file_that_is_broken_off_or_something_else_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "x.safetensors", single=("F32", np.ones(4, "<f4")))
    whole = path.read_bytes()
    for data in (whole[:-1], whole[:20], b"", b"\xff" * 64, (2).to_bytes(8, "little") + b"[]"):
        path.write_bytes(data)
        with pytest.raises(ValueError, match=r"x\.safetensors: not a whole safetensors file"):
            weights_of(path)
