"""The OCR wrapper: image parts in, one TEXT part ``boxes`` with ``format=json`` out."""

from __future__ import annotations

import importlib
import os
import tempfile
from typing import TYPE_CHECKING

from athena import Cancelled, Fault, Kind, Part, Reply, Request, ServiceError, Wrapper, fields, hookimpl
from athena.models import WrapperContext
from athena.section import above, at_least, between, option, section

from .images import decode

if TYPE_CHECKING:
    from .reading import Reader

CACHE = "XDG_CACHE_HOME"

SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "filename": {"type": "string"},
            "result": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "box": {"type": "array", "items": {"type": "integer"}, "minItems": 8, "maxItems": 8},
                        "box_score": {"type": "number"},
                        "text": {"type": "string"},
                        "text_score": {"type": "number"},
                    },
                },
            },
        },
    },
}


class RapidOcr(Wrapper):
    """Reads the text of page images: each line with its box and scores."""

    @section
    class Section:
        """``[services.x.config]``."""

        text_score: float = option(0.5, help="Lines recognised with a lower score are left out.", check=between(0, 1))
        box_score: float = option(0.5, help="Boxes detected with a lower score are not read.", check=between(0, 1))
        threads: int = option(
            0, help="Threads of one recognition; 0 lets onnxruntime take the cores it finds.", check=at_least(0)
        )
        max_side: int = option(2000, help="Larger images are scaled down to it before reading.", check=at_least(32))
        max_pixels: int = option(50_000_000, help="Images with more pixels are refused.", check=above(0))

    version = "1.0"
    inputs = (
        fields.image("data", required=False, summary="A page: PNG, JPEG, WebP, TIFF, BMP or GIF."),
        fields.image("*", required=False, summary="More pages; each image part is one page."),
    )
    outputs = (fields.json_value("boxes", schema=SCHEMA, summary="One object per page, its lines from top to bottom."),)
    params = (fields.number("text_score", minimum=0, maximum=1, summary="Overrides the service's text_score."),)

    def __init__(self, section: Section) -> None:
        self._section = section
        self._reader: Reader | None = None

    @hookimpl
    def athena_init(self, context: WrapperContext) -> None:
        """Load the models; they travel inside the rapidocr-onnxruntime wheel."""
        settings = self._section
        # Imported here, not above: a description needs no model, and importing onnxruntime writes a device id and a
        # database into the cache folder. They go into a folder that is thrown away with them.
        with tempfile.TemporaryDirectory(prefix="athena-rapidocr-") as folder:
            before = os.environ.get(CACHE)
            os.environ[CACHE] = folder
            try:
                reading = importlib.import_module(f"{__package__}.reading")
            finally:
                if before is None:
                    del os.environ[CACHE]
                else:
                    os.environ[CACHE] = before
        self._reader = reading.Reader(
            threads=settings.threads, box_score=settings.box_score, max_side=settings.max_side
        )

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        """One object per image part, in the order they came; ``filename`` is its number."""
        assert self._reader is not None  # athena_init ran: it refuses the start otherwise
        pages = [part for part in request.parts if part.kind is Kind.IMAGE]
        if not pages:
            there = ", ".join(f"{part.key} ({part.kind.name})" for part in request.parts) or "no parts"
            raise ServiceError(Fault.BAD_REQUEST, f"payload.data: expected an image part; the request has: {there}")
        # All of them before the first is read: a broken third page costs nobody the time of two good ones.
        images = [decode(part, self._section.max_pixels) for part in pages]
        text_score = float(request.params.get("text_score", self._section.text_score))
        found = []
        for number, image in enumerate(images):
            if request.cancelled:
                raise Cancelled("nobody waits for this page any more")
            found.append({"filename": str(number), "result": self._reader.read(image, text_score)})
        return Reply((Part.from_json("boxes", found),), attributes={"usage.pages": str(len(pages))})

    @hookimpl
    def athena_fini(self) -> None:
        """Let the models go."""
        self._reader = None
