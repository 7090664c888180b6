"""Every way of being an image, and of not being one."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from athena import Fault, Kind, Part, ServiceError
from athena_wrapper_yolov5.images import decoded

PLENTY = 50_000_000


def file_of(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    file = BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def pixels(file: bytes) -> np.ndarray:
    return decoded(Part("image", file, Kind.IMAGE), PLENTY)


def refused(file: bytes, most: int = PLENTY) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        decoded(Part("image", file, Kind.IMAGE), most)
    return caught.value


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF"])
def test_each_format_becomes_rows_of_red_green_blue(form: str) -> None:
    image = pixels(file_of(Image.new("RGB", (40, 20), (250, 120, 0)), form))
    assert image.shape == (20, 40, 3)
    assert image.dtype == np.uint8
    assert np.abs(image[10, 20].astype(int) - [250, 120, 0]).max() < 12


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_each_colour_mode_of_white_is_white(mode: str) -> None:
    if mode == "I;16":
        image = Image.fromarray(np.full((32, 32), 65535, np.uint16))
    else:
        image = Image.new("RGB", (32, 32), "white").convert(mode)
    assert pixels(file_of(image, "TIFF" if mode == "CMYK" else "PNG")).min() >= 254


def test_what_is_transparent_is_as_grey_as_the_frame() -> None:
    assert np.unique(pixels(file_of(Image.new("RGBA", (8, 8), (0, 0, 0, 0))))).tolist() == [114]


def test_a_photograph_is_turned_as_its_exif_says() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # taken with the camera turned to the right
    assert pixels(file_of(Image.new("RGB", (40, 20)), "JPEG", exif=exif)).shape == (40, 20, 3)


def test_a_memoryview_will_do() -> None:
    file = memoryview(file_of(Image.new("RGB", (5, 4))))
    assert decoded(Part("image", file, Kind.IMAGE), PLENTY).shape == (4, 5, 3)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (b"", "payload.image: empty; expected an image file"),
        (b"hello", "payload.image: not an image: 5 bytes"),
        (file_of(Image.effect_noise((64, 64), 50))[:200], "payload.image: a broken image file: "),
    ],
)
def test_what_is_no_image_is_a_bad_request(file: bytes, words: str) -> None:
    error = refused(file)
    assert error.fault is Fault.BAD_REQUEST
    assert words in str(error)


def test_too_many_pixels_are_refused_before_one_is_unpacked() -> None:
    error = refused(file_of(Image.new("1", (400, 300))), most=100_000)
    assert error.fault is Fault.TOO_LARGE
    assert "400x300 pixels; at most 100000 are looked at" in str(error)
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    assert refused(bomb).fault in (Fault.TOO_LARGE, Fault.BAD_REQUEST)
