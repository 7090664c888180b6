"""A graph runs as it was put together."""

from __future__ import annotations

import numpy as np
import onnxruntime

from athena_wrapper_embedding.graph import Graph


def test_nodes_constants_and_attributes_are_what_onnxruntime_runs() -> None:
    graph = Graph()
    table = graph.constant("table", np.array([[1, 2], [3, 4]], np.float32).T)  # not contiguous
    found = graph.node("Softmax", graph.node("Gather", table, "ids"), axis=1)
    assert graph.numbers(0, 1) == graph.numbers(0, 1)
    session = onnxruntime.InferenceSession(graph.model(["ids"], found, 2).SerializeToString())
    (rows,) = session.run(None, {"ids": np.array([[0, 1]])})
    assert rows.shape == (1, 2, 2)
    assert rows.sum(axis=1).tolist() == [[1, 1]]
    assert rows[0, 1, 0] > rows[0, 0, 0]


def test_a_constant_is_kept_once_by_its_name() -> None:
    graph = Graph()
    assert graph.constant("x", np.zeros(2, np.float32)) == graph.constant("x", np.ones(2, np.float32)) == "x"
    assert len(graph.model(["ids"], "x", 2).graph.initializer) == 1
