"""The voice activity demo as its README runs it, and what it says when something is not as it should be."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).parent.parent
EXPECTED = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def demo() -> ModuleType:
    spec = importlib.util.spec_from_file_location("vad_demo", HERE / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_starts_and_ends_come_while_the_audio_is_streamed_and_are_as_expected() -> None:
    done = subprocess.run([sys.executable, str(HERE / "run.py")], capture_output=True, text=True, timeout=55)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1] == "as expected"
    spoken = [line for line in lines if line.startswith("after ")]
    assert [line.split(": ")[1].split()[0] for line in spoken] == ["start", "end", "start", "end"]
    # The first start is told before half of the first sentence has been sent.
    assert float(spoken[0].split()[1]) < 1.7


def test_the_commands_of_the_readme_answer_the_expected_events(demo: ModuleType) -> None:
    text = (HERE / "README.md").read_text(encoding="utf-8")
    commands = [line.partition(" #")[0].split() for line in text.splitlines() if line.startswith("athena call ")]
    with demo.serve() as kernel:
        for command in commands:
            words = [kernel.endpoints[0] if word.startswith("http://") else word for word in command[1:]]
            done = subprocess.run(
                [sys.executable, "-m", "athena.cli", *words, "--json"],
                capture_output=True,
                text=True,
                timeout=50,
                cwd=HERE.parent.parent,
            )
            assert done.returncode == 0, done.stderr
            demo.agree(events_of(done.stdout), EXPECTED)


def events_of(printed: str) -> list[dict[str, object]]:
    """The events in what ``athena call --json`` prints, one object per reply."""
    found: list[dict[str, object]] = []

    def look(value: object) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("events"), list):
                found.extend(value["events"])
            else:
                for each in value.values():
                    look(each)
        elif isinstance(value, list):
            for each in value:
                look(each)

    for line in printed.splitlines():
        look(json.loads(line))
    return found


def test_other_events_fail_the_demo(demo: ModuleType) -> None:
    demo.agree(EXPECTED, EXPECTED)
    with pytest.raises(demo.DemoFailed, match="expected"):
        demo.agree(EXPECTED[:2], EXPECTED)
    with pytest.raises(demo.DemoFailed, match="expected"):
        demo.agree([{**EXPECTED[0], "time": 2.0}, *EXPECTED[1:]], EXPECTED)


def test_audio_that_is_not_there_is_said_before_anything_is_started(
    demo: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.main(["nowhere.wav"]) == 1
    assert capsys.readouterr().out == "the demo failed: nowhere.wav: no such file\n"
