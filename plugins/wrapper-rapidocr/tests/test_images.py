"""Every way of being an image, and of not being one."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from athena import Fault, Kind, Part, ServiceError
from athena_wrapper_rapidocr.images import decode

from .conftest import encoded

PLENTY = 50_000_000


def pixels(file: bytes) -> np.ndarray:
    return decode(Part("data", file, Kind.IMAGE), PLENTY)


def refused(file: bytes, most: int = PLENTY) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        decode(Part("data", file, Kind.IMAGE), most)
    return caught.value


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF"])
def test_each_format_becomes_rows_of_blue_green_red(form: str) -> None:
    image = pixels(encoded(Image.new("RGB", (40, 20), (250, 120, 0)), form))
    assert image.shape == (20, 40, 3)
    assert image.dtype == np.uint8
    assert np.abs(image[10, 20].astype(int) - [0, 120, 250]).max() < 12


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_each_colour_mode_of_white_paper_is_white(mode: str) -> None:
    if mode == "I;16":
        image = Image.fromarray(np.full((32, 32), 65535, np.uint16))
    else:
        image = Image.new("RGB", (32, 32), "white").convert(mode)
    assert pixels(encoded(image, "TIFF" if mode == "CMYK" else "PNG")).min() >= 254


def test_transparency_is_paper_not_ink() -> None:
    assert pixels(encoded(Image.new("RGBA", (32, 32), (0, 0, 0, 0)))).min() == 255


def test_a_photograph_is_turned_as_its_exif_says() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # taken with the camera turned to the right
    assert pixels(encoded(Image.new("RGB", (40, 20)), "JPEG", exif=exif)).shape == (40, 20, 3)


def test_a_memoryview_will_do() -> None:
    file = memoryview(encoded(Image.new("RGB", (32, 32))))
    assert decode(Part("data", file, Kind.IMAGE), PLENTY).shape == (32, 32, 3)


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (b"", "payload.data: empty; expected an image file"),
        (b"just text", "payload.data: not an image: 9 bytes that are no PNG"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "payload.data: "),
        (b"\xff\xd8\xff\xe0" + b"\x01" * 40, "payload.data: "),
        (encoded(Image.effect_noise((64, 64), 90))[:400], "payload.data: a broken image file"),
        (encoded(Image.effect_noise((64, 64), 90), "JPEG")[:-900], "payload.data: a broken image file"),
        (encoded(Image.new("RGB", (15, 400))), "payload.data: 15x400 pixels; each side needs 16 or more"),
        (encoded(Image.new("RGB", (1616, 16))), "payload.data: 1616x16 pixels; one side may be at most 100 times"),
    ],
)
def test_what_is_no_usable_image_is_a_bad_request_in_one_sentence(file: bytes, sentence: str) -> None:
    error = refused(file)
    assert error.fault is Fault.BAD_REQUEST
    assert error.message.startswith(sentence)
    assert "\n" not in error.message
    assert "/" not in error.message


def test_too_many_pixels_are_refused_before_they_are_unpacked() -> None:
    assert refused(encoded(Image.new("L", (400, 300))), 100_000).fault is Fault.TOO_LARGE
    assert refused(bomb(60_000, 60_000)).fault is Fault.TOO_LARGE


def bomb(width: int, height: int) -> bytes:
    """A PNG whose header claims a size that its data does not have."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 10)) + chunk(b"IEND", b"")
    )
