"""``athena create``: what it makes installs, is found, and passes its contract."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from athena._compat import tomllib
from athena.cli.create import FILES, KINDS, PACKAGES, TOOLS, Here, Names, render

Athena = Callable[..., tuple[int, str, str]]
NAMES = Names("my-ocr", "0.1")


def test_one_name_stands_in_all_its_places() -> None:
    files = render(NAMES)
    assert set(files) == {path.format(module="athena_wrapper_my_ocr") for path in FILES["once"]}
    project = tomllib.loads(files["pyproject.toml"])
    assert project["project"]["name"] == "athena-wrapper-my-ocr"
    assert project["project"]["entry-points"]["athena.wrappers"] == {"my-ocr": "athena_wrapper_my_ocr.wrapper:MyOcr"}
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ["athena_wrapper_my_ocr"]
    assert "athena-serving~=0.1" in project["project"]["dependencies"]
    assert tomllib.loads(files["aiges.toml"])["services"]["my-ocr"]["wrapper"] == "my-ocr"


@pytest.mark.parametrize("kind", KINDS)
def test_the_python_it_makes_is_in_our_own_style(kind: str, tmp_path: Path) -> None:
    for path, text in render(NAMES, kind).items():
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
    there = {file.relative_to(folder).as_posix() for file in folder.rglob("*.j2")}
    assert there == {template.format(kind=kind) for kind in KINDS for template in FILES[kind].values()}


def test_only_the_file_that_stays_out_of_git_names_this_machine() -> None:
    files = render(NAMES, here=Here("/opt/bin/python3.12", "/home/ada/athena"))
    assert "local.mk" in files[".gitignore"].splitlines()
    named = [path for path, text in files.items() if "/home/ada" in text or "/opt/bin" in text]
    assert named == ["local.mk"]
    assert files["local.mk"].splitlines()[1:] == ["PYTHON ?= /opt/bin/python3.12", "ATHENA ?= /home/ada/athena"]
    assert "ATHENA" not in render(NAMES, here=Here("python3.12"))["local.mk"]


def test_the_clone_it_was_installed_from_is_where_the_new_one_takes_it_from() -> None:
    assert Path(Here.found().clone, "athena", "cli", "create.py").is_file()


def test_it_says_what_it_made_and_what_comes_next(athena: Athena, tmp_path: Path) -> None:
    code, out, err = athena("create", "my-ocr", "--into", str(tmp_path))
    made = tmp_path / "my-ocr"
    assert code == 0
    assert {Path(line) for line in out.splitlines()} == {file for file in made.rglob("*") if file.is_file()}
    assert "make run" in err


def test_the_prefix_may_be_typed(athena: Athena, tmp_path: Path) -> None:
    athena("create", "athena-wrapper-my-ocr", "--into", str(tmp_path))
    (made,) = tmp_path.iterdir()
    assert made.name == "athena-wrapper-my-ocr"
    assert (made / "athena_wrapper_my_ocr" / "wrapper.py").is_file()


def test_a_kind_that_there_is_not_is_refused_with_those_that_there_are(athena: Athena, tmp_path: Path) -> None:
    code, _, err = athena("create", "my-ocr", "--kind", "sometimes", "--into", str(tmp_path))
    assert code == 2
    assert all(kind in err for kind in KINDS)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["My", "my_ocr", "1st", "a--b", "-a", "../x", ""])
def test_a_name_that_would_break_the_rule_is_refused(name: str, athena: Athena, tmp_path: Path) -> None:
    code, _, err = athena("create", "--into", str(tmp_path), "--", name)
    assert code == 2
    assert "is no name for a wrapper: lower-case words joined by dashes" in err
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_already_is_not_touched(athena: Athena, tmp_path: Path) -> None:
    mine = tmp_path / "my-ocr" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("precious")
    code, _, err = athena("create", "my-ocr", "--into", str(tmp_path))
    assert code == 2
    assert "is there already and is not empty" in err
    assert [file.name for file in mine.parent.iterdir()] == ["mine.txt"]


Run = Callable[..., subprocess.CompletedProcess[str]]


def made(folder: Path, kind: str) -> tuple[Path, Run]:
    """A new distribution in an environment of its own, and how to run something in its folder.

    The environment sees what ours has (there may be no way to the package index), but what is made is installed in it,
    and so is Athena, from this clone.
    """
    project = folder / "my-ocr"
    for file, text in render(NAMES, kind).items():
        (project / file).parent.mkdir(parents=True, exist_ok=True)
        (project / file).write_text(text)
    venv.create(project / ".venv", with_pip=False)
    ask = [project / ".venv" / "bin" / "python", "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"]
    packages = subprocess.run(ask, capture_output=True, text=True, timeout=50, check=True).stdout.strip()
    ours = sysconfig.get_paths()["purelib"]
    (Path(packages) / "ours.pth").write_text(f"import site; site.addsitedir({ours!r})\n")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "COV", "MAKE"))}
        # pip reads the second one as the value of --build-isolation.
        environment |= {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "NO_COLOR": "1"}
        return subprocess.run(
            words, cwd=project, env=environment, capture_output=True, text=True, timeout=55, check=False
        )

    return project, run


@contextlib.contextmanager
def serving(project: Path) -> Iterator[str]:
    """Its ``athena run``, until the end of the block; the endpoint, on a port that is free."""
    command = [project / ".venv" / "bin" / "athena", "run", "aiges.toml", "--set=transports.http.port=0"]
    process = subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        (endpoint,) = process.stdout.readline().split()[1:]
        yield endpoint
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    """One that answers once, after its ``make setup``."""
    project, run = made(tmp_path_factory.mktemp("created"), "once")
    done = run("make", "setup")
    assert done.returncode == 0, done.stderr
    return project, run


Installed = tuple[Path, Run]


SAID = {
    "once": "Hello, Ada!\n",
    "stream": "Hello, Ada, guest 1!\nHello, Grace, guest 2!\n",
    "batch": "Hello, Ada!\n",
    "c": "Hello, Ada!\n",
    "java": "Hello, Ada!\n",
}
"""What the demo of each kind is answered with."""


@pytest.mark.parametrize("kind", KINDS)
def test_make_test_is_all_it_takes_to_see_it_keep_its_contract_and_make_call_to_try_it(
    kind: str, tmp_path: Path
) -> None:
    if missing := [tool for tool in TOOLS.get(kind, ()) if shutil.which(tool) is None]:
        pytest.skip(f"there is no {' and no '.join(missing)} here: apt-get install {PACKAGES[kind]}")
    project, run = made(tmp_path, kind)
    done = run("make", "test")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^=+ \d+ passed in .* =+$", done.stdout.splitlines()[-1]), done.stdout
    assert "Warning" not in done.stdout
    with serving(project) as endpoint:
        done = run("make", "call", f"ENDPOINT={endpoint}")
        assert (done.returncode, done.stdout) == (0, SAID[kind]), done.stderr


@pytest.mark.parametrize("kind", TOOLS)
def test_what_a_wrapper_is_built_with_is_named_when_it_is_not_there(
    kind: str, athena: Athena, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = shutil.which("make")
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    code, _, err = athena("create", "my-ocr", "--kind", kind, "--into", str(tmp_path))
    tools = " and no ".join(TOOLS[kind])
    assert code == 0
    assert f"There is no {tools} here to build it with: apt-get install {PACKAGES[kind]}" in err
    if make is None:
        return
    project = tmp_path / "my-ocr"
    (project / ".venv" / "bin").mkdir(parents=True)
    (project / ".venv" / "bin" / "python").touch()
    (project / ".venv" / ".setup").touch()
    done = subprocess.run([make, "SHELL=/bin/sh", "build"], cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert re.search(rf"there is no .*{TOOLS[kind][0]}.* here: apt-get install", done.stdout), done.stderr


@pytest.mark.parametrize("kind", TOOLS)
def test_one_in_another_language_is_named_by_the_path_of_what_its_makefile_builds(kind: str) -> None:
    files = render(NAMES, kind)
    wrapper = tomllib.loads(files["aiges.toml"])["services"]["my-ocr"]["wrapper"]
    assert wrapper == {"c": "./libwrapper.so", "java": "./my-ocr.jar"}[kind]
    assert f"BUILT := {Path(wrapper).name}" in files["Makefile"]
    assert (Path(wrapper).name if kind == "c" else "*.jar") in files[".gitignore"].splitlines()


def test_what_it_made_is_installed_and_found_by_its_entry_point(installed: Installed) -> None:
    project, run = installed
    done = run(".venv/bin/athena", "plugins", "--group", "wrappers", "--json")
    (row,) = (row for row in json.loads(done.stdout) if row["name"] == "my-ocr")
    assert (row["distribution"], row["state"]) == ("athena-wrapper-my-ocr", "ok")
    where = run(
        ".venv/bin/python", "-I", "-c", "import athena_wrapper_my_ocr; print(athena_wrapper_my_ocr.__file__)"
    ).stdout
    assert Path(where.strip()).is_relative_to(project)


def test_what_it_made_would_start(installed: Installed) -> None:
    _, run = installed
    done = run(".venv/bin/athena", "check")
    assert (done.returncode, done.stderr) == (0, "")
    assert "aiges.toml: would start" in done.stdout
