"""Texts to vectors: a tokenizer, a network that gives each token a vector, and what makes one of them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from .folder import Folder, read, shipped

__all__ = ["Model", "Tokens", "read", "shipped"]

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]
IDS, MASK, TYPES = "input_ids", "attention_mask", "token_type_ids"
LETTERS = 100
"""Of a text, so many for each token it may have are looked at. Words of English have five, and what has more than these
hundred is unknown anyway; four megabytes would take the tokenizer ten seconds, in which nobody could stop it."""
LIKE = 0.8
"""How long a text is at least, beside the longest of its run. Padding is computed like everything else: on a processor,
runs of 32 texts of any length were slower than one text after the other, and these a third faster."""


class Tokens(NamedTuple):
    """A text as the network has it.

    Attributes:
        ids: The numbers of its tokens, the model's marks at both ends included.
        cut: Whether the text was longer.
    """

    ids: Sequence[int]
    cut: bool


class Model:
    """A network and its tokenizer; they keep nothing of a text, so that any number of threads may ask.

    Attributes:
        most: Tokens of a text; what is longer is cut.

    Args:
        folder: Its files.
        max_tokens: Longer texts are cut; 0 takes the model's own number.
        threads: Of one run.
        run: Texts of one run, at most.
        normalise: Whether each vector is made one of length 1.

    Raises:
        ValueError: ``max_tokens`` is more than the model takes, or the network is of another sort.
    """

    def __init__(
        self, folder: Folder, *, max_tokens: int = 0, threads: int = 1, run: int = 16, normalise: bool = True
    ) -> None:
        if max_tokens > folder.max_tokens:
            raise ValueError(f"max_tokens: the model takes at most {folder.max_tokens}, got {max_tokens}")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Any: onnxruntime ships no types.
        self._session: Any = onnxruntime.InferenceSession(
            network_at(folder.network), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = frozenset(one.name for one in self._session.get_inputs())
        outputs = self._session.get_outputs()
        if not {IDS, MASK} <= self._inputs <= {IDS, MASK, TYPES} or len(outputs[0].shape) != 3:
            raise ValueError(f"{folder.network.name}: not a network of {IDS} and {MASK} to a vector for each token")
        self._output = outputs[0].name
        self._tokenizer = Tokenizer.from_file(str(folder.tokenizer))
        self._tokenizer.no_padding()  # what lies beside a text is known only when the run is put together
        self.most = max_tokens or folder.max_tokens
        self._tokenizer.enable_truncation(self.most)
        self._pooling = folder.pooling
        self._run = run
        self._normalise = normalise

    def tokens(self, text: str) -> Tokens:
        """A text as the network has it."""
        seen = text[: LETTERS * self.most]
        found = self._tokenizer.encode(seen)
        return Tokens(found.ids, bool(found.overflowing) or len(seen) < len(text))

    def embed(
        self, texts: Sequence[Sequence[int]], gone: Callable[[Sequence[int]], bool] = lambda numbers: False
    ) -> Floats:
        """A row for each text, in their order.

        Texts of like length go together, so that little of a run is padding. What a text is beside changes nothing in
        its row but, on some processors, the last bit.

        Args:
            texts: The ids of each; no text, no row.
            gone: Asked before each run, with the numbers of its texts: True leaves it out, and their rows are zero.
        """
        rows: list[Floats | None] = [None] * len(texts)
        for chosen in runs([len(text) for text in texts], self._run):
            if gone(chosen):
                continue
            for number, row in zip(chosen, self._once([texts[number] for number in chosen]), strict=True):
                rows[number] = row
        width = next((len(row) for row in rows if row is not None), 0)
        empty = np.zeros(width, np.float32)
        return np.stack([empty if row is None else row for row in rows]) if rows else np.zeros((0, 0), np.float32)

    def _once(self, texts: Sequence[Sequence[int]]) -> Floats:
        """One run; the first text is the longest."""
        ids: Numbers = np.zeros((len(texts), len(texts[0])), np.int64)
        mask = np.zeros_like(ids)
        for number, each in enumerate(texts):
            ids[number, : len(each)] = each
            mask[number, : len(each)] = 1
        feed = {IDS: ids, MASK: mask}
        if TYPES in self._inputs:
            feed[TYPES] = np.zeros_like(ids)
        (hidden,) = self._session.run([self._output], feed)
        return self._finished(pooled(hidden, mask, self._pooling))

    def _finished(self, rows: Floats) -> Floats:
        if not self._normalise:
            return rows
        # As torch's normalize has it: a vector of zeros stays one.
        lengths = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.float32(1e-12))
        normal: Floats = rows / lengths
        return normal


def network_at(path: Path) -> str | bytes:
    """The network, as onnxruntime takes it: a file's path, or one that is made from weights.

    Raises:
        ModuleNotFoundError: What makes it is not installed.
        ValueError: The weights are of a model that is not known here.
    """
    if path.suffix != ".safetensors":
        return str(path)
    try:
        # Imported for those alone who need it: the shipped model does without onnx.
        bert = importlib.import_module(f"{__package__}.bert")
    except ModuleNotFoundError as error:
        text = f"{path.name} needs {error.name}: pip install 'athena-wrapper-embedding[safetensors]'"
        raise ModuleNotFoundError(text) from error
    network: bytes = bert.network_of(path.parent)
    return network


def runs(lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """Which texts go together, by their numbers: the longest first, at most so many, none much shorter."""
    run: list[int] = []
    for number in sorted(range(len(lengths)), key=lambda number: -lengths[number]):
        if run and (len(run) == most or lengths[number] < LIKE * lengths[run[0]]):
            yield run
            run = []
        run.append(number)
    if run:
        yield run


def pooled(hidden: Floats, mask: Numbers, pooling: str) -> Floats:
    """One vector of the vectors of a text's tokens; padding counts for nothing.

    Args:
        hidden: Texts × tokens × numbers.
        mask: Texts × tokens, 1 for a token, 0 for padding.
        pooling: ``mean`` or ``cls``.
    """
    if pooling == "cls":
        return hidden[:, 0]
    counted = mask.astype(np.float32)[:, :, None]
    mean: Floats = (hidden * counted).sum(axis=1) / counted.sum(axis=1)
    return mean
