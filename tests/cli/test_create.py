"""``athena create``: what it makes installs, is found, and passes its contract."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from athena._compat import tomllib
from athena.cli.create import FILES, Names, render

Athena = Callable[..., tuple[int, str, str]]
NAMES = Names("my-ocr", "0.1")


def test_one_name_stands_in_all_its_places() -> None:
    files = render(NAMES)
    assert set(files) == {path.format(module="athena_wrapper_my_ocr") for path in FILES}
    project = tomllib.loads(files["pyproject.toml"])
    assert project["project"]["name"] == "athena-wrapper-my-ocr"
    assert project["project"]["entry-points"]["athena.wrappers"] == {"my-ocr": "athena_wrapper_my_ocr.wrapper:MyOcr"}
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ["athena_wrapper_my_ocr"]
    assert "athena-serving~=0.1" in project["project"]["dependencies"]
    assert tomllib.loads(files["aiges.toml"])["services"]["my-ocr"]["wrapper"] == "my-ocr"


def test_the_python_it_makes_is_in_our_own_style(tmp_path: Path) -> None:
    for path, text in render(NAMES).items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        if path.endswith(".py"):
            ast.parse(text)
    for words in (
        ["check", "--isolated", "--line-length=120"],
        ["format", "--check", "--isolated", "--line-length=120"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *words, str(tmp_path)],
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
        assert done.returncode == 0, done.stdout


def test_the_test_it_makes_is_three_lines() -> None:
    body = render(NAMES)["tests/test_wrapper.py"].splitlines()
    assert body[-5:] == [
        "from athena.testing import WrapperContract",
        "",
        "",
        "class TestMyOcr(WrapperContract):",
        '    wrapper = "my-ocr"',
    ]


def test_no_template_lies_unused() -> None:
    folder = Path(sys.modules["athena.cli.create"].__file__ or "").parent / "templates" / "wrapper"
    assert {file.name for file in folder.iterdir()} == set(FILES.values())


def test_it_says_what_it_made_and_what_comes_next(athena: Athena, tmp_path: Path) -> None:
    code, out, err = athena("create", "my-ocr", "--into", str(tmp_path))
    made = tmp_path / "athena-wrapper-my-ocr"
    assert code == 0
    assert {Path(line) for line in out.splitlines()} == {file for file in made.rglob("*") if file.is_file()}
    assert "make run" in err


def test_the_prefix_may_be_typed(athena: Athena, tmp_path: Path) -> None:
    athena("create", "athena-wrapper-my-ocr", "--into", str(tmp_path))
    assert [file.name for file in tmp_path.iterdir()] == ["athena-wrapper-my-ocr"]


@pytest.mark.parametrize("name", ["My", "my_ocr", "1st", "a--b", "-a", "../x", ""])
def test_a_name_that_would_break_the_rule_is_refused(name: str, athena: Athena, tmp_path: Path) -> None:
    code, _, err = athena("create", "--into", str(tmp_path), "--", name)
    assert code == 2
    assert "is no name for a wrapper: lower-case words joined by dashes" in err
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_already_is_not_touched(athena: Athena, tmp_path: Path) -> None:
    mine = tmp_path / "athena-wrapper-my-ocr" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("precious")
    code, _, err = athena("create", "my-ocr", "--into", str(tmp_path))
    assert code == 2
    assert "is there already and is not empty" in err
    assert [file.name for file in mine.parent.iterdir()] == ["mine.txt"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Callable[..., subprocess.CompletedProcess[str]]]:
    """A new distribution, installed with pip into a fresh environment; its folder, and that environment's Python.

    The environment sees what ours has (it may have no way to the package index), but what is made is installed in it.
    """
    folder = tmp_path_factory.mktemp("created")
    fresh = folder / "venv"
    venv.create(fresh, with_pip=False)
    python = fresh / "bin" / "python"
    ask = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    packages = subprocess.run(
        [python, "-c", ask], capture_output=True, text=True, timeout=50, check=True
    ).stdout.strip()
    ours = sysconfig.get_paths()["purelib"]
    (Path(packages) / "ours.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
    project = folder / "athena-wrapper-my-ocr"

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "COV"))}
        return subprocess.run(
            [python, *words], cwd=project, env=environment, capture_output=True, text=True, timeout=55, check=False
        )

    for file, text in render(NAMES).items():
        (project / file).parent.mkdir(parents=True, exist_ok=True)
        (project / file).write_text(text)
    done = run("-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", ".")
    assert done.returncode == 0, done.stderr
    return project, run


Installed = tuple[Path, Callable[..., subprocess.CompletedProcess[str]]]


def test_what_it_made_is_installed_and_found_by_its_entry_point(installed: Installed) -> None:
    project, run = installed
    done = run("-m", "athena.cli", "plugins", "--group", "wrappers", "--json")
    (row,) = (row for row in json.loads(done.stdout) if row["name"] == "my-ocr")
    assert (row["distribution"], row["state"]) == ("athena-wrapper-my-ocr", "ok")
    where = run("-I", "-c", "import athena_wrapper_my_ocr; print(athena_wrapper_my_ocr.__file__)").stdout
    assert Path(where.strip()).is_relative_to(project.parent / "venv")


def test_what_it_made_runs_and_answers(installed: Installed) -> None:
    project, run = installed
    python = project.parent / "venv" / "bin" / "python"
    command = [python, "-m", "athena.cli", "run", "aiges.toml", "--set=transports.http.port=0"]
    process = subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        (endpoint,) = process.stdout.readline().split()[1:]
        done = run("-m", "athena.cli", "call", endpoint, "my-ocr", "text=@demo/input.txt")
        assert (done.returncode, done.stdout) == (0, "Hello, Ada!\n"), done.stderr
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()


def test_what_it_made_passes_its_contract(installed: Installed) -> None:
    _, run = installed
    done = run("-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout.splitlines()[-1]
    assert "failed" not in done.stdout.splitlines()[-1]
    assert "Warning" not in done.stdout + done.stderr


def test_what_it_made_would_start(installed: Installed) -> None:
    _, run = installed
    done = run("-m", "athena.cli", "check")
    assert (done.returncode, done.stderr) == (0, "")
    assert "aiges.toml: would start" in done.stdout
