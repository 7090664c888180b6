"""The demo of a remote API as its README runs it, and what it says when something is not as it should be."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from types import ModuleType

import pytest

from .conftest import HERE, room

EXPECTED = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def demo() -> ModuleType:
    room("standin")
    spec = importlib.util.spec_from_file_location("music_api_demo", HERE / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_song_is_known_and_every_trouble_ends_as_expected() -> None:
    done = subprocess.run([sys.executable, str(HERE / "run.py")], capture_output=True, text=True, timeout=55)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[1].endswith("Ode to Joy (Ludwig van Beethoven)")
    assert lines[-1] == "as expected"


def test_the_commands_of_the_readme_know_the_song(demo: ModuleType) -> None:
    text = (HERE / "README.md").read_text(encoding="utf-8")
    commands = [line.partition(" #")[0].split() for line in text.splitlines() if line.startswith("athena call ")]
    assert len(commands) == 2
    with demo.serving() as api, demo.serve(demo.at(api)) as kernel:
        for command in commands:
            words = [kernel.endpoints[0] if word.startswith("http://") else word for word in command[1:]]
            done = subprocess.run(
                [sys.executable, "-m", "athena.cli", *words],
                capture_output=True,
                text=True,
                timeout=50,
                cwd=HERE.parent.parent,
            )
            assert done.returncode == 0, done.stderr
            assert "Ode to Joy" in done.stdout


def test_other_songs_or_another_end_of_a_trouble_fail_the_demo(demo: ModuleType) -> None:
    songs, troubles = EXPECTED["songs"], EXPECTED["troubles"]
    assert set(troubles) == set(demo.TROUBLES)
    demo.agree(songs, songs)
    demo.agree_on_troubles(troubles, troubles)
    with pytest.raises(demo.DemoFailed, match="expected"):
        demo.agree(songs[:2], songs)
    with pytest.raises(demo.DemoFailed, match="expected"):
        demo.agree([{**songs[0], "score": 0.5}, *songs[1:]], songs)
    with pytest.raises(demo.DemoFailed, match="it answers no JSON: expected 'USER_ERROR 4002, after 1', got 'OK'"):
        demo.agree_on_troubles({**troubles, "it answers no JSON": "OK"}, troubles)


def test_audio_that_is_not_there_is_said_before_anything_is_started(
    demo: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.main(["nowhere.wav"]) == 1
    assert capsys.readouterr().out == "the demo failed: nowhere.wav: no such file\n"
