"""A detector, loaded once for all tests; images as files; networks of other layouts, made of the shipped one."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from athena import Kind, Part
from athena.models import WrapperContext
from athena_wrapper_yolov5.letterbox import Pixels
from athena_wrapper_yolov5.scenes import Scene, scenes
from athena_wrapper_yolov5.wrapper import Yolo, quietly_imported

SHIPPED = Path(__file__).parents[1] / "athena_wrapper_yolov5" / "shapes.onnx"


def encoded(pixels: Pixels, form: str = "PNG") -> bytes:
    """The image as a file's bytes."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, form)
    return file.getvalue()


def part(pixels: Pixels, key: str = "image") -> Part:
    """The image as a request's part."""
    return Part(key, encoded(pixels), Kind.IMAGE)


def loaded(**options: object) -> Yolo:
    """The wrapper, initialised."""
    wrapper = Yolo(Yolo.Section(**options))
    wrapper.athena_init(WrapperContext("yolov5"))
    return wrapper


def as_v8(path: Path, *, names: str | None = None, batch: int | None = None, open_size: bool = False) -> Path:
    """The shipped network with YOLOv8's output: no objectness, a box is a column; as a file in ``path``.

    Args:
        path: Where it is written.
        names: The metadata; None keeps it, empty takes it away.
        batch: Fixes it.
        open_size: The input says nothing of its height and width.
    """
    model = onnx.load(str(SHIPPED))
    graph = model.graph
    graph.node[-1].output[0] = "rows"
    for name, bounds in {"from": [0, 4, 5], "to": [4, 5, 8], "axis": [2]}.items():
        for number, bound in enumerate(bounds):
            graph.initializer.append(numpy_helper.from_array(np.array([bound], np.int64), f"v8.{name}{number}"))
    for number, each in enumerate(("places", "objectness", "classes")):
        graph.node.append(helper.make_node("Slice", ["rows", f"v8.from{number}", f"v8.to{number}", "v8.axis0"], [each]))
    graph.node.append(helper.make_node("Mul", ["classes", "objectness"], ["scores"]))
    graph.node.append(helper.make_node("Concat", ["places", "scores"], ["both"], axis=2))
    graph.node.append(helper.make_node("Transpose", ["both"], ["output0"], perm=[0, 2, 1]))
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info("output0", TensorProto.FLOAT, ["batch", 7, "boxes"]))
    return changed(model, path, names=names, batch=batch, open_size=open_size)


def changed(
    model: onnx.ModelProto,
    path: Path,
    *,
    names: str | None = None,
    batch: int | None = None,
    open_size: bool = False,
    **metadata: str,
) -> Path:
    """A network with another input or other metadata, as a file in ``path``."""
    if names is not None:
        kept = [each for each in model.metadata_props if each.key != "names"]
        del model.metadata_props[:]
        model.metadata_props.extend(kept)
        metadata = {**metadata, **({"names": names} if names else {})}
    for key, value in metadata.items():
        model.metadata_props.add(key=key, value=value)
    shape = model.graph.input[0].type.tensor_type.shape
    if batch is not None:
        shape.dim[0].dim_value = batch
    if open_size:
        shape.dim[2].dim_param, shape.dim[3].dim_param = "height", "width"
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path


@pytest.fixture(scope="session")
def yolo() -> Yolo:
    """The wrapper with the shipped network, initialised."""
    return loaded()


@pytest.fixture(scope="session")
def finding():
    """The module that needs onnxruntime, without what its import writes."""
    return quietly_imported("athena_wrapper_yolov5.finding")


@pytest.fixture(scope="session")
def drawn() -> list[Scene]:
    """Some images; the seed is fixed so that a failure can be seen again."""
    return scenes(2024, 24)
