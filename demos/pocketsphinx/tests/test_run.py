"""The speech demo as its README runs it, and what it says when something is not as it should be."""

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
    spec = importlib.util.spec_from_file_location("pocketsphinx_demo", HERE / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_command_is_heard_while_it_is_said_and_word_for_word() -> None:
    done = subprocess.run([sys.executable, str(HERE / "run.py")], capture_output=True, text=True, timeout=55)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[-2:] == [f"in the end: {EXPECTED}", "as expected"]
    assert lines[1].startswith("after ")


def test_the_commands_of_the_readme_end_with_the_expected_text(demo: ModuleType) -> None:
    text = (HERE / "README.md").read_text(encoding="utf-8")
    commands = [line.split() for line in text.splitlines() if line.startswith("athena call ")]
    assert len(commands) == 2
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
            assert EXPECTED in done.stdout.splitlines()[-1]


def test_another_text_and_one_that_came_too_late_fail_the_demo(demo: ModuleType) -> None:
    demo.agree(1, EXPECTED, EXPECTED)
    with pytest.raises(demo.DemoFailed, match="heard 'close the door'"):
        demo.agree(1, "close the door", EXPECTED)
    with pytest.raises(demo.DemoFailed, match="before the last frame"):
        demo.agree(0, EXPECTED, EXPECTED)


def test_audio_that_is_not_there_is_said_before_anything_is_started(
    demo: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.main(["nowhere.wav"]) == 1
    assert capsys.readouterr().out == "the demo failed: nowhere.wav: no such file\n"
