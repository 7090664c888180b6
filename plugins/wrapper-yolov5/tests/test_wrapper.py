"""What the detection wrapper promises, asked hook by hook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import onnx
import pytest

from athena import Cancelled, Fault, Kind, Part, Reply, Request, ServiceError
from athena.describe import counter
from athena_wrapper_yolov5.scenes import NAMES, Scene
from athena_wrapper_yolov5.wrapper import Yolo

from .conftest import SHIPPED, as_v8, changed, encoded, loaded, part

Objects = list[list[dict[str, Any]]]


def request(*parts: Part, **params: str) -> Request:
    return Request("yolov5", parts=parts, params=params)


def said(answer: Reply | ServiceError) -> Objects:
    assert isinstance(answer, Reply), answer
    objects = answer.part("objects")
    assert (objects.kind, objects.attributes["format"]) == (Kind.TEXT, "json")
    value: Objects = json.loads(objects.text)
    return value


def ask(yolo: Yolo, *parts: Part, **params: str) -> Objects:
    return said(yolo.athena_once_exec(request(*parts, **params)))


def test_each_image_part_is_an_image_whatever_its_key(yolo: Yolo, drawn: list[Scene]) -> None:
    found = ask(yolo, part(drawn[0].pixels), part(drawn[1].pixels), part(drawn[2].pixels, "photo"))
    assert len(found) == 3
    for each, objects in zip(drawn, found, strict=False):
        assert sorted(one["name"] for one in objects) == sorted(NAMES[kind] for kind in each.classes)


def test_the_images_are_counted_for_the_meters_and_for_batches(yolo: Yolo, drawn: list[Scene]) -> None:
    asked = request(part(drawn[0].pixels), part(drawn[1].pixels))
    reply = yolo.athena_once_exec(asked)
    assert reply.attributes == {"usage.images": "2"}
    count = counter(yolo.athena_describe())
    assert count is not None
    assert count(asked) == 2


def test_a_batch_answers_each_as_alone_and_refuses_the_bad_by_name(yolo: Yolo, drawn: list[Scene]) -> None:
    asked = [
        request(part(drawn[0].pixels)),
        request(part(drawn[1].pixels), Part("broken", b"no image", Kind.IMAGE)),
        request(Part.from_text("note", "hello")),
        request(part(drawn[2].pixels), part(drawn[3].pixels)),
    ]
    first, bad, none, last = yolo.athena_batch_exec(asked)
    assert isinstance(bad, ServiceError)
    assert isinstance(none, ServiceError)
    assert bad.fault is none.fault is Fault.BAD_REQUEST
    assert "payload.broken: not an image" in str(bad)
    assert "expected an image part; the request has: note (TEXT)" in str(none)
    for answer, pictures in ((first, drawn[:1]), (last, drawn[2:4])):
        for objects, each in zip(said(answer), pictures, strict=True):
            (alone,) = ask(yolo, part(each.pixels))
            assert [one["name"] for one in objects] == [one["name"] for one in alone]
            for one, other in zip(objects, alone, strict=True):
                assert one["box"] == pytest.approx(other["box"], abs=0.2)


def test_an_empty_batch_is_an_empty_answer(yolo: Yolo) -> None:
    assert yolo.athena_batch_exec([]) == []


def test_the_parameters_override_the_services_for_their_request_alone(yolo: Yolo, drawn: list[Scene]) -> None:
    image = part(max(drawn, key=lambda each: len(each.boxes)).pixels)
    usual, every, sure, doubled = yolo.athena_batch_exec(
        [
            request(image),
            request(image, confidence="0"),
            request(image, confidence="0.99"),
            request(image, iou="1"),
        ]
    )
    assert len(said(every)[0]) > len(said(usual)[0]) > len(said(sure)[0])
    assert len(said(doubled)[0]) > len(said(usual)[0])
    assert said(usual) == ask(yolo, image)


def test_once_raises_what_a_batch_gives_as_a_value(yolo: Yolo) -> None:
    with pytest.raises(ServiceError, match="the request has: no parts") as caught:
        yolo.athena_once_exec(request())
    assert caught.value.fault is Fault.BAD_REQUEST


def test_nothing_is_found_for_a_caller_who_has_gone(yolo: Yolo, drawn: list[Scene]) -> None:
    class Gone:
        cancelled = True

    with pytest.raises(Cancelled):
        yolo.athena_once_exec(Request("yolov5", parts=(part(drawn[0].pixels),), cancellation=Gone()))


def test_an_image_with_too_many_pixels_is_refused(drawn: list[Scene]) -> None:
    small = loaded(max_pixels=1000)
    with pytest.raises(ServiceError, match="max_pixels") as caught:
        small.athena_once_exec(request(part(drawn[0].pixels)))
    assert caught.value.fault is Fault.TOO_LARGE


def test_a_yolov8_file_finds_the_same(yolo: Yolo, drawn: list[Scene], tmp_path: Path) -> None:
    v8 = loaded(model=str(as_v8(tmp_path / "v8.onnx", names="['ring', 'box', 'cone']")))
    for each in drawn[:6]:
        (one,), (other,) = ask(yolo, part(each.pixels)), ask(v8, part(each.pixels))
        assert [found["class"] for found in one] == [found["class"] for found in other]
        assert {found["name"] for found in other} <= {"ring", "box", "cone"}
        for mine, theirs in zip(one, other, strict=True):
            assert mine["box"] == pytest.approx(theirs["box"], abs=0.2)


def test_a_file_that_takes_one_image_at_a_time_answers_batches(yolo: Yolo, drawn: list[Scene], tmp_path: Path) -> None:
    single = loaded(model=str(changed(onnx.load(str(SHIPPED)), tmp_path / "one.onnx", batch=1)))
    asked = [request(part(each.pixels)) for each in drawn[:5]]
    for one, other in zip(single.athena_batch_exec(asked), yolo.athena_batch_exec(asked), strict=True):
        assert [found["name"] for found in said(one)[0]] == [found["name"] for found in said(other)[0]]


def test_names_come_from_the_table_or_from_a_file(drawn: list[Scene], tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("eins\nzwei\ndrei\n")
    for options in ({"names": ["eins", "zwei", "drei"]}, {"names_file": str(tmp_path / "names.txt")}):
        (found,) = ask(loaded(**options), part(drawn[0].pixels))
        assert {one["name"] for one in found} <= {"eins", "zwei", "drei"}
        assert found


def test_an_image_may_be_a_jpeg_in_a_memoryview(yolo: Yolo, drawn: list[Scene]) -> None:
    file = memoryview(encoded(drawn[0].pixels, "JPEG"))
    (found,) = ask(yolo, Part("image", file, Kind.IMAGE))
    assert len(found) == len(drawn[0].boxes)


def test_describing_it_imports_no_model_and_loading_it_leaves_no_trace_in_the_users_cache(tmp_path: Path) -> None:
    code = """
import sys
from athena.models import WrapperContext
from athena_wrapper_yolov5.wrapper import Yolo
yolo = Yolo(Yolo.Section())
assert "objects" in {field.key for field in yolo.athena_describe().outputs}
assert not {"onnxruntime", "numpy", "PIL"} & set(sys.modules), "described with the model loaded"
yolo.athena_init(WrapperContext("yolov5"))
assert "onnxruntime" in sys.modules
assert not {"torch", "onnx", "cv2"} & set(sys.modules)
yolo.athena_fini()
"""
    cache, temporary = tmp_path / "cache", tmp_path / "tmp"
    temporary.mkdir()
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "TMPDIR": str(temporary)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stderr
    assert not cache.exists()
    assert not [name for name in temporary.iterdir() if name.name.startswith("athena-yolov5-")]
