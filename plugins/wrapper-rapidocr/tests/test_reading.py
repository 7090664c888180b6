"""Our way through RapidOCR's models against RapidOCR's own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from rapidocr_onnxruntime import RapidOCR

from athena import Kind, Part
from athena_wrapper_rapidocr.images import Pixels, decode
from athena_wrapper_rapidocr.reading import Reader

from .conftest import encoded


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(threads=1, box_score=0.5, max_side=2000)


def image(file: bytes) -> Pixels:
    return decode(Part("data", file, Kind.IMAGE), 50_000_000)


def strip() -> bytes:
    """One long, low line: the detector sees it in a frame, and boxes must come back without it."""
    paper = Image.new("RGB", (1200, 60), "white")
    ImageDraw.Draw(paper).text(
        (20, 8), "a long and low line of text", fill="black", font=ImageFont.load_default(size=36)
    )
    return encoded(paper)


@pytest.mark.parametrize("which", ["drawn", "scanned", "strip", "large"])
def test_boxes_and_texts_are_those_of_rapidocr_itself(which: str, reader: Reader, drawn: bytes, scanned: bytes) -> None:
    large = encoded(Image.open(BytesIO(scanned)).resize((2304, 1146)))
    pixels = image({"drawn": drawn, "scanned": scanned, "strip": strip(), "large": large}[which])
    theirs, _ = RapidOCR(intra_op_num_threads=1)(pixels)
    ours = reader.read(pixels, 0.5)
    assert [line["text"] for line in ours] == [text for _, text, _ in theirs]
    assert (
        np.abs(np.array([line["box"] for line in ours]) - np.array([box for box, _, _ in theirs]).reshape(-1, 8)).max()
        <= 1
    )
    assert [line["text_score"] for line in ours] == pytest.approx([score for _, _, score in theirs], abs=1e-4)


def test_the_box_score_is_the_detectors_and_differs_from_the_recognisers(reader: Reader, scanned: bytes) -> None:
    lines = reader.read(image(scanned), 0.0)
    assert all(0.5 <= line["box_score"] <= 1 for line in lines)
    assert len({line["box_score"] for line in lines}) > 1
    assert all(line["box_score"] != line["text_score"] for line in lines)


def test_a_higher_box_score_reads_fewer_boxes(reader: Reader, scanned: bytes) -> None:
    every = reader.read(image(scanned), 0.0)
    limit = sorted(line["box_score"] for line in every)[len(every) // 2]
    strict = Reader(threads=1, box_score=limit, max_side=2000).read(image(scanned), 0.0)
    assert 0 < len(strict) < len(every)


def test_an_empty_page_has_no_lines(reader: Reader) -> None:
    assert reader.read(np.full((200, 300, 3), 255, np.uint8), 0.5) == []


def test_threads_may_share_one_reader(reader: Reader, drawn: bytes, scanned: bytes) -> None:
    pages = [image(drawn), image(scanned)] * 2
    alone = [reader.read(each, 0.5) for each in pages[:2]] * 2
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda each: reader.read(each, 0.5), pages)) == alone
