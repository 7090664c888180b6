"""Pages to read, drawn here, and the models, loaded once for all tests."""

from __future__ import annotations

import random
from io import BytesIO
from pathlib import Path

import pytest
import skimage
from PIL import Image, ImageDraw, ImageFont

from athena.models import WrapperContext
from athena_wrapper_rapidocr.wrapper import RapidOcr

TEXT = """
anchor basket candle desert engine forest garden harbor island jacket kitchen ladder magnet nephew orange pepper quarter
ribbon saddle temple umbrella velvet window yellow zipper bridge copper dinner eleven father guitar hammer
"""


def page(words: list[str], columns: int = 4) -> bytes:
    """A white page with the words in rows, as PNG."""
    font = ImageFont.load_default(size=32)
    rows = -(-len(words) // columns)
    image = Image.new("RGB", (columns * 220 + 40, rows * 80 + 40), "white")
    draw = ImageDraw.Draw(image)
    for number, word in enumerate(words):
        draw.text((40 + number % columns * 220, 30 + number // columns * 80), word, fill="black", font=font)
    return encoded(image)


def encoded(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    """The image as a file's bytes."""
    file = BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


@pytest.fixture(scope="session")
def words() -> list[str]:
    """20 words; the seed is fixed so that a failure can be seen again."""
    return random.Random(4).sample(TEXT.split(), 20)


@pytest.fixture(scope="session")
def drawn(words: list[str]) -> bytes:
    """The page with the 20 words."""
    return page(words)


@pytest.fixture(scope="session")
def scanned() -> bytes:
    """A real scanned page: ``page.png`` lies inside the scikit-image wheel."""
    return (Path(skimage.__file__).parent / "data" / "page.png").read_bytes()


@pytest.fixture(scope="session")
def ocr() -> RapidOcr:
    """The wrapper, initialised."""
    wrapper = RapidOcr(RapidOcr.Section(threads=1))
    wrapper.athena_init(WrapperContext("ocr"))
    return wrapper
