"""A YOLO network in an ONNX file: what it takes and gives is read from the file, and tried once.

Importing this module imports onnxruntime, which writes into the user's cache folder: see :mod:`.wrapper`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from attrs import field, frozen
from numpy.typing import NDArray

from .layout import Layout, Output, layout_of
from .letterbox import Pixels
from .names import told_names
from .splits import cuts, measured

__all__ = ["Model", "Options", "shipped"]

SIDE = 640
"""Of the frame, where neither the file nor the service says one: that of YOLOv5 and YOLOv8."""
TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16}
KNOWN = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider", "tensorrt": "TensorrtExecutionProvider"}


@frozen
class Options:
    """How to load a model.

    Attributes:
        threads: Of one run; 0 leaves it to onnxruntime.
        providers: ``cpu``, ``cuda``, or onnxruntime's own names; the first that can do a thing does it.
        names: Of the classes; empty takes the file's.
        side: Of the frame, where the file leaves it open; 0 takes that of the file's metadata, or 640.
        most: Images of one run, at most; those of a file that fixes it are as many as it says.
    """

    threads: int = 1
    providers: tuple[str, ...] = ("cpu",)
    names: tuple[str, ...] = ()
    side: int = 0
    most: int = 8


@frozen
class Taken:
    """The network's input: a batch of None takes any number of images."""

    name: str
    batch: int | None
    height: int
    width: int
    type: Any = field()  # Any: numpy's own type of a scalar type


def shipped() -> Path:
    """The file inside this package: circles, squares and triangles."""
    return Path(__file__).with_name("shapes.onnx")


class Model:
    """The network; it keeps nothing of an image, so that any number of threads may ask it.

    Attributes:
        height: Of the frames it takes, in pixels.
        width: The same, across.
        names: Of the classes, by number.
        layout: How its output is read.
        seconds: What a run of each size took when it was tried; lists are cut by it.
    """

    def __init__(self, path: Path, options: Options) -> None:
        """Load it, and run it until it is known which sizes pay.

        Raises:
            ValueError: The file is no YOLO network, or does not fit the options; one sentence.
        """
        self._session = _session(path, options)
        told: Mapping[str, str] = self._session.get_modelmeta().custom_metadata_map
        _checked(told)
        self._taken = _taken(self._session.get_inputs(), options.side, told)
        self.height, self.width = self._taken.height, self._taken.width
        names = options.names or (told_names(told["names"]) if told.get("names") else ())
        self._output, shape = self._tried()
        self.layout: Layout = layout_of(shape, len(names))
        self.names = names or tuple(str(number) for number in range(self.layout.classes))
        if self._taken.batch is None:
            self.seconds = measured(lambda size: self._run(self._blank(size)), options.most)
        else:
            self.seconds = {self._taken.batch: 0.0}

    def runs(self, frames: Sequence[Pixels]) -> Iterator[Output]:
        """The output of each frame, in order; a run is made when its first is asked for.

        Args:
            frames: Each ``height`` x ``width`` x 3.
        """
        fixed = self._taken.batch
        sizes = cuts(self.seconds, len(frames)) if fixed is None else [fixed] * -(-len(frames) // fixed)
        at = 0
        for size in sizes:
            some = np.stack(frames[at : at + size])
            at += size
            if len(some) < size:  # the file fixes its batch: blank frames fill it, and nobody looks at them
                some = np.concatenate([some, np.zeros((size - len(some), *some.shape[1:]), np.uint8)])
            yield from self._run(some)[: len(frames) - (at - size)]

    def _run(self, frames: NDArray[np.uint8]) -> Output:
        planes = np.empty((len(frames), 3, self.height, self.width), np.float32)
        np.multiply(frames.transpose(0, 3, 1, 2), np.float32(1 / 255), out=planes)
        feed = {self._taken.name: planes.astype(self._taken.type, copy=False)}
        found: Output = self._session.run([self._output], feed)[0].astype(np.float32, copy=False)
        return found

    def _tried(self) -> tuple[str, tuple[int, ...]]:
        """Its first output with three axes, and its shape for one batch: a file may leave any of them open."""
        planes = np.zeros((self._taken.batch or 1, 3, self.height, self.width), self._taken.type)
        try:
            found = self._session.run(None, {self._taken.name: planes})
        except Exception as error:  # onnxruntime raises classes of its own for each of its reasons
            raise ValueError(f"model: cannot be run: {_first_line(error)}") from error
        for told, output in zip(self._session.get_outputs(), found, strict=True):
            if getattr(output, "ndim", 0) == 3:
                return told.name, output.shape
        raise ValueError("model: no output of three axes, as those of YOLOv5 and YOLOv8 are")

    def _blank(self, size: int) -> NDArray[np.uint8]:
        return np.full((size, self.height, self.width, 3), 114, np.uint8)


def _session(path: Path, options: Options) -> Any:  # Any: onnxruntime ships no types
    wanted = [KNOWN.get(name.lower(), name) for name in options.providers]
    there = onnxruntime.get_available_providers()
    for name in wanted:
        if name not in there:
            raise ValueError(f"providers: {name} is not in this onnxruntime; it has: {', '.join(there)}")
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    settings.inter_op_num_threads = 1
    settings.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(str(path), settings, providers=wanted)
    except Exception as error:  # onnxruntime raises classes of its own for each of its reasons
        raise ValueError(f"model: {path}: cannot be loaded: {_first_line(error)}") from error
    if wanted[0] not in session.get_providers():
        # onnxruntime falls back to the CPU and says so in a log; who asked for a GPU would wonder why it is slow.
        raise ValueError(f"providers: {wanted[0]} did not start: its driver or libraries are missing")
    return session


def _checked(told: Mapping[str, str]) -> None:
    """Refuse what the metadata calls something else: the shape of its output may look like ours all the same."""
    task = told.get("task", "detect")
    if task != "detect":
        raise ValueError(f"model: expected one that detects objects, got the task {task!r}")
    if told.get("end2end") == "True" or "'nms': True" in told.get("args", ""):
        raise ValueError("model: expected one without the suppression of doubles (nms, end2end); export it without")


def _taken(inputs: Sequence[Any], side: int, told: Mapping[str, str]) -> Taken:  # Any: onnxruntime ships no types
    if len(inputs) != 1:
        raise ValueError(f"model: expected one input, got {len(inputs)}")
    (only,) = inputs
    if only.type not in TYPES or len(only.shape) != 4 or only.shape[1] not in (3, "3"):
        shape = "x".join(map(str, only.shape))
        raise ValueError(
            f"model: expected an input of float or float16, N x 3 x height x width; got {only.type} {shape}"
        )
    batch, _, height, width = (size if isinstance(size, int) and size > 0 else None for size in only.shape)
    if side and {side} != {height or side, width or side}:
        raise ValueError(f"side: the file fixes its frame at {width}x{height}; expected 0 or that, got {side}")
    rows, columns = (side, side) if side else _size(told.get("imgsz", ""))
    return Taken(only.name, batch, height or rows, width or columns, TYPES[only.type])


def _size(text: str) -> tuple[int, int]:
    """Height and width in metadata as Ultralytics writes it: ``[640, 640]`` or ``640``."""
    try:
        value = ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return SIDE, SIDE
    pair = value if isinstance(value, list | tuple) else [value, value]
    if len(pair) == 2 and all(type(number) is int and number > 0 for number in pair):
        return pair[0], pair[1]
    return SIDE, SIDE


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
