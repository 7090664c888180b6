"""What the recognition wrapper promises: commands heard exactly, texts while they are said, bad input by name."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from athena import Fault, Kind, Part, Reply, Request, ServiceError, SessionContext, Stage
from athena.models import ANONYMOUS, EMPTY, END_MARK, WrapperContext
from athena_wrapper_pocketsphinx.wrapper import PocketSphinx

from .conftest import GRAMMAR, SAID, needs_espeak, spoken

FRAME = 3200  # bytes: 100 ms
COMMANDS = (SAID, "close the red window", "find the blue curtain in the garden", "please close the blue door")


class Here:
    cancelled = False


class Collected:
    """An outbox that keeps what is emitted."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []

    def emit(self, reply: Reply | ServiceError) -> None:
        assert isinstance(reply, Reply), reply
        self.replies.append(reply)

    def texts(self) -> list[dict[str, Any]]:
        return [json.loads(reply.part("recognized").text) for reply in self.replies]


def ask(recogniser: PocketSphinx, data: bytes, **params: str) -> dict[str, Any]:
    request = Request("commands", parts=(Part("audio", data, Kind.AUDIO),), params=params)
    found: dict[str, Any] = json.loads(recogniser.athena_once_exec(request).part("recognized").text)
    return found


def talk(recogniser: PocketSphinx, frames: list[bytes]) -> tuple[list[dict[str, Any]], int]:
    """What a session says, and how much of it before the last frame came."""
    out = Collected()
    context = SessionContext("s", "commands", EMPTY, EMPTY, (), None, ANONYMOUS, out, Here())
    session = recogniser.athena_session_create(context)
    early = 0
    for number, frame in enumerate(frames):
        last = number == len(frames) - 1
        early = len(out.replies)
        part = Part("audio", frame, Kind.AUDIO, Stage.END if last else Stage.CONTINUE)
        recogniser.athena_session_write(session, Request("commands", parts=(part,)))
    assert out.replies[-1].stage is Stage.END
    recogniser.athena_session_destroy(session)
    return out.texts(), early


@needs_espeak
@pytest.mark.parametrize("text", COMMANDS)
def test_a_command_synthesised_now_is_recognised_exactly_and_partly_before_its_last_frame(
    recogniser: PocketSphinx, tmp_path: Path, text: str
) -> None:
    data = spoken(text, tmp_path, "-s", "140")
    said, early = talk(recogniser, [data[at : at + FRAME] for at in range(0, len(data), FRAME)])
    assert said[-1]["text"] == text
    assert said[-1]["final"] is True
    assert early >= 1
    assert said[0]["final"] is False
    assert said[0]["text"]


def test_a_session_ends_with_what_a_single_call_says(recogniser: PocketSphinx, recording: bytes) -> None:
    said, early = talk(recogniser, [recording[at : at + FRAME] for at in range(0, len(recording), FRAME)])
    assert said[-1] == ask(recogniser, recording)
    assert said[-1]["text"] == SAID
    partial = [each["text"] for each in said[:-1]]
    assert early >= 1
    assert all(one != other for one, other in pairwise(partial))


def test_a_request_may_bring_its_own_grammar(recogniser: PocketSphinx, recording: bytes) -> None:
    text = ask(recogniser, recording, grammar=GRAMMAR.replace("green", "yellow"))["text"]
    assert text.startswith("please open the ")
    assert "green" not in text  # it was said, and cannot be heard
    assert ask(recogniser, recording)["text"] == SAID
    with pytest.raises(ServiceError, match="begins with #JSGF"):
        ask(recogniser, recording, grammar="open the door")


def test_a_bare_end_ends_a_session_that_heard_nothing(recogniser: PocketSphinx) -> None:
    out = Collected()
    context = SessionContext("s", "commands", EMPTY, EMPTY, (), None, ANONYMOUS, out, Here())
    session = recogniser.athena_session_create(context)
    recogniser.athena_session_write(session, Request("commands", parts=(END_MARK,)))
    recogniser.athena_session_destroy(session)
    assert out.texts() == [{"text": "", "final": True, "words": []}]


def test_what_was_heard_is_counted_for_the_meters_alike_whole_and_streamed(
    recogniser: PocketSphinx, recording: bytes
) -> None:
    part = Part("audio", recording, Kind.AUDIO)
    whole = recogniser.athena_once_exec(Request("commands", parts=(part,))).attributes["usage.audio_ms"]
    assert int(whole) == (len(recording) - 44) // 32


def test_a_recording_that_is_too_long_is_refused(recording: bytes) -> None:
    short = PocketSphinx(PocketSphinx.Section(grammar=GRAMMAR, max_seconds=0.5))
    short.athena_init(WrapperContext("commands"))
    with pytest.raises(ServiceError, match=r"more than max_seconds = 0\.5") as caught:
        ask(short, recording)
    assert caught.value.fault is Fault.TOO_LARGE
    with pytest.raises(ServiceError, match=r"more than max_seconds = 0\.5"):
        talk(short, [recording, b""])


def test_a_service_whose_grammar_is_wrong_does_not_start() -> None:
    with pytest.raises(ServiceError, match="not in the dictionary"):
        PocketSphinx(PocketSphinx.Section(grammar=GRAMMAR.replace("curtain", "kurtain"))).athena_init(
            WrapperContext("commands")
        )


def test_without_a_grammar_it_hears_english_by_the_language_model(recording: bytes) -> None:
    free = PocketSphinx(PocketSphinx.Section())
    free.athena_init(WrapperContext("free"))
    assert len(ask(free, recording)["text"].split()) >= 3
    assert ask(free, recording, grammar=GRAMMAR)["text"] == SAID
    free.athena_fini()


def test_describing_it_imports_no_decoder() -> None:
    code = """
import sys
from athena_wrapper_pocketsphinx.wrapper import PocketSphinx
PocketSphinx(PocketSphinx.Section()).athena_describe()
assert "pocketsphinx" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stderr
