"""The detection wrapper: image parts in, one JSON part ``objects`` out."""

from __future__ import annotations

import importlib
import os
import tempfile
from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from athena import Cancelled, Fault, Kind, Part, Reply, Request, ServiceError, Wrapper, fields, hookimpl
from athena.models import WrapperContext
from athena.section import above, at_least, between, not_empty, option, section

from .files import existing
from .names import given_names

if TYPE_CHECKING:
    from .finding import Finder, Framed

CACHE = "XDG_CACHE_HOME"

SCHEMA = {
    "type": "array",
    "items": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "box": {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4},
                "score": {"type": "number"},
                "class": {"type": "integer"},
                "name": {"type": "string"},
            },
        },
    },
}


@frozen
class Asked:
    """A request that can be answered.

    Attributes:
        images: In their frames.
        confidence: Of this request.
        iou: Of this request.
    """

    images: list[Framed] = field(repr=False)
    confidence: float
    iou: float


class Yolo(Wrapper):
    """Finds objects in images: each with its box, its score and its class."""

    @section
    class Section:
        """``[services.x.config]``."""

        model: str = option("", help="An ONNX file of YOLOv5's or YOLOv8's kind; empty: the shapes detector inside.")
        names: list[str] = option(factory=list, help="Of the classes, by number; empty: those of the file's metadata.")
        names_file: str = option("", help="The same, one on each line of a file.")
        confidence: float = option(0.25, help="Objects with a lower score are left out.", check=between(0, 1))
        iou: float = option(
            0.45, help="Of two boxes of a class that overlap by more, the better stays.", check=between(0, 1)
        )
        max_detections: int = option(300, help="Objects of an image, at most.", check=at_least(1))
        side: int = option(0, help="Of the frame, where the file leaves it open; 0: its metadata's, or 640.")
        threads: int = option(1, help="Threads of one run; 0 lets onnxruntime take its pick.", check=at_least(0))
        providers: list[str] = option(
            factory=lambda: ["cpu"],
            help="What runs it: cpu, cuda, tensorrt or onnxruntime's own names, the best first.",
            check=not_empty,
        )
        max_run: int = option(
            8, help="Images of one run; fewer where the start finds more to be no faster.", check=above(0)
        )
        max_pixels: int = option(50_000_000, help="Images with more pixels are refused.", check=above(0))

    version = "1.0"
    inputs = (
        evolve(
            fields.image("image", required=False, summary="PNG, JPEG, WebP, TIFF, BMP or GIF; each part is an image."),
            items=True,
        ),
        fields.image("*", required=False, summary="More images."),
    )
    outputs = (
        fields.json_value(
            "objects", schema=SCHEMA, summary="For each image, its objects, the surest first; in pixels."
        ),
    )
    params = (
        fields.number("confidence", minimum=0, maximum=1, summary="Overrides the service's confidence."),
        fields.number("iou", minimum=0, maximum=1, summary="Overrides the service's iou."),
    )

    def __init__(self, section: Section) -> None:
        self._section = section
        self._finder: Finder | None = None

    @hookimpl
    def athena_init(self, context: WrapperContext) -> None:
        """Load the model, and find out how many images of one run pay."""
        settings = self._section
        names = given_names(settings.names, settings.names_file)
        room = quietly_imported(f"{__package__}.finding")
        options = room.Options(settings.threads, tuple(settings.providers), names, settings.side, settings.max_run)
        model = room.Model(existing("model", settings.model) if settings.model else room.shipped(), options)
        self._finder = room.Finder(model, settings.max_detections)

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        """The objects of each image of a request."""
        (answer,) = self.athena_batch_exec([request])
        if isinstance(answer, ServiceError):
            raise answer
        if request.cancelled:
            raise Cancelled("nobody waits for these objects any more")
        return answer

    @hookimpl
    def athena_batch_exec(self, requests: Sequence[Request]) -> list[Reply | ServiceError]:
        """All images of all requests go through the network together, in runs of the size that pays."""
        assert self._finder is not None  # athena_init ran: it refuses the start otherwise
        asked: list[Asked | ServiceError] = []
        for request in requests:
            try:
                asked.append(self._asked(request))
            except ServiceError as error:
                asked.append(error)
        good = [each for each in asked if isinstance(each, Asked)]
        frames = [image for each in good for image in each.images]
        outputs = self._finder.outputs(frames, lambda: all(request.cancelled for request in requests))
        answers: list[Reply | ServiceError] = []
        for each in asked:
            if isinstance(each, Asked):
                found = [self._finder.objects(image, next(outputs), each.confidence, each.iou) for image in each.images]
                answers.append(Reply((Part.from_json("objects", found),), attributes={"usage.images": str(len(found))}))
            else:
                answers.append(each)
        return answers

    @hookimpl
    def athena_fini(self) -> None:
        """Let the model go."""
        self._finder = None

    def _asked(self, request: Request) -> Asked:
        assert self._finder is not None
        parts = [part for part in request.parts if part.kind is Kind.IMAGE]
        if not parts:
            there = ", ".join(f"{part.key} ({part.kind.name})" for part in request.parts) or "no parts"
            raise ServiceError(Fault.BAD_REQUEST, f"payload.image: expected an image part; the request has: {there}")
        return Asked(
            [self._finder.framed(part, self._section.max_pixels) for part in parts],
            float(request.params.get("confidence", self._section.confidence)),
            float(request.params.get("iou", self._section.iou)),
        )


def quietly_imported(name: str) -> ModuleType:
    """A module that needs onnxruntime.

    It is not imported above: a description needs no model, and importing onnxruntime writes a device id and a database
    into the cache folder. They go into a folder that is thrown away with them.
    """
    with tempfile.TemporaryDirectory(prefix="athena-yolov5-") as folder:
        before = os.environ.get(CACHE)
        os.environ[CACHE] = folder
        try:
            return importlib.import_module(name)
        finally:
            if before is None:
                del os.environ[CACHE]
            else:
                os.environ[CACHE] = before
