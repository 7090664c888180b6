"""The template for new leaves makes leaves that keep the naming rule and work."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import house, tree

TRY = """
from athena import Part, Request
from athena_wrapper_loud_voice.wrapper import LoudVoice
wrapper = LoudVoice(LoudVoice.Section())
wrapper.athena_init(None)
reply = wrapper.athena_once_exec(Request("loud-voice", parts=(Part.from_text("text", "you"),)))
print(reply.part("text").text)
"""


@pytest.fixture
def made(tmp_path: Path) -> tree.Leaf:
    """A leaf copied from the template, in a repository of its own."""
    shutil.copytree(house.ROOT / tree.TEMPLATE, tmp_path / tree.TEMPLATE)
    tree.copy_template(tmp_path, "wrapper-loud-voice")
    (leaf,) = tree.leaves(tmp_path)
    return leaf


def test_a_copy_keeps_the_naming_rule_and_no_placeholder(made: tree.Leaf) -> None:
    assert made.folder == "plugins/wrapper-loud-voice"
    assert made.project["name"] == made.distribution == "athena-wrapper-loud-voice"
    assert made.entry_points == {"athena.wrappers": {"loud-voice": "athena_wrapper_loud_voice.wrapper:LoudVoice"}}
    assert made.document["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == [made.module]
    files = [path for path in made.path.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert [path for path in files if tree.PLACEHOLDER in (str(path) + path.read_text(encoding="utf-8")).lower()] == []


def test_a_copy_answers(made: tree.Leaf) -> None:
    environment = {**os.environ, "PYTHONPATH": str(made.path)}
    command = [sys.executable, "-c", TRY]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=50, check=False)
    assert run.stdout == "hello you\n", run.stderr


def test_the_test_of_a_copy_is_the_contract_in_three_lines(made: tree.Leaf) -> None:
    text = (made.path / "tests" / "test_wrapper.py").read_text(encoding="utf-8")
    code = [line for line in text.splitlines()[1:] if line.strip()]
    assert len(code) == 3
    assert code[-1].strip() == 'wrapper = "loud-voice"'


def test_an_existing_leaf_is_not_overwritten(made: tree.Leaf) -> None:
    with pytest.raises(FileExistsError):
        tree.copy_template(made.root, "wrapper-loud-voice")
