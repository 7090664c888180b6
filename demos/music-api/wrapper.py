"""A wrapper without a model: what is hummed goes to a remote API, and what that says comes back as the answer."""

from __future__ import annotations

import time

from remote import NONSENSE, Call, Policy, Remote

from athena import Fault, Part, Reply, Request, ServiceError, Wrapper, fields, hookimpl
from athena.models import WrapperContext
from athena.section import Bounds, Secret, above, at_least, option, section

WEB = Bounds("a URL that begins with http:// or https://", lambda url: url.startswith(("http://", "https://")))
SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"title": {"type": "string"}, "composer": {"type": "string"}, "score": {"type": "number"}},
        "required": ["title", "composer", "score"],
    },
}


class MusicApi(Wrapper):
    """Knows a song by its humming, with the help of a remote API."""

    @section
    class Section:
        """``[services.x.config]``."""

        url: str = option(help="Where the API is, such as https://api.example.com.", check=WEB)
        key: Secret = option(Secret(""), help="Sent as a bearer token; nothing is sent without one.")
        timeout: float = option(10.0, help="Seconds for a call whose caller names no deadline.", check=above(0))
        connect: float = option(1.0, help="Seconds for a connection.", check=above(0))
        attempt: float = option(5.0, help="Seconds for one attempt.", check=above(0))
        attempts: int = option(4, help="How often a request is sent, at most.", check=at_least(1))
        backoff: float = option(
            0.1, help="Seconds before the second attempt, doubled for each further.", check=above(0)
        )
        repeatable: bool = option(True, help="Whether it does no harm to ask the API twice.")
        max_bytes: int = option(4 << 20, help="Longer recordings are refused.", check=at_least(1))

    version = "1.0"
    inputs = (fields.audio("data", summary="A WAV file: one channel of 16 bits, some seconds of it."),)
    outputs = (fields.json_value("songs", schema=SCHEMA, summary="The likest songs, the likest first."),)
    params = (
        fields.string("mode", choices=("humming", "music"), default="humming", summary="What is in the recording."),
        fields.integer("limit", default=3, minimum=1, maximum=10, summary="So many songs."),
    )

    def __init__(self, section: Section) -> None:
        self._section = section
        self._remote: Remote | None = None

    @hookimpl
    def athena_init(self, context: WrapperContext) -> None:
        """Make ready to call; the API itself is not asked, so that a service starts without it."""
        told, key = self._section, self._section.key.reveal()
        headers = {"User-Agent": "athena-music-api/1.0", **({"Authorization": f"Bearer {key}"} if key else {})}
        self._remote = Remote(
            Policy(
                told.url.rstrip("/"),
                headers,
                connect=told.connect,
                attempt=told.attempt,
                attempts=told.attempts,
                backoff=told.backoff,
                repeatable=told.repeatable,
            )
        )

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        """One recording, one answer; the caller's deadline is the API's."""
        assert self._remote is not None  # athena_init ran: it refuses the start otherwise
        data = request.part("data").tobytes()
        if not data:
            raise ServiceError(Fault.BAD_REQUEST, "payload.data: empty")
        if len(data) > self._section.max_bytes:
            text = f"payload.data: {len(data)} bytes, more than max_bytes = {self._section.max_bytes}"
            raise ServiceError(Fault.TOO_LARGE, text)
        left = self._section.timeout if request.remaining is None else request.remaining
        query = {"mode": request.params.get("mode", "humming"), "limit": request.params.get("limit", "3")}
        # The call's id is the same for each attempt and no other call's: the API can tell a repetition by it.
        call = Call("/v1/recognise", query, data, "audio/wav", request.sid, time.monotonic() + left)
        answer, attempts = self._remote.call(call, lambda: request.cancelled)
        return Reply((Part.from_json("songs", songs_of(answer)),), attributes={"usage.api_calls": str(attempts)})

    @hookimpl
    def athena_fini(self) -> None:
        """Close the connections."""
        if self._remote is not None:
            self._remote.close()
            self._remote = None


def songs_of(answer: object) -> list[dict[str, object]]:
    """The songs, and of each what is declared: what the API says beside that is not ours to promise."""
    try:
        songs = answer["songs"]  # type: ignore[index]
        return [
            {"title": str(each["title"]), "composer": str(each["composer"]), "score": float(each["score"])}
            for each in songs
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise ServiceError(Fault.USER_ERROR, "the API answers in a form that is not known", code=NONSENSE) from error
