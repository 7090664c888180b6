"""The detection demo as its README runs it, and what it says when something is not as it should be."""

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
    spec = importlib.util.spec_from_file_location("yolov5_demo", HERE / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_shapes_are_found_over_each_wire_where_they_are_expected() -> None:
    done = subprocess.run([sys.executable, str(HERE / "run.py")], capture_output=True, text=True, timeout=55)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("ready http://")
    assert "grpc://" in lines[0]
    assert lines[-1] == "as expected"
    assert {line.split()[0] for line in lines[1:-1]} == {"circle", "square", "triangle"}


def test_the_commands_of_the_readme_answer_the_expected_objects(demo: ModuleType) -> None:
    text = (HERE / "README.md").read_text(encoding="utf-8")
    commands = [line.partition(" #")[0].split() for line in text.splitlines() if line.startswith("athena call ")]
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
            demo.agree(objects_of(json.loads(done.stdout)), EXPECTED)


def objects_of(value: object) -> list[dict[str, object]]:
    """The objects in what ``athena call --json`` prints."""
    if isinstance(value, dict):
        return [found for each in value.values() for found in objects_of(each)] if "box" not in value else [value]
    return [found for each in value for found in objects_of(each)] if isinstance(value, list) else []


def test_other_objects_fail_the_demo(demo: ModuleType) -> None:
    demo.agree(EXPECTED, list(reversed(EXPECTED)))
    moved = {**EXPECTED[0], "box": [edge + 9 for edge in EXPECTED[0]["box"]]}
    for wrong in (EXPECTED[1:], [moved, *EXPECTED[1:]], [{**EXPECTED[0], "name": "cat"}, *EXPECTED[1:]]):
        with pytest.raises(demo.DemoFailed, match="expected"):
            demo.agree(wrong, EXPECTED)


def test_an_image_that_is_not_there_is_said_before_anything_is_started(
    demo: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.main(["nowhere.png"]) == 1
    assert capsys.readouterr().out == "the demo failed: nowhere.png: no such file\n"
