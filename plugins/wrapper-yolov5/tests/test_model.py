"""Files of each kind: what they take and give is read from them, and what does not fit is refused in one sentence."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from athena_wrapper_yolov5.layout import Layout
from athena_wrapper_yolov5.letterbox import letterboxed
from athena_wrapper_yolov5.scenes import NAMES, Scene

from .conftest import SHIPPED, as_v8, changed


def frames(drawn: list[Scene], count: int) -> list[np.ndarray]:
    return [letterboxed(each.pixels, 128, 128)[0] for each in drawn[:count]]


def tiny(path: Path, taken: tuple[object, ...], given: tuple[int, ...], kind: int = TensorProto.FLOAT) -> Path:
    """A network that gives zeros of a shape, whatever it is given."""
    nodes = [
        helper.make_node("ReduceSum", ["x"], ["sum"], keepdims=0),
        helper.make_node("Cast", ["sum"], ["cast"], to=TensorProto.FLOAT),
        helper.make_node("Constant", [], ["zero"], value=helper.make_tensor("z", TensorProto.FLOAT, [], [0.0])),
        helper.make_node("Mul", ["cast", "zero"], ["nothing"]),
        helper.make_node("Constant", [], ["to"], value=helper.make_tensor("s", TensorProto.INT64, [len(given)], given)),
        helper.make_node("Expand", ["nothing", "to"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("x", kind, taken)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None] * len(given))],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, str(path))
    return path


def test_the_shipped_file_says_all_of_itself(finding: ModuleType) -> None:
    model = finding.Model(finding.shipped(), finding.Options())
    assert finding.shipped() == SHIPPED
    assert (model.height, model.width, model.names) == (128, 128, NAMES)
    assert model.layout == Layout(3, objectness=True, columns=False)
    assert set(model.seconds) <= {1, 2, 4, 8}
    assert SHIPPED.stat().st_size < 650_000


def test_a_list_gives_each_image_what_it_gives_alone(finding: ModuleType, drawn: list[Scene]) -> None:
    model = finding.Model(SHIPPED, finding.Options())
    for seconds in ({1: 1.0}, {1: 1.0, 4: 1.1}, {1: 1.0, 2: 1.0, 8: 1.2}):
        model.seconds = seconds
        together = list(model.runs(frames(drawn, 7)))
        assert len(together) == 7
        for frame, output in zip(frames(drawn, 7), together, strict=True):
            (alone,) = model.runs([frame])
            np.testing.assert_allclose(alone, output, atol=1e-2)
    assert list(model.runs([])) == []


def test_a_file_that_fixes_its_batch_is_filled_up(finding: ModuleType, drawn: list[Scene], tmp_path: Path) -> None:
    fixed = finding.Model(changed(onnx.load(str(SHIPPED)), tmp_path / "four.onnx", batch=4), finding.Options())
    free = finding.Model(SHIPPED, finding.Options())
    some = frames(drawn, 6)
    for one, other in zip(fixed.runs(some), free.runs(some), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-2)


def test_yolov8s_output_says_the_same_as_yolov5s(finding: ModuleType, drawn: list[Scene], tmp_path: Path) -> None:
    v8 = finding.Model(as_v8(tmp_path / "v8.onnx"), finding.Options())
    v5 = finding.Model(SHIPPED, finding.Options())
    assert v8.layout == Layout(3, objectness=False, columns=True)
    found = 0
    for one, other in zip(v8.runs(frames(drawn, 5)), v5.runs(frames(drawn, 5)), strict=True):
        assert one.shape == (7, 960)
        for mine, theirs in zip(v8.layout.candidates(one, 0.3), v5.layout.candidates(other, 0.3), strict=True):
            np.testing.assert_allclose(mine, theirs, atol=1e-2)
            found += len(mine)
    assert found


def test_without_names_the_classes_are_numbers_and_the_services_names_go_before_the_files(
    finding: ModuleType, tmp_path: Path
) -> None:
    nameless = changed(onnx.load(str(SHIPPED)), tmp_path / "nameless.onnx", names="")
    assert finding.Model(nameless, finding.Options()).names == ("0", "1", "2")
    assert finding.Model(SHIPPED, finding.Options(names=("a", "b", "c"))).names == ("a", "b", "c")
    with pytest.raises(ValueError, match=r"expected 7 numbers for each box \(YOLOv5\) or 6"):
        finding.Model(SHIPPED, finding.Options(names=("a", "b")))


def test_an_open_size_is_the_services_or_the_metadatas_or_640(finding: ModuleType, tmp_path: Path) -> None:
    file = tiny(tmp_path / "open.onnx", ("n", 3, "h", "w"), (1, 50, 8))
    assert (finding.Model(file, finding.Options(side=96)).height, finding.Model(file, finding.Options()).width) == (
        96,
        640,
    )
    told = changed(onnx.load(str(file)), tmp_path / "told.onnx", imgsz="[64, 96]")
    model = finding.Model(told, finding.Options())
    assert (model.height, model.width) == (64, 96)
    odd = changed(onnx.load(str(file)), tmp_path / "odd.onnx", imgsz="huge")
    assert finding.Model(odd, finding.Options()).height == 640
    with pytest.raises(ValueError, match="side: the file fixes its frame at 128x128; expected 0 or that, got 640"):
        finding.Model(SHIPPED, finding.Options(side=640))


def test_half_precision_is_fed_as_such(finding: ModuleType, tmp_path: Path) -> None:
    file = tiny(tmp_path / "half.onnx", (1, 3, 32, 32), (1, 50, 8), TensorProto.FLOAT16)
    (output,) = finding.Model(file, finding.Options()).runs([np.zeros((32, 32, 3), np.uint8)])
    assert (output.shape, output.dtype) == ((50, 8), np.float32)


@pytest.mark.parametrize(
    ("taken", "given", "kind", "words"),
    [
        ((1, 3, 32, 32), (1, 50, 8), TensorProto.INT64, r"expected an input of float or float16.*tensor\(int64\)"),
        ((1, 1, 32, 32), (1, 50, 8), TensorProto.FLOAT, "N x 3 x height x width; got .* 1x1x32x32"),
        ((1, 3), (1, 50, 8), TensorProto.FLOAT, "N x 3 x height x width"),
        ((1, 3, 32, 32), (50, 8), TensorProto.FLOAT, "no output of three axes"),
        ((1, 3, 32, 32), (1, 50, 4), TensorProto.FLOAT, "output of 1x50x4: expected"),
    ],
)
def test_a_network_of_another_kind_is_refused(
    finding: ModuleType, tmp_path: Path, taken: tuple[int, ...], given: tuple[int, ...], kind: int, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        finding.Model(tiny(tmp_path / "x.onnx", taken, given, kind), finding.Options())


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({"task": "obb"}, "expected one that detects objects, got the task 'obb'"),
        ({"task": "detect", "args": "{'batch': 1, 'nms': True}"}, "expected one without the suppression"),
        ({"end2end": "True"}, "expected one without the suppression"),
    ],
)
def test_a_file_that_calls_itself_something_else_is_refused(
    finding: ModuleType, tmp_path: Path, metadata: dict[str, str], words: str
) -> None:
    file = changed(onnx.load(str(SHIPPED)), tmp_path / "x.onnx", **metadata)
    with pytest.raises(ValueError, match=words):
        finding.Model(file, finding.Options())


def test_a_file_that_is_no_network_is_refused(finding: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "x.onnx").write_bytes(b"no network")
    with pytest.raises(ValueError, match="cannot be loaded"):
        finding.Model(tmp_path / "x.onnx", finding.Options())


def test_a_provider_that_is_not_there_is_refused_with_those_that_are(finding: ModuleType) -> None:
    assert "CUDAExecutionProvider" not in onnxruntime.get_available_providers(), "this test is for the CPU build"
    with pytest.raises(ValueError, match=r"providers: CUDAExecutionProvider is not in this onnxruntime; it has: .*CPU"):
        finding.Model(SHIPPED, finding.Options(providers=("cuda",)))
    finding.Model(SHIPPED, finding.Options(providers=("CPUExecutionProvider",)))


def test_a_provider_that_is_there_and_does_not_start_is_refused(
    finding: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Fallen:
        """What onnxruntime gives back where a GPU's driver is missing: a session on the CPU."""

        def __init__(self, *_: object, **__: object) -> None: ...

        def get_providers(self) -> list[str]:
            return ["CPUExecutionProvider"]

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider"])
    monkeypatch.setattr(onnxruntime, "InferenceSession", Fallen)
    with pytest.raises(ValueError, match="providers: CUDAExecutionProvider did not start"):
        finding.Model(SHIPPED, finding.Options(providers=("cuda",)))
