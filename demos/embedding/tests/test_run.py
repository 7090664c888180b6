"""The embedding demo as its README runs it, and what it says when something is not as it should be."""

from __future__ import annotations

import copy
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

HERE = Path(__file__).parent.parent
EXPECTED = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def demo() -> ModuleType:
    spec = importlib.util.spec_from_file_location("embedding_demo", HERE / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_query_finds_its_line_as_torch_ranks_them() -> None:
    done = subprocess.run([sys.executable, str(HERE / "run.py")], capture_output=True, text=True, timeout=55)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1] == "as expected"
    at = lines.index("a boy who never becomes an adult")
    assert lines[at + 1].endswith("All children, except one, grow up.")


def test_the_commands_of_the_readme_bring_384_numbers(demo: ModuleType) -> None:
    text = (HERE / "README.md").read_text(encoding="utf-8")
    commands = [line for line in text.splitlines() if line.startswith("athena call ")]
    assert len(commands) == 2
    with demo.serve() as kernel:
        for command in commands:
            words = command.partition(" #")[0].partition(" >")[0].split()[1:]
            words = [kernel.endpoints[0] if word.startswith("http://") else word for word in words]
            done = subprocess.run([sys.executable, "-m", "athena.cli", *words], capture_output=True, timeout=50)
            assert done.returncode == 0, done.stderr
            assert "--raw" not in words or len(done.stdout) == 384 * 4


def test_queries_and_texts_of_ones_own_are_ranked_and_compared_with_nothing(
    demo: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("The invoice is due in May.\n\nThe cat is asleep.\n", encoding="utf-8")
    assert demo.main(["--texts", str(notes), "paying a bill"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].endswith("The invoice is due in May.")
    assert "as expected" not in lines


def test_another_line_or_a_similarity_that_is_off_fails_the_demo(demo: ModuleType) -> None:
    def changed(place: int, key: str, value: Any) -> Any:  # Any: JSON
        found = copy.deepcopy(EXPECTED)
        found[2]["found"][place][key] = value
        return found

    demo.agree(EXPECTED, EXPECTED)
    demo.agree(changed(1, "similarity", EXPECTED[2]["found"][1]["similarity"] + 0.01), EXPECTED)
    with pytest.raises(demo.DemoFailed, match="'aliens observe the Earth': expected line 7, got line 9"):
        demo.agree(changed(0, "line", 9), EXPECTED)
    with pytest.raises(demo.DemoFailed, match=r"line 2: expected 0.181, got 0.5"):
        demo.agree(changed(1, "similarity", 0.5), EXPECTED)


def test_texts_that_are_not_there_are_said_before_anything_is_started(
    demo: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.main(["--texts", "nowhere.txt"]) == 1
    assert capsys.readouterr().out == "the demo failed: nowhere.txt: no such file\n"
