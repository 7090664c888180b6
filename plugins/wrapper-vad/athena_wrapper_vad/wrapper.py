"""The VAD wrapper: audio in, whole or streamed; per-frame probabilities and the starts and ends of speech out."""

from __future__ import annotations

import importlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING

from athena import Fault, Part, Reply, Request, ServiceError, SessionContext, Stage, Wrapper, fields, hookimpl
from athena.models import LAST, Outbox, WrapperContext
from athena.section import above, at_least, between, option, section

from .audio import RATE, SAMPLE, checked, samples_at, wrong
from .turns import Turns

if TYPE_CHECKING:
    from .listening import Found, Stream

CACHE = "XDG_CACHE_HOME"

SCHEMA = {
    "type": "object",
    "properties": {
        "frames": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"time": {"type": "number"}, "probability": {"type": "number"}},
            },
        },
        "events": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"event": {"enum": ["start", "end"]}, "time": {"type": "number"}},
            },
        },
    },
}


class VoiceActivity(Wrapper):
    """Says when somebody speaks: a probability for every 32 ms, and the times where speech starts and ends."""

    @section
    class Section:
        """``[services.x.config]``."""

        threshold: float = option(0.5, help="A frame of this probability starts speech.", check=between(0.01, 1))
        silence_ms: float = option(100.0, help="Speech has ended once it was silent for so long.", check=at_least(0))
        threads: int = option(1, help="Threads of one run of the model.", check=at_least(1))
        max_seconds: float = option(3600.0, help="Longer files are refused; a session has no end.", check=above(0))

    version = "1.0"
    inputs = (fields.audio("audio", summary="16 kHz mono 16-bit samples, bare (little-endian) or as a WAV file."),)
    outputs = (
        fields.json_value("speech", schema=SCHEMA, summary="Frames and events; in a session those that are new."),
    )
    params = (
        fields.number("threshold", minimum=0.01, maximum=1, summary="Overrides the service's threshold."),
        fields.number("silence_ms", minimum=0, summary="Overrides the service's silence_ms."),
    )

    def __init__(self, section: Section) -> None:
        self._section = section
        self._room: ModuleType | None = None

    @hookimpl
    def athena_init(self, context: WrapperContext) -> None:
        """Load the model; it travels inside a wheel."""
        self._room = quietly_imported(f"{__package__}.listening")
        self._model = self._room.Model(self._room.shipped(), self._section.threads)

    @hookimpl
    def athena_batch_exec(self, requests: Sequence[Request]) -> list[Reply | ServiceError]:
        """Whole files; those of one batch go through the model side by side."""
        assert self._room is not None  # athena_init ran: it refuses the start otherwise
        answers: list[Reply | ServiceError | None] = [None] * len(requests)
        files: list[bytes] = []
        for number, request in enumerate(requests):
            try:
                files.append(self._whole(request.part("audio")))
            except ServiceError as error:
                answers[number] = error
        good = [request for request, answer in zip(requests, answers, strict=True) if answer is None]
        found = [self._found(request.params) for request in good]
        self._room.together(self._model, files, found, lambda: all(request.cancelled for request in good))
        replies = (reply_of(each, Stage.ONCE) for each in found)
        return [next(replies) if answer is None else answer for answer in answers]

    @hookimpl
    def athena_session_create(self, context: SessionContext) -> Conversation:
        """A stream of its own, with the session's parameters."""
        assert self._room is not None
        found = self._found(context.params)
        return Conversation(self._room.Stream(self._model, found), found, context.outbox)

    @hookimpl
    def athena_session_write(self, session: Conversation, request: Request) -> None:
        """Any number of samples; answered as soon as they fill a frame."""
        session.hear(request)

    @hookimpl
    def athena_fini(self) -> None:
        """Let the model go."""
        self._room = None
        del self._model

    def _found(self, params: Mapping[str, str]) -> Found:
        assert self._room is not None
        threshold = float(params.get("threshold", self._section.threshold))
        silence = float(params.get("silence_ms", self._section.silence_ms)) / 1000
        found: Found = self._room.Found(Turns(threshold, silence))
        return found

    def _whole(self, part: Part) -> bytes:
        checked(part)
        data = part.tobytes()
        data = data[samples_at(data)]
        if not data:
            raise wrong("no samples")
        if len(data) % SAMPLE:
            raise wrong(f"{len(data)} bytes is no whole number of 16-bit samples")
        length = len(data) / SAMPLE / RATE
        if length > self._section.max_seconds:
            limit = f"max_seconds = {self._section.max_seconds:g}"
            raise ServiceError(
                Fault.TOO_LARGE, f"payload.audio: {length:.1f} s of audio, more than {limit}; stream it in a session"
            )
        return data


class Conversation:
    """One session: a stream, and whether its first bytes came, where a WAV header may be."""

    def __init__(self, stream: Stream, found: Found, outbox: Outbox) -> None:
        self._stream = stream
        self._found = found
        self._outbox = outbox
        self._begun = False

    def hear(self, request: Request) -> None:
        """Take one write; what is new goes out, and with the last write the end."""
        ended = False
        for part in request.parts:
            if part.key == "audio":
                checked(part)
                self._take(part.tobytes())
            ended = ended or (part.stage in LAST and part.key in ("", "audio"))
        if ended:
            self._stream.end()
        if ended or self._found.frames:
            self._outbox.emit(reply_of(self._found, Stage.END if ended else Stage.CONTINUE))

    def _take(self, data: bytes) -> None:
        if data and not self._begun:
            self._begun = True
            data = data[samples_at(data).start :]
        self._stream.hear(data)


def reply_of(found: Found, stage: Stage) -> Reply:
    """What is new, as one JSON part; the meters get the milliseconds that were listened to."""
    heard = len(found.frames) * 32
    return Reply((Part.from_json("speech", found.take()),), stage, {"usage.audio_ms": str(heard)})


def quietly_imported(name: str) -> ModuleType:
    """A module that needs onnxruntime.

    It is not imported above: a description needs no model, and importing onnxruntime writes a device id and a database
    into the cache folder. They go into a folder that is thrown away with them.
    """
    with tempfile.TemporaryDirectory(prefix="athena-vad-") as folder:
        before = os.environ.get(CACHE)
        os.environ[CACHE] = folder
        try:
            return importlib.import_module(name)
        finally:
            if before is None:
                del os.environ[CACHE]
            else:
                os.environ[CACHE] = before
