"""The door of the command line costs nothing, and says what is missing."""

from __future__ import annotations

import subprocess
import sys

import pytest


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50, check=False)


def test_importing_the_door_imports_no_library_of_the_command_line() -> None:
    done = python("import sys, athena.cli; print(sorted({'click', 'rich', 'jinja2', 'tomlkit'} & set(sys.modules)))")
    assert (done.stdout, done.stderr) == ("[]\n", "")


@pytest.mark.parametrize("words", [["--help"], ["--version"]])
def test_help_imports_neither_rich_nor_what_reads_a_toml(words: list[str]) -> None:
    code = f"""
import sys
from athena.cli import main
code = main({words!r})
print(code, sorted({{"rich", "jinja2", "tomlkit", "cattrs", "structlog"}} & set(sys.modules)), file=sys.stderr)
"""
    assert python(code).stderr == "0 []\n"


@pytest.mark.parametrize(
    ("missing", "words"), [("click", ["--help"]), ("rich", ["plugins"]), ("jinja2", ["create", "x"])]
)
def test_without_a_library_one_sentence_says_how_to_get_it(missing: str, words: list[str]) -> None:
    code = f"""
import sys
sys.modules[{missing!r}] = None
import importlib.abc
class Away(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] == {missing!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Away())
del sys.modules[{missing!r}]
from athena.cli import main
sys.exit(main({words!r}))
"""
    done = python(code)
    assert done.returncode == 2
    assert done.stderr == f"athena: the command line needs {missing}: pip install 'athena-serving[cli]'\n"
    assert done.stdout == ""


def test_a_missing_module_that_is_not_ours_to_explain_is_not_explained() -> None:
    code = """
import sys
sys.modules["athena.cli.app"] = None
from athena.cli import main
main([])
"""
    assert "ModuleNotFoundError" in python(code).stderr
