"""Reads a safetensors file: a header of names, types, shapes and places, and the numbers behind it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["weights_of"]

Floats = NDArray[np.float32]
TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}


def weights_of(path: Path) -> dict[str, Floats]:
    """Every tensor of floating-point numbers, as 32-bit ones; others, which hold no weights, are left out.

    Source:
        https://huggingface.co/docs/safetensors: eight bytes, little-endian, say how long the JSON header is.

    Raises:
        ValueError: The file is no such file, or broken off.
    """
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    body = memoryview(data)[8 + size :]
    try:
        header: dict[str, Any] = json.loads(data[8 : 8 + size])  # Any: JSON
        told = {name: each for name, each in header.items() if name != "__metadata__"}
        return {name: _tensor(body, each) for name, each in told.items() if each["dtype"] in TYPES}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path.name}: not a whole safetensors file") from error


def _tensor(body: memoryview, told: dict[str, Any]) -> Floats:
    begin, end = told["data_offsets"]
    if end > len(body):
        raise ValueError("broken off")
    values = np.frombuffer(body[begin:end], TYPES[told["dtype"]]).reshape(told["shape"])
    if told["dtype"] == "BF16":  # the upper half of a 32-bit one
        return (values.astype(np.uint32) << 16).view(np.float32)
    return values.astype(np.float32)
