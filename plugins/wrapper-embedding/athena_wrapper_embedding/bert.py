"""BERT as an ONNX network, made from its weights: what `optimum-cli export onnx` would write, without torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from .folder import said
from .graph import Graph
from .weights import weights_of

__all__ = ["network_of"]

Floats = NDArray[np.float32]
IDS, MASK, TYPES = INPUTS = ("input_ids", "attention_mask", "token_type_ids")
KNOWN = {"model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute"}


def network_of(folder: Path) -> bytes:
    """The network of ``config.json`` and ``model.safetensors``: ids, mask and types in, a vector for each token out.

    Source:
        Devlin et al., BERT, arXiv:1810.04805; names and shapes of the weights as transformers' BertModel has them.

    Raises:
        ValueError: It is another sort of model, or weights are missing.
    """
    told = said(folder / "config.json")
    for key, known in KNOWN.items():
        # Older files leave out what was not to be chosen then.
        if told.get(key, known) != known:
            raise ValueError(
                f"{folder}: config.json: {key}: expected {known!r}, got {told[key]!r}; export a model.onnx"
            )
    # Some files hold a model with a head on, and this one in it.
    found = {name.removeprefix("bert."): each for name, each in weights_of(folder / "model.safetensors").items()}
    try:
        return Bert(found, told).network()
    except KeyError as error:
        raise ValueError(f"{folder}: neither config.json nor model.safetensors has {error.args[0]}") from error


class Bert:
    """The layers; each method gives the name of what it computes."""

    def __init__(self, weights: Mapping[str, Floats], told: Mapping[str, Any]) -> None:  # Any: JSON
        self._weights = weights
        self._layers = int(told["num_hidden_layers"])
        self._heads = int(told["num_attention_heads"])
        self._epsilon = float(told.get("layer_norm_eps", 1e-12))
        self._graph = Graph()

    def network(self) -> bytes:
        """What onnxruntime loads."""
        hidden, mask = self._embedded(), self._masking()
        for number in range(self._layers):
            hidden = self._layer(f"encoder.layer.{number}.", hidden, mask)
        width = self._weights["embeddings.word_embeddings.weight"].shape[1]
        return self._graph.model(INPUTS, hidden, width).SerializeToString()

    def _embedded(self) -> str:
        """The word, the place and the type of each token."""
        node, at = self._graph.node, "embeddings."
        words = node("Gather", self._weight(f"{at}word_embeddings.weight"), IDS)
        types = node("Gather", self._weight(f"{at}token_type_embeddings.weight"), TYPES)
        first, length = self._graph.numbers(0), node("Shape", IDS, start=1)
        places = node("Slice", self._weight(f"{at}position_embeddings.weight"), first, length, first)
        return self._norm(f"{at}LayerNorm", node("Add", node("Add", words, types), places))

    def _masking(self) -> str:
        """What is added to the attention paid to a token: nothing, and to padding so little that none is left."""
        node = self._graph.node
        least = self._graph.constant("least", np.array(np.finfo(np.float32).min))
        padding = node("Cast", node("Not", node("Cast", MASK, to=TensorProto.BOOL)), to=TensorProto.FLOAT)
        return node("Unsqueeze", node("Mul", padding, least), self._graph.numbers(1, 2))

    def _layer(self, at: str, hidden: str, mask: str) -> str:
        node = self._graph.node
        attended = self._linear(f"{at}attention.output.dense", self._attention(f"{at}attention.self.", hidden, mask))
        hidden = self._norm(f"{at}attention.output.LayerNorm", node("Add", attended, hidden))
        wide = node("Gelu", self._linear(f"{at}intermediate.dense", hidden))
        return self._norm(f"{at}output.LayerNorm", node("Add", self._linear(f"{at}output.dense", wide), hidden))

    def _attention(self, at: str, hidden: str, mask: str) -> str:
        """Of every head, side by side again."""
        node = self._graph.node
        scale = 1 / math.sqrt(self._weights[f"{at}query.weight"].shape[0] / self._heads)
        query = self._split(self._linear(f"{at}query", hidden, scale), (0, 2, 1, 3))
        key = self._split(self._linear(f"{at}key", hidden), (0, 2, 3, 1))
        value = self._split(self._linear(f"{at}value", hidden), (0, 2, 1, 3))
        paid = node("Softmax", node("Add", node("MatMul", query, key), mask), axis=-1)
        heads = node("Transpose", node("MatMul", paid, value), perm=(0, 2, 1, 3))
        return node("Reshape", heads, self._graph.numbers(0, 0, -1))

    def _split(self, name: str, order: tuple[int, ...]) -> str:
        """Texts × tokens × numbers, by head."""
        heads = self._graph.node("Reshape", name, self._graph.numbers(0, 0, self._heads, -1))
        return self._graph.node("Transpose", heads, perm=order)

    def _linear(self, at: str, name: str, scale: float = 1.0) -> str:
        by = np.float32(scale)
        weight = self._graph.constant(f"{at}.weight", self._weights[f"{at}.weight"].T * by)
        bias = self._graph.constant(f"{at}.bias", self._weights[f"{at}.bias"] * by)
        return self._graph.node("Add", self._graph.node("MatMul", name, weight), bias)

    def _norm(self, at: str, name: str) -> str:
        scale, bias = self._weight(f"{at}.weight"), self._weight(f"{at}.bias")
        return self._graph.node("LayerNormalization", name, scale, bias, axis=-1, epsilon=self._epsilon)

    def _weight(self, name: str) -> str:
        return self._graph.constant(name, self._weights[name])
