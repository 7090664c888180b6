"""The recognition wrapper: speech in, whole or streamed; what was said so far and in the end out."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from athena import Cancelled, Part, Reply, Request, ServiceError, SessionContext, Stage, Wrapper, fields, hookimpl
from athena.errors import Fault
from athena.models import LAST, Outbox, WrapperContext
from athena.section import above, at_least, option, section

from .audio import RATE, SAMPLE, checked, samples_at, wrong
from .grammar import LARGEST, proved

if TYPE_CHECKING:
    from .recognition import Decoders, Utterance

SECOND = RATE * SAMPLE

SCHEMA = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "final": {"type": "boolean"},
        "words": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"word": {"type": "string"}, "begin": {"type": "number"}, "end": {"type": "number"}},
            },
        },
    },
}


class PocketSphinx(Wrapper):
    """Recognises English speech, by a grammar or freely; in a session it says what it heard so far."""

    @section
    class Section:
        """``[services.x.config]``."""

        grammar: str = option("", help="What can be said, in JSGF; empty: anything, by the language model.")
        keep: int = option(4, help="Idle decoders that are kept; each holds a model.", check=at_least(1))
        max_seconds: float = option(600.0, help="Longer recordings are refused, whole or streamed.", check=above(0))

    version = "1.0"
    inputs = (fields.audio("audio", summary="16 kHz mono 16-bit samples, bare (little-endian) or as a WAV file."),)
    outputs = (
        fields.json_value("recognized", schema=SCHEMA, summary="The text; with final, its words and their times."),
    )
    params = (fields.string("grammar", max_length=LARGEST, summary="What can be said here, in JSGF."),)

    def __init__(self, section: Section) -> None:
        self._section = section
        self._decoders: Decoders | None = None

    @hookimpl
    def athena_init(self, context: WrapperContext) -> None:
        """Load the models; imported here, not above, for a description needs none."""
        if self._section.grammar:
            proved(self._section.grammar)
        recognition = importlib.import_module(f"{__package__}.recognition")
        self._decoders = recognition.Decoders(self._section.grammar, self._section.keep)

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        """A whole recording: the final text."""
        part = request.part("audio")
        checked(part)
        data = part.tobytes()
        data = data[samples_at(data)]
        if not data:
            raise wrong("no samples")
        self._bounded(len(data))
        utterance = self._begun(request.params.get("grammar", ""))
        try:
            for at in range(0, len(data), SECOND):
                if request.cancelled:
                    raise Cancelled("nobody waits for this text any more")
                utterance.hear(data[at : at + SECOND])
            found = utterance.end()
            return Reply(
                (Part.from_json("recognized", found),), attributes={"usage.audio_ms": str(utterance.milliseconds)}
            )
        finally:
            self._back(utterance)

    @hookimpl
    def athena_session_create(self, context: SessionContext) -> Conversation:
        """One utterance, with a decoder of its own."""
        return Conversation(self._begun(context.params.get("grammar", "")), context.outbox)

    @hookimpl
    def athena_session_write(self, session: Conversation, request: Request) -> None:
        """Any number of samples; answered when they changed what was said."""
        self._bounded(session.hear(request))

    @hookimpl
    def athena_session_destroy(self, session: Conversation) -> None:
        """The decoder is for the next one."""
        self._back(session.utterance)

    @hookimpl
    def athena_fini(self) -> None:
        """Let the models go."""
        self._decoders = None

    def _begun(self, grammar: str) -> Utterance:
        assert self._decoders is not None  # athena_init ran: it refuses the start otherwise
        return self._decoders.begin(proved(grammar) if grammar else "")

    def _back(self, utterance: Utterance) -> None:
        if self._decoders is not None:
            self._decoders.back(utterance)

    def _bounded(self, size: int) -> None:
        if size / SECOND > self._section.max_seconds:
            raise ServiceError(
                Fault.TOO_LARGE,
                f"payload.audio: {size / SECOND:.1f} s of audio, more than max_seconds = {self._section.max_seconds:g}",
            )


class Conversation:
    """One session: an utterance, and what was said of it last."""

    def __init__(self, utterance: Utterance, outbox: Outbox) -> None:
        self.utterance = utterance
        self._outbox = outbox
        self._begun = False
        self._said = ""
        self._counted = 0

    def hear(self, request: Request) -> int:
        """Take one write; gives the bytes that were heard in all."""
        ended, text = False, self._said
        for part in request.parts:
            if part.key == "audio":
                checked(part)
                text = self._take(part.tobytes())
            ended = ended or (part.stage in LAST and part.key in ("", "audio"))
        if ended:
            self._say(self.utterance.end(), Stage.END)
        elif text != self._said:
            self._said = text
            self._say({"text": text, "final": False}, Stage.CONTINUE)
        return self.utterance.milliseconds * SECOND // 1000

    def _take(self, data: bytes) -> str:
        if data and not self._begun:
            self._begun = True
            data = data[samples_at(data).start :]
        return self.utterance.hear(data)

    def _say(self, found: dict[str, object], stage: Stage) -> None:
        heard = self.utterance.milliseconds
        fresh, self._counted = heard - self._counted, heard
        self._outbox.emit(Reply((Part.from_json("recognized", found),), stage, {"usage.audio_ms": str(fresh)}))
