"""What the OCR wrapper promises, asked hook by hook, on drawn and on scanned pages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from athena import Cancelled, Fault, Kind, Part, Request, ServiceError
from athena_wrapper_rapidocr.wrapper import RapidOcr


def read(ocr: RapidOcr, *files: bytes, key: str = "data", **params: str) -> list[dict[str, Any]]:
    parts = tuple(Part(key, file, Kind.IMAGE) for file in files)
    reply = ocr.athena_once_exec(Request("ocr", parts=parts, params=params))
    boxes = reply.part("boxes")
    assert boxes.kind is Kind.TEXT
    assert boxes.attributes["format"] == "json"
    value: list[dict[str, Any]] = json.loads(boxes.text)
    return value


def test_at_least_16_of_20_drawn_words_come_back(ocr: RapidOcr, drawn: bytes, words: list[str]) -> None:
    (only,) = read(ocr, drawn)
    found = {line["text"].lower() for line in only["result"]}
    assert len(found & set(words)) >= 16, sorted(found)


def test_the_shape_is_the_one_the_project_publishes(ocr: RapidOcr, drawn: bytes) -> None:
    (only,) = read(ocr, drawn)
    assert only["filename"] == "0"
    for line in only["result"]:
        assert set(line) == {"box", "box_score", "text", "text_score"}
        assert len(line["box"]) == 8
        assert all(type(number) is int for number in line["box"])
        assert 0.5 <= line["box_score"] <= 1
        assert 0.5 <= line["text_score"] <= 1


def test_the_box_lies_around_the_word_that_was_drawn_there(ocr: RapidOcr, drawn: bytes, words: list[str]) -> None:
    (only,) = read(ocr, drawn)
    places = {line["text"].lower(): line["box"] for line in only["result"]}
    for number, word in enumerate(words):
        if word in places:
            left, top, _, _, right, bottom, _, _ = places[word]
            assert abs(left - (40 + number % 4 * 220)) < 20
            assert top - 10 < 30 + number // 4 * 80 < bottom
            assert right > left + 30


def test_a_scanned_page_is_read_line_by_line_from_the_top(ocr: RapidOcr, scanned: bytes) -> None:
    (only,) = read(ocr, scanned)
    text = [line["text"].replace(" ", "") for line in only["result"]]
    assert text[0] == "Region-basedsegmentation"
    assert len(text) >= 5
    assert "determinemarkersofthecoins" in "".join(text)


def test_each_image_part_is_one_page_whatever_its_key(ocr: RapidOcr, drawn: bytes, scanned: bytes) -> None:
    pages = read(ocr, scanned, drawn, key="photo")
    assert [each["filename"] for each in pages] == ["0", "1"]
    assert pages[0]["result"][0]["text"].startswith("Region")
    assert len(pages[1]["result"]) >= 16


def test_text_score_of_the_request_overrides_the_services(ocr: RapidOcr, scanned: bytes) -> None:
    every = read(ocr, scanned)[0]["result"]
    sure = read(ocr, scanned, text_score="0.97")[0]["result"]
    assert 0 < len(sure) < len(every)
    assert all(line["text_score"] >= 0.97 for line in sure)


def test_the_pages_are_counted_for_the_meters(ocr: RapidOcr, scanned: bytes) -> None:
    parts = (Part("a", scanned, Kind.IMAGE), Part("b", scanned, Kind.IMAGE))
    assert ocr.athena_once_exec(Request("ocr", parts=parts)).attributes == {"usage.pages": "2"}


def test_without_an_image_it_says_what_the_request_has(ocr: RapidOcr) -> None:
    with pytest.raises(ServiceError, match=r"expected an image part; the request has: note \(TEXT\)") as caught:
        ocr.athena_once_exec(Request("ocr", parts=(Part.from_text("note", "hello"),)))
    assert caught.value.fault is Fault.BAD_REQUEST


def test_a_broken_page_among_good_ones_is_refused_by_name(ocr: RapidOcr, scanned: bytes) -> None:
    parts = (Part("good", scanned, Kind.IMAGE), Part("bad", b"no image", Kind.IMAGE))
    with pytest.raises(ServiceError, match=r"payload\.bad: not an image"):
        ocr.athena_once_exec(Request("ocr", parts=parts))


def test_nothing_is_read_for_a_caller_who_has_gone(ocr: RapidOcr, scanned: bytes) -> None:
    class Gone:
        cancelled = True

    with pytest.raises(Cancelled):
        ocr.athena_once_exec(Request("ocr", parts=(Part("data", scanned, Kind.IMAGE),), cancellation=Gone()))


def test_describing_it_imports_no_model_and_loading_it_leaves_no_trace_in_the_users_cache(tmp_path: Path) -> None:
    code = """
import sys
from athena.models import WrapperContext
from athena_wrapper_rapidocr.wrapper import RapidOcr
ocr = RapidOcr(RapidOcr.Section(threads=1))
assert "boxes" in {field.key for field in ocr.athena_describe().outputs}
assert not {"onnxruntime", "cv2"} & set(sys.modules), "described with the models loaded"
ocr.athena_init(WrapperContext("ocr"))
assert "onnxruntime" in sys.modules
"""
    cache, temporary = tmp_path / "cache", tmp_path / "tmp"
    temporary.mkdir()
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "TMPDIR": str(temporary)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stderr
    assert not cache.exists()
    assert not [name for name in temporary.iterdir() if name.name.startswith("athena-rapidocr-")]
