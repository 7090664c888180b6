"""An ONNX graph that is put together node by node: each call gives the name of what it computes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

__all__ = ["Graph"]

OPSET, FORMAT = 20, 9  # of 2023: Gelu is an operator since


class Graph:
    """Nodes and constants, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._nodes: list[NodeProto] = []
        self._constants: dict[str, TensorProto] = {}

    def node(self, what: str, *names: str, **told: Any) -> str:  # Any: each attribute has a type of its own
        """An operator and its attributes."""
        to = f"{what.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(what, names, [to], **told))
        return to

    def constant(self, name: str, value: NDArray[Any]) -> str:  # Any: floats or whole numbers
        """An array by its name; it is kept once."""
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def numbers(self, *values: int) -> str:
        """Whole numbers, as shapes and axes are."""
        return self.constant("numbers_" + "_".join(map(str, values)), np.array(values, np.int64))

    def model(self, inputs: Sequence[str], output: str, width: int) -> ModelProto:
        """The whole: whole numbers in, texts × tokens; ``width`` numbers out for each of them."""
        axes = ["batch", "sequence"]
        taken = [helper.make_tensor_value_info(name, TensorProto.INT64, axes) for name in inputs]
        given = [helper.make_tensor_value_info(output, TensorProto.FLOAT, [*axes, width])]
        graph = helper.make_graph(self._nodes, "network", taken, given, list(self._constants.values()))
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=FORMAT)
