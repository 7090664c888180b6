"""From the bytes a client sent to an array a reader can take; every way of not being an image is one sentence."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from athena import Fault, Part, ServiceError

__all__ = ["Pixels", "decode"]

Pixels = NDArray[np.uint8]

SMALLEST = 16
"""Pixels of the shorter side: smaller ones are rounded to nothing when the longer side is reduced."""
LONGEST = 100
"""How many times longer than wide: the detector squares the shape of a strip, and its memory grows with that."""


def decode(part: Part, max_pixels: int) -> Pixels:
    """One image part, upright as its EXIF orientation says, as rows of blue, green, red.

    Of a file with several pages or frames the first is taken; transparency becomes white paper.

    Args:
        part: The part that holds the file.
        max_pixels: More than that is refused before a pixel is unpacked.

    Raises:
        ServiceError: BAD_REQUEST, with what is wrong with the file; TOO_LARGE.
    """
    where = f"payload.{part.key}"
    if not len(part.data):
        raise ServiceError(Fault.BAD_REQUEST, f"{where}: empty; expected an image file")
    try:
        with Image.open(BytesIO(part.data)) as image:
            _check_size(where, image.size, max_pixels)
            return _flat(ImageOps.exif_transpose(image))
    except UnidentifiedImageError as error:
        text = f"{where}: not an image: {len(part.data)} bytes that are no PNG, JPEG, WebP, TIFF, BMP or GIF file"
        raise ServiceError(Fault.BAD_REQUEST, text) from error
    except Image.DecompressionBombError as error:
        raise ServiceError(Fault.TOO_LARGE, f"{where}: more than {max_pixels} pixels") from error
    except ServiceError:
        raise
    except Exception as error:  # Pillow's decoders raise OSError, SyntaxError, struct.error and others for broken files
        raise ServiceError(Fault.BAD_REQUEST, f"{where}: a broken image file: {_reason(error)}") from error


def _check_size(where: str, size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if width * height > max_pixels:
        text = f"{where}: {width}x{height} pixels; at most {max_pixels} are read ([services.x.config] max_pixels)"
        raise ServiceError(Fault.TOO_LARGE, text)
    if min(size) < SMALLEST:
        text = f"{where}: {width}x{height} pixels; each side needs {SMALLEST} or more"
        raise ServiceError(Fault.BAD_REQUEST, text)
    if max(size) > LONGEST * min(size):
        text = f"{where}: {width}x{height} pixels; one side may be at most {LONGEST} times the other"
        raise ServiceError(Fault.BAD_REQUEST, text)


def _flat(image: Image.Image) -> Pixels:
    if image.mode.startswith(("I", "F")):
        # 16-bit scans: Pillow's own conversion clips at 255 instead of scaling.
        deep: NDArray[Any] = np.asarray(image, dtype=np.float64)  # Any: scaled down on the next line
        image = Image.fromarray((deep * (255.0 / max(deep.max(), 1.0))).clip(0, 255).astype(np.uint8))
    if image.has_transparency_data:
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image.convert("RGBA"))
    rgb: Pixels = np.asarray(image.convert("RGB"))
    return np.ascontiguousarray(rgb[:, :, ::-1])


def _reason(error: Exception) -> str:
    """The decoder's own words, without a path and on one line."""
    first = str(error).splitlines()
    return first[0][:120] if first else type(error).__name__
