"""The bytes a client sent, as pixels; a file that is no image is refused in one sentence that names its part."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from athena import Fault, Part, ServiceError

from .letterbox import Pixels

__all__ = ["decoded"]


def decoded(part: Part, most: int) -> Pixels:
    """One image part, upright as its EXIF orientation says.

    Of a file with several frames the first is taken; what is transparent becomes grey, as the frame around an image is.

    Args:
        part: The part that holds the file.
        most: Pixels; an image with more is refused before one of them is unpacked.

    Raises:
        ServiceError: BAD_REQUEST, with what is wrong with the file; TOO_LARGE.
    """
    where = f"payload.{part.key}"
    if not len(part.data):
        raise ServiceError(Fault.BAD_REQUEST, f"{where}: empty; expected an image file")
    try:
        with Image.open(BytesIO(part.data)) as image:
            width, height = image.size
            if width * height > most:
                limit = f"at most {most} are looked at ([services.x.config] max_pixels)"
                raise ServiceError(Fault.TOO_LARGE, f"{where}: {width}x{height} pixels; {limit}")
            return _flat(ImageOps.exif_transpose(image))
    except UnidentifiedImageError as error:
        text = f"{where}: not an image: {len(part.data)} bytes that are no PNG, JPEG, WebP, TIFF, BMP or GIF file"
        raise ServiceError(Fault.BAD_REQUEST, text) from error
    except Image.DecompressionBombError as error:
        raise ServiceError(Fault.TOO_LARGE, f"{where}: more than {most} pixels") from error
    except ServiceError:
        raise
    except Exception as error:  # Pillow's decoders raise OSError, SyntaxError, struct.error and others for broken files
        lines = str(error).splitlines() or [type(error).__name__]
        raise ServiceError(Fault.BAD_REQUEST, f"{where}: a broken image file: {lines[0][:120]}") from error


def _flat(image: Image.Image) -> Pixels:
    if image.mode.startswith(("I", "F")):
        # 16-bit images: Pillow's own conversion clips at 255 instead of scaling.
        deep: NDArray[Any] = np.asarray(image, np.float64)  # Any: scaled down on the next line
        image = Image.fromarray((deep * (255.0 / max(deep.max(), 1.0))).clip(0, 255).astype(np.uint8))
    if image.has_transparency_data:
        behind = Image.new("RGBA", image.size, (114, 114, 114, 255))
        image = Image.alpha_composite(behind, image.convert("RGBA"))
    return np.asarray(image.convert("RGB"))
